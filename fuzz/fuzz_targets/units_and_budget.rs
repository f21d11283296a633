//! Units tile their text with ranges that can be cut; a selection never has more tokens than asked for.
#![no_main]

use libfuzzer_sys::fuzz_target;
use promptopt::compress::budget::{Options, Source, SourceKind, render, select};
use promptopt::compress::units::split;
use promptopt::text::json::Json;
use promptopt::tokens::Encoding;

fuzz_target!(|input: (u8, &str)| {
    let (budget, text) = input;
    for (index, unit) in split(text).iter().enumerate() {
        let _ = &text[unit.span.clone()];
        assert!(unit.parent.is_none_or(|parent| parent < index));
    }
    let counter = Encoding::O200kBase.counter();
    let (question, text) = text.split_once('\n').unwrap_or(("", text));
    let kind = if Json::parse(text).is_ok() { SourceKind::Json } else { SourceKind::Auto };
    let sources = [Source { text, kind, ..Source::default() }];
    let query = (!question.is_empty()).then_some(question);
    let options = Options { query, budget: u64::from(budget), marker: Some("[…]"), ..Options::default() };
    let Ok(selection) = select(&sources, &options, &Encoding::O200kBase) else { return };
    for range in selection.kept.iter().flatten() {
        let _ = &text[range.clone()];
    }
    assert!(counter.count(&render(&sources[0], &selection.kept[0], options.marker)) <= u64::from(budget));
});
