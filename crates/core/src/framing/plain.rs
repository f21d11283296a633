//! The frame of last resort: text, a few tokens a message, tools as their JSON. Wide interval.

use super::{Frame, Piece, Place, Profile, Scale, Section, Sections, Weight};
use crate::chat::{ChatRequest, Content, Dialect, Part};

/// Takes every model that no other frame takes.
pub(super) struct Plain;

/// Markers around a message in the common chat templates: role, start and end.
const PER_MESSAGE: u64 = 4;

impl Frame for Plain {
    fn name(&self) -> &'static str {
        "plain"
    }

    fn fits(&self, _: &Profile<'_>) -> bool {
        true
    }

    fn weigh(&self, request: &ChatRequest, scale: &Scale<'_>) -> Weight {
        let mut pieces = Vec::new();
        let sections = Sections::of(request);
        let tools: u64 = request.tools.iter().map(|tool| scale.tokens(&tool.json)).sum();
        if tools > 0 {
            pieces.push(Piece { section: Section::Tools, place: Place::Tools, tokens: tools });
        }
        // A text prompt has no messages to mark.
        let is_raw = matches!(request.dialect, Dialect::Invoke | Dialect::Completions);
        let per_message = if is_raw { 0 } else { PER_MESSAGE };
        for (m, message) in request.messages.iter().enumerate() {
            for (p, part) in message.parts.iter().enumerate() {
                let tokens = part_tokens(part, scale) + if p == 0 { per_message } else { 0 };
                let place = Place::Part { message: m as u32, part: p as u32 };
                pieces.push(Piece { section: sections.part(m, &part.content), place, tokens });
            }
        }
        let total: u64 = pieces.iter().map(|piece| piece.tokens).sum();
        Weight { pieces, low: total - total / 3, high: total + total / 2 + 16, unknown: Vec::new() }
    }
}

/// Text of a part, counted.
pub(super) fn part_tokens(part: &Part, scale: &Scale<'_>) -> u64 {
    match &part.content {
        Content::Text(text) | Content::Refusal(text) | Content::Reasoning { text, .. } => scale.tokens(text),
        Content::ToolCall { name, arguments, .. } => scale.tokens(name) + scale.tokens(arguments) + 3,
        Content::ToolResult { parts, .. } => parts.iter().map(|part| part_tokens(part, scale)).sum(),
        Content::Document { title, text } => {
            title.as_deref().map_or(0, |title| scale.tokens(title)) + scale.tokens(text)
        }
        Content::Other { json, .. } => scale.tokens(json),
        Content::Image(_) | Content::Audio { .. } | Content::File { .. } => 0,
    }
}
