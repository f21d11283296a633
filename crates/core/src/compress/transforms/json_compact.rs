//! JSON without the white space and the escapes that it does not need.

use super::{Parts, Proposal, Transform, View};
use crate::compress::edit::Guarantee;
use crate::compress::segment::SegmentKind;
use crate::text::json::{escape_at, push_compact};

transform! {
    /// JSON loses the white space between its tokens and the escapes it does not need.
    ///
    /// ## What it does
    /// In JSON that stands by itself in a tool's result or a document, blanks and line ends between tokens go, and `\u00e9`
    /// becomes `é`. Numbers stay as they are spelt (`1.50`, `1e3`), keys stay in their order, repeated keys too.
    ///
    /// ## Why
    /// Pretty-printed answers of services carry a fifth to a third of their tokens in indentation; an escaped letter of
    /// another script takes three to six tokens instead of one.
    ///
    /// ## What it promises
    /// Identical: every JSON reader reads the same value. Control characters, quotes and lone surrogates stay escaped.
    ///
    /// ## When it stays out
    /// JSON in a bare prompt, which shows the form of the answer; JSON inside code fences, on a line with other text, or where the count of tokens does not fall. If a program is to
    /// edit the file that was shown by its exact text, mark it to be kept, or leave this out (`--without json_compact`).
    json_compact,
    guarantee: Guarantee::Identical,
    is_default: true,
    parts: Parts::Alone,
    min_saving: 1,
    propose,
    decode: None,
}

fn propose(view: &View<'_>, out: &mut Vec<Proposal>) {
    // In a prompt's own text JSON shows the form that the answer is to have.
    if view.kind == SegmentKind::Prompt {
        return;
    }
    for span in view.json {
        if crate::compress::protect::overlaps(view.fences, span) {
            continue;
        }
        let json = &view.text[span.clone()];
        let replacement = compact(json);
        if replacement.len() < json.len() {
            let note = "the same JSON in its shortest form".to_owned();
            out.push(Proposal { span: span.clone(), replacement, note });
        }
    }
}

/// The same JSON in its shortest form. `json` must be valid.
pub(super) fn compact(json: &str) -> String {
    let mut compact = String::with_capacity(json.len());
    push_compact(&mut compact, json);
    if memchr::memmem::find(compact.as_bytes(), b"\\u").is_some() { unescaped(&compact) } else { compact }
}

/// `\uXXXX` as the character it is, where JSON lets it stand so.
fn unescaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = memchr::memchr(b'\\', rest.as_bytes()) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let is_long = rest.as_bytes().get(1) == Some(&b'u');
        match escape_at(rest) {
            Some((c, n_bytes)) if is_long && !c.is_control() && !matches!(c, '"' | '\\' | '\u{2028}' | '\u{2029}') => {
                out.push(c);
                rest = &rest[n_bytes..];
            }
            _ => {
                let n_bytes = rest.len().min(2);
                out.push_str(&rest[..n_bytes]);
                rest = &rest[n_bytes..];
            }
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_the_same_to_every_reader() {
        for (json, expected) in [
            ("{ \"a\" : [ 1.50, 1e3 ],\n \"a\": null }", r#"{"a":[1.50,1e3],"a":null}"#),
            (r#"["\u00e9 \ud83e\udd80 \u0041"]"#, r#"["é 🦀 A"]"#),
            (r#"["\u0000 \u0022 \u005c \ud83d x \\u0041"]"#, r#"["\u0000 \u0022 \u005c \ud83d x \\u0041"]"#),
        ] {
            assert_eq!(compact(json), expected);
            assert_eq!(compact(expected), expected);
        }
    }
}
