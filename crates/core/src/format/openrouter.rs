//! OpenRouter: generation metadata (`{"data": {"id", "total_cost", "created_at", "model", "provider_name", "native_tokens_prompt", …}}`,
//! also bare or a list of them) and the activity of its API, one row a day, model and provider (`{"data": [{"date", "model",
//! "provider_name", "usage", "requests", "prompt_tokens", …}]}`). The activity CSV is read by the CSV format.
//!
//! Prompt tokens include the cached ones, completion tokens the reasoning. Native counts are the model's own and what is
//! billed; the others are normalised.

use serde_json::Value;

use crate::error::Result;
use crate::format::counts::{Counter, Counts};
use crate::format::{Format, Line, Origin, Reader, Record, json, sniff, when};
use crate::usage::Semantics;

pub(super) static FORMAT: Format = Format {
    name: "openrouter",
    about: "OpenRouter generation metadata and activity",
    sniff: |head| {
        sniff::first_is(head, |value| rows(value).first().is_some_and(|row| is_generation(row) || is_activity(row)), 95)
    },
    reader: Reader::Lines(read),
};

fn rows(value: &Value) -> &[Value] {
    match value.get("data") {
        Some(Value::Array(rows)) => rows,
        Some(row @ Value::Object(_)) => std::slice::from_ref(row),
        _ => std::slice::from_ref(value),
    }
}

fn is_generation(row: &Value) -> bool {
    json::has_any(row, &["native_tokens_prompt", "native_tokens_completion"])
}

fn is_activity(row: &Value) -> bool {
    json::has_all(row, &["model_permaslug", "provider_name", "prompt_tokens"])
}

fn read(line: &Line<'_>, records: &mut Vec<Record>) -> Result<()> {
    let value = json::object(line)?;
    for row in rows(&value) {
        let mut counter = Counter::new(row);
        let counts = Counts {
            semantics: Semantics::Inclusive,
            input: counter.get(&["native_tokens_prompt", "tokens_prompt", "prompt_tokens"]),
            cache_read: counter.get(&["native_tokens_cached", "tokens_cached"]),
            output: counter.get(&["native_tokens_completion", "tokens_completion", "completion_tokens"]),
            reasoning: counter.get(&["native_tokens_reasoning", "tokens_reasoning", "reasoning_tokens"]),
            ..Counts::default()
        };
        let mut record = Record {
            origin: Origin::of(line),
            at: when::from_fields(row, &["created_at", "date"]),
            provider: Some("openrouter".into()),
            model: json::first_text(row, &["model_permaslug", "model"]).map(Into::into),
            asked_model: json::arc(row, "model").filter(|_| row.get("model_permaslug").is_some()),
            usage: counter.reading(counts),
            billed: json::first_money(row, &["total_cost", "usage"]),
            n_calls: row.get("requests").and_then(Value::as_u64),
            ..Record::default()
        };
        json::tag(&mut record.tags, "upstream", row.get("provider_name"));
        json::tag(&mut record.tags, "user", row.get("external_user"));
        json::tag(&mut record.tags, "feature", row.get("app_id"));
        records.push(record);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::testing::{check_detected, read_one};

    #[test]
    fn native_counts_are_read() {
        let sample = r#"{"data":{"id":"gen-1","created_at":"2026-02-24T21:19:33.705Z","model":"openai/gpt-6-luna","provider_name":"OpenAI","tokens_prompt":65,"tokens_completion":116,"native_tokens_prompt":64,"native_tokens_completion":98,"native_tokens_reasoning":30,"native_tokens_cached":10,"total_cost":0.0015,"usage":0.0015}}"#;
        check_detected(&FORMAT, "gen.json", sample);
        let record = read_one(&FORMAT, sample);
        let usage = record.usage.unwrap().unwrap().usage;
        assert_eq!((usage.input(), usage.cache_read, usage.output(), usage.output_reasoning), (64, 10, 98, 30));
    }

    #[test]
    fn activity_sums_up_calls() {
        let sample = r#"{"data":[{"date":"2026-01-16 00:00:00","model":"openai/gpt-6-luna","model_permaslug":"openai/gpt-6-luna-2026","provider_name":"OpenAI","usage":0.5,"requests":12,"prompt_tokens":900,"completion_tokens":100,"reasoning_tokens":0}]}"#;
        check_detected(&FORMAT, "activity.json", sample);
        let record = read_one(&FORMAT, sample);
        assert_eq!(
            (record.n_calls, record.billed.map(crate::usd::Usd::to_decimal).as_deref()),
            (Some(12), Some("0.5"))
        );
    }
}
