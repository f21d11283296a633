//! Any JSON as a request, an answer and an error of any dialect: nothing panics, what is read is written again as it was, and what
//! is written in another dialect can be read there. The first byte says which dialect.
#![no_main]

use libfuzzer_sys::fuzz_target;
use promptopt::translate::CODECS;
use serde_json::Value;

fuzz_target!(|input: (u8, u16, &str)| {
    let (which, status, text) = input;
    let Ok(body) = serde_json::from_str::<Value>(text) else { return };
    // An object of such a name is no object to this reader of values.
    if text.contains("$serde_json") || text.contains("\\u") {
        return;
    }
    let codec = CODECS[usize::from(which) % CODECS.len()];
    match (codec.read_request)(&body) {
        Ok(request) => {
            assert_eq!((codec.write_request)(&request).body, body);
            for other in CODECS.iter().filter(|other| other.dialect != codec.dialect) {
                let written = (other.write_request)(&request).body.to_string();
                (other.read_request)(&serde_json::from_str(&written).unwrap()).unwrap();
            }
        }
        Err(error) => assert!(!body.is_object() || error.place().is_some_and(|place| place.field.is_some()), "{error}"),
    }
    if let Ok(answer) = (codec.read_response)(&body) {
        assert_eq!((codec.write_response)(&answer).body, body);
        for other in CODECS.iter().filter(|other| other.dialect != codec.dialect) {
            let written = (other.write_response)(&answer).body.to_string();
            (other.read_response)(&serde_json::from_str(&written).unwrap()).unwrap();
        }
    }
    let failure = (codec.read_failure)(status, &body);
    for other in CODECS {
        let _ = (other.write_failure)(&failure);
    }
});
