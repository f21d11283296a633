//! `unclosed-tag`: a part that begins and does not end.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::template::SlotKind;
use crate::lint::view::View;

rule! {
    /// A tag that marks a part of the prompt, opened and not closed, or closed and not opened.
    ///
    /// ## Why
    ///
    /// The model cannot tell where the part ends: instructions behind an unclosed `<document>` read as if they belonged to
    /// the document, which is also how an injected instruction gets its standing.
    ///
    /// ## Example
    ///
    /// `<examples>` … `</example>`: the one is never closed, the other never opened.
    ///
    /// ## Limits
    ///
    /// Looks at tags that stand alone on their lines, outside code, of prompts in which tags come in pairs. Pages of
    /// HTML, placeholders such as `<name>`, and templates with branches are left alone.
    "unclosed-tag",
    code: "FMT012",
    severity: Severity::Warning,
    is_default: true,
    is_cost: false,
    evidence: Evidence {
        source: "Anthropic, use XML tags to structure prompts: tags come in pairs (docs.claude.com)",
        date: "2026-11-22",
    },
    options: &[],
    check: Check::Prompt(check),
}

#[allow(clippy::unwrap_used, reason = "the pattern is constant; the cases build it")]
static TAG: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"<(/?)([A-Za-z][_[:alnum:]\u{80}-\u{10ffff}.-]*)((?:\s[^<>\n]*)?)>").unwrap());

/// HTML elements that may stand without an end.
const SINGLE: &[&str] = &[
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr", "p",
    "li", "td", "tr", "th", "dt", "dd", "option", "thead", "tbody", "tfoot", "body", "head", "html",
];

/// HTML elements that no prompt names a part after: where one stands, all tags are a page's.
const PAGE: &[&str] =
    &["</div>", "</span>", "</ul>", "</table>", "</script>", "</style>", "</html>", "</body>", "</select>", "</svg>"];

#[derive(Default)]
struct Pair {
    /// Opening tags, those alone on their line first told by the flag.
    opens: Vec<(usize, Range<usize>, bool)>,
    closes: Vec<(usize, Range<usize>, bool)>,
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let mut tags: BTreeMap<&str, Pair> = BTreeMap::new();
    for (piece, of) in view.instructions() {
        let text = of.as_str();
        if of.slots.iter().any(|slot| slot.kind == SlotKind::Control) {
            return;
        }
        if !text.contains("</") {
            continue;
        }
        if PAGE.iter().any(|tag| text.contains(tag)) {
            return;
        }
        let prose = view.prose(piece);
        for found in TAG.captures_iter(text) {
            let (Some(whole), Some(name)) = (found.get(0), found.get(2)) else { continue };
            let is_self_closed = whole.as_str().ends_with("/>");
            if is_self_closed || SINGLE.contains(&&*name.as_str().to_lowercase()) {
                continue;
            }
            // Code counts as a partner, never as what lacks one.
            let is_own = is_alone(text, &whole.range()) && !prose.is_code(&whole.range());
            let pair = tags.entry(name.as_str()).or_default();
            let list =
                if found.get(1).is_some_and(|slash| !slash.is_empty()) { &mut pair.closes } else { &mut pair.opens };
            list.push((piece, whole.range(), is_own));
        }
    }
    // Does the prompt use tags in pairs at all?
    let n_pairs = tags.values().filter(|pair| !pair.opens.is_empty() && pair.opens.len() == pair.closes.len()).count();
    for (name, pair) in &tags {
        let (n_opens, n_closes) = (pair.opens.len(), pair.closes.len());
        if n_opens > n_closes && (n_closes > 0 || n_pairs > 0) {
            report_open(view, sink, name, pair);
        } else if n_closes > n_opens {
            report_close(view, sink, name, pair);
        }
    }
}

fn report_open(view: &View<'_>, sink: &mut Sink<'_>, name: &str, pair: &Pair) {
    // All have to stand alone: one inside a sentence is spoken of.
    if !pair.opens.iter().chain(&pair.closes).all(|(_, _, is_own)| *is_own) {
        return;
    }
    // The one behind which another is opened before it is closed, or the last.
    let all = in_order(pair);
    let is_unclosed = |(at, (_, _, is_open)): &(usize, &(usize, Range<usize>, bool))| {
        *is_open && all.get(at + 1).is_none_or(|(_, _, is_open)| *is_open)
    };
    let Some((_, (piece, range, _))) = all.iter().enumerate().find(is_unclosed) else { return };
    // Nothing behind it: a cue for the answer.
    let text = view.prompt.pieces.get(*piece).map_or("", |piece| piece.as_str());
    if text.get(range.end..).is_none_or(|rest| rest.trim().is_empty()) {
        return;
    }
    sink.report(
        Finding::at(view.at(*piece, range.clone()), format!("`<{name}>` is not closed"))
            .help(format!("put `</{name}>` where the part ends")),
    );
}

fn report_close(view: &View<'_>, sink: &mut Sink<'_>, name: &str, pair: &Pair) {
    let mut n_open = 0_usize;
    let surplus = in_order(pair).into_iter().find(|(_, _, is_open)| {
        if *is_open {
            n_open += 1;
            return false;
        }
        let is_surplus = n_open == 0;
        n_open = n_open.saturating_sub(1);
        is_surplus
    });
    let Some((piece, range, _)) = surplus else { return };
    if !pair.closes.iter().any(|(at, close, is_own)| *is_own && *at == piece && *close == range) {
        return;
    }
    sink.report(
        Finding::at(view.at(piece, range), format!("`</{name}>` closes what was not opened"))
            .help(format!("put `<{name}>` where the part begins, or delete this")),
    );
}

/// All tags of a name in their order, each with whether it opens.
fn in_order(pair: &Pair) -> Vec<(usize, Range<usize>, bool)> {
    let tags = |list: &[(usize, Range<usize>, bool)], is_open: bool| -> Vec<(usize, Range<usize>, bool)> {
        list.iter().map(|(piece, range, _)| (*piece, range.clone(), is_open)).collect()
    };
    let mut all = tags(&pair.opens, true);
    all.extend(tags(&pair.closes, false));
    all.sort_by_key(|(piece, range, _)| (*piece, range.start));
    all
}

/// Nothing else on its line. Looks at the blanks around it only, however long the line is.
fn is_alone(text: &str, range: &Range<usize>) -> bool {
    let before = text[..range.start].trim_end_matches([' ', '\t']);
    let after = text[range.end..].trim_start_matches([' ', '\t', '\r']);
    (before.is_empty() || before.ends_with('\n')) && (after.is_empty() || after.starts_with('\n'))
}
