//! Short texts of what was read, so that the dialects' tests are tables of input and expected outline.

use std::fmt::Write as _;

use serde_json::Value;

use super::Wire;
use crate::chat::{AnswerFormat, ChatRequest, Content, Part, Role, ToolChoice};
use crate::usd::Usd;

/// Asserts what a request body is read as.
#[track_caller]
pub(super) fn check_request(wire: &Wire, body: &Value, expected: &str) {
    assert!((wire.is_request)(body), "not taken for its own: {body}");
    let found = super::read_request(body).unwrap().dialect;
    assert_eq!(found, wire.dialect, "another dialect takes it first");
    assert_eq!(request(&(wire.request)(body).unwrap()), expected);
}

/// Asserts the error of a bad body.
#[track_caller]
pub(super) fn check_request_error(wire: &Wire, body: &Value, expected: &str) {
    assert_eq!((wire.request)(body).unwrap_err().to_string(), expected);
}

/// Asserts what a response's bytes are read as.
#[track_caller]
pub(super) fn check_reply(wire: &Wire, body: &str, expected: &str) {
    let reply = super::read_reply(wire.dialect, body.as_bytes()).unwrap();
    let mut text = parts(&reply.answer.parts);
    if let Some(finish) = reply.answer.finish {
        write!(text, " | {finish}").unwrap();
    }
    if let Some(usage) = reply.usage {
        write!(text, " | {usage}").unwrap();
    }
    assert_eq!(text, expected);
}

/// Asserts what a usage object is read as.
#[track_caller]
pub(super) fn check_usage(wire: &Wire, provider: &str, usage: &Value, expected: &str) {
    let text = match (wire.usage)(usage, Some(provider)) {
        Err(flaw) => format!("flaw: {flaw}"),
        Ok(reading) => {
            let u = reading.usage;
            let mut text = format!(
                "in {}+{}r+{}w+{}W out {}+{}",
                u.input_fresh,
                u.cache_read,
                u.cache_write_short,
                u.cache_write_long,
                u.output_visible,
                u.output_reasoning
            );
            let more: [(&str, Option<String>); 9] = [
                ("audio", count([u.of_which_audio_in, u.of_which_audio_cached, u.of_which_audio_out])),
                ("image", count([u.of_which_image_in, 0, u.of_which_image_out])),
                ("searches", count([u.web_searches, 0, 0])),
                ("billed", reading.billed.map(Usd::to_decimal)),
                ("tier", reading.tier.map(|tier| tier.name().to_owned())),
                ("region", reading.region),
                ("total", reading.stated_total.map(|total| total.to_string())),
                ("", Some(format!("{:?}", reading.semantics).to_lowercase())),
                (
                    "flaws:",
                    (!reading.flaws.is_empty()).then(|| reading.flaws.iter().map(ToString::to_string).collect()),
                ),
            ];
            for (name, value) in more {
                if let Some(value) = value {
                    write!(text, ", {}", format!("{name} {value}").trim()).unwrap();
                }
            }
            text
        }
    };
    assert_eq!(text, expected);
}

fn count(counts: [u64; 3]) -> Option<String> {
    counts.iter().any(|n| *n > 0).then(|| counts.map(|n| n.to_string()).join("/"))
}

fn request(request: &ChatRequest) -> String {
    let mut lines: Vec<String> = Vec::new();
    for message in &request.messages {
        let role = match message.role {
            Role::System => "system",
            Role::Developer => "developer",
            Role::User => "user",
            Role::Assistant => "assistant",
            Role::Tool => "tool",
        };
        lines.push(format!("{role}: {}", parts(&message.parts)));
    }
    for tool in request.tools.iter() {
        let mark = if tool.cache_mark.is_some() { "*" } else { "" };
        lines.push(format!("tool {}{mark} {}", tool.name, tool.parameters));
    }
    let mut say = |name: &str, value: Option<String>| lines.extend(value.map(|value| format!("{name} {value}")));
    say("choice", (request.tool_choice != ToolChoice::Unset).then(|| format!("{:?}", request.tool_choice)));
    say(
        "format",
        match &request.answer_format {
            AnswerFormat::Text => None,
            AnswerFormat::JsonObject => Some("json".to_owned()),
            AnswerFormat::JsonSchema { schema, .. } => Some(schema.to_string()),
        },
    );
    say("max", request.max_output.map(|n| n.to_string()));
    say("n", (request.n_answers != 1).then(|| request.n_answers.to_string()));
    say("tier", request.service_tier.as_deref().map(str::to_owned));
    say("reasoning", request.reasoning.as_ref().map(|reasoning| format!("{reasoning:?}")));
    say("key", request.cache_key.as_deref().map(str::to_owned));
    say("mark", request.cache_mark.map(|mark| format!("{mark:?}")));
    say("stored", request.has_stored_context.then(|| "context".to_owned()));
    say("server", (!request.server_tools.is_empty()).then(|| request.server_tools.join(" ")));
    for (name, value) in &request.parameters {
        lines.push(format!("{name}={value}"));
    }
    lines.join(" | ")
}

fn parts(parts: &[Part]) -> String {
    let outline = |part: &Part| {
        let text = match &part.content {
            Content::Text(text) => text.to_string(),
            Content::Reasoning { text, n_opaque_bytes } => format!("thought({text}+{n_opaque_bytes})"),
            Content::Refusal(text) => format!("refusal({text})"),
            Content::ToolCall { id, name, arguments } => format!("call({id} {name} {arguments})"),
            Content::ToolResult { id, name, parts, is_error } => {
                let failed = if *is_error { " failed" } else { "" };
                format!("result({id}{}{failed}: {})", name.as_deref().unwrap_or_default(), self::parts(parts))
            }
            Content::Document { title, text } => format!("document({}: {text})", title.as_deref().unwrap_or_default()),
            Content::Image(image) => match image.size {
                Some((width, height)) => format!("image({width}x{height})"),
                None if image.is_remote => "image(remote)".to_owned(),
                None => "image(?)".to_owned(),
            },
            Content::Audio { n_bytes } => format!("audio({n_bytes:?})"),
            Content::File { media_type, n_bytes } => {
                format!("file({} {n_bytes:?})", media_type.as_deref().unwrap_or_default())
            }
            Content::Other { kind, .. } => format!("other({kind})"),
        };
        match part.cache_mark {
            Some(mark) => format!("{text}*{mark:?}"),
            None => text,
        }
    };
    parts.iter().map(outline).collect::<Vec<_>>().join(", ")
}
