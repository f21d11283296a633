//! `tracking-url`: where a visitor came from.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::lint::diagnostic::{Applicability, Finding, Severity};
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// Addresses with parameters that only count visitors (`utm_source`, `gclid`, `fbclid`, …).
    ///
    /// ## Why
    ///
    /// The page is the same without them; they are most of the address's tokens, and the model copies them into its answer.
    ///
    /// ## Example
    ///
    /// `https://example.com/a?utm_source=mail&utm_medium=news&utm_campaign=spring` for `https://example.com/a`.
    ///
    /// ## Fix
    ///
    /// Unsafe: deletes these parameters, others stay.
    ///
    /// ## Options
    ///
    /// - `min_tokens`: least tokens saved in a message or file.
    ///
    /// ## Limits
    ///
    /// Addresses in code, and ones that a variable fills in, are left alone.
    "tracking-url",
    code: "FMT011",
    severity: Severity::Info,
    is_default: true,
    is_cost: true,
    evidence: Evidence { source: "measured: 43 tokens with, 7 without (o200k_base)", date: "2026-11-22" },
    options: &[OptionSpec { name: "min_tokens", default: Default::Int(8), about: "least tokens saved" }],
    check: Check::Prompt(check),
}

#[allow(clippy::unwrap_used, reason = "the pattern is constant; the cases build it")]
static URL: LazyLock<Regex> = LazyLock::new(|| Regex::new(r#"https?://[^\s?<>"'`)\]}]+\?[^\s<>"'`)\]]+"#).unwrap());

const TRACKERS: &[&str] = &[
    "gclid",
    "gclsrc",
    "dclid",
    "fbclid",
    "msclkid",
    "igshid",
    "mc_cid",
    "mc_eid",
    "yclid",
    "_hsenc",
    "_hsmi",
    "mkt_tok",
    "twclid",
    "ttclid",
    "li_fat_id",
    "wt_mc",
    "s_cid",
    "vero_id",
    "oly_enc_id",
    "oly_anon_id",
];

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for (piece, of) in view.prompt.pieces.iter().enumerate() {
        if !of.is_told() {
            continue;
        }
        let text = of.as_str();
        let edits: Vec<(Range<usize>, String)> = view
            .prose(piece)
            .find(text, &URL)
            .into_iter()
            .filter_map(|range| Some((range.clone(), without(&text[range])?)))
            .collect();
        let Some((first, _)) = edits.first() else { continue };
        let saved = view.tokens_saved(piece, &edits);
        if !view.is_worth(saved) {
            continue;
        }
        let changes = edits.iter().map(|(range, short)| view.change(piece, range.clone(), short)).collect();
        let what = if edits.len() == 1 {
            "this address carries".to_owned()
        } else {
            format!("{} addresses carry", edits.len())
        };
        let mut finding = Finding::at(
            view.at(piece, first.clone()),
            format!("{what} parameters that only count visitors: {saved} tokens"),
        )
        .help("delete them: the page is the same")
        .saves(view.saving(saved, piece, first.start))
        .fix("delete these parameters", Applicability::Unsafe, changes);
        for (range, _) in edits.iter().skip(1).take(4) {
            finding = finding.label(view.at(piece, range.clone()), "here");
        }
        sink.report(finding);
    }
}

/// The address without them; `None` if it has none.
fn without(url: &str) -> Option<String> {
    let (page, query) = url.split_once('?')?;
    let (query, fragment) = query.split_once('#').map_or((query, None), |(query, fragment)| (query, Some(fragment)));
    if query.contains(['{', '$']) {
        return None;
    }
    let is_tracker = |parameter: &&str| {
        let name = parameter.split('=').next().unwrap_or_default();
        name.starts_with("utm_") || TRACKERS.contains(&name)
    };
    let all: Vec<&str> = query.split('&').collect();
    let kept: Vec<&str> = all.iter().filter(|parameter| !is_tracker(parameter)).copied().collect();
    if kept.len() == all.len() {
        return None;
    }
    // What ends the sentence is no part of the last parameter.
    let last = all.last().filter(|parameter| is_tracker(parameter)).copied().unwrap_or_default();
    let tail =
        if fragment.is_none() { &last[last.trim_end_matches(['.', ',', ';', ':', '!', '*']).len()..] } else { "" };
    let mut out = page.to_owned();
    if !kept.is_empty() {
        out.push('?');
        out.push_str(&kept.join("&"));
    }
    if let Some(fragment) = fragment {
        out.push('#');
        out.push_str(fragment);
    }
    out.push_str(tail);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_counts_visitors_goes() {
        for (url, expected) in [
            ("https://a.example/b?utm_source=x&id=3#part", Some("https://a.example/b?id=3#part")),
            ("https://a.example/b?utm_source=x.", Some("https://a.example/b.")),
            ("https://a.example/b?id=3", None),
            ("https://a.example/b?utm_source={source}", None),
        ] {
            assert_eq!(without(url).as_deref(), expected, "{url}");
        }
    }
}
