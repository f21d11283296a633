//! Usage objects: read by the dialect's own reader, written with the same meaning.

use serde_json::{Value, json};

use super::model::Response;
use crate::chat::Dialect;
use crate::dialect;
use crate::usage::{Reading, Usage};

/// What a usage object says; `None` if there is none, or it cannot be true.
pub(super) fn read(dialect: Dialect, usage: Option<&Value>) -> Option<Reading> {
    let usage = usage.filter(|usage| usage.is_object())?;
    (dialect::wire(dialect).ok()?.usage)(usage, None).ok()
}

/// The usage of a response: as it was written in its own dialect, else from the counters.
pub(super) fn write(dialect: Dialect, response: &Response, is_own: bool) -> Option<Value> {
    if is_own {
        return None;
    }
    response.usage.as_ref().map(|reading| of(dialect, &reading.usage))
}

/// Counters as a dialect writes them. Writes to a prompt cache are told only by those that have a word for them.
pub(super) fn of(dialect: Dialect, usage: &Usage) -> Value {
    let (input, output) = (usage.input(), usage.output());
    let write = usage.cache_write_short.saturating_add(usage.cache_write_long);
    match dialect {
        Dialect::Responses => json!({
            "input_tokens": input,
            "input_tokens_details": {"cached_tokens": usage.cache_read},
            "output_tokens": output,
            "output_tokens_details": {"reasoning_tokens": usage.output_reasoning},
            "total_tokens": usage.total(),
        }),
        Dialect::Messages => json!({
            "input_tokens": usage.input_fresh,
            "cache_creation_input_tokens": write,
            "cache_read_input_tokens": usage.cache_read,
            "cache_creation": {
                "ephemeral_5m_input_tokens": usage.cache_write_short,
                "ephemeral_1h_input_tokens": usage.cache_write_long,
            },
            "output_tokens": output,
        }),
        Dialect::GenerateContent => json!({
            "promptTokenCount": input,
            "cachedContentTokenCount": usage.cache_read,
            "candidatesTokenCount": usage.output_visible,
            "thoughtsTokenCount": usage.output_reasoning,
            "totalTokenCount": usage.total(),
        }),
        Dialect::Converse => json!({
            "inputTokens": usage.input_fresh,
            "cacheReadInputTokens": usage.cache_read,
            "cacheWriteInputTokens": write,
            "outputTokens": output,
            "totalTokens": usage.total(),
        }),
        _ => json!({
            "prompt_tokens": input,
            "completion_tokens": output,
            "total_tokens": usage.total(),
            "prompt_tokens_details": {"cached_tokens": usage.cache_read},
            "completion_tokens_details": {"reasoning_tokens": usage.output_reasoning},
        }),
    }
}
