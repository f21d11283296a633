//! JSON as chat templates write it, and what a JSON schema holds. Most templates render tool definitions with Python's
//! `json.dumps`, which puts a blank after `,` and `:`; requests carry them without, and the blanks are a sixth of the
//! tokens.

use serde_json::Value;

use crate::chat::Tool;

/// The JSON text with a blank after every comma and colon.
pub(super) fn spaced(value: &Value) -> String {
    let mut text = String::new();
    write_spaced(value, &mut text);
    text
}

fn write_spaced(value: &Value, text: &mut String) {
    match value {
        Value::Array(items) => {
            text.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    text.push_str(", ");
                }
                write_spaced(item, text);
            }
            text.push(']');
        }
        Value::Object(members) => {
            text.push('{');
            for (i, (key, member)) in members.iter().enumerate() {
                if i > 0 {
                    text.push_str(", ");
                }
                text.push_str(&Value::from(key.as_str()).to_string());
                text.push_str(": ");
                write_spaced(member, text);
            }
            text.push('}');
        }
        plain => text.push_str(&plain.to_string()),
    }
}

/// A tool's function object as templates render it: name, description, parameters, and `strict` if it was set.
pub(super) fn function(tool: &Tool) -> Value {
    let mut function = serde_json::Map::new();
    function.insert("name".to_owned(), Value::from(&*tool.name));
    if let Some(description) = &tool.description {
        function.insert("description".to_owned(), Value::from(&**description));
    }
    if !tool.parameters.is_null() {
        function.insert("parameters".to_owned(), tool.parameters.clone());
    }
    if let Some(strict) = tool.strict {
        function.insert("strict".to_owned(), Value::from(strict));
    }
    Value::Object(function)
}

/// The function object inside `{"type": "function", "function": …}`, as in a chat completions request.
pub(super) fn wrapped(tool: &Tool) -> Value {
    serde_json::json!({ "type": "function", "function": function(tool) })
}

/// What a schema holds, apart from its JSON syntax.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Outline {
    /// Tokens of property names, descriptions and enum values.
    pub(super) tokens: u64,
    /// Properties, nested ones included.
    pub(super) n_properties: u64,
    /// Objects, arrays and alternatives below the top.
    pub(super) n_nested: u64,
}

/// Walks a schema.
pub(super) fn outline(schema: &Value, count: &dyn Fn(&str) -> u64) -> Outline {
    let mut found = Outline::default();
    walk(schema, count, &mut found, 0);
    found
}

fn walk(schema: &Value, count: &dyn Fn(&str) -> u64, found: &mut Outline, depth: u32) {
    // No tool is that deep; a hostile body shall not exhaust the stack.
    if depth > 64 {
        return;
    }
    let nested = |inner: &Value, found: &mut Outline| {
        let is_compound = inner.get("properties").is_some() || inner.get("items").is_some();
        found.n_nested += u64::from(is_compound);
        walk(inner, count, found, depth + 1);
    };
    if let Some(description) = schema.get("description").and_then(Value::as_str) {
        found.tokens += count(description);
    }
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        for (name, property) in properties {
            found.n_properties += 1;
            found.tokens += count(name);
            nested(property, found);
        }
    }
    if let Some(items) = schema.get("items") {
        nested(items, found);
    }
    for key in ["anyOf", "oneOf", "allOf"] {
        for alternative in schema.get(key).and_then(Value::as_array).into_iter().flatten() {
            found.n_nested += 1;
            nested(alternative, found);
        }
    }
    for allowed in schema.get("enum").and_then(Value::as_array).into_iter().flatten() {
        found.tokens += allowed.as_str().map_or(1, count);
    }
}

/// Arguments of a call: tokens of names and values (values as text, compound ones as JSON), and how many there are.
pub(super) fn arguments(arguments: &str, count: &dyn Fn(&str) -> u64) -> (u64, u64) {
    match serde_json::from_str(arguments) {
        Ok(Value::Object(members)) => {
            let tokens = members
                .iter()
                .map(|(name, value)| count(name) + value.as_str().map_or_else(|| count(&spaced(value)), count))
                .sum();
            (tokens, members.len() as u64)
        }
        _ => (count(arguments), 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn words(text: &str) -> u64 {
        text.split_whitespace().count() as u64
    }

    #[test]
    fn json_is_written_as_python_writes_it() {
        let value = json!({"a": [1, "x\n", null], "b": {}, "c": 2.50});
        assert_eq!(spaced(&value), r#"{"a": [1, "x\n", null], "b": {}, "c": 2.5}"#);
    }

    #[test]
    fn a_schema_is_outlined() {
        let schema = json!({"type": "object", "properties": {
            "colour": {"type": "string", "description": "one of three", "enum": ["red", "green", "dark blue"]},
            "window": {"type": "object", "properties": {"start": {"type": "string"}}},
        }});
        assert_eq!(outline(&schema, &words), Outline { tokens: 10, n_properties: 3, n_nested: 1 });
    }

    #[test]
    fn arguments_are_names_and_values() {
        assert_eq!(arguments(r#"{"city":"New York","days":3}"#, &words), (5, 2));
        assert_eq!(arguments("not json", &words), (2, 0));
    }
}
