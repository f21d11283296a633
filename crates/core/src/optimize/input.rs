//! What form a text has: told from its content, or by its name.

use crate::text::json::{Json, Kind};

/// A text's form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// One JSON value: a request, an array of them, or data.
    Json,
    /// JSON values, one a line.
    Lines,
    /// A table with prompts in its cells.
    Csv,
    /// Anything else: a prompt or template as text.
    Prompt,
}

/// What some editors put before a text.
pub(super) const BOM: char = '\u{feff}';

impl Form {
    /// By content. A text that begins like JSON and is none is a prompt.
    pub fn of(text: &str) -> Form {
        let text = text.strip_prefix(BOM).unwrap_or(text);
        // Only what JSON takes for white space.
        let trimmed = text.trim_matches([' ', '\t', '\n', '\r']);
        if !trimmed.starts_with(['{', '[']) {
            return Form::Prompt;
        }
        if Json::parse(trimmed).is_ok() {
            return Form::Json;
        }
        let is_object = |line: &str| Json::parse(line).is_ok_and(|json| json.root().kind() == Kind::Object);
        match trimmed.lines().next() {
            Some(first) if trimmed.contains('\n') && is_object(first) => Form::Lines,
            _ => Form::Prompt,
        }
    }

    /// By a file's name and content: `.jsonl` and `.json` are what they say, so that a mistake in them is reported and not
    /// taken for a prompt.
    pub fn of_file(name: &str, text: &str) -> Form {
        let name = name.to_ascii_lowercase();
        let name = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
        match name.rsplit('.').next() {
            Some("jsonl" | "ndjson") => Form::Lines,
            Some("csv") => Form::Csv,
            Some("json") if Form::of(text) == Form::Prompt => Form::Json,
            _ => Form::of(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_told_by_content_and_names_beat_it() {
        for (text, expected) in [
            ("Hello", Form::Prompt),
            ("{\"a\":1}\n", Form::Json),
            ("{\"a\":1}\n{\"b\":2}\n", Form::Lines),
            ("{\"a\":1}\n{\"b\":", Form::Lines),
            ("{{name}} is a template", Form::Prompt),
            ("[1,\n2]", Form::Json),
            ("", Form::Prompt),
            ("\u{feff}{}", Form::Json),
            ("\u{a0}{}", Form::Prompt),
        ] {
            assert_eq!(Form::of(text), expected, "{text}");
        }
        assert_eq!(Form::of_file("a.jsonl", "oops"), Form::Lines);
        assert_eq!(Form::of_file("a.json", "{oops"), Form::Json);
        assert_eq!(Form::of_file("a.CSV.gz", "prompt\nHi"), Form::Csv);
        assert_eq!(Form::of_file("a.md", "{oops"), Form::Prompt);
    }
}
