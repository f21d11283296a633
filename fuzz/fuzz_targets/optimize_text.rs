//! A bare text, optimised with the default transforms and with all: never larger, the same again, JSON stays JSON, what is
//! to be kept is kept.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use promptopt::compress::{Options, TRANSFORMS};
use promptopt::optimize::{Form, Optimizer, Settings};
use promptopt::text::json::Json;

static OPTIMIZERS: LazyLock<[Optimizer; 2]> = LazyLock::new(|| {
    let all = TRANSFORMS.iter().map(|transform| transform.name.to_owned()).collect();
    [Options::default(), Options { with: all, ..Options::default() }]
        .map(|edits| Optimizer::new(Settings { edits, ..Settings::default() }).unwrap())
});

fuzz_target!(|text: &str| {
    let form = Form::of(text);
    for optimizer in OPTIMIZERS.iter() {
        let Ok(once) = optimizer.optimize_as(text, form) else {
            assert_ne!(form, Form::Prompt);
            continue;
        };
        assert!(once.tokens_after <= once.tokens_before);
        if form == Form::Json {
            assert!(Json::parse(once.text.trim_start_matches('\u{feff}')).is_ok());
        }
        let twice = optimizer.optimize_as(&once.text, form).unwrap();
        assert_eq!(twice.text, once.text);
    }
});
