//! Requests.

use serde_json::{Map, Value, json};

use super::super::model::{AnswerFormat, Message, Node, Own, Part, Reasoning, Request, Sampling, Tool, ToolChoice};
use super::super::take::{Put, Take, cache_control, each, expected, note};
use super::super::{Losses, Written};
use super::parts;
use crate::chat::{Dialect, Role};
use crate::error::{Error, Result};

pub(super) fn read(body: &Value) -> Result<Request> {
    let mut take = Take::strict(body)?;
    let mut spelling = Own::new();
    let messages = take.list("messages")?.ok_or_else(|| Error::input("`messages` is missing").in_field("messages"))?;
    let tools = take.list("tools")?.unwrap_or_default();
    let (max_output, max_name) = match take.count("max_completion_tokens")? {
        Some(most) => (Some(most), "max_completion_tokens"),
        None => (take.count("max_tokens")?, "max_tokens"),
    };
    spelling.insert("~max".to_owned(), max_name.into());
    let stop = match take.get("stop") {
        Some(Value::String(one)) => {
            let one = one.clone();
            take.any("stop");
            spelling.insert("~stop".to_owned(), "string".into());
            vec![one]
        }
        _ => {
            let list = take.texts("stop")?;
            if list.is_some() {
                spelling.insert("~stop".to_owned(), "list".into());
            }
            list.unwrap_or_default()
        }
    };
    let is_stream = take.truth("stream")?;
    if is_stream == Some(false) {
        take.put_back("stream", false.into());
    }
    let stream_usage = match take.object("stream_options")? {
        Some(mut options) => {
            let wants = options.get("include_usage").and_then(Value::as_bool);
            if wants.is_some() {
                options.shift_remove("include_usage");
            }
            spelling.insert("~stream_options".to_owned(), Value::Object(options));
            wants
        }
        None => None,
    };
    let reasoning = reasoning(&mut take)?;
    let mut request = Request {
        dialect: Dialect::Chat,
        model: take.text("model")?,
        stream: is_stream.unwrap_or(false),
        stream_usage: Some(stream_usage.unwrap_or(false)),
        messages: each(&messages, "messages", read_message)?,
        tools: each(&tools, "tools", read_tool)?,
        tool_choice: take.any("tool_choice").map(|choice| read_choice(&choice, &mut spelling)),
        parallel_tools: take.truth("parallel_tool_calls")?,
        format: take.any("response_format").map(|format| read_format(&format, &mut spelling)).transpose()?.flatten(),
        sampling: Sampling {
            max_output,
            temperature: take.number("temperature")?,
            top_p: take.number("top_p")?,
            top_k: take.number("top_k")?,
            frequency_penalty: take.number("frequency_penalty")?,
            presence_penalty: take.number("presence_penalty")?,
            seed: take.number("seed")?,
            stop,
            n: take.count("n")?,
            logprobs: take.truth("logprobs")?,
            top_logprobs: take.count("top_logprobs")?,
        },
        reasoning,
        service_tier: take.text("service_tier")?,
        user: take.text("user")?,
        metadata: take.object("metadata")?.unwrap_or_default(),
        cache_key: take.text("prompt_cache_key")?,
        own: take.rest(),
    };
    if tools.is_empty() && body.get("tools").is_some_and(Value::is_array) {
        spelling.insert("~tools".to_owned(), "empty".into());
    }
    if body.get("metadata").and_then(Value::as_object).is_some_and(Map::is_empty) {
        request.own.insert("metadata".to_owned(), json!({}));
    }
    if stream_usage.is_none() {
        spelling.insert("~no_usage".to_owned(), true.into());
    }
    request.own.extend(spelling);
    Ok(request)
}

/// `reasoning_effort`, or OpenRouter's `reasoning`.
fn reasoning(take: &mut Take) -> Result<Option<Reasoning>> {
    if let Some(effort) = take.text("reasoning_effort")? {
        return Ok(Some(Reasoning { effort: Some(effort), ..Reasoning::default() }));
    }
    let Some(fields) = take.object("reasoning")? else { return Ok(None) };
    let mut inner = Take::strict(&Value::Object(fields))?;
    let within = |error: Error| error.in_field("reasoning");
    let mut reasoning = Reasoning {
        effort: inner.text("effort").map_err(within)?,
        budget: inner.count("max_tokens").map_err(within)?,
        is_on: inner.truth("enabled").map_err(within)?,
        own: Own::new(),
    };
    reasoning.own = inner.rest();
    reasoning.own.insert("~object".to_owned(), true.into());
    Ok(Some(reasoning))
}

fn read_message(value: &Value) -> Result<Message> {
    let mut take = Take::strict(value)?;
    let written = take.text("role")?.ok_or_else(|| Error::input("`role` is missing").in_field("role"))?;
    let role = match written.as_str() {
        "system" => Role::System,
        "developer" => Role::Developer,
        "user" => Role::User,
        "assistant" => Role::Assistant,
        "tool" | "function" => Role::Tool,
        other => {
            return Err(expected("system, developer, user, assistant or tool", &Value::from(other)).in_field("role"));
        }
    };
    let mut spelling = Vec::new();
    let mut content = parts::read(&mut take, &mut spelling)?;
    if role == Role::Tool && written == "tool" {
        let id = take.text("tool_call_id")?.unwrap_or_default();
        let name = take.text("name")?;
        let result = Part::ToolResult { id, name, parts: content, is_error: false };
        let node = Node { part: result, cache: take.cache_control(), own: Own::from_iter(spelling) };
        return Ok(Message { role, name: None, parts: vec![node], own: take.rest() });
    }
    let mut nodes = Vec::new();
    for field in ["reasoning_content", "reasoning"] {
        if let Some(text) = take.get(field).and_then(Value::as_str).map(str::to_owned) {
            take.any(field);
            let part = Part::Reasoning { text: Some(text), signature: None, id: None };
            nodes.push(Node { part, cache: None, own: Own::from_iter([("~field".to_owned(), field.into())]) });
        }
    }
    nodes.append(&mut content);
    if let Some(refusal) = take.text("refusal")? {
        let own = Own::from_iter([("~field".to_owned(), "refusal".into())]);
        nodes.push(Node { part: Part::Refusal(refusal), cache: None, own });
    }
    if let Some(calls) = take.list("tool_calls")? {
        if calls.is_empty() {
            take.put_back("tool_calls", json!([]));
        }
        nodes.extend(each(&calls, "tool_calls", read_call)?);
    }
    let cache = take.cache_control();
    if let (Some(cache), Some(last)) = (cache, nodes.last_mut()) {
        last.cache = Some(cache);
        spelling.push(("~message_cache".to_owned(), true.into()));
    }
    let name = take.text("name")?;
    let mut own = take.rest();
    if written == "function" {
        spelling.push(("~role".to_owned(), "function".into()));
    }
    own.extend(spelling);
    Ok(Message { role, name, parts: nodes, own })
}

/// `{"id", "type": "function", "function": {"name", "arguments"}}`.
pub(super) fn read_call(value: &Value) -> Result<Node> {
    let mut take = Take::strict(value)?;
    let is_function = take.str("type").is_none_or(|kind| kind == "function");
    let Some(inner) = take.get("function").cloned().filter(|inner| inner.is_object() && is_function) else {
        return Ok(Node::new(Part::Other(value.clone())));
    };
    take.any("function");
    let had_type = take.drop_if("type", "function");
    let mut function = Take::strict(&inner)?;
    let within = |error: Error| error.in_field("function");
    let name = function.text("name").map_err(within)?.unwrap_or_default();
    let mut notes = Own::new();
    let arguments = match function.get("arguments").cloned() {
        // Ollama and some others send the object itself.
        Some(Value::Object(object)) => {
            function.any("arguments");
            notes.insert("~arguments".to_owned(), "object".into());
            Value::Object(object).to_string()
        }
        _ => {
            let text = function.text("arguments").map_err(within)?;
            if text.is_none() {
                notes.insert("~arguments".to_owned(), "absent".into());
            }
            text.unwrap_or_default()
        }
    };
    let id = take.text("id")?;
    if id.is_none() {
        notes.insert("~id".to_owned(), "absent".into());
    }
    if !had_type {
        notes.insert("~type".to_owned(), "absent".into());
    }
    let inner = function.rest();
    if !inner.is_empty() {
        notes.insert("~inner".to_owned(), Value::Object(inner));
    }
    let mut own = take.rest();
    own.extend(notes);
    Ok(Node { part: Part::ToolCall { id: id.unwrap_or_default(), name, arguments }, cache: None, own })
}

fn read_tool(value: &Value) -> Result<Tool> {
    let mut take = Take::strict(value)?;
    let kind = take.str("type").unwrap_or_default().to_owned();
    let Some(inner) = take.get("function").cloned().filter(|inner| inner.is_object() && kind == "function") else {
        let name = take.str("name").unwrap_or(&kind).to_owned();
        return Ok(Tool { name, server: Some(value.clone()), ..Tool::default() });
    };
    take.any("function");
    take.any("type");
    let cache = take.cache_control();
    let mut function = Take::strict(&inner)?;
    let within = |error: Error| error.in_field("function");
    let tool = Tool {
        name: function
            .text("name")
            .map_err(within)?
            .ok_or_else(|| within(Error::input("`name` is missing").in_field("name")))?,
        description: function.text("description").map_err(within)?,
        parameters: function.any("parameters"),
        strict: function.truth("strict").map_err(within)?,
        cache,
        server: None,
        own: Own::new(),
    };
    let (inner, mut own) = (function.rest(), take.rest());
    if !inner.is_empty() {
        own.insert("~inner".to_owned(), Value::Object(inner));
    }
    Ok(Tool { own, ..tool })
}

fn read_choice(choice: &Value, spelling: &mut Own) -> ToolChoice {
    match choice {
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
        Value::Object(fields) => match choice.pointer("/function/name").and_then(Value::as_str) {
            Some(name) if fields.len() == 2 && fields.get("type").is_some_and(|kind| kind == "function") => {
                ToolChoice::Named(name.to_owned())
            }
            _ => ToolChoice::Other(choice.clone()),
        },
        other => ToolChoice::Other(other.clone()),
    }
}

fn read_format(format: &Value, spelling: &mut Own) -> Result<Option<AnswerFormat>> {
    let mut take = Take::strict(format).map_err(|error| error.in_field("response_format"))?;
    let kind = take.str("type").unwrap_or_default().to_owned();
    let read = match kind.as_str() {
        "text" => Some(AnswerFormat::Text),
        "json_object" => Some(AnswerFormat::JsonObject),
        "json_schema" => take
            .get("json_schema")
            .cloned()
            .filter(Value::is_object)
            .map(|inner| -> Result<AnswerFormat> {
                take.any("json_schema");
                let mut inner = Take::strict(&inner)?;
                let within = |error: Error| error.in_field("response_format.json_schema");
                let format = AnswerFormat::JsonSchema {
                    name: inner.text("name").map_err(within)?,
                    description: inner.text("description").map_err(within)?,
                    schema: inner.any("schema").unwrap_or_default(),
                    strict: inner.truth("strict").map_err(within)?,
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
        spelling.insert("~format".to_owned(), format.clone());
    }
    take.drop_if("type", &kind);
    let rest = take.rest();
    if read.is_some() && !rest.is_empty() {
        spelling.insert("~format_rest".to_owned(), Value::Object(rest));
    }
    Ok(read)
}

pub(super) fn write(request: &Request) -> Written {
    let is_own = request.dialect == Dialect::Chat;
    let (own, mut lost, mut put) = (&request.own, Losses::default(), Put::default());
    let spelled = |name: &str| note(own, name).filter(|_| is_own);
    put.maybe("model", request.model.clone());
    let mut messages = Vec::new();
    for (index, message) in request.messages.iter().enumerate() {
        write_message(message, is_own, &format!("messages[{index}]"), &mut messages, &mut lost);
    }
    put.set("messages", messages);
    let tools: Vec<Value> = request.tools.iter().filter_map(|tool| write_tool(tool, is_own, &mut lost)).collect();
    if !tools.is_empty() || spelled("~tools").is_some() {
        put.set("tools", tools);
    }
    put.maybe(
        "tool_choice",
        request.tool_choice.as_ref().and_then(|choice| match choice {
            ToolChoice::Auto => Some(json!("auto")),
            ToolChoice::None => Some(json!("none")),
            ToolChoice::Required => Some(json!(spelled("~choice").unwrap_or("required"))),
            ToolChoice::Named(name) => Some(json!({"type": "function", "function": {"name": name}})),
            ToolChoice::Other(value) if is_own => Some(value.clone()),
            ToolChoice::Other(_) => lost.part("tool_choice", "a choice that only its own dialect knows"),
        }),
    );
    put.maybe("parallel_tool_calls", request.parallel_tools);
    if is_own && own.contains_key("~format") {
        put.maybe("response_format", own.get("~format").cloned());
    } else if let Some(format) = &request.format {
        put.set("response_format", write_format(format, own, is_own));
    }
    let sampling = &request.sampling;
    // Reasoning models refuse `max_tokens`; every compatible interface of some age knows it alone.
    put.maybe(spelled("~max").unwrap_or("max_tokens"), sampling.max_output);
    for (name, number) in [
        ("temperature", &sampling.temperature),
        ("top_p", &sampling.top_p),
        ("frequency_penalty", &sampling.frequency_penalty),
        ("presence_penalty", &sampling.presence_penalty),
        ("seed", &sampling.seed),
    ] {
        put.maybe(name, number.clone().map(Value::Number));
    }
    if let Some(top_k) = &sampling.top_k {
        if is_own {
            put.set("top_k", Value::Number(top_k.clone()));
        } else {
            lost.push("sampling.top_k", "chat completions have no top_k");
        }
    }
    match (sampling.stop.as_slice(), spelled("~stop")) {
        ([one], Some("string")) => _ = put.set("stop", one.clone()),
        ([], spelling) if spelling != Some("list") => {}
        (all, _) => _ = put.set("stop", all.to_vec()),
    }
    put.maybe("n", sampling.n).maybe("logprobs", sampling.logprobs).maybe("top_logprobs", sampling.top_logprobs);
    if let Some(reasoning) = &request.reasoning {
        write_reasoning(reasoning, is_own, &mut put, &mut lost);
    }
    put.maybe("service_tier", request.service_tier.clone());
    put.maybe("user", request.user.clone()).maybe("prompt_cache_key", request.cache_key.clone());
    if !request.metadata.is_empty() {
        put.set("metadata", Value::Object(request.metadata.clone()));
    }
    if request.stream {
        put.set("stream", true);
    }
    let options = own.get("~stream_options").and_then(Value::as_object).filter(|_| is_own);
    let wants = if is_own && own.contains_key("~no_usage") {
        None
    } else {
        request.stream_usage.or(request.stream.then_some(true))
    };
    if options.is_some() || (request.stream && wants == Some(true)) {
        let mut all = options.cloned().unwrap_or_default();
        if let Some(wants) = wants {
            all.insert("include_usage".to_owned(), wants.into());
        }
        put.set("stream_options", Value::Object(all));
    }
    put.own(own, is_own);
    Written { body: put.done(), lost: lost.0 }
}

fn write_reasoning(reasoning: &Reasoning, is_own: bool, put: &mut Put, lost: &mut Losses) {
    if is_own && reasoning.own.contains_key("~object") {
        let mut inner = Put::default();
        inner
            .maybe("effort", reasoning.effort.clone())
            .maybe("max_tokens", reasoning.budget)
            .maybe("enabled", reasoning.is_on);
        inner.own(&reasoning.own, true);
        put.set("reasoning", inner.done());
        return;
    }
    let effort = reasoning.effort.clone().or_else(|| {
        // The shares of the output limit by which OpenRouter turns a budget into an effort stand for no number of tokens of ours:
        // only on and off can be said.
        match (reasoning.budget, reasoning.is_on) {
            (Some(0), _) | (_, Some(false)) => Some("none".to_owned()),
            (Some(_), _) => {
                lost.push("reasoning.budget", "chat completions have efforts, not budgets");
                Some("medium".to_owned())
            }
            (None, Some(true)) => Some("medium".to_owned()),
            (None, None) => None,
        }
    });
    put.maybe("reasoning_effort", effort);
}

fn write_message(message: &Message, is_own: bool, at: &str, out: &mut Vec<Value>, lost: &mut Losses) {
    // Results of tools are messages of their own here, and come first: they answer the message before.
    for (index, node) in message.parts.iter().enumerate() {
        if let Part::ToolResult { id, name, parts, is_error } = &node.part {
            let mut put = Put::default();
            put.set("role", "tool").set("tool_call_id", id.clone());
            put.maybe("name", name.clone().filter(|_| is_own));
            if *is_error && !is_own {
                lost.push(&format!("{at}.parts[{index}]"), "that a tool failed is told by its text alone");
            }
            let inner: Vec<&Node> = parts.iter().collect();
            let content = parts::write(&inner, &node.own, is_own, at, lost);
            put.maybe("content", content.or_else(|| (!is_own).then(|| json!(""))));
            put.maybe("cache_control", node.cache.map(cache_control));
            if is_own {
                put.own(&message.own, true);
            }
            out.push(put.done());
        }
    }
    let rest: Vec<&Node> = message.parts.iter().filter(|node| !matches!(node.part, Part::ToolResult { .. })).collect();
    if rest.len() < message.parts.len() && rest.is_empty() {
        return;
    }
    out.push(write_turn(message, &rest, is_own, at, lost));
}

fn write_turn(message: &Message, nodes: &[&Node], is_own: bool, at: &str, lost: &mut Losses) -> Value {
    let mut put = Put::default();
    let role = match message.role {
        Role::System => "system",
        Role::Developer => "developer",
        Role::User => "user",
        Role::Assistant => "assistant",
        Role::Tool => note(&message.own, "~role").unwrap_or("user"),
    };
    put.set("role", role);
    fill_turn(&mut put, message.role, nodes, &message.own, is_own, at, lost);
    put.maybe("name", message.name.clone());
    put.own(&message.own, is_own);
    put.done()
}

/// Content, reasoning, refusal and calls of a message; of an answer too.
pub(super) fn fill_turn(
    put: &mut Put,
    role: Role,
    nodes: &[&Node],
    own: &Own,
    is_own: bool,
    at: &str,
    lost: &mut Losses,
) {
    let mut content: Vec<&Node> = Vec::new();
    let mut calls = Vec::new();
    for node in nodes {
        match &node.part {
            Part::Reasoning { text, signature, .. } => {
                if let Some(text) = text {
                    put.set(note(&node.own, "~field").filter(|_| is_own).unwrap_or("reasoning_content"), text.clone());
                }
                if signature.is_some() && !is_own {
                    lost.push(at, "a signature of another provider's");
                }
            }
            Part::Refusal(text) if note(&node.own, "~field").is_some() || !is_own => {
                _ = put.set("refusal", text.clone())
            }
            Part::ToolCall { id, name, arguments } => calls.push(write_call(node, id, name, arguments, is_own)),
            Part::Other(value)
                if is_own
                    && value.get("type").is_some_and(|kind| kind != "text")
                    && role == Role::Assistant
                    && value.get("id").is_some() =>
            {
                calls.push(value.clone());
            }
            _ => content.push(node),
        }
    }
    let is_marked = is_own && own.contains_key("~message_cache");
    let unmarked: Vec<Node> = content.iter().map(|node| Node { cache: None, ..(**node).clone() }).collect();
    let content: Vec<&Node> = if is_marked { unmarked.iter().collect() } else { content };
    // What a model said in several blocks is one text; what it is told in several is told apart.
    let is_only_text = content.iter().all(|node| matches!(node.part, Part::Text(_)));
    let written = if role == Role::Assistant && !is_own && is_only_text && !content.is_empty() {
        let texts = content.iter().filter_map(|node| match &node.part {
            Part::Text(text) => Some(text.as_str()),
            _ => None,
        });
        Some(texts.collect::<String>().into())
    } else {
        parts::write(&content, own, is_own, at, lost)
    };
    match written {
        Some(written) => _ = put.set("content", written),
        None if !is_own => _ = put.set("content", if calls.is_empty() { json!("") } else { Value::Null }),
        None => {}
    }
    if is_marked {
        put.maybe("cache_control", nodes.last().and_then(|node| node.cache).map(cache_control));
    }
    if !calls.is_empty() {
        put.set("tool_calls", calls);
    }
}

fn write_call(node: &Node, id: &str, name: &str, arguments: &str, is_own: bool) -> Value {
    let spelled = |field: &str| note(&node.own, field).filter(|_| is_own);
    let mut function = Put::default();
    function.set("name", name);
    match spelled("~arguments") {
        Some("object") => _ = function.maybe("arguments", serde_json::from_str::<Value>(arguments).ok()),
        Some(_) => {}
        None => _ = function.set("arguments", arguments),
    }
    function.own(node.own.get("~inner").and_then(Value::as_object).unwrap_or(&Map::new()), is_own);
    let mut put = Put::default();
    if spelled("~id").is_none() {
        put.set("id", id);
    }
    if spelled("~type").is_none() {
        put.set("type", "function");
    }
    put.set("function", function.done()).own(&node.own, is_own);
    put.done()
}

fn write_tool(tool: &Tool, is_own: bool, lost: &mut Losses) -> Option<Value> {
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
    put.set("type", "function").set("function", function.done());
    put.maybe("cache_control", tool.cache.map(cache_control)).own(&tool.own, is_own);
    Some(put.done())
}

fn write_format(format: &AnswerFormat, own: &Own, is_own: bool) -> Value {
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
