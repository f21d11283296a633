//! Where text stands in a request's JSON, in whatever dialect, and how edits are written back: the strings that changed are
//! written anew, every other byte stays. Requests are found inside log envelopes too.
//!
//! Dialects differ in where they hang text, not in much else: one walk by field names serves them all. Unknown fields are
//! passed over, so that what is not understood is not touched.

use std::borrow::Cow;
use std::ops::Range;

use super::edit::{Edit, apply};
use super::segment::{Segment, SegmentKind};
use crate::text::json::{Json, Kind, Value, push_string};

/// A request found in a JSON text: its segments, and where each is written.
#[derive(Debug, Default)]
pub struct Body<'a> {
    /// Segments in the order in which the model reads them.
    pub segments: Vec<Segment<'a>>,
    /// The model that the request names.
    pub model: Option<String>,
    /// Its bytes in the JSON text.
    pub span: Range<usize>,
    places: Vec<Place>,
}

#[derive(Clone, Debug)]
enum Place {
    /// A JSON string with its quotes.
    Quoted(Range<usize>),
    /// JSON that stands for itself.
    Raw(Range<usize>),
    /// Part of something else: read only.
    Nowhere,
}

/// How deep requests are looked for inside an envelope.
const MAX_DEPTH: usize = 6;
/// How deep content may nest: no dialect needs more than six.
const MAX_NESTING: usize = 32;

impl<'a> Body<'a> {
    /// The requests in a JSON value: itself, its elements, or what its envelope holds. Empty if there is none.
    pub fn find(json: &Json<'a>) -> Vec<Body<'a>> {
        let mut found = Vec::new();
        find(json.root(), 0, &mut found);
        found
    }

    /// Where a segment is written in the JSON text: a string with its quotes, or JSON that stands for itself; `None` for
    /// what is part of something else.
    pub fn place(&self, segment: usize) -> Option<Range<usize>> {
        match self.places.get(segment)? {
            Place::Quoted(span) | Place::Raw(span) => Some(span.clone()),
            Place::Nowhere => None,
        }
    }

    /// The request's own JSON with the edits made; `json` is the text in which it was found.
    pub fn written(&self, json: &str, edits: &[Edit]) -> String {
        let mut changes = Vec::new();
        self.changes(edits, &mut changes);
        for (span, _) in &mut changes {
            *span = span.start - self.span.start..span.end - self.span.start;
        }
        rewritten(&json[self.span.clone()], changes)
    }

    /// What the edits change in the JSON: ranges of it, and what is to stand there. `edits` must belong to this body and
    /// be sorted by segment and span.
    pub fn changes(&self, edits: &[Edit], changes: &mut Vec<(Range<usize>, String)>) {
        for group in edits.chunk_by(|a, b| a.segment == b.segment) {
            let index = group[0].segment;
            let text = apply(&self.segments[index].text, group);
            match &self.places[index] {
                Place::Quoted(span) => {
                    let mut quoted = String::with_capacity(text.len() + 16);
                    push_string(&mut quoted, &text);
                    changes.push((span.clone(), quoted));
                }
                Place::Raw(span) => changes.push((span.clone(), text)),
                Place::Nowhere => {}
            }
        }
    }
}

/// The JSON with the changes made; they may come in any order and must not overlap.
pub fn rewritten(json: &str, mut changes: Vec<(Range<usize>, String)>) -> String {
    changes.sort_by_key(|(span, _)| span.start);
    let mut out = String::with_capacity(json.len());
    let mut at = 0;
    for (span, text) in changes {
        out.push_str(&json[at..span.start]);
        out.push_str(&text);
        at = span.end;
    }
    out.push_str(&json[at..]);
    out
}

fn find<'a>(value: Value<'_, 'a>, depth: usize, found: &mut Vec<Body<'a>>) {
    match value.kind() {
        Kind::Object if is_request(value) => {
            let model = value.get("model").and_then(|model| model.string()).map(Cow::into_owned);
            let mut walk = Walk { body: Body { model, span: value.span(), ..Body::default() }, n_messages: 0 };
            walk.request(value);
            found.push(walk.body);
        }
        Kind::Object | Kind::Array if depth < MAX_DEPTH => {
            for child in value.children() {
                // What was answered is not a prompt.
                if !child.is_named("response") && !child.is_named("answer") && !child.is_named("choices") {
                    find(child, depth + 1, found);
                }
            }
        }
        _ => {}
    }
}

/// Names under which dialects and logs keep messages or the one text that is asked.
const LISTS: [&str; 7] = ["messages", "contents", "input", "conversations", "conversation", "traj", "chat_history"];

fn is_request(object: Value<'_, '_>) -> bool {
    // Once: an object may have any number of members.
    let has_settings = object.get("model").is_some() || object.get("max_tokens").is_some();
    object.children().any(|member| {
        let is_list = LISTS.iter().any(|name| member.is_named(name));
        match member.kind() {
            Kind::Array => is_list && member.children().next().is_some_and(|first| is_message(first)),
            Kind::String => {
                (member.is_named("input") || member.is_named("prompt") || member.is_named("message")) && has_settings
                    || member.is_named("inputText")
            }
            _ => false,
        }
    })
}

fn is_message(value: Value<'_, '_>) -> bool {
    value.kind() == Kind::Object && ["role", "from", "type", "parts"].iter().any(|name| value.get(name).is_some())
}

struct Walk<'a> {
    body: Body<'a>,
    n_messages: usize,
}

/// Where the walk is.
struct At {
    kind: SegmentKind,
    label: String,
    message: usize,
    path: String,
    n_parts: usize,
    depth: usize,
}

impl<'a> Walk<'a> {
    fn request(&mut self, body: Value<'_, 'a>) {
        // Models read tools first, then instructions, then messages, whatever the order of the fields.
        // `functions` is what they were called at first.
        for member in body.children().filter(|member| member.is_named("tools") || member.is_named("functions")) {
            self.tools(member);
        }
        for member in body.children() {
            let name = member.key().unwrap_or_default();
            if ["system", "instructions", "systemInstruction", "system_instruction", "preamble"].contains(&&*name) {
                let mut at = At::new(SegmentKind::System, "the instructions".to_owned(), name.into_owned());
                self.content(member, &mut at);
            }
        }
        for member in body.children().filter(|member| member.is_named("documents") && member.kind() == Kind::Array) {
            for (index, document) in member.children().enumerate() {
                let path = format!("documents.{index}");
                let mut at = At::new(SegmentKind::Document, format!("document {}", index + 1), path);
                self.content(document, &mut at);
            }
        }
        for member in body.children() {
            let name = member.key().unwrap_or_default();
            if LISTS.contains(&&*name) && member.kind() == Kind::Array {
                for (index, message) in member.children().enumerate() {
                    self.message(message, &format!("{name}.{index}"));
                }
            } else if ["input", "message", "prompt", "inputText"].contains(&&*name) && member.kind() == Kind::String {
                // A completion's prompt holds everything; the others are what is asked.
                let is_prompt = name == "prompt" || name == "inputText";
                let kind = if is_prompt { SegmentKind::Prompt } else { SegmentKind::User };
                self.n_messages += 1;
                let mut at = At::of_message(kind, self.n_messages, name.into_owned());
                self.content(member, &mut at);
            }
        }
    }

    fn tools(&mut self, tools: Value<'_, 'a>) {
        let name = tools.key().unwrap_or_default();
        for (index, tool) in tools.children().enumerate().filter(|(_, tool)| tool.kind() == Kind::Object) {
            self.body.segments.push(Segment {
                kind: SegmentKind::ToolSchema,
                label: format!("tool {}", self.body.segments.len() + 1),
                message: 0,
                path: format!("{name}.{index}"),
                text: Cow::Borrowed(tool.raw()),
            });
            self.body.places.push(Place::Raw(tool.span()));
        }
    }

    fn message(&mut self, message: Value<'_, 'a>, path: &str) {
        self.n_messages += 1;
        if message.kind() != Kind::Object {
            return;
        }
        let role = message.get("role").or_else(|| message.get("from")).and_then(|role| role.string());
        let kind = match role.as_deref() {
            Some("system" | "SYSTEM" | "developer") => SegmentKind::System,
            Some("assistant" | "model" | "gpt" | "chatbot" | "CHATBOT") => SegmentKind::Assistant,
            Some("tool" | "TOOL" | "function") => SegmentKind::ToolResult,
            _ => SegmentKind::User,
        };
        let mut at = At::of_message(kind, self.n_messages, path.to_owned());
        self.content(message, &mut at);
    }

    fn content(&mut self, value: Value<'_, 'a>, at: &mut At) {
        if at.depth > MAX_NESTING {
            return;
        }
        match value.kind() {
            Kind::String => self.text(value, at),
            Kind::Array => {
                for (index, part) in value.children().enumerate() {
                    at.within(&index.to_string(), |at| self.content(part, at));
                }
            }
            Kind::Object => self.part(value, at),
            _ => {}
        }
    }

    fn part(&mut self, part: Value<'_, 'a>, at: &mut At) {
        let before = at.kind;
        let kind = part.get("type").and_then(|kind| kind.string()).unwrap_or_default();
        match &*kind {
            "tool_result" | "function_call_output" | "custom_tool_call_output" => at.kind = SegmentKind::ToolResult,
            "document" | "search_result" => at.kind = SegmentKind::Document,
            "tool_use" | "function_call" | "thinking" | "redacted_thinking" | "reasoning" | "image" | "image_url" => {
                if let Some(arguments) = part.get("input").or_else(|| part.get("arguments")) {
                    self.arguments(arguments, at);
                }
                return;
            }
            _ => {}
        }
        // What is said comes before what is called, whatever the order of the fields.
        let calls = |field: &Value<'_, 'a>| field.is_named("tool_calls");
        for field in part.children().filter(|field| !calls(field)).chain(part.children().filter(calls)) {
            let name = field.key().unwrap_or_default();
            match &*name {
                "text" | "content" | "parts" | "output" | "value" | "snippet" => {
                    at.within(&name, |at| self.content(field, at));
                }
                "source" if at.kind == SegmentKind::Document => {
                    // Of a document's sources only text is text; the others hold base64 or URLs.
                    if field.get("type").is_some_and(|kind| kind.raw() == "\"text\"")
                        && let Some(data) = field.get("data")
                    {
                        at.within("source.data", |at| self.content(data, at));
                    }
                }
                "toolResult" | "functionResponse" => {
                    at.kind = SegmentKind::ToolResult;
                    at.within(&name, |at| self.content(field, at));
                }
                "response" if at.kind == SegmentKind::ToolResult && field.kind() == Kind::Object => {
                    for value in field.children().filter(|value| value.kind() == Kind::String) {
                        let key = value.key().unwrap_or_default();
                        at.within(&format!("response.{key}"), |at| self.text(value, at));
                    }
                }
                "tool_calls" => {
                    for (index, call) in field.children().enumerate() {
                        let function = call.get("function").unwrap_or(call);
                        if let Some(arguments) = function.get("arguments").or_else(|| function.get("parameters")) {
                            at.within(&format!("tool_calls.{index}"), |at| self.arguments(arguments, at));
                        }
                    }
                }
                "toolUse" | "functionCall" => {
                    if let Some(arguments) = field.get("input").or_else(|| field.get("args")) {
                        at.within(&name, |at| self.arguments(arguments, at));
                    }
                }
                _ => {}
            }
        }
        at.kind = before;
    }

    fn text(&mut self, value: Value<'_, 'a>, at: &mut At) {
        // A string without text (a lone surrogate) cannot be written back as it was.
        if let Some(text) = value.string() {
            self.push(at.kind, text, Place::Quoted(value.span()), at);
        }
    }

    /// The strings in a call's arguments, in an object or in JSON inside a string.
    fn arguments(&mut self, arguments: Value<'_, 'a>, at: &mut At) {
        if arguments.kind() == Kind::String {
            let Some(text) = arguments.string() else { return };
            if let Ok(inner) = Json::parse(&text) {
                for text in strings_in(inner.root()) {
                    self.push(SegmentKind::ToolCall, Cow::Owned(text.into_owned()), Place::Nowhere, at);
                }
            }
            return;
        }
        for text in strings_in(arguments) {
            self.push(SegmentKind::ToolCall, text, Place::Nowhere, at);
        }
    }

    fn push(&mut self, kind: SegmentKind, text: Cow<'a, str>, place: Place, at: &mut At) {
        at.n_parts += 1;
        let label = if at.n_parts == 1 { at.label.clone() } else { format!("{}, part {}", at.label, at.n_parts) };
        self.body.segments.push(Segment { kind, label, message: at.message, path: at.path.clone(), text });
        self.body.places.push(place);
    }
}

impl At {
    fn new(kind: SegmentKind, label: String, path: String) -> At {
        At { kind, label, message: 0, path, n_parts: 0, depth: 0 }
    }

    fn of_message(kind: SegmentKind, number: usize, path: String) -> At {
        At { message: number, ..At::new(kind, format!("message {number}"), path) }
    }

    /// Steps into a field and out again.
    fn within(&mut self, step: &str, walk: impl FnOnce(&mut At)) {
        let length = self.path.len();
        self.path.push('.');
        self.path.push_str(step);
        self.depth += 1;
        walk(self);
        self.depth -= 1;
        self.path.truncate(length);
    }
}

/// The texts of all strings inside a value.
fn strings_in<'a>(value: Value<'_, 'a>) -> impl Iterator<Item = Cow<'a, str>> {
    value.descendants().filter_map(|inner| inner.string())
}
