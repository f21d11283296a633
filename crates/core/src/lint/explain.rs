//! Where a prompt's money goes: its tokens and their price by part and section, and how much of it the provider's prompt
//! cache can serve. Parts add up to the whole: what the provider's framing adds stands as a part of its own.

use std::ops::Range;

use serde::Serialize;

use super::file::{File, Piece};
use super::run::Linter;
use super::secrets;
use super::settings::Settings;
use super::view::PromptView;
use crate::catalog::TokenClass;
use crate::compress::SegmentKind;
use crate::compress::protect::{fences, overlaps};
use crate::usd::Usd;

/// A prompt, taken apart.
#[derive(Clone, Debug, Serialize)]
pub struct Explained {
    /// What it is called in its file.
    pub name: Option<String>,
    /// The model it is reckoned for; `None` if neither the file nor the settings name one.
    pub model: Option<String>,
    /// Whether counts are the provider's own, not an approximation.
    pub is_exact: bool,
    /// Input tokens of one call, without what variables will add.
    pub tokens: u64,
    /// Variables whose values come on top.
    pub n_variables: usize,
    /// Money per 1,000 calls at the price of fresh input.
    pub usd_per_1k: Option<Usd>,
    /// The same with the cacheable prefix read from the provider's cache.
    pub usd_per_1k_cached: Option<Usd>,
    /// The part that is the same in every call.
    pub prefix: Cacheable,
    /// The parts, in the order in which the model reads them.
    pub parts: Vec<Part>,
}

/// What the provider's prompt cache can do for a prompt.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Cacheable {
    /// Tokens that are the same in every call, from the beginning.
    pub tokens: u64,
    /// The model's smallest cacheable prefix; `None` if it has no cache or none is known.
    pub minimum: Option<u64>,
    /// Whether the prefix reaches it.
    pub is_cacheable: bool,
    /// Whether the provider caches without being asked.
    pub is_automatic: bool,
    /// The byte of the file at which it ends; `None` if the whole prompt is in it.
    pub ends_at: Option<usize>,
}

/// A part of a prompt: tools, instructions, a message.
#[derive(Clone, Debug, Serialize)]
pub struct Part {
    /// What it is: `system`, `user`, `tool_schema`, …; `framing` for what the provider adds around the texts.
    pub kind: &'static str,
    /// Where it stands in the request; empty for bare prompts.
    pub path: String,
    /// Its bytes in the file; empty for framing.
    pub span: Range<usize>,
    /// Its tokens.
    pub tokens: u64,
    /// Money per 1,000 calls at the price of fresh input.
    pub usd_per_1k: Option<Usd>,
    /// Whether all of it stands in the prefix.
    pub is_in_prefix: bool,
    /// Its sections: under headings, or paragraphs.
    pub sections: Vec<Section>,
    /// Its lines, for a heat map.
    #[serde(skip)]
    pub lines: Vec<Line>,
}

/// A line of a part.
#[derive(Clone, Debug)]
pub struct Line {
    /// As the model reads it, without its end.
    pub text: String,
    /// Its tokens.
    pub tokens: u64,
    /// Whether all of it stands in the prefix.
    pub is_in_prefix: bool,
}

/// A section of a part.
#[derive(Clone, Debug, Serialize)]
pub struct Section {
    /// Its heading, or its first words.
    pub title: String,
    /// Depth of its heading; 0 for a paragraph.
    pub depth: usize,
    /// Its bytes in the file.
    pub span: Range<usize>,
    /// Its tokens.
    pub tokens: u64,
    /// Money per 1,000 calls at the price of fresh input.
    pub usd_per_1k: Option<Usd>,
    /// Whether all of it stands in the prefix.
    pub is_in_prefix: bool,
}

/// Takes every prompt of a file apart. O(text).
pub fn explain(linter: &Linter, file: &File, settings: &Settings) -> Vec<Explained> {
    linter.prompts(file, settings).iter().map(explained).collect()
}

fn explained(view: &PromptView<'_>) -> Explained {
    let total = view.total();
    let prefix = view.prefix();
    let price = |tokens| view.target.usd_per_1k(TokenClass::Input, tokens, total);
    let mut parts: Vec<Part> =
        view.prompt.pieces.iter().enumerate().map(|(index, piece)| part(view, index, piece)).collect();
    let counted: u64 = parts.iter().map(|part| part.tokens).sum();
    if total > counted {
        // Markers of roles, preambles of tools, the schema of the answer: the request weighs more than its texts.
        parts.push(Part {
            kind: "framing",
            path: String::new(),
            span: view.prompt.span.start..view.prompt.span.start,
            tokens: total - counted,
            usd_per_1k: price(total - counted),
            is_in_prefix: false,
            sections: Vec::new(),
            lines: Vec::new(),
        });
    }
    let minimum = view.target.cache().map(|rule| rule.min_tokens);
    let is_cacheable = minimum.is_some_and(|minimum| prefix.tokens >= minimum);
    let cached = if is_cacheable {
        let read = view.target.usd_per_1k(TokenClass::CacheRead, prefix.tokens, total);
        read.zip(price(total.saturating_sub(prefix.tokens))).map(|(read, fresh)| read.saturating_add(fresh))
    } else {
        None
    };
    let ends_at =
        view.prompt.pieces.get(prefix.piece).map(|_| view.at(prefix.piece, prefix.offset..prefix.offset).start);
    let slots = view.prompt.pieces.iter().flat_map(|piece| &piece.slots);
    Explained {
        name: view.prompt.name.clone(),
        model: view.target.name.map(str::to_owned),
        is_exact: view.target.is_exact(),
        tokens: total,
        n_variables: slots.filter(|slot| slot.kind == super::template::SlotKind::Output).count(),
        usd_per_1k: price(total),
        usd_per_1k_cached: cached,
        prefix: Cacheable {
            tokens: prefix.tokens,
            minimum,
            is_cacheable,
            is_automatic: view.target.caches_by_itself(),
            ends_at,
        },
        parts,
    }
}

fn part(view: &PromptView<'_>, index: usize, piece: &Piece) -> Part {
    let text = piece.as_str();
    let tokens = view.tokens(index);
    let price = |tokens| view.target.usd_per_1k(TokenClass::Input, tokens, view.total());
    let prefix = view.prefix();
    let ends_in_prefix = |end: usize| index < prefix.piece || (index == prefix.piece && end <= prefix.offset);
    let spans = if piece.is_tool() { Vec::new() } else { sections(text) };
    let counts = shared_out(tokens, spans.iter().map(|(span, ..)| view.target.count(&text[span.clone()])).collect());
    let sections = spans.into_iter().zip(counts).map(|((span, title, depth), tokens)| Section {
        title,
        depth,
        tokens,
        usd_per_1k: price(tokens),
        is_in_prefix: ends_in_prefix(span.end),
        span: view.at(index, span),
    });
    Part {
        kind: piece.kind.unwrap_or(SegmentKind::Prompt).name(),
        path: piece.path.clone(),
        span: view.at(index, 0..text.len()),
        tokens,
        usd_per_1k: price(tokens),
        is_in_prefix: ends_in_prefix(text.len()),
        sections: sections.collect(),
        lines: lines(text, tokens, view, ends_in_prefix),
    }
}

fn lines(text: &str, tokens: u64, view: &PromptView<'_>, ends_in_prefix: impl Fn(usize) -> bool) -> Vec<Line> {
    let counts = text.split_inclusive('\n').map(|line| view.target.count(line)).collect();
    let counts = shared_out(tokens, counts);
    let mut at = 0;
    let line = |(line, tokens): (&str, u64)| {
        at += line.len();
        Line {
            text: secrets::hidden(line.trim_end_matches(['\n', '\r'])).into_owned(),
            tokens,
            is_in_prefix: ends_in_prefix(at),
        }
    };
    text.split_inclusive('\n').zip(counts).map(line).collect()
}

/// Counts of pieces made to sum to the count of the whole, each by its share: tokens may span the seams.
fn shared_out(total: u64, counts: Vec<u64>) -> Vec<u64> {
    let sum: u64 = counts.iter().sum();
    if sum == total || sum == 0 {
        return counts;
    }
    let mut given = 0;
    let mut seen = 0;
    counts
        .into_iter()
        .map(|count| {
            seen += count;
            let upto = (u128::from(seen) * u128::from(total) / u128::from(sum)) as u64;
            let share = upto - given;
            given = upto;
            share
        })
        .collect()
}

/// Sections under Markdown headings; where there are none, paragraphs. They tile the text.
fn sections(text: &str) -> Vec<(Range<usize>, String, usize)> {
    let fences = fences(text);
    let mut starts: Vec<(usize, usize)> = Vec::new();
    let mut paragraphs: Vec<(usize, usize)> = vec![(0, 0)];
    let mut at = 0;
    let mut is_after_blank = false;
    for line in text.split_inclusive('\n') {
        let is_code = overlaps(&fences, &(at..at + line.len()));
        let depth = line.bytes().take_while(|byte| *byte == b'#').count();
        if !is_code && (1..=6).contains(&depth) && line.as_bytes().get(depth) == Some(&b' ') {
            starts.push((at, depth));
        }
        if line.trim().is_empty() {
            is_after_blank = true;
        } else {
            if is_after_blank && !is_code {
                paragraphs.push((at, 0));
            }
            is_after_blank = false;
        }
        at += line.len();
    }
    if starts.len() < 2 {
        starts = paragraphs;
    } else if starts[0].0 > 0 {
        starts.insert(0, (0, 0));
    }
    let ends = starts.iter().skip(1).map(|(start, _)| *start).chain([text.len()]);
    let spans: Vec<(Range<usize>, usize)> =
        starts.iter().zip(ends).map(|(start, end)| (start.0..end, start.1)).collect();
    spans
        .into_iter()
        .filter(|(span, _)| !span.is_empty())
        .map(|(span, depth)| {
            let first = text[span.clone()].trim_start().lines().next().unwrap_or_default();
            // What is shown shows no secret.
            let title = crate::text::shorten(&secrets::hidden(first.trim_start_matches('#').trim()), 60);
            (span, title, depth)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::read::read;

    fn settings(model: &str) -> Settings {
        Settings { model: Some(model.to_owned()), ..Settings::new("2026-11-22".parse().unwrap()) }
    }

    #[test]
    fn parts_and_sections_sum_to_the_whole() {
        let text = "Intro.\n\n# One\n\nSay what you see.\n\n```\n# no heading\n```\n\n## Two\n\nSay no more.\n";
        let file = read("prompts/p.md", text);
        let explained = explain(&Linter::new(), &file, &settings("gpt-6-luna"));
        let prompt = &explained[0];
        assert_eq!(prompt.tokens, prompt.parts.iter().map(|part| part.tokens).sum::<u64>());
        let sections = &prompt.parts[0].sections;
        let titles: Vec<(&str, usize)> = sections.iter().map(|section| (&*section.title, section.depth)).collect();
        assert_eq!(titles, [("Intro.", 0), ("One", 1), ("Two", 2)]);
        assert_eq!(sections.iter().map(|section| section.tokens).sum::<u64>(), prompt.tokens);
        assert!(prompt.usd_per_1k.is_some() && prompt.prefix.ends_at.is_none());
    }

    #[test]
    fn a_request_weighs_more_than_its_texts_and_only_what_stands_still_is_cacheable() {
        let system = "Answer in one sentence. ".repeat(400);
        let text = format!(
            r#"{{"model": "gpt-6-luna", "messages": [{{"role": "system", "content": "{system}"}}, {{"role": "user", "content": "Hi"}}]}}"#
        );
        let file = read("r.json", &text);
        let explained = explain(&Linter::new(), &file, &settings("gpt-4o"));
        let prompt = &explained[0];
        assert_eq!(prompt.model.as_deref(), Some("gpt-6-luna"), "the request's own model goes first");
        assert!(prompt.prefix.is_cacheable && prompt.prefix.is_automatic);
        assert_eq!(prompt.parts.last().unwrap().kind, "framing");
        assert_eq!(prompt.tokens, prompt.parts.iter().map(|part| part.tokens).sum::<u64>());
        assert!(prompt.parts[0].is_in_prefix && !prompt.parts[1].is_in_prefix);
        assert!(prompt.usd_per_1k_cached < prompt.usd_per_1k);
        assert_eq!(&text[prompt.prefix.ends_at.unwrap()..][..2], "Hi");
    }

    #[test]
    fn shares_are_whole_and_lose_nothing() {
        assert_eq!(shared_out(10, vec![3, 3, 3]), [3, 3, 4]);
        assert_eq!(shared_out(2, vec![3, 3, 3]).iter().sum::<u64>(), 2);
        assert_eq!(shared_out(5, vec![0, 0]), [0, 0]);
    }
}
