//! Requests.

use serde_json::{Map, Value, json};

use super::super::model::{Own, Reasoning, Request, Sampling, ToolChoice};
use super::super::take::{NOT_NEGATIVE, PENALTY, Put, SHARE, Take, note};
use super::super::{Losses, Written};
use super::message::{read_message, write_message};
use super::tools::{read_choice, read_format, read_tool, write_format, write_tool};
use crate::chat::Dialect;
use crate::error::Result;

pub(super) fn read(body: &Value) -> Result<Request> {
    let mut take = Take::strict(body)?;
    let mut spelling = Own::new();
    let Some(messages) = take.each("messages", read_message)? else { return Err(take.wrong("messages", "a list")) };
    let tools = take.each("tools", read_tool)?.unwrap_or_default();
    if tools.is_empty() && body.get("tools").is_some_and(Value::is_array) {
        spelling.insert("~tools".to_owned(), "empty".into());
    }
    let (max_output, max_name) = match take.count("max_completion_tokens")? {
        Some(most) => (Some(most), "max_completion_tokens"),
        None => (take.count("max_tokens")?, "max_tokens"),
    };
    spelling.insert("~max".to_owned(), max_name.into());
    let stop = if let Some(Value::String(one)) = take.get("stop").cloned() {
        take.any("stop");
        spelling.insert("~stop".to_owned(), "string".into());
        vec![one]
    } else {
        let list = take.texts("stop")?;
        if list.is_some() {
            spelling.insert("~stop".to_owned(), "list".into());
        }
        list.unwrap_or_default()
    };
    let is_stream = take.truth("stream")?;
    if is_stream == Some(false) {
        take.put_back("stream", false.into());
    }
    let stream_usage = match take.inner("stream_options")? {
        Some(mut options) => {
            let wants = options.truth("include_usage")?;
            spelling.insert("~stream_options".to_owned(), Value::Object(options.rest()));
            wants
        }
        None => None,
    };
    let reasoning = reasoning(&mut take)?;
    // Together and Fireworks take the number of alternatives, as completions did.
    let (logprobs, top_logprobs) = match take.get("logprobs").and_then(Value::as_u64) {
        Some(most) => {
            take.any("logprobs");
            spelling.insert("~logprobs".to_owned(), most.into());
            (Some(most > 0), Some(most))
        }
        None => (take.truth("logprobs")?, take.count("top_logprobs")?),
    };
    let mut request = Request {
        dialect: Dialect::Chat,
        model: take.text("model")?,
        stream: is_stream.unwrap_or(false),
        stream_usage: Some(stream_usage.unwrap_or(false)),
        messages,
        tools,
        tool_choice: read_choice(&mut take, &mut spelling)?,
        parallel_tools: take.truth("parallel_tool_calls")?,
        format: read_format(&mut take, &mut spelling)?,
        sampling: Sampling {
            max_output,
            temperature: take.number("temperature", &NOT_NEGATIVE)?,
            top_p: take.number("top_p", &SHARE)?,
            top_k: take.whole_number("top_k")?,
            frequency_penalty: take.number("frequency_penalty", &PENALTY)?,
            presence_penalty: take.number("presence_penalty", &PENALTY)?,
            seed: take.whole_number("seed")?,
            stop,
            n: take.positive("n")?,
            logprobs,
            top_logprobs,
        },
        reasoning,
        service_tier: take.text("service_tier")?,
        user: take.text("user")?,
        metadata: take.object("metadata")?.unwrap_or_default(),
        cache_key: take.text("prompt_cache_key")?,
        own: take.rest(),
    };
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
    let Some(mut inner) = take.inner("reasoning")? else { return Ok(None) };
    let mut reasoning = Reasoning {
        effort: inner.text("effort")?,
        budget: inner.count("max_tokens")?,
        is_on: inner.truth("enabled")?,
        own: Own::new(),
    };
    reasoning.own = inner.rest();
    reasoning.own.insert("~object".to_owned(), true.into());
    Ok(Some(reasoning))
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
    put.maybe("n", sampling.n);
    match own.get("~logprobs").filter(|_| is_own) {
        Some(most) => _ = put.set("logprobs", most.clone()),
        None => _ = put.maybe("logprobs", sampling.logprobs).maybe("top_logprobs", sampling.top_logprobs),
    }
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
        let mut all = Put::default();
        all.maybe("include_usage", wants);
        if let Some(options) = options {
            all.own(options, is_own);
        }
        put.set("stream_options", all.done());
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
