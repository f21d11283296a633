//! `llmtrim-core`: its retrieve stage in sentence mode (what its `rag` preset uses) for compression to a ratio, and its
//! lossless stages for tool output.

use std::error::Error;
use std::time::Duration;

use llmtrim_core::config::DenseConfig;
use llmtrim_core::gate::Transform;
use llmtrim_core::ir::{ProviderKind, Request};
use llmtrim_core::stages::{RetrieveStage, serialize};
use llmtrim_core::{compress_with_config, provider};
use serde_json::{Value, json};

/// The context as a user message, the question as the last user message: the stage prunes the first and takes its
/// query from the last. Called without the gates, which would count tokens and could only revert.
pub fn retrieve(text: &str, question: &str, keep: f64) -> Result<(String, Duration), Box<dyn Error>> {
    let stage = RetrieveStage {
        keep_ratio: keep,
        min_segment_chars: 0,
        reorder: false,
        mmr: false,
        mmr_lambda: 0.5,
        sentence: true,
    };
    let body = json!({ "model": "gpt-4o", "messages": [
        { "role": "user", "content": text },
        { "role": "user", "content": question },
    ]});
    let mut request = Request::from_value(ProviderKind::OpenAi, body);
    let adapter = provider::for_kind(ProviderKind::OpenAi);
    let (result, spent) = crate::timed(|| stage.apply(&mut request, adapter.as_ref(), &mut Vec::new()));
    result?;
    let kept = request.get_str("/messages/0/content").ok_or("the context is gone")?;
    Ok((kept.to_owned(), spent))
}

/// All message texts after its pipeline ran over a conversation whose last message is this tool result: legends it puts
/// into the prompt are counted, as the reader pays for them. `decodes` is `None` where the crate ships no decoder.
pub fn lossless(text: &str, variant: &str) -> Result<(Vec<String>, Option<bool>, Duration), Box<dyn Error>> {
    let mut config = DenseConfig::lossless();
    match variant {
        "safe" => {}
        "ngram" => config.ngram = true,
        // The template fold alone: with no limit of lines, there is nothing to window.
        "template" => {
            config.toolout = true;
            config.toolout_template = true;
            config.toolout_mode = "adaptive".to_owned();
            config.toolout_max_lines = usize::MAX;
        }
        other => return Err(format!("no variant is called `{other}`").into()),
    }
    let body = json!({ "model": "gpt-4o", "messages": [
        { "role": "user", "content": "" },
        { "role": "assistant", "content": null, "tool_calls": [
            { "id": "c1", "type": "function", "function": { "name": "read", "arguments": "{}" } }] },
        { "role": "tool", "tool_call_id": "c1", "content": text },
    ]})
    .to_string();
    let (result, spent) = crate::timed(|| compress_with_config(&body, Some(ProviderKind::OpenAi), &config));
    let body: Value = serde_json::from_str(&result?.request_json)?;
    let messages = body["messages"].as_array().ok_or("the messages are gone")?;
    let texts: Vec<String> =
        messages.iter().filter_map(|message| message["content"].as_str()).map(str::to_owned).collect();
    let last = texts.last().map(String::as_str).unwrap_or_default();
    Ok((texts.clone(), decodes(text, last), spent))
}

fn decodes(before: &str, after: &str) -> Option<bool> {
    if before == after {
        return Some(true);
    }
    let before: Value = serde_json::from_str(before).ok()?;
    let after = serde_json::from_str(after).ok().or_else(|| serialize::from_toon(after).ok());
    Some(after == Some(before))
}
