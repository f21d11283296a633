//! What a whole request weighs: text, and everything a provider adds around it. Each family of models frames requests in
//! its own way (markers per message, tool definitions rewritten as TypeScript or JSON, hidden preambles); a [`Frame`] knows
//! one of them. Text is counted through [`Scale`], which remembers counts.
//!
//! To add a family: a file under `framing/` with a type that implements [`Frame`], and a line in [`FRAMES`].

use crate::chat::{ChatRequest, Dialect};
use crate::tokens::kept::{Kept, KeptTexts};
use crate::tokens::memo::Memo;
use crate::tokens::{Family, Tokenizer};

/// A frame: one family's way of turning a request into input tokens.
pub trait Frame: Sync {
    /// Name for reports: `openai`, `anthropic`, …
    fn name(&self) -> &'static str;

    /// Whether this frame is the one for the model. The first in [`FRAMES`] that says so is taken.
    fn fits(&self, profile: &Profile<'_>) -> bool;

    /// Weighs the request. Never fails: what cannot be known (a remote image, an unknown part) widens the interval and is
    /// noted.
    fn weigh(&self, request: &ChatRequest, scale: &Scale<'_>) -> Weight;
}

/// What is known of the model when a request is weighed.
#[derive(Clone, Copy, Debug)]
pub struct Profile<'a> {
    /// The model's id as in the catalogue (or as written, if the catalogue does not know it).
    pub model: &'a str,
    /// The model as the answer names it, else as the request does: with the date that the catalogue may leave out.
    pub written: &'a str,
    /// The model as the request names it: an alias may stand for a mode of the model that answers.
    pub asked: &'a str,
    /// The host (`openai`, `azure`, `bedrock`, …), if known.
    pub host: Option<&'a str>,
    /// How its text is counted.
    pub tokenizer: Tokenizer,
}

/// Counts text for a model, what it has met mostly once.
#[derive(Clone, Copy, Debug)]
pub struct Scale<'a> {
    /// The model.
    pub profile: Profile<'a>,
    /// Counts already made.
    pub memo: &'a Memo,
    /// Texts whose counts are kept with them.
    pub kept: Option<&'a KeptTexts<'a>>,
}

/// Input tokens of a request, piece by piece in the order in which the model sees them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Weight {
    /// The pieces; their tokens sum to the total.
    pub pieces: Vec<Piece>,
    /// No fewer tokens than this are expected to be billed in at least 95 % of cases …
    pub low: u64,
    /// … and no more than this. `low == high` only if the count is exact.
    pub high: u64,
    /// What could not be weighed, in words (`remote image: size unknown`).
    pub unknown: Vec<&'static str>,
}

/// A part of the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Piece {
    /// What it is for.
    pub section: Section,
    /// Where in the request it stands.
    pub place: Place,
    /// Its tokens, its share of the framing included.
    pub tokens: u64,
}

/// What a part of the input is for; the breakdown of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// System and developer instructions.
    System,
    /// Tool definitions.
    Tools,
    /// The schema of a structured answer.
    Schema,
    /// Documents and retrieved passages.
    Documents,
    /// Results of tools.
    ToolResults,
    /// Earlier turns: what user and model said before the last user message.
    History,
    /// The last user message.
    User,
    /// Images, audio and files.
    Media,
    /// What the provider adds: preambles, markers that belong to no message.
    Framing,
}

/// Where in the request a piece stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// All tool definitions together.
    Tools,
    /// The answer's schema.
    Schema,
    /// Message and part by index (the part's index is `u32::MAX` for the message's own framing).
    Part {
        /// Index into `messages`.
        message: u32,
        /// Index into `parts`.
        part: u32,
    },
    /// Nowhere in the request.
    Added,
}

/// The frames, the most particular first; the last takes everything.
pub static FRAMES: &[&dyn Frame] = &[
    &openai::OpenAi,
    &anthropic::Anthropic,
    &gemini::Gemini,
    &mistral::Mistral,
    &deepseek::DeepSeek,
    &azure_grok::AzureGrok,
    &xai::Xai,
    &cohere::Cohere,
    &nova::Nova,
    &llama::Llama,
    &qwen::Qwen,
    &hosted::Hosted,
    &plain::Plain,
];

mod anthropic;
mod azure_grok;
mod bare;
mod cohere;
mod deepseek;
mod gemini;
mod hosted;
mod llama;
mod mistral;
mod nova;
mod openai;
mod plain;
mod qwen;
mod recognize;
mod xai;

mod images;
mod joint;
mod schema;
mod tally;
mod template;
#[cfg(test)]
mod testing;

/// Weighs a request for a model.
pub fn weigh(request: &ChatRequest, profile: Profile<'_>, memo: &Memo) -> Weight {
    weigh_on(request, &Scale { profile, memo, kept: None })
}

/// As [`weigh`], with texts of the request whose counts are kept with them, in their order.
pub fn weigh_keeping(request: &ChatRequest, profile: Profile<'_>, memo: &Memo, kept: &[(&str, &Kept)]) -> Weight {
    weigh_on(request, &Scale { profile, memo, kept: Some(&KeptTexts::new(kept)) })
}

fn weigh_on(request: &ChatRequest, scale: &Scale<'_>) -> Weight {
    let profile = scale.profile;
    if is_embedding(request, &profile) && bare::is_text(request) {
        return bare::weigh(request, scale);
    }
    let frame = FRAMES.iter().find(|frame| frame.fits(&profile)).copied().unwrap_or(&plain::Plain);
    let mut weight = frame.weigh(request, scale);
    // A frame may add what a message costs after it has counted the texts of all.
    weight.pieces.sort_by_key(|piece| piece.place.order());
    weight
}

/// Whether texts are to be embedded: the dialect says it, or the model's name where the body does not (Bedrock's invoke).
pub fn is_embedding(request: &ChatRequest, profile: &Profile<'_>) -> bool {
    request.dialect == Dialect::Embeddings || (request.dialect == Dialect::Invoke && profile.model.contains("embed"))
}

impl Place {
    /// In the order in which the model sees them: preambles, tools, schema, then message by message: its markers, its parts.
    pub(crate) fn order(self) -> (u8, u32, u32) {
        match self {
            Place::Added => (0, 0, 0),
            Place::Tools => (1, 0, 0),
            Place::Schema => (2, 0, 0),
            Place::Part { message, part } => (3, message, part.wrapping_add(1)),
        }
    }
}

impl Weight {
    /// All tokens.
    pub fn total(&self) -> u64 {
        self.pieces.iter().map(|piece| piece.tokens).sum()
    }
}

impl Scale<'_> {
    /// Tokens of a text. For an approximated family this is the expectation; the frame adds the interval.
    pub fn tokens(&self, text: &str) -> u64 {
        let approx = |family| crate::tokens::approx::count(family, text, self.memo);
        // An exact count that is kept with its text is not remembered in the memo as well, which would go through the text
        // once more. Approximate ones are: they are dearer, and there by their family.
        let first = || match self.profile.tokenizer {
            Tokenizer::Exact(encoding) => encoding.counter().count(text),
            Tokenizer::Approx(family) => approx(family),
        };
        if let Some(tokens) = self.kept.and_then(|kept| kept.count(text, self.profile.tokenizer, first)) {
            return tokens;
        }
        match self.profile.tokenizer {
            Tokenizer::Exact(encoding) => self.memo.count(encoding, text),
            Tokenizer::Approx(family) => approx(family),
        }
    }

    /// True if text is counted with the model's own vocabulary.
    pub fn is_exact(&self) -> bool {
        self.profile.tokenizer.is_exact()
    }

    /// The family, if text is approximated.
    pub fn family(&self) -> Option<Family> {
        match self.profile.tokenizer {
            Tokenizer::Exact(_) => None,
            Tokenizer::Approx(family) => Some(family),
        }
    }
}

/// Tokens of a part's text alone, without framing.
pub fn content_tokens(part: &crate::chat::Part, scale: &Scale<'_>) -> u64 {
    plain::part_tokens(part, scale)
}

/// Tells the sections of a request's messages: by who speaks, and whether another user message follows.
#[derive(Clone, Copy, Debug)]
pub struct Sections<'a> {
    request: &'a ChatRequest,
    last_user: Option<usize>,
}

impl<'a> Sections<'a> {
    /// Of a request.
    pub fn of(request: &'a ChatRequest) -> Self {
        let last_user = request.messages.iter().rposition(|message| message.role == crate::chat::Role::User);
        Sections { request, last_user }
    }

    /// The last message of a user.
    pub fn last_user(&self) -> Option<usize> {
        self.last_user
    }

    /// The section of a part of a message.
    pub fn part(&self, message: usize, part: &crate::chat::Content) -> Section {
        use crate::chat::Content;
        match part {
            Content::Document { .. } => Section::Documents,
            Content::ToolResult { .. } => Section::ToolResults,
            Content::Image(_) | Content::Audio { .. } | Content::File { .. } => Section::Media,
            _ => self.text(message),
        }
    }

    /// The section of a message's text.
    pub fn text(&self, message: usize) -> Section {
        use crate::chat::Role;
        match self.request.messages[message].role {
            Role::System | Role::Developer => Section::System,
            Role::Tool => Section::ToolResults,
            Role::Assistant => Section::History,
            Role::User if self.last_user == Some(message) => Section::User,
            Role::User => Section::History,
        }
    }
}
