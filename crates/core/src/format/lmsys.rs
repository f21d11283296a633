//! LMSYS-Chat-1M and sets in its shape: `{"conversation_id", "model", "conversation": [{"role", "content"}], "turn", "language", …}`.
//! Each answer of the model is a call; there is no usage and no time.

use serde_json::Value;

use crate::error::{Error, Result};
use crate::format::turns::{Turns, role};
use crate::format::{Format, Line, Origin, Reader, Record, json, sniff, when};

pub(super) static FORMAT: Format = Format {
    name: "lmsys",
    about: "LMSYS-Chat-1M conversations",
    sniff: |head| sniff::first_is(head, |value| json::has_all(value, &["conversation_id", "conversation"]), 90),
    reader: Reader::Lines(read),
};

fn read(line: &Line<'_>, records: &mut Vec<Record>) -> Result<()> {
    let value = json::object(line)?;
    records_of(&value, Origin::of(line), records)
}

/// The calls of a conversation; `WildChat` has the same shape with more fields.
pub(super) fn records_of(value: &Value, origin: Origin, records: &mut Vec<Record>) -> Result<()> {
    let messages =
        json::array(value, "conversation").ok_or_else(|| Error::input("there is no array `conversation`"))?;
    let mut texts = Vec::with_capacity(messages.len());
    for (index, message) in messages.iter().enumerate() {
        let name = json::text(message, "role").unwrap_or_default();
        let speaker = role(name).ok_or_else(|| {
            Error::input(format!("`{}` is no known speaker", crate::text::shorten(name, 40)))
                .in_field(&format!("conversation.{index}.role"))
        })?;
        texts.push((speaker, message.get("content").and_then(Value::as_str).unwrap_or_default()));
    }
    let mut common = Record {
        origin,
        at: when::from_fields(value, &["timestamp", "tstamp"]),
        model: json::arc(value, "model"),
        ..Record::default()
    };
    json::tag(&mut common.tags, "session", json::first_field(value, &["conversation_id", "conversation_hash"]));
    json::tag(&mut common.tags, "language", value.get("language"));
    Turns::of_texts(texts.into_iter(), common.model.as_ref()).records(&common, records, |index, record| {
        // Each answer may have an instant of its own; the conversation's is that of its last.
        record.at = when::from_fields(&messages[index], &["timestamp"]).or(record.at);
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::testing::{check_detected, read_one};

    #[test]
    fn a_conversation_is_its_answers() {
        let sample = r#"{"conversation_id":"c1","model":"vicuna-13b","conversation":[{"role":"user","content":"A river?"},{"role":"assistant","content":"Elbe"}],"turn":1,"language":"English"}"#;
        check_detected(&FORMAT, "lmsys.jsonl", sample);
        let record = read_one(&FORMAT, sample);
        assert_eq!(record.model.as_deref(), Some("vicuna-13b"));
        assert!(record.answer.is_some() && record.tags.len() == 2);
    }
}
