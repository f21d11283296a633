//! `invisible-unicode`: text that only the model reads.

use std::ops::Range;

use crate::lint::diagnostic::{Applicability, Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::scripts::{selector, tag};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// Text written in characters that nobody sees but the model reads.
    ///
    /// ## Why
    ///
    /// Tag characters (U+E0000 to U+E007F) spell ASCII, and runs of variation selectors spell bytes; both are shown as nothing.
    /// Rule files for coding agents have been attacked so: the reviewer sees an innocent line, the model an order. They are
    /// dear besides: 28 tags are 110 tokens. The finding says what they spell.
    ///
    /// ## Example
    ///
    /// `Format the code.` with 31 tags behind the full stop, which spell an order to send the environment somewhere.
    ///
    /// ## Fix
    ///
    /// Safe: they are removed.
    ///
    /// ## Limits
    ///
    /// Flags of regions (a black flag, tags, and the tag that ends them) and single variation selectors are left alone. See
    /// `zero-width` for characters that hide nothing.
    "invisible-unicode",
    code: "SEC002",
    severity: Severity::Error,
    is_default: true,
    is_cost: false,
    evidence: Evidence { source: "the rules-file backdoor (Pillar Security, 2025-03); measured: 28 tags are 110 tokens (o200k_base)", date: "2026-11-22" },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for (index, piece) in view.prompt.pieces.iter().enumerate() {
        let text = piece.as_str();
        if text.is_ascii() {
            continue;
        }
        for (range, spelt, is_tags) in runs(text) {
            let what = if is_tags { "tag characters" } else { "variation selectors" };
            let n = text[range.clone()].chars().count();
            let tokens = view.count(piece, &text[range.clone()]);
            let mut finding = Finding::at(
                view.at(index, range.clone()),
                format!("{n} {what} that nobody sees are read by the model: {tokens} tokens"),
            );
            if !spelt.is_empty() {
                finding = finding.note(format!("they spell: {spelt}"));
            }
            let change = view.change(index, range, "").map(|change| vec![change]);
            sink.report(finding.help("find out who wrote them, then remove them").fix(
                "remove what nobody sees",
                Applicability::Safe,
                change,
            ));
        }
    }
}

/// Runs of tags, and of four variation selectors and more, with what they spell and whether they are tags.
fn runs(text: &str) -> Vec<(Range<usize>, String, bool)> {
    let mut found = Vec::new();
    let mut at = 0;
    // Variation selectors begin with EF B8 or F3 A0, tags with F3 A0.
    while let Some(next) = memchr::memchr2(0xef, 0xf3, &text.as_bytes()[at..]) {
        let start = at + next;
        let rest = &text[start..];
        let n_tags = rest.chars().take_while(|c| tag(*c).is_some()).count();
        let n_selectors = rest.chars().take_while(|c| selector(*c).is_some()).count();
        let length = |n: usize| rest.chars().take(n).map(char::len_utf8).sum::<usize>();
        at = start + length(n_tags.max(n_selectors).max(1));
        if n_tags > 0 {
            let is_flag = text[..start].ends_with('\u{1f3f4}') && text[..at].ends_with('\u{e007f}') && n_tags <= 7;
            if !is_flag {
                let spelt = rest.chars().take(n_tags).filter_map(tag).filter(|c| !c.is_control());
                found.push((start..at, crate::text::shorten(&spelt.collect::<String>(), 80), true));
            }
        } else if n_selectors >= 4 {
            let bytes: Vec<u8> = rest.chars().take(n_selectors).filter_map(selector).collect();
            let spelt: String = String::from_utf8_lossy(&bytes).chars().filter(|c| !c.is_control()).collect();
            found.push((start..at, crate::text::shorten(&spelt, 80), false));
        }
    }
    found
}
