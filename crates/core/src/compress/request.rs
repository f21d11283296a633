//! The same segments from a request that is read already, and edits put back into it: for replays, which hold requests and
//! not the bytes they came in. The segments of a body and of the request read from it are the same.

use std::borrow::Cow;
use std::sync::Arc;

use super::edit::{Edit, apply};
use super::segment::{Segment, SegmentKind};
use crate::chat::{ChatRequest, Content, Dialect, Message, Notes, Part, Role};
use crate::text::json::Json;

/// Where a segment's text stands in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// `messages[m].parts[p]`, or a part inside that part (a tool's result).
    Part { message: usize, part: usize, inner: Option<usize> },
    /// `tools[t].json`.
    Tool(usize),
    /// Inside a call's arguments: read only.
    Nowhere,
}

/// The segments of a request, in the order in which the model reads them.
#[derive(Debug, Default)]
pub struct Segments<'a> {
    /// The segments.
    pub segments: Vec<Segment<'a>>,
    places: Vec<Place>,
}

impl<'a> Segments<'a> {
    /// Of a request.
    pub fn of(request: &'a ChatRequest) -> Segments<'a> {
        let mut found = Segments::default();
        for (index, tool) in request.tools.iter().enumerate() {
            let (label, path) = (format!("tool {}", index + 1), format!("tools.{index}"));
            let kind = SegmentKind::ToolSchema;
            found.segments.push(Segment { kind, label, message: 0, path, text: Cow::Borrowed(&tool.json) });
            found.places.push(Place::Tool(index));
        }
        let has_system_field =
            matches!(request.dialect, Dialect::Messages | Dialect::Converse | Dialect::GenerateContent);
        let mut number = 0;
        let mut n_before = found.segments.len();
        for (index, message) in request.messages.iter().enumerate() {
            let is_field = has_system_field && number == 0 && message.role == Role::System;
            number += usize::from(!is_field);
            let label = if is_field { "the instructions".to_owned() } else { format!("message {number}") };
            found.message(index, message, request.dialect, &label);
            for segment in &mut found.segments[n_before..] {
                segment.message = if is_field { 0 } else { number };
            }
            n_before = found.segments.len();
        }
        found
    }

    fn message(&mut self, index: usize, message: &'a Message, dialect: Dialect, label: &str) {
        let kind = match message.role {
            Role::System | Role::Developer => SegmentKind::System,
            Role::Assistant => SegmentKind::Assistant,
            Role::Tool => SegmentKind::ToolResult,
            Role::User if dialect == Dialect::Completions => SegmentKind::Prompt,
            Role::User => SegmentKind::User,
        };
        let mut n_parts = 0;
        for (p, part) in message.parts.iter().enumerate() {
            let place = Place::Part { message: index, part: p, inner: None };
            self.part(kind, part, place, label, &mut n_parts);
        }
    }

    fn part(&mut self, kind: SegmentKind, part: &'a Part, place: Place, label: &str, n_parts: &mut usize) {
        match &part.content {
            Content::Text(text) => self.push(kind, Cow::Borrowed(text), place, label, n_parts),
            Content::Document { text, .. } => {
                self.push(SegmentKind::Document, Cow::Borrowed(text), place, label, n_parts);
            }
            Content::ToolResult { parts, .. } => {
                for (i, inner) in parts.iter().enumerate() {
                    let place = match place {
                        Place::Part { message, part, inner: None } => Place::Part { message, part, inner: Some(i) },
                        _ => Place::Nowhere,
                    };
                    self.part(SegmentKind::ToolResult, inner, place, label, n_parts);
                }
            }
            Content::ToolCall { arguments, .. } => {
                let Ok(json) = Json::parse(arguments) else { return };
                for text in json.root().descendants().filter_map(|value| value.string()) {
                    let kind = SegmentKind::ToolCall;
                    self.push(kind, Cow::Owned(text.into_owned()), Place::Nowhere, label, n_parts);
                }
            }
            _ => {}
        }
    }

    fn push(&mut self, kind: SegmentKind, text: Cow<'a, str>, place: Place, label: &str, n_parts: &mut usize) {
        *n_parts += 1;
        let label = if *n_parts == 1 { label.to_owned() } else { format!("{label}, part {n_parts}") };
        let path = match place {
            Place::Part { message, part, .. } => format!("messages.{message}.{part}"),
            Place::Tool(tool) => format!("tools.{tool}"),
            Place::Nowhere => label.clone(),
        };
        self.segments.push(Segment { kind, label, message: 0, path, text });
        self.places.push(place);
    }

    /// The index of the message in which a segment stands, if it stands in one.
    pub fn message_of(&self, segment: usize) -> Option<usize> {
        match self.places[segment] {
            Place::Part { message, .. } => Some(message),
            _ => None,
        }
    }

    /// The request with the edits made; they must be sorted by segment and span. Messages without edits are shared.
    pub fn write(&self, request: &ChatRequest, edits: &[Edit]) -> ChatRequest {
        let mut rewritten = request.clone();
        for group in edits.chunk_by(|a, b| a.segment == b.segment) {
            let segment = group[0].segment;
            let text: Arc<str> = Arc::from(apply(&self.segments[segment].text, group));
            match self.places[segment] {
                Place::Part { message, part, inner } => {
                    let message = Arc::make_mut(&mut rewritten.messages[message]);
                    message.notes = Notes::default();
                    let content = &mut message.parts[part].content;
                    match (content, inner) {
                        (Content::ToolResult { parts, .. }, Some(inner)) => set(&mut parts[inner].content, text),
                        (content, _) => set(content, text),
                    }
                }
                Place::Tool(index) => set_tool(&mut rewritten, index, text),
                Place::Nowhere => {}
            }
        }
        rewritten
    }
}

fn set(content: &mut Content, new: Arc<str>) {
    if let Content::Text(text) | Content::Document { text, .. } = content {
        *text = new;
    }
}

/// A tool read again from its rewritten definition.
fn set_tool(request: &mut ChatRequest, index: usize, json: Arc<str>) {
    let mut tools = request.tools.to_vec();
    let Ok(value) = serde_json::from_str::<serde_json::Value>(&json) else { return };
    let function = value.get("function").unwrap_or(&value);
    let schema = ["parameters", "input_schema", "inputSchema"].iter().find_map(|name| function.get(*name));
    if let Some(schema) = schema {
        tools[index].parameters = schema.clone();
    }
    tools[index].json = json;
    request.tools = tools.into();
}
