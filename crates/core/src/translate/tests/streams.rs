//! Streams of anything, in any order.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::mutate::{anything, changed, changes};
use super::samples;
use crate::chat::Dialect;
use crate::translate::accumulate::Accumulator;
use crate::translate::model::{Own, Part, Request, Response};
use crate::translate::stream::Delta;
use crate::translate::{CODECS, Codec, codec, replay};

/// Events of an answer, as its own dialect streams it.
fn events(dialect: Dialect) -> Vec<Value> {
    if dialect == Dialect::Converse {
        return vec![
            json!({"messageStart": {"role": "assistant"}}),
            json!({"contentBlockDelta": {"contentBlockIndex": 0, "delta": {"reasoningContent": {"text": "r"}}}}),
            json!({"contentBlockDelta": {"contentBlockIndex": 1, "delta": {"text": "t"}}}),
            json!({"contentBlockStop": {"contentBlockIndex": 1}}),
            json!({"contentBlockStart": {"contentBlockIndex": 2, "start": {"toolUse": {"toolUseId": "c", "name": "f"}}}}),
            json!({"contentBlockDelta": {"contentBlockIndex": 2, "delta": {"toolUse": {"input": "{\"a\":1}"}}}}),
            json!({"contentBlockStop": {"contentBlockIndex": 2}}),
            json!({"messageStop": {"stopReason": "tool_use"}}),
            json!({"metadata": {"usage": {"inputTokens": 1, "outputTokens": 2, "totalTokens": 3}}}),
        ];
    }
    let codec = codec(dialect).unwrap();
    let response = (codec.read_response)(&samples::answer(dialect)).unwrap();
    written(codec, &replay::deltas(&response))
}

fn written(codec: &Codec, deltas: &[Delta]) -> Vec<Value> {
    let mut writer = (codec.stream_writer)(&Request { stream_usage: Some(true), ..Request::default() });
    deltas.iter().flat_map(|delta| writer.delta(delta)).map(|event| event.data).collect()
}

fn read(codec: &Codec, events: &[Value]) -> Vec<Delta> {
    let mut reader = (codec.stream_reader)();
    let mut deltas: Vec<Delta> = events.iter().filter_map(|event| reader.event(None, event).ok()).flatten().collect();
    deltas.extend(reader.end());
    deltas
}

fn folded(dialect: Dialect, deltas: &[Delta]) -> Accumulator {
    let mut folded = Accumulator::new(dialect);
    for delta in deltas {
        folded.fold(delta);
    }
    folded
}

/// What every dialect says of an answer.
fn said(response: &Response) -> Vec<String> {
    let choices = response.choices.iter().map(|choice| {
        let parts = choice.parts.iter().filter_map(|node| match &node.part {
            // Some dialects write a text where none is.
            Part::Text(text) => (!text.is_empty()).then(|| format!("text {text}")),
            Part::Refusal(text) => Some(format!("refusal {text}")),
            Part::Reasoning { text, .. } => text.as_ref().map(|text| format!("thought {text}")),
            Part::ToolCall { id, name, arguments } => Some(format!("call {id} {name} {arguments}")),
            _ => None,
        });
        let mut parts: Vec<String> = parts.collect();
        parts.push(format!("{:?}", choice.finish));
        parts.join(", ")
    });
    choices.collect()
}

/// Parts are numbered from 0 in the order in which they begin, and nothing is said of one that has not begun.
fn is_in_order(deltas: &[Delta]) -> Result<(), TestCaseError> {
    let mut begun = std::collections::BTreeMap::<u32, u32>::new();
    for delta in deltas {
        match delta {
            Delta::PartStart { choice, part, .. } => {
                let n_parts = begun.entry(*choice).or_default();
                prop_assert_eq!(*part, *n_parts);
                *n_parts += 1;
            }
            Delta::PartDelta { choice, part, .. } | Delta::PartEnd { choice, part } => {
                prop_assert!(begun.get(choice).is_some_and(|n_parts| part < n_parts), "{delta:?}");
            }
            _ => {}
        }
    }
    Ok(())
}

#[test]
fn an_answer_that_is_streamed_is_the_answer() {
    for codec in CODECS.iter().filter(|codec| codec.dialect != Dialect::Converse) {
        let response = (codec.read_response)(&samples::answer(codec.dialect)).unwrap();
        let streamed = folded(codec.dialect, &read(codec, &events(codec.dialect)));
        assert!(streamed.is_complete(), "{}", codec.dialect.name());
        let again = streamed.response();
        let mut expected = said(&response);
        if codec.dialect == Dialect::GenerateContent {
            // Calls have no ids there: they are numbered where they stand.
            assert_eq!(again.choices[0].parts.len(), response.choices[0].parts.len());
            expected = said(&again);
        }
        assert_eq!(said(&again), expected, "{}", codec.dialect.name());
        let usage = |response: &Response| response.usage.as_ref().map(|reading| reading.usage);
        assert_eq!(usage(&again), usage(&response), "{}", codec.dialect.name());
        assert_eq!((&again.id, &again.model), (&response.id, &response.model), "{}", codec.dialect.name());
    }
}

/// What a stream said so far, as a whole answer in the provider's dialect: output is counted by it where the usage did not come.
#[test]
fn a_stream_that_stops_anywhere_can_be_written_whole() {
    for codec in CODECS {
        let events = events(codec.dialect);
        for n_events in 0..=events.len() {
            let folded = folded(codec.dialect, &read(codec, &events[..n_events])).response();
            if folded.choices.is_empty() {
                continue;
            }
            let body = (codec.write_response)(&folded).body;
            let again = (codec.read_response)(&body).unwrap();
            // Without a status an answer of responses is taken as done.
            let parts = |response: &Response| said(response)[0].rsplit_once(", ").map(|(parts, _)| parts.to_owned());
            assert_eq!(parts(&again), parts(&folded), "{} after {n_events}: {body}", codec.dialect.name());
            let counted = (crate::dialect::wire(codec.dialect).unwrap().reply)(&[body]).unwrap();
            let n_texts = said(&folded)[0].matches("text ").count() + said(&folded)[0].matches("call ").count();
            assert!(counted.answer.parts.len() >= n_texts, "{} after {n_events}", codec.dialect.name());
        }
    }
}

#[test]
fn a_stream_that_stops_anywhere_is_not_complete() {
    for codec in CODECS {
        let events = events(codec.dialect);
        let whole = read(codec, &events);
        assert!(folded(codec.dialect, &whole).is_complete(), "{}", codec.dialect.name());
        for n_events in 0..events.len() {
            let folded = folded(codec.dialect, &read(codec, &events[..n_events]));
            // Gemini has no last event but the reason, after which the usage still comes.
            let is_told = codec.dialect == Dialect::GenerateContent && folded.is_finished();
            assert!(!folded.is_complete() || is_told, "{} after {n_events} events", codec.dialect.name());
        }
    }
}

#[test]
fn indices_at_the_edge_of_integers_are_taken() {
    let most = u64::MAX;
    for (dialect, event) in [
        (Dialect::Chat, json!({"id": "c", "choices": [{"index": most, "delta": {"tool_calls": [{"index": most}]}}]})),
        (
            Dialect::Responses,
            json!({"type": "response.reasoning_summary_text.delta", "output_index": most, "summary_index": most, "delta": "x"}),
        ),
        (
            Dialect::Messages,
            json!({"type": "content_block_start", "index": most, "content_block": {"type": "text", "text": ""}}),
        ),
        (Dialect::GenerateContent, json!({"candidates": [{"index": most, "content": {"parts": [{"text": "x"}]}}]})),
        (Dialect::Converse, json!({"contentBlockDelta": {"contentBlockIndex": most, "delta": {"text": "x"}}})),
    ] {
        let deltas = read(codec(dialect).unwrap(), &[event.clone(), event]);
        is_in_order(&deltas).unwrap();
        assert!(deltas.iter().any(|delta| matches!(delta, Delta::PartStart { .. })), "{}", dialect.name());
    }
}

#[test]
fn a_thought_in_several_summaries_does_not_shift_what_follows() {
    let thought = |place: u64| {
        let kind = "response.reasoning_summary_text.delta";
        json!({"type": kind, "output_index": 0, "summary_index": place, "delta": format!("{place}")})
    };
    let text = json!({"type": "response.output_text.delta", "output_index": 1, "content_index": 0, "delta": "t"});
    let deltas = read(codec(Dialect::Responses).unwrap(), &[thought(0), thought(1), thought(1), thought(2), text]);
    is_in_order(&deltas).unwrap();
    let response = folded(Dialect::Responses, &deltas).response();
    assert_eq!(said(&response), ["thought 0\n\n11\n\n2, text t, None"]);
}

proptest! {
    #[test]
    fn no_events_panic(which in 0..CODECS.len(), events in prop::collection::vec(anything(), 0..6)) {
        let codec = CODECS[which];
        let deltas = read(codec, &events);
        is_in_order(&deltas)?;
        for other in CODECS {
            written(other, &deltas);
        }
    }

    /// A stream with changes, its events mixed: no panic, and what it is in another dialect can be read there.
    #[test]
    fn no_stream_panics(
        (which, spoiled) in (0..CODECS.len(), prop::collection::vec((any::<prop::sample::Index>(), changes()), 0..3)),
        order in any::<prop::sample::Index>(),
    ) {
        let codec = CODECS[which];
        let mut events = events(codec.dialect);
        for (place, changes) in &spoiled {
            let event = place.get(&events).clone();
            let at = place.index(events.len());
            events[at] = changed(event, changes);
        }
        let (one, other) = (order.index(events.len()), events.len() / 2);
        events.swap(one, other);
        let deltas = read(codec, &events);
        is_in_order(&deltas)?;
        let whole = folded(codec.dialect, &deltas);
        let response = whole.response();
        let again = folded(codec.dialect, &replay::deltas(&response)).response();
        prop_assert_eq!(said(&again), said(&response));
        for other in CODECS {
            let (events, _) = (written(other, &deltas), (other.write_response)(&response));
            for event in &events {
                let text = event.to_string();
                prop_assert!(serde_json::from_str::<Value>(&text).is_ok(), "{text}");
            }
            is_in_order(&read(other, &events))?;
        }
    }
}

#[test]
fn a_note_that_is_not_ours_says_nothing() {
    let mut body = samples::request(Dialect::Chat);
    body["messages"][0]["~content"] = "list".into();
    body["messages"][0]["~~"] = Value::Null;
    let codec = codec(Dialect::Chat).unwrap();
    let request = (codec.read_request)(&body).unwrap();
    let own: &Own = &request.messages[0].own;
    assert_eq!(own.get("~content"), Some(&Value::from("string")));
    assert_eq!((codec.write_request)(&request).body, body);
}
