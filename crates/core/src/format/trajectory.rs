//! Agent runs kept whole, with what each call was billed: `{"tools", "messages": […], "calls": [{"before_message", "created",
//! "model", "usage", "cost_usd"}]}` a line. The request of a call is the tools and the messages before `before_message`, its
//! answer is that message. The usage is an OpenAI-compatible provider's: input includes cache reads.

use serde_json::Value;

use crate::chat::Dialect;
use crate::dialect;
use crate::error::{Error, Result};
use crate::format::turns::Turns;
use crate::format::{Format, Line, Origin, Reader, Record, json, sniff, when};

pub(super) static FORMAT: Format = Format {
    name: "trajectory",
    about: "Agent runs: messages once, and the calls made on the way with their usage and cost",
    sniff: |head| {
        sniff::first_is(head, |run| json::array(run, "messages").is_some() && json::array(run, "calls").is_some(), 95)
    },
    reader: Reader::Lines(read),
};

fn read(line: &Line<'_>, records: &mut Vec<Record>) -> Result<()> {
    let run = json::object(line)?;
    let messages = json::field(&run, "messages").ok_or_else(|| Error::input("a run needs `messages`"))?;
    let calls = json::array(&run, "calls").ok_or_else(|| Error::input("a run needs an array `calls`"))?;
    let turns = Turns::read(messages, run.get("tools"), None)?;
    let mut common = Record { origin: Origin::of(line), dialect: Some(Dialect::Chat), ..Record::default() };
    common.provider = json::text(&run, "provider").map(json::provider);
    for name in ["run", "instance", "session", "user", "team", "feature"] {
        json::tag(&mut common.tags, name, run.get(name));
    }
    json::tag_all(&mut common.tags, run.get("tags"));
    for (index, call) in calls.iter().enumerate() {
        let record = read_call(call, &turns, &common).map_err(|error| error.in_field(&format!("calls.{index}")))?;
        records.push(record);
    }
    Ok(())
}

fn read_call(call: &Value, turns: &Turns, common: &Record) -> Result<Record> {
    let n_messages = turns.messages().len();
    let before = call.get("before_message").and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok());
    let before = before.filter(|before| *before <= n_messages).ok_or_else(|| {
        Error::input(format!("expected a message's index from 0 to {n_messages}")).in_field("before_message")
    })?;
    let (mut request, answer) = turns.call(before);
    let mut record = Record {
        at: when::from_fields(call, &["created", "timestamp"]),
        model: json::arc(call, "model"),
        billed: json::first_money(call, &["cost_usd", "cost"]),
        answer,
        ..common.clone()
    };
    request.model.clone_from(&record.model);
    record.request = Some(request);
    if let Some(usage) = json::field(call, "usage") {
        record.take_usage((dialect::wire(Dialect::Chat)?.usage)(usage, common.provider.as_deref()));
    }
    Ok(record)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::testing::{check_detected, read as read_all};
    use std::sync::Arc;

    const RUN: &str = r#"{"run":"nightly","tools":[{"type":"function","function":{"name":"sql","parameters":{"type":"object"}}}],"messages":[{"role":"system","content":"You watch parcels."},{"role":"user","content":"Begin."},{"role":"assistant","content":"Counting."},{"role":"user","content":"Go on."},{"role":"assistant","content":"Done."}],"calls":[{"before_message":2,"created":1775802348,"model":"deepseek-chat","usage":{"prompt_tokens":30,"completion_tokens":3,"total_tokens":33,"prompt_tokens_details":{"cached_tokens":10}},"cost_usd":0.00043456000000000007},{"before_message":4,"created":1775802360,"model":"deepseek-chat","usage":{"prompt_tokens":40,"completion_tokens":2,"total_tokens":42},"cost_usd":0.0001}]}"#;

    #[test]
    fn each_call_has_its_history_and_its_bill() {
        check_detected(&FORMAT, "runs.jsonl", RUN);
        let records: Vec<Record> = read_all(&FORMAT, RUN).into_iter().map(Result::unwrap).collect();
        assert_eq!(records.len(), 2);
        let requests: Vec<_> = records.iter().map(|record| record.request.as_ref().unwrap()).collect();
        assert_eq!((requests[0].messages.len(), requests[1].messages.len()), (2, 4));
        assert!(Arc::ptr_eq(&requests[0].messages[1], &requests[1].messages[1]));
        assert!(Arc::ptr_eq(&requests[0].tools, &requests[1].tools));
        assert_eq!(records[0].billed.map(crate::usd::Usd::to_decimal).as_deref(), Some("0.00043456"));
        assert_eq!(records[0].usage.as_ref().unwrap().as_ref().unwrap().usage.cache_read, 10);
        assert_eq!(records[1].tags.get("run").map(|run| &**run), Some("nightly"));
    }

    #[test]
    fn a_call_beyond_the_messages_is_an_error_after_the_good_ones() {
        let run = RUN.replace("\"before_message\":4", "\"before_message\":9");
        let records = read_all(&FORMAT, &run);
        assert!(records[0].is_ok());
        assert!(records[1].as_ref().unwrap_err().to_string().contains("`calls.1.before_message`"));
    }
}
