//! The accumulator of answers: pieces of a stream, or of a whole body, are put down under a key and come out as parts in
//! the order in which their keys first appeared. Usage objects are merged, later values win.

use std::sync::Arc;

use serde_json::Value;

use super::Reply;
use crate::chat::{Answer, Content, Part};
use crate::error::{Error, Result};

/// An answer being put together.
#[derive(Debug, Default)]
pub(super) struct Draft {
    slots: Vec<(Key, Slot)>,
    pub(super) model: Option<Arc<str>>,
    pub(super) finish: Option<Arc<str>>,
    pub(super) upstream: Option<Arc<str>>,
    pub(super) usage: Option<Value>,
    pub(super) created_s: Option<i64>,
    pub(super) service_tier: Option<String>,
}

/// Which part of the answer a piece belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Key {
    /// Which of the answers asked for.
    pub(super) choice: u64,
    /// Block, item or tool call within it.
    pub(super) block: u64,
    /// What is collected.
    pub(super) kind: Kind,
}

/// What a slot collects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Reasoning,
    Refusal,
    Call,
}

#[derive(Debug)]
enum Slot {
    Text(String),
    Reasoning { text: String, n_opaque_bytes: u64 },
    Refusal(String),
    Call { id: String, name: String, arguments: String },
    Done(Content),
}

impl Key {
    /// The text of a choice.
    pub(super) fn text(choice: u64, block: u64) -> Key {
        Key { choice, block, kind: Kind::Text }
    }
    /// The reasoning of a choice.
    pub(super) fn reasoning(choice: u64, block: u64) -> Key {
        Key { choice, block, kind: Kind::Reasoning }
    }
    /// A refusal.
    pub(super) fn refusal(choice: u64, block: u64) -> Key {
        Key { choice, block, kind: Kind::Refusal }
    }
    /// A tool call.
    pub(super) fn call(choice: u64, block: u64) -> Key {
        Key { choice, block, kind: Kind::Call }
    }
}

impl Draft {
    /// Appends text (or reasoning, or a refusal: whatever the key collects).
    pub(super) fn push(&mut self, key: Key, more: &str) {
        if more.is_empty() {
            return;
        }
        match self.slot(key) {
            Slot::Text(text) | Slot::Reasoning { text, .. } | Slot::Refusal(text) => text.push_str(more),
            Slot::Call { arguments, .. } => arguments.push_str(more),
            Slot::Done(_) => {}
        }
    }

    /// Notes a signature or an encrypted blob beside reasoning.
    pub(super) fn push_opaque(&mut self, key: Key, more: &str) {
        if more.is_empty() {
            return;
        }
        if let Slot::Reasoning { n_opaque_bytes, .. } = self.slot(key) {
            *n_opaque_bytes = n_opaque_bytes.saturating_add(more.len() as u64);
        }
    }

    /// Notes id and name of a tool call, and that there is one. Providers repeat them in later pieces, or send them empty.
    pub(super) fn name_call(&mut self, key: Key, id: Option<&str>, name: Option<&str>) {
        if let Slot::Call { id: known_id, name: known_name, .. } = self.slot(key) {
            if known_id.is_empty() {
                known_id.push_str(id.unwrap_or_default());
            }
            if known_name.is_empty() {
                known_name.push_str(name.unwrap_or_default());
            }
        }
    }

    /// Forgets the parts, for streams that repeat the answer as a whole at their end.
    pub(super) fn clear_parts(&mut self) {
        self.slots.clear();
    }

    /// Adds a part that comes in one piece.
    pub(super) fn add(&mut self, content: Content) {
        self.slots.push((Key::text(u64::MAX, self.slots.len() as u64), Slot::Done(content)));
    }

    /// True if nothing was put down under the key.
    pub(super) fn is_missing(&self, key: Key) -> bool {
        !self.slots.iter().any(|(known, _)| *known == key)
    }

    /// The model's name, the first time it is told.
    pub(super) fn set_model(&mut self, model: Option<&str>) {
        set(&mut self.model, model);
    }

    /// Why the first choice ended: what is said last counts.
    pub(super) fn set_finish(&mut self, finish: Option<&str>) {
        if let Some(finish) = finish.filter(|finish| !finish.is_empty()) {
            self.finish = Some(Arc::from(finish));
        }
    }

    /// The tier as written; what is said last counts.
    pub(super) fn set_tier(&mut self, tier: Option<&str>) {
        if let Some(tier) = tier {
            self.service_tier = Some(tier.to_owned());
        }
    }

    /// Merges a usage object: later values win, key by key; `null` says nothing.
    pub(super) fn merge_usage(&mut self, usage: Option<&Value>) {
        let Some(Value::Object(new)) = usage else { return };
        let known = self.usage.get_or_insert_with(|| Value::Object(super::read::Fields::new()));
        let Value::Object(known) = known else { return };
        for (name, value) in new {
            if !(value.is_null() && known.contains_key(name)) {
                known.insert(name.clone(), value.clone());
            }
        }
    }

    /// The reply. Errors when there was nothing to read it from: no event is a JSON object.
    pub(super) fn finish(self, events: &[Value]) -> Result<Reply> {
        if !events.iter().any(Value::is_object) {
            return Err(Error::input("a response holds no JSON object"));
        }
        let parts = self
            .slots
            .into_iter()
            .filter_map(|(_, slot)| slot.content())
            .map(|content| Part { content, cache_mark: None })
            .collect();
        Ok(Reply {
            answer: Answer { parts, model: self.model, finish: self.finish, upstream: self.upstream },
            usage: self.usage.filter(|usage| usage.as_object().is_some_and(|fields| !fields.is_empty())),
            created_s: self.created_s,
            service_tier: self.service_tier,
        })
    }

    fn slot(&mut self, key: Key) -> &mut Slot {
        // From the end: pieces of one part come one after the other.
        let known = self.slots.iter().rposition(|(known, _)| *known == key);
        let at = known.unwrap_or_else(|| {
            let slot = match key.kind {
                Kind::Text => Slot::Text(String::new()),
                Kind::Reasoning => Slot::Reasoning { text: String::new(), n_opaque_bytes: 0 },
                Kind::Refusal => Slot::Refusal(String::new()),
                Kind::Call => Slot::Call { id: String::new(), name: String::new(), arguments: String::new() },
            };
            self.slots.push((key, slot));
            self.slots.len() - 1
        });
        &mut self.slots[at].1
    }
}

impl Slot {
    fn content(self) -> Option<Content> {
        match self {
            Slot::Text(text) => (!text.is_empty()).then(|| Content::Text(text.into())),
            Slot::Reasoning { text, n_opaque_bytes } => (!text.is_empty() || n_opaque_bytes > 0)
                .then(|| Content::Reasoning { text: text.into(), n_opaque_bytes }),
            Slot::Refusal(text) => (!text.is_empty()).then(|| Content::Refusal(text.into())),
            Slot::Call { id, name, arguments } => {
                Some(Content::ToolCall { id: id.into(), name: name.into(), arguments: arguments.into() })
            }
            Slot::Done(content) => Some(content),
        }
    }
}

/// Sets what is not known yet.
pub(super) fn set(known: &mut Option<Arc<str>>, told: Option<&str>) {
    if known.is_none() {
        *known = told.filter(|told| !told.is_empty()).map(Arc::from);
    }
}
