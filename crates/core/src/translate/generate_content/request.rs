//! Requests.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::super::model::{AnswerFormat, Message, Own, Part, Reasoning, Request, Sampling, Tool, ToolChoice};
use super::super::take::{PENALTY, Put, SHARE, Take, UP_TO_2, each, note};
use super::super::{Losses, Written};
use super::parts;
use crate::chat::{Dialect, Role};
use crate::error::{Error, Result};

pub(super) fn read(body: &Value) -> Result<Request> {
    let mut take = Take::strict(body)?;
    let mut spelling = Own::new();
    let mut messages = Vec::new();
    for name in ["systemInstruction", "system_instruction"] {
        if let Some(system) = take.any(name) {
            let mut message = read_content(&system).map_err(|error| error.in_field(name))?;
            message.role = Role::System;
            message.own.insert("~system".to_owned(), name.into());
            messages.push(message);
        }
    }
    let Some(contents) = take.each("contents", read_content)? else { return Err(take.wrong("contents", "a list")) };
    messages.extend(contents);
    let mut tools = Vec::new();
    if let Some(list) = take.list("tools")? {
        let mut groups = Vec::new();
        for (index, entry) in list.iter().enumerate() {
            let declarations = entry.get("functionDeclarations").and_then(Value::as_array);
            let is_plain = entry.as_object().is_some_and(|fields| fields.len() == 1);
            if let Some(declarations) = declarations.filter(|_| is_plain) {
                groups.push(i64::try_from(declarations.len()).unwrap_or(i64::MAX));
                let at = format!("tools[{index}].functionDeclarations");
                tools.extend(each(declarations, &at, read_tool)?);
            } else {
                // A tool of Google's, kept whole.
                groups.push(-1);
                let name = entry.as_object().and_then(|fields| fields.keys().next()).cloned().unwrap_or_default();
                tools.push(Tool { name, server: Some(entry.clone()), ..Tool::default() });
            }
        }
        spelling.insert("~tools".to_owned(), groups.into());
    }
    let mut tool_choice = None;
    if let Some(config) = take.object("toolConfig")?.map(Value::Object) {
        take.put_back("toolConfig", config.clone());
        tool_choice = read_choice(&config);
        if tool_choice.is_some() {
            take.any("toolConfig");
        }
    }
    let mut request = Request { dialect: Dialect::GenerateContent, messages, tools, tool_choice, ..Request::default() };
    if let Some(mut inner) = take.inner("generationConfig")? {
        read_config(&mut inner, &mut request)?;
        spelling.insert("~config".to_owned(), Value::Object(inner.rest()));
    }
    // Some put it beside, and some of Google's own proxies read it.
    request.model = take.text("model")?;
    request.own = take.rest();
    request.own.extend(spelling);
    Ok(request)
}

fn read_config(inner: &mut Take, request: &mut Request) -> Result<()> {
    let stop = inner.texts("stopSequences")?;
    if stop.as_ref().is_some_and(Vec::is_empty) {
        inner.put_back("stopSequences", json!([]));
    }
    request.sampling = Sampling {
        max_output: inner.count("maxOutputTokens")?,
        temperature: inner.number("temperature", &UP_TO_2)?,
        top_p: inner.number("topP", &SHARE)?,
        top_k: inner.whole_number("topK")?,
        frequency_penalty: inner.number("frequencyPenalty", &PENALTY)?,
        presence_penalty: inner.number("presencePenalty", &PENALTY)?,
        seed: inner.whole_number("seed")?,
        stop: stop.unwrap_or_default(),
        n: inner.positive("candidateCount")?,
        logprobs: inner.truth("responseLogprobs")?,
        top_logprobs: inner.count("logprobs")?,
    };
    let media_type = inner.text("responseMimeType")?;
    if let Some(other) = media_type.as_ref().filter(|media_type| *media_type != "application/json") {
        inner.put_back("responseMimeType", other.clone().into());
    }
    if media_type.as_deref() == Some("application/json") {
        let schema = ["responseJsonSchema", "responseSchema"]
            .into_iter()
            .find(|name| inner.get(name).is_some_and(|schema| !schema.is_null()));
        let format = match schema {
            Some(name) => {
                let schema = inner.object(name)?.map(Value::Object).unwrap_or_default();
                AnswerFormat::JsonSchema { name: None, description: None, schema, strict: None }
            }
            None => AnswerFormat::JsonObject,
        };
        if let Some(name) = schema {
            inner.put_back("~schema", name.into());
        }
        request.format = Some(format);
    }
    if let Some(mut thinking) = inner.inner("thinkingConfig")? {
        // −1 leaves it to the model.
        let budget = match thinking.whole("thinkingBudget")? {
            Some(-1) => {
                thinking.put_back("thinkingBudget", (-1).into());
                None
            }
            Some(budget) => {
                let budget = u64::try_from(budget);
                Some(budget.map_err(|_| thinking.error(Error::input("expected -1 or more"), "thinkingBudget"))?)
            }
            None => None,
        };
        let level = thinking.text("thinkingLevel")?;
        let mut own = thinking.rest();
        if let Some(level) = &level {
            // In capitals or not: as it was.
            own.insert("~level".to_owned(), level.clone().into());
        }
        request.reasoning =
            Some(Reasoning { budget, effort: level.map(|level| level.to_lowercase()), is_on: None, own });
    }
    Ok(())
}

fn read_content(value: &Value) -> Result<Message> {
    let mut take = Take::strict(value)?;
    let written = take.text("role")?;
    if let Some(written) = &written {
        take.put_back("role", written.clone().into());
    }
    let role = match written.as_deref() {
        Some("model") => Role::Assistant,
        Some("function" | "tool") => Role::Tool,
        Some("system") => Role::System,
        _ => Role::User,
    };
    let list = take.list("parts")?.unwrap_or_default();
    let mut nodes = Vec::with_capacity(list.len());
    for (index, part) in list.iter().enumerate() {
        nodes.push(parts::read(part, index).map_err(|error| error.in_field(&format!("parts[{index}]")))?);
    }
    let mut own = take.rest();
    if list.is_empty() && value.get("parts").is_some_and(Value::is_array) {
        own.insert("parts".to_owned(), json!([]));
    }
    Ok(Message { role, name: None, parts: nodes, own })
}

fn read_tool(value: &Value) -> Result<Tool> {
    let mut take = Take::strict(value)?;
    let mut spelling = Own::new();
    let parameters = if take.get("parametersJsonSchema").is_some_and(|schema| !schema.is_null()) {
        spelling.insert("~parameters".to_owned(), "parametersJsonSchema".into());
        take.object("parametersJsonSchema")?
    } else {
        take.object("parameters")?
    };
    let tool = Tool {
        name: take.needed_text("name")?,
        description: take.text("description")?,
        parameters: parameters.map(Value::Object),
        ..Tool::default()
    };
    let mut own = take.rest();
    own.extend(spelling);
    Ok(Tool { own, ..tool })
}

fn read_choice(config: &Value) -> Option<ToolChoice> {
    let only = |value: &Value, n: usize| value.as_object().is_some_and(|fields| fields.len() == n);
    let calling = config.get("functionCallingConfig").filter(|_| only(config, 1))?;
    let names = calling.get("allowedFunctionNames").map(|names| {
        let names = names.as_array()?;
        names.iter().map(Value::as_str).collect::<Option<Vec<&str>>>()
    });
    Some(match (calling.get("mode").and_then(Value::as_str)?, names) {
        ("AUTO", None) if only(calling, 1) => ToolChoice::Auto,
        ("NONE", None) if only(calling, 1) => ToolChoice::None,
        ("ANY", None) if only(calling, 1) => ToolChoice::Required,
        ("ANY", Some(Some(names))) if only(calling, 2) && names.len() == 1 => ToolChoice::Named(names[0].to_owned()),
        _ => return None,
    })
}

pub(super) fn write(request: &Request) -> Written {
    let is_own = request.dialect == Dialect::GenerateContent;
    let (own, mut lost, mut put) = (&request.own, Losses::default(), Put::default());
    put.maybe("model", request.model.clone().filter(|_| is_own));
    let mut names: BTreeMap<&str, &str> = BTreeMap::new();
    let (mut system, mut contents): (Vec<Value>, Vec<Value>) = (Vec::new(), Vec::new());
    for (index, message) in request.messages.iter().enumerate() {
        let at = format!("messages[{index}]");
        for node in &message.parts {
            if let Part::ToolCall { id, name, .. } = &node.part {
                names.insert(id, name);
            }
        }
        let parts: Vec<Value> =
            message.parts.iter().filter_map(|node| parts::write(node, is_own, false, &names, &at, &mut lost)).collect();
        if is_own {
            let mut content = Put::default();
            if !parts.is_empty() {
                content.set("parts", parts);
            }
            content.own(&message.own, true);
            match note(&message.own, "~system") {
                Some(name) => _ = put.set(name, content.done()),
                None => contents.push(content.done()),
            }
            continue;
        }
        if matches!(message.role, Role::System | Role::Developer) {
            if !contents.is_empty() {
                lost.push(&at, "instructions in the middle are moved to the front");
            }
            system.extend(parts);
            continue;
        }
        if parts.is_empty() {
            continue;
        }
        let role = if message.role == Role::Assistant { "model" } else { "user" };
        // Results of one turn's tools belong into one content.
        let is_result = message.role == Role::Tool;
        if is_result
            && let Some(Value::Array(before)) =
                contents.last_mut().filter(|last| last["role"] == "user").and_then(|last| last.get_mut("parts"))
            && before.last().is_some_and(|part| part.get("functionResponse").is_some())
        {
            before.extend(parts);
        } else {
            contents.push(json!({"role": role, "parts": parts}));
        }
    }
    if !system.is_empty() {
        put.set("systemInstruction", json!({"parts": system}));
    }
    put.set("contents", contents);
    write_tools(request, is_own, &mut put, &mut lost);
    let config = write_config(request, is_own, &mut lost);
    if config.as_object().is_some_and(|fields| !fields.is_empty()) || (is_own && own.contains_key("~config")) {
        put.set("generationConfig", config);
    }
    for (is_set, field, why) in [
        (request.parallel_tools == Some(false), "parallel_tools", "Gemini may call several tools at once"),
        (request.user.is_some(), "user", "Gemini takes no end user"),
        (!request.metadata.is_empty(), "metadata", "Gemini keeps no metadata"),
        (request.cache_key.is_some(), "cache_key", "Gemini has no prompt_cache_key"),
        (request.service_tier.is_some(), "service_tier", "tiers are not asked for in Gemini's body"),
    ] {
        if is_set {
            lost.push(field, why);
        }
    }
    put.own(own, is_own);
    Written { body: put.done(), lost: lost.0 }
}

fn write_tools(request: &Request, is_own: bool, put: &mut Put, lost: &mut Losses) {
    let groups = request.own.get("~tools").and_then(Value::as_array).filter(|_| is_own);
    let declaration = |tool: &Tool| {
        let mut put = Put::default();
        put.set("name", tool.name.clone()).maybe("description", tool.description.clone());
        // The older field takes a part of OpenAPI only; this one takes JSON Schema as others write it.
        let name = if is_own { note(&tool.own, "~parameters").unwrap_or("parameters") } else { "parametersJsonSchema" };
        put.maybe(name, tool.parameters.clone()).own(&tool.own, is_own);
        put.done()
    };
    let mut written = Vec::new();
    if let Some(groups) = groups {
        let mut rest = request.tools.iter();
        for group in groups {
            match group.as_i64() {
                Some(n_tools @ 0..) => {
                    let declarations: Vec<Value> = rest.by_ref().take(n_tools as usize).map(declaration).collect();
                    written.push(json!({"functionDeclarations": declarations}));
                }
                _ => written.extend(rest.next().and_then(|tool| tool.server.clone())),
            }
        }
        put.set("tools", written);
    } else {
        let mut declarations = Vec::new();
        for tool in &request.tools {
            if tool.server.is_some() {
                lost.push(&format!("tools.{}", tool.name), "a tool that runs with the provider");
            } else {
                if tool.strict == Some(true) {
                    lost.push(&format!("tools.{}.strict", tool.name), "Gemini has no strict tools");
                }
                declarations.push(declaration(tool));
            }
        }
        if !declarations.is_empty() {
            put.set("tools", json!([{"functionDeclarations": declarations}]));
        }
    }
    let calling = match &request.tool_choice {
        Some(ToolChoice::Auto) => json!({"mode": "AUTO"}),
        Some(ToolChoice::None) => json!({"mode": "NONE"}),
        Some(ToolChoice::Required) => json!({"mode": "ANY"}),
        Some(ToolChoice::Named(name)) => json!({"mode": "ANY", "allowedFunctionNames": [name]}),
        Some(ToolChoice::Other(_)) => return lost.push("tool_choice", "a choice that only its own dialect knows"),
        None => return,
    };
    put.set("toolConfig", json!({"functionCallingConfig": calling}));
}

fn write_config(request: &Request, is_own: bool, lost: &mut Losses) -> Value {
    let empty = Map::new();
    let rest = request.own.get("~config").and_then(Value::as_object).filter(|_| is_own).unwrap_or(&empty);
    let sampling = &request.sampling;
    let mut put = Put::default();
    put.maybe("maxOutputTokens", sampling.max_output);
    put.maybe("temperature", lost.temperature(request, 2, is_own));
    for (name, number) in [
        ("topP", &sampling.top_p),
        ("topK", &sampling.top_k),
        ("frequencyPenalty", &sampling.frequency_penalty),
        ("presencePenalty", &sampling.presence_penalty),
        ("seed", &sampling.seed),
    ] {
        put.maybe(name, number.clone().map(Value::Number));
    }
    if !sampling.stop.is_empty() {
        put.set("stopSequences", sampling.stop.clone());
    }
    put.maybe("candidateCount", sampling.n.filter(|n| is_own || *n > 1));
    put.maybe("responseLogprobs", sampling.logprobs).maybe("logprobs", sampling.top_logprobs);
    match &request.format {
        Some(AnswerFormat::JsonSchema { schema, name, .. }) => {
            if name.is_some() {
                lost.push("format.name", "Gemini names no schema");
            }
            put.set("responseMimeType", "application/json");
            put.set(note(rest, "~schema").unwrap_or("responseJsonSchema"), schema.clone());
        }
        Some(AnswerFormat::JsonObject) => _ = put.set("responseMimeType", "application/json"),
        Some(AnswerFormat::Text) | None => {}
    }
    if let Some(reasoning) = &request.reasoning {
        let mut thinking = Put::default();
        if is_own {
            thinking.maybe("thinkingBudget", reasoning.budget).maybe("thinkingLevel", note(&reasoning.own, "~level"));
            thinking.own(&reasoning.own, true);
        } else if let Some(budget) = reasoning.budget {
            thinking.set("thinkingBudget", budget);
        } else {
            match (reasoning.effort.as_deref(), reasoning.is_on) {
                (Some("none"), _) | (None, Some(false)) => _ = thinking.set("thinkingBudget", 0),
                (Some(effort), _) => {
                    _ = thinking.set("thinkingLevel", if matches!(effort, "xhigh" | "max") { "high" } else { effort });
                }
                (None, _) => {}
            }
        }
        put.set("thinkingConfig", thinking.done());
    }
    put.own(rest, true);
    put.done()
}
