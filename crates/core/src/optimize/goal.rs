//! A request cut to an exact number of tokens: what protects nothing is shortened around what is asked, and the result is
//! weighed as the provider will weigh it, until it fits.

use std::ops::Range;

use super::Weigher;
use super::compose::compose;
use crate::compress::budget::{self, Source, SourceKind};
use crate::compress::edit::{apply, of_segment};
use crate::compress::{Counter, Edit, Segment, SegmentKind, protect};
use crate::error::{Error, Kind, Result};
use crate::text::json::Json;

/// How short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// At most this many tokens, all of the request counted as its provider does.
    Budget(u64),
    /// At most this part of its tokens, in hundredths: 400 for a quarter.
    Ratio(u64),
}

/// What shortens how.
#[derive(Clone, Debug, Default)]
pub struct Shortening {
    /// How short; without it nothing is shortened.
    pub goal: Option<Goal>,
    /// What is asked; without it, what the last user message says.
    pub query: Option<String>,
    /// Leaves no mark where something was removed.
    pub is_silent: bool,
}

/// Stands where something was removed.
pub(super) const GAP: &str = "[…]";
/// Shorter texts are hardly longer than a mark.
const MIN_BYTES: usize = 16;
/// Rounds of shortening and weighing.
const ROUNDS: usize = 6;

/// The tokens that a request may have; `None` if it may have any number. `total` weighs the request with edits made.
pub(super) fn budget(shortening: &Shortening, total: &dyn Fn(&[Edit]) -> u64) -> Option<u64> {
    shortening.goal.map(|goal| match goal {
        Goal::Budget(tokens) => tokens,
        Goal::Ratio(hundredths) => total(&[]).saturating_mul(100) / hundredths.max(1),
    })
}

/// The edits with those that make the request fit. `total` weighs the request with edits made.
///
/// Errors when what may not be shortened is larger than the budget, and says by how much.
pub(super) fn fit(
    segments: &[Segment<'_>],
    edits: &[Edit],
    options: &crate::compress::Options,
    shortening: &Shortening,
    budget: u64,
    weigher: &Weigher<'_>,
    total: &dyn Fn(&[Edit]) -> u64,
) -> Result<Vec<Edit>> {
    let now = total(edits);
    let last_user = segments.iter().rposition(|segment| segment.kind == SegmentKind::User);
    // All parts of the message, not its last one alone.
    let is_last = |index: usize| {
        last_user.is_some_and(|last| {
            segments[index].kind == SegmentKind::User && segments[index].message == segments[last].message
        })
    };
    let may_shorten = |index: usize| match segments[index].kind {
        SegmentKind::System => options.touch.contains(&SegmentKind::System),
        SegmentKind::User => !is_last(index) || options.touch.contains(&SegmentKind::User),
        SegmentKind::Assistant
        | SegmentKind::ToolResult
        | SegmentKind::Document
        | SegmentKind::Prompt
        | SegmentKind::Data => true,
        SegmentKind::ToolCall | SegmentKind::ToolSchema => false,
    };
    // What is no longer than the mark that would stand for it stays.
    let is_long = |index: &usize| segments[*index].text.len() > MIN_BYTES;
    let which: Vec<usize> = (0..segments.len()).filter(|index| may_shorten(*index)).filter(is_long).collect();
    let texts: Vec<String> =
        which.iter().map(|index| apply(&segments[*index].text, of_segment(edits, *index))).collect();
    let said: Vec<&str> =
        (0..segments.len()).filter(|index| is_last(*index)).map(|index| question(&segments[index].text)).collect();
    let asked = (!said.is_empty()).then(|| said.join("\n"));
    let query = shortening.query.as_deref().or(asked.as_deref());
    let sources: Vec<Source<'_>> = which
        .iter()
        .zip(&texts)
        .map(|(index, text)| Source {
            text,
            kind: source_kind(segments[*index].kind, text),
            keep: keep(text, options, is_last(*index).then(|| question(text))),
            ..Source::default()
        })
        .collect();
    let loose: u64 = texts.iter().map(|text| weigher.text(text)).sum();
    let fixed = now.saturating_sub(loose);
    let too_small = |needed: u64| {
        let needed = needed.max(budget + 1);
        Error::new(
            Kind::Config,
            format!("what is protected takes {needed} tokens, {} more than the budget of {budget}", needed - budget),
        )
        .help(
            "instructions, the last user message, tool definitions and calls are protected; --touch user,system lets \
                   them be shortened too",
        )
    };
    let Some(mut target) = budget.checked_sub(fixed).filter(|target| *target > 0 || loose == 0) else {
        return Err(too_small(fixed.max(budget + 1)));
    };
    let marker = (!shortening.is_silent).then_some(GAP);
    for _ in 0..ROUNDS {
        let options = budget::Options { query, budget: target, marker, ..budget::Options::default() };
        let selection = budget::select(&sources, &options, weigher).map_err(|error| too_small_with(fixed, &error))?;
        let mut all: Vec<Edit> = edits.iter().filter(|edit| !which.contains(&edit.segment)).cloned().collect();
        for ((index, text), kept) in which.iter().zip(&texts).zip(&selection.kept) {
            let is_json = source_kind(segments[*index].kind, text) == SourceKind::Json;
            let mark = if is_json { "" } else { marker.unwrap_or("") };
            let gaps = gaps_of(text, kept, mark, is_json);
            all.extend(compose(*index, &segments[*index].text, of_segment(edits, *index), text, &gaps, weigher));
        }
        all.sort_by_key(|edit| (edit.segment, edit.span.start));
        let tokens = total(&all);
        if tokens <= budget {
            return Ok(all);
        }
        // Marks where whole segments went, and tokens that join otherwise than they were counted.
        let excess = tokens - budget;
        match target.checked_sub(excess + excess / 8 + 1) {
            Some(less) => target = less,
            None => return Err(too_small(fixed + excess)),
        }
    }
    Err(too_small(budget + 1))
}

fn too_small_with(fixed: u64, error: &Error) -> Error {
    let message = format!("of what may be shortened, {error}; {fixed} tokens more may not be shortened at all");
    Error::new(Kind::Config, message).help("raise the budget, or protect less")
}

pub(super) fn source_kind<'a>(kind: SegmentKind, text: &str) -> SourceKind<'a> {
    let is_json = |text: &str| text.trim_start().starts_with(['{', '[']) && Json::parse(text).is_ok();
    match kind {
        SegmentKind::Data | SegmentKind::ToolResult if is_json(text) => SourceKind::Json,
        _ => SourceKind::Auto,
    }
}

/// The question in a user message: its last paragraph, or all of a short one.
fn question(text: &str) -> &str {
    let trimmed = text.trim_end();
    if trimmed.len() < 600 {
        return trimmed;
    }
    trimmed.rfind("\n\n").map_or(trimmed, |at| &trimmed[at + 2..])
}

/// Spans of a source that must stay: what the user wants kept and, in the message that asks, the question.
fn keep(text: &str, options: &crate::compress::Options, question: Option<&str>) -> Vec<Range<usize>> {
    let mut keep = protect::kept(text, &options.keep);
    if let Some(question) = question
        && let Some(start) = text.rfind(question)
    {
        keep.push(start..start + question.len());
    }
    protect::merged(keep)
}

/// What is missing between the ranges that stay, each with what stands there instead.
pub(super) fn gaps_of(text: &str, kept: &[Range<usize>], mark: &str, is_json: bool) -> Vec<(Range<usize>, String)> {
    if kept.is_empty() {
        // A message without any text is refused by some providers, and JSON has to stay JSON.
        let rest = match text.trim_start().as_bytes().first() {
            Some(b'{') if is_json => "{}",
            _ if is_json => "[]",
            _ => GAP,
        };
        return if text.is_empty() { Vec::new() } else { vec![(0..text.len(), rest.to_owned())] };
    }
    let mut gaps = Vec::new();
    let mut at = 0;
    for range in kept.iter().cloned().chain(std::iter::once(text.len()..text.len())) {
        if range.start > at {
            let missing = &text[at..range.start];
            let blank_before = if at > 0 && missing.starts_with('\n') { "\n" } else { "" };
            let blank_after = if range.start < text.len() && missing.ends_with('\n') { "\n" } else { "" };
            let mark = match mark {
                "" => blank_after.to_owned(),
                _ if missing.trim().is_empty() => missing.to_owned(),
                _ => format!("{blank_before}{mark}{blank_after}"),
            };
            gaps.push((at..range.start, mark));
        }
        at = range.end;
    }
    gaps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_leaves_a_mark_and_lines_stay_lines() {
        let text = "one\ntwo\nthree\nfour";
        let (kept, rest) = (vec![0..4, 14..18], "two\nthree\n");
        assert_eq!(gaps_of(text, &kept, GAP, false), [(4..14, "[…]\n".to_owned())]);
        assert_eq!(&text[4..14], rest);
        assert_eq!(gaps_of(text, &[], GAP, false), [(0..18, GAP.to_owned())]);
        assert_eq!(gaps_of(text, std::slice::from_ref(&(0..18)), GAP, false), []);
    }

    #[test]
    fn the_question_is_the_last_paragraph_of_a_long_message() {
        assert_eq!(question("What?\n"), "What?");
        let long = format!("{}\n\nWhat is it?", "word ".repeat(200));
        assert_eq!(question(&long), "What is it?");
    }
}
