//! `xml-records`: rows of data as XML elements.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::lint::diagnostic::{Applicability, Finding, Severity};
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::view::View;
use crate::text::json::push_string;

rule! {
    /// Records written as XML elements with the same fields.
    ///
    /// ## Why
    ///
    /// Each name of a field is written twice a record: compact JSON has nearly half as many tokens, a table fewer still.
    ///
    /// ## Example
    ///
    /// ```xml
    /// <tree><id>1</id><name>oak</name></tree>
    /// <tree><id>2</id><name>elm</name></tree>
    /// ```
    ///
    /// ## Fix
    ///
    /// Unsafe: writes the records as compact JSON; the rest of the prompt may speak of the elements.
    ///
    /// ## Options
    ///
    /// - `min_rows`: fewer records are left alone.
    /// - `min_tokens`: a smaller saving is left alone.
    ///
    /// ## Limits
    ///
    /// Flat records only: elements with attributes, or with elements in their fields, are documents, not rows. Tags that
    /// mark the parts of a prompt, or its examples, are structure.
    "xml-records",
    code: "FMT007",
    severity: Severity::Info,
    is_default: true,
    is_cost: true,
    evidence: Evidence { source: "measured: 200 records, 17,023 tokens as XML, 9,419 as compact JSON (o200k_base)", date: "2026-11-22" },
    options: &[
        OptionSpec { name: "min_rows", default: Default::Int(8), about: "least records in a row" },
        OptionSpec { name: "min_tokens", default: Default::Int(40), about: "least tokens saved" },
    ],
    check: Check::Prompt(check),
}

#[allow(clippy::unwrap_used, reason = "the pattern is constant; the cases build it")]
static FIELD: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"^\s*<([A-Za-z_][_[:alnum:]\u{80}-\u{10ffff}.-]*)>([^<>]*)</([A-Za-z_][_[:alnum:]\u{80}-\u{10ffff}.-]*)>",
    )
    .unwrap()
});
#[allow(clippy::unwrap_used, reason = "the pattern is constant; the cases build it")]
static OPEN: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^\s*<([A-Za-z_][_[:alnum:]\u{80}-\u{10ffff}.-]*)>").unwrap());

/// Names of elements that hold examples, which are to look like this.
const SAMPLES: &[&str] = &["example", "sample", "shot", "demo", "case", "qa", "pair", "test", "turn", "message"];

struct Record<'t> {
    end: usize,
    name: &'t str,
    fields: Vec<(&'t str, &'t str)>,
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let min_rows = usize::try_from(view.int("min_rows")).unwrap_or(0).max(2);
    for (piece, of) in view.prompt.pieces.iter().enumerate() {
        if !of.is_told() {
            continue;
        }
        let text = of.as_str();
        if !text.contains("</") {
            continue;
        }
        let prose = view.prose(piece);
        let mut at = 0;
        while let Some(found) = memchr::memchr(b'<', text.as_bytes().get(at..).unwrap_or_default()) {
            let start = at + found;
            let rows = rows(text, start);
            let Some(last) = rows.last() else {
                at = start + 1;
                continue;
            };
            let range = start..last.end;
            at = range.end;
            let is_sample =
                rows.first().is_some_and(|row| SAMPLES.iter().any(|name| row.name.to_lowercase().contains(name)));
            if rows.len() < min_rows || is_sample || prose.is_code(&range) {
                continue;
            }
            let json = as_json(&rows);
            let saved = view.tokens_saved_at(piece, &range, &json);
            if view.is_worth(saved) {
                report(view, sink, piece, range, rows.len(), (json, saved));
            }
        }
    }
}

fn report(
    view: &View<'_>,
    sink: &mut Sink<'_>,
    piece: usize,
    range: Range<usize>,
    n: usize,
    (json, saved): (String, i64),
) {
    let fix = view.change(piece, range.clone(), &json).map(|change| vec![change]);
    sink.report(
        Finding::at(
            view.at(piece, range.clone()),
            format!("{n} records as XML cost {saved} tokens more than as compact JSON"),
        )
        .help("send them as compact JSON or as a table")
        .saves(view.saving(saved, piece, range.start))
        .fix("write them as JSON", Applicability::Unsafe, fix),
    );
}

/// The records with the same name and fields that follow each other from `start` on.
fn rows(text: &str, start: usize) -> Vec<Record<'_>> {
    let mut rows: Vec<Record<'_>> = Vec::new();
    let mut at = start;
    while let Some(next) = record(text, at) {
        let is_alike = rows.first().is_none_or(|first| {
            first.name == next.name
                && first.fields.len() == next.fields.len()
                && first.fields.iter().zip(&next.fields).all(|(one, other)| one.0 == other.0)
        });
        if !is_alike {
            break;
        }
        at = next.end;
        rows.push(next);
    }
    rows
}

/// One flat record with two fields and more.
fn record(text: &str, at: usize) -> Option<Record<'_>> {
    let open = OPEN.captures(&text[at..])?;
    let name = open.get(1)?.as_str();
    let mut here = at + open.get(0)?.end();
    let mut fields = Vec::new();
    while let Some(field) = FIELD.captures(&text[here..]) {
        let (key, close) = (field.get(1)?.as_str(), field.get(3)?.as_str());
        if key != close {
            return None;
        }
        fields.push((key, field.get(2)?.as_str()));
        here += field.get(0)?.end();
    }
    let rest = &text[here..];
    let blank = rest.len() - rest.trim_start().len();
    let closed = rest[blank..].strip_prefix("</")?.strip_prefix(name)?.starts_with('>');
    (closed && fields.len() >= 2).then(|| Record { end: here + blank + name.len() + 3, name, fields })
}

fn as_json(rows: &[Record<'_>]) -> String {
    let mut out = String::from("[");
    for (index, row) in rows.iter().enumerate() {
        out.push_str(if index == 0 { "{" } else { ",{" });
        for (place, (key, value)) in row.fields.iter().enumerate() {
            if place > 0 {
                out.push(',');
            }
            push_string(&mut out, key);
            out.push(':');
            push_string(&mut out, &unescaped(value.trim()));
        }
        out.push('}');
    }
    out.push(']');
    out
}

fn unescaped(value: &str) -> String {
    value.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'").replace("&amp;", "&")
}
