//! Chat templates: most open families wrap messages, tool calls and results in fixed markers. A [`Template`] holds how many
//! tokens those are; a family's file says which numbers and adds what is its own.

use serde_json::Value;

use super::schema::{arguments, spaced};
use super::tally::{Tally, add_media, is_system, last_user, result_text};
use crate::chat::{Content, Image, Role};

/// Tokens of a family's markers.
pub(super) struct Template {
    /// Around a user message, with what invites the answer to it.
    pub(super) user: u64,
    /// Around a system message.
    pub(super) system: u64,
    /// Around an assistant message.
    pub(super) assistant: u64,
    /// Once for a message with tool calls.
    pub(super) calls: u64,
    /// Around each call, beside name and arguments.
    pub(super) call: u64,
    /// Around each argument.
    pub(super) argument: u64,
    /// Around each tool result.
    pub(super) result: u64,
    /// How arguments are written.
    pub(super) arguments: Arguments,
    /// What becomes of reasoning in the history.
    pub(super) reasoning: Reasoning,
}

/// How a template writes a call's arguments.
#[derive(Clone, Copy)]
pub(super) enum Arguments {
    /// As JSON with blanks.
    Json,
    /// As names and values in markup.
    Values,
}

/// What becomes of reasoning that is sent back.
#[derive(Clone, Copy)]
pub(super) enum Reasoning {
    /// All of it is dropped.
    Dropped,
    /// What came before the last user message is dropped: a tool loop keeps its reasoning, an old turn does not.
    OfThisTurn,
    /// All of it is kept.
    Kept,
}

impl Template {
    /// Weighs all messages. `image` gives an image's tokens, if the family has a formula.
    pub(super) fn messages(&self, tally: &mut Tally<'_>, image: fn(&Image) -> Option<u64>) {
        let request = tally.request;
        let this_turn = last_user(request);
        for (m, message) in request.messages.iter().enumerate() {
            let carries_results_only = message.role == Role::Tool
                || (!message.parts.is_empty()
                    && message.parts.iter().all(|part| matches!(part.content, Content::ToolResult { .. })));
            let calls = message.parts.iter().any(|part| matches!(part.content, Content::ToolCall { .. }));
            let marks = match message.role {
                _ if carries_results_only => 0,
                Role::Assistant => self.assistant + if calls { self.calls } else { 0 },
                Role::User | Role::Tool => self.user,
                Role::System | Role::Developer => self.system,
            };
            tally.marks(m, marks);
            for (p, part) in message.parts.iter().enumerate() {
                let tokens = self.content(tally, &part.content, m > this_turn, image);
                tally.part(m, p, tokens);
            }
        }
    }

    fn content(
        &self,
        tally: &mut Tally<'_>,
        content: &Content,
        is_this_turn: bool,
        image: fn(&Image) -> Option<u64>,
    ) -> u64 {
        match content {
            Content::Text(text) | Content::Refusal(text) => tally.tokens(text),
            Content::Reasoning { text, .. } => match self.reasoning {
                Reasoning::Kept => tally.tokens(text),
                Reasoning::OfThisTurn if is_this_turn => tally.tokens(text),
                Reasoning::OfThisTurn | Reasoning::Dropped => 0,
            },
            Content::ToolCall { name, arguments: written, .. } => {
                let count = |text: &str| tally.tokens(text);
                let (values, n) = match self.arguments {
                    Arguments::Values => arguments(written, &count),
                    Arguments::Json => {
                        let rendered = serde_json::from_str::<Value>(written).map(|value| spaced(&value));
                        (tally.tokens(rendered.as_deref().unwrap_or(written)), 0)
                    }
                };
                self.call + tally.tokens(name) + values + self.argument * n
            }
            Content::ToolResult { parts, .. } => {
                let text: u64 = result_text(parts).map(|text| tally.tokens(text)).sum();
                let mut others = 0;
                for part in parts {
                    others += media(tally, &part.content, image);
                }
                self.result + text + others
            }
            Content::Document { title, text } => {
                title.as_deref().map_or(0, |title| tally.tokens(title)) + tally.tokens(text)
            }
            Content::Other { json, .. } => tally.tokens(json),
            other => media(tally, other, image),
        }
    }
}

fn media(tally: &mut Tally<'_>, content: &Content, image: fn(&Image) -> Option<u64>) -> u64 {
    let tokens = match content {
        Content::Image(one) => image(one),
        _ => None,
    };
    if tokens.is_none() {
        add_media(tally, content);
    }
    tokens.unwrap_or(0)
}

/// For families without an image formula.
pub(super) fn no_image(_: &Image) -> Option<u64> {
    None
}

/// True if the request has standing instructions.
pub(super) fn has_system(request: &crate::chat::ChatRequest) -> bool {
    request.messages.iter().any(|message| is_system(message))
}
