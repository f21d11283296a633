//! What the readers of the languages have in common: a syntax tree as bindings, groups of named values, lists and texts,
//! whatever the language calls them.

use std::ops::Range;

use serde_json::Value;
use tree_sitter::Node;

use super::written::{Filled, Literal, MAX_PARTS, Part, Step, Written};

/// A language.
pub(super) trait Grammar: Sync {
    /// Its name, as the format of a file.
    fn name(&self) -> &'static str;
    /// The tree-sitter grammar for a file with this extension.
    fn language(&self, extension: &str) -> tree_sitter::Language;
    /// What a node is.
    fn event<'t>(&self, source: &str, node: Node<'t>) -> Event<'t>;
    /// What a node does to a text inside it.
    fn peel<'t>(&self, source: &str, node: Node<'t>) -> Peel<'t>;
    /// What a text is put together from.
    fn part<'t>(&self, source: &str, node: Node<'t>) -> PartOf<'t>;
    /// A call, an object, a dictionary.
    fn group<'t>(&self, source: &str, node: Node<'t>) -> Option<Group<'t>>;
    /// The elements of a list.
    fn list<'t>(&self, source: &str, node: Node<'t>) -> Option<Vec<Node<'t>>>;
    /// A number, a yes or no, nothing.
    fn scalar(&self, source: &str, node: Node<'_>) -> Option<Value>;
}

/// What a node is.
pub(super) enum Event<'t> {
    /// A name gets a value.
    Binding(Member<'t>),
    /// Several names get values together.
    Group(Group<'t>),
    /// A list.
    List(Vec<Node<'t>>),
    /// An expression that may be a text.
    Text,
    /// A comment.
    Comment,
    /// Something else.
    Other,
}

/// A name and its value.
#[derive(Clone, Debug)]
pub(super) struct Member<'t> {
    /// The name; `None` for positional arguments.
    pub key: Option<Key>,
    /// The value.
    pub value: Node<'t>,
    /// The whole: `temperature=0.2`.
    pub span: Range<usize>,
}

/// A name with its place.
#[derive(Clone, Debug)]
pub(super) struct Key {
    pub text: String,
    pub span: Range<usize>,
}

/// A call, an object, a dictionary: names that get values together.
#[derive(Clone, Debug)]
pub(super) struct Group<'t> {
    /// What is called; `None` for objects.
    pub callee: Option<String>,
    /// Its members in their order.
    pub members: Vec<Member<'t>>,
    /// Its bytes.
    pub span: Range<usize>,
}

/// What stands around a text.
pub(super) enum Peel<'t> {
    /// Nothing.
    No,
    /// Something that leaves it as it is.
    Same(Node<'t>),
    /// Something that changes it.
    Step(Node<'t>, Step),
    /// Values are filled in.
    Filled(Node<'t>, Filled),
}

/// What a text is put together from.
pub(super) enum PartOf<'t> {
    /// A literal.
    Literal(Literal),
    /// Several, in their order.
    Several(Vec<PartOf<'t>>),
    /// An expression that is looked at in its turn.
    Inner(Node<'t>),
    /// A separator.
    Glue(String, usize),
    /// No text.
    No(Range<usize>),
}

/// A name that gets a value, where the node has both; `key` reads names as the language writes them.
pub(super) fn binding<'t>(
    source: &str,
    node: Node<'t>,
    key: fn(&str, Node<'t>) -> Option<Key>,
    name: &str,
    value: &str,
) -> Event<'t> {
    let Some(name) = node.child_by_field_name(name) else { return Event::Other };
    let Some(value) = node.child_by_field_name(value) else { return Event::Other };
    Event::Binding(Member { key: key(source, name), value, span: node.byte_range() })
}

/// The text that an expression writes; `None` if there is no literal in it.
pub(super) fn written(grammar: &dyn Grammar, source: &str, node: Node<'_>) -> Option<Written> {
    let mut out = Written { span: node.byte_range(), ..Written::default() };
    let mut inner = node;
    // Each round goes one node down; programs that are deeper write no prompt there.
    for _ in 0..64 {
        inner = match grammar.peel(source, inner) {
            Peel::No => break,
            Peel::Same(next) => next,
            Peel::Step(next, step) => {
                out.steps.push(step);
                next
            }
            Peel::Filled(next, filled) => {
                out.filled = Some(filled);
                next
            }
        };
    }
    let mut has_literal = false;
    let mut open = vec![PartOf::Inner(inner)];
    while let Some(next) = open.pop() {
        if open.len() > MAX_PARTS || out.parts.len() > MAX_PARTS {
            return None;
        }
        match next {
            PartOf::Literal(literal) => {
                has_literal = true;
                out.parts.push(Part::Literal(literal));
            }
            PartOf::Several(parts) => open.extend(parts.into_iter().rev()),
            PartOf::Inner(node) => open.push(grammar.part(source, node)),
            PartOf::Glue(text, at) => out.parts.push(Part::Glue(text, at)),
            PartOf::No(span) => out.parts.push(Part::Value(span)),
        }
    }
    has_literal.then_some(out)
}

/// The bytes of the source that a node covers.
pub(super) fn words<'s>(source: &'s str, node: Node<'_>) -> &'s str {
    source.get(node.byte_range()).unwrap_or_default()
}

/// The named children of a node that are no comments, in their order.
pub(super) fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|child| !child.kind().contains("comment")).collect()
}

/// The only child of a node.
pub(super) fn only(node: Node<'_>) -> Option<Node<'_>> {
    let mut children = children(node).into_iter();
    children.next().filter(|_| children.next().is_none())
}

/// The last identifier of a dotted name.
pub(super) fn last_name(text: &str) -> &str {
    text.rsplit(|c: char| !(c.is_alphanumeric() || c == '_' || c == '$')).next().unwrap_or(text)
}

/// A callee as far as it tells something.
pub(super) fn callee(source: &str, node: Node<'_>) -> String {
    let text = words(source, node);
    let tail = text.char_indices().rev().nth(80).map_or(0, |(at, _)| at);
    text[tail..].split_whitespace().collect()
}
