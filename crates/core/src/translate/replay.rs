//! A whole response as the steps of a stream: for a caller who wants a stream of what is there whole.

use super::model::{Own, Part, Response};
use super::stream::Delta;
use serde_json::Value;

/// The steps; each part in one piece.
pub fn deltas(response: &Response) -> Vec<Delta> {
    let mut steps = vec![Delta::Start {
        id: response.id.clone(),
        model: response.model.clone(),
        created_s: response.created_s,
        own: Own::new(),
    }];
    steps.extend(response.service_tier.clone().map(Delta::ServiceTier));
    for (choice, answer) in (0..).zip(&response.choices) {
        for (part, node) in (0..).zip(&answer.parts) {
            let mut empty = node.clone();
            let more = emptied(&mut empty.part);
            steps.push(Delta::PartStart { choice, part, node: empty });
            steps.extend(more.into_iter().map(|more| Delta::PartDelta { choice, part, more }));
            steps.push(Delta::PartEnd { choice, part });
        }
        steps.extend(answer.logprobs.clone().map(|logprobs| Delta::Logprobs { choice, logprobs }));
    }
    for (choice, answer) in (0..).zip(&response.choices) {
        steps.extend(answer.finish.clone().map(|finish| Delta::Finish { choice, finish }));
    }
    if let Some(reading) = response.usage.clone() {
        let raw = response.own.get("usage").cloned().unwrap_or(Value::Null);
        steps.push(Delta::Usage { reading, raw });
    }
    steps.push(Delta::End);
    steps
}

/// Takes the growing text out of a part.
fn emptied(part: &mut Part) -> Vec<super::stream::More> {
    use super::stream::More;
    match part {
        Part::Text(text) | Part::Refusal(text) => vec![More::Text(std::mem::take(text))],
        Part::Reasoning { text, signature, .. } => {
            let text = text.take().map(More::Text);
            text.into_iter().chain(signature.take().map(More::Signature)).collect()
        }
        Part::ToolCall { arguments, .. } => vec![More::Arguments(std::mem::take(arguments))],
        _ => Vec::new(),
    }
}
