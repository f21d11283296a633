//! The pass: one segment after the other, every proposal counted, what pays and does not overlap done. It remembers what
//! the prompt has shown so far and nothing else, so its edits of a segment never depend on what follows.
//!
//! Where there is nothing to do, a segment costs a few scans for single bytes and a digest a line; nothing is counted.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;

use regex::Regex;

use super::edit::{Edit, apply};
use super::json_blocks::json_blocks;
use super::repeats::Seen;
use super::segment::{Segment, SegmentKind};
use super::transforms::{Parts, Proposal, TRANSFORMS, Transform, View, by_name};
use super::{encoded, layers, protect};
use crate::error::Result;
use crate::text::json::Json;
use crate::text::{ceil, floor};
use crate::tokens::Encoding;

/// What may be done.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Kinds of segments that may be edited besides results of tools, documents, tool definitions and bare prompts.
    pub touch: BTreeSet<SegmentKind>,
    /// Transforms applied besides the default ones, by name; naming a lossy one allows it.
    pub with: BTreeSet<String>,
    /// Transforms not applied, by name.
    pub without: BTreeSet<String>,
    /// What matches is never touched.
    pub keep: Vec<Regex>,
}

/// Counts tokens for the model in question.
pub trait Counter {
    /// Tokens of a text.
    fn text(&self, text: &str) -> u64;

    /// Tokens that a tool definition, given as JSON, adds to a request.
    fn tool(&self, json: &str) -> u64 {
        self.text(json)
    }

    /// Whether the tokens of a text are those of its lines: no token spans the end of a line and the beginning of a line
    /// that is not blank.
    fn adds_up(&self) -> bool {
        false
    }
}

impl Options {
    /// The same without transforms whose output cannot be taken apart ([`Transform::parts`]): for texts of which
    /// parts will be removed.
    #[must_use]
    pub fn divisible(&self) -> Options {
        let mut options = self.clone();
        let whole = TRANSFORMS.iter().filter(|transform| transform.parts != Parts::Alone);
        options.without.extend(whole.map(|transform| transform.name.to_owned()));
        options
    }
}

impl Counter for Encoding {
    fn text(&self, text: &str) -> u64 {
        self.counter().count(text)
    }
}

impl<F: Fn(&str) -> u64> Counter for F {
    fn text(&self, text: &str) -> u64 {
        self(text)
    }
}

/// What became of one segment.
#[derive(Clone, Debug, Default)]
pub struct Rewritten {
    /// The edits, in rising order; empty if nothing was done.
    pub edits: Vec<Edit>,
}

/// A prompt in the making: feed it segments in the order in which the model reads them.
pub struct Pass<'a> {
    transforms: Vec<&'static Transform>,
    options: &'a Options,
    counter: &'a dyn Counter,
    seen: Seen<'a>,
    n_segments: usize,
}

impl<'a> Pass<'a> {
    /// A pass over a new prompt. Errors when a transform is named that does not exist.
    pub fn new(options: &'a Options, counter: &'a dyn Counter) -> Result<Pass<'a>> {
        for name in options.with.iter().chain(&options.without) {
            by_name(name)?;
        }
        let is_wanted = |transform: &&&Transform| {
            (transform.is_default || options.with.contains(transform.name)) && !options.without.contains(transform.name)
        };
        let transforms = TRANSFORMS.iter().filter(is_wanted).copied().collect();
        Ok(Pass { transforms, options, counter, seen: Seen::default(), n_segments: 0 })
    }

    /// Rewrites the next segment, and remembers it.
    pub fn feed(&mut self, segment: &'a Segment<'_>) -> Rewritten {
        let rewritten = self.look(segment);
        self.show(segment, &rewritten.edits);
        rewritten
    }

    /// What would become of the next segment.
    pub fn look(&self, segment: &Segment<'_>) -> Rewritten {
        self.look_with(segment, &self.transforms)
    }

    /// The same, if parts of what becomes of it will be removed before the model reads it.
    pub fn look_in_parts(&self, segment: &Segment<'_>) -> Rewritten {
        let can_be_cut = |transform: &&&Transform| transform.parts != Parts::Together;
        let transforms: Vec<&'static Transform> = self.transforms.iter().filter(can_be_cut).copied().collect();
        self.look_with(segment, &transforms)
    }

    fn look_with(&self, segment: &Segment<'_>, transforms: &[&'static Transform]) -> Rewritten {
        let may_edit = segment.kind.is_material() || self.options.touch.contains(&segment.kind);
        if may_edit { self.settled(transforms, segment.kind, &segment.text) } else { Rewritten::default() }
    }

    /// From here on the model has read the next segment, with these edits made, whoever made them.
    pub fn show(&mut self, segment: &'a Segment<'_>, edits: &[Edit]) {
        self.n_segments += 1;
        // A tool definition is not shown as it is written, so nothing can refer to its lines.
        if segment.kind != SegmentKind::ToolSchema {
            let text: &'a str = &segment.text;
            let shown = if edits.is_empty() { Cow::Borrowed(text) } else { Cow::Owned(apply(text, edits)) };
            self.seen.add(&segment.label, shown);
        }
    }

    /// Rewrites until nothing more pays: a document that is compact now may stand in the prompt in just this form. So what
    /// was rewritten once is not rewritten again.
    fn settled(&self, transforms: &[&'static Transform], kind: SegmentKind, text: &str) -> Rewritten {
        let (mut rewritten, mut kept) = self.rewrite(transforms, kind, text, Vec::new());
        if rewritten.edits.is_empty() {
            return rewritten;
        }
        let mut now = apply(text, &rewritten.edits);
        let mut latest = rewritten.edits.clone();
        for _ in 0..MAX_ROUNDS {
            // What the user wants kept stays so, even if a pattern would not match any more among what was changed.
            let (again, more_kept) = self.rewrite(transforms, kind, &now, layers::moved(&kept, &latest));
            if again.edits.is_empty() {
                break;
            }
            (rewritten.edits, now) = layers::layered(&rewritten.edits, &now, &again.edits);
            (latest, kept) = (again.edits, more_kept);
        }
        rewritten
    }

    /// One round, and the spans that stood still in it.
    fn rewrite(
        &self,
        transforms: &[&'static Transform],
        kind: SegmentKind,
        text: &str,
        mut kept: Vec<Range<usize>>,
    ) -> (Rewritten, Vec<Range<usize>>) {
        kept.extend(protect::kept(text, &self.options.keep));
        kept.extend(encoded::blocks(text));
        let kept = protect::merged(kept);
        let is_schema = kind == SegmentKind::ToolSchema;
        let json = if is_schema { Vec::new() } else { json_blocks(text) };
        let fences = if is_schema { Vec::new() } else { protect::fences(text) };
        let view = View { text, kind, kept: &kept, fences: &fences, json: &json, seen: &self.seen };
        let mut offers = Vec::new();
        let mut proposals = Vec::new();
        let mut counted = Counted::new();
        for transform in transforms {
            (transform.propose)(&view, &mut proposals);
            for proposal in proposals.drain(..) {
                // What is JSON stays JSON.
                let must_parse = matches!(kind, SegmentKind::Data | SegmentKind::ToolSchema);
                if must_parse && Json::parse(&proposal.replacement).is_err() || protect::overlaps(&kept, &proposal.span)
                {
                    continue;
                }
                let saved = self.saving(kind, text, &proposal, &mut counted);
                if saved >= transform.min_saving.max(1) {
                    offers.push(Offer { transform, proposal, saved });
                }
            }
        }
        if offers.is_empty() {
            return (Rewritten::default(), kept);
        }
        let edits: Vec<Edit> = best(offers).into_iter().map(|offer| offer.into_edit(self.n_segments)).collect();
        let edits = if self.pays(kind, text, &edits) { edits } else { Vec::new() };
        (Rewritten { edits }, kept)
    }

    /// Tokens at the seams may join differently than they were counted: unless each edit was counted with whole lines of
    /// its own, the whole has the last word.
    fn pays(&self, kind: SegmentKind, text: &str, edits: &[Edit]) -> bool {
        if self.counter.adds_up() && kind != SegmentKind::ToolSchema {
            let around: Vec<Around> = edits.iter().map(|edit| surroundings(text, &edit.span)).collect();
            let are_apart = around.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start);
            if are_apart && around.iter().all(|around| around.is_whole) {
                return true;
            }
        }
        self.count(kind, &apply(text, edits)) < self.count(kind, text)
    }

    fn count(&self, kind: SegmentKind, text: &str) -> u64 {
        if kind == SegmentKind::ToolSchema { self.counter.tool(text) } else { self.counter.text(text) }
    }

    /// Tokens saved, counted with the rest of the lines that the change touches; 0 if none. `counted` remembers what stood
    /// there, for the next proposal at the same place.
    fn saving(&self, kind: SegmentKind, text: &str, proposal: &Proposal, counted: &mut Counted) -> u64 {
        let around = match kind {
            SegmentKind::ToolSchema => 0..text.len(),
            _ => surroundings(text, &proposal.span).span,
        };
        let before =
            *counted.entry((around.start, around.end)).or_insert_with(|| self.count(kind, &text[around.clone()]));
        let (head, tail) = (&text[around.start..proposal.span.start], &text[proposal.span.end..around.end]);
        let after = [head, &proposal.replacement, tail].concat();
        before.saturating_sub(self.count(kind, &after))
    }
}

/// Tokens of stretches of a text, by their first and last byte.
type Counted = HashMap<(usize, usize), u64>;

/// Each round saves tokens, so there is an end; two are the rule.
const MAX_ROUNDS: usize = 8;
/// How far beyond a change tokens are counted: its lines and the blank ones beside them, but no more than this.
const MAX_AROUND: usize = 256;

/// Where the tokens of a change are counted.
struct Around {
    span: Range<usize>,
    /// It begins and ends where lines do that are not blank.
    is_whole: bool,
}

fn surroundings(text: &str, span: &Range<usize>) -> Around {
    let bytes = text.as_bytes();
    let is_blank = |byte: &u8| byte.is_ascii_whitespace();
    // Line ends in a row are one token: from the beginning of the line that ends before them, to the next that is not blank.
    let least = span.start.saturating_sub(MAX_AROUND);
    let said = bytes[least..span.start].iter().rposition(|byte| !is_blank(byte)).map_or(least, |at| least + at + 1);
    let line = memchr::memrchr(b'\n', &bytes[least..said]).map(|at| least + at + 1);
    let from = line.unwrap_or(least);
    let most = (span.end + MAX_AROUND).min(text.len());
    let line = memchr::memchr(b'\n', &bytes[span.end..most]).map(|at| span.end + at + 1);
    let mut to = line.unwrap_or(most);
    let said = bytes[to..most].iter().position(|byte| !is_blank(byte)).map(|at| to + at);
    let blank = &bytes[to..said.unwrap_or(most)];
    to += memchr::memrchr(b'\n', blank).map_or(0, |at| at + 1);
    let is_whole = (from == 0 || from > least) && (to == text.len() || line.is_some() && said.is_some());
    Around { span: floor(text, from)..ceil(text, to), is_whole }
}

/// A proposal that pays.
struct Offer {
    transform: &'static Transform,
    proposal: Proposal,
    saved: u64,
}

impl Offer {
    fn into_edit(self, segment: usize) -> Edit {
        Edit {
            segment,
            span: self.proposal.span,
            replacement: self.proposal.replacement,
            transform: self.transform.name,
            guarantee: self.transform.guarantee,
            tokens_saved: self.saved,
            note: self.proposal.note,
        }
    }
}

/// The offers that together save most without overlapping (weighted interval scheduling); among equals those that were
/// made first. O(n log n).
fn best(mut offers: Vec<Offer>) -> Vec<Offer> {
    offers.sort_by_key(|offer| (offer.proposal.span.end, offer.proposal.span.start));
    // most[i]: what the first i offers can save; take[i]: whether offer i - 1 is among them.
    let mut most = vec![0_u64; offers.len() + 1];
    let mut take = vec![false; offers.len() + 1];
    let before: Vec<usize> = offers
        .iter()
        .map(|offer| offers.partition_point(|other| other.proposal.span.end <= offer.proposal.span.start))
        .collect();
    for i in 1..=offers.len() {
        let with = most[before[i - 1]] + offers[i - 1].saved;
        take[i] = with > most[i - 1];
        most[i] = with.max(most[i - 1]);
    }
    let mut chosen = Vec::new();
    let mut i = offers.len();
    while i > 0 {
        if take[i] {
            chosen.push(i - 1);
            i = before[i - 1];
        } else {
            i -= 1;
        }
    }
    let mut chosen = chosen.into_iter().rev().peekable();
    let mut index = 0;
    offers.retain(|_| {
        let is_chosen = chosen.next_if_eq(&index).is_some();
        index += 1;
        is_chosen
    });
    offers
}
