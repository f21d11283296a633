//! A stream folded into a response: what the caller would have got at once, and whether it is whole.

use std::collections::BTreeMap;

use serde_json::Value;

use super::model::{Choice, Failure, Finish, Node, Own, Part, Response};
use super::stream::{Delta, More};
use crate::chat::Dialect;

/// Folds the steps of one stream.
#[derive(Clone, Debug, Default)]
pub struct Accumulator {
    response: Response,
    choices: BTreeMap<u32, Building>,
    failure: Option<Failure>,
    has_ended: bool,
}

#[derive(Clone, Debug, Default)]
struct Building {
    parts: BTreeMap<u32, Node>,
    finish: Option<Finish>,
    logprobs: Vec<Value>,
    own: Own,
}

impl Accumulator {
    /// Nothing has come yet.
    pub fn new(dialect: Dialect) -> Accumulator {
        Accumulator { response: Response { dialect, ..Response::default() }, ..Accumulator::default() }
    }

    /// Takes a step.
    pub fn fold(&mut self, delta: &Delta) {
        match delta {
            Delta::Start { id, model, created_s, own } => {
                let response = &mut self.response;
                response.id = id.clone().or(response.id.take());
                response.model = model.clone().or(response.model.take());
                response.created_s = created_s.or(response.created_s);
                response.own.extend(own.clone());
            }
            Delta::PartStart { choice, part, node } => {
                self.choices.entry(*choice).or_default().parts.insert(*part, node.clone());
            }
            Delta::PartDelta { choice, part, more } => {
                if let Some(node) = self.choices.entry(*choice).or_default().parts.get_mut(part) {
                    add(&mut node.part, more);
                }
            }
            Delta::PartEnd { .. } | Delta::Ping | Delta::Other(_) => {}
            Delta::Logprobs { choice, logprobs } => {
                self.choices.entry(*choice).or_default().logprobs.push(logprobs.clone());
            }
            Delta::Finish { choice, finish } => self.choices.entry(*choice).or_default().finish = Some(finish.clone()),
            Delta::Usage { reading, raw } => {
                self.response.usage = Some(reading.clone());
                self.response.own.insert("usage".to_owned(), raw.clone());
            }
            Delta::ServiceTier(tier) => self.response.service_tier = Some(tier.clone()),
            Delta::Failure(failure) => self.failure = Some(failure.clone()),
            Delta::Whole(whole) => {
                self.response = (**whole).clone();
                self.choices.clear();
                for (index, choice) in (0..).zip(std::mem::take(&mut self.response.choices)) {
                    self.choices.insert(
                        index,
                        Building {
                            parts: (0..).zip(choice.parts).collect(),
                            finish: choice.finish,
                            logprobs: choice.logprobs.into_iter().collect(),
                            own: choice.own,
                        },
                    );
                }
            }
            Delta::End => self.has_ended = true,
        }
    }

    /// What has come so far, as a response.
    pub fn response(&self) -> Response {
        let mut response = self.response.clone();
        response.choices = self
            .choices
            .values()
            .map(|building| Choice {
                parts: building.parts.values().cloned().collect(),
                finish: building.finish.clone(),
                logprobs: joined(&building.logprobs),
                own: building.own.clone(),
            })
            .collect();
        response
    }

    /// What the provider reported in the middle.
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref()
    }

    /// Whether every answer says why it ended, which an answer that was cut off does not.
    pub fn is_finished(&self) -> bool {
        self.failure.is_none()
            && !self.choices.is_empty()
            && self.choices.values().all(|building| building.finish.is_some())
    }

    /// Whether the provider said that this is all, besides.
    pub fn is_complete(&self) -> bool {
        self.is_finished() && self.has_ended
    }
}

fn add(part: &mut Part, more: &More) {
    match (part, more) {
        (Part::Text(text) | Part::Refusal(text), More::Text(more)) => text.push_str(more),
        (Part::Reasoning { text, .. }, More::Text(more)) => text.get_or_insert_default().push_str(more),
        (Part::Reasoning { signature, .. }, More::Signature(more)) => signature.get_or_insert_default().push_str(more),
        (Part::ToolCall { arguments, .. }, More::Arguments(more)) => arguments.push_str(more),
        _ => {}
    }
}

/// Log probabilities come a few tokens at a time: lists are joined.
fn joined(pieces: &[Value]) -> Option<Value> {
    let (first, rest) = pieces.split_first()?;
    let mut all = first.clone();
    for piece in rest {
        match (&mut all, piece) {
            (Value::Object(all), Value::Object(piece)) => {
                for (name, value) in piece {
                    match (all.get_mut(name), value) {
                        (Some(Value::Array(list)), Value::Array(more)) => list.extend(more.clone()),
                        _ => _ = all.insert(name.clone(), value.clone()),
                    }
                }
            }
            (Value::Array(all), Value::Array(piece)) => all.extend(piece.clone()),
            (all, piece) => *all = piece.clone(),
        }
    }
    Some(all)
}
