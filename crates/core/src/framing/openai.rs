//! OpenAI's models: what the API bills for a whole request, rebuilt from the request.
//!
//! The API turns a request into one of two prompt formats ([`model::Template`]): `ChatML` (GPT-3.5 to GPT-4.1, [`chatml`])
//! or `harmony` (the o-series, GPT-5 and later, gpt-oss, [`harmony`]). In both, tools become a TypeScript namespace
//! ([`typescript`]), a schema for the answer becomes a block of JSON ([`schema`]), and both are appended to the
//! instructions. The constants were found by comparing with the usage that hosts reported for 774 recorded requests
//! (2026-11-22); where a rule rests on fewer than ten of them, its comment says so.
//!
//! This file walks the messages once and asks the format ([`Grammar`]) what each turn weighs.

mod chatml;
mod harmony;
mod images;
mod model;
mod schema;
mod tally;
#[cfg(test)]
mod tests;
mod typescript;

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;

use super::bare::{self, text_of};
use super::joint::{self, Joint};
use super::{Frame, Profile, Scale, Section, Weight};
use crate::chat::{AnswerFormat, ChatRequest, Content, Dialect, Message, Part, Role, ToolChoice};
use crate::tokens::{Encoding, Tokenizer};
use model::Template;
use tally::Tally;
use typescript::Style;

/// Models whose text is counted with one of OpenAI's own vocabularies.
pub(super) struct OpenAi;

/// What a prompt format adds around the texts. All figures are tokens.
trait Grammar {
    /// Once a request: the markers that open the answer, and what stands before all messages.
    fn primer(&self) -> u64;

    /// The markers of a message and its speaker (`user`, `user:ann`), without its text.
    fn message(&self, role: Role, speaker: &str, scale: &Scale<'_>) -> u64;

    /// Tool calls of one message of the model: one figure a call, its name and arguments included.
    fn calls(&self, calls: &[Call<'_>], speaker: &str, after_reasoning: bool, scale: &Scale<'_>) -> Vec<u64>;

    /// The markers of a tool's result and its name, without its text. `of_many`: one of several calls made at once.
    fn result(&self, tool: &str, of_many: bool, scale: &Scale<'_>) -> u64;

    /// What reasoning sent back in the current turn weighs: expected, and how far it may be off.
    fn reasoning(&self, text: &str, n_opaque_bytes: u64, scale: &Scale<'_>) -> (u64, u64);

    /// A block (tools or schema) that is appended to the instructions, if there are any.
    fn block(&self, block: &Block, instructions: Option<&str>, scale: &Scale<'_>) -> u64;

    /// What `parallel_tool_calls: false` adds to a request with tools.
    fn one_call_at_a_time(&self) -> u64;

    /// How tools are written.
    fn style(&self) -> Style {
        Style::OpenAi
    }

    /// What `tool_choice: required` adds.
    fn required_tool(&self) -> u64 {
        0
    }

    /// What is said about a custom tool's grammar besides the grammar itself.
    fn free_text_grammar(&self) -> u64 {
        0
    }

    /// The definition of the provider's own web search. What it finds comes on top and cannot be known.
    fn web_search(&self) -> u64 {
        0
    }

    /// What an image costs over its own tokens.
    fn image_markers(&self, patches: bool) -> u64;
}

/// A tool call of the model, in the history.
struct Call<'a> {
    name: &'a str,
    arguments: &'a str,
}

/// Text that the API derives from a part of the request and puts after the instructions.
struct Block {
    kind: BlockKind,
    text: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum BlockKind {
    Tools,
    Schema,
}

/// See where it is used.
const OLLAMA_OFF: u64 = 4;

impl Frame for OpenAi {
    fn name(&self) -> &'static str {
        "openai"
    }

    fn fits(&self, profile: &Profile<'_>) -> bool {
        profile.tokenizer.is_exact()
    }

    fn weigh(&self, request: &ChatRequest, scale: &Scale<'_>) -> Weight {
        let (template, images) = rules(scale.profile.model);
        let is_responses = request.dialect == Dialect::Responses;
        match template {
            Template::Bare => bare::weigh(request, scale),
            _ if request.dialect == Dialect::Completions => bare::weigh(request, scale),
            Template::ChatMl { per_message } => {
                walk(request, scale, &chatml::ChatMl { per_message, is_responses }, images)
            }
            Template::Harmony { billing } => {
                let host = scale.profile.host;
                let mut weight = walk(request, scale, &harmony::Harmony { billing, is_responses, host }, images);
                if billing == model::Billing::SelfHosted && host == Some("ollama") {
                    // Ollama joins the parts of a message in ways of its own: 4 of 40 recorded requests are 1 to 4 off.
                    weight.low = weight.low.saturating_sub(OLLAMA_OFF);
                    weight.high += OLLAMA_OFF;
                }
                weight
            }
        }
    }
}

/// The prompt format of a model, and how it bills images. A thread reads the ids that it met last but once: a log names few.
fn rules(id: &str) -> (Template, images::Rule) {
    const MOST: usize = 8;
    thread_local! {
        static LAST: RefCell<Vec<(String, Template, images::Rule)>> = const { RefCell::new(Vec::new()) };
    }
    LAST.with_borrow_mut(|last| {
        if let Some((_, template, images)) = last.iter().find(|(known, ..)| known == id) {
            return (*template, *images);
        }
        let model = model::read(id);
        let images = images::rule(&model);
        if last.len() == MOST {
            last.remove(0);
        }
        last.push((id.to_owned(), model.template, images));
        (model.template, images)
    })
}

/// Walks the request in the order in which the model sees it.
fn walk(request: &ChatRequest, scale: &Scale<'_>, grammar: &dyn Grammar, images: images::Rule) -> Weight {
    let mut tally = Tally::new(request);
    tally.added(grammar.primer());

    let blocks = [tools_block(request, grammar.style()), schema_block(&request.answer_format)];
    let instructions = blocks.iter().flatten().next().and_then(|_| instructions(request));
    for block in blocks.into_iter().flatten() {
        tally.block(block.kind, grammar.block(&block, instructions.as_deref(), scale), request.dialect);
    }
    if !request.tools.is_empty() && is_sequential(request) {
        tally.added(grammar.one_call_at_a_time());
    }
    if !request.tools.is_empty() && request.tool_choice == ToolChoice::Required {
        tally.added(grammar.required_tool());
    }
    let n_grammars = request.tools.iter().filter(|tool| typescript::has_grammar(tool)).count() as u64;
    tally.added(n_grammars * grammar.free_text_grammar());
    if request.server_tools.iter().any(|tool| tool.starts_with("web_search")) {
        tally.added(grammar.web_search());
    }

    let last_user = tally.sections.last_user();
    let mut known_calls: HashMap<&str, (&str, bool)> = HashMap::new();
    let mut after_reasoning = false;
    for (m, message) in request.messages.iter().enumerate() {
        let is_current_turn = last_user.is_none_or(|last| m > last);
        if says_something(message) {
            let speaker = speaker(message);
            tally.message(m, grammar.message(message.role, &speaker, scale));
        }
        let mut joint = Joint::default();
        for (p, part) in message.parts.iter().enumerate() {
            match &part.content {
                Content::ToolCall { .. } => {}
                Content::ToolResult { id, name, parts, .. } => {
                    joint = Joint::default();
                    let (tool, of_many) = known_calls.get(&**id).copied().unwrap_or(("", false));
                    let tool = name.as_deref().unwrap_or(tool);
                    let mut tokens = grammar.result(tool, of_many, scale);
                    let mut inner = Joint::default();
                    for part in parts {
                        let weighed = weigh_part(part, &mut inner, scale, grammar, images, &mut tally);
                        tokens = tokens.saturating_add_signed(weighed);
                    }
                    tally.part(m, p, &part.content, tokens);
                }
                Content::Reasoning { text, n_opaque_bytes } => {
                    if is_current_turn {
                        let (tokens, off) = grammar.reasoning(text, *n_opaque_bytes, scale);
                        tally.part(m, p, &part.content, tokens);
                        tally.unsure(off, off);
                        after_reasoning = true;
                    }
                }
                content => {
                    let weighed = weigh_part(part, &mut joint, scale, grammar, images, &mut tally);
                    tally.part_signed(m, p, content, weighed);
                }
            }
        }
        weigh_calls(message, m, &mut after_reasoning, &mut known_calls, scale, grammar, &mut tally);
    }
    tally.note_hidden_input(request);
    tally.finish()
}

/// The model's calls in a message, which follow what it said there.
fn weigh_calls<'a>(
    message: &'a Message,
    m: usize,
    after_reasoning: &mut bool,
    known_calls: &mut HashMap<&'a str, (&'a str, bool)>,
    scale: &Scale<'_>,
    grammar: &dyn Grammar,
    tally: &mut Tally<'_>,
) {
    let mut calls = Vec::new();
    let mut places = Vec::new();
    let n_calls = message.parts.iter().filter(|part| matches!(part.content, Content::ToolCall { .. })).count();
    for (p, part) in message.parts.iter().enumerate() {
        if let Content::ToolCall { id, name, arguments } = &part.content {
            known_calls.insert(id, (name, n_calls > 1));
            calls.push(Call { name, arguments });
            places.push(p);
        }
    }
    if calls.is_empty() {
        return;
    }
    let weights = grammar.calls(&calls, &speaker(message), std::mem::take(after_reasoning), scale);
    for (p, tokens) in places.into_iter().zip(weights) {
        tally.part(m, p, &message.parts[p].content, tokens);
    }
    tally.unsure(1, 1);
}

/// A part that is neither call nor result nor reasoning. Joining two texts can cost a token less than nothing.
fn weigh_part<'a>(
    part: &'a Part,
    joint: &mut Joint<'a>,
    scale: &Scale<'_>,
    grammar: &dyn Grammar,
    images: images::Rule,
    tally: &mut Tally<'_>,
) -> i64 {
    if let Some(text) = text_of(part) {
        return joint.add(text, scale);
    }
    *joint = Joint::default();
    match &part.content {
        Content::Document { title, text } => {
            title.as_deref().map_or(0, |title| joint.add(title, scale)) + joint.add(text, scale)
        }
        Content::Image(image) => {
            let (tokens, below, above) = images.tokens(image);
            tally.unsure(below, above);
            if image.size.is_none() {
                tally.note("image whose size is not in the request");
            }
            (tokens + grammar.image_markers(images.is_patches())).cast_signed()
        }
        Content::Audio { n_bytes } => tally.audio(*n_bytes),
        Content::File { media_type, n_bytes } => tally.file(media_type.as_deref(), *n_bytes),
        _ => 0,
    }
}

/// A message opens a turn of its own unless it only carries calls, results or reasoning.
fn says_something(message: &Message) -> bool {
    let is_carrier = |part: &Part| match &part.content {
        Content::ToolCall { .. } | Content::ToolResult { .. } | Content::Reasoning { .. } => true,
        // `"content": ""` beside tool calls says nothing.
        Content::Text(text) => text.is_empty() && message.parts.len() > 1,
        _ => false,
    };
    message.parts.is_empty() || !message.parts.iter().all(is_carrier)
}

/// `role` or `role:name`, as the header of a message spells it.
fn speaker(message: &Message) -> Cow<'static, str> {
    let role = match message.role {
        Role::System => "system",
        Role::Developer => "developer",
        Role::User => "user",
        Role::Assistant => "assistant",
        Role::Tool => "tool",
    };
    message.name.as_deref().map_or(Cow::Borrowed(role), |name| Cow::Owned(format!("{role}:{name}")))
}

/// Tokens of a speaker. A role is one token in every vocabulary that a model with roles has.
fn speaker_tokens(speaker: &str, scale: &Scale<'_>) -> u64 {
    match (speaker, scale.profile.tokenizer) {
        (
            "system" | "developer" | "user" | "assistant" | "tool",
            Tokenizer::Exact(Encoding::O200kBase | Encoding::Cl100kBase),
        ) => 1,
        _ => scale.tokens(speaker),
    }
}

/// The end of the first instructions: tools and schema are appended to them.
fn instructions(request: &ChatRequest) -> Option<String> {
    let first = request.messages.iter().find(|message| matches!(message.role, Role::System | Role::Developer))?;
    Some(first.parts.iter().rev().find_map(text_of).map(joint::tail).unwrap_or_default().to_owned())
}

fn tools_block(request: &ChatRequest, style: Style) -> Option<Block> {
    let text = || typescript::namespace(&request.tools, style);
    (!request.tools.is_empty()).then(|| Block { kind: BlockKind::Tools, text: text() })
}

fn schema_block(format: &AnswerFormat) -> Option<Block> {
    // A plain `json_object` costs nothing (measured on two requests).
    let AnswerFormat::JsonSchema { name, description, schema, .. } = format else { return None };
    let text = schema::block(name.as_deref().unwrap_or("response"), description.as_deref(), schema);
    Some(Block { kind: BlockKind::Schema, text })
}

fn is_sequential(request: &ChatRequest) -> bool {
    request.parameters.iter().any(|(name, value)| &**name == "parallel_tool_calls" && value.as_bool() == Some(false))
}

impl BlockKind {
    const fn section(self) -> Section {
        match self {
            BlockKind::Tools => Section::Tools,
            BlockKind::Schema => Section::Schema,
        }
    }
}
