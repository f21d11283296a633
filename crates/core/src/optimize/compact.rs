//! Results of tools in long conversations, shortened to what matters. Lossy, so only where it is asked for. Two ways, both
//! deterministic functions of the messages so far:
//!
//! **At birth**: a result longer than [`Options::max_result`] is cut when it arrives, around what the call asked for. The
//! provider has not seen it yet, so no cache is broken.
//!
//! **In batches**: a provider reads a known prefix for a tenth of the price; shortening what stands in it makes everything
//! behind it be written again, once, and every later call read less. That is done only when it is expected to pay,
//!
//! ```text
//! tokens gone × read price × calls to come  >  tokens behind × (write price − read price)
//! ```
//!
//! where a conversation that has lasted n calls is taken to last a share of n more ([`Options::horizon_permille`]), and
//! only when a share of what was saved before covers the right side: should the conversation end at once, it has cost hardly
//! more than it would have (providers do not hit each time, so the right side is an estimate).
//!
//! The plan is made call by call from what was known then: asked again with one more message it plans the same up to
//! there, so nothing shortened comes back and nothing is written twice.

use std::collections::BTreeMap;
use std::ops::Range;

use regex::Regex;

use super::Weigher;
use super::compose::compose;
use super::goal::{GAP, gaps_of, source_kind};
use crate::catalog::{Catalog, TokenClass};
use crate::compress::budget::{self, Source, SourceKind};
use crate::compress::edit::{Edit, apply, of_segment};
use crate::compress::{Counter, Segment, SegmentKind, protect};
use crate::error::{Error, Kind, Result};
use crate::usage::Conditions;
use crate::usd::Usd;

/// When to shorten, and how far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Tokens to which a result is cut when it arrives; 0 to leave it whole then.
    pub max_result: u64,
    /// The latest results of tools, which the model works with: not shortened in batches. As many as there are: no batches.
    pub n_recent: usize,
    /// Results with fewer tokens are not worth it.
    pub min_tokens: u64,
    /// What stays of a result, in thousandths of its tokens.
    pub kept_permille: u64,
    /// Calls expected to come for every call so far, in thousandths.
    pub horizon_permille: u64,
}

impl Default for Options {
    fn default() -> Self {
        // Measured on 37 runs of a coding agent: cut at birth saves most, and batches on top of it cost more than they save.
        // Half of what was so far: of conversations whose lengths have a heavy tail, the middle one lasts longer than that.
        Options { max_result: 220, n_recent: usize::MAX, min_tokens: 96, kept_permille: 200, horizon_permille: 500 }
    }
}

/// Prices of input, in any unit, per token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prices {
    /// Read from the prompt cache.
    pub read: i128,
    /// Written anew: the fresh price, or the price of a cache write where that is billed.
    pub write: i128,
}

/// One result shortened: from which call on, and its edits then.
#[derive(Clone, Debug)]
pub struct Shortened {
    /// The segment.
    pub segment: usize,
    /// The number of its message.
    pub message: usize,
    /// The call from which on it is short: messages before this number had been sent with it whole.
    pub from_message: usize,
    /// The segment's edits from then on.
    pub edits: Vec<Edit>,
}

/// The edits of a result that arrives too long: cut to [`Options::max_result`] tokens around what the message before it
/// asked for. `None` if it is short enough or cannot be made so. `in_parts` are edits whose output can be taken apart.
pub(super) fn cut_at_birth(
    segments: &[Segment<'_>],
    at: usize,
    edits: &[Edit],
    in_parts: impl FnOnce() -> Vec<Edit>,
    options: &Options,
    keep: &[Regex],
    weigher: &Weigher<'_>,
) -> Option<Vec<Edit>> {
    let segment = &segments[at];
    if options.max_result == 0 || segment.kind != SegmentKind::ToolResult {
        return None;
    }
    if weigher.text(&apply(&segment.text, edits)) <= options.max_result {
        return None;
    }
    let plain = in_parts();
    let text = apply(&segment.text, &plain);
    let desk = Desk { segments, edits: &plain, keep, weigher };
    let cut = desk.shorten(at, &text, &asked(segments, 0, segment.message, 1), options.max_result);
    cut.map(|(edits, _)| edits)
}

/// Results cut when they arrived, among the edits of a conversation, as a plan tells them.
pub(super) fn births(segments: &[Segment<'_>], edits: &[Edit]) -> impl Iterator<Item = Shortened> {
    edits
        .chunk_by(|a, b| a.segment == b.segment)
        .filter(|own| own.iter().any(|edit| edit.transform == super::compose::NAME))
        .map(|own| {
            let (segment, message) = (own[0].segment, segments[own[0].segment].message);
            Shortened { segment, message, from_message: message, edits: own.to_vec() }
        })
}

/// Plans batches: which results are shortened when, in the order in which that happens. `edits` are those made in any case
/// and must not refer from one segment to another. Every message of the model marks a call, with the messages before it as its prompt; the last call is the one
/// now being made.
pub fn plan(
    segments: &[Segment<'_>],
    edits: &[Edit],
    prices: Prices,
    options: &Options,
    keep: &[Regex],
    weigher: &Weigher<'_>,
) -> Vec<Shortened> {
    let desk = Desk { segments, edits, keep, weigher };
    let texts: Vec<String> = (0..segments.len()).map(|at| apply(&segments[at].text, of_segment(edits, at))).collect();
    let whole: Vec<u64> = segments.iter().map(|segment| weigher.text(&segment.text)).collect();
    let mut tokens: Vec<u64> = texts.iter().map(|text| weigher.text(text)).collect();
    let mut is_old_news = vec![false; segments.len()];
    let mut plan = Vec::new();
    let is_result = |at: &usize| segments[*at].kind == SegmentKind::ToolResult;
    let results: Vec<usize> = (0..segments.len()).filter(is_result).collect();
    // What was saved so far, in the unit of the prices.
    let mut bank: i128 = 0;
    let mut first_new = 0;
    for (n_calls, boundary) in calls(segments).into_iter().enumerate() {
        let end = segments.partition_point(|segment| segment.message < boundary);
        let saved = |from: usize, to: usize, tokens: &[u64]| -> i128 {
            (from..to).map(|at| i128::from(whole[at].saturating_sub(tokens[at]))).sum()
        };
        bank += saved(0, first_new, &tokens) * prices.read + saved(first_new, end, &tokens) * prices.write;
        first_new = end;

        let n_seen = results.partition_point(|at| *at < end);
        let old = &results[..n_seen.saturating_sub(options.n_recent)];
        let is_open = |at: &usize| !is_old_news[*at] && tokens[*at] >= options.min_tokens;
        let open: Vec<usize> = old.iter().copied().filter(is_open).collect();
        let Some(first) = open.first() else { continue };
        let target = |tokens: u64| tokens * options.kept_permille / 1000;
        let gone: u64 = open.iter().map(|at| tokens[*at] - target(tokens[*at])).sum();
        let behind = tokens[*first..end].iter().sum::<u64>().saturating_sub(gone);
        let to_come = n_calls as i128 * i128::from(options.horizon_permille) / 1000;
        let cost = i128::from(behind) * (prices.write - prices.read).max(0);
        let gain = i128::from(gone) * prices.read * to_come;
        if gain <= cost * MIN_RETURN || bank * BANK_PERMILLE / 1000 < cost {
            continue;
        }
        bank -= cost;
        for at in open {
            is_old_news[at] = true;
            let asked = asked(segments, segments[at].message, boundary, usize::MAX);
            if let Some((edits, left)) = desk.shorten(at, &texts[at], &asked, target(tokens[at])) {
                tokens[at] = left;
                plan.push(Shortened { segment: at, message: segments[at].message, from_message: boundary, edits });
            }
        }
    }
    plan
}

/// The edits of a call with this many messages: those of the plan where it has begun to hold, the latest.
pub fn edits_at(edits: &[Edit], plan: &[Shortened], n_messages: usize) -> Vec<Edit> {
    let mut latest: BTreeMap<usize, &Shortened> = BTreeMap::new();
    for short in plan.iter().filter(|short| short.from_message <= n_messages + 1 && short.message <= n_messages) {
        latest.insert(short.segment, short);
    }
    let mut all: Vec<Edit> = edits.iter().filter(|edit| !latest.contains_key(&edit.segment)).cloned().collect();
    all.extend(latest.values().flat_map(|short| short.edits.iter().cloned()));
    all.sort_by_key(|edit| (edit.segment, edit.span.start));
    all
}

/// What input costs per token, read from the cache and written anew, in pico-dollars. Errors when the model or its price for
/// input is not known.
pub fn prices(catalog: &Catalog, weigher: &Weigher<'_>, conditions: &Conditions) -> Result<Prices> {
    let spec = weigher.spec().ok_or_else(|| {
        Error::new(Kind::UnknownModel, format!("model `{}` is not in the catalog", weigher.model()))
            .help("name one with --model; `promptopt models list` shows them")
    })?;
    let rate = |class| catalog.rate(spec, class, 0, conditions).ok().map(Usd::pico);
    let fresh = rate(TokenClass::Input)
        .ok_or_else(|| Error::new(Kind::Catalog, format!("model `{}` has no known price for input", spec.id)))?;
    Ok(Prices {
        read: rate(TokenClass::CacheRead).unwrap_or(fresh),
        write: rate(TokenClass::CacheWriteShort).unwrap_or(fresh),
    })
}

/// Of what was saved, this may be spent on writing a cache anew, in thousandths: providers do not hit each time.
const BANK_PERMILLE: i128 = 300;
/// A batch has to be expected to bring this many times what it costs.
const MIN_RETURN: i128 = 2;

/// What the plan is made with.
struct Desk<'a> {
    segments: &'a [Segment<'a>],
    edits: &'a [Edit],
    keep: &'a [Regex],
    weigher: &'a Weigher<'a>,
}

impl Desk<'_> {
    /// The segment's edits if it is cut to what matters for `asked`, and its tokens then; `None` if that saves nothing.
    fn shorten(&self, at: usize, text: &str, asked: &str, budget: u64) -> Option<(Vec<Edit>, u64)> {
        let kind = source_kind(SegmentKind::ToolResult, text);
        let is_json = kind == SourceKind::Json;
        let source = Source { text, kind, keep: protect::kept(text, self.keep), ..Source::default() };
        let query = (!asked.trim().is_empty()).then_some(asked);
        let wanted = budget::Options { query, budget, marker: Some(GAP), ..budget::Options::default() };
        let selection = budget::select(&[source], &wanted, self.weigher).ok()?;
        let kept = whole_markers(text, selection.kept.first()?);
        let gaps = gaps_of(text, &kept, if is_json { "" } else { GAP }, is_json);
        let whole = &self.segments[at].text;
        let composed = compose(at, whole, of_segment(self.edits, at), text, &gaps, self.weigher);
        let left = self.weigher.text(&apply(whole, &composed));
        (left < self.weigher.text(text)).then_some((composed, left))
    }
}

/// What is kept without halves of markers: a reference is read whole or not at all.
fn whole_markers(text: &str, kept: &[Range<usize>]) -> Vec<Range<usize>> {
    let blocks = crate::compress::encoded::blocks(text);
    let halves = blocks.iter().filter(|block| {
        let is_whole = kept.iter().any(|range| range.start <= block.start && block.end <= range.end);
        !is_whole && protect::overlaps(kept, block)
    });
    let mut whole = kept.to_vec();
    for half in halves {
        whole = whole
            .into_iter()
            .flat_map(|range| [range.start..range.end.min(half.start), range.start.max(half.end)..range.end])
            .filter(|range| range.start < range.end)
            .collect();
    }
    whole
}

/// The number of the message after each prompt, rising: the model's messages, and the one to come.
fn calls(segments: &[Segment<'_>]) -> Vec<usize> {
    let is_model = |segment: &&Segment<'_>| matches!(segment.kind, SegmentKind::Assistant | SegmentKind::ToolCall);
    let mut calls: Vec<usize> = segments.iter().filter(is_model).map(|segment| segment.message).collect();
    calls.push(segments.iter().map(|segment| segment.message).max().unwrap_or(0) + 1);
    calls.dedup();
    calls
}

/// What the model said and did in its last `n_most` messages between two numbers: it tells what of a result matters. The
/// latest first.
fn asked(segments: &[Segment<'_>], after: usize, before: usize, n_most: usize) -> String {
    const MAX_BYTES: usize = 3000;
    let is_model = |segment: &&Segment<'_>| matches!(segment.kind, SegmentKind::Assistant | SegmentKind::ToolCall);
    let end = segments.partition_point(|segment| segment.message < before);
    let (mut words, mut n_bytes, mut n_messages, mut last) = (String::new(), 0, 0, usize::MAX);
    for segment in segments[..end].iter().rev().filter(is_model).take_while(|segment| segment.message > after) {
        n_messages += usize::from(segment.message != last);
        last = segment.message;
        if n_messages > n_most || n_bytes > MAX_BYTES {
            break;
        }
        let end = crate::text::floor(&segment.text, MAX_BYTES);
        words.push_str(&segment.text[..end]);
        words.push('\n');
        n_bytes += end;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_marker_is_none() {
        let text = "a\n[… 3 lines as in message 1 …]\nb\n";
        let marker = 2..text.len() - 3;
        let all = [0..0, 0..text.len()];
        assert_eq!(whole_markers(text, &all), all);
        assert_eq!(whole_markers(text, &[0..10, marker.end..text.len()]), [0..2, marker.end..text.len()]);
        assert_eq!(
            whole_markers(text, std::slice::from_ref(&(12..text.len()))),
            std::slice::from_ref(&(marker.end..text.len()))
        );
    }
}
