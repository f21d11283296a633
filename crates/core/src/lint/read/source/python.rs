//! Python: assignments, keyword arguments, dictionaries, parameters; strings with prefixes, f-strings, neighbours joined,
//! `.format`, `.strip`, `.join`, `textwrap.dedent`.

use serde_json::Value;
use tree_sitter::Node;

use super::decode::Escapes;
use super::grammar::{Event, Grammar, Group, Key, Member, PartOf, Peel, callee, children, only, words};
use super::written::{Filled, Literal, Step};

/// The language.
pub(super) struct Python;

impl Grammar for Python {
    fn name(&self) -> &'static str {
        "python"
    }

    fn language(&self, _extension: &str) -> tree_sitter::Language {
        tree_sitter_python::LANGUAGE.into()
    }

    fn event<'t>(&self, source: &str, node: Node<'t>) -> Event<'t> {
        match node.kind() {
            "assignment" | "augmented_assignment" => {
                let target = node.child_by_field_name("left").map(|left| match left.kind() {
                    "subscript" => left.child_by_field_name("subscript").unwrap_or(left),
                    _ => left,
                });
                binding(source, node, target, node.child_by_field_name("right"))
            }
            "keyword_argument" | "default_parameter" | "typed_default_parameter" | "named_expression" => {
                binding(source, node, node.child_by_field_name("name"), node.child_by_field_name("value"))
            }
            "pair" => binding(source, node, node.child_by_field_name("key"), node.child_by_field_name("value")),
            "call" | "dictionary" => self.group(source, node).map_or(Event::Other, Event::Group),
            "list" | "tuple" => Event::List(children(node)),
            "string" | "concatenated_string" | "binary_operator" => Event::Text,
            "comment" => Event::Comment,
            _ => Event::Other,
        }
    }

    fn peel<'t>(&self, source: &str, node: Node<'t>) -> Peel<'t> {
        match node.kind() {
            "parenthesized_expression" => only(node).map_or(Peel::No, Peel::Same),
            // `"…" % values`.
            "binary_operator" if operator(source, node) == "%" => {
                node.child_by_field_name("left").map_or(Peel::No, Peel::Same)
            }
            "call" => peel_call(source, node),
            _ => Peel::No,
        }
    }

    fn part<'t>(&self, source: &str, node: Node<'t>) -> PartOf<'t> {
        let no = || PartOf::No(node.byte_range());
        match node.kind() {
            "string" => literal(source, node).map_or_else(no, PartOf::Literal),
            "concatenated_string" => PartOf::Several(children(node).into_iter().map(PartOf::Inner).collect()),
            "parenthesized_expression" => only(node).map_or_else(no, PartOf::Inner),
            "binary_operator" if operator(source, node) == "+" => {
                match (node.child_by_field_name("left"), node.child_by_field_name("right")) {
                    (Some(left), Some(right)) => PartOf::Several(vec![PartOf::Inner(left), PartOf::Inner(right)]),
                    _ => no(),
                }
            }
            "call" => join(source, node).unwrap_or_else(no),
            _ => no(),
        }
    }

    fn group<'t>(&self, source: &str, node: Node<'t>) -> Option<Group<'t>> {
        let (called, list) = match node.kind() {
            "call" => {
                let function = node.child_by_field_name("function")?;
                (Some(callee(source, function)), node.child_by_field_name("arguments")?)
            }
            "dictionary" => (None, node),
            _ => return None,
        };
        let members = children(list).into_iter().map(|child| {
            let (key, value) = match child.kind() {
                "keyword_argument" => (child.child_by_field_name("name"), child.child_by_field_name("value")),
                "pair" => (child.child_by_field_name("key"), child.child_by_field_name("value")),
                _ => (None, None),
            };
            Member {
                key: key.and_then(|key| self::key(source, key)),
                value: value.unwrap_or(child),
                span: child.byte_range(),
            }
        });
        Some(Group { callee: called, members: members.collect(), span: node.byte_range() })
    }

    fn list<'t>(&self, _source: &str, node: Node<'t>) -> Option<Vec<Node<'t>>> {
        matches!(node.kind(), "list" | "tuple").then(|| children(node))
    }

    fn scalar(&self, source: &str, node: Node<'_>) -> Option<Value> {
        match node.kind() {
            "integer" | "float" | "unary_operator" => serde_json::from_str(&words(source, node).replace('_', "")).ok(),
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            "none" => Some(Value::Null),
            _ => None,
        }
    }
}

fn binding<'t>(source: &str, node: Node<'t>, name: Option<Node<'t>>, value: Option<Node<'t>>) -> Event<'t> {
    let (Some(name), Some(value)) = (name, value) else { return Event::Other };
    Event::Binding(Member { key: key(source, name), value, span: node.byte_range() })
}

/// A name, or a string that is one.
fn key(source: &str, node: Node<'_>) -> Option<Key> {
    match node.kind() {
        "identifier" => Some(Key { text: words(source, node).to_owned(), span: node.byte_range() }),
        "attribute" => key(source, node.child_by_field_name("attribute")?),
        "string" => {
            let inner = literal(source, node)?.inner;
            Some(Key { text: source.get(inner.clone())?.to_owned(), span: inner })
        }
        _ => None,
    }
}

fn operator<'s>(source: &'s str, node: Node<'_>) -> &'s str {
    node.child_by_field_name("operator").map_or("", |operator| words(source, operator))
}

fn literal(source: &str, node: Node<'_>) -> Option<Literal> {
    let mut cursor = node.walk();
    let mut start = None;
    let mut end = node.end_byte();
    let mut values = Vec::new();
    for child in node.children(&mut cursor) {
        match child.kind() {
            "string_start" => start = Some(child),
            "string_end" => end = child.start_byte(),
            "interpolation" => values.push(child.byte_range()),
            _ => {}
        }
    }
    let start = start?;
    let opening = words(source, start);
    let prefix = opening.trim_end_matches(['"', '\'']).to_lowercase();
    if prefix.contains('b') || end < start.end_byte() {
        return None;
    }
    Some(Literal {
        inner: start.end_byte()..end,
        escapes: if prefix.contains('r') { Escapes::None } else { Escapes::Python },
        quote: opening.chars().next_back()?,
        is_multiline: opening.len() - prefix.len() == 3,
        is_template: prefix.contains('f') || prefix.contains('t'),
        values,
    })
}

fn peel_call<'t>(source: &str, node: Node<'t>) -> Peel<'t> {
    let (Some(function), Some(arguments)) =
        (node.child_by_field_name("function"), node.child_by_field_name("arguments"))
    else {
        return Peel::No;
    };
    if function.kind() == "attribute"
        && let (Some(object), Some(method)) =
            (function.child_by_field_name("object"), function.child_by_field_name("attribute"))
    {
        let (start, end) = match words(source, method) {
            "strip" => (true, true),
            "lstrip" => (true, false),
            "rstrip" => (false, true),
            "format" => return Peel::Filled(object, filled(source, arguments)),
            "dedent" | "cleandoc" => return only(arguments).map_or(Peel::No, |inner| Peel::Step(inner, Step::Dedent)),
            _ => return Peel::No,
        };
        // With an argument other characters than blanks are taken off.
        return if children(arguments).is_empty() { Peel::Step(object, Step::Trim { start, end }) } else { Peel::No };
    }
    match (words(source, function), only(arguments)) {
        ("dedent" | "cleandoc", Some(inner)) => Peel::Step(inner, Step::Dedent),
        ("str" | "_" | "gettext", Some(inner)) => Peel::Same(inner),
        _ => Peel::No,
    }
}

/// The values of a `format` call.
pub(super) fn filled(source: &str, arguments: Node<'_>) -> Filled {
    let mut filled = Filled::default();
    let all = children(arguments);
    for (index, argument) in all.iter().enumerate() {
        match argument.child_by_field_name("name").filter(|_| argument.kind() == "keyword_argument") {
            Some(name) => {
                let removal = match (all.get(index + 1), index.checked_sub(1).and_then(|before| all.get(before))) {
                    (Some(next), _) => argument.start_byte()..next.start_byte(),
                    (None, Some(before)) => before.end_byte()..argument.end_byte(),
                    (None, None) => argument.byte_range(),
                };
                filled.names.push((words(source, name).to_owned(), name.byte_range(), Some(removal)));
            }
            None => filled.has_more = true,
        }
    }
    filled
}

/// `"\n".join([…])` over literals.
fn join<'t>(source: &str, node: Node<'t>) -> Option<PartOf<'t>> {
    let function = node.child_by_field_name("function").filter(|function| function.kind() == "attribute")?;
    let method = function.child_by_field_name("attribute")?;
    let separator = literal(source, function.child_by_field_name("object")?)?;
    let list = only(node.child_by_field_name("arguments")?)?;
    if words(source, method) != "join" || !matches!(list.kind(), "list" | "tuple") {
        return None;
    }
    let glue = source.get(separator.inner)?.replace("\\n", "\n");
    let mut parts = Vec::new();
    for element in children(list) {
        if !parts.is_empty() {
            parts.push(PartOf::Glue(glue.clone(), element.start_byte()));
        }
        parts.push(PartOf::Inner(element));
    }
    Some(PartOf::Several(parts))
}
