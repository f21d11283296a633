//! TypeScript and JavaScript: variables, members of objects, class fields, parameters, JSX attributes; strings, template
//! literals, `+`, `[…].join`, `.trim()`, ``dedent`…` ``.

use serde_json::Value;
use tree_sitter::Node;

use super::decode::Escapes;
use super::grammar::{
    Event, Grammar, Group, Key, Member, PartOf, Peel, binding, callee, children, last_name, only, words,
};
use super::written::{Literal, Step};

/// The language.
pub(super) struct TypeScript;

/// Tags of template literals that take off the margin.
const DEDENT_TAGS: &[&str] = &["dedent", "outdent", "stripIndent", "stripIndents", "dedentTag"];

impl Grammar for TypeScript {
    fn name(&self) -> &'static str {
        "typescript"
    }

    fn language(&self, extension: &str) -> tree_sitter::Language {
        // `<T>x` is a cast in one and an element in the other.
        match extension {
            "ts" | "mts" | "cts" => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
            _ => tree_sitter_typescript::LANGUAGE_TSX.into(),
        }
    }

    fn event<'t>(&self, source: &str, node: Node<'t>) -> Event<'t> {
        let fields = |name: &str, value: &str| binding(source, node, key, name, value);
        match node.kind() {
            "variable_declarator" | "public_field_definition" | "enum_assignment" => fields("name", "value"),
            "assignment_expression"
            | "augmented_assignment_expression"
            | "assignment_pattern"
            | "object_assignment_pattern" => fields("left", "right"),
            "required_parameter" | "optional_parameter" => fields("pattern", "value"),
            "pair" => fields("key", "value"),
            "jsx_attribute" => {
                let mut inside = children(node).into_iter();
                match (inside.next(), inside.next()) {
                    (Some(name), Some(value)) => Event::Binding(Member {
                        key: Some(Key { text: words(source, name).to_owned(), span: name.byte_range() }),
                        value,
                        span: node.byte_range(),
                    }),
                    _ => Event::Other,
                }
            }
            "call_expression" | "new_expression" | "object" => {
                self.group(source, node).map_or(Event::Other, Event::Group)
            }
            "array" => Event::List(children(node)),
            "string" | "template_string" | "binary_expression" => Event::Text,
            "comment" => Event::Comment,
            _ => Event::Other,
        }
    }

    fn peel<'t>(&self, source: &str, node: Node<'t>) -> Peel<'t> {
        match node.kind() {
            "parenthesized_expression"
            | "jsx_expression"
            | "as_expression"
            | "satisfies_expression"
            | "non_null_expression" => children(node).into_iter().next().map_or(Peel::No, Peel::Same),
            "call_expression" => peel_call(source, node),
            _ => Peel::No,
        }
    }

    fn part<'t>(&self, source: &str, node: Node<'t>) -> PartOf<'t> {
        let no = || PartOf::No(node.byte_range());
        match node.kind() {
            "string" | "template_string" => literal(source, node).map_or_else(no, PartOf::Literal),
            "parenthesized_expression" | "as_expression" => {
                children(node).into_iter().next().map_or_else(no, PartOf::Inner)
            }
            "binary_expression" if node.child_by_field_name("operator").is_some_and(|it| it.kind() == "+") => {
                match (node.child_by_field_name("left"), node.child_by_field_name("right")) {
                    (Some(left), Some(right)) => PartOf::Several(vec![PartOf::Inner(left), PartOf::Inner(right)]),
                    _ => no(),
                }
            }
            "call_expression" => join(source, node).unwrap_or_else(no),
            _ => no(),
        }
    }

    fn group<'t>(&self, source: &str, node: Node<'t>) -> Option<Group<'t>> {
        let member = |child: Node<'t>| {
            let (key, value) = match child.kind() {
                "pair" => (child.child_by_field_name("key"), child.child_by_field_name("value")),
                "shorthand_property_identifier" => (Some(child), Some(child)),
                _ => (None, None),
            };
            let key = key.and_then(|key| self::key(source, key));
            Member { key, value: value.unwrap_or(child), span: child.byte_range() }
        };
        let (called, list) = match node.kind() {
            "call_expression" => (node.child_by_field_name("function"), node.child_by_field_name("arguments")?),
            "new_expression" => (node.child_by_field_name("constructor"), node.child_by_field_name("arguments")?),
            "object" => (None, node),
            _ => return None,
        };
        let members = if list.kind() == "template_string" { vec![list] } else { children(list) };
        Some(Group {
            callee: called.map(|called| callee(source, called)),
            members: members.into_iter().map(member).collect(),
            span: node.byte_range(),
        })
    }

    #[allow(clippy::only_used_in_recursion, reason = "Rust's grammar needs the text; the signature is shared")]
    fn list<'t>(&self, source: &str, node: Node<'t>) -> Option<Vec<Node<'t>>> {
        match node.kind() {
            "array" => Some(children(node)),
            "as_expression" | "satisfies_expression" => {
                self.list(source, children(node).into_iter().next().filter(|inner| inner.kind() == "array")?)
            }
            _ => None,
        }
    }

    fn scalar(&self, source: &str, node: Node<'_>) -> Option<Value> {
        match node.kind() {
            "number" | "unary_expression" => serde_json::from_str(&words(source, node).replace('_', "")).ok(),
            "true" => Some(Value::Bool(true)),
            "false" => Some(Value::Bool(false)),
            "null" => Some(Value::Null),
            _ => None,
        }
    }
}

fn key(source: &str, node: Node<'_>) -> Option<Key> {
    match node.kind() {
        "identifier"
        | "property_identifier"
        | "shorthand_property_identifier"
        | "private_property_identifier"
        | "shorthand_property_identifier_pattern" => {
            Some(Key { text: words(source, node).to_owned(), span: node.byte_range() })
        }
        "member_expression" => key(source, node.child_by_field_name("property")?),
        "subscript_expression" => key(source, node.child_by_field_name("index")?),
        "computed_property_name" => key(source, only(node)?),
        "string" => {
            let inner = literal(source, node)?.inner;
            Some(Key { text: source.get(inner.clone())?.to_owned(), span: inner })
        }
        _ => None,
    }
}

fn literal(source: &str, node: Node<'_>) -> Option<Literal> {
    let whole = words(source, node);
    let quote = whole.chars().next().filter(|quote| matches!(quote, '"' | '\'' | '`'))?;
    if whole.len() < 2 || !whole.ends_with(quote) {
        return None;
    }
    let mut cursor = node.walk();
    let values = node.named_children(&mut cursor).filter(|child| child.kind() == "template_substitution");
    Some(Literal {
        inner: node.start_byte() + 1..node.end_byte() - 1,
        escapes: Escapes::JavaScript,
        quote,
        is_multiline: quote == '`',
        is_template: quote == '`',
        values: values.map(|value| value.byte_range()).collect(),
    })
}

fn peel_call<'t>(source: &str, node: Node<'t>) -> Peel<'t> {
    let (Some(function), Some(arguments)) =
        (node.child_by_field_name("function"), node.child_by_field_name("arguments"))
    else {
        return Peel::No;
    };
    if arguments.kind() == "template_string" {
        let tag = last_name(words(source, function));
        return if DEDENT_TAGS.contains(&tag) {
            // These take the first and the last line off where nothing is on them.
            Peel::Step(arguments, Step::Dedent)
        } else if super::names::says_prompt(tag) {
            Peel::Same(arguments)
        } else {
            Peel::No
        };
    }
    if let (Some(object), Some(method)) =
        (function.child_by_field_name("object"), function.child_by_field_name("property"))
    {
        let (start, end) = match words(source, method) {
            "trim" => (true, true),
            "trimStart" => (true, false),
            "trimEnd" => (false, true),
            _ => return Peel::No,
        };
        return Peel::Step(object, Step::Trim { start, end });
    }
    match only(arguments) {
        Some(inner) if DEDENT_TAGS.contains(&words(source, function)) => Peel::Step(inner, Step::Dedent),
        _ => Peel::No,
    }
}

/// `["…", "…"].join("\n")` over literals.
fn join<'t>(source: &str, node: Node<'t>) -> Option<PartOf<'t>> {
    let function = node.child_by_field_name("function").filter(|function| function.kind() == "member_expression")?;
    let method = function.child_by_field_name("property")?;
    let array = function.child_by_field_name("object")?;
    if words(source, method) != "join" || array.kind() != "array" {
        return None;
    }
    let separator = literal(source, only(node.child_by_field_name("arguments")?)?)?;
    let glue = source.get(separator.inner)?.replace("\\n", "\n");
    let mut parts = Vec::new();
    for element in children(array) {
        if !parts.is_empty() {
            parts.push(PartOf::Glue(glue.clone(), element.start_byte()));
        }
        parts.push(PartOf::Inner(element));
    }
    Some(PartOf::Several(parts))
}
