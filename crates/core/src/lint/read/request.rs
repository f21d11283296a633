//! Requests as JSON, in any dialect: one a file, or in an array or an envelope.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::{Candidate, Fit, Reader};
use crate::chat::CacheMark;
use crate::compress::body::Body;
use crate::dialect::read_request;
use crate::lint::file::{Field, File, Named, Piece, Prompt, PromptKind};
use crate::lint::mapped::Mapped;
use crate::text::json::{Json, Kind, Value};

pub(super) static READER: Reader =
    Reader { name: "request", about: "requests as JSON: chat completions, responses, messages, …", fits, read };

static MESSAGES: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#""(messages|contents|input|conversations?|traj|chat_history)"\s*:\s*\[\s*\{"#));
static SETTINGS: LazyLock<Regex> = LazyLock::new(|| pattern(r#""(model|max_tokens)"\s*:\s*["0-9]"#));
static ASKED: LazyLock<Regex> = LazyLock::new(|| pattern(r#""(input|prompt|message)"\s*:\s*""#));

fn pattern(text: &str) -> Regex {
    #[allow(clippy::unwrap_used, reason = "a pattern that is written here, and the tests of this file compile it")]
    Regex::new(text).unwrap()
}

fn fits(candidate: &Candidate<'_>) -> Fit {
    if candidate.extension != "json" {
        return Fit::No;
    }
    let text = candidate.text;
    let has = |word: &str| memchr::memmem::find(text.as_bytes(), word.as_bytes()).is_some();
    let is_conversation =
        || (has("\"role\"") || has("\"parts\"") || has("\"from\"") || has("\"input_text\"")) && MESSAGES.is_match(text);
    let is_question = || has("\"inputText\"") || (SETTINGS.is_match(text) && ASKED.is_match(text));
    if is_conversation() || is_question() { Fit::Sniffed } else { Fit::Plain }
}

fn read(file: &mut File) {
    let text = std::mem::take(&mut file.text);
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    match Json::parse(&text[start..]) {
        Ok(json) => file.prompts.extend(prompts(&json, start, PromptKind::Request)),
        Err(mistake) => {
            let at = start + mistake.offset;
            file.mistake(at..at, format!("not JSON: expected {}", mistake.expected));
        }
    }
    file.text = text;
}

/// The requests in a JSON text that stands at `base` in its file.
pub(super) fn prompts(json: &Json<'_>, base: usize, kind: PromptKind) -> Vec<Prompt> {
    // In the order in which they begin.
    let objects: Vec<Value<'_, '_>> = json.root().descendants().filter(|value| value.kind() == Kind::Object).collect();
    let envelopes: Vec<Value<'_, '_>> =
        objects.iter().filter(|object| object.get("custom_id").is_some()).copied().collect();
    let of_body = |body: &Body<'_>| {
        let index = objects.partition_point(|object| object.span().start < body.span.start);
        let root = objects.get(index).filter(|object| object.span() == body.span).copied();
        let mut prompt = prompt(json, body, root, base, kind);
        // Anthropic's batches come as one JSON text too.
        let around = envelopes.partition_point(|envelope| envelope.span().start < body.span.start);
        let around = around.checked_sub(1).and_then(|index| envelopes.get(index));
        if let Some(envelope) =
            around.filter(|envelope| kind == PromptKind::Request && body.span.end <= envelope.span().end)
        {
            super::batch::envelope(*envelope, base, &mut prompt);
        }
        prompt
    };
    Body::find(json).iter().map(of_body).collect()
}

fn prompt(json: &Json<'_>, body: &Body<'_>, root: Option<Value<'_, '_>>, base: usize, kind: PromptKind) -> Prompt {
    let raw = &json.text()[body.span.clone()];
    let request = serde_json::from_str(raw).ok().and_then(|value| read_request(&value).ok());
    let mut prompt = Prompt {
        span: moved(&body.span, base),
        kind,
        request: request.map(Box::new),
        pieces: pieces(json, body, base),
        ..Prompt::default()
    };
    if let Some(root) = root {
        prompt.fields = fields_of(root, base);
        marks(root, body, base, &mut prompt.pieces);
        prompt.model = model(root, base);
    }
    prompt
}

/// The model that an object names.
pub(super) fn model(object: Value<'_, '_>, base: usize) -> Option<Named> {
    let model = ["model", "modelId", "model_id"].iter().find_map(|name| object.get(name))?;
    let span = model.span();
    Some(Named { text: model.string()?.into_owned(), span: base + span.start + 1..base + span.end - 1 })
}

/// Everything in an object but what the model reads.
pub(super) fn fields_of(object: Value<'_, '_>, base: usize) -> Vec<Field> {
    let mut out = Vec::new();
    fields(object, "", base, &mut out);
    out
}

fn moved(span: &Range<usize>, base: usize) -> Range<usize> {
    base + span.start..base + span.end
}

fn pieces(json: &Json<'_>, body: &Body<'_>, base: usize) -> Vec<Piece> {
    let piece = |(index, segment): (usize, &crate::compress::Segment<'_>)| {
        let place = body.place(index);
        let text = match &place {
            Some(span) if json.text().as_bytes()[span.start] == b'"' => {
                Mapped::json(&json.text()[span.clone()], base + span.start)
            }
            Some(span) => Some(Mapped::plain(&json.text()[span.clone()], base + span.start)),
            None => None,
        };
        Piece {
            kind: Some(segment.kind),
            path: segment.path.clone(),
            message: segment.message,
            text: text.unwrap_or_else(|| Mapped::read_only(&segment.text, moved(&body.span, base))),
            ..Piece::default()
        }
    };
    body.segments.iter().enumerate().map(piece).collect()
}

/// Members that hold what the model reads.
const CONTENT: &[&str] = &[
    "messages",
    "contents",
    "input",
    "prompt",
    "system",
    "instructions",
    "systemInstruction",
    "system_instruction",
    "tools",
    "functions",
    "documents",
    "preamble",
    "chat_history",
];

fn fields(object: Value<'_, '_>, prefix: &str, base: usize, out: &mut Vec<Field>) {
    let members: Vec<Value<'_, '_>> = object.children().collect();
    for (index, member) in members.iter().enumerate() {
        let Some(key) = member.key() else { continue };
        if prefix.is_empty() && CONTENT.contains(&&*key) {
            continue;
        }
        let path = if prefix.is_empty() { key.to_string() } else { format!("{prefix}.{key}") };
        let whole = member.member_span();
        // With the comma after it, or the one before it if it is the last.
        let removal = match (index.checked_sub(1).map(|before| members[before]), members.get(index + 1)) {
            (_, Some(next)) => whole.start..next.member_span().start,
            (Some(before), None) => before.member_span().end..whole.end,
            (None, None) => whole.clone(),
        };
        let raw_key = member.raw_key().unwrap_or_default();
        if let Ok(value) = serde_json::from_str(member.raw()) {
            out.push(Field {
                path: path.clone(),
                value,
                key: base + whole.start + 1..base + (whole.start + raw_key.len()).saturating_sub(1),
                span: moved(&member.span(), base),
                removal: Some(moved(&removal, base)),
            });
        }
        if member.kind() == Kind::Object && path.matches('.').count() < 3 {
            fields(*member, &path, base, out);
        }
    }
}

/// Prompt-cache breakpoints: Anthropic's `cache_control` in the block that it ends, Bedrock's `cachePoint` as a block of
/// its own after it.
fn marks(root: Value<'_, '_>, body: &Body<'_>, base: usize, pieces: &mut [Piece]) {
    for object in root.descendants().filter(|value| value.kind() == Kind::Object) {
        let (mark, is_block) = match (object.get("cache_control"), object.get("cachePoint")) {
            (Some(mark), _) if mark.kind() == Kind::Object => (mark, false),
            (_, Some(mark)) => (mark, true),
            _ => continue,
        };
        if object.span() == root.span() {
            continue;
        }
        let ttl = mark.get("ttl").and_then(|ttl| ttl.string());
        let kind = if ttl.is_some_and(|ttl| ttl == "1h") { CacheMark::Long } else { CacheMark::Short };
        let span = object.span();
        let last = (0..pieces.len()).rev().find(|index| {
            body.place(*index).is_some_and(|place| {
                if is_block { place.end <= span.start } else { span.start <= place.start && place.end <= span.end }
            })
        });
        if let Some(index) = last {
            pieces[index].cache_mark = Some((kind, moved(&mark.member_span(), base)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::read::read as read_file;

    #[test]
    fn a_request_has_its_model_fields_pieces_and_marks_in_place() {
        let text = r#"{"model": "claude-opus-5-5", "temperature": 0.2, "thinking": {"type": "enabled"},
 "system": [{"type": "text", "text": "Be\nbrief.", "cache_control": {"type": "ephemeral", "ttl": "1h"}}],
 "messages": [{"role": "user", "content": "Hi"}]}"#;
        let file = read_file("a/request.json", text);
        assert_eq!((file.format, file.prompts.len(), file.mistakes.len()), ("request", 1, 0));
        let prompt = &file.prompts[0];
        let model = prompt.model.as_ref().unwrap();
        assert_eq!(&text[model.span.clone()], "claude-opus-5-5");
        let temperature = prompt.field("temperature").unwrap();
        assert_eq!((&text[temperature.key.clone()], &text[temperature.span.clone()]), ("temperature", "0.2"));
        assert_eq!(&text[temperature.removal.clone().unwrap()], "\"temperature\": 0.2, ");
        assert_eq!(prompt.field("thinking.type").unwrap().value, "enabled");
        assert_eq!(prompt.pieces[0].as_str(), "Be\nbrief.");
        assert_eq!(&text[prompt.pieces[0].text.in_file(&(0..3))], "Be\\n");
        assert_eq!(prompt.pieces[0].cache_mark.as_ref().unwrap().0, CacheMark::Long);
        assert!(prompt.request.is_some());
    }

    #[test]
    fn what_is_no_json_is_a_mistake_with_its_place() {
        let file = read_file("a.json", r#"{"messages": [}"#);
        assert_eq!(file.mistakes[0].span, 14..14);
    }
}
