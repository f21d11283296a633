//! JSON Lines with a request or a training example a line. A line that is broken is a mistake, the others are read.

use std::ops::Range;

use super::{Candidate, Fit, Reader, request};
use crate::lint::file::{File, Prompt, PromptKind};
use crate::text::json::{Json, Kind, Value};

pub(super) static READER: Reader =
    Reader { name: "jsonl", about: "JSON Lines: requests or training examples, one a line", fits, read };

fn fits(candidate: &Candidate<'_>) -> Fit {
    let says_so = first_line(candidate).is_some_and(|line| {
        ["\"messages\"", "\"contents\"", "\"prompt\"", "\"conversations\"", "\"input\""]
            .iter()
            .any(|key| line.contains(key))
    });
    match says_so {
        true => Fit::Sniffed,
        false if is_json_lines(candidate) => Fit::Plain,
        false => Fit::No,
    }
}

/// The first line that is not blank, if the file may be JSON Lines.
pub(super) fn first_line<'a>(candidate: &Candidate<'a>) -> Option<&'a str> {
    if !is_json_lines(candidate) {
        return None;
    }
    let text = candidate.text.trim_start_matches('\u{feff}');
    text.lines().find(|line| !line.trim().is_empty()).filter(|line| line.trim_start().starts_with('{'))
}

fn is_json_lines(candidate: &Candidate<'_>) -> bool {
    matches!(candidate.extension, "jsonl" | "ndjson")
}

fn read(file: &mut File) {
    lines(file, |json, span, prompts| {
        let found = request::prompts(json, span.start, PromptKind::Request);
        let is_example = is_example(json.root());
        prompts.extend(found.into_iter().map(|mut prompt| {
            if is_example {
                prompt.kind = PromptKind::Example;
                prompt.request = None;
            }
            prompt.span = span.clone();
            prompt
        }));
    });
}

/// A training example has what is said and what is to be answered, but no model to ask.
fn is_example(root: Value<'_, '_>) -> bool {
    let has = |name: &str| root.get(name).is_some();
    let is_envelope = has("request") || has("body") || has("params") || has("response");
    let is_completion = has("prompt") && has("completion");
    let is_conversation = has("messages") || has("contents") || has("conversations") || has("input");
    (is_completion || is_conversation) && !has("model") && !is_envelope
}

/// Reads every line that is not blank: JSON goes to `line` with the bytes in which it stands, what is none is a mistake.
pub(super) fn lines(file: &mut File, mut line: impl FnMut(&Json<'_>, Range<usize>, &mut Vec<Prompt>)) {
    let text = std::mem::take(&mut file.text);
    let mut at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    for whole in text[at..].split_inclusive('\n') {
        let inner = whole.trim();
        let start = at + (whole.len() - whole.trim_start().len());
        at += whole.len();
        if inner.is_empty() {
            continue;
        }
        match Json::parse(inner) {
            Ok(json) if json.root().kind() == Kind::Object => {
                line(&json, start..start + inner.len(), &mut file.prompts);
            }
            Ok(_) => file.mistake(start..start + inner.len(), "a line of JSON Lines is an object here"),
            Err(mistake) => {
                let place = start + mistake.offset.min(inner.len());
                file.mistake(place..place, format!("the line is not JSON: expected {}", mistake.expected));
            }
        }
    }
    file.text = text;
}

#[cfg(test)]
mod tests {
    use super::super::read as read_file;
    use super::*;

    #[test]
    fn a_broken_line_is_a_mistake_and_the_others_are_read() {
        let text = "\u{feff}{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}],\"model\":\"gpt-4o\"}\n\n{oops\n  {\"messages\":[{\"role\":\"user\",\"content\":\"b\"}]}\r\n";
        let file = read_file("a.jsonl", text);
        assert_eq!((file.format, file.prompts.len(), file.mistakes.len()), ("jsonl", 2, 1));
        assert_eq!(&text[file.mistakes[0].span.start..][..4], "oops");
        let kinds: Vec<_> = file.prompts.iter().map(|prompt| prompt.kind).collect();
        assert_eq!(kinds, [PromptKind::Request, PromptKind::Example]);
        assert_eq!(&text[file.prompts[1].pieces[0].text.in_file(&(0..1))], "b");
        assert!(text[file.prompts[1].span.clone()].starts_with("{\"messages\""));
    }
}
