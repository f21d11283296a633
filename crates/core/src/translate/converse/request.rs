//! Requests. The model stands in the address.

use serde_json::{Map, Value, json};

use super::super::model::{AnswerFormat, Message, Own, Request, Sampling, Tool, ToolChoice};
use super::super::take::{Put, SHARE, Take, expected};
use super::super::{Losses, Written};
use super::blocks;
use crate::chat::{CacheMark, Dialect, Role};
use crate::error::Result;

pub(super) fn read(body: &Value) -> Result<Request> {
    let mut take = Take::strict(body)?;
    let mut spelling = Own::new();
    let mut messages = Vec::new();
    if let Some(system) = take.list("system")? {
        let own = Own::from_iter([("~system".to_owned(), true.into())]);
        messages.push(Message { role: Role::System, name: None, parts: blocks::read_all(&system, "system")?, own });
    }
    let Some(turns) = take.each("messages", read_message)? else { return Err(take.wrong("messages", "a list")) };
    messages.extend(turns);
    let mut request = Request { dialect: Dialect::Converse, messages, ..Request::default() };
    if let Some(mut inner) = take.inner("inferenceConfig")? {
        let stop = inner.texts("stopSequences")?;
        if stop.as_ref().is_some_and(Vec::is_empty) {
            inner.put_back("stopSequences", json!([]));
        }
        request.sampling = Sampling {
            max_output: inner.count("maxTokens")?,
            temperature: inner.number("temperature", &SHARE)?,
            top_p: inner.number("topP", &SHARE)?,
            stop: stop.unwrap_or_default(),
            ..Sampling::default()
        };
        spelling.insert("~inference".to_owned(), Value::Object(inner.rest()));
    }
    if let Some(mut inner) = take.inner("toolConfig")? {
        if let Some(tools) = inner.list("tools")? {
            if tools.is_empty() {
                inner.put_back("tools", json!([]));
            }
            for (index, tool) in tools.iter().enumerate() {
                let is_point = tool.get("cachePoint") == Some(&json!({"type": "default"}))
                    && tool.as_object().is_some_and(|fields| fields.len() == 1);
                match request.tools.last_mut().filter(|last| is_point && last.cache.is_none()) {
                    Some(last) => last.cache = Some(CacheMark::Short),
                    None => request
                        .tools
                        .push(read_tool(tool).map_err(|error| error.in_field(&format!("toolConfig.tools[{index}]")))?),
                }
            }
        }
        if let Some(choice) = inner.object("toolChoice")? {
            request.tool_choice = Some(read_choice(&Value::Object(choice)));
        }
        spelling.insert("~tools".to_owned(), Value::Object(inner.rest()));
    }
    request.model = take.text("modelId")?;
    request.own = take.rest();
    request.own.extend(spelling);
    Ok(request)
}

fn read_message(value: &Value) -> Result<Message> {
    let mut take = Take::strict(value)?;
    let role = match take.needed_text("role")?.as_str() {
        "user" => Role::User,
        "assistant" => Role::Assistant,
        other => return Err(expected("user or assistant", &Value::from(other)).in_field("role")),
    };
    let content = take.list("content")?;
    let parts = blocks::read_all(content.as_deref().unwrap_or_default(), "content")?;
    if content.as_ref().is_some_and(Vec::is_empty) {
        take.put_back("content", json!([]));
    }
    Ok(Message { role, name: None, parts, own: take.rest() })
}

fn read_tool(value: &Value) -> Result<Tool> {
    let is_plain = value.as_object().is_some_and(|fields| fields.len() == 1);
    let mut outer = Take::strict(value)?;
    let Some(mut take) = outer.inner("toolSpec")?.filter(|_| is_plain) else {
        return Ok(Tool { server: Some(value.clone()), ..Tool::default() });
    };
    let name = take.needed_text("name")?;
    let description = take.text("description")?;
    let strict = take.truth("strict")?;
    let whole = take.get("inputSchema").cloned();
    let parameters = match take.inner("inputSchema")? {
        Some(mut schema) => {
            let parameters = schema.object("json")?;
            if parameters.is_none() || !schema.is_empty() {
                take.put_back("inputSchema", whole.unwrap_or_default());
            }
            parameters.filter(|_| schema.is_empty()).map(Value::Object)
        }
        None => None,
    };
    Ok(Tool { name, description, parameters, strict, own: take.rest(), ..Tool::default() })
}

fn read_choice(choice: &Value) -> ToolChoice {
    let fields = choice.as_object();
    let is = |name: &str| {
        fields.is_some_and(|fields| {
            fields.len() == 1 && fields.get(name).is_some_and(|inner| inner.as_object().is_some_and(Map::is_empty))
        })
    };
    if is("auto") {
        return ToolChoice::Auto;
    }
    if is("any") {
        return ToolChoice::Required;
    }
    match choice.pointer("/tool/name").and_then(Value::as_str) {
        Some(name) if *choice == json!({"tool": {"name": name}}) => ToolChoice::Named(name.to_owned()),
        _ => ToolChoice::Other(choice.clone()),
    }
}

pub(super) fn write(request: &Request) -> Written {
    let is_own = request.dialect == Dialect::Converse;
    let (own, mut lost, mut put) = (&request.own, Losses::default(), Put::default());
    put.maybe("modelId", request.model.clone().filter(|_| is_own));
    let (mut system, mut messages): (Vec<Value>, Vec<Value>) = (Vec::new(), Vec::new());
    for (index, message) in request.messages.iter().enumerate() {
        let at = format!("messages[{index}]");
        let blocks = blocks::write_all(&message.parts, is_own, false, &at, &mut lost);
        let is_system = if is_own {
            message.own.contains_key("~system")
        } else {
            matches!(message.role, Role::System | Role::Developer)
        };
        if is_system {
            if !is_own && !messages.is_empty() {
                lost.push(&at, "instructions in the middle are moved to the front");
            }
            system.extend(blocks);
            if is_own {
                put.set("system", std::mem::take(&mut system));
            }
            continue;
        }
        let role = if message.role == Role::Assistant { "assistant" } else { "user" };
        if is_own {
            let mut turn = Put::default();
            turn.set("role", role);
            if !blocks.is_empty() {
                turn.set("content", blocks);
            }
            turn.own(&message.own, true);
            messages.push(turn.done());
            continue;
        }
        if blocks.is_empty() {
            continue;
        }
        // Turns alternate: neighbours of one role are one turn.
        match messages.last_mut().filter(|last| last["role"] == role).and_then(|last| last.get_mut("content")) {
            Some(Value::Array(before)) => before.extend(blocks),
            _ => messages.push(json!({"role": role, "content": blocks})),
        }
    }
    if !system.is_empty() {
        put.set("system", system);
    }
    put.set("messages", messages);
    write_config(request, is_own, &mut put, &mut lost);
    write_tools(request, is_own, &mut put, &mut lost);
    put.own(own, is_own);
    Written { body: put.done(), lost: lost.0 }
}

fn write_config(request: &Request, is_own: bool, put: &mut Put, lost: &mut Losses) {
    let sampling = &request.sampling;
    let rest = request.own.get("~inference").and_then(Value::as_object).filter(|_| is_own);
    let mut config = Put::default();
    config.maybe("maxTokens", sampling.max_output);
    config
        .maybe("temperature", lost.temperature(request, 1, is_own))
        .maybe("topP", sampling.top_p.clone().map(Value::Number));
    if !sampling.stop.is_empty() {
        config.set("stopSequences", sampling.stop.clone());
    }
    if let Some(rest) = rest {
        config.own(rest, true);
    }
    if !config.0.is_empty() || rest.is_some() {
        put.set("inferenceConfig", config.done());
    }
    for (is_set, field, why) in [
        (sampling.top_k.is_some(), "sampling.top_k", "converse has no top_k that all models share"),
        (
            sampling.frequency_penalty.is_some() || sampling.presence_penalty.is_some(),
            "sampling.penalties",
            "converse has no penalties",
        ),
        (sampling.seed.is_some(), "sampling.seed", "converse has no seed"),
        (sampling.n.is_some_and(|n| n > 1), "sampling.n", "converse gives one answer"),
        (sampling.logprobs == Some(true), "sampling.logprobs", "converse has no log probabilities"),
        (request.reasoning.is_some(), "reasoning", "converse has no reasoning setting that all models share"),
        (
            matches!(request.format, Some(AnswerFormat::JsonObject | AnswerFormat::JsonSchema { .. })),
            "format",
            "converse asks for no JSON",
        ),
        (request.parallel_tools == Some(false), "parallel_tools", "converse may call several tools at once"),
        (request.user.is_some(), "user", "converse takes no end user"),
        (!request.metadata.is_empty(), "metadata", "converse keeps no metadata"),
        (request.cache_key.is_some(), "cache_key", "converse has no prompt_cache_key"),
        (request.service_tier.is_some(), "service_tier", "tiers are asked for by `serviceTier`"),
    ] {
        if is_set && !is_own {
            lost.push(field, why);
        }
    }
}

fn write_tools(request: &Request, is_own: bool, put: &mut Put, lost: &mut Losses) {
    let rest = request.own.get("~tools").and_then(Value::as_object).filter(|_| is_own);
    let mut tools = Vec::new();
    for tool in &request.tools {
        if let Some(server) = &tool.server {
            if is_own {
                tools.push(server.clone());
            } else {
                lost.push(&format!("tools.{}", tool.name), "a tool that runs with the provider");
                continue;
            }
        } else {
            let mut spec = Put::default();
            spec.set("name", tool.name.clone()).maybe("description", tool.description.clone());
            let schema =
                tool.parameters.clone().or_else(|| (!is_own).then(|| json!({"type": "object", "properties": {}})));
            spec.maybe("inputSchema", schema.map(|schema| json!({"json": schema})));
            spec.maybe("strict", tool.strict.filter(|_| is_own)).own(&tool.own, is_own);
            if tool.strict == Some(true) && !is_own {
                lost.push(&format!("tools.{}.strict", tool.name), "strict tools are not known to all models");
            }
            tools.push(json!({"toolSpec": spec.done()}));
        }
        if tool.cache.is_some() {
            tools.push(json!({"cachePoint": {"type": "default"}}));
        }
    }
    let choice = request.tool_choice.as_ref().and_then(|choice| match choice {
        ToolChoice::Auto => Some(json!({"auto": {}})),
        ToolChoice::Required => Some(json!({"any": {}})),
        ToolChoice::Named(name) => Some(json!({"tool": {"name": name}})),
        ToolChoice::Other(value) if is_own => Some(value.clone()),
        // Without tools nothing can be called: but the history may hold calls, which need their tools.
        ToolChoice::None => lost.part("tool_choice", "converse cannot forbid tools"),
        ToolChoice::Other(_) => lost.part("tool_choice", "a choice that only its own dialect knows"),
    });
    if tools.is_empty() && choice.is_some() && rest.is_none() {
        lost.push("tool_choice", "there are no tools to choose from");
    }
    if !tools.is_empty() || rest.is_some() {
        let mut config = Put::default();
        if !tools.is_empty() {
            config.set("tools", tools);
        }
        config.maybe("toolChoice", choice);
        if let Some(rest) = rest {
            config.own(rest, true);
        }
        put.set("toolConfig", config.done());
    }
}
