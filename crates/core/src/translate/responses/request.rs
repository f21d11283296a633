//! Requests.

use serde_json::{Map, Value, json};

use super::super::model::{AnswerFormat, Message, Node, Own, Part, Reasoning, Request, Sampling, Tool, ToolChoice};
use super::super::take::{Put, SHARE, Take, UP_TO_2, each, note};
use super::super::{Losses, Written};
use super::items;
use crate::chat::{Dialect, Role};
use crate::error::Result;

pub(super) fn read(body: &Value) -> Result<Request> {
    let mut take = Take::strict(body)?;
    let mut spelling = Own::new();
    let mut messages = Vec::new();
    if let Some(instructions) = take.text("instructions")? {
        let own = Own::from_iter([("~instructions".to_owned(), true.into())]);
        messages.push(Message {
            role: Role::System,
            parts: vec![Node::new(Part::Text(instructions))],
            own,
            name: None,
        });
    }
    match take.get("input").cloned() {
        Some(Value::String(text)) => {
            take.any("input");
            spelling.insert("~input".to_owned(), "string".into());
            messages.push(Message { role: Role::User, parts: vec![Node::new(Part::Text(text))], ..Message::default() });
        }
        Some(Value::Array(list)) => {
            take.any("input");
            spelling.insert("~input".to_owned(), "list".into());
            messages.extend(each(&list, "input", items::read)?);
        }
        None | Some(Value::Null) => {}
        Some(_) => return Err(take.wrong("input", "a text or a list of items")),
    }
    let tools = take.each("tools", read_tool)?.unwrap_or_default();
    if tools.is_empty() && body.get("tools").is_some_and(Value::is_array) {
        spelling.insert("~tools".to_owned(), "empty".into());
    }
    let is_stream = take.truth("stream")?;
    if is_stream == Some(false) {
        take.put_back("stream", false.into());
    }
    let format = match take.inner("text")? {
        Some(mut text) => {
            let format = read_format(&mut text, &mut spelling)?;
            spelling.insert("~text".to_owned(), Value::Object(text.rest()));
            format
        }
        None => None,
    };
    let reasoning = match take.inner("reasoning")? {
        Some(mut inner) => {
            let effort = inner.text("effort")?;
            Some(Reasoning { effort, own: inner.rest(), ..Reasoning::default() })
        }
        None => None,
    };
    let metadata = take.object("metadata")?;
    if metadata.as_ref().is_some_and(Map::is_empty) {
        take.put_back("metadata", json!({}));
    }
    let mut request = Request {
        dialect: Dialect::Responses,
        model: take.text("model")?,
        stream: is_stream.unwrap_or(false),
        stream_usage: None,
        messages,
        tools,
        tool_choice: read_choice(&mut take)?,
        parallel_tools: take.truth("parallel_tool_calls")?,
        format,
        sampling: Sampling {
            max_output: take.count("max_output_tokens")?,
            temperature: take.number("temperature", &UP_TO_2)?,
            top_p: take.number("top_p", &SHARE)?,
            top_logprobs: take.count("top_logprobs")?,
            ..Sampling::default()
        },
        reasoning,
        service_tier: take.text("service_tier")?,
        user: take.text("user")?,
        metadata: metadata.unwrap_or_default(),
        cache_key: take.text("prompt_cache_key")?,
        own: take.rest(),
    };
    request.own.extend(spelling);
    Ok(request)
}

fn read_tool(value: &Value) -> Result<Tool> {
    let mut take = Take::strict(value)?;
    let kind = take.kind()?;
    if kind != "function" {
        let name = take.str("name").unwrap_or(&kind).to_owned();
        return Ok(Tool { name, server: Some(value.clone()), ..Tool::default() });
    }
    take.any("type");
    let tool = Tool {
        name: take.needed_text("name")?,
        description: take.text("description")?,
        parameters: take.object("parameters")?.map(Value::Object),
        strict: take.truth("strict")?,
        ..Tool::default()
    };
    Ok(Tool { own: take.rest(), ..tool })
}

fn read_choice(take: &mut Take) -> Result<Option<ToolChoice>> {
    let Some(choice) = take.get("tool_choice").filter(|choice| !choice.is_null()).cloned() else { return Ok(None) };
    let read = match &choice {
        Value::String(word) => match word.as_str() {
            "auto" => ToolChoice::Auto,
            "none" => ToolChoice::None,
            "required" => ToolChoice::Required,
            _ => ToolChoice::Other(choice.clone()),
        },
        Value::Object(fields) if fields.len() == 2 && fields.get("type").is_some_and(|kind| kind == "function") => {
            match fields.get("name").and_then(Value::as_str) {
                Some(name) => ToolChoice::Named(name.to_owned()),
                None => ToolChoice::Other(choice.clone()),
            }
        }
        Value::Object(_) => ToolChoice::Other(choice.clone()),
        _ => return Err(take.wrong("tool_choice", "a text or an object")),
    };
    take.any("tool_choice");
    Ok(Some(read))
}

fn read_format(text: &mut Take, spelling: &mut Own) -> Result<Option<AnswerFormat>> {
    let whole = text.get("format").cloned();
    let Some(mut take) = text.inner("format")? else { return Ok(None) };
    let kind = take.kind()?;
    let read = match kind.as_str() {
        "text" => Some(AnswerFormat::Text),
        "json_object" => Some(AnswerFormat::JsonObject),
        "json_schema" => Some(AnswerFormat::JsonSchema {
            name: take.text("name")?,
            description: take.text("description")?,
            schema: take.object("schema")?.map(Value::Object).unwrap_or_default(),
            strict: take.truth("strict")?,
        }),
        _ => None,
    };
    if read.is_none() {
        spelling.insert("~format".to_owned(), whole.unwrap_or_default());
    } else {
        take.drop_if("type", &kind);
        spelling.insert("~format_rest".to_owned(), Value::Object(take.rest()));
    }
    Ok(read)
}

pub(super) fn write(request: &Request) -> Written {
    let is_own = request.dialect == Dialect::Responses;
    let (own, mut lost, mut put) = (&request.own, Losses::default(), Put::default());
    put.maybe("model", request.model.clone());
    let mut input = Vec::new();
    for (index, message) in request.messages.iter().enumerate() {
        let is_instructions =
            if is_own { message.own.contains_key("~instructions") } else { index == 0 && message.role == Role::System };
        if is_instructions && let Some(text) = only_text(message) {
            put.set("instructions", text);
        } else {
            input.extend(items::write(message, is_own, false, &format!("messages[{index}]"), &mut lost));
        }
    }
    match note(own, "~input").filter(|_| is_own) {
        Some("string") => _ = put.maybe("input", input.first().and_then(|item| item.get("content")).map(text_of)),
        None if is_own => {}
        _ => _ = put.set("input", input),
    }
    let tools: Vec<Value> = request.tools.iter().filter_map(|tool| write_tool(tool, is_own, &mut lost)).collect();
    if !tools.is_empty() || (is_own && own.contains_key("~tools")) {
        put.set("tools", tools);
    }
    put.maybe(
        "tool_choice",
        request.tool_choice.as_ref().and_then(|choice| match choice {
            ToolChoice::Auto => Some(json!("auto")),
            ToolChoice::None => Some(json!("none")),
            ToolChoice::Required => Some(json!("required")),
            ToolChoice::Named(name) => Some(json!({"type": "function", "name": name})),
            ToolChoice::Other(value) if is_own => Some(value.clone()),
            ToolChoice::Other(_) => lost.part("tool_choice", "a choice that only its own dialect knows"),
        }),
    );
    put.maybe("parallel_tool_calls", request.parallel_tools);
    let mut text = own.get("~text").and_then(Value::as_object).filter(|_| is_own).map(|rest| {
        let mut text = Put::default();
        text.own(rest, true);
        text.0
    });
    if is_own && own.contains_key("~format") {
        text.get_or_insert_default().insert("format".to_owned(), own.get("~format").cloned().unwrap_or_default());
    } else if let Some(format) = &request.format {
        text.get_or_insert_default().insert("format".to_owned(), write_format(format, own, is_own));
    }
    put.maybe("text", text.map(Value::Object));
    let sampling = &request.sampling;
    put.maybe("max_output_tokens", sampling.max_output);
    put.maybe("temperature", lost.temperature(request, 2, is_own));
    put.maybe("top_p", sampling.top_p.clone().map(Value::Number)).maybe("top_logprobs", sampling.top_logprobs);
    for (is_set, field, why) in [
        (sampling.top_k.is_some(), "sampling.top_k", "responses have no top_k"),
        (
            sampling.frequency_penalty.is_some() || sampling.presence_penalty.is_some(),
            "sampling.penalties",
            "responses have no penalties",
        ),
        (sampling.seed.is_some(), "sampling.seed", "responses have no seed"),
        (sampling.n.is_some_and(|n| n > 1), "sampling.n", "responses give one answer"),
        (sampling.logprobs == Some(true), "sampling.logprobs", "responses are asked for them by `include`"),
    ] {
        if is_set {
            lost.push(field, why);
        }
    }
    for _ in &sampling.stop {
        lost.push("sampling.stop", "responses have no stop sequences");
    }
    if let Some(reasoning) = &request.reasoning {
        let mut inner = Put::default();
        let effort = reasoning.effort.clone().or_else(|| match (reasoning.budget, reasoning.is_on) {
            (Some(0), _) | (_, Some(false)) => Some("none".to_owned()),
            (Some(_), _) => {
                lost.push("reasoning.budget", "responses have efforts, not budgets");
                Some("medium".to_owned())
            }
            (None, Some(true)) if !is_own => Some("medium".to_owned()),
            _ => None,
        });
        inner.maybe("effort", effort).own(&reasoning.own, is_own);
        put.set("reasoning", inner.done());
    }
    put.maybe("service_tier", request.service_tier.clone()).maybe("user", request.user.clone());
    put.maybe("prompt_cache_key", request.cache_key.clone());
    if !request.metadata.is_empty() {
        put.set("metadata", Value::Object(request.metadata.clone()));
    }
    if request.stream {
        put.set("stream", true);
    }
    if !is_own {
        // A conversation that is sent whole each time need not be kept with the provider.
        put.set("store", false);
    }
    put.own(own, is_own);
    Written { body: put.done(), lost: lost.0 }
}

fn only_text(message: &Message) -> Option<String> {
    let texts: Option<Vec<&str>> = message
        .parts
        .iter()
        .map(|node| match &node.part {
            Part::Text(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    texts.map(|texts| texts.join("\n\n"))
}

/// The text of content that was a text.
fn text_of(content: &Value) -> Value {
    content.pointer("/0/text").cloned().unwrap_or_else(|| content.clone())
}

fn write_tool(tool: &Tool, is_own: bool, lost: &mut Losses) -> Option<Value> {
    if let Some(server) = &tool.server {
        return if is_own {
            Some(server.clone())
        } else {
            lost.part(&format!("tools.{}", tool.name), "a tool that runs with the provider")
        };
    }
    let mut put = Put::default();
    put.set("type", "function").set("name", tool.name.clone()).maybe("description", tool.description.clone());
    put.maybe(
        "parameters",
        tool.parameters.clone().or_else(|| (!is_own).then(|| json!({"type": "object", "properties": {}}))),
    );
    // Strict unless said otherwise here, loose unless said otherwise elsewhere.
    put.maybe("strict", tool.strict.or((!is_own).then_some(false))).own(&tool.own, is_own);
    Some(put.done())
}

fn write_format(format: &AnswerFormat, own: &Own, is_own: bool) -> Value {
    let mut put = Put::default();
    match format {
        AnswerFormat::Text => _ = put.set("type", "text"),
        AnswerFormat::JsonObject => _ = put.set("type", "json_object"),
        AnswerFormat::JsonSchema { name, description, schema, strict } => {
            put.set("type", "json_schema")
                .maybe("name", name.clone().or_else(|| (!is_own).then(|| "answer".to_owned())));
            put.maybe("description", description.clone()).maybe("strict", *strict);
            if !schema.is_null() {
                put.set("schema", schema.clone());
            }
        }
    }
    if let Some(rest) = own.get("~format_rest").and_then(Value::as_object) {
        put.own(rest, is_own);
    }
    put.done()
}
