//! OpenAI chat completions, and every provider that speaks them: Azure, DeepSeek, Mistral, Groq, Together, Perplexity,
//! OpenRouter, xAI, Writer, Ollama's and Bedrock's compatible endpoints. Where they add fields (`reasoning_content`,
//! `document_url`, `web_search_options`), all additions are read; none of them contradicts another.

use std::sync::Arc;

use serde_json::Value;

use super::read::{self, Fields, given, string};
use super::{Wire, chat_message, chat_reply, chat_usage};
use crate::chat::{AnswerFormat, ChatRequest, Dialect, Reasoning, Tool, ToolChoice};
use crate::error::Result;

/// The dialect.
pub(super) static WIRE: Wire =
    Wire { dialect: Dialect::Chat, is_request, request, reply: chat_reply::reply, usage: chat_usage::usage };

/// `messages` alone: dialects that have them too stand before this one and look closer.
fn is_request(body: &Value) -> bool {
    body.get("messages").is_some_and(Value::is_array)
}

/// Fields that [`request`] reads into fields of their own.
const READ: [&str; 20] = [
    "model",
    "messages",
    "tools",
    "functions",
    "tool_choice",
    "function_call",
    "response_format",
    "max_tokens",
    "max_completion_tokens",
    "n",
    "service_tier",
    "reasoning_effort",
    "reasoning",
    "thinking",
    "enable_thinking",
    "prompt_cache_key",
    "web_search_options",
    "plugins",
    "cache_control",
    "previous_response_id",
];

fn request(body: &Value) -> Result<ChatRequest> {
    let fields = read::body(body)?;
    if given(fields, "messages").is_none() {
        return Err(crate::error::Error::input("expected an array, found nothing").in_field("messages"));
    }
    let (tools, server_tools) = tools(fields)?;
    let (server_tools, server_tool_json) = read::server_tools(server_tools);
    let messages = read::each(fields, "messages", |value| chat_message::message(value).map(Arc::new))?;
    Ok(ChatRequest {
        dialect: Dialect::Chat,
        model: read::shared(fields, "model")?,
        tools: tools.into(),
        tool_choice: match given(fields, "tool_choice").or_else(|| given(fields, "function_call")) {
            Some(choice) => tool_choice(choice),
            None => ToolChoice::Unset,
        },
        messages,
        answer_format: match given(fields, "response_format") {
            Some(format) => answer_format(format)?,
            None => AnswerFormat::Text,
        },
        max_output: match read::whole(fields, "max_completion_tokens")? {
            Some(n) => Some(n),
            None => read::whole(fields, "max_tokens")?,
        },
        n_answers: n_answers(fields, "n")?,
        service_tier: read::shared(fields, "service_tier")?,
        reasoning: reasoning(fields)?,
        cache_key: read::shared(fields, "prompt_cache_key")?,
        cache_mark: read::cache_control(fields),
        has_stored_context: given(fields, "previous_response_id").is_some(),
        server_tools,
        server_tool_json,
        parameters: read::parameters(fields, &READ),
    })
}

/// Answers asked for; 1 if not said.
pub(super) fn n_answers(fields: &Fields, name: &str) -> Result<u32> {
    Ok(read::whole(fields, name)?.map_or(1, |n| u32::try_from(n).unwrap_or(u32::MAX)))
}

/// Tools the caller runs, and names of those the provider runs.
pub(super) fn tools(fields: &Fields) -> Result<(Vec<Tool>, Vec<read::ServerTool>)> {
    let mut tools = Vec::new();
    let mut server_tools: Vec<read::ServerTool> = Vec::new();
    for (i, value) in read::array(fields, "tools")?.iter().enumerate() {
        let named = |error: crate::error::Error| error.in_field(&i.to_string()).in_field("tools");
        let definition = read::body(value).map_err(named)?;
        let kind = string(definition, "type").map_err(named)?;
        let inner = kind.filter(|kind| definition.get(*kind).is_some_and(Value::is_object)).unwrap_or("function");
        if let Some(function) = read::object(definition, inner).map_err(named)? {
            let schema = if inner == "custom" { "format" } else { "parameters" };
            tools.push(read::tool(function, schema, value).map_err(named)?);
        } else if matches!(kind, None | Some("function" | "custom")) && definition.contains_key("name") {
            let schema = if kind == Some("custom") { "format" } else { "parameters" };
            tools.push(read::tool(definition, schema, value).map_err(named)?);
        } else {
            server_tools.push((kind.map_or_else(|| read::json(value), Arc::from), value.clone()));
        }
    }
    for (i, value) in read::array(fields, "functions")?.iter().enumerate() {
        let named = |error: crate::error::Error| error.in_field(&i.to_string()).in_field("functions");
        tools.push(read::tool(read::body(value).map_err(named)?, "parameters", value).map_err(named)?);
    }
    if let Some(options) = given(fields, "web_search_options") {
        server_tools.push((Arc::from("web_search"), options.clone()));
    }
    for plugin in read::array(fields, "plugins")? {
        server_tools.extend(plugin.get("id").and_then(Value::as_str).map(|id| (Arc::from(id), plugin.clone())));
    }
    Ok((tools, server_tools))
}

/// `auto`, `none`, `required` (`any`), or one tool by name, in chat's and responses' spelling.
pub(super) fn tool_choice(choice: &Value) -> ToolChoice {
    let word = |word: &str| match word {
        "auto" | "AUTO" | "validated" => Some(ToolChoice::Auto),
        "none" | "NONE" => Some(ToolChoice::None),
        "required" | "any" | "ANY" | "REQUIRED" => Some(ToolChoice::Required),
        _ => None,
    };
    if let Some(text) = choice.as_str() {
        return word(text).unwrap_or_else(|| ToolChoice::Named(Arc::from(text)));
    }
    let named =
        |value: &Value| value.get("name").and_then(Value::as_str).map(|name| ToolChoice::Named(Arc::from(name)));
    let kind = choice.get("type").and_then(Value::as_str);
    named(choice)
        .or_else(|| named(choice.get("function")?))
        .or_else(|| named(choice.get("custom")?))
        .or_else(|| word(kind?))
        .or_else(|| word(choice.get("mode")?.as_str()?))
        .unwrap_or_else(|| kind.map_or(ToolChoice::Unset, |kind| ToolChoice::Named(Arc::from(kind))))
}

/// `response_format`, with the schema either in `json_schema` or beside `type` (Together, Ollama).
fn answer_format(format: &Value) -> Result<AnswerFormat> {
    let fields = read::body(format).map_err(|error| error.in_field("response_format"))?;
    let named = |error: crate::error::Error| error.in_field("response_format");
    let inner = match given(fields, "json_schema") {
        Some(Value::Object(inner)) => inner,
        _ => fields,
    };
    match string(fields, "type").map_err(named)? {
        Some("json_object") if !fields.contains_key("schema") => Ok(AnswerFormat::JsonObject),
        Some("json_schema" | "json_object") => schema_format(inner, "schema").map_err(named),
        _ => Ok(AnswerFormat::Text),
    }
}

/// A schema with its name, description and strictness beside it.
pub(super) fn schema_format(fields: &Fields, schema: &str) -> Result<AnswerFormat> {
    Ok(AnswerFormat::JsonSchema {
        name: read::shared(fields, "name")?,
        description: read::shared(fields, "description")?,
        schema: fields.get(schema).cloned().unwrap_or_default(),
        strict: read::boolean(fields, "strict")?,
    })
}

/// Reasoning in the spellings of OpenAI, OpenRouter, DeepSeek and Qwen.
fn reasoning(fields: &Fields) -> Result<Option<Reasoning>> {
    if let Some(effort) = read::shared(fields, "reasoning_effort")? {
        return Ok(Some(Reasoning::Effort(effort)));
    }
    if let Some(reasoning) = read::object(fields, "reasoning")? {
        let named = |error: crate::error::Error| error.in_field("reasoning");
        if let Some(n) = read::whole(reasoning, "max_tokens").map_err(named)? {
            return Ok(Some(Reasoning::Budget(n)));
        }
        if let Some(effort) = read::shared(reasoning, "effort").map_err(named)? {
            return Ok(Some(Reasoning::Effort(effort)));
        }
        let is_on = read::boolean(reasoning, "enabled").map_err(named)?.unwrap_or(true);
        return Ok(Some(if is_on { Reasoning::On } else { Reasoning::Off }));
    }
    if let Some(thinking) = given(fields, "thinking") {
        return Ok(self::thinking(thinking));
    }
    Ok(read::boolean(fields, "enable_thinking")?.map(|on| if on { Reasoning::On } else { Reasoning::Off }))
}

/// `{"type": "enabled", "budget_tokens": 1024}`, or the boolean that some proxies write.
pub(super) fn thinking(thinking: &Value) -> Option<Reasoning> {
    if let Some(n) = thinking.get("budget_tokens").or_else(|| thinking.get("token_budget")).and_then(Value::as_u64) {
        return Some(Reasoning::Budget(n));
    }
    match thinking.get("type").and_then(Value::as_str) {
        Some("disabled") => Some(Reasoning::Off),
        Some(_) => Some(Reasoning::On),
        None => thinking.as_bool().map(|on| if on { Reasoning::On } else { Reasoning::Off }),
    }
}

#[cfg(test)]
mod tests {
    use super::super::outline::{check_request, check_request_error};
    use super::*;
    use serde_json::json;

    #[test]
    fn messages_are_read_in_order() {
        check_request(
            &WIRE,
            &json!({"model": "m", "messages": [
                {"role": "developer", "content": "Be brief."},
                {"role": "user", "name": "ann", "content": [
                    {"type": "text", "text": "Look:", "cache_control": {"type": "ephemeral", "ttl": "1h"}},
                    {"type": "image_url", "image_url": {"url": "data:image/gif;base64,R0lGODlhQAHwAA==", "detail": "low"}},
                    {"type": "image_url", "image_url": "https://example.com/a.png"},
                    {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
                    {"type": "hologram", "x": 1},
                ]},
                {"role": "assistant", "content": null, "reasoning_content": "hm", "tool_calls": [
                    {"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{\"a\": 1}"}}]},
                {"role": "tool", "tool_call_id": "c1", "content": "42"},
            ]}),
            "developer: Be brief. | user: Look:*Long, image(320x240), image(remote), audio(Some(3)), other(hologram) | \
             assistant: thought(hm+0), call(c1 f {\"a\": 1}) | tool: result(c1: 42)",
        );
    }

    #[test]
    fn tools_and_options_are_read() {
        check_request(
            &WIRE,
            &json!({"messages": [], "n": 2, "max_tokens": 5, "max_completion_tokens": 7, "service_tier": "flex",
                "prompt_cache_key": "k", "seed": 1, "temperature": 0.50, "stream": true, "user": "u",
                "reasoning": {"max_tokens": 9}, "web_search_options": {},
                "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}, {"type": "x:y"}],
                "functions": [{"name": "g"}],
                "tool_choice": {"type": "function", "function": {"name": "f"}},
                "response_format": {"type": "json_schema", "json_schema": {"name": "s", "schema": {"a": 1}}}}),
            "tool f {\"type\":\"object\"} | tool g null | choice Named(\"f\") | format {\"a\":1} | max 7 | n 2 | tier flex | \
             reasoning Budget(9) | key k | server x:y web_search | seed=1 | temperature=0.5",
        );
    }

    #[test]
    fn signatures_are_measured_once_and_text_is_not_doubled() {
        check_request(
            &WIRE,
            &json!({"messages": [{"role": "assistant", "content": "a", "reasoning": "why",
                "reasoning_details": [{"type": "reasoning.text", "text": "why", "signature": "12345"}]}]}),
            "assistant: thought(why+5), a",
        );
    }

    #[test]
    fn errors_name_the_field() {
        let check = |body: Value, expected: &str| check_request_error(&WIRE, &body, expected);
        check(json!({}), "`messages`: expected an array, found nothing");
        check(json!({"messages": 1}), "`messages`: expected an array, found a number");
        check(json!({"messages": ["hi"]}), "`messages.0`: expected an object, found a string");
        check(
            json!({"messages": [{"role": "user", "content": 7}]}),
            "`messages.0.content`: expected a string or an array of parts, found a number",
        );
        check(
            json!({"messages": [{"role": "user", "content": [{"type": "text", "text": 7}]}]}),
            "`messages.0.content.0.text`: expected a string, found a number",
        );
        check(json!({"messages": [], "max_tokens": -1}), "`max_tokens`: expected a whole number, found a number");
        check(
            json!({"messages": [], "tools": [{"function": 1}]}),
            "`tools.0.function`: expected an object, found a number",
        );
    }
}
