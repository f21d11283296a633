//! The request model: one reading of a chat request, whatever dialect it came in. It is a reading, not a replacement:
//! the bytes that came in stay what is sent. Text is shared (`Arc`), so that a conversation logged once per turn keeps
//! each message once.

use std::sync::Arc;

use serde_json::Value;

pub use notes::{Note, Notes};

mod notes;

/// A chat (or completion, or embedding) request as read from the wire or a log.
#[derive(Clone, Debug, Default)]
pub struct ChatRequest {
    /// Which wire format it was written in.
    pub dialect: Dialect,
    /// The model asked for, as written.
    pub model: Option<Arc<str>>,
    /// Tool definitions, in their order.
    pub tools: Arc<[Tool]>,
    /// How the model is told to choose among the tools.
    pub tool_choice: ToolChoice,
    /// Messages in their order; system instructions that a dialect carries outside its messages come first, as messages
    /// of role [`Role::System`].
    pub messages: Vec<Arc<Message>>,
    /// The shape demanded of the answer.
    pub answer_format: AnswerFormat,
    /// Limit on output tokens, if one is set.
    pub max_output: Option<u64>,
    /// Answers asked for (`n`), 1 if not said.
    pub n_answers: u32,
    /// The service tier asked for, as written (`auto`, `flex`, …).
    pub service_tier: Option<Arc<str>>,
    /// Reasoning or thinking asked for: effort as written, or a token budget.
    pub reasoning: Option<Reasoning>,
    /// `prompt_cache_key`, which routes requests to the same prompt cache.
    pub cache_key: Option<Arc<str>>,
    /// Top-level automatic cache marker (Anthropic `cache_control` on the request).
    pub cache_mark: Option<CacheMark>,
    /// Input that the body refers to but does not carry: `previous_response_id`, stored prompts, cached contents.
    pub has_stored_context: bool,
    /// Tools that run on the provider's side (web search, code execution, MCP): they add input nobody sees in the body.
    pub server_tools: Vec<Arc<str>>,
    /// Definitions of those tools as written, without cache marks: domains, stores and servers in them bear on the answer.
    pub server_tool_json: Arc<[Value]>,
    /// Sampling parameters as written (`temperature`, `top_p`, `seed`, …) that bear on whether two requests are the
    /// same. Sorted by name.
    pub parameters: Vec<(Arc<str>, Value)>,
}

impl ChatRequest {
    /// The parts of all messages; what stands inside of a tool's result is part of that.
    pub fn parts(&self) -> impl Iterator<Item = &Part> {
        self.messages.iter().flat_map(|message| &message.parts)
    }
}

/// A wire format for requests and responses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dialect {
    /// OpenAI chat completions and everything compatible.
    #[default]
    Chat,
    /// OpenAI responses.
    Responses,
    /// Anthropic messages.
    Messages,
    /// Gemini and Vertex `generateContent`.
    GenerateContent,
    /// Bedrock converse.
    Converse,
    /// Bedrock invoke: one body shape a model family.
    Invoke,
    /// Cohere chat.
    Cohere,
    /// Ollama chat and generate.
    Ollama,
    /// Plain text completions.
    Completions,
    /// Embeddings.
    Embeddings,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Standing instructions (`system`).
    System,
    /// Standing instructions (`developer`).
    Developer,
    /// The user.
    #[default]
    User,
    /// The model.
    Assistant,
    /// A tool's result (`tool`, `function`).
    Tool,
}

/// One message.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// The speaker's `name`, if given.
    pub name: Option<Arc<str>>,
    /// What is said.
    pub parts: Vec<Part>,
    /// Whether the content came as an array of parts (true) or as one string: some providers frame them differently.
    pub is_multipart: bool,
    /// Which images, audio clips and files are among the parts (those inside tool results included), in the order in
    /// which the message writes them: two pictures of one size are not the same message.
    pub media: Vec<MediaId>,
    /// What others have found out about this message. Whoever changes a message in its place empties them; a clone has none.
    pub notes: Notes,
}

/// Names an image, audio clip or file by what stands for it in the message: its base64 text, URL or file id, as written.
/// The first half of its BLAKE3 hash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct MediaId(pub [u8; 16]);

/// One part of a message, with the cache marker set on it.
#[derive(Clone, Debug)]
pub struct Part {
    /// The content.
    pub content: Content,
    /// A prompt-cache breakpoint after this part.
    pub cache_mark: Option<CacheMark>,
}

/// What a part holds.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Content {
    /// Text.
    Text(Arc<str>),
    /// Text of the model's reasoning, sent back with the history.
    Reasoning {
        /// Readable reasoning, possibly empty.
        text: Arc<str>,
        /// Length in bytes of a signature or encrypted blob beside it.
        n_opaque_bytes: u64,
    },
    /// A refusal, sent back with the history.
    Refusal(Arc<str>),
    /// A tool call by the model.
    ToolCall {
        /// Call id.
        id: Arc<str>,
        /// Tool name.
        name: Arc<str>,
        /// Arguments as JSON text, as written.
        arguments: Arc<str>,
    },
    /// A tool's result.
    ToolResult {
        /// Call id.
        id: Arc<str>,
        /// Tool name, where the dialect repeats it.
        name: Option<Arc<str>>,
        /// The result's parts.
        parts: Vec<Part>,
        /// The tool failed.
        is_error: bool,
    },
    /// A document as text (Anthropic `document`, Cohere `documents`, search results).
    Document {
        /// Title, if given.
        title: Option<Arc<str>>,
        /// Its text.
        text: Arc<str>,
    },
    /// An image.
    Image(Image),
    /// Audio, with its length in bytes if it is in the body.
    Audio {
        /// Decoded bytes in the body.
        n_bytes: Option<u64>,
    },
    /// A file (PDF, …) in the body or by reference.
    File {
        /// Media type, if given.
        media_type: Option<Arc<str>>,
        /// Decoded bytes in the body; `None` for a reference.
        n_bytes: Option<u64>,
    },
    /// Something this version does not know; the kind as written and the JSON text of the part.
    Other {
        /// `type` or key of the part.
        kind: Arc<str>,
        /// Its JSON.
        json: Arc<str>,
    },
}

/// An image: its size decides its tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    /// Width and height in pixels, if the image is in the body and its header could be read.
    pub size: Option<(u32, u32)>,
    /// `low`, `high`, `auto`, as written.
    pub detail: Option<Arc<str>>,
    /// By URL: the size is not known.
    pub is_remote: bool,
}

/// A prompt-cache breakpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CacheMark {
    /// The provider's short time to live (Anthropic: 5 minutes).
    Short,
    /// The long one (Anthropic: 1 hour).
    Long,
}

/// A tool definition.
#[derive(Clone, Debug, Default)]
pub struct Tool {
    /// Its name.
    pub name: Arc<str>,
    /// Its description.
    pub description: Option<Arc<str>>,
    /// JSON schema of its parameters (`Null` if none).
    pub parameters: Value,
    /// `strict`, as written.
    pub strict: Option<bool>,
    /// The definition's own JSON text, as written.
    pub json: Arc<str>,
    /// A prompt-cache breakpoint after this tool.
    pub cache_mark: Option<CacheMark>,
}

/// How the model is told to choose among the tools.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum ToolChoice {
    /// Not said.
    #[default]
    Unset,
    /// The model decides.
    Auto,
    /// No tool.
    None,
    /// Some tool (`required`, `any`).
    Required,
    /// This tool.
    Named(Arc<str>),
}

/// The shape demanded of the answer.
#[derive(Clone, Debug, Default)]
pub enum AnswerFormat {
    /// Free text.
    #[default]
    Text,
    /// Any JSON object.
    JsonObject,
    /// JSON after a schema.
    JsonSchema {
        /// The schema's name, if given.
        name: Option<Arc<str>>,
        /// Its description, if given.
        description: Option<Arc<str>>,
        /// The schema.
        schema: Value,
        /// `strict`, as written.
        strict: Option<bool>,
    },
}

/// Reasoning asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reasoning {
    /// `none`, `minimal`, `low`, `medium`, `high`, `xhigh`, … as written.
    Effort(Arc<str>),
    /// A budget in tokens.
    Budget(u64),
    /// Switched on (or adaptive) without a number.
    On,
    /// Switched off.
    Off,
}

/// What a model answered, as far as tokens and repeats are concerned.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// Parts of all choices, in order.
    pub parts: Vec<Part>,
    /// The model that answered, as the response names it.
    pub model: Option<Arc<str>>,
    /// Why it stopped, as written by the provider (`stop`, `length`, `tool_calls`, `end_turn`, …), of the first choice.
    pub finish: Option<Arc<str>>,
    /// The upstream that a reseller used, as named in the response (OpenRouter `provider`).
    pub upstream: Option<Arc<str>>,
}

impl Part {
    /// A text part without a cache marker.
    pub fn text(text: impl Into<Arc<str>>) -> Part {
        Part { content: Content::Text(text.into()), cache_mark: None }
    }
}

impl Content {
    /// How many images, audio clips and files it holds.
    pub fn n_media(&self) -> usize {
        match self {
            Content::Image(_) | Content::Audio { .. } | Content::File { .. } => 1,
            Content::ToolResult { parts, .. } => parts.iter().map(|part| part.content.n_media()).sum(),
            _ => 0,
        }
    }
}

impl Message {
    /// How many images, audio clips and files are among the parts.
    pub fn n_media(&self) -> usize {
        self.parts.iter().map(|part| part.content.n_media()).sum()
    }

    /// A message of one text.
    pub fn text(role: Role, text: impl Into<Arc<str>>) -> Message {
        Message { role, name: None, parts: vec![Part::text(text)], is_multipart: false, ..Message::default() }
    }
}

impl Dialect {
    /// The name in options and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Dialect::Chat => "chat",
            Dialect::Responses => "responses",
            Dialect::Messages => "messages",
            Dialect::GenerateContent => "generate_content",
            Dialect::Converse => "converse",
            Dialect::Invoke => "invoke",
            Dialect::Cohere => "cohere",
            Dialect::Ollama => "ollama",
            Dialect::Completions => "completions",
            Dialect::Embeddings => "embeddings",
        }
    }
}
