//! The methods that are measured beside ours, each as one would write it in an afternoon: whole documents by BM25,
//! sentences by BM25, the beginning, sentences at random. They keep to the same budget by the same count.

use std::collections::HashMap;
use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::leaves;
use crate::compress::Counter;
use crate::compress::budget::{Layout, Options, Selection, Source, SourceKind};

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// [`select`](crate::compress::budget::select).
    Ours,
    /// Whole documents (or turns, or members), best first by BM25 over text and title, with a normal tokenizer.
    Bm25Docs,
    /// Sentences, turns or members, best first by BM25.
    Bm25Sentences,
    /// The beginning, up to the last sentence that fits.
    Head,
    /// Sentences in a random order; the seed is fixed.
    Random,
}

impl Method {
    /// All of them.
    pub const ALL: [Method; 5] = [Method::Ours, Method::Bm25Docs, Method::Bm25Sentences, Method::Head, Method::Random];

    /// The name on the command line and in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Method::Ours => "ours",
            Method::Bm25Docs => "bm25-docs",
            Method::Bm25Sentences => "bm25-sentences",
            Method::Head => "head",
            Method::Random => "random",
        }
    }
}

/// A piece that is kept or not.
struct Piece {
    source: usize,
    span: Range<usize>,
    words: Vec<String>,
}

/// Chooses by one of the simple methods; [`Method::Ours`] is not among them and counts as [`Method::Head`].
pub fn select(method: Method, sources: &[Source<'_>], options: &Options<'_>, counter: &dyn Counter) -> Selection {
    let is_whole = method == Method::Bm25Docs;
    let mut pieces = Vec::new();
    for (at, source) in sources.iter().enumerate() {
        let is_document = matches!(source.kind, SourceKind::Document { .. });
        let whole = || std::iter::once(0..source.text.len()).collect();
        let spans: Vec<Range<usize>> = if is_whole && is_document { whole() } else { leaves(source) };
        for span in spans {
            let mut words = Vec::new();
            if let (true, SourceKind::Document { title: Some(title) }) = (is_whole, source.kind) {
                tokenize(title, &mut words);
            }
            tokenize(&source.text[span.clone()], &mut words);
            pieces.push(Piece { source: at, span, words });
        }
    }
    let mut order: Vec<usize> = (0..pieces.len()).collect();
    match method {
        Method::Bm25Docs | Method::Bm25Sentences => {
            let scores = bm25(&pieces, options.query.unwrap_or_default());
            order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]).then(a.cmp(b)));
        }
        Method::Random => shuffle(&mut order),
        Method::Head | Method::Ours => {}
    }
    fill(method, sources, options, counter, &pieces, &order)
}

/// Keeps in that order what fits, by the count of each piece; then takes back until the whole fits.
fn fill(
    method: Method,
    sources: &[Source<'_>],
    options: &Options<'_>,
    counter: &dyn Counter,
    pieces: &[Piece],
    order: &[usize],
) -> Selection {
    let separator = if let Layout::Joined(separator) = options.layout { separator } else { "" };
    let mut is_open = vec![false; sources.len()];
    let mut kept = vec![false; pieces.len()];
    let mut chosen = Vec::new();
    let mut spent = 0;
    for &at in order {
        let piece = &pieces[at];
        let source = &sources[piece.source];
        let opening = if is_open[piece.source] {
            0
        } else {
            counter.text(source.header) + counter.text(separator) + brackets(source)
        };
        let price = counter.text(&source.text[piece.span.clone()]) + opening;
        if spent + price > options.budget {
            if method == Method::Head {
                break;
            }
            continue;
        }
        spent += price;
        is_open[piece.source] = true;
        kept[at] = true;
        chosen.push(at);
    }
    loop {
        let ranges = ranges(sources, pieces, &kept);
        let text = crate::compress::budget::join(sources, &ranges, separator, None);
        let tokens = counter.text(&text);
        if tokens <= options.budget || chosen.is_empty() {
            return Selection { kept: ranges, tokens, ..Selection::default() };
        }
        if let Some(last) = chosen.pop() {
            kept[last] = false;
        }
    }
}

const fn brackets(source: &Source<'_>) -> u64 {
    if matches!(source.kind, SourceKind::Json) { 2 } else { 0 }
}

fn ranges(sources: &[Source<'_>], pieces: &[Piece], kept: &[bool]) -> Vec<Vec<Range<usize>>> {
    let mut found: Vec<Vec<Range<usize>>> = vec![Vec::new(); sources.len()];
    let mut last: Vec<Option<usize>> = vec![None; sources.len()];
    for (at, piece) in pieces.iter().enumerate().filter(|(at, _)| kept[*at]) {
        let ranges = &mut found[piece.source];
        if matches!(sources[piece.source].kind, SourceKind::Json) {
            // A flat object or array: its members with the comma before them, between its brackets.
            let from = last[piece.source].map_or(piece.span.start, |_| pieces[at - 1].span.end);
            ranges.push(from..piece.span.end);
            last[piece.source] = Some(at);
        } else {
            ranges.push(piece.span.clone());
        }
    }
    for (source, ranges) in sources.iter().zip(&mut found) {
        if matches!(source.kind, SourceKind::Json) && !ranges.is_empty() {
            let text = source.text;
            let open = text.len() - text.trim_start().len();
            ranges.insert(0, open..open + 1);
            let close = text.trim_end().len();
            ranges.push(close - 1..close);
        }
    }
    found
}

/// Okapi BM25 with the usual constants.
fn bm25(pieces: &[Piece], query: &str) -> Vec<f64> {
    const K1: f64 = 1.2;
    const B: f64 = 0.75;
    let mut terms = Vec::new();
    tokenize(query, &mut terms);
    terms.retain(|term| !STOP.contains(&term.as_str()));
    terms.sort();
    terms.dedup();
    let n = pieces.len() as f64;
    let mean = (pieces.iter().map(|piece| piece.words.len()).sum::<usize>() as f64 / n).max(1.0);
    let mut holding: HashMap<&str, f64> = HashMap::new();
    let counts: Vec<HashMap<&str, f64>> = pieces
        .iter()
        .map(|piece| {
            let mut counts: HashMap<&str, f64> = HashMap::new();
            for word in &piece.words {
                *counts.entry(word).or_default() += 1.0;
            }
            for term in &terms {
                if counts.contains_key(term.as_str()) {
                    *holding.entry(term).or_default() += 1.0;
                }
            }
            counts
        })
        .collect();
    let score = |(piece, counts): (&Piece, &HashMap<&str, f64>)| {
        let norm = K1 * (1.0 - B + B * piece.words.len() as f64 / mean);
        terms
            .iter()
            .filter_map(|term| {
                let tf = counts.get(term.as_str())?;
                let held = holding.get(term.as_str()).copied().unwrap_or(0.0);
                Some((1.0 + (n - held + 0.5) / (held + 0.5)).ln() * tf * (K1 + 1.0) / (tf + norm))
            })
            .sum()
    };
    pieces.iter().zip(&counts).map(score).collect()
}

/// Words of English questions that say nothing.
const STOP: &[&str] = &[
    "the", "of", "and", "to", "in", "a", "is", "was", "for", "on", "as", "with", "by", "that", "at", "it", "from",
    "are", "an", "be", "did", "do", "doe", "what", "who", "when", "where", "which", "how", "why", "whom", "whose",
    "were", "has", "have", "had", "this", "his", "her", "their", "or", "many", "much", "name",
];

/// Unicode words, lower case, with a light plural stem; bigrams where words are not told apart by blanks.
fn tokenize(text: &str, words: &mut Vec<String>) {
    let mut last: Option<char> = None;
    for word in text.unicode_words() {
        let mut chars = word.chars();
        let single = chars.next().filter(|c| chars.next().is_none() && crate::compress::budget::words::is_unspaced(*c));
        if let Some(c) = single {
            words.push(c.to_string());
            if let Some(last) = last {
                words.push([last, c].iter().collect());
            }
            last = Some(c);
            continue;
        }
        last = None;
        let lower = word.to_lowercase();
        if lower.chars().any(crate::compress::budget::words::is_unspaced) {
            let letters: Vec<char> = lower.chars().collect();
            words.extend(letters.windows(2).map(|pair| pair.iter().collect::<String>()));
            continue;
        }
        let stem = lower.strip_suffix("'s").unwrap_or(&lower);
        let stem = if stem.len() > 3 && stem.is_ascii() && !stem.ends_with("ss") {
            stem.strip_suffix('s').unwrap_or(stem)
        } else {
            stem
        };
        words.push(stem.to_owned());
    }
}

/// The same order every time.
fn shuffle(order: &mut [usize]) {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    for at in (1..order.len()).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        order.swap(at, (state % (at as u64 + 1)) as usize);
    }
}
