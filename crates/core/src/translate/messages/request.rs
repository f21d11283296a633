//! Requests.

use serde_json::{Map, Value, json};

use super::super::model::{AnswerFormat, Message, Node, Own, Part, Reasoning, Request, Sampling, Tool, ToolChoice};
use super::super::take::{Put, SHARE, Take, as_written, cache_control, expected, note};
use super::super::{Losses, Written};
use super::blocks;
use crate::chat::{Dialect, Role};
use crate::error::Result;

/// Anthropic demands a limit on output; of a request without one it is told.
const DEFAULT_MAX_OUTPUT: u64 = 4096;

pub(super) fn read(body: &Value) -> Result<Request> {
    let mut take = Take::strict(body)?;
    let mut spelling = Own::new();
    let mut messages = Vec::new();
    if take.get("system").is_some_and(|system| !system.is_null()) {
        let mut own = Own::from_iter([("~system".to_owned(), true.into())]);
        let parts = blocks::read_content(&mut take, "system", &mut own)?;
        messages.push(Message { role: Role::System, name: None, parts, own });
    }
    let Some(list) = take.each("messages", read_message)? else { return Err(take.wrong("messages", "a list")) };
    messages.extend(list);
    let tools = take.each("tools", read_tool)?.unwrap_or_default();
    if tools.is_empty() && body.get("tools").is_some_and(Value::is_array) {
        spelling.insert("~tools".to_owned(), "empty".into());
    }
    let is_stream = take.truth("stream")?;
    if is_stream == Some(false) {
        take.put_back("stream", false.into());
    }
    let (tool_choice, parallel_tools) = match take.inner("tool_choice")? {
        Some(choice) => read_choice(choice, &mut spelling)?,
        None => (None, None),
    };
    let mut user = None;
    if let Some(mut metadata) = take.inner("metadata")? {
        user = metadata.text("user_id")?;
        spelling.insert("~metadata".to_owned(), Value::Object(metadata.rest()));
    }
    let mut reasoning = None;
    if let Some(mut inner) = take.inner("thinking")? {
        let budget = inner.count("budget_tokens")?;
        let is_on = match inner.kind()?.as_str() {
            "disabled" => Some(false),
            "enabled" | "adaptive" => Some(true),
            _ => None,
        };
        reasoning = Some(Reasoning {
            budget,
            is_on,
            effort: None,
            own: Own::from_iter([("~thinking".to_owned(), Value::Object(inner.rest()))]),
        });
    }
    let mut format = None;
    if let Some(mut config) = take.inner("output_config")? {
        if let Some(effort) = config.text("effort")? {
            reasoning.get_or_insert_with(Reasoning::default).effort = Some(effort);
        }
        format = read_format(&mut config, "format")?;
        if format.is_some() {
            spelling.insert("~format".to_owned(), "output_config".into());
        }
        spelling.insert("~output_config".to_owned(), Value::Object(config.rest()));
    }
    // The older name; where both stand, this one stays where it is.
    if format.is_none() {
        format = read_format(&mut take, "output_format")?;
        if format.is_some() {
            spelling.insert("~format".to_owned(), "output_format".into());
        }
    }
    let stop = take.texts("stop_sequences")?;
    if stop.as_ref().is_some_and(Vec::is_empty) {
        take.put_back("stop_sequences", json!([]));
    }
    let mut request = Request {
        dialect: Dialect::Messages,
        model: take.text("model")?,
        stream: is_stream.unwrap_or(false),
        stream_usage: None,
        messages,
        tools,
        tool_choice,
        parallel_tools,
        format,
        sampling: Sampling {
            max_output: take.count("max_tokens")?,
            temperature: take.number("temperature", &SHARE)?,
            top_p: take.number("top_p", &SHARE)?,
            top_k: take.whole_number("top_k")?,
            stop: stop.unwrap_or_default(),
            ..Sampling::default()
        },
        reasoning,
        service_tier: take.text("service_tier")?,
        user,
        metadata: Map::new(),
        cache_key: None,
        own: take.rest(),
    };
    request.own.extend(spelling);
    Ok(request)
}

fn read_message(value: &Value) -> Result<Message> {
    let mut take = Take::strict(value)?;
    let role = match take.needed_text("role")?.as_str() {
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "system" => Role::System,
        other => return Err(expected("user or assistant", &Value::from(other)).in_field("role")),
    };
    let mut spelling = Own::new();
    let parts = blocks::read_content(&mut take, "content", &mut spelling)?;
    let mut own = take.rest();
    own.extend(spelling);
    Ok(Message { role, name: None, parts, own })
}

fn read_tool(value: &Value) -> Result<Tool> {
    let mut take = Take::strict(value)?;
    let kind = take.kind()?;
    if !matches!(kind.as_str(), "" | "custom") {
        let cache = take.cache_control();
        let name = take.str("name").unwrap_or(&kind).to_owned();
        return Ok(Tool { name, cache, server: Some(as_written(&take.rest())), ..Tool::default() });
    }
    let tool = Tool {
        name: take.needed_text("name")?,
        description: take.text("description")?,
        parameters: take.object("input_schema")?.map(Value::Object),
        strict: take.truth("strict")?,
        cache: take.cache_control(),
        ..Tool::default()
    };
    Ok(Tool { own: take.rest(), ..tool })
}

fn read_choice(mut choice: Take, spelling: &mut Own) -> Result<(Option<ToolChoice>, Option<bool>)> {
    let parallel = choice.truth("disable_parallel_tool_use")?;
    let kind = choice.kind()?;
    let name = if kind == "tool" { Some(choice.needed_text("name")?) } else { None };
    let mut choice = choice.rest();
    let read = match (kind.as_str(), name, choice.len()) {
        ("auto", _, 1) => ToolChoice::Auto,
        ("any", _, 1) => ToolChoice::Required,
        ("none", _, 1) => ToolChoice::None,
        ("tool", Some(name), 1) => ToolChoice::Named(name),
        (_, name, _) => {
            choice.extend(name.map(|name| ("name".to_owned(), name.into())));
            ToolChoice::Other(as_written(&choice))
        }
    };
    spelling.insert("~choice".to_owned(), true.into());
    Ok((Some(read), parallel.map(|disabled| !disabled)))
}

/// A schema that the answer is to keep to; anything else stays where it is.
fn read_format(take: &mut Take, name: &str) -> Result<Option<AnswerFormat>> {
    let whole = take.get(name).cloned();
    let Some(mut inner) = take.inner(name)? else { return Ok(None) };
    let is_schema = inner.kind()? == "json_schema";
    let schema = inner.object("schema")?;
    inner.drop_if("type", "json_schema");
    let Some(schema) = schema.filter(|_| is_schema && inner.is_empty()) else {
        take.put_back(name, whole.unwrap_or_default());
        return Ok(None);
    };
    Ok(Some(AnswerFormat::JsonSchema { name: None, description: None, schema: Value::Object(schema), strict: None }))
}

pub(super) fn write(request: &Request) -> Written {
    let is_own = request.dialect == Dialect::Messages;
    let (own, mut lost, mut put) = (&request.own, Losses::default(), Put::default());
    put.maybe("model", request.model.clone());
    let mut system: Vec<Value> = Vec::new();
    let mut messages: Vec<Value> = Vec::new();
    for (index, message) in request.messages.iter().enumerate() {
        let at = format!("messages[{index}]");
        if is_own && message.own.contains_key("~system") {
            put.maybe("system", blocks::write_content(&message.parts, &message.own, true, &at, &mut lost));
        } else if !is_own && matches!(message.role, Role::System | Role::Developer) {
            if !messages.is_empty() {
                lost.push(&at, "instructions in the middle are moved to the front");
            }
            system.extend(message.parts.iter().filter_map(|node| blocks::write(node, false, &at, &mut lost)));
        } else {
            write_message(message, is_own, &at, &mut messages, &mut lost);
        }
    }
    if !system.is_empty() {
        put.set("system", system);
    }
    put.set("messages", messages);
    let tools: Vec<Value> = request.tools.iter().filter_map(|tool| write_tool(tool, is_own, &mut lost)).collect();
    if !tools.is_empty() || (is_own && own.contains_key("~tools")) {
        put.set("tools", tools);
    }
    put.maybe("tool_choice", write_choice(request, is_own, &mut lost));
    let sampling = &request.sampling;
    match sampling.max_output {
        Some(most) => _ = put.set("max_tokens", most),
        None if is_own => {}
        None => {
            lost.push("sampling.max_output", "messages need a limit: 4096 is set");
            put.set("max_tokens", DEFAULT_MAX_OUTPUT);
        }
    }
    put.maybe("temperature", lost.temperature(request, 1, is_own));
    for (name, number) in [("top_p", &sampling.top_p), ("top_k", &sampling.top_k)] {
        put.maybe(name, number.clone().map(Value::Number));
    }
    if !sampling.stop.is_empty() {
        put.set("stop_sequences", sampling.stop.clone());
    }
    for (is_set, field, why) in [
        (
            sampling.frequency_penalty.is_some() || sampling.presence_penalty.is_some(),
            "sampling.penalties",
            "messages have no penalties",
        ),
        (sampling.seed.is_some(), "sampling.seed", "messages have no seed"),
        (sampling.n.is_some_and(|n| n > 1), "sampling.n", "messages give one answer"),
        (sampling.logprobs == Some(true), "sampling.logprobs", "messages have no log probabilities"),
        (request.cache_key.is_some() && !is_own, "cache_key", "messages have no prompt_cache_key"),
        (!request.metadata.is_empty(), "metadata", "messages keep no metadata but the user"),
    ] {
        if is_set {
            lost.push(field, why);
        }
    }
    write_reasoning_and_format(request, is_own, &mut put, &mut lost);
    let tier = request.service_tier.as_ref().filter(|tier| is_own || matches!(tier.as_str(), "auto" | "standard_only"));
    if request.service_tier.is_some() && tier.is_none() {
        lost.push("service_tier", "messages have no such tier");
    }
    put.maybe("service_tier", tier.cloned());
    let mut metadata = own.get("~metadata").filter(|_| is_own).map(rest_of);
    if let Some(user) = &request.user {
        metadata.get_or_insert_default().insert("user_id".to_owned(), user.clone().into());
    }
    put.maybe("metadata", metadata.map(Value::Object));
    if request.stream {
        put.set("stream", true);
    }
    put.own(own, is_own);
    Written { body: put.done(), lost: lost.0 }
}

/// Members that were left, as they were written.
fn rest_of(own: &Value) -> Map<String, Value> {
    let mut put = Put::default();
    put.own(own.as_object().unwrap_or(&Map::new()), true);
    put.0
}

fn write_reasoning_and_format(request: &Request, is_own: bool, put: &mut Put, lost: &mut Losses) {
    let own = &request.own;
    let mut config = own.get("~output_config").filter(|_| is_own).map(rest_of);
    if let Some(reasoning) = &request.reasoning {
        if let Some(thinking) = reasoning.own.get("~thinking").and_then(Value::as_object).filter(|_| is_own) {
            let mut inner = Put::default();
            inner.maybe("budget_tokens", reasoning.budget).own(thinking, true);
            put.set("thinking", inner.done());
        } else if !is_own {
            let is_off = reasoning.is_on == Some(false)
                || reasoning.budget == Some(0)
                || reasoning.effort.as_deref() == Some("none");
            if is_off {
                put.set("thinking", json!({"type": "disabled"}));
            } else if let Some(budget) = reasoning.budget {
                put.set("thinking", json!({"type": "enabled", "budget_tokens": budget.max(1024)}));
            } else if reasoning.is_on == Some(true) {
                put.set("thinking", json!({"type": "adaptive"}));
            }
        }
        let effort = reasoning.effort.as_deref().filter(|effort| is_own || *effort != "none");
        // Efforts that only others know are said by the nearest.
        let effort = effort.map(|effort| match effort {
            "minimal" if !is_own => {
                lost.push("reasoning.effort", "messages have no effort `minimal`: `low` is asked for");
                "low"
            }
            effort => effort,
        });
        if let Some(effort) = effort {
            config.get_or_insert_default().insert("effort".to_owned(), effort.into());
        }
    }
    match &request.format {
        Some(AnswerFormat::JsonSchema { schema, name, .. }) => {
            let format = json!({"type": "json_schema", "schema": schema});
            if note(own, "~format") == Some("output_format") && is_own {
                put.set("output_format", format);
            } else {
                config.get_or_insert_default().insert("format".to_owned(), format);
            }
            if name.is_some() {
                lost.push("format.name", "messages name no schema");
            }
        }
        Some(AnswerFormat::JsonObject) => lost.push("format", "messages ask for JSON by a schema only"),
        Some(AnswerFormat::Text) | None => {}
    }
    put.maybe("output_config", config.map(Value::Object));
}

fn write_message(message: &Message, is_own: bool, at: &str, out: &mut Vec<Value>, lost: &mut Losses) {
    let mut put = Put::default();
    let role = match message.role {
        Role::Assistant => "assistant",
        Role::System if is_own => "system",
        _ => "user",
    };
    put.set("role", role);
    let content = blocks::write_content(&message.parts, &message.own, is_own, at, lost);
    if is_own {
        put.maybe("content", content).own(&message.own, true);
    } else {
        let blocks = content.and_then(|content| content.as_array().cloned()).unwrap_or_default();
        if blocks.is_empty() {
            return;
        }
        if message.name.is_some() {
            lost.push(&format!("{at}.name"), "messages name no speaker");
        }
        // All results of one turn's tools belong into one message.
        let is_result = message.role == Role::Tool;
        if is_result
            && let Some(Value::Array(before)) =
                out.last_mut().filter(|last| last["role"] == "user").and_then(|last| last.get_mut("content"))
            && before.last().is_some_and(|block| block["type"] == "tool_result")
        {
            before.extend(blocks);
            return;
        }
        put.set("content", blocks);
    }
    out.push(put.done());
}

fn write_tool(tool: &Tool, is_own: bool, lost: &mut Losses) -> Option<Value> {
    let mut put = Put::default();
    if let Some(server) = &tool.server {
        if !is_own {
            return lost.part(&format!("tools.{}", tool.name), "a tool that runs with the provider");
        }
        put.0 = server.as_object().cloned().unwrap_or_default();
        put.maybe("cache_control", tool.cache.map(cache_control));
        return Some(put.done());
    }
    put.set("name", tool.name.clone()).maybe("description", tool.description.clone());
    put.maybe(
        "input_schema",
        tool.parameters.clone().or_else(|| (!is_own).then(|| json!({"type": "object", "properties": {}}))),
    );
    put.maybe("strict", tool.strict.filter(|strict| is_own || *strict))
        .maybe("cache_control", tool.cache.map(cache_control));
    put.own(&tool.own, is_own);
    Some(put.done())
}

fn write_choice(request: &Request, is_own: bool, lost: &mut Losses) -> Option<Value> {
    let mut choice = match &request.tool_choice {
        Some(ToolChoice::Auto) => json!({"type": "auto"}),
        Some(ToolChoice::Required) => json!({"type": "any"}),
        Some(ToolChoice::None) => json!({"type": "none"}),
        Some(ToolChoice::Named(name)) => json!({"type": "tool", "name": name}),
        Some(ToolChoice::Other(value)) if is_own => value.clone(),
        Some(ToolChoice::Other(_)) => return lost.part("tool_choice", "a choice that only its own dialect knows"),
        None if request.parallel_tools == Some(false) && !request.tools.is_empty() => json!({"type": "auto"}),
        None => return None,
    };
    let says = if is_own { request.parallel_tools.is_some() } else { request.parallel_tools == Some(false) };
    if let (true, Some(parallel), Some(fields)) = (says, request.parallel_tools, choice.as_object_mut()) {
        fields.insert("disable_parallel_tool_use".to_owned(), (!parallel).into());
    }
    Some(choice)
}

/// Parts of a message, for the answer's writer.
pub(super) fn content(parts: &[Node], is_own: bool, lost: &mut Losses) -> Vec<Value> {
    // Thoughts of another model may be shown to a caller, without a signature.
    let written = parts.iter().filter_map(|node| match &node.part {
        Part::Reasoning { text: Some(text), .. } if !is_own => {
            Some(json!({"type": "thinking", "thinking": text, "signature": ""}))
        }
        _ => blocks::write(node, is_own, "choices[0]", lost),
    });
    written.collect()
}
