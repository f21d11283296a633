//! WildChat-1M: `{"conversation_hash", "model", "timestamp", "conversation": [{"role", "content", "timestamp", "hashed_ip",
//! "country", …}], "turn", …}`. Each answer of the model is a call with an instant of its own; there is no usage.

use crate::error::Result;
use crate::format::{Format, Line, Origin, Reader, Record, json, lmsys, sniff};

pub(super) static FORMAT: Format = Format {
    name: "wildchat",
    about: "WildChat conversations, with timestamps",
    sniff: |head| sniff::first_is(head, |value| json::has_all(value, &["conversation_hash", "conversation"]), 90),
    reader: Reader::Lines(read),
};

fn read(line: &Line<'_>, records: &mut Vec<Record>) -> Result<()> {
    let value = json::object(line)?;
    let n_before = records.len();
    lmsys::records_of(&value, Origin::of(line), records)?;
    // Who asked: the hashed address of the first message.
    let user = json::array(&value, "conversation").and_then(|turns| turns.first()?.get("hashed_ip"));
    for record in &mut records[n_before..] {
        json::tag(&mut record.tags, "user", user.or_else(|| value.get("hashed_ip")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::testing::{check_detected, read as read_all};

    #[test]
    fn answers_have_instants() {
        let sample = r#"{"conversation_hash":"h1","model":"gpt-4-0314","timestamp":"2023-04-09T00:02:53Z","conversation":[{"role":"user","content":"A river?","hashed_ip":"ab12","timestamp":null},{"role":"assistant","content":"Elbe","timestamp":"2023-04-09T00:01:00Z"},{"role":"user","content":"A lake?","timestamp":null},{"role":"assistant","content":"Como","timestamp":"2023-04-09T00:02:53Z"}]}"#;
        check_detected(&FORMAT, "wild.jsonl", sample);
        let records: Vec<Record> = read_all(&FORMAT, sample).into_iter().map(Result::unwrap).collect();
        let instants: Vec<String> = records.iter().filter_map(|record| Some(record.at?.to_string())).collect();
        assert_eq!(instants, ["2023-04-09T00:01:00Z", "2023-04-09T00:02:53Z"]);
        assert_eq!(records[1].tags.get("user").map(|user| &**user), Some("ab12"));
    }
}
