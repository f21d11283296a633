//! Values spoiled at a place.

use proptest::prelude::*;
use serde_json::{Map, Value};

/// `messages[1].content[0].text` as the pointer `/messages/1/content/0/text`.
fn pointer(field: &str) -> String {
    format!("/{}", field.replace('[', "/").replace(']', "").replace('.', "/"))
}

/// Sets what stands at a field that is there.
pub(super) fn set(body: &mut Value, field: &str, value: Value) {
    *body.pointer_mut(&pointer(field)).unwrap_or_else(|| panic!("there is no {field}")) = value;
}

/// Removes a member that is there.
pub(super) fn remove(body: &mut Value, field: &str) {
    let pointer = pointer(field);
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    body.pointer_mut(parent).and_then(Value::as_object_mut).and_then(|fields| fields.shift_remove(name)).unwrap();
}

/// Names that mean something somewhere, and such as look like our own notes.
const NAMES: &[&str] = &[
    "messages",
    "role",
    "content",
    "type",
    "text",
    "input",
    "contents",
    "parts",
    "tools",
    "function",
    "name",
    "system",
    "source",
    "data",
    "choices",
    "delta",
    "message",
    "tool_calls",
    "output",
    "usage",
    "id",
    "index",
    "arguments",
    "args",
    "call_id",
    "thinking",
    "signature",
    "thought",
    "functionCall",
    "toolUse",
    "toolResult",
    "cachePoint",
    "cache_control",
    "finish_reason",
    "stop_reason",
    "refusal",
    "reasoning",
    "reasoning_content",
    "annotations",
    "status",
    "response",
    "error",
    "code",
    "item",
    "output_index",
    "content_index",
    "summary_index",
    "content_block",
    "candidates",
    "json",
    "usageMetadata",
    "contentBlockIndex",
    "start",
    "stop",
    "stream",
    "metadata",
    "x",
    "~content",
    "~bare",
    "~~",
    "~call",
    "~id",
    "~item",
    "~output",
    "~message",
    "~arguments",
    "~type",
    "~inner",
    "~json",
    "~redacted",
    "~system",
    "~format",
];

/// Texts that mean something somewhere.
const WORDS: &[&str] = &[
    "",
    "user",
    "assistant",
    "system",
    "tool",
    "function",
    "text",
    "image",
    "tool_use",
    "tool_result",
    "image_url",
    "message",
    "function_call",
    "function_call_output",
    "reasoning",
    "auto",
    "none",
    "any",
    "required",
    "data:,x",
    "data:image/png;base64,A",
    "json_schema",
    "json_object",
    "thinking",
    "redacted_thinking",
    "base64",
    "url",
    "stop",
    "{}",
    "[1]",
    "{\"a\":",
    "[DONE]",
    "message_start",
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
    "message_delta",
    "message_stop",
    "response.created",
    "response.output_item.added",
    "response.output_text.delta",
    "response.completed",
    "response.failed",
    "response.reasoning_summary_text.delta",
    "response.function_call_arguments.delta",
    "response.output_item.done",
    "text_delta",
    "input_json_delta",
    "thinking_delta",
    "signature_delta",
    "input_text",
    "output_text",
    "custom",
    "ephemeral",
    "a\u{0}b",
    "\u{feff}",
    "\u{202e}",
    "😀",
    "MAX_TOKENS",
    "STOP",
    "completed",
    "incomplete",
    "length",
    "null",
];

/// Numbers at the edges of what they are read into, and beyond.
const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "1",
    "-1",
    "2",
    "1.5",
    "0.0",
    "1.0",
    "1e400",
    "-1e400",
    "1e-400",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551615",
    "18446744073709551616",
    "1E2",
    "40.0",
];

pub(super) fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        prop::sample::select(NUMBERS).prop_map(|text| serde_json::from_str(text).unwrap()),
        prop::sample::select(WORDS).prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
    ]
}

/// Any JSON.
pub(super) fn anything() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(NAMES), inner), 0..6).prop_map(object),
        ]
    })
}

fn object(fields: Vec<(&str, Value)>) -> Value {
    Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<Map<_, _>>())
}

/// One change of a value, somewhere in it.
#[derive(Clone, Debug)]
pub(super) enum Change {
    /// Another value.
    Replace(Value),
    /// One member or element more.
    Add(&'static str, Value),
    /// It goes.
    Remove,
    /// It stands twice in its list.
    Repeat,
}

/// Changes, each with the place where it happens: the place's number, counted through the value in order.
pub(super) fn changes() -> impl Strategy<Value = Vec<(prop::sample::Index, Change)>> {
    let change = prop_oneof![
        3 => anything().prop_map(Change::Replace),
        2 => (prop::sample::select(NAMES), anything()).prop_map(|(name, value)| Change::Add(name, value)),
        1 => Just(Change::Remove),
        1 => Just(Change::Repeat),
    ];
    prop::collection::vec((any::<prop::sample::Index>(), change), 1..4)
}

/// The value with changes.
pub(super) fn changed(mut value: Value, changes: &[(prop::sample::Index, Change)]) -> Value {
    for (place, change) in changes {
        let n_places = count(&value);
        apply(&mut value, &mut place.index(n_places), change);
    }
    value
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(fields) => fields.values().map(count).sum(),
        _ => 0,
    }
}

/// Goes to the place; `true` says that the value is to be removed from what holds it.
fn apply(value: &mut Value, place: &mut usize, change: &Change) -> Option<Change> {
    if *place == 0 {
        match (change, &mut *value) {
            (Change::Replace(other), _) => *value = other.clone(),
            (Change::Add(name, other), Value::Object(fields)) => _ = fields.insert((*name).to_owned(), other.clone()),
            (Change::Add(_, other), Value::Array(items)) => items.push(other.clone()),
            (Change::Add(..), _) => {}
            (Change::Remove | Change::Repeat, _) => return Some(change.clone()),
        }
        *place = usize::MAX;
        return None;
    }
    *place -= 1;
    match value {
        Value::Array(items) => {
            for index in 0..items.len() {
                if *place == usize::MAX {
                    return None;
                }
                match apply(&mut items[index], place, change) {
                    Some(Change::Remove) => drop(items.remove(index)),
                    Some(_) => items.insert(index, items[index].clone()),
                    None => continue,
                }
                *place = usize::MAX;
                return None;
            }
        }
        Value::Object(fields) => {
            let names: Vec<String> = fields.keys().cloned().collect();
            for name in names {
                if *place == usize::MAX {
                    return None;
                }
                if let Some(told) = fields.get_mut(&name).and_then(|field| apply(field, place, change)) {
                    if matches!(told, Change::Remove) {
                        fields.shift_remove(&name);
                    }
                    *place = usize::MAX;
                    return None;
                }
            }
        }
        _ => {}
    }
    None
}

/// The first place where two values differ.
pub(super) fn difference(read: &Value, written: &Value) -> Option<String> {
    match (read, written) {
        (Value::Object(one), Value::Object(other)) => {
            let names: std::collections::BTreeSet<&String> = one.keys().chain(other.keys()).collect();
            names.into_iter().find_map(|name| match (one.get(name), other.get(name)) {
                (Some(one), Some(other)) => difference(one, other).map(|at| format!("/{name}{at}")),
                (one, other) => Some(format!("/{name}: {one:?} is written as {other:?}")),
            })
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            let differs = |(index, (one, other))| difference(one, other).map(|at| format!("/{index}{at}"));
            one.iter().zip(other).enumerate().find_map(differs)
        }
        _ => (read != written).then(|| format!(": {read} is written as {written}")),
    }
}
