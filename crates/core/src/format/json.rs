//! Small readings of JSON values that all formats share. They answer `None` for what is absent, null, empty or of another
//! type: a log that leaves a label out, or writes it as null, says the same.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::format::Line;
use crate::usd::Usd;

/// Parses a line that must hold a JSON object.
pub(crate) fn object(line: &Line<'_>) -> Result<Value> {
    let value = parse(line.text)?;
    if value.is_object() {
        return Ok(value);
    }
    Err(Error::input(format!("expected a JSON object, found {}", kind(&value))))
}

/// Parses JSON text; the error says where in it. Nesting deeper than 128 levels is an error, not a stack overflow.
pub(crate) fn parse(text: &str) -> Result<Value> {
    serde_json::from_str(text).map_err(|error| {
        // serde_json ends its messages with the position, counted in this text and not in the file.
        let full = error.to_string();
        let message = full.split(" at line ").next().unwrap_or(&full);
        let row = if error.line() > 1 { format!("line {} of the record, ", error.line()) } else { String::new() };
        Error::input(format!("not valid JSON at {row}column {}: {message}", error.column()))
    })
}

/// What a value is, for messages.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// A string that is not empty.
pub(crate) fn text<'a>(object: &'a Value, name: &str) -> Option<&'a str> {
    object.get(name)?.as_str().filter(|text| !text.is_empty())
}

/// The first of the fields that holds a string.
pub(crate) fn first_text<'a>(object: &'a Value, names: &[&str]) -> Option<&'a str> {
    names.iter().find_map(|name| text(object, name))
}

/// A shared string that is not empty.
pub(crate) fn arc(object: &Value, name: &str) -> Option<Arc<str>> {
    text(object, name).map(Arc::from)
}

/// A provider's name, in lower case.
pub(crate) fn provider(name: &str) -> Arc<str> {
    if name.bytes().any(|b| b.is_ascii_uppercase()) { Arc::from(name.to_lowercase()) } else { Arc::from(name) }
}

/// A field that is there and not null.
pub(crate) fn field<'a>(object: &'a Value, name: &str) -> Option<&'a Value> {
    object.get(name).filter(|value| !value.is_null())
}

/// The first of the fields that is there and not null.
pub(crate) fn first_field<'a>(object: &'a Value, names: &[&str]) -> Option<&'a Value> {
    names.iter().find_map(|name| field(object, name))
}

/// A field that holds an array.
pub(crate) fn array<'a>(object: &'a Value, name: &str) -> Option<&'a [Value]> {
    object.get(name)?.as_array().map(Vec::as_slice)
}

/// True if all the fields are there.
pub(crate) fn has_all(object: &Value, names: &[&str]) -> bool {
    names.iter().all(|name| object.get(name).is_some())
}

/// True if one of the fields is there.
pub(crate) fn has_any(object: &Value, names: &[&str]) -> bool {
    names.iter().any(|name| object.get(name).is_some())
}

/// A value that a log may have written as JSON inside a string. A string that is no JSON object or array stays a string.
pub(crate) fn embedded(value: &Value) -> Cow<'_, Value> {
    if let Value::String(text) = value
        && text.trim_start().starts_with(['{', '['])
        && let Ok(inner) = serde_json::from_str::<Value>(text)
    {
        return Cow::Owned(inner);
    }
    Cow::Borrowed(value)
}

/// An amount of dollars as a number or as text, rounded to a pico-dollar: logs write binary floats.
pub(crate) fn money(value: &Value) -> Option<Usd> {
    match value {
        Value::Number(number) => Usd::parse_rounded(number.as_str()).ok(),
        Value::String(text) => Usd::parse_rounded(text.trim().trim_start_matches('$')).ok(),
        _ => None,
    }
}

/// The first of the fields that holds an amount.
pub(crate) fn first_money(object: &Value, names: &[&str]) -> Option<Usd> {
    names.iter().find_map(|name| object.get(name).and_then(money))
}

/// True for `true`, `"true"`, `"True"`, `1`.
pub(crate) fn is_true(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::String(text)) => text.eq_ignore_ascii_case("true") || text == "1",
        Some(Value::Number(number)) => number.as_str() == "1",
        _ => false,
    }
}

/// An HTTP status as a number or as text.
pub(crate) fn status(value: &Value) -> Option<u16> {
    let status = match value {
        Value::Number(number) => number.as_u64().and_then(|n| u16::try_from(n).ok()),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    status.filter(|status| (100..=599).contains(status))
}

/// Adds a label if the value is a scalar; long values are no labels.
pub(crate) fn tag(tags: &mut BTreeMap<Arc<str>, Arc<str>>, name: &str, value: Option<&Value>) {
    let label: Arc<str> = match value {
        Some(Value::String(text)) if !text.is_empty() && text.len() <= 256 => Arc::from(text.as_str()),
        Some(Value::Number(number)) => Arc::from(number.as_str()),
        Some(Value::Bool(flag)) => Arc::from(if *flag { "true" } else { "false" }),
        _ => return,
    };
    tags.entry(Arc::from(name)).or_insert(label);
}

/// Adds each scalar field of an object as a label.
pub(crate) fn tag_all(tags: &mut BTreeMap<Arc<str>, Arc<str>>, labels: Option<&Value>) {
    for (name, value) in labels.and_then(Value::as_object).into_iter().flatten() {
        tag(tags, name, Some(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_syntax_error_names_the_column() {
        let message = parse("{\"a\": tru}").unwrap_err().to_string();
        assert!(message.starts_with("not valid JSON at column 10"), "{message}");
        let deep = "[".repeat(5000);
        assert!(parse(&deep).unwrap_err().to_string().contains("recursion limit"));
    }

    #[test]
    fn scalars_are_read_as_logs_write_them() {
        assert_eq!(money(&json!("$0.25")).map(Usd::to_decimal).as_deref(), Some("0.25"));
        assert_eq!(
            money(&parse("0.00043456000000000007").unwrap()).map(Usd::to_decimal).as_deref(),
            Some("0.00043456")
        );
        assert_eq!(money(&json!("free")), None);
        assert!(is_true(Some(&json!("True"))) && !is_true(Some(&json!("None"))) && !is_true(None));
        assert_eq!(status(&json!("429")), Some(429));
        assert_eq!(status(&json!(99_999)), None);
        assert_eq!(embedded(&json!("{\"a\":1}")).as_ref(), &json!({"a": 1}));
        assert_eq!(embedded(&json!("{no")).as_ref(), &json!("{no"));
    }

    #[test]
    fn labels_are_short_scalars_and_the_first_wins() {
        let mut tags = BTreeMap::new();
        tag(&mut tags, "user", Some(&json!("ann")));
        tag(&mut tags, "user", Some(&json!("bob")));
        tag_all(&mut tags, Some(&json!({"team": 7, "list": [1], "empty": ""})));
        let found: Vec<(&str, &str)> = tags.iter().map(|(k, v)| (&**k, &**v)).collect();
        assert_eq!(found, [("team", "7"), ("user", "ann")]);
    }
}
