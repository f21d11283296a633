//! `opaque-id`: long ids, again and again.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// UUIDs and hashes that come again and again in data.
    ///
    /// ## Why
    ///
    /// A UUID is about 20 tokens, a SHA-256 hash 33, each time; models copy them wrongly more often than short names. The
    /// program that makes the prompt can number them and translate back.
    ///
    /// ## Example
    ///
    /// A list of orders in which the customer's UUID stands in each line.
    ///
    /// ## Options
    ///
    /// - `min_repeats`: an id that comes less often is left alone.
    /// - `min_tokens`: least tokens that short names would save, all ids together.
    ///
    /// ## Limits
    ///
    /// No fix: whoever reads the answer has to know the names too.
    "opaque-id",
    code: "FMT009",
    severity: Severity::Info,
    is_default: true,
    is_cost: true,
    evidence: Evidence { source: "measured: a UUID 19 to 20 tokens, a SHA-256 hash 33 (o200k_base)", date: "2026-11-22" },
    options: &[
        OptionSpec { name: "min_repeats", default: Default::Int(4), about: "least occurrences of an id" },
        OptionSpec { name: "min_tokens", default: Default::Int(80), about: "least tokens saved" },
    ],
    check: Check::Prompt(check),
}

/// Where an id stands: pieces and the bytes of their texts.
type Places = Vec<(usize, Range<usize>)>;

#[allow(clippy::unwrap_used, reason = "the pattern is constant; the cases build it")]
static ID: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?-u:\b)(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})(?-u:\b)")
        .unwrap()
});

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let mut places: BTreeMap<&str, Places> = BTreeMap::new();
    for (piece, of) in view.prompt.pieces.iter().enumerate() {
        if !of.is_told() {
            continue;
        }
        for found in ID.find_iter(of.as_str()) {
            // All of one digit, or without a letter: an example, a number.
            let has_both = found.as_str().contains(|c: char| c.is_ascii_digit())
                && found.as_str().contains(|c: char| c.is_ascii_alphabetic());
            if has_both {
                places.entry(found.as_str()).or_default().push((piece, found.range()));
            }
        }
    }
    let least = usize::try_from(view.int("min_repeats")).unwrap_or(0);
    places.retain(|_, places| places.len() >= least.max(2));
    let mut all: Vec<(i64, &str, Places)> = places
        .into_iter()
        .map(|(id, places)| {
            // The first time the name is given with the id.
            let each = view.target.count(id).cast_signed() - view.target.count("id-12").cast_signed();
            (each * (places.len().cast_signed() as i64 - 1) - 4, id, places)
        })
        .collect();
    all.sort_by_key(|(saved, id, _)| (std::cmp::Reverse(*saved), *id));
    let saved: i64 = all.iter().map(|(saved, _, _)| *saved).sum();
    let Some((_, id, first)) = all.first() else { return };
    let Some((piece, range)) = first.first().filter(|_| view.is_worth(saved)) else { return };
    let n: usize = all.iter().map(|(_, _, places)| places.len()).sum();
    let what = match all.len() {
        1 => format!("`{}` stands here {n} times", crate::text::shorten(id, 13)),
        n_ids => format!("{n_ids} long ids stand here {n} times together"),
    };
    let mut finding =
        Finding::at(view.at(*piece, range.clone()), format!("{what}: short names would save {saved} tokens"))
            .help("number them (`id-1`) in the program that makes the prompt, and translate back")
            .saves(view.saving(saved, *piece, range.start));
    for (piece, range) in first.iter().skip(1).take(3) {
        finding = finding.label(view.at(*piece, range.clone()), "again here");
    }
    sink.report(finding);
}
