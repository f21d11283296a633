//! Fine-tuning examples as JSONL: `{"messages": [{"role", "content", "weight"?}], "tools"?}` and the older `{"prompt",
//! "completion"}`. An example is priced as one call: a trailing message of the assistant is its answer, the rest its request.
//! Weights say what is trained on, not what is sent, and are not looked at.

use std::sync::Arc;

use serde_json::Value;

use crate::chat::{Answer, Dialect, Part, Role};
use crate::error::{Error, Result};
use crate::format::turns::Turns;
use crate::format::{Format, Line, Origin, Reader, Record, json, requests, sniff};

pub(super) static FORMAT: Format = Format {
    name: "fine_tuning",
    about: "Fine-tuning examples: messages that end with the answer, or prompt and completion",
    sniff: |head| sniff::first_is(head, is_example, 58),
    reader: Reader::Lines(read),
};

fn is_example(example: &Value) -> bool {
    let Some(fields) = example.as_object() else { return false };
    let allowed = ["messages", "tools", "functions", "parallel_tool_calls", "prompt", "completion"];
    if !fields.keys().all(|name| allowed.contains(&name.as_str())) {
        return false;
    }
    let ends_with_answer = requests::has_messages(example)
        && json::array(example, "messages")
            .and_then(<[Value]>::last)
            .is_some_and(|last| json::text(last, "role") == Some("assistant"));
    ends_with_answer || json::text(example, "prompt").is_some() && fields.contains_key("completion")
}

fn read(line: &Line<'_>, records: &mut Vec<Record>) -> Result<()> {
    let example = json::object(line)?;
    let common = Record {
        origin: Origin::of(line),
        is_prompt: true,
        dialect: Some(Dialect::Chat),
        model: json::arc(&example, "model"),
        ..Record::default()
    };
    let (request, answer) = if let Some(messages) = json::field(&example, "messages") {
        let turns = Turns::read(messages, json::first_field(&example, &["tools", "functions"]), None)?;
        let n = turns.messages().len();
        let ends_with_answer = turns.messages().last().is_some_and(|last| last.role == Role::Assistant);
        turns.call(if ends_with_answer { n - 1 } else { n })
    } else if let Some(prompt) = json::text(&example, "prompt") {
        let answer = json::text(&example, "completion")
            .map(|text| Answer { parts: vec![Part::text(Arc::from(text))], ..Answer::default() });
        (Turns::of_texts([(Role::User, prompt)].into_iter(), None).call(1).0, answer)
    } else {
        return Err(Error::input("a fine-tuning example needs `messages`, or `prompt` and `completion`"));
    };
    records.push(Record { request: Some(request), answer, ..common });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::testing::{check_detected, read_one};

    #[test]
    fn the_trailing_answer_is_the_answer() {
        let sample = r#"{"messages":[{"role":"user","content":"Name a river."},{"role":"assistant","content":"Elbe","weight":1}]}"#;
        check_detected(&FORMAT, "train.jsonl", sample);
        let record = read_one(&FORMAT, sample);
        assert_eq!(record.request.map(|request| request.messages.len()), Some(1));
        assert!(record.answer.is_some_and(|answer| answer.parts.len() == 1) && record.is_prompt);
    }

    #[test]
    fn prompt_and_completion_are_read() {
        let sample = r#"{"prompt":"Name a river.","completion":"Elbe"}"#;
        check_detected(&FORMAT, "train.jsonl", sample);
        assert!(read_one(&FORMAT, sample).answer.is_some());
    }
}
