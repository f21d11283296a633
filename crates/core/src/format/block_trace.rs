//! Serving traces with prefix hashes, as Mooncake publishes them: `{"timestamp", "input_length", "output_length", "hash_ids"}`
//! a line. The timestamp is in milliseconds since the trace began. Lengths are all input and all output; the hashes name
//! 512-token blocks and say nothing of what a provider cached, so only the counts are read.

use serde_json::Value;

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::format::counts::{Counter, Counts};
use crate::format::{Format, Line, Origin, Reader, Record, json, sniff};

pub(super) static FORMAT: Format = Format {
    name: "block_trace",
    about: "Serving traces with input_length, output_length and hash_ids (Mooncake)",
    sniff: |head| {
        sniff::first_is(head, |line| json::has_all(line, &["timestamp", "input_length", "output_length"]), 95)
    },
    reader: Reader::Lines(read),
};

fn read(line: &Line<'_>, records: &mut Vec<Record>) -> Result<()> {
    let value = json::object(line)?;
    let mut counter = Counter::new(&value);
    let counts =
        Counts { input: counter.get(&["input_length"]), output: counter.get(&["output_length"]), ..Counts::default() };
    let usage =
        counter.reading(counts).ok_or_else(|| Error::input("a trace needs `input_length` and `output_length`"))?;
    let millis = value.get("timestamp").and_then(Value::as_i64);
    records.push(Record {
        origin: Origin::of(line),
        at: millis.and_then(|millis| Timestamp::from_millisecond(millis).ok()),
        usage: Some(usage),
        ..Record::default()
    });
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::testing::{check_detected, read_one};

    #[test]
    fn lengths_are_usage() {
        let sample = r#"{"timestamp":1500,"input_length":4000,"output_length":6,"hash_ids":[0,1]}"#;
        check_detected(&FORMAT, "trace.jsonl", sample);
        let record = read_one(&FORMAT, sample);
        assert_eq!(record.usage.unwrap().unwrap().usage.total(), 4006);
        assert_eq!(record.at.map(Timestamp::as_millisecond), Some(1500));
    }
}
