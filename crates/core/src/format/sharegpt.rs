//! ShareGPT and the many training sets in its shape: `{"id", "conversations": [{"from": "human" | "gpt" | "system" | …, "value"}],
//! "system"?, "tools"?}`, as a JSON array or JSONL. Each answer of the model is a call; there is no usage, and the model is not
//! named.

use serde_json::Value;

use crate::chat::Role;
use crate::error::{Error, Result};
use crate::format::turns::{Turns, role};
use crate::format::{Format, Line, Origin, Reader, Record, json, sniff};

pub(super) static FORMAT: Format = Format {
    name: "sharegpt",
    about: "ShareGPT conversations: {conversations: [{from, value}]}",
    sniff: |head| {
        sniff::first_is(
            head,
            |value| {
                turn_list(value).and_then(<[Value]>::first).is_some_and(|turn| json::has_all(turn, &["from", "value"]))
            },
            90,
        )
    },
    reader: Reader::Lines(read),
};

fn turn_list(value: &Value) -> Option<&[Value]> {
    json::array(value, "conversations").or_else(|| json::array(value, "conversation"))
}

fn read(line: &Line<'_>, records: &mut Vec<Record>) -> Result<()> {
    let value = json::object(line)?;
    let turns = turn_list(&value).ok_or_else(|| Error::input("there are no `conversations`"))?;
    let mut texts: Vec<(Role, &str)> =
        json::text(&value, "system").map(|text| (Role::System, text)).into_iter().collect();
    for (index, turn) in turns.iter().enumerate() {
        let from = json::first_text(turn, &["from", "role"]).unwrap_or_default();
        let speaker = role(from).ok_or_else(|| {
            Error::input(format!("`{}` is no known speaker", crate::text::shorten(from, 40)))
                .in_field(&format!("conversations.{index}.from"))
        })?;
        texts.push((
            speaker,
            turn.get("value").or_else(|| turn.get("content")).and_then(Value::as_str).unwrap_or_default(),
        ));
    }
    let mut common = Record { origin: Origin::of(line), model: json::arc(&value, "model"), ..Record::default() };
    json::tag(&mut common.tags, "session", value.get("id"));
    Turns::of_texts(texts.into_iter(), common.model.as_ref()).records(&common, records, |_, _| {});
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::testing::{check_detected, read as read_all};

    const SAMPLE: &str = r#"{"id":"a1","conversations":[{"from":"human","value":"A river?"},{"from":"gpt","value":"Elbe"},{"from":"human","value":"A lake?"},{"from":"gpt","value":"Como"}]}"#;

    #[test]
    fn each_answer_is_a_call() {
        check_detected(&FORMAT, "sg.json", &format!("[{SAMPLE}]"));
        let records: Vec<Record> = read_all(&FORMAT, SAMPLE).into_iter().map(Result::unwrap).collect();
        assert_eq!(
            records.iter().map(|r| r.request.as_ref().map_or(0, |q| q.messages.len())).collect::<Vec<_>>(),
            [1, 3]
        );
    }

    #[test]
    fn an_unknown_speaker_is_an_error() {
        let error = read_all(&FORMAT, SAMPLE.replace("\"human\"", "\"ghost\"")).remove(0).unwrap_err().to_string();
        assert!(error.contains("`conversations.0.from`") && error.contains("ghost"), "{error}");
    }
}
