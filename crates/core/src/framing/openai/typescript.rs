//! Tool definitions as the model reads them: a TypeScript namespace with a type a function.
//!
//! ```text
//! # Tools
//!
//! ## functions
//!
//! namespace functions {
//!
//! // Looks up an order
//! type find_order = (_: {
//! // Its number
//! number: string,
//! with_lines?: boolean, // default: false
//! }) => any;
//!
//! type now = () => any;
//!
//! } // namespace functions
//! ```
//!
//! The form is known from what models repeat of it and from the published gpt-oss format; its details are measured. An
//! object none of whose properties has a comment stands on one line (`{a: number, b?: string}`). A `title` is a comment
//! before the description. Nothing is indented. References are written out where they are used. Keywords that are not
//! mentioned here (`strict`, `format`, `pattern`, `minimum`, …) are not rendered. A custom tool takes free text, and its
//! grammar is a comment.
//!
//! Ollama renders the same for gpt-oss with a template of its own: always over several lines, indented by two blanks, no
//! deeper than the first level ([`Style::Ollama`]).

use serde_json::Value;

use crate::chat::Tool;

/// Who renders.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// OpenAI's API, and hosts of gpt-oss that render as published.
    OpenAi,
    /// Ollama.
    Ollama,
}

/// The namespace of these tools.
pub(super) fn namespace(tools: &[Tool], style: Style) -> String {
    let mut out = String::from("# Tools\n\n## functions\n\nnamespace functions {\n\n");
    for tool in tools {
        function(tool, style, &mut out);
    }
    out.push_str("} // namespace functions");
    out
}

/// True for a tool that takes free text after a grammar.
pub(super) fn has_grammar(tool: &Tool) -> bool {
    free_text(tool) == Some("grammar")
}

/// The kind of free text (`text`, `grammar`) a custom tool takes; `None` for a function.
fn free_text(tool: &Tool) -> Option<&str> {
    tool.parameters.get("type")?.as_str().filter(|kind| matches!(*kind, "text" | "grammar"))
}

fn function(tool: &Tool, style: Style, out: &mut String) {
    if let Some(description) = tool.description.as_deref().filter(|text| !text.is_empty()) {
        comment(description, out);
    }
    out.push_str("type ");
    out.push_str(&tool.name);
    if free_text(tool).is_some() {
        out.push_str(" = (FREEFORM) => any;\n");
        let format = tool.parameters.get("grammar").unwrap_or(&tool.parameters);
        for line in format.get("definition").and_then(Value::as_str).unwrap_or_default().lines() {
            comment(line, out);
        }
        out.push('\n');
    } else if style == Style::Ollama && has_properties(&tool.parameters) {
        shallow(tool, out);
    } else if has_properties(&tool.parameters) {
        out.push_str(" = (_: ");
        for text in comments(&tool.parameters) {
            comment(text, out);
        }
        let budget = out.len() + MAX_RENDERED;
        Renderer { root: &tool.parameters, budget }.object(&tool.parameters, 0, out);
        out.push_str(") => any;\n\n");
    } else {
        out.push_str(" = () => any;\n\n");
    }
}

/// One level of parameters, as Ollama writes them.
fn shallow(tool: &Tool, out: &mut String) {
    out.push_str(" = (_: {\n");
    let properties = tool.parameters.get("properties").and_then(Value::as_object);
    let required = names(tool.parameters.get("required"));
    for (name, schema) in properties.into_iter().flatten() {
        if let Some(description) = schema.get("description").and_then(Value::as_str) {
            out.push_str("  ");
            comment(description, out);
        }
        out.push_str("  ");
        out.push_str(name);
        out.push_str(if required.contains(&name.as_str()) { ": " } else { "?: " });
        out.push_str(flat_type(schema));
        out.push_str(",\n");
    }
    out.push_str("}) => any;\n\n");
}

/// A type's name, whatever is inside.
fn flat_type(schema: &Value) -> &str {
    match schema.get("type").and_then(Value::as_str) {
        Some("array") => "any[]",
        Some("integer") => "number",
        Some(name) => name,
        None => "any",
    }
}

/// A comment. Lines after the first are not marked as comments; that is how they are billed.
fn comment(text: &str, out: &mut String) {
    out.push_str("// ");
    out.push_str(text.trim());
    out.push('\n');
}

fn comments(schema: &Value) -> impl Iterator<Item = &str> {
    ["title", "description"].into_iter().filter_map(|key| schema.get(key)?.as_str()).filter(|text| !text.is_empty())
}

fn has_properties(schema: &Value) -> bool {
    schema.get("properties").and_then(Value::as_object).is_some_and(|properties| !properties.is_empty())
}

/// Deeper than this nothing is rendered: references may form a circle.
const MAX_DEPTH: usize = 24;
/// One function is not rendered beyond this: references may branch without end.
const MAX_RENDERED: usize = 1 << 20;

struct Renderer<'a> {
    /// Where references point into.
    root: &'a Value,
    /// Length of the output at which rendering stops.
    budget: usize,
}

impl Renderer<'_> {
    fn object(&self, schema: &Value, depth: usize, out: &mut String) {
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
        let required = names(schema.get("required"));
        let is_commented = |schema: &Value| comments(schema).next().is_some() || schema.get("default").is_some();
        let is_one_line = !properties.values().any(is_commented);
        out.push('{');
        if !is_one_line {
            out.push('\n');
        }
        for (i, (name, schema)) in properties.iter().enumerate() {
            if is_one_line && i > 0 {
                out.push_str(", ");
            }
            if !is_one_line {
                for text in comments(schema) {
                    comment(text, out);
                }
            }
            out.push_str(name);
            out.push_str(if required.contains(&name.as_str()) { ": " } else { "?: " });
            self.type_of(schema, depth + 1, out);
            if !is_one_line {
                out.push(',');
                if let Some(default) = schema.get("default").filter(|default| !default.is_null()) {
                    out.push_str(" // default: ");
                    out.push_str(&default.to_string());
                }
                out.push('\n');
            }
        }
        out.push('}');
    }

    fn type_of(&self, schema: &Value, depth: usize, out: &mut String) {
        if depth > MAX_DEPTH || out.len() > self.budget {
            out.push_str("any");
            return;
        }
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            match reference.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer)) {
                Some(target) => self.type_of(target, depth + 1, out),
                None => out.push_str("any"),
            }
            return;
        }
        if let Some(values) = schema.get("enum").and_then(Value::as_array) {
            return union(values, out, |value, out| out.push_str(&value.to_string()));
        }
        if let Some(value) = schema.get("const") {
            out.push_str(&value.to_string());
            return;
        }
        for key in ["anyOf", "oneOf", "allOf"] {
            if let Some(schemas) = schema.get(key).and_then(Value::as_array) {
                return union(schemas, out, |schema, out| self.type_of(schema, depth + 1, out));
            }
        }
        match schema.get("type") {
            Some(Value::Array(names)) => {
                union(names, out, |name, out| self.named(name.as_str().unwrap_or("any"), schema, depth, out));
            }
            Some(Value::String(name)) => self.named(name, schema, depth, out),
            _ if has_properties(schema) => self.object(schema, depth, out),
            _ => out.push_str("any"),
        }
    }

    fn named(&self, name: &str, schema: &Value, depth: usize, out: &mut String) {
        match name {
            "object" if has_properties(schema) => self.object(schema, depth, out),
            "array" => {
                match schema.get("items") {
                    Some(items) => self.type_of(items, depth + 1, out),
                    None => out.push_str("any"),
                }
                out.push_str("[]");
            }
            "integer" => out.push_str("number"),
            other => out.push_str(other),
        }
    }
}

/// The strings of an array.
fn names(array: Option<&Value>) -> Vec<&str> {
    array.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

/// `a | b | c`
fn union(values: &[Value], out: &mut String, mut write: impl FnMut(&Value, &mut String)) {
    for (i, value) in values.iter().enumerate() {
        if i > 0 {
            out.push_str(" | ");
        }
        write(value, out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn comments_spread_an_object_over_lines() {
        check(
            Some("Looks up an order"),
            &json!({ "type": "object", "required": ["number"], "properties": {
                "number": { "type": "string", "title": "Number", "description": "As printed " },
                "with_lines": { "type": "boolean", "default": false },
                "kind": { "enum": ["retail", "trade"] } } }),
            "// Looks up an order\ntype f = (_: {\n// Number\n// As printed\nnumber: string,\n\
             with_lines?: boolean, // default: false\nkind?: \"retail\" | \"trade\",\n}) => any;",
        );
    }

    #[test]
    fn without_comments_it_stands_on_one_line() {
        check(
            None,
            &json!({ "properties": { "a": { "type": "integer" }, "b": { "type": ["string", "null"] },
                     "c": { "type": "array", "items": { "type": "number" } } }, "required": ["a"] }),
            "type f = (_: {a: number, b?: string | null, c?: number[]}) => any;",
        );
    }

    #[test]
    fn no_parameters() {
        for none in [Value::Null, json!({}), json!({ "type": "object", "properties": {} })] {
            check(Some(""), &none, "type f = () => any;");
        }
    }

    #[test]
    fn a_custom_tool_takes_free_text() {
        check(
            None,
            &json!({ "type": "grammar", "syntax": "regex", "definition": "[a-z]+" }),
            "type f = (FREEFORM) => any;\n// [a-z]+",
        );
    }

    #[test]
    fn references_are_written_out_and_circles_end() {
        check(
            None,
            &json!({ "$defs": { "P": { "type": "object", "properties": { "x": { "type": "number" } } } },
                     "properties": { "from": { "$ref": "#/$defs/P" } }, "required": ["from"] }),
            "type f = (_: {from: {x?: number}}) => any;",
        );
        let circle = json!({ "properties": { "l": { "$ref": "#" }, "r": { "$ref": "#" } } });
        let tool = Tool { name: "f".into(), parameters: circle, ..Tool::default() };
        assert!(namespace(&[tool], Style::OpenAi).len() < 2 * MAX_RENDERED);
    }

    fn check(description: Option<&str>, parameters: &Value, expected: &str) {
        let tool = Tool {
            name: "f".into(),
            description: description.map(Into::into),
            parameters: parameters.clone(),
            ..Tool::default()
        };
        let rendered = namespace(&[tool], Style::OpenAi);
        let body = rendered
            .strip_prefix("# Tools\n\n## functions\n\nnamespace functions {\n\n")
            .and_then(|rest| rest.strip_suffix("\n\n} // namespace functions"));
        assert_eq!(body, Some(expected));
    }
}
