//! Selection to an exact token budget around what the request asks: which pieces of the sources stay, verbatim and in
//! their order, so that the rendered result never has more tokens than asked for, by the real tokenizer.
//!
//! The steps, in the order in which they paid when measured: pieces and what must be opened for them (`pieces.rs`) →
//! BM25F over body and titles with idf blended with what is known of the language (`score.rs`, `background.rs`,
//! `index.rs`) → neighbours and documents (`smooth.rs`) → titles named in the question or in strong pieces (`hop.rs`) →
//! greedy choice with coverage under the budget (`greedy.rs`) → an exact count of the result, with repair. Without a
//! question: `central.rs`.

use std::ops::Range;

use crate::compress::Counter;
use crate::compress::units::UnitKind;
use crate::error::{Error, Kind, Result};

mod background;
mod central;
mod greedy;
mod hop;
mod index;
mod pieces;
mod query;
mod ranges;
mod score;
mod smooth;
mod weights;
pub(crate) mod words;

pub use ranges::render;
pub use weights::Stage;
pub(crate) use weights::Weights;

use greedy::{Choice, Worth};
use pieces::Pieces;

/// A text that may be shortened.
#[derive(Clone, Debug, Default)]
pub struct Source<'a> {
    /// The text.
    pub text: &'a str,
    /// What it is.
    pub kind: SourceKind<'a>,
    /// Protected spans: bytes of `text` that must stay, ascending, not overlapping. In JSON the member that holds one stays.
    pub keep: Vec<Range<usize>>,
    /// Text that is put in front if anything of the source is kept: `Document [1](Title: …)` and a line feed.
    pub header: &'a str,
    /// Tokens that are charged beside `header` if anything of the source is kept: framing that is not text.
    pub header_tokens: u64,
}

/// What a source is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SourceKind<'a> {
    /// To be told from the text.
    #[default]
    Auto,
    /// One document.
    Document {
        /// Its title, if that does not stand in the text.
        title: Option<&'a str>,
    },
    /// Turns of a conversation. Neighbouring sources of this kind are one conversation.
    Turns,
    /// One JSON value; what is kept of it is one, too. If nothing is, nothing is left of it.
    Json,
    /// Lines of a log.
    Log,
    /// Code.
    Code,
}

/// What is asked and how much may stay.
#[derive(Clone, Debug, Default)]
pub struct Options<'a> {
    /// What the request asks; without it the selection goes by what the text itself says of importance.
    pub query: Option<&'a str>,
    /// Tokens that the result may have.
    pub budget: u64,
    /// Stands where something is missing, and is charged; not in JSON.
    pub marker: Option<&'a str>,
    /// How the sources stand in the result.
    pub layout: Layout<'a>,
    /// Steps that are left out, to see what they are worth.
    pub without: &'a [Stage],
}

/// How the sources stand in the result, which is how its tokens are counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Layout<'a> {
    /// Each for itself: tokens of each are counted alone.
    #[default]
    Apart,
    /// In one text: headers and kept text, with this between one source and the next.
    Joined(&'a str),
}

/// What stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Selection {
    /// Per source the bytes that stay, ascending, merged. Nothing: the source goes, with its header.
    pub kept: Vec<Vec<Range<usize>>>,
    /// Tokens of the rendered result with headers, separators and markers. Exact if the counter is.
    pub tokens: u64,
    /// What became of each piece, in the order of the sources.
    pub decisions: Vec<Decision>,
}

/// What became of a piece of a source.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// Which source.
    pub source: usize,
    /// Bytes of its text.
    pub span: Range<usize>,
    /// What kind of unit.
    pub kind: UnitKind,
    /// Whether it stays.
    pub kept: bool,
    /// Why.
    pub reason: Reason,
    /// Its tokens amid its text, about.
    pub tokens: u64,
    /// How relevant it is; comparable within one selection alone.
    pub score: f32,
}

/// Why a piece stays or goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Everything fits into the budget.
    AllFits,
    /// It lies in a protected span.
    Protected,
    /// It answers to the question, or is central where nothing is asked.
    Relevant,
    /// It was chosen to use what was left of the budget.
    FillsUp,
    /// Others said more for their tokens.
    NoRoom,
}

impl Reason {
    /// In words.
    pub const fn words(self) -> &'static str {
        match self {
            Reason::AllFits => "everything fits",
            Reason::Protected => "protected",
            Reason::Relevant => "relevant",
            Reason::FillsUp => "fills up the budget",
            Reason::NoRoom => "no room",
        }
    }
}

/// The prices are off by less than a half: no text whose prices sum to more than that above the budget fits into it.
const SURELY_TOO_MUCH: u64 = 2;

/// Rounds of counting and mending after the first choice.
const ROUNDS: usize = 6;

/// Chooses what stays. Fails only if the protected spans alone, with their headers, exceed the budget.
pub fn select(sources: &[Source<'_>], options: &Options<'_>, counter: &dyn Counter) -> Result<Selection> {
    let whole: Vec<Vec<Range<usize>>> = sources.iter().map(|source| whole(source)).collect();
    let separator = match options.layout {
        Layout::Apart => "",
        Layout::Joined(separator) => separator,
    };
    let all = Pieces::of(sources, separator, counter);
    // The prices say about what the whole takes. Counting it all again is only needed where it may fit.
    let priced: u64 = all.pieces.iter().map(|piece| piece.cost).chain(all.nodes.iter().map(|node| node.cost)).sum();
    if priced <= options.budget.saturating_add(options.budget / SURELY_TOO_MUCH).saturating_add(64) {
        let tokens = count(sources, &whole, options, counter);
        if tokens <= options.budget {
            let decisions = decisions(&all, |_| (true, Reason::AllFits), &[]);
            return Ok(Selection { kept: whole, tokens, decisions });
        }
    }
    let marker = options.marker.map_or(0, |marker| counter.text(marker) + 1);
    let mut choice = Choice::new(&all, marker);
    let mut kept = ranges::ranges(sources, &all, &choice.kept, &choice.open);
    let mut tokens = count(sources, &kept, options, counter);
    if tokens > options.budget {
        return Err(too_small(tokens, options.budget));
    }
    let n_protected = choice.kept.clone();
    let weights = Weights::without(options.without);
    let scores = score::score(sources, &all, options.query, &weights);
    let mut refused = vec![false; all.pieces.len()];
    let mut n_relevant = 0;
    // The prices of the pieces are nearly exact; what they are off by is found by counting and mended.
    for round in 0..ROUNDS {
        let room = options.budget - tokens;
        // What is left of a great budget after the first choice is not worth counting everything again.
        if round > 0 && room < options.budget / 200 {
            break;
        }
        let before = choice.order.len();
        let target = choice.spent + room;
        choice.fill(&scores.worth, &scores.terms, target, &weights, &refused);
        if choice.order.len() == before {
            break;
        }
        loop {
            kept = ranges::ranges(sources, &all, &choice.kept, &choice.open);
            tokens = count(sources, &kept, options, counter);
            if tokens <= options.budget {
                break;
            }
            // What came last counts least.
            let mut excess = tokens - options.budget;
            while excess > 0 {
                let Some(piece) = choice.undo(&scores.worth) else { break };
                refused[piece as usize] = true;
                excess = excess.saturating_sub(all.pieces[piece as usize].cost);
            }
        }
        if round == 0 {
            n_relevant = choice.order.len();
        }
    }
    let fill: Vec<u32> = choice.order[n_relevant.min(choice.order.len())..].to_vec();
    let mut is_fill = vec![false; all.pieces.len()];
    for piece in fill {
        is_fill[piece as usize] = true;
    }
    let decisions = decisions(
        &all,
        |at| match (choice.kept[at], n_protected[at], is_fill[at]) {
            (true, true, _) => (true, Reason::Protected),
            (true, false, true) => (true, Reason::FillsUp),
            (true, false, false) => (true, Reason::Relevant),
            (false, ..) => (false, Reason::NoRoom),
        },
        &scores.worth,
    );
    Ok(Selection { kept, tokens, decisions })
}

/// The result as one text, as [`Layout::Joined`] counts it.
pub fn join(sources: &[Source<'_>], kept: &[Vec<Range<usize>>], separator: &str, marker: Option<&str>) -> String {
    let mut out = String::new();
    for (source, kept) in sources.iter().zip(kept).filter(|(_, kept)| !kept.is_empty()) {
        if !out.is_empty() {
            out.push_str(separator);
        }
        out.push_str(source.header);
        out.push_str(&render(source, kept, marker));
    }
    out
}

#[allow(clippy::single_range_in_vec_init, reason = "the ranges that stay, of which there is one")]
fn whole(source: &Source<'_>) -> Vec<Range<usize>> {
    if source.text.is_empty() { Vec::new() } else { vec![0..source.text.len()] }
}

fn count(sources: &[Source<'_>], kept: &[Vec<Range<usize>>], options: &Options<'_>, counter: &dyn Counter) -> u64 {
    let stay = || sources.iter().zip(kept).filter(|(_, kept)| !kept.is_empty());
    let framing: u64 = stay().map(|(source, _)| source.header_tokens).sum();
    framing
        + match options.layout {
            Layout::Joined(separator) => counter.text(&join(sources, kept, separator, options.marker)),
            Layout::Apart => stay()
                .map(|(source, kept)| {
                    let text = render(source, kept, options.marker);
                    counter.text(&if source.header.is_empty() { text } else { source.header.to_owned() + &text })
                })
                .sum(),
        }
}

fn too_small(tokens: u64, budget: u64) -> Error {
    Error::new(
        Kind::Config,
        format!("the protected parts take {tokens} tokens, {} more than the budget of {budget}", tokens - budget),
    )
    .help(format!("raise the budget to {tokens} or protect less"))
}

fn decisions(all: &Pieces, mut why: impl FnMut(usize) -> (bool, Reason), worth: &[Worth]) -> Vec<Decision> {
    let decide = |(at, piece): (usize, &pieces::Piece)| {
        let (kept, reason) = why(at);
        Decision {
            source: piece.source as usize,
            span: piece.span.clone(),
            kind: piece.kind,
            kept,
            reason,
            tokens: piece.cost,
            score: worth.get(at).map_or(0.0, |worth| worth.score),
        }
    };
    all.pieces.iter().enumerate().map(decide).collect()
}

#[cfg(test)]
mod tests;
