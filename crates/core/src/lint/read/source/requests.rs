//! Requests in programs: a call, an object or a dictionary that names a model or holds messages. Its literals become the
//! pieces of one prompt, its other arguments the fields.

use std::ops::Range;

use serde_json::Value;
use tree_sitter::Node;

use super::gather::{Gather, Wanted, name_of};
use super::grammar::{Group, Member};
use super::names;
use crate::compress::SegmentKind;
use crate::lint::file::{Field, Named, Piece, Prompt, Variable};
use crate::lint::mapped::{Builder, Codec};
use crate::lint::template::{Slot, SlotKind, Syntax};

/// A request as far as it was seen.
#[derive(Default)]
struct Draft<'t> {
    model: Option<Named>,
    fields: Vec<Field>,
    pieces: Vec<Draughted<'t>>,
    has_messages: bool,
}

/// A piece, written there or named.
struct Draughted<'t> {
    node: Node<'t>,
    kind: SegmentKind,
    path: String,
    message: usize,
}

/// Depth to which arguments within arguments are looked at: `config=Config(thinking=Thinking(budget=0))`.
const MAX_DEPTH: usize = 3;

/// Most messages of a request; tables of examples have more.
const MAX_MESSAGES: usize = 500;

/// The method that an object is the argument of, as it stands before it: `client.chat.completions.create({ … })`.
fn caller(source: &str, group: &Group<'_>) -> Option<String> {
    let before = source.get(..group.span.start)?.trim_end().strip_suffix('(')?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '$');
    let name = &before[before.trim_end_matches(is_name).len()..];
    name.contains('.').then(|| name.to_owned())
}

impl Gather<'_> {
    /// Makes a prompt of a group if it is a request; whether it was.
    pub(super) fn request(&mut self, group: &Group<'_>) -> bool {
        if self.taken.contains(&group.span.start) && group.callee.is_none() {
            return false;
        }
        if let Some(message) = self.message(group, "") {
            return self.lone_message(group, message);
        }
        let mut draft = Draft::default();
        self.outline(group, &mut draft);
        draft.model.take_if(|model| self.taken_models.contains(&model.span.start));
        let is_model = draft.model.as_ref().is_some_and(|model| names::looks_like_model(&model.text));
        let has_text = draft.has_messages && draft.pieces.iter().any(|piece| self.free_text(piece.node).is_some());
        // Without a model of a known family only messages say that something is a request.
        if !(is_model || has_text) {
            return false;
        }
        self.details(group, "", 0, &mut draft);
        let mut prompt = Prompt {
            span: group.span.clone(),
            name: group.callee.clone().or_else(|| caller(self.source, group)),
            ..Prompt::default()
        };
        prompt.model = draft.model;
        prompt.fields = draft.fields;
        self.take(draft.pieces, prompt);
        true
    }

    /// A list of messages by itself.
    pub(super) fn list(&mut self, elements: &[Node<'_>], node: Node<'_>) {
        if self.taken.contains(&node.start_byte()) || elements.len() > MAX_MESSAGES {
            return;
        }
        let mut pieces = Vec::new();
        let n_messages = self.messages(elements, "messages", &mut pieces);
        let is_prose = |piece: &Draughted<'_>| {
            let text = self.free_text(piece.node).and_then(|written| written.compose(self.source, self.is_python()));
            text.is_some_and(|(mapped, ..)| names::is_prose(&mapped.text, "system prompt"))
        };
        if n_messages > 0 && pieces.iter().any(is_prose) {
            self.take(pieces, Prompt { span: node.byte_range(), ..Prompt::default() });
        }
    }

    fn lone_message(&mut self, group: &Group<'_>, message: Vec<Draughted<'_>>) -> bool {
        let texts = message.iter().filter_map(|piece| self.free_text(piece.node));
        let is_prose = texts
            .filter_map(|written| written.compose(self.source, self.is_python()))
            .any(|(mapped, ..)| names::is_prose(&mapped.text, "system prompt"));
        if is_prose {
            self.take(message, Prompt { span: group.span.clone(), ..Prompt::default() });
        }
        is_prose
    }

    /// The model and the texts of a group itself. This is asked of every call in a program: names alone are looked at until
    /// one of them says something.
    fn outline<'t>(&self, group: &Group<'t>, draft: &mut Draft<'t>) {
        for member in &group.members {
            let Some(key) = member.key.as_ref().filter(|key| names::is_telling(&key.text)) else { continue };
            if names::says_model(&key.text) {
                // The first name is the request's; others are fallbacks.
                if draft.model.is_none() {
                    draft.model = self.model_of(member.value);
                }
            } else {
                self.content(&names::snake(&key.text), member, draft);
            }
        }
    }

    /// The fields of a request, and what stands in arguments within its arguments.
    fn details<'t>(&self, group: &Group<'t>, prefix: &str, depth: usize, draft: &mut Draft<'t>) {
        for (index, member) in group.members.iter().enumerate() {
            let Some(key) = &member.key else { continue };
            if names::says_model(&key.text) || is_content(&names::snake(&key.text)) {
                if depth > 0 && is_content(&names::snake(&key.text)) {
                    self.content(&names::snake(&key.text), member, draft);
                }
                continue;
            }
            let path = if prefix.is_empty() { key.text.clone() } else { format!("{prefix}.{}", key.text) };
            if let Some(value) = self.value(member.value, 0) {
                draft.fields.push(Field {
                    path: path.clone(),
                    value,
                    key: key.span.clone(),
                    span: member.value.byte_range(),
                    removal: Some(removal(&group.members, index)),
                });
            }
            if depth < MAX_DEPTH
                && let Some(inner) = self.grammar.group(self.source, member.value)
                && !is_request_itself(&inner)
            {
                self.details(&inner, &path, depth + 1, draft);
            }
        }
    }

    /// Takes what the model reads.
    fn content<'t>(&self, name: &str, member: &Member<'t>, draft: &mut Draft<'t>) {
        if matches!(name, "messages" | "input" | "contents" | "history" | "chat_history")
            && let Some(elements) = self.grammar.list(self.source, member.value)
        {
            if elements.len() <= MAX_MESSAGES && self.messages(&elements, name, &mut draft.pieces) > 0 {
                draft.has_messages = true;
            }
            return;
        }
        let Some(kind) = kind_of(name) else { return };
        if let Some(elements) = self.grammar.list(self.source, member.value) {
            for (index, block) in elements.into_iter().enumerate() {
                self.block(block, kind, format!("{name}.{index}.text"), 0, &mut draft.pieces);
            }
        } else if self.grammar.scalar(self.source, member.value).is_none() {
            let message = usize::from(kind == SegmentKind::User);
            draft.pieces.push(Draughted { node: member.value, kind, path: name.to_owned(), message });
        }
    }

    /// The messages in a list; how many of its elements are messages.
    fn messages<'t>(&self, elements: &[Node<'t>], name: &str, out: &mut Vec<Draughted<'t>>) -> usize {
        let mut n_messages = 0;
        for (index, element) in elements.iter().enumerate() {
            let group = self.grammar.group(self.source, *element);
            let Some(message) = group.and_then(|group| self.message(&group, name)) else { continue };
            n_messages += 1;
            out.extend(message.into_iter().map(|piece| Draughted {
                path: format!("{name}.{index}.{}", piece.path),
                message: index + 1,
                ..piece
            }));
        }
        n_messages
    }

    /// The pieces of a message: who speaks and what; `None` if the group is none.
    fn message<'t>(&self, group: &Group<'t>, _name: &str) -> Option<Vec<Draughted<'t>>> {
        let member =
            |name: &str| group.members.iter().find(|member| member.key.as_ref().is_some_and(|key| key.text == name));
        let kind = match (member("role"), &group.callee) {
            (Some(role), _) => match &*self.model_of(role.value)?.text {
                "system" | "developer" => SegmentKind::System,
                "user" | "human" => SegmentKind::User,
                "assistant" | "ai" | "model" => SegmentKind::Assistant,
                "tool" | "function" => SegmentKind::ToolResult,
                _ => return None,
            },
            (None, Some(callee)) if callee.ends_with("SystemMessage") => SegmentKind::System,
            (None, Some(callee)) if callee.ends_with("HumanMessage") => SegmentKind::User,
            (None, Some(callee)) if callee.ends_with("AIMessage") => SegmentKind::Assistant,
            _ => return None,
        };
        let content = member("content")
            .or_else(|| member("parts"))
            .or_else(|| group.members.first().filter(|first| first.key.is_none() && group.callee.is_some()))?;
        let mut pieces = Vec::new();
        match self.grammar.list(self.source, content.value) {
            Some(blocks) => {
                for (index, block) in blocks.into_iter().enumerate().take(MAX_MESSAGES) {
                    self.block(block, kind, format!("content.{index}.text"), 1, &mut pieces);
                }
            }
            None => pieces.push(Draughted { node: content.value, kind, path: "content".to_owned(), message: 1 }),
        }
        Some(pieces)
    }

    /// A block of a message's content: `{"type": "text", "text": "…"}`, or a string.
    fn block<'t>(
        &self,
        block: Node<'t>,
        kind: SegmentKind,
        path: String,
        message: usize,
        out: &mut Vec<Draughted<'t>>,
    ) {
        let node = match self.grammar.group(self.source, block) {
            Some(group) => {
                let text =
                    group.members.iter().find(|member| member.key.as_ref().is_some_and(|key| key.text == "text"));
                let Some(text) = text else { return };
                text.value
            }
            None => block,
        };
        out.push(Draughted { node, kind, path, message });
    }

    /// Makes a prompt of what a request holds, in the order in which the model reads it.
    fn take(&mut self, mut pieces: Vec<Draughted<'_>>, mut prompt: Prompt) {
        pieces.sort_by_key(|piece| (piece.message, piece.node.start_byte()));
        let index = self.prompts.len();
        let mut declared: Option<Vec<Variable>> = None;
        let n_pieces = pieces.len();
        for (n_wanted, draft) in pieces.into_iter().enumerate() {
            let Some(written) = self.free_text(draft.node) else {
                let name = name_of(self.source, draft.node);
                // A constant that holds a prompt is no variable; it may be found in the same file.
                if names::says_prompt(name) && is_name(draft.node) {
                    self.wanted.entry(name.to_owned()).or_default().push(Wanted {
                        prompt: index,
                        order: n_wanted,
                        piece: prompt.pieces.len(),
                        kind: draft.kind,
                        path: draft.path,
                        message: draft.message,
                    });
                } else if !self.taken.contains(&draft.node.start_byte()) {
                    prompt.pieces.push(value(name, &draft, &mut prompt.syntax));
                }
                continue;
            };
            let Some((piece, syntax, variables)) = self.piece(&written, Some(draft.kind)) else { continue };
            self.taken.insert(draft.node.start_byte());
            self.taken.insert(written.span.start);
            if prompt.syntax == Syntax::None {
                prompt.syntax = syntax;
            }
            if n_pieces == 1 {
                declared = variables;
            }
            prompt.pieces.push(Piece { path: draft.path, message: draft.message, ..piece });
        }
        // A request of nothing but values says nothing by itself; its model does.
        if prompt.pieces.iter().all(|piece| {
            piece.text.codec == Codec::ReadOnly
                && piece.slots.len() == 1
                && piece.slots[0].span.len() == piece.as_str().len()
        }) {
            prompt.pieces.clear();
        }
        if let Some(model) = &prompt.model {
            self.taken_models.insert(model.span.start);
        }
        self.taken.insert(prompt.span.start);
        prompt.variables = declared;
        self.prompts.push(prompt);
    }

    /// A value that is written out, as JSON.
    fn value(&self, node: Node<'_>, depth: usize) -> Option<Value> {
        if let Some(scalar) = self.grammar.scalar(self.source, node) {
            return Some(scalar);
        }
        if depth > MAX_DEPTH {
            return None;
        }
        if let Some(elements) = self.grammar.list(self.source, node) {
            let values = elements.into_iter().take(MAX_MESSAGES).map(|element| self.value(element, depth + 1));
            return values.collect::<Option<Vec<Value>>>().map(Value::Array);
        }
        if let Some(group) = self.grammar.group(self.source, node).filter(|group| group.callee.is_none()) {
            let members = group
                .members
                .iter()
                .map(|member| Some((member.key.as_ref()?.text.clone(), self.value(member.value, depth + 1)?)));
            return members.collect::<Option<serde_json::Map<String, Value>>>().map(Value::Object);
        }
        self.model_of(node).filter(|text| !text.text.contains('\n')).map(|text| Value::String(text.text))
    }
}

/// A piece that is wholly a value.
fn value(name: &str, draft: &Draughted<'_>, syntax: &mut Syntax) -> Piece {
    if *syntax == Syntax::None {
        *syntax = Syntax::Dollar;
    }
    let text = if *syntax == Syntax::Dollar { format!("${{{name}}}") } else { format!("{{{name}}}") };
    let mut builder = Builder::default();
    builder.escape(&text, draft.node.byte_range());
    let slot = Slot {
        span: 0..text.len(),
        kind: SlotKind::Output,
        code: name.to_owned(),
        name: (!name.is_empty()).then(|| name.to_owned()),
    };
    Piece {
        kind: Some(draft.kind),
        path: draft.path.clone(),
        message: draft.message,
        text: builder.finish(Codec::ReadOnly),
        slots: vec![slot],
        cache_mark: None,
    }
}

/// Who says what stands under a name; `None` if no model reads it.
fn kind_of(name: &str) -> Option<SegmentKind> {
    match name {
        "messages" | "input" | "contents" | "history" | "chat_history" | "prompt" | "user_prompt" | "user_message" => {
            Some(SegmentKind::User)
        }
        "system" | "system_prompt" | "system_instruction" | "system_message" | "instructions" | "developer" => {
            Some(SegmentKind::System)
        }
        _ => names::says_prompt(name).then_some(SegmentKind::System),
    }
}

fn is_content(name: &str) -> bool {
    matches!(name, "tools" | "functions") || kind_of(name).is_some()
}

/// What is sent inside another call (`post(url, json={"model": …})`) is a request of its own.
fn is_request_itself(group: &Group<'_>) -> bool {
    group
        .members
        .iter()
        .filter_map(|member| member.key.as_ref())
        .any(|key| key.text == "model" || key.text == "messages")
}

fn is_name(node: Node<'_>) -> bool {
    matches!(
        node.kind(),
        "identifier"
            | "attribute"
            | "member_expression"
            | "scoped_identifier"
            | "field_expression"
            | "shorthand_property_identifier"
    )
}

/// The bytes to delete so that a member is gone: with the comma after it, or the one before it if it is the last.
fn removal(members: &[Member<'_>], index: usize) -> Range<usize> {
    let own = members.get(index).map_or(0..0, |member| member.span.clone());
    match (members.get(index + 1), index.checked_sub(1).and_then(|before| members.get(before))) {
        (Some(next), _) => own.start..next.span.start,
        (None, Some(before)) => before.span.end..own.end,
        (None, None) => own,
    }
}
