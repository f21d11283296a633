//! What survives compression, measured on question and answer sets. The definitions, for everybody who measures with
//! other tools:
//!
//! - **Input.** A set of documents is written as one text: for each document, numbered from 1, its header
//!   `Document [i](Title: T)` (`Document [i]` if it has no title) and a line feed, then its text; one empty line (`\n\n`)
//!   between documents. A conversation is its turns, one a line. A JSON look-up is its JSON. `tokens_in` is the token
//!   count of that.
//! - **Budget.** ⌊`tokens_in` ÷ ratio⌋. `tokens_out` is the token count of the result written the same way: the header of
//!   every document of which anything is kept, with its first number, is charged. `over_budget` counts results above it.
//! - **Kept, documents**: share of the answerable items of which at least one answer stands in what is kept of the texts; a
//!   string in a header does not count. Both are normalised as for `SQuAD` ([`matching`]). An item is answerable if an answer
//!   stands in the whole texts by the same comparison: the others can be kept by nobody and measure nothing.
//! - **Kept, conversations**: tokens of the kept parts of the evidence turns ÷ tokens of the evidence turns, each part
//!   counted alone; the mean over the items.
//! - **Kept, JSON**: share of the answerable items whose output is valid JSON and holds the value as a string.
//! - All shares are in per cent. Time is that of the method alone, from texts to byte ranges, its own token counting
//!   included, the harness's not.

pub mod data;
pub mod matching;
pub mod methods;

use crate::compress::Counter;
use crate::compress::budget::{Layout, Options, Selection, Source, SourceKind, join, select};
use crate::compress::units;
use crate::error::Result;
use crate::text::json::Json;

use data::{Case, Item};
pub use methods::Method;

/// What stands between two documents.
pub const SEPARATOR: &str = "\n\n";

/// One measured row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Items.
    pub n: u64,
    /// Share of the answerable items kept, in per cent.
    pub kept: f64,
    /// Items that a perfect method could keep; equal to `n` but for a few.
    pub answerable: u64,
    /// Tokens of all inputs.
    pub tokens_in: u64,
    /// Tokens of all results.
    pub tokens_out: u64,
    /// Results above their budget.
    pub over_budget: u64,
    /// Median time of an item, in milliseconds.
    pub p50_ms: f64,
    /// The time below which 99 of 100 items stay, in milliseconds.
    pub p99_ms: f64,
}

/// How to measure.
pub struct Setup<'a> {
    /// Which method.
    pub method: Method,
    /// How many times shorter.
    pub ratio: f64,
    /// Counts the tokens.
    pub counter: &'a dyn Counter,
    /// Milliseconds since some beginning; this crate reads no clock.
    pub now_ms: &'a dyn Fn() -> f64,
    /// Steps of our method that are left out.
    pub without: &'a [crate::compress::budget::Stage],
}

/// Measures a method on a set.
pub fn measure(items: &[Item], setup: &Setup<'_>) -> Result<Row> {
    let mut row =
        Row { n: 0, kept: 0.0, answerable: 0, tokens_in: 0, tokens_out: 0, over_budget: 0, p50_ms: 0.0, p99_ms: 0.0 };
    let mut times = Vec::with_capacity(items.len());
    for item in items {
        let outcome = one(item, setup, &mut times)?;
        row.n += 1;
        row.kept += outcome.kept;
        row.answerable += u64::from(outcome.is_answerable);
        row.tokens_in += outcome.tokens_in;
        row.tokens_out += outcome.tokens_out;
        row.over_budget += u64::from(outcome.tokens_out > outcome.budget);
    }
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times.get(((times.len() as f64 * share) as usize).min(times.len().saturating_sub(1)));
    row.p50_ms = at(0.5).copied().unwrap_or(0.0);
    row.p99_ms = at(0.99).copied().unwrap_or(0.0);
    row.kept = if row.answerable == 0 { 0.0 } else { 100.0 * row.kept / row.answerable as f64 };
    Ok(row)
}

/// One item measured.
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// From 0 to 1.
    pub kept: f64,
    /// Whether a perfect method could keep it.
    pub is_answerable: bool,
    /// Tokens of the input.
    pub tokens_in: u64,
    /// Tokens of the result.
    pub tokens_out: u64,
    /// Tokens that it may have.
    pub budget: u64,
}

/// Measures one item; adds the time that it took.
pub fn one(item: &Item, setup: &Setup<'_>, times: &mut Vec<f64>) -> Result<Outcome> {
    let headers = item.headers();
    let talk = item.talk();
    let sources = sources(item, &headers, &talk);
    let whole: Vec<_> =
        sources.iter().map(|source| std::iter::once(0..source.text.len()).collect::<Vec<_>>()).collect();
    let tokens_in = setup.counter.text(&join(&sources, &whole, SEPARATOR, None));
    let budget = (tokens_in as f64 / setup.ratio) as u64;
    let options = Options {
        query: Some(item.question()),
        budget,
        layout: Layout::Joined(SEPARATOR),
        without: setup.without,
        ..Options::default()
    };
    let started = (setup.now_ms)();
    let selection: Selection = match setup.method {
        Method::Ours => select(&sources, &options, setup.counter)?,
        other => methods::select(other, &sources, &options, setup.counter),
    };
    times.push((setup.now_ms)() - started);
    let tokens_out = setup.counter.text(&join(&sources, &selection.kept, SEPARATOR, None));
    let (kept, is_answerable) = retention(item, &sources, &selection, setup.counter);
    Ok(Outcome { kept, is_answerable, tokens_in, tokens_out, budget })
}

fn sources<'a>(item: &'a Item, headers: &'a [String], talk: &'a str) -> Vec<Source<'a>> {
    match &item.case {
        Case::Documents { documents, .. } => documents
            .iter()
            .zip(headers)
            .map(|(document, header)| Source {
                text: &document.text,
                kind: SourceKind::Document { title: document.title.as_deref() },
                header,
                ..Source::default()
            })
            .collect(),
        Case::Turns { .. } => vec![Source { text: talk, kind: SourceKind::Turns, ..Source::default() }],
        Case::Json { json, .. } => vec![Source { text: json, kind: SourceKind::Json, ..Source::default() }],
    }
}

/// The share kept, and whether it could have been.
fn retention(item: &Item, sources: &[Source<'_>], selection: &Selection, counter: &dyn Counter) -> (f64, bool) {
    match &item.case {
        Case::Documents { answers, .. } => {
            let kept: String = sources
                .iter()
                .zip(&selection.kept)
                .filter(|(_, kept)| !kept.is_empty())
                .map(|(source, kept)| crate::compress::budget::render(source, kept, None) + "\n")
                .collect();
            let whole: String = sources.iter().flat_map(|source| [source.text, "\n"]).collect();
            let is_answerable = matching::holds_any(&whole, answers);
            (f64::from(u8::from(is_answerable && matching::holds_any(&kept, answers))), is_answerable)
        }
        Case::Turns { turns, evidence, .. } => {
            let (mut kept, mut all) = (0, 0);
            let mut start = 0;
            for (at, turn) in turns.iter().enumerate() {
                let span = start..start + turn.len();
                start = span.end + 1;
                if !evidence.contains(&at) {
                    continue;
                }
                all += counter.text(turn);
                for range in &selection.kept[0] {
                    let (from, to) = (range.start.max(span.start), range.end.min(span.end));
                    if from < to {
                        kept += counter.text(&sources[0].text[from..to]);
                    }
                }
            }
            (if all == 0 { 1.0 } else { (kept as f64 / all as f64).min(1.0) }, all > 0)
        }
        Case::Json { value, .. } => {
            let out = crate::compress::budget::render(&sources[0], &selection.kept[0], None);
            let mut quoted = String::new();
            crate::text::json::push_string(&mut quoted, value);
            let holds = |text: &str| Json::parse(text).is_ok() && text.contains(&quoted);
            (f64::from(u8::from(holds(&out))), holds(sources[0].text))
        }
    }
}

/// The pieces that the simple methods choose among: sentences, turns, members.
pub(crate) fn leaves(source: &Source<'_>) -> Vec<std::ops::Range<usize>> {
    let hint = match source.kind {
        SourceKind::Turns => units::Hint::Turns,
        SourceKind::Document { .. } => units::Hint::Document,
        _ => units::Hint::None,
    };
    let found = units::split_as(source.text, hint);
    let mut has_children = vec![false; found.len()];
    for unit in &found {
        if let Some(parent) = unit.parent {
            has_children[parent] = true;
        }
    }
    found.into_iter().zip(has_children).filter(|(_, has_children)| !has_children).map(|(unit, _)| unit.span).collect()
}
