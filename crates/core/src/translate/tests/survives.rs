//! Requests and answers with changes anywhere in them: what is read is written again as it was, and an error names a field.

use proptest::prelude::*;
use serde_json::Value;

use super::mutate::{anything, changed, changes, difference};
use super::samples;
use crate::text::json::Json;
use crate::translate::{CODECS, Codec};

/// What is written can be read again: by us, by serde, and by the codec whose dialect it is.
fn is_readable(codec: &Codec, body: &Value, is_request: bool) -> Result<(), TestCaseError> {
    let text = body.to_string();
    prop_assert!(Json::parse(&text).is_ok());
    let again: Result<Value, _> = serde_json::from_str(&text);
    prop_assert!(again.is_ok(), "{} {text}", codec.dialect.name());
    if is_request {
        let read = (codec.read_request)(&again.unwrap());
        prop_assert!(read.is_ok(), "{}: {:?} {text}", codec.dialect.name(), read.err().map(|error| error.to_string()));
    } else {
        let read = (codec.read_response)(&again.unwrap());
        prop_assert!(read.is_ok(), "{}: {:?} {text}", codec.dialect.name(), read.err().map(|error| error.to_string()));
    }
    Ok(())
}

fn check_request(codec: &Codec, body: &Value) -> Result<(), TestCaseError> {
    let request = match (codec.read_request)(body) {
        Ok(request) => request,
        Err(error) => {
            let is_named = error.place().is_some_and(|place| place.field.is_some());
            prop_assert!(is_named || !body.is_object(), "{error} names no field of {body}");
            return Ok(());
        }
    };
    let written = (codec.write_request)(&request);
    let difference = difference(body, &written.body);
    prop_assert!(difference.is_none(), "{} {} in {body}", codec.dialect.name(), difference.unwrap_or_default());
    for other in CODECS.iter().filter(|other| other.dialect != codec.dialect) {
        let translated = (other.write_request)(&request);
        is_readable(other, &translated.body, true)?;
    }
    Ok(())
}

fn check_answer(codec: &Codec, body: &Value) -> Result<(), TestCaseError> {
    // An answer is taken as it comes, or not at all.
    let Ok(response) = (codec.read_response)(body) else { return Ok(()) };
    let written = (codec.write_response)(&response);
    let difference = difference(body, &written.body);
    prop_assert!(difference.is_none(), "{} {} in {body}", codec.dialect.name(), difference.unwrap_or_default());
    for other in CODECS.iter().filter(|other| other.dialect != codec.dialect) {
        is_readable(other, &(other.write_response)(&response).body, false)?;
    }
    Ok(())
}

#[test]
fn the_samples_survive() {
    for codec in CODECS {
        check_request(codec, &samples::request(codec.dialect)).unwrap();
        check_answer(codec, &samples::answer(codec.dialect)).unwrap();
        assert!((codec.read_response)(&samples::answer(codec.dialect)).unwrap().usage.is_some());
    }
}

proptest! {
    #[test]
    fn a_request_with_changes_survives_or_its_mistake_is_named(which in 0..CODECS.len(), changes in changes()) {
        let codec = CODECS[which];
        check_request(codec, &changed(samples::request(codec.dialect), &changes))?;
    }

    #[test]
    fn an_answer_with_changes_survives(which in 0..CODECS.len(), changes in changes()) {
        let codec = CODECS[which];
        check_answer(codec, &changed(samples::answer(codec.dialect), &changes))?;
    }

    #[test]
    fn no_json_panics(which in 0..CODECS.len(), body in anything(), status in any::<u16>()) {
        let codec = CODECS[which];
        let _ = (codec.read_request)(&body).map(|request| CODECS.iter().for_each(|other| drop((other.write_request)(&request))));
        let _ = (codec.read_response)(&body).map(|answer| CODECS.iter().for_each(|other| drop((other.write_response)(&answer))));
        let failure = (codec.read_failure)(status, &body);
        for other in CODECS {
            let _ = (other.write_failure)(&failure);
        }
    }
}
