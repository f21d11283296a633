//! A file with prompts in it, as the readers (`lint/read/`) take it apart and the rules see it: prompts, their pieces of
//! text in the order in which the model reads them, their parameters, tools and variables, everything with its place in
//! the file.

use std::ops::Range;

use serde_json::Value;

use super::lines::Lines;
use super::mapped::{Codec, Mapped};
use super::template::{Slot, Syntax};
use crate::chat::{CacheMark, ChatRequest, Dialect};
use crate::compress::SegmentKind;

/// A file that was read.
#[derive(Clone, Debug, Default)]
pub struct File {
    /// The path as shown: relative to where the command runs, with `/`.
    pub path: String,
    /// The file's text as it is.
    pub text: String,
    /// Where its lines begin.
    pub lines: Lines,
    /// The reader that read it, by name (`markdown`, `request`, `batch`, `prompty`, …).
    pub format: &'static str,
    /// The prompts in it, in their order.
    pub prompts: Vec<Prompt>,
    /// What could not be read, each a `syntax` finding; the rest is read all the same.
    pub mistakes: Vec<Mistake>,
    /// Comments that never reach the model: there a suppression costs nothing.
    pub free_comments: Vec<Range<usize>>,
    /// Whether bytes that are no UTF-8 were replaced: such a file must not be written back.
    pub is_lossy: bool,
}

/// What could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where.
    pub span: Range<usize>,
    /// What was expected and what was found.
    pub message: String,
}

/// A prompt.
#[derive(Clone, Debug, Default)]
pub struct Prompt {
    /// Its bytes in the file: the whole file, a line of JSONL, a string literal with its quotes.
    pub span: Range<usize>,
    /// What it is called in the file: a variable, a `custom_id`, a function, a test. `None` for the only one of a file.
    pub name: Option<String>,
    /// What it is.
    pub kind: PromptKind,
    /// The model that it names, where it does.
    pub model: Option<Named>,
    /// The host that it names (`provider: azure`, a URL), where it does.
    pub host: Option<String>,
    /// Parameters and other fields as written, nested ones by dotted path (`thinking.budget_tokens`), arrays as values. For
    /// a request every member of the body but messages, tools and instructions.
    pub fields: Vec<Field>,
    /// Pieces of text in the order in which the model reads them: tools, instructions, messages.
    pub pieces: Vec<Piece>,
    /// How variables are written in it.
    pub syntax: Syntax,
    /// Variables that it declares (`input:`, `variables:`, parameters of a function), in their order. `None` if its format
    /// has no declarations or they are elsewhere.
    pub variables: Option<Vec<Variable>>,
    /// The request as its dialect reads it, if the prompt is a whole request.
    pub request: Option<Box<ChatRequest>>,
}

/// What a prompt is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PromptKind {
    /// A prompt or a template for one, by itself.
    #[default]
    Template,
    /// A request as it is sent: model, messages, parameters.
    Request,
    /// One of many requests in a batch file.
    BatchRequest,
    /// A training example of a fine-tuning file.
    Example,
    /// Instructions for agents that go into every session (AGENTS.md, CLAUDE.md, …).
    AgentInstructions,
    /// A skill (SKILL.md): front matter in every session, the body on demand.
    Skill,
    /// Tool definitions alone.
    Tools,
}

/// A name with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// The name, decoded.
    pub text: String,
    /// Its bytes in the file, without quotes.
    pub span: Range<usize>,
}

/// A field of a request or of a front matter.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// Dotted path.
    pub path: String,
    /// Its value.
    pub value: Value,
    /// The key's bytes, without quotes.
    pub key: Range<usize>,
    /// The value's bytes, with quotes.
    pub span: Range<usize>,
    /// The bytes to delete so that the field is gone and the file stays valid; `None` if that cannot be said.
    pub removal: Option<Range<usize>>,
}

/// A piece of a prompt's text.
#[derive(Clone, Debug, Default)]
pub struct Piece {
    /// What it is: who speaks, a tool's result, a tool definition, …
    pub kind: Option<SegmentKind>,
    /// Where it stands in the request: `messages.0.content`; empty for bare prompts.
    pub path: String,
    /// The number of its message, from 1; 0 for tools, instructions and bare prompts.
    pub message: usize,
    /// Its text. For a tool definition, its JSON as written.
    pub text: Mapped,
    /// Variables, control blocks and comments of the template language in it, in rising order of their spans in the text.
    pub slots: Vec<Slot>,
    /// A prompt-cache breakpoint after it, and where that is written.
    pub cache_mark: Option<(CacheMark, Range<usize>)>,
}

/// A declared variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub span: Range<usize>,
    /// Whether a sample or default value stands beside it.
    pub has_sample: bool,
    /// Whether a limit of its length is declared.
    pub is_bounded: bool,
    /// The bytes to delete so that the declaration is gone and the file stays valid; `None` if that cannot be said.
    pub removal: Option<Range<usize>>,
}

impl File {
    /// A file of some text, with no prompts yet.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> File {
        let text = text.into();
        File { path: path.into(), lines: Lines::of(&text), text, ..File::default() }
    }

    /// The file's name without its folders.
    pub fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// Adds what could not be read.
    pub fn mistake(&mut self, span: Range<usize>, message: impl Into<String>) {
        self.mistakes.push(Mistake { span, message: message.into() });
    }
}

impl Prompt {
    /// A prompt that is one text, with its variables found.
    pub fn bare(kind: PromptKind, text: Mapped, syntax: Syntax) -> Prompt {
        let span = text.in_file(&(0..text.text.len()));
        let slots = syntax.slots(&text.text);
        let piece = Piece { kind: Some(SegmentKind::Prompt), text, slots, ..Piece::default() };
        Prompt { span, kind, pieces: vec![piece], syntax, ..Prompt::default() }
    }

    /// The field of that dotted path.
    pub fn field(&self, path: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.path == path)
    }

    /// Pieces of one kind, with their indices.
    pub fn pieces_of(&self, kind: SegmentKind) -> impl Iterator<Item = (usize, &Piece)> {
        self.pieces.iter().enumerate().filter(move |(_, piece)| piece.kind == Some(kind))
    }

    /// The dialect that it is written in: of a whole request its own, in a program that of the method called.
    pub fn dialect(&self) -> Option<Dialect> {
        if let Some(request) = &self.request {
            return Some(request.dialect);
        }
        let called = self.name.as_deref()?;
        let by_method = [
            (".chat.completions.create", Dialect::Chat),
            (".chat.completions.parse", Dialect::Chat),
            (".responses.create", Dialect::Responses),
            (".responses.parse", Dialect::Responses),
            (".messages.create", Dialect::Messages),
            (".messages.stream", Dialect::Messages),
        ];
        by_method.into_iter().find(|(method, _)| called.ends_with(method)).map(|(_, dialect)| dialect)
    }

    /// Whether it is sent as it stands, not filled in first.
    pub fn is_request(&self) -> bool {
        matches!(self.kind, PromptKind::Request | PromptKind::BatchRequest)
    }
}

impl Piece {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.text.text
    }

    /// Whether it is a tool definition, which no one reads as text.
    pub fn is_tool(&self) -> bool {
        self.kind == Some(SegmentKind::ToolSchema)
    }

    /// Whether it is text that the model is told: not what it said or asked for itself, nor a tool definition.
    pub fn is_told(&self) -> bool {
        !matches!(self.kind, Some(SegmentKind::Assistant | SegmentKind::ToolCall | SegmentKind::ToolSchema))
    }

    /// Whether a change of it can be written.
    pub fn is_writable(&self) -> bool {
        self.text.codec != Codec::ReadOnly
    }
}
