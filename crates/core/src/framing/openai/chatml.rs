//! `ChatML`: `<|im_start|>role<|im_sep|>text<|im_end|>`, GPT-3.5 to GPT-4.1.
//!
//! Three markers and the role a message, three markers for the answer: published in OpenAI's cookbook for GPT-3.5 and
//! GPT-4, and exact on 305 of 314 recorded requests without tools (2026-11-22; the others carry invented usage, or usage of
//! the first weeks of the responses API). The rest is measured: 113 recorded requests with tools on chat completions (105
//! exact), 35 on responses (22 exact, 7 of the others from those first weeks, when tools were billed at 216 tokens
//! more).

use super::{Block, BlockKind, Call, Grammar, speaker_tokens};
use crate::chat::Role;
use crate::framing::{Scale, joint};

/// The grammar.
pub(super) struct ChatMl {
    /// Markers of a message besides its speaker.
    pub(super) per_message: u64,
    /// The responses API frames calls, tools and schemas a little differently.
    pub(super) is_responses: bool,
}

/// Opens the answer.
const PRIMER: u64 = 3;
/// A tool's result: markers, and words around the tool's name.
const RESULT: u64 = 6;
/// The same for one of several calls made at once (one recorded request).
const RESULT_OF_MANY: u64 = 4;

impl Grammar for ChatMl {
    fn primer(&self) -> u64 {
        PRIMER
    }

    fn message(&self, _: Role, speaker: &str, scale: &Scale<'_>) -> u64 {
        self.per_message + speaker_tokens(speaker, scale)
    }

    /// One call is addressed to its function. Several are one call of `multi_tool_use.parallel` that names them all (one
    /// recorded request). Arguments are written anew without blanks, whatever the request has.
    fn calls(&self, calls: &[Call<'_>], speaker: &str, _: bool, scale: &Scale<'_>) -> Vec<u64> {
        let extra = u64::from(self.is_responses);
        if let [call] = calls {
            let header = scale.tokens(&format!("{speaker} to=functions.{}", call.name));
            return vec![self.per_message + header + scale.tokens(&compact(call.arguments)) + extra];
        }
        let header = self.per_message + scale.tokens(&format!("{speaker} to=multi_tool_use.parallel"));
        let texts: Vec<String> = calls
            .iter()
            .map(|call| {
                let Call { name, arguments } = call;
                format!("{{\"recipient_name\":\"functions.{name}\",\"parameters\":{}}}", compact(arguments))
            })
            .collect();
        let whole = header + scale.tokens(&format!("{{\"tool_uses\":[{}]}}", texts.join(",")));
        let mut weights: Vec<u64> = texts.iter().map(|text| scale.tokens(text) + extra).collect();
        // The first call carries what the calls have in common.
        let others: u64 = weights[1..].iter().sum();
        weights[0] = (whole + extra * calls.len() as u64).saturating_sub(others);
        weights
    }

    fn result(&self, tool: &str, of_many: bool, scale: &Scale<'_>) -> u64 {
        scale.tokens(tool) + if of_many { RESULT_OF_MANY } else { RESULT }
    }

    /// These models do not reason; what is sent is dropped.
    fn reasoning(&self, _: &str, _: u64, _: &Scale<'_>) -> (u64, u64) {
        (0, 0)
    }

    /// Appended to the instructions after a blank line, or in a message of its own if there are none. What is billed less
    /// (or more) than the text is measured: 1 less for tools on chat completions, 3 less on responses, where tools without
    /// instructions open no message either (4 recorded requests); a schema is 4 more on chat completions, 3 less on
    /// responses.
    fn block(&self, block: &Block, instructions: Option<&str>, scale: &Scale<'_>) -> u64 {
        let message = self.per_message.cast_signed() + 1;
        let joined = match instructions {
            Some(instructions) => joint::seam(instructions, "\n\n", &block.text, scale),
            None if self.is_responses && block.kind == BlockKind::Tools => 0,
            None => message,
        };
        let correction = match (block.kind, self.is_responses) {
            (BlockKind::Tools, false) => -1,
            (BlockKind::Schema, false) => 4,
            (BlockKind::Tools | BlockKind::Schema, true) => -3,
        };
        scale.tokens(&block.text).saturating_add_signed(joined + correction)
    }

    /// One recorded request.
    fn required_tool(&self) -> u64 {
        if self.is_responses { 9 } else { 0 }
    }

    fn one_call_at_a_time(&self) -> u64 {
        0
    }

    /// Six recorded requests, to the token, on GPT-4o and GPT-4.1.
    fn web_search(&self) -> u64 {
        294
    }

    /// Measured on one request with patches, eight with tiles.
    fn image_markers(&self, patches: bool) -> u64 {
        u64::from(patches)
    }
}

/// JSON without blanks between its tokens; what is no JSON, as it is.
pub(super) fn compact(arguments: &str) -> String {
    serde_json::from_str::<serde_json::Value>(arguments)
        .map_or_else(|_| arguments.to_owned(), |arguments| arguments.to_string())
}
