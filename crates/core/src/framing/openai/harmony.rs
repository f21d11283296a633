//! Harmony: `<|start|>role<|message|>text<|end|>`, with channels and recipients for the model's own messages. The format is
//! published with gpt-oss; what of it the API bills is measured (2026-11-22): all 49 recorded requests without tools are
//! exact, and all 40 of the 62 with tools that carry no encrypted reasoning or grammar. Of gpt-oss, 48 requests on three
//! hosts.

use super::chatml::compact;
use super::model::Billing;
use super::typescript::Style;
use super::{Block, BlockKind, Call, Grammar, speaker_tokens};
use crate::chat::Role;
use crate::framing::{Scale, joint};

/// The grammar.
pub(super) struct Harmony<'a> {
    /// What of it is billed.
    pub(super) billing: Billing,
    /// The responses API.
    pub(super) is_responses: bool,
    /// Who serves it.
    pub(super) host: Option<&'a str>,
}

/// Opens the answer: `<|start|>assistant`.
const PRIMER: u64 = 2;
/// `<|start|>`, `<|message|>`, `<|end|>`.
const PER_MESSAGE: u64 = 3;
/// `<|channel|>final` of the model's own messages.
const CHANNEL: u64 = 2;
/// gpt-oss: the system message with knowledge cut-off, date, effort and channels.
const PREAMBLE: u64 = 61;
/// gpt-oss: `# Instructions` and a blank line before the instructions.
const INSTRUCTIONS: u64 = 4;

impl Grammar for Harmony<'_> {
    fn primer(&self) -> u64 {
        PRIMER + if self.billing == Billing::SelfHosted { PREAMBLE } else { 0 }
    }

    fn message(&self, role: Role, speaker: &str, scale: &Scale<'_>) -> u64 {
        let extra = match role {
            Role::Assistant => CHANNEL,
            Role::System | Role::Developer if self.billing == Billing::SelfHosted => INSTRUCTIONS,
            _ => 0,
        };
        PER_MESSAGE + speaker_tokens(speaker, scale) + extra
    }

    /// `<|start|>assistant<|channel|>commentary to=functions.NAME <|constrain|>json<|message|>…<|call|>`. A call that
    /// follows reasoning shares its opening; one that does not is billed 5 (GPT-5) or 2 tokens (later models) less.
    fn calls(&self, calls: &[Call<'_>], _: &str, after_reasoning: bool, scale: &Scale<'_>) -> Vec<u64> {
        const MARKERS: u64 = 7;
        let without_reasoning = if self.billing == Billing::Late { 2 } else { 5 };
        calls
            .iter()
            .enumerate()
            .map(|(i, call)| {
                let header = scale.tokens(&format!("commentary to=functions.{} ", call.name));
                let less = if after_reasoning && i == 0 { 0 } else { without_reasoning };
                MARKERS + header + scale.tokens(&compact(call.arguments)) - less
            })
            .collect()
    }

    fn result(&self, tool: &str, _: bool, scale: &Scale<'_>) -> u64 {
        const MARKERS: u64 = 5;
        MARKERS + scale.tokens(&format!("functions.{tool} to=assistant"))
    }

    /// Only reasoning of the current turn is kept by the API; earlier reasoning costs nothing. It comes encrypted, so its
    /// tokens are told from its length: a token is about 6 characters of the blob, and the blob has a head, longer on
    /// OpenAI's GPT-5 than on Azure's and on later models. On 21 recorded requests the whole input is 1.8 % off on average.
    fn reasoning(&self, text: &str, n_opaque_bytes: u64, scale: &Scale<'_>) -> (u64, u64) {
        if self.billing == Billing::SelfHosted {
            const MARKERS: u64 = 5;
            return if text.is_empty() { (0, 0) } else { (scale.tokens(text) + MARKERS, 2) };
        }
        if n_opaque_bytes == 0 {
            // Stored by the provider and referred to by id.
            return (0, 2_048);
        }
        let is_long_head = self.billing == Billing::Early && self.host != Some("azure");
        let (head, per_1000) = if is_long_head { (1_240, 166) } else { (970, 174) };
        let tokens = n_opaque_bytes.saturating_sub(head) * per_1000 / 1_000;
        (tokens, tokens / 5 + 24)
    }

    fn block(&self, block: &Block, instructions: Option<&str>, scale: &Scale<'_>) -> u64 {
        let text = scale.tokens(&block.text);
        match (self.billing, block.kind, instructions) {
            // Three tokens more, with instructions or without (28 recorded requests, all exact).
            (Billing::Early | Billing::Late, BlockKind::Tools, _) => text + 3,
            // Nothing more (three recorded requests).
            (Billing::Early | Billing::Late, BlockKind::Schema, _) => text,
            // gpt-oss: `# Tools` in the developer message, and in the system message the sentence that calls to functions
            // go to the commentary channel.
            (Billing::SelfHosted, BlockKind::Tools, None) => text + 18,
            (Billing::SelfHosted, BlockKind::Tools, Some(_)) => text + 14,
            (Billing::SelfHosted, BlockKind::Schema, None) => text + 4,
            (Billing::SelfHosted, BlockKind::Schema, Some(instructions)) => {
                text.saturating_add_signed(joint::seam(instructions, "\n\n", &block.text, scale))
            }
        }
    }

    /// 78 tokens of instructions on GPT-5 (three recorded requests of one conversation).
    fn one_call_at_a_time(&self) -> u64 {
        if self.billing == Billing::SelfHosted { 0 } else { 78 }
    }

    fn style(&self) -> Style {
        if self.billing == Billing::SelfHosted && self.host == Some("ollama") { Style::Ollama } else { Style::OpenAi }
    }

    /// One recorded request each, with the same grammar.
    fn free_text_grammar(&self) -> u64 {
        if self.is_responses { 33 } else { 125 }
    }

    /// Chat completions bill one token more an image than responses (community measurement of the GPT-5 line).
    fn image_markers(&self, _: bool) -> u64 {
        u64::from(!self.is_responses)
    }
}
