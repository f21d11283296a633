//! Lines of JSON as the events of a stream of any dialect: nothing panics, parts begin in order and before more is said of them, and the
//! events in every other dialect keep to that too. The first byte says which dialect.
#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use promptopt::translate::accumulate::Accumulator;
use promptopt::translate::model::Request;
use promptopt::translate::stream::Delta;
use promptopt::translate::{CODECS, Codec, replay};
use serde_json::Value;

fn read(codec: &Codec, events: &[Value]) -> Vec<Delta> {
    let mut reader = (codec.stream_reader)();
    let mut deltas: Vec<Delta> = events.iter().filter_map(|event| reader.event(None, event).ok()).flatten().collect();
    deltas.extend(reader.end());
    let mut begun = BTreeMap::<u32, u32>::new();
    for delta in &deltas {
        match delta {
            Delta::PartStart { choice, part, .. } => {
                let n_parts = begun.entry(*choice).or_default();
                assert_eq!(part, n_parts);
                *n_parts += 1;
            }
            Delta::PartDelta { choice, part, .. } | Delta::PartEnd { choice, part } => {
                assert!(begun.get(choice).is_some_and(|n_parts| part < n_parts));
            }
            _ => {}
        }
    }
    deltas
}

fuzz_target!(|input: (u8, &str)| {
    let (which, text) = input;
    let codec = CODECS[usize::from(which) % CODECS.len()];
    let events: Vec<Value> = text.lines().take(20).filter_map(|line| serde_json::from_str(line).ok()).collect();
    let deltas = read(codec, &events);
    let mut folded = Accumulator::new(codec.dialect);
    deltas.iter().for_each(|delta| folded.fold(delta));
    let response = folded.response();
    let again = replay::deltas(&response);
    for other in CODECS {
        let _ = (other.write_response)(&response);
        for deltas in [&deltas, &again] {
            let mut writer = (other.stream_writer)(&Request { stream_usage: Some(true), ..Request::default() });
            let events: Vec<Value> =
                deltas.iter().flat_map(|delta| writer.delta(delta)).map(|event| event.data).collect();
            read(other, &events);
        }
    }
});
