//! Batch files and training files, line by line: what the rules of the family BAT look at, whichever reader took the file
//! apart. Each line keeps its place in the file. O(text).

use std::ops::Range;
use std::sync::LazyLock;

use jiff::civil::Date;
use regex::Regex;
use serde::Deserialize;

use super::file::File;
use crate::text::json::{Json, Kind, Mistake, Value};

/// Limits of the providers' batches. A test holds that the data parses.
pub(super) static LIMITS: LazyLock<Option<Limits>> =
    LazyLock::new(|| toml::from_str(include_str!("../../data/lint/batch.toml")).ok());

/// The data file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Limits {
    pub openai: Limit,
    pub claude: Limit,
}

/// Limits of one provider.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Limit {
    pub requests: u64,
    pub bytes: u64,
    /// What a `custom_id` must look like.
    pub custom_id: Option<String>,
    #[cfg_attr(not(test), expect(dead_code, reason = "for those who read the data"))]
    pub source: String,
    #[cfg_attr(not(test), expect(dead_code, reason = "for those who read the data"))]
    #[serde(deserialize_with = "super::parameters::day")]
    pub observed: Date,
}

/// What the lines of a file are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// `custom_id`, `method`, `url`, `body`: OpenAI and those that take the same files.
    OpenAi,
    /// `custom_id`, `params`: Anthropic.
    Claude,
    /// `key`, `request`: Gemini.
    Gemini,
    /// `messages`: training examples for a chat model.
    Examples,
}

/// A file of lines.
#[derive(Debug)]
pub(super) struct Batch<'a> {
    pub style: Style,
    /// Lines in their order, without the empty end of the file.
    pub lines: Vec<Line<'a>>,
}

/// A line.
#[derive(Debug)]
pub(super) struct Line<'a> {
    /// Where it begins in the file.
    pub start: usize,
    /// Its text, without line end and byte-order mark.
    pub text: &'a str,
    /// Its JSON; `None` for a blank line.
    pub json: Option<Result<Json<'a>, Mistake>>,
}

/// Lines in which a file must show what it is.
const N_SNIFFED: usize = 20;

/// The lines of a file, if it is a batch file or a training file.
pub(super) fn read(file: &File) -> Option<Batch<'_>> {
    let (_, extension) = file.name().rsplit_once('.')?;
    if !["jsonl", "ndjson"].iter().any(|known| extension.eq_ignore_ascii_case(known)) {
        return None;
    }
    let body = file.text.strip_prefix('\u{feff}').unwrap_or(&file.text);
    let style = body.lines().take(N_SNIFFED).find_map(style_of)?;
    let mut start = file.text.len() - body.len();
    let mut lines = Vec::new();
    for raw in body.split_inclusive('\n') {
        let text = raw.trim_end_matches(['\n', '\r']);
        let json = (!text.trim().is_empty()).then(|| Json::parse(text));
        lines.push(Line { start, text, json });
        start += raw.len();
    }
    Some(Batch { style, lines })
}

/// Members of an example: with others it is a log, or a data set of somebody's own.
const OF_EXAMPLES: &[&str] = &["messages", "tools", "functions", "parallel_tool_calls"];

fn style_of(line: &str) -> Option<Style> {
    let json = Json::parse(line).ok()?;
    let root = json.root();
    let is_object = |name: &str| root.get(name).is_some_and(|value| value.kind() == Kind::Object);
    if root.get("response").is_some() || root.get("result").is_some() {
        return None;
    }
    if is_object("body") && (root.get("custom_id").is_some() || root.get("url").is_some()) {
        return Some(Style::OpenAi);
    }
    if is_object("params") && root.get("custom_id").is_some() {
        return Some(Style::Claude);
    }
    if is_object("request") && root.get("key").is_some() {
        return Some(Style::Gemini);
    }
    let is_example = root.get("messages").is_some_and(|messages| messages.kind() == Kind::Array)
        && root.children().all(|member| OF_EXAMPLES.iter().any(|name| member.is_named(name)));
    is_example.then_some(Style::Examples)
}

impl<'a> Batch<'a> {
    /// Lines that hold an object.
    pub(super) fn objects(&self) -> impl Iterator<Item = (&Line<'a>, Value<'_, 'a>)> {
        self.lines.iter().filter_map(|line| Some((line, line.root()?)))
    }

    /// Whether it is a batch of requests.
    pub(super) fn has_requests(&self) -> bool {
        self.style != Style::Examples
    }

    /// The provider's limits, where they are known.
    pub(super) fn limit(&self) -> Option<(&'static str, &'static Limit)> {
        let limits = LIMITS.as_ref()?;
        match self.style {
            Style::OpenAi => Some(("OpenAI", &limits.openai)),
            Style::Claude => Some(("Anthropic", &limits.claude)),
            Style::Gemini | Style::Examples => None,
        }
    }

    /// The member that names a request.
    pub(super) fn id_name(&self) -> &'static str {
        if self.style == Style::Gemini { "key" } else { "custom_id" }
    }

    /// The request in a line.
    pub(super) fn request<'j>(&self, root: Value<'j, 'a>) -> Option<Value<'j, 'a>> {
        root.get(match self.style {
            Style::OpenAi => "body",
            Style::Claude => "params",
            Style::Gemini => "request",
            Style::Examples => return None,
        })
    }
}

impl<'a> Line<'a> {
    /// Its object.
    pub(super) fn root(&self) -> Option<Value<'_, 'a>> {
        let root = self.json.as_ref()?.as_ref().ok()?.root();
        (root.kind() == Kind::Object).then_some(root)
    }

    /// Its bytes in the file.
    pub(super) fn span(&self) -> Range<usize> {
        self.start..self.start + self.text.len()
    }

    /// Bytes of the line as bytes of the file.
    pub(super) fn at(&self, span: &Range<usize>) -> Range<usize> {
        self.start + span.start..self.start + span.end
    }

    /// A place to point at where a finding is about the whole line: its beginning.
    pub(super) fn head(&self) -> Range<usize> {
        let n_bytes = self.text.char_indices().nth(40).map_or(self.text.len(), |(at, _)| at);
        self.start..self.start + n_bytes
    }

    /// The bytes to delete so that some members of an object are gone.
    pub(super) fn removals(&self, object: Value<'_, 'a>, names: &[&str]) -> Vec<Range<usize>> {
        let members: Vec<Value<'_, 'a>> = object.children().collect();
        let is_gone = |member: &Value<'_, 'a>| names.iter().any(|name| member.is_named(name));
        let mut spans = Vec::new();
        let mut at = 0;
        while let Some(first) = members.get(at) {
            let next =
                at + members.get(at..).map_or(0, |rest| rest.iter().take_while(|member| is_gone(member)).count());
            if next == at {
                at += 1;
                continue;
            }
            let (start, end) =
                (first.member_span().start, members.get(next - 1).map_or(0, |last| last.member_span().end));
            // With the comma after it, or the one before it if nothing follows.
            let span = match (at.checked_sub(1).and_then(|before| members.get(before)), members.get(next)) {
                (_, Some(next)) => start..next.member_span().start,
                (Some(before), None) => before.member_span().end..end,
                (None, None) => start..end,
            };
            spans.push(self.at(&span));
            at = next;
        }
        spans
    }
}

/// What Anthropic demands of a `custom_id`.
pub(super) static CLAUDE_ID: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(LIMITS.as_ref()?.claude.custom_id.as_deref()?).ok());

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: Option<Style>) {
        let file = File::new("a/b.jsonl", text);
        assert_eq!(read(&file).map(|batch| batch.style), expected, "{text}");
    }

    #[test]
    fn files_are_known_by_their_lines() {
        check(
            r#"{"custom_id": "1", "method": "POST", "url": "/v1/responses", "body": {"input": "x"}}"#,
            Some(Style::OpenAi),
        );
        check("\u{feff}{\"url\": \"/v1/responses\", \"body\": {}}\n", Some(Style::OpenAi));
        check(r#"{"custom_id": "1", "params": {"messages": []}}"#, Some(Style::Claude));
        check(r#"{"key": "1", "request": {"contents": []}}"#, Some(Style::Gemini));
        check(r#"{"messages": [{"role": "user", "content": "x"}]}"#, Some(Style::Examples));
        check(r#"{"messages": [], "score": 1}"#, None);
        check(r#"{"custom_id": "1", "response": {"body": {}}}"#, None);
        check("not json\n", None);
    }

    #[test]
    fn the_data_parses() {
        let limits = LIMITS.as_ref().unwrap();
        for limit in [&limits.openai, &limits.claude] {
            assert!(limit.requests > 1_000 && limit.bytes > 1_000_000 && limit.source.len() > 20);
            assert_eq!(limit.observed.year(), 2026);
        }
        assert!(CLAUDE_ID.as_ref().unwrap().is_match("a-1"));
    }

    #[test]
    fn lines_keep_their_places() {
        let text = "{\"custom_id\": \"1\", \"body\": {\"a\": 1, \"b\": 2}}\n\n{\"custom_id\": \"2\", \"body\": {}}\n";
        let file = File::new("b.jsonl", text);
        let batch = read(&file).unwrap();
        assert_eq!(batch.lines.len(), 3);
        let (line, root) = batch.objects().next().unwrap();
        let body = batch.request(root).unwrap();
        let removed =
            |names: &[&str]| -> Vec<&str> { line.removals(body, names).into_iter().map(|span| &text[span]).collect() };
        assert_eq!(removed(&["b"]), [", \"b\": 2"]);
        assert_eq!(removed(&["a"]), ["\"a\": 1, "]);
        assert_eq!(removed(&["a", "b"]), ["\"a\": 1, \"b\": 2"]);
        assert!(removed(&["c"]).is_empty());
        assert_eq!(&text[batch.lines[2].span()], "{\"custom_id\": \"2\", \"body\": {}}");
    }
}
