//! Prompts and templates as JSONL or a JSON array: objects with the text under `prompt`, `template`, `text`, `content`,
//! `instruction`, `question` or `query` (instruction data adds `input` and `output`), or bare strings. Each is priced as one call.

use std::sync::Arc;

use serde_json::Value;

use crate::chat::{Answer, Part, Role};
use crate::error::{Error, Result};
use crate::format::turns::Turns;
use crate::format::{Format, Line, Origin, Reader, Record, json, sniff};

pub(super) static FORMAT: Format = Format {
    name: "prompts",
    about: "Prompts or templates: JSONL objects with the text under prompt, template, text, content, …",
    sniff: |head| sniff::first_is(head, |value| prompt_of(value).is_some(), 20),
    reader: Reader::Lines(read),
};

const NAMES: &[&str] = &["prompt", "template", "text", "content", "instruction", "question", "query"];

fn prompt_of(value: &Value) -> Option<&str> {
    value.as_str().or_else(|| json::first_text(value, NAMES))
}

fn read(line: &Line<'_>, records: &mut Vec<Record>) -> Result<()> {
    let value = json::parse(line.text)?;
    let prompt = prompt_of(&value).ok_or_else(|| {
        Error::input("there is no text of a prompt")
            .help(format!("expected one of the fields `{}`", NAMES.join("`, `")))
    })?;
    let system = json::first_text(&value, &["system", "system_prompt"]).map(|text| (Role::System, text));
    // Instruction data keeps the thing to work on apart.
    let input = json::text(&value, "instruction").and(json::text(&value, "input")).map(|text| (Role::User, text));
    let texts = system.into_iter().chain([(Role::User, prompt)]).chain(input);
    let turns = Turns::of_texts(texts, None);
    let answer = json::first_text(&value, &["output", "response", "completion", "answer"]);
    let mut record = Record {
        origin: Origin::of(line),
        is_prompt: true,
        model: json::arc(&value, "model"),
        request: Some(turns.call(turns.messages().len()).0),
        answer: answer.map(|text| Answer { parts: vec![Part::text(Arc::from(text))], ..Answer::default() }),
        ..Record::default()
    };
    for name in ["repo", "path", "name", "id", "category"] {
        json::tag(&mut record.tags, name, value.get(name));
    }
    records.push(record);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::testing::{check_detected, read as read_all, read_one};

    #[test]
    fn prompts_are_found_by_their_field() {
        for sample in [
            r#"{"name":"river","template":"Name a river in {{country}}."}"#,
            r#"{"instruction":"Name a river.","input":"Germany","output":"Elbe"}"#,
            r#"["Name a river.", "Name a lake."]"#,
        ] {
            check_detected(&FORMAT, "prompts.json", sample);
        }
        assert_eq!(read_all(&FORMAT, r#"["Name a river.", "Name a lake."]"#).len(), 2);
        let record = read_one(&FORMAT, r#"{"instruction":"Name a river.","input":"Germany","output":"Elbe"}"#);
        assert_eq!(record.request.map(|request| request.messages.len()), Some(2));
        assert!(record.answer.is_some() && record.is_prompt);
    }

    #[test]
    fn an_object_without_text_is_an_error() {
        assert!(read_all(&FORMAT, r#"{"prompt":7}"#).remove(0).unwrap_err().to_string().contains("`template`"));
    }
}
