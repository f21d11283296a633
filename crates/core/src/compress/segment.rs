//! A prompt as the transforms see it: segments of text in the order in which the model reads them, each with its kind,
//! which decides what may be done to it, and its label, by which a reference names it.

use std::borrow::Cow;

/// A stretch of text of a prompt.
#[derive(Clone, Debug)]
pub struct Segment<'a> {
    /// What it is.
    pub kind: SegmentKind,
    /// What references call it: `message 7`, `message 7, part 2`. Unique in the prompt, and the same whatever follows.
    pub label: String,
    /// The number of the message in which it stands, from 1; 0 for tools, instructions and bare prompts.
    pub message: usize,
    /// Where it stands, as a dotted path: `messages.6.content`.
    pub path: String,
    /// Its text, decoded.
    pub text: Cow<'a, str>,
}

/// What a segment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SegmentKind {
    /// Standing instructions. Protected unless named in [`super::Options::touch`].
    System,
    /// What a user says. Protected unless named: each message was the last one once, and it is what is asked.
    User,
    /// What the model said. Protected unless named: a model imitates its own past.
    Assistant,
    /// A string among the arguments of a tool call: never edited, but what it says can be referred to.
    ToolCall,
    /// A tool's result.
    ToolResult,
    /// A document that came as one.
    Document,
    /// A prompt or template by itself, outside any request.
    Prompt,
    /// A tool definition's JSON.
    ToolSchema,
    /// A JSON document by itself, outside any request. It stays JSON.
    Data,
}

impl SegmentKind {
    /// Every kind.
    pub const ALL: [SegmentKind; 9] = [
        SegmentKind::System,
        SegmentKind::User,
        SegmentKind::Assistant,
        SegmentKind::ToolCall,
        SegmentKind::ToolResult,
        SegmentKind::Document,
        SegmentKind::Prompt,
        SegmentKind::ToolSchema,
        SegmentKind::Data,
    ];

    /// The name in options and reports.
    pub const fn name(self) -> &'static str {
        match self {
            SegmentKind::System => "system",
            SegmentKind::User => "user",
            SegmentKind::Assistant => "assistant",
            SegmentKind::ToolCall => "tool_call",
            SegmentKind::ToolResult => "tool_result",
            SegmentKind::Document => "document",
            SegmentKind::Prompt => "prompt",
            SegmentKind::ToolSchema => "tool_schema",
            SegmentKind::Data => "data",
        }
    }

    /// By its name.
    pub fn from_name(name: &str) -> Option<SegmentKind> {
        SegmentKind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether it may be edited without being named in [`super::Options::touch`].
    pub const fn is_material(self) -> bool {
        matches!(
            self,
            SegmentKind::ToolResult
                | SegmentKind::Document
                | SegmentKind::Prompt
                | SegmentKind::ToolSchema
                | SegmentKind::Data
        )
    }
}
