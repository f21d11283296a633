//! Reading JSON fields with errors that name the field and say what was expected. A missing field and `null` are the same
//! here: providers use both for "not said".

use std::sync::Arc;

use serde_json::{Map, Value};

use crate::chat::{CacheMark, Role, Tool};
use crate::error::{Error, Result};

/// The fields of a JSON object.
pub(super) type Fields = Map<String, Value>;

/// A value that is there and not `null`.
pub(super) fn given<'a>(fields: &'a Fields, name: &str) -> Option<&'a Value> {
    fields.get(name).filter(|value| !value.is_null())
}

/// The body as an object.
pub(super) fn body(value: &Value) -> Result<&Fields> {
    value.as_object().ok_or_else(|| wrong("an object", value))
}

/// A string field.
pub(super) fn string<'a>(fields: &'a Fields, name: &str) -> Result<Option<&'a str>> {
    typed(fields, name, "a string", Value::as_str)
}

/// A string field, shared.
pub(super) fn shared(fields: &Fields, name: &str) -> Result<Option<Arc<str>>> {
    Ok(string(fields, name)?.map(Arc::from))
}

/// A boolean field.
pub(super) fn boolean(fields: &Fields, name: &str) -> Result<Option<bool>> {
    typed(fields, name, "true or false", Value::as_bool)
}

/// A field with a whole number from 0.
pub(super) fn whole(fields: &Fields, name: &str) -> Result<Option<u64>> {
    typed(fields, name, "a whole number", |value| super::count::whole_number(value).ok())
}

/// An object field.
pub(super) fn object<'a>(fields: &'a Fields, name: &str) -> Result<Option<&'a Fields>> {
    typed(fields, name, "an object", Value::as_object)
}

/// An array field; empty if missing.
pub(super) fn array<'a>(fields: &'a Fields, name: &str) -> Result<&'a [Value]> {
    Ok(typed(fields, name, "an array", Value::as_array)?.map_or(&[], Vec::as_slice))
}

/// Reads every element of an array field; an error names its index.
pub(super) fn each<T>(fields: &Fields, name: &str, read: impl Fn(&Value) -> Result<T>) -> Result<Vec<T>> {
    each_of(array(fields, name)?, read).map_err(|error| error.in_field(name))
}

/// Reads every element; an error names its index.
pub(super) fn each_of<T>(values: &[Value], read: impl Fn(&Value) -> Result<T>) -> Result<Vec<T>> {
    values.iter().enumerate().map(|(i, value)| read(value).map_err(|error| error.in_field(&i.to_string()))).collect()
}

/// What was expected, and what kind of thing stood there instead. The value itself is not shown: it may be secret.
pub(super) fn wrong(expected: &str, found: &Value) -> Error {
    let found = match found {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    Error::input(format!("expected {expected}, found {found}"))
}

/// A string that may stand in for anything: the text of a string, the JSON of the rest.
pub(super) fn text_or_json(value: &Value) -> Arc<str> {
    match value {
        Value::String(text) => Arc::from(text.as_str()),
        other => json(other),
    }
}

/// The JSON text of a value: key order and number spelling as written.
pub(super) fn json(value: &Value) -> Arc<str> {
    Arc::from(value.to_string())
}

/// A role by its name; names that no dialect defines read as the user's.
pub(super) fn role(name: &str) -> Role {
    match name {
        "system" | "SYSTEM" => Role::System,
        "developer" => Role::Developer,
        "assistant" | "model" | "CHATBOT" | "chatbot" => Role::Assistant,
        "tool" | "TOOL" | "function" => Role::Tool,
        _ => Role::User,
    }
}

/// `{"type": "ephemeral", "ttl": "1h"}`, as Anthropic and its resellers write it.
pub(super) fn cache_control(fields: &Fields) -> Option<CacheMark> {
    given(fields, "cache_control").map(cache_ttl)
}

/// A marker's time to live: five minutes unless it says an hour.
pub(super) fn cache_ttl(mark: &Value) -> CacheMark {
    match mark.get("ttl").and_then(Value::as_str) {
        Some("1h") => CacheMark::Long,
        _ => CacheMark::Short,
    }
}

/// What is left of a request when its dialect has read its part: sampling parameters and what this version does not know.
/// Fields that bear on transport or bookkeeping, not on the answer, are left out.
pub(super) fn parameters(fields: &Fields, already_read: &[&str]) -> Vec<(Arc<str>, Value)> {
    const BOOKKEEPING: [&str; 10] = [
        "stream",
        "stream_options",
        "stream_tokens",
        "user",
        "metadata",
        "store",
        "background",
        "safety_identifier",
        "requestMetadata",
        "labels",
    ];
    let mut parameters: Vec<(Arc<str>, Value)> = fields
        .iter()
        .filter(|(name, value)| {
            let name = name.as_str();
            !value.is_null() && !already_read.contains(&name) && !BOOKKEEPING.contains(&name)
        })
        .map(|(name, value)| (Arc::from(name.as_str()), value.clone()))
        .collect();
    parameters.sort_by(|a, b| a.0.cmp(&b.0));
    parameters
}

/// Name and definition of a tool that the provider runs.
pub(super) type ServerTool = (Arc<str>, Value);

/// Names and definitions of tools that the provider runs, apart.
pub(super) fn server_tools(tools: Vec<ServerTool>) -> (Vec<Arc<str>>, Arc<[Value]>) {
    let (names, mut definitions): (Vec<_>, Vec<_>) = tools.into_iter().unzip();
    for definition in &mut definitions {
        if let Value::Object(fields) = definition {
            fields.shift_remove("cache_control");
        }
    }
    (names, definitions.into())
}

/// True if a document or search result among the content asks to be cited: Claude then gets orders how to cite.
pub(super) fn wants_citations(content: &Value) -> bool {
    match content {
        Value::Array(values) => values.iter().any(wants_citations),
        Value::Object(fields) => {
            let enabled = fields.get("citations").and_then(|citations| citations.get("enabled"));
            enabled == Some(&Value::Bool(true))
                || ["content", "document", "searchResult", "toolResult"]
                    .iter()
                    .any(|name| fields.get(*name).is_some_and(wants_citations))
        }
        _ => false,
    }
}

/// A tool definition whose name, description and schema stand in `function`, written as `whole`.
pub(super) fn tool(function: &Fields, schema: &str, whole: &Value) -> Result<Tool> {
    Ok(Tool {
        name: shared(function, "name")?.unwrap_or_default(),
        description: shared(function, "description")?,
        parameters: function.get(schema).cloned().unwrap_or_default(),
        strict: boolean(function, "strict")?,
        json: json(whole),
        cache_mark: whole.as_object().and_then(cache_control),
    })
}

fn typed<'a, T>(
    fields: &'a Fields,
    name: &str,
    expected: &str,
    read: impl Fn(&'a Value) -> Option<T>,
) -> Result<Option<T>> {
    match given(fields, name) {
        None => Ok(None),
        Some(value) => match read(value) {
            Some(read) => Ok(Some(read)),
            None => Err(wrong(expected, value).in_field(name)),
        },
    }
}
