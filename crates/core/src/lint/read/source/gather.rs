//! The prompts of a program, gathered in one walk over its syntax tree: outer expressions first, so that a request takes the
//! literals in it before they are looked at by themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use tree_sitter::Node;

use super::grammar::{Event, Grammar, Group, Member, last_name, words, written};
use super::names;
use super::written::{Filled, Written};
use crate::compress::SegmentKind;
use crate::lint::file::{Named, Piece, Prompt, PromptKind, Variable};
use crate::lint::template::Syntax;

/// What was found so far.
pub(super) struct Gather<'s> {
    pub(super) grammar: &'static dyn Grammar,
    pub(super) source: &'s str,
    pub(super) prompts: Vec<Prompt>,
    comments: Vec<Range<usize>>,
    /// Where literals begin that belong to a prompt already.
    pub(super) taken: BTreeSet<usize>,
    /// Where the last text ends that is a prompt by itself.
    end_of_texts: usize,
    /// Where names of models begin that a prompt has already.
    pub(super) taken_models: BTreeSet<usize>,
    /// Beginnings of lines on which the next string is a prompt by a comment, with the ends of those lines.
    marked: Vec<Range<usize>>,
    /// Calls of `NAME.format(…)`, by name.
    filled: BTreeMap<String, Vec<Filled>>,
    /// Prompts that requests name instead of writing them, by name.
    pub(super) wanted: BTreeMap<String, Vec<Wanted>>,
}

/// A place in a request where a prompt is named.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    /// The request.
    pub prompt: usize,
    /// Before which of its pieces the named one stands.
    pub piece: usize,
    /// Which of the named ones of the file it is.
    pub order: usize,
    pub kind: SegmentKind,
    pub path: String,
    pub message: usize,
}

impl<'s> Gather<'s> {
    pub(super) fn new(grammar: &'static dyn Grammar, source: &'s str) -> Gather<'s> {
        let marked = memchr::memmem::find_iter(source.as_bytes(), names::MARK)
            .map(|at| {
                let end_of_line = |from: usize| {
                    memchr::memchr(b'\n', &source.as_bytes()[from..]).map_or(source.len(), |found| from + found + 1)
                };
                let start = memchr::memrchr(b'\n', &source.as_bytes()[..at]).map_or(0, |before| before + 1);
                let this = end_of_line(at);
                // A comment by itself means the next line, one after code its own.
                let is_alone = source[start..at].trim_start_matches([' ', '\t', '#', '/', '*']).is_empty();
                if is_alone { this..end_of_line(this) } else { start..this }
            })
            .collect();
        Gather {
            grammar,
            source,
            prompts: Vec::new(),
            comments: Vec::new(),
            taken: BTreeSet::new(),
            end_of_texts: 0,
            taken_models: BTreeSet::new(),
            marked,
            filled: BTreeMap::new(),
            wanted: BTreeMap::new(),
        }
    }

    /// Looks at a node.
    pub(super) fn see(&mut self, node: Node<'_>) {
        match self.grammar.event(self.source, node) {
            Event::Binding(member) => self.binding(&member),
            Event::Group(group) => self.group(&group, node),
            Event::List(elements) => self.list(&elements, node),
            Event::Text if self.is_marked(node.start_byte()) && node.start_byte() >= self.end_of_texts => {
                if let Some(written) = self.free_text(node) {
                    self.text_prompt(None, &written);
                }
            }
            Event::Comment => self.comments.push(node.byte_range()),
            Event::Text | Event::Other => {}
        }
    }

    /// The prompts and the comments of the program.
    pub(super) fn finish(mut self) -> (Vec<Prompt>, Vec<Range<usize>>) {
        self.fill();
        self.join();
        self.prompts.retain(|prompt| !prompt.pieces.is_empty() || prompt.model.is_some());
        self.prompts.sort_by_key(|prompt| prompt.span.start);
        (self.prompts, self.comments)
    }

    fn is_marked(&self, at: usize) -> bool {
        let next = self.marked.partition_point(|line| line.start <= at);
        next.checked_sub(1).and_then(|index| self.marked.get(index)).is_some_and(|line| at < line.end)
    }

    /// The text of an expression, if no prompt has it yet.
    pub(super) fn free_text(&self, node: Node<'_>) -> Option<Written> {
        if self.taken.contains(&node.start_byte()) {
            return None;
        }
        written(self.grammar, self.source, node)
    }

    fn binding(&mut self, member: &Member<'_>) {
        let Some(key) = &member.key else { return };
        let is_marked = self.is_marked(member.span.start) || self.is_marked(member.value.start_byte());
        let is_named = names::says_prompt(&key.text) || names::takes_prompt(&key.text);
        if is_marked || is_named {
            if let Some(written) = self.free_text(member.value) {
                let text = written.compose(self.source, self.is_python()).map(|(mapped, ..)| mapped.text);
                if is_marked || text.is_some_and(|text| names::is_prose(&text, &key.text)) {
                    self.text_prompt(Some(key.text.clone()), &written);
                }
            }
        } else if names::says_model(&key.text)
            && let Some(model) = self.model_of(member.value)
            && names::is_known_model(&model.text)
            && self.taken_models.insert(model.span.start)
        {
            let name = Some(key.text.clone());
            self.prompts.push(Prompt { span: member.span.clone(), name, model: Some(model), ..Prompt::default() });
        }
    }

    fn group(&mut self, group: &Group<'_>, node: Node<'_>) {
        if let Some(callee) = &group.callee {
            self.note_filling(callee, node);
        }
        if self.request(group) {
            return;
        }
        let Some(callee) = &group.callee else { return };
        // `SystemMessage("…")`, and `SystemMessage(content="…")`.
        let first = group.members.first().filter(|member| {
            member.key.as_ref().is_none_or(|key| matches!(&*key.text, "content" | "template" | "text"))
        });
        let Some(member) = first.filter(|_| names::takes_prompt(callee)) else { return };
        if let Some(written) = self.free_text(member.value)
            && let Some((mapped, ..)) = written.compose(self.source, self.is_python())
            && names::is_prose(&mapped.text, "system prompt")
        {
            self.text_prompt(Some(last_name(callee).to_owned()), &written);
            let prompt = self.prompts.last_mut();
            if let (Some(prompt), Some(declared)) = (prompt, declared(self.grammar, self.source, group)) {
                prompt.variables = Some(declared);
            }
        }
    }

    /// `NAME.format(a=…)` says which variables the prompt of that name has.
    fn note_filling(&mut self, callee: &str, node: Node<'_>) {
        if let Some(owner) = callee.strip_suffix(".format")
            && self.is_python()
            && let Some(arguments) = node.child_by_field_name("arguments")
        {
            let filled = super::python::filled(self.source, arguments);
            self.filled.entry(last_name(owner).to_owned()).or_default().push(filled);
        }
    }

    pub(super) fn is_python(&self) -> bool {
        self.grammar.name() == "python"
    }

    /// Makes a prompt of a text.
    fn text_prompt(&mut self, name: Option<String>, written: &Written) {
        let Some((piece, syntax, variables)) = self.piece(written, Some(SegmentKind::Prompt)) else { return };
        self.taken.insert(written.span.start);
        self.end_of_texts = self.end_of_texts.max(written.span.end);
        self.prompts.push(Prompt {
            span: written.span.clone(),
            name,
            kind: PromptKind::Template,
            pieces: vec![piece],
            syntax,
            variables,
            ..Prompt::default()
        });
    }

    /// A piece of a text, with the language of its slots and the variables that are filled in on the spot.
    pub(super) fn piece(
        &self,
        written: &Written,
        kind: Option<SegmentKind>,
    ) -> Option<(Piece, Syntax, Option<Vec<Variable>>)> {
        let (text, slots, syntax) = written.compose(self.source, self.is_python())?;
        let variables = written.filled.as_ref().filter(|filled| !filled.has_more).map(variables);
        let (slots, syntax) = if syntax == Syntax::None { guess(&text.text) } else { (slots, syntax) };
        Some((Piece { kind, text, slots, ..Piece::default() }, syntax, variables))
    }

    /// Gives prompts the variables that the program fills them with.
    fn fill(&mut self) {
        for prompt in &mut self.prompts {
            let Some(calls) = prompt.name.as_ref().and_then(|name| self.filled.get(name)) else { continue };
            let [piece] = &mut *prompt.pieces else { continue };
            if prompt.syntax == Syntax::Dollar || prompt.variables.is_some() {
                continue;
            }
            prompt.syntax = Syntax::Braces;
            piece.slots = Syntax::Braces.slots(&piece.text.text);
            // Two calls may each fill in a part of it.
            if let [only] = &**calls
                && !only.has_more
            {
                prompt.variables = Some(variables(only));
            }
        }
    }

    /// A prompt that one request alone names moves into it: there it has a model.
    fn join(&mut self) {
        let mut by_name: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, prompt) in self.prompts.iter().enumerate() {
            if let (Some(name), None, [_]) = (&prompt.name, &prompt.model, &*prompt.pieces) {
                by_name.entry(name).or_default().push(index);
            }
        }
        let mut moves: Vec<(usize, Wanted)> = Vec::new();
        for (name, wanted) in &self.wanted {
            if let (Some([index]), [wanted]) = (by_name.get(&**name).map(Vec::as_slice), &**wanted) {
                moves.push((*index, wanted.clone()));
            }
        }
        // From the last piece to the first, so that the places of the others stay.
        moves.sort_by_key(|(_, wanted)| (wanted.prompt, wanted.piece, wanted.order));
        for (index, wanted) in moves.into_iter().rev() {
            if index == wanted.prompt {
                continue;
            }
            let Some(named) = self.prompts.get_mut(index) else { continue };
            let Some(mut piece) = named.pieces.pop() else { continue };
            let (syntax, variables) = (named.syntax, named.variables.take());
            piece.kind = Some(wanted.kind);
            piece.path = wanted.path;
            piece.message = wanted.message;
            if let Some(request) = self.prompts.get_mut(wanted.prompt) {
                if request.syntax == Syntax::None {
                    request.syntax = syntax;
                }
                if request.pieces.is_empty() {
                    request.variables = variables;
                }
                request.pieces.insert(wanted.piece.min(request.pieces.len()), piece);
            }
        }
    }

    /// The model that an expression names: a string, or a call with one (`openai("gpt-4o")`).
    pub(super) fn model_of(&self, node: Node<'_>) -> Option<Named> {
        let text = |node: Node<'_>| {
            let written = written(self.grammar, self.source, node)?;
            let (mapped, slots, _) = written.compose(self.source, self.is_python())?;
            let is_name = slots.is_empty() && !mapped.text.is_empty() && mapped.text.len() <= 120;
            let span = mapped.in_file(&(0..mapped.text.len()));
            is_name.then_some(Named { text: mapped.text, span })
        };
        text(node).or_else(|| {
            let group = self.grammar.group(self.source, node)?;
            let first = group.callee.and(group.members.first().filter(|member| member.key.is_none())?.value.into())?;
            text(first).filter(|model| names::looks_like_model(&model.text))
        })
    }
}

fn variables(filled: &Filled) -> Vec<Variable> {
    let variable = |(name, span, removal): &(String, Range<usize>, Option<Range<usize>>)| Variable {
        name: name.clone(),
        span: span.clone(),
        has_sample: false,
        is_bounded: false,
        removal: removal.clone(),
    };
    filled.names.iter().map(variable).collect()
}

/// `input_variables=["a", "b"]`, as `LangChain` declares them.
fn declared(grammar: &dyn Grammar, source: &str, group: &Group<'_>) -> Option<Vec<Variable>> {
    let named = |member: &&Member<'_>| {
        member.key.as_ref().is_some_and(|key| matches!(&*key.text, "input_variables" | "inputVariables"))
    };
    let list = grammar.list(source, group.members.iter().find(named)?.value)?;
    list.into_iter()
        .map(|element| {
            let (text, ..) = written(grammar, source, element)?.compose(source, grammar.name() == "python")?;
            let span = text.in_file(&(0..text.text.len()));
            Some(Variable { name: text.text, span, has_sample: false, is_bounded: false, removal: None })
        })
        .collect()
}

/// How variables are written in a text of which the program does not say it.
fn guess(text: &str) -> (Vec<crate::lint::template::Slot>, Syntax) {
    let syntax = Syntax::detect(text);
    (syntax.slots(text), syntax)
}

/// What an expression that is no text is called.
pub(super) fn name_of<'s>(source: &'s str, node: Node<'_>) -> &'s str {
    last_name(words(source, node))
}
