//! The model that all dialects are read into: what a request asks and a response answers, in the words that at least two of
//! them share. JSON members that have no word here stand in `own`, beside what they belong to.

use serde_json::{Map, Number, Value};

use crate::chat::{CacheMark, Dialect, Role};
use crate::usage::Reading;

/// Members of the JSON that was read which the model has no word for, and how it was spelled where a dialect allows several
/// spellings (`~content: "string"`). Written back into the dialect it came from, ignored by the others.
pub type Own = Map<String, Value>;

/// A request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Request {
    /// The dialect it was read from: whose `own` this is.
    pub dialect: Dialect,
    /// The model asked for. Gemini and Bedrock name it in the address, not in the body: `None` there.
    pub model: Option<String>,
    /// The answer is wanted as a stream.
    pub stream: bool,
    /// Usage is wanted at the end of a stream (`stream_options.include_usage`); `None` where the dialect always sends it.
    pub stream_usage: Option<bool>,
    /// Standing instructions and the conversation, in order; instructions that a dialect carries outside of its messages come
    /// first, with role [`Role::System`].
    pub messages: Vec<Message>,
    /// Tools.
    pub tools: Vec<Tool>,
    /// How the model chooses among them.
    pub tool_choice: Option<ToolChoice>,
    /// Whether it may call several at once.
    pub parallel_tools: Option<bool>,
    /// The shape of the answer.
    pub format: Option<AnswerFormat>,
    /// Numbers as written.
    pub sampling: Sampling,
    /// Reasoning.
    pub reasoning: Option<Reasoning>,
    /// The service tier asked for, as written.
    pub service_tier: Option<String>,
    /// The end user (`user`, `metadata.user_id`, `safety_identifier`).
    pub user: Option<String>,
    /// `metadata`, names and values.
    pub metadata: Map<String, Value>,
    /// `prompt_cache_key`.
    pub cache_key: Option<String>,
    /// What else was there.
    pub own: Own,
}

/// Limits and sampling, as written: a number keeps its spelling.
#[derive(Clone, Debug, Default, PartialEq)]
#[allow(missing_docs, reason = "the field's own words")]
pub struct Sampling {
    pub max_output: Option<u64>,
    pub temperature: Option<Number>,
    pub top_p: Option<Number>,
    pub top_k: Option<Number>,
    pub frequency_penalty: Option<Number>,
    pub presence_penalty: Option<Number>,
    pub seed: Option<Number>,
    pub stop: Vec<String>,
    /// Answers asked for.
    pub n: Option<u64>,
    /// Log probabilities of the tokens are wanted.
    pub logprobs: Option<bool>,
    pub top_logprobs: Option<u64>,
}

/// One message.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// The speaker's name.
    pub name: Option<String>,
    /// What is said.
    pub parts: Vec<Node>,
    /// What else was there.
    pub own: Own,
}

/// A part of a message, with what is attached to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The part.
    pub part: Part,
    /// A prompt-cache breakpoint after it.
    pub cache: Option<CacheMark>,
    /// What else was there (`annotations`, `citations`, `status`, …).
    pub own: Own,
}

/// What a part holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Text.
    Text(String),
    /// What the model thought, as far as it says so.
    Reasoning {
        /// Readable text: the thought itself or its summary. `None` where only the sealed form is there.
        text: Option<String>,
        /// Proof that the provider wrote it (Anthropic `signature`, Gemini `thoughtSignature`), or the sealed thought itself
        /// (`encrypted_content`, `redacted_thinking`). Only the provider that gave it can read it.
        signature: Option<String>,
        /// The item's id (responses).
        id: Option<String>,
    },
    /// A refusal.
    Refusal(String),
    /// A tool call by the model.
    ToolCall {
        /// Call id. Gemini may have none: one is made up then from the call's place.
        id: String,
        /// Tool name.
        name: String,
        /// Arguments as JSON text, as written.
        arguments: String,
    },
    /// A tool's result.
    ToolResult {
        /// Call id.
        id: String,
        /// Tool name, where known (Gemini needs it).
        name: Option<String>,
        /// Its parts.
        parts: Vec<Node>,
        /// The tool failed.
        is_error: bool,
    },
    /// An image.
    Image {
        /// Where it is.
        source: Media,
        /// `low`, `high`, `auto`.
        detail: Option<String>,
    },
    /// Audio.
    Audio {
        /// Where it is.
        source: Media,
    },
    /// A file: a PDF, a text.
    File {
        /// Where it is.
        source: Media,
        /// Its name or title.
        name: Option<String>,
    },
    /// A part that only its own dialect knows, whole.
    Other(Value),
}

/// Where media are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Media {
    /// In the body.
    Base64 {
        /// `image/png`, `audio/wav`, `application/pdf`.
        media_type: String,
        /// Base64.
        data: String,
    },
    /// At an address.
    Url {
        /// The address.
        url: String,
        /// Its media type, where the dialect says it.
        media_type: Option<String>,
    },
    /// With the provider, under an id: no other provider can read it.
    Id(String),
    /// As plain text.
    Text(String),
}

/// A tool definition.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: Option<String>,
    /// JSON schema of its arguments.
    pub parameters: Option<Value>,
    /// Arguments must keep to the schema.
    pub strict: Option<bool>,
    /// A prompt-cache breakpoint after it.
    pub cache: Option<CacheMark>,
    /// For a tool that runs with the provider (web search, code execution): its whole definition. The fields above are then
    /// empty but for the name.
    pub server: Option<Value>,
    /// What else was there.
    pub own: Own,
}

/// How the model chooses among the tools.
#[derive(Clone, Debug, PartialEq)]
pub enum ToolChoice {
    /// It decides.
    Auto,
    /// None.
    None,
    /// Some tool.
    Required,
    /// This one.
    Named(String),
    /// Only its own dialect knows it.
    Other(Value),
}

/// The shape of the answer.
#[derive(Clone, Debug, PartialEq)]
pub enum AnswerFormat {
    /// Free text, said so.
    Text,
    /// Any JSON object.
    JsonObject,
    /// JSON after a schema.
    JsonSchema {
        /// The schema's name.
        name: Option<String>,
        /// Its description.
        description: Option<String>,
        /// The schema.
        schema: Value,
        /// Answers must keep to it.
        strict: Option<bool>,
    },
}

/// Reasoning asked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reasoning {
    /// `none`, `minimal`, `low`, `medium`, `high`, `xhigh`, … as written.
    pub effort: Option<String>,
    /// A budget in tokens.
    pub budget: Option<u64>,
    /// Switched on or off without more.
    pub is_on: Option<bool>,
    /// What else was there (`summary`, `include_thoughts`).
    pub own: Own,
}

/// A response.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Response {
    /// The dialect it was read from.
    pub dialect: Dialect,
    /// Its id.
    pub id: Option<String>,
    /// The model that answered.
    pub model: Option<String>,
    /// When, in seconds since the epoch.
    pub created_s: Option<i64>,
    /// The answers; one but for `n` above 1.
    pub choices: Vec<Choice>,
    /// What it consumed. `None` if it does not say.
    pub usage: Option<Reading>,
    /// The tier that served it, as written.
    pub service_tier: Option<String>,
    /// What else was there; the usage object as written is `own["usage"]` (or the dialect's name for it).
    pub own: Own,
}

/// One answer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choice {
    /// Its parts.
    pub parts: Vec<Node>,
    /// Why it ended; `None` if it does not say, as when it was cut off.
    pub finish: Option<Finish>,
    /// Log probabilities, as the dialect writes them.
    pub logprobs: Option<Value>,
    /// What else was there.
    pub own: Own,
}

/// Why an answer ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finish {
    /// The model was done.
    Stop,
    /// A stop sequence, where the dialect tells it apart.
    StopSequence(Option<String>),
    /// It calls tools.
    ToolCalls,
    /// The limit on output was reached.
    Length,
    /// The context window was full.
    ContextFull,
    /// A filter of the provider's cut it off.
    ContentFilter,
    /// The model refused.
    Refusal,
    /// The provider paused a long turn.
    Pause,
    /// As written.
    Other(String),
}

/// An error as the provider told it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    /// HTTP status; 200 for an error event inside a stream.
    pub status: u16,
    /// What kind.
    pub class: FailureClass,
    /// The provider's code or type: `rate_limit_exceeded`, `overloaded_error`, `RESOURCE_EXHAUSTED`.
    pub code: Option<String>,
    /// The provider's words.
    pub message: String,
    /// The field of the request that it names.
    pub param: Option<String>,
    /// Milliseconds to wait, where the body says so (Gemini `retryDelay`).
    pub retry_after_ms: Option<u64>,
}

/// Kinds of errors of providers, by what one does about them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum FailureClass {
    /// The key is wrong (401).
    Authentication,
    /// The key may not do this (403), or the region is not served.
    Permission,
    /// No such model or address (404).
    NotFound,
    /// The request is wrong (400, 422): no provider of this dialect would take it.
    InvalidRequest,
    /// The prompt is longer than the context window: another model may take it.
    ContextOverflow,
    /// The provider's policy refuses the content.
    ContentFilter,
    /// Too many requests or tokens a minute (429): wait.
    RateLimited,
    /// Money or quota is used up (402, 429 `insufficient_quota`): waiting does not help.
    QuotaExhausted,
    /// The body is too large (413).
    TooLarge,
    /// The provider has no capacity (503, 529).
    Overloaded,
    /// The provider failed (500, 502, 504).
    Server,
    /// The provider gave up waiting (408, 504).
    Timeout,
    /// Anything else.
    #[default]
    Unknown,
}

impl Node {
    /// A part alone.
    pub fn new(part: Part) -> Node {
        Node { part, cache: None, own: Own::new() }
    }
}
