//! Usage reports of the providers' admin interfaces, sums by bucket of time: OpenAI `/v1/organization/usage/completions`
//! (`{"data": [{"start_time", "results": [{"input_tokens", "input_cached_tokens", "num_model_requests", …}]}]}`), where input
//! includes cache reads and writes, and Anthropic `/v1/organizations/usage_report/messages` (`{"data": [{"starting_at", "results":
//! [{"uncached_input_tokens", "cache_read_input_tokens", "cache_creation": {…}, …}]}]}`), where the parts are disjoint.

use serde_json::Value;

use crate::error::Result;
use crate::format::counts::{Counter, Counts};
use crate::format::{Format, Line, Origin, Reader, Record, json, sniff, when};
use crate::usage::{Semantics, ServiceTier};

pub(super) static FORMAT: Format = Format {
    name: "usage_reports",
    about: "Usage reports of the OpenAI and Anthropic admin APIs",
    sniff: |head| sniff::first_is(head, |value| buckets(value).iter().any(is_bucket), 95),
    reader: Reader::Lines(read),
};

fn buckets(value: &Value) -> &[Value] {
    json::array(value, "data").unwrap_or(std::slice::from_ref(value))
}

fn is_bucket(bucket: &Value) -> bool {
    json::array(bucket, "results").is_some() && json::has_any(bucket, &["start_time", "starting_at"])
}

fn read(line: &Line<'_>, records: &mut Vec<Record>) -> Result<()> {
    let value = json::object(line)?;
    for bucket in buckets(&value) {
        let at = when::from_fields(bucket, &["start_time", "starting_at"]);
        for result in json::array(bucket, "results").unwrap_or_default() {
            let mut record =
                if result.get("uncached_input_tokens").is_some() { anthropic(result) } else { openai(result) };
            record.origin = Origin::of(line);
            record.at = at;
            for (tag, names) in [
                ("key", ["api_key_id", "api_key"]),
                ("user", ["user_id", "user"]),
                ("team", ["project_id", "workspace_id"]),
            ] {
                json::tag(&mut record.tags, tag, json::first_field(result, &names));
            }
            record.model = json::arc(result, "model");
            if record.usage.is_some() {
                records.push(record);
            }
        }
    }
    Ok(())
}

fn openai(result: &Value) -> Record {
    let mut counter = Counter::new(result);
    let counts = Counts {
        semantics: Semantics::Inclusive,
        input: counter.get(&["input_tokens"]),
        cache_read: counter.get(&["input_cached_tokens"]),
        cache_write_short: counter.get(&["input_cache_write_tokens"]),
        output: counter.get(&["output_tokens"]),
        ..Counts::default()
    };
    let n_calls = counter.get(&["num_model_requests"]);
    let tier = json::text(result, "service_tier").and_then(ServiceTier::from_wire).unwrap_or_default();
    Record {
        provider: Some("openai".into()),
        usage: counter.reading(counts),
        n_calls,
        tier: if json::is_true(result.get("batch")) { ServiceTier::Batch } else { tier },
        ..Record::default()
    }
}

fn anthropic(result: &Value) -> Record {
    let mut counter = Counter::new(result);
    let none = Value::Null;
    let mut writes = Counter::new(json::field(result, "cache_creation").unwrap_or(&none));
    let counts = Counts {
        semantics: Semantics::Exclusive,
        input: counter.get(&["uncached_input_tokens"]),
        cache_read: counter.get(&["cache_read_input_tokens"]),
        cache_write_short: writes.get(&["ephemeral_5m_input_tokens"]),
        cache_write_long: writes.get(&["ephemeral_1h_input_tokens"]),
        output: counter.get(&["output_tokens"]),
        ..Counts::default()
    };
    let searches = result.pointer("/server_tool_use/web_search_requests").and_then(Value::as_u64).unwrap_or(0);
    let usage = counter.reading(counts).map(|usage| {
        usage.map(|mut reading| {
            reading.usage.web_searches = searches;
            reading
        })
    });
    Record {
        provider: Some("anthropic".into()),
        usage,
        tier: json::text(result, "service_tier").and_then(ServiceTier::from_wire).unwrap_or_default(),
        region: json::arc(result, "inference_geo").filter(|geo| !matches!(&**geo, "global" | "not_available")),
        ..Record::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::testing::{check_detected, read as read_all, read_one};

    #[test]
    fn openai_input_includes_the_cache() {
        let sample = r#"{"object":"page","data":[{"object":"bucket","start_time":1775802348,"end_time":1775888748,"results":[{"object":"organization.usage.completions.result","input_tokens":1000,"output_tokens":500,"input_cached_tokens":800,"num_model_requests":5,"project_id":"p1","model":"gpt-6-luna","batch":true}]},{"start_time":1,"end_time":2,"results":[]}]}"#;
        check_detected(&FORMAT, "usage.json", sample);
        let record = read_one(&FORMAT, sample);
        let usage = record.usage.unwrap().unwrap().usage;
        assert_eq!(
            (usage.input_fresh, usage.cache_read, record.n_calls, record.tier),
            (200, 800, Some(5), ServiceTier::Batch)
        );
    }

    #[test]
    fn anthropic_parts_are_disjoint() {
        let sample = r#"{"data":[{"starting_at":"2026-08-01T00:00:00Z","ending_at":"2026-08-02T00:00:00Z","results":[{"uncached_input_tokens":1500,"cache_creation":{"ephemeral_1h_input_tokens":1000,"ephemeral_5m_input_tokens":500},"cache_read_input_tokens":200,"output_tokens":300,"server_tool_use":{"web_search_requests":10},"model":"claude-haiku-5-5","service_tier":"batch"}]}],"has_more":false}"#;
        check_detected(&FORMAT, "usage.json", sample);
        let record = read_all(&FORMAT, sample).remove(0).unwrap();
        let usage = record.usage.unwrap().unwrap().usage;
        assert_eq!((usage.input(), usage.cache_write_long, usage.web_searches), (3200, 1000, 10));
        assert_eq!(record.tier, ServiceTier::Batch);
    }
}
