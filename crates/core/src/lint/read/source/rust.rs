//! Rust: constants, statics, `let`, fields of structs, methods of builders; string literals, `format!`, `concat!`,
//! `indoc!`, `json!`.

use serde_json::Value;
use tree_sitter::Node;

use super::decode::Escapes;
use super::grammar::{
    Event, Grammar, Group, Key, Member, PartOf, Peel, binding, callee, children, last_name, only, words,
};
use super::written::{Filled, Literal, Step};

/// The language.
pub(super) struct Rust;

impl Grammar for Rust {
    fn name(&self) -> &'static str {
        "rust"
    }

    fn language(&self, _extension: &str) -> tree_sitter::Language {
        tree_sitter_rust::LANGUAGE.into()
    }

    fn event<'t>(&self, source: &str, node: Node<'t>) -> Event<'t> {
        let fields = |name: &str, value: &str| binding(source, node, key, name, value);
        match node.kind() {
            "const_item" | "static_item" => fields("name", "value"),
            "let_declaration" => fields("pattern", "value"),
            "assignment_expression" | "compound_assignment_expr" => fields("left", "right"),
            "field_initializer" => fields("field", "value"),
            "call_expression" => setter(source, node)
                .map_or_else(|| self.group(source, node).map_or(Event::Other, Event::Group), Event::Binding),
            "struct_expression" | "token_tree" => self.group(source, node).map_or(Event::Other, Event::Group),
            "array_expression" => Event::List(children(node)),
            "string_literal" | "raw_string_literal" => Event::Text,
            "line_comment" | "block_comment" => Event::Comment,
            _ => Event::Other,
        }
    }

    fn peel<'t>(&self, source: &str, node: Node<'t>) -> Peel<'t> {
        match node.kind() {
            "reference_expression" => node.child_by_field_name("value").map_or(Peel::No, Peel::Same),
            "parenthesized_expression" => only(node).map_or(Peel::No, Peel::Same),
            "call_expression" => peel_call(source, node),
            "macro_invocation" => {
                let Some(first) = arguments(node).first().copied() else { return Peel::No };
                match last_name(macro_name(source, node)) {
                    "indoc" => Peel::Step(first, Step::Dedent),
                    "format" => Peel::Filled(first, Filled { names: Vec::new(), has_more: true }),
                    _ => Peel::No,
                }
            }
            _ => Peel::No,
        }
    }

    fn part<'t>(&self, source: &str, node: Node<'t>) -> PartOf<'t> {
        match node.kind() {
            "string_literal" | "raw_string_literal" => {
                literal(source, node).map_or_else(|| PartOf::No(node.byte_range()), PartOf::Literal)
            }
            "macro_invocation" if last_name(macro_name(source, node)) == "concat" => {
                PartOf::Several(arguments(node).into_iter().map(PartOf::Inner).collect())
            }
            _ => PartOf::No(node.byte_range()),
        }
    }

    fn group<'t>(&self, source: &str, node: Node<'t>) -> Option<Group<'t>> {
        let span = node.byte_range();
        let plain = |value: Node<'t>| Member { key: None, value, span: value.byte_range() };
        match node.kind() {
            "call_expression" => {
                let called = callee(source, node.child_by_field_name("function")?);
                let members = children(node.child_by_field_name("arguments")?).into_iter().map(plain).collect();
                Some(Group { callee: Some(called), members, span })
            }
            "struct_expression" => {
                let member = |child: Node<'t>| {
                    let name = child.child_by_field_name("field").and_then(|name| key(source, name));
                    let value = child.child_by_field_name("value").unwrap_or(child);
                    Member { key: name, value, span: child.byte_range() }
                };
                let called = node.child_by_field_name("name").map(|name| callee(source, name));
                let members = children(node.child_by_field_name("body")?).into_iter().map(member).collect();
                Some(Group { callee: called, members, span })
            }
            "token_tree" => tokens(source, node),
            _ => None,
        }
    }

    fn list<'t>(&self, source: &str, node: Node<'t>) -> Option<Vec<Node<'t>>> {
        match node.kind() {
            "array_expression" => Some(children(node)),
            "token_tree" if words(source, node).starts_with('[') => Some(children(node)),
            "macro_invocation" if last_name(macro_name(source, node)) == "vec" => Some(arguments(node)),
            _ => None,
        }
    }

    fn scalar(&self, source: &str, node: Node<'_>) -> Option<Value> {
        match node.kind() {
            "integer_literal" | "float_literal" => {
                let text = words(source, node).replace('_', "");
                let end = text.find(|c: char| c.is_ascii_alphabetic() && c != 'e').unwrap_or(text.len());
                serde_json::from_str(&text[..end]).ok()
            }
            "boolean_literal" => Some(Value::Bool(words(source, node) == "true")),
            "call_expression" => {
                // `Some(0.2)`.
                let function = node.child_by_field_name("function")?;
                let inner = only(node.child_by_field_name("arguments")?)?;
                (words(source, function) == "Some" && inner.kind() != "call_expression")
                    .then(|| self.scalar(source, inner))?
            }
            _ => None,
        }
    }
}

fn key(source: &str, node: Node<'_>) -> Option<Key> {
    match node.kind() {
        "identifier" | "field_identifier" => {
            Some(Key { text: words(source, node).to_owned(), span: node.byte_range() })
        }
        "field_expression" => key(source, node.child_by_field_name("field")?),
        "mut_pattern" => key(source, only(node)?),
        "string_literal" => {
            let inner = literal(source, node)?.inner;
            Some(Key { text: source.get(inner.clone())?.to_owned(), span: inner })
        }
        _ => None,
    }
}

/// `.model("gpt-4o")`: a method with one argument is a name with a value.
fn setter<'t>(source: &str, node: Node<'t>) -> Option<Member<'t>> {
    let function = node.child_by_field_name("function").filter(|function| function.kind() == "field_expression")?;
    let name = key(source, function)?;
    let value = only(node.child_by_field_name("arguments")?)?;
    let is_named = super::names::says_model(&name.text)
        || super::names::says_prompt(&name.text)
        || super::names::takes_prompt(&name.text);
    is_named.then(|| Member { span: name.span.start..node.end_byte(), key: Some(name), value })
}

fn macro_name<'s>(source: &'s str, node: Node<'_>) -> &'s str {
    node.child_by_field_name("macro").map_or("", |name| words(source, name))
}

/// What stands in the brackets of a macro call.
fn arguments(node: Node<'_>) -> Vec<Node<'_>> {
    children(node).into_iter().find(|child| child.kind() == "token_tree").map(children).unwrap_or_default()
}

/// `{"model": "gpt-4o", …}` in a `json!`.
fn tokens<'t>(source: &str, node: Node<'t>) -> Option<Group<'t>> {
    if !words(source, node).starts_with('{') {
        return None;
    }
    let mut cursor = node.walk();
    let all: Vec<Node<'t>> = node.children(&mut cursor).collect();
    let mut members = Vec::new();
    for (index, colon) in all.iter().enumerate().filter(|(_, node)| node.kind() == ":") {
        let (Some(name), Some(value)) = (index.checked_sub(1).and_then(|at| all.get(at)), all.get(index + 1)) else {
            continue;
        };
        let is_alone = all.get(index + 2).is_none_or(|next| matches!(next.kind(), "," | "}"));
        if name.kind() == "string_literal" && is_alone && colon.end_byte() <= value.start_byte() {
            let span = name.start_byte()..value.end_byte();
            members.push(Member { key: key(source, *name), value: *value, span });
        }
    }
    (!members.is_empty()).then(|| Group { callee: None, members, span: node.byte_range() })
}

fn literal(source: &str, node: Node<'_>) -> Option<Literal> {
    let whole = words(source, node);
    let is_raw = node.kind() == "raw_string_literal";
    let opening = whole.find('"')?;
    let prefix = &whole[..opening];
    if prefix.contains('b') {
        return None;
    }
    let n_hashes = prefix.bytes().filter(|b| *b == b'#').count();
    let inner = node.start_byte() + opening + 1..node.end_byte().checked_sub(1 + n_hashes)?;
    let text = source.get(inner.clone())?;
    Some(Literal {
        inner,
        escapes: if is_raw { Escapes::None } else { Escapes::Rust },
        quote: '"',
        is_multiline: is_raw || text.contains('\n'),
        is_template: false,
        values: Vec::new(),
    })
}

fn peel_call<'t>(source: &str, node: Node<'t>) -> Peel<'t> {
    let (Some(function), Some(arguments)) =
        (node.child_by_field_name("function"), node.child_by_field_name("arguments"))
    else {
        return Peel::No;
    };
    if let (Some(object), Some(method)) = (function.child_by_field_name("value"), function.child_by_field_name("field"))
    {
        let (start, end) = match words(source, method) {
            "to_string" | "to_owned" | "into" | "as_str" | "as_ref" => return Peel::Same(object),
            "trim" => (true, true),
            "trim_start" => (true, false),
            "trim_end" => (false, true),
            _ => return Peel::No,
        };
        return Peel::Step(object, Step::Trim { start, end });
    }
    let is_wrapper =
        matches!(words(source, function), "String::from" | "Some" | "Cow::Borrowed" | "Arc::from" | "Box::from");
    match only(arguments) {
        Some(inner) if is_wrapper => Peel::Same(inner),
        _ => Peel::No,
    }
}
