//! Conversations kept whole: JSONL or a JSON array of objects with `messages`, `traj`, `trajectory` or `conversation` in the chat
//! dialect (tau-bench results, agent logs, chat exports), or one bare array of messages. Each answer of the model is a
//! call whose request is everything before it. There is no usage.

use serde_json::Value;

use crate::error::{Error, Result};
use crate::format::turns::Turns;
use crate::format::{Format, Line, Origin, Reader, Record, json, sniff, when};

pub(super) static FORMAT: Format = Format {
    name: "conversations",
    about: "Conversations: objects with messages, traj or conversation; each answer is a call",
    sniff: |head| sniff::first_is(head, is_conversation, 45),
    reader: Reader::Lines(read),
};

const NAMES: &[&str] = &["traj", "trajectory", "conversation", "messages", "dialog", "dialogue", "history"];

fn messages_of(value: &Value) -> Option<&Value> {
    if value.is_array() { Some(value) } else { json::first_field(value, NAMES) }
}

fn is_conversation(value: &Value) -> bool {
    let role = |message: &Value| message.get("role").and_then(Value::as_str).map(str::to_owned);
    let Some(messages) = messages_of(value).and_then(Value::as_array) else { return false };
    // Under `messages`, a user's message at the end makes it a request.
    let may_be_request = json::field(value, "messages").is_some();
    !messages.is_empty()
        && messages.iter().all(|message| role(message).is_some())
        && (!may_be_request || messages.last().is_some_and(|last| role(last).as_deref() == Some("assistant")))
}

fn read(line: &Line<'_>, records: &mut Vec<Record>) -> Result<()> {
    let value = json::parse(line.text)?;
    let messages = messages_of(&value).ok_or_else(|| {
        Error::input("there is no conversation").help(format!("expected one of the fields `{}`", NAMES.join("`, `")))
    })?;
    let model = json::arc(&value, "model");
    let turns = Turns::read(messages, value.get("tools"), model.as_deref())?;
    let mut common = Record {
        origin: Origin::of(line),
        at: when::from_fields(&value, &["timestamp", "created_at", "created", "time"]),
        dialect: Some(crate::chat::Dialect::Chat),
        model,
        ..Record::default()
    };
    for name in ["user", "session", "team", "feature"] {
        json::tag(&mut common.tags, name, value.get(name));
    }
    json::tag(
        &mut common.tags,
        "session",
        json::first_field(&value, &["conversation_id", "session_id", "task_id", "id"]),
    );
    turns.records(&common, records, |_, _| {});
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::testing::{check_detected, read as read_all};

    const MESSAGES: &str = r#"[{"role":"system","content":"Be brief."},{"role":"user","content":"A river?"},{"role":"assistant","content":"Elbe"},{"role":"user","content":"A lake?"},{"role":"assistant","content":"Como"}]"#;

    #[test]
    fn each_answer_is_a_call() {
        let object = format!(r#"{{"task_id":7,"traj":{MESSAGES}}}"#);
        for (sample, n) in [(MESSAGES.to_owned(), 2), (object.clone(), 2), (format!("[{object},\n{object}]"), 4)] {
            check_detected(&FORMAT, "log.json", &sample);
            let records: Vec<Record> = read_all(&FORMAT, &sample).into_iter().map(Result::unwrap).collect();
            assert_eq!(records.len(), n, "{sample}");
            assert!(records.iter().all(|record| record.answer.is_some()));
        }
    }
}
