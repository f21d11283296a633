//! Question and answer sets as JSONL: what a line holds is told by its fields.
//!
//! - `{id, question, documents: [{title, text}], answers: [..], gold: [..]}`
//! - `{id, question, turns: [..], evidence: [turn, ..]}`
//! - `{id, json, key, value}`

use std::io::BufRead;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::format::open::{Source, open};

/// One question with what is known of its answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Its name.
    pub id: String,
    /// The rest.
    pub case: Case,
}

/// What kind of question.
#[derive(Clone, Debug, PartialEq)]
pub enum Case {
    /// Does an answer survive?
    Documents {
        /// What is asked.
        question: String,
        /// In which the answer stands.
        documents: Vec<Document>,
        /// Strings that answer it; one is enough.
        answers: Vec<String>,
    },
    /// Which share of the evidence survives?
    Turns {
        /// What is asked.
        question: String,
        /// Of a conversation.
        turns: Vec<String>,
        /// Places in `turns`, ascending.
        evidence: Vec<usize>,
    },
    /// Does the value of a key survive?
    Json {
        /// An object.
        json: String,
        /// The key that is asked for.
        key: String,
        /// Its value, a string.
        value: String,
    },
}

/// A document of a set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Document {
    /// Its title, if it has one.
    pub title: Option<String>,
    /// Its text.
    pub text: String,
}

impl Item {
    /// What is asked; for a look-up the key.
    pub fn question(&self) -> &str {
        match &self.case {
            Case::Documents { question, .. } | Case::Turns { question, .. } => question,
            Case::Json { key, .. } => key,
        }
    }

    /// The header of each document.
    pub fn headers(&self) -> Vec<String> {
        let Case::Documents { documents, .. } = &self.case else { return Vec::new() };
        let header = |(at, document): (usize, &Document)| match &document.title {
            Some(title) => format!("Document [{}](Title: {title})\n", at + 1),
            None => format!("Document [{}]\n", at + 1),
        };
        documents.iter().enumerate().map(header).collect()
    }

    /// The conversation, a turn a line.
    pub fn talk(&self) -> String {
        match &self.case {
            Case::Turns { turns, .. } => turns.join("\n"),
            _ => String::new(),
        }
    }
}

/// Reads a set; the first line that is not as it should be is an error that names file, line and field.
pub fn read(source: &Source) -> Result<Vec<Item>> {
    let name = source.name();
    let mut items = Vec::new();
    for (at, line) in open(source, None)?.reader.lines().enumerate() {
        let line = line.map_err(|cause| Error::io(&*name, cause))?;
        if line.trim().is_empty() {
            continue;
        }
        let number = at as u64 + 1;
        items.push(item(&line, number).map_err(|error| error.at_line(number).in_file(&*name))?);
    }
    if items.is_empty() {
        return Err(Error::input("holds no line").in_file(&*name).help(FORMS));
    }
    Ok(items)
}

const FORMS: &str = "a line is {question, documents, answers}, {question, turns, evidence} or {json, key, value}";

fn item(line: &str, number: u64) -> Result<Item> {
    let value: Value = serde_json::from_str(line).map_err(|cause| Error::input("is not JSON").because(cause))?;
    let Some(object) = value.as_object() else {
        return Err(Error::input("expected an object").help(FORMS));
    };
    let id = match object.get("id") {
        Some(Value::String(id)) => id.clone(),
        Some(other) => other.to_string(),
        None => number.to_string(),
    };
    let case = if object.contains_key("documents") {
        Case::Documents {
            question: string(&value, "question")?,
            documents: list(&value, "documents", document)?,
            answers: list(&value, "answers", text)?,
        }
    } else if object.contains_key("turns") {
        let turns = list(&value, "turns", text)?;
        let mut evidence = list(&value, "evidence", |place| {
            let place = place.as_u64().and_then(|place| usize::try_from(place).ok());
            place
                .filter(|place| *place < turns.len())
                .ok_or_else(|| Error::input(format!("expected a place in `turns` below {}", turns.len())))
        })?;
        evidence.sort_unstable();
        evidence.dedup();
        Case::Turns { question: string(&value, "question")?, turns, evidence }
    } else if object.contains_key("json") {
        Case::Json { json: string(&value, "json")?, key: string(&value, "key")?, value: string(&value, "value")? }
    } else {
        return Err(Error::input("has neither `documents` nor `turns` nor `json`").help(FORMS));
    };
    Ok(Item { id, case })
}

fn string(value: &Value, field: &str) -> Result<String> {
    match value.get(field) {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(other) => Err(expected("a string", other).in_field(field)),
        None => Err(Error::input("is missing").in_field(field)),
    }
}

fn list<T>(value: &Value, field: &str, mut each: impl FnMut(&Value) -> Result<T>) -> Result<Vec<T>> {
    let entries = match value.get(field) {
        Some(Value::Array(entries)) if !entries.is_empty() => entries,
        Some(Value::Array(_)) => return Err(Error::input("expected at least one entry").in_field(field)),
        Some(other) => return Err(expected("an array", other).in_field(field)),
        None => return Err(Error::input("is missing").in_field(field)),
    };
    let each =
        |(at, entry): (usize, &Value)| each(entry).map_err(|error| error.in_field(&at.to_string()).in_field(field));
    entries.iter().enumerate().map(each).collect()
}

fn text(value: &Value) -> Result<String> {
    value.as_str().map(str::to_owned).ok_or_else(|| expected("a string", value))
}

fn document(value: &Value) -> Result<Document> {
    let title = match value.get("title") {
        None | Some(Value::Null) => None,
        Some(Value::String(title)) => Some(title.clone()),
        Some(other) => return Err(expected("a string or null", other).in_field("title")),
    };
    Ok(Document { title, text: string(value, "text")? })
}

fn expected(what: &str, found: &Value) -> Error {
    Error::input(format!("expected {what}, found `{}`", crate::text::shorten(&found.to_string(), 40)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(line: &str) -> String {
        item(line, 1).unwrap_err().to_string()
    }

    #[test]
    fn the_three_forms_are_read() {
        let read = |line: &str| item(line, 7).unwrap();
        let documents = read(
            r#"{"id":"a","question":"q","documents":[{"title":"T","text":"x"},{"title":null,"text":"y"}],"answers":["x"],"gold":[0]}"#,
        );
        assert_eq!(documents.headers(), ["Document [1](Title: T)\n", "Document [2]\n"]);
        let turns = read(r#"{"question":"q","turns":["A: x","B: y"],"evidence":[1]}"#);
        assert_eq!((turns.id.as_str(), turns.talk().as_str()), ("7", "A: x\nB: y"));
        assert_eq!(read(r#"{"id":3,"json":"{}","key":"k","value":"v"}"#).question(), "k");
    }

    #[test]
    fn a_bad_line_says_which_field_and_what_was_expected() {
        for (line, expected) in [
            ("[]", "expected an object"),
            ("{", "is not JSON"),
            (r#"{"question":"q"}"#, "neither `documents` nor"),
            (
                r#"{"question":1,"documents":[{"text":"x"}],"answers":["x"]}"#,
                "`question`: expected a string, found `1`",
            ),
            (r#"{"question":"q","documents":[{"text":2}],"answers":["x"]}"#, "`documents.0.text`: expected a string"),
            (r#"{"question":"q","documents":[{"text":"x"}],"answers":[]}"#, "`answers`: expected at least one"),
            (r#"{"question":"q","turns":["a"],"evidence":[1]}"#, "`evidence.0`: expected a place in `turns` below 1"),
            (r#"{"json":"{}","key":"k"}"#, "`value`: is missing"),
        ] {
            assert!(error(line).contains(expected), "{line}: {}", error(line));
        }
    }
}
