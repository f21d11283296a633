//! Tools, the choice among them, and the shape of the answer.

use serde_json::{Map, Value, json};

use super::super::Losses;
use super::super::model::{AnswerFormat, Own, Tool, ToolChoice};
use super::super::take::{Put, Take, cache_control};
use crate::error::Result;

pub(super) fn read_tool(value: &Value) -> Result<Tool> {
    let mut take = Take::strict(value)?;
    let kind = take.kind()?;
    let is_function = kind == "function" || (kind.is_empty() && take.get("function").is_some());
    if !is_function {
        let name = take.str("name").unwrap_or(&kind).to_owned();
        return Ok(Tool { name, server: Some(value.clone()), ..Tool::default() });
    }
    let Some(mut function) = take.inner("function")? else { return Err(take.wrong("function", "an object")) };
    let has_type = take.drop_if("type", "function");
    let cache = take.cache_control();
    let tool = Tool {
        name: function.needed_text("name")?,
        description: function.text("description")?,
        parameters: function.object("parameters")?.map(Value::Object),
        strict: function.truth("strict")?,
        cache,
        server: None,
        own: Own::new(),
    };
    let (inner, mut own) = (function.rest(), take.rest());
    if !inner.is_empty() {
        own.insert("~inner".to_owned(), Value::Object(inner));
    }
    if !has_type {
        own.insert("~type".to_owned(), "absent".into());
    }
    Ok(Tool { own, ..tool })
}

pub(super) fn read_choice(take: &mut Take, spelling: &mut Own) -> Result<Option<ToolChoice>> {
    let Some(choice) = take.get("tool_choice").filter(|choice| !choice.is_null()).cloned() else { return Ok(None) };
    let read = match &choice {
        Value::String(word) => match word.as_str() {
            "auto" => ToolChoice::Auto,
            "none" => ToolChoice::None,
            "required" => ToolChoice::Required,
            "any" => {
                spelling.insert("~choice".to_owned(), "any".into());
                ToolChoice::Required
            }
            _ => ToolChoice::Other(choice.clone()),
        },
        Value::Object(_) => match choice.pointer("/function/name").and_then(Value::as_str) {
            // Nothing else beside the name, or it would be lost.
            Some(name) if choice == json!({"type": "function", "function": {"name": name}}) => {
                ToolChoice::Named(name.to_owned())
            }
            _ => ToolChoice::Other(choice.clone()),
        },
        _ => return Err(take.wrong("tool_choice", "a text or an object")),
    };
    take.any("tool_choice");
    Ok(Some(read))
}

pub(super) fn read_format(take: &mut Take, spelling: &mut Own) -> Result<Option<AnswerFormat>> {
    let whole = take.get("response_format").cloned();
    let Some(mut take) = take.inner("response_format")? else { return Ok(None) };
    let kind = take.kind()?;
    let read = match kind.as_str() {
        "text" => Some(AnswerFormat::Text),
        "json_object" => Some(AnswerFormat::JsonObject),
        "json_schema" => take
            .inner("json_schema")?
            .map(|mut inner| -> Result<AnswerFormat> {
                let format = AnswerFormat::JsonSchema {
                    name: inner.text("name")?,
                    description: inner.text("description")?,
                    schema: inner.object("schema")?.map(Value::Object).unwrap_or_default(),
                    strict: inner.truth("strict")?,
                };
                let rest = inner.rest();
                if !rest.is_empty() {
                    spelling.insert("~schema".to_owned(), Value::Object(rest));
                }
                Ok(format)
            })
            .transpose()?,
        _ => None,
    };
    if read.is_none() {
        spelling.insert("~format".to_owned(), whole.unwrap_or_default());
    }
    take.drop_if("type", &kind);
    let rest = take.rest();
    if read.is_some() && !rest.is_empty() {
        spelling.insert("~format_rest".to_owned(), Value::Object(rest));
    }
    Ok(read)
}

pub(super) fn write_tool(tool: &Tool, is_own: bool, lost: &mut Losses) -> Option<Value> {
    if let Some(server) = &tool.server {
        return if is_own {
            Some(server.clone())
        } else {
            lost.part(&format!("tools.{}", tool.name), "a tool that runs with the provider")
        };
    }
    let mut function = Put::default();
    function.set("name", tool.name.clone()).maybe("description", tool.description.clone());
    function.maybe("parameters", tool.parameters.clone()).maybe("strict", tool.strict);
    function.own(tool.own.get("~inner").and_then(Value::as_object).unwrap_or(&Map::new()), is_own);
    let mut put = Put::default();
    if !(is_own && tool.own.contains_key("~type")) {
        put.set("type", "function");
    }
    put.set("function", function.done());
    put.maybe("cache_control", tool.cache.map(cache_control)).own(&tool.own, is_own);
    Some(put.done())
}

pub(super) fn write_format(format: &AnswerFormat, own: &Own, is_own: bool) -> Value {
    let empty = Map::new();
    let notes = |name: &str| own.get(name).and_then(Value::as_object).unwrap_or(&empty);
    let mut put = Put::default();
    match format {
        AnswerFormat::Text => _ = put.set("type", "text"),
        AnswerFormat::JsonObject => _ = put.set("type", "json_object"),
        AnswerFormat::JsonSchema { name, description, schema, strict } => {
            let mut inner = Put::default();
            inner.maybe("name", name.clone().or_else(|| (!is_own).then(|| "answer".to_owned())));
            inner.maybe("description", description.clone());
            if !schema.is_null() {
                inner.set("schema", schema.clone());
            }
            inner.maybe("strict", *strict).own(notes("~schema"), is_own);
            put.set("type", "json_schema").set("json_schema", inner.done());
        }
    }
    put.own(notes("~format_rest"), is_own);
    put.done()
}
