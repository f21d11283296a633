//! The JSON schema of `promptopt.toml`, for editors: made from the table of keys and the options of the rules, so that it
//! cannot say anything else than the checks do. `promptopt.schema.json` in the repository is this text.

use serde_json::{Map, Value, json};

use super::keys::{self, Key, Shape};
use crate::lint::RULES;
use crate::lint::rule::{Default as Standard, FAMILIES, Rule};

/// Where editors find it.
pub const URL: &str = "https://raw.githubusercontent.com/promptopt/promptopt/main/promptopt.schema.json";

/// The schema, as text.
pub fn text() -> String {
    // A schema is plain JSON: writing it cannot fail.
    serde_json::to_string_pretty(&schema()).unwrap_or_default() + "\n"
}

/// The schema. Draft 7, which the editors' TOML plugins read.
pub fn schema() -> Value {
    let mut file = members(&keys::file());
    let selectors: Vec<&str> = ["ALL", "DEFAULT"]
        .into_iter()
        .chain(FAMILIES.iter().map(|(letters, _)| *letters))
        .chain(RULES.iter().flat_map(|rule| [rule.code, rule.name]))
        .collect();
    // An editor offers the names; other beginnings of codes (`CST0`) are selectors too.
    let selector =
        json!({ "anyOf": [{ "enum": selectors }, { "type": "string", "pattern": "^[A-Z]{1,3}[0-9]{0,3}$" }] });
    let mut all = Map::new();
    all.insert("$schema".to_owned(), json!("http://json-schema.org/draft-07/schema#"));
    all.insert("$id".to_owned(), json!(URL));
    all.insert("title".to_owned(), json!("promptopt.toml"));
    if let Some(file) = file.as_object_mut() {
        all.append(file);
    }
    all.insert("definitions".to_owned(), json!({ "selector": selector, "ignore": table(keys::IGNORE) }));
    Value::Object(all)
}

fn table(keys: &'static [Key]) -> Value {
    members(&keys.iter().collect::<Vec<_>>())
}

fn members(keys: &[&'static Key]) -> Value {
    let properties: Map<String, Value> = keys
        .iter()
        .map(|key| {
            let mut shape = shape(&key.shape);
            if let Some(shape) = shape.as_object_mut() {
                shape.insert("description".to_owned(), json!(key.about));
            }
            (key.name.to_owned(), shape)
        })
        .collect();
    let mut table = json!({ "type": "object", "additionalProperties": false, "properties": properties });
    let required = keys::required(keys);
    if let Some(table) = table.as_object_mut()
        && !required.is_empty()
    {
        table.insert("required".to_owned(), json!(required));
    }
    table
}

fn shape(shape: &Shape) -> Value {
    let selectors = || json!({ "type": "array", "items": { "$ref": "#/definitions/selector" } });
    match shape {
        Shape::Text | Shape::Path | Shape::Model | Shape::Host => json!({ "type": "string" }),
        Shape::Models | Shape::Globs => json!({ "type": "array", "items": { "type": "string" } }),
        Shape::Selectors => selectors(),
        Shape::Count => json!({ "type": "integer", "minimum": 0 }),
        Shape::Usd => json!({ "type": ["string", "number"], "pattern": "^\\s*\\$?[0-9.eE+-]+\\s*$", "minimum": 0 }),
        Shape::Date => json!({ "type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" }),
        Shape::FailOn => json!({ "enum": ["error", "warning", "info", "never"] }),
        Shape::Level => json!({ "enum": ["error", "warning", "info", "off"] }),
        Shape::Ignore => json!({ "anyOf": [selectors(), { "$ref": "#/definitions/ignore" }] }),
        Shape::Table(keys) => table(keys),
        Shape::Tables(keys) => json!({ "type": "array", "items": table(keys) }),
        Shape::ByRule(inner) => json!({
            "type": "object",
            "propertyNames": { "$ref": "#/definitions/selector" },
            "additionalProperties": self::shape(inner),
        }),
        Shape::ByGlob(inner) => json!({ "type": "object", "additionalProperties": self::shape(inner) }),
        Shape::Options => options(),
        _ => routed(shape),
    }
}

/// Shapes of the router's keys.
fn routed(shape: &Shape) -> Value {
    let texts = || json!({ "type": "array", "items": { "type": "string" } });
    let text = |pattern: &str| json!({ "type": "string", "pattern": pattern });
    match shape {
        Shape::ByName(keys) => json!({ "type": "object", "additionalProperties": table(keys) }),
        Shape::Switch(keys) => json!({ "anyOf": [{ "type": "boolean" }, table(keys)] }),
        Shape::Bool => json!({ "type": "boolean" }),
        Shape::OneOf(names) => json!({ "enum": names }),
        Shape::Texts => texts(),
        Shape::TextMap => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        Shape::Duration => text("^\\s*[0-9]+\\s*(ms|s|m|min|h|d)\\s*$"),
        Shape::Size => text("^\\s*[0-9]+\\s*(B|KiB|MiB|GiB|kB|MB|GB)\\s*$"),
        Shape::Secret => text("^(env|file):.+$"),
        Shape::By => text("^(all|tenant|caller|team|tag:.+|route|provider|model|target)$"),
        Shape::Period => text("^\\s*(day|month|rolling .+)\\s*$"),
        Shape::Objective => text("^\\s*(cheapest|fastest|weighted|ordered|quality *>=.+)\\s*$"),
        Shape::Tiers => {
            json!({ "type": "array", "items": { "enum": ["batch", "flex", "standard", "priority", "fast", "ultrafast"] } })
        }
        Shape::Labels => json!({
            "type": "object",
            "propertyNames": self::shape(&Shape::By),
            "additionalProperties": { "type": "string" },
        }),
        Shape::Times => json!({ "type": ["string", "number"], "pattern": "^\\s*[0-9.]+\\s*$", "minimum": 0 }),
        Shape::Targets => json!({ "type": "array", "items": { "type": ["string", "object"] } }),
        Shape::Receivers => json!({
            "type": "array",
            "items": {
                "anyOf": [
                    { "type": "string", "pattern": "^(webhook:(env|file):.+|log:.+)$" },
                    {
                        "type": "object",
                        "additionalProperties": false,
                        "required": ["command"],
                        "properties": { "command": { "type": "array", "minItems": 1, "items": { "type": "string" } } },
                    },
                ],
            },
        }),
        _ => json!({ "type": "string" }),
    }
}

/// `[lint.rules]`: a table a rule, under its name or its code.
fn options() -> Value {
    let mut properties = Map::new();
    for rule in RULES {
        properties.insert(rule.name.to_owned(), options_of(rule));
    }
    for rule in RULES {
        properties.insert(rule.code.to_owned(), options_of(rule));
    }
    json!({ "type": "object", "additionalProperties": false, "properties": properties })
}

fn options_of(rule: &Rule) -> Value {
    let properties: Map<String, Value> = rule
        .options
        .iter()
        .map(|spec| {
            let (kind, default) = match spec.default {
                Standard::Int(value) => (json!({ "type": "integer" }), json!(value)),
                Standard::Bool(value) => (json!({ "type": "boolean" }), json!(value)),
                Standard::Text(value) => (json!({ "type": "string" }), json!(value)),
                Standard::List(value) => (json!({ "type": "array", "items": { "type": "string" } }), json!(value)),
            };
            let mut property = kind;
            if let Some(property) = property.as_object_mut() {
                property.insert("default".to_owned(), default);
                property.insert("description".to_owned(), json!(spec.about));
            }
            (spec.name.to_owned(), property)
        })
        .collect();
    json!({
        "type": "object",
        "description": rule.about(),
        "additionalProperties": false,
        "properties": properties,
    })
}
