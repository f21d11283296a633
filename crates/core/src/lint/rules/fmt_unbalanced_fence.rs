//! `unbalanced-fence`: a code block without its end.

use std::ops::Range;

use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::template::SlotKind;
use crate::lint::view::View;

rule! {
    /// A code fence that is opened and never closed.
    ///
    /// ## Why
    ///
    /// All that follows is code to whoever reads Markdown, the model included: rules behind it read as part of the sample.
    ///
    /// ## Example
    ///
    /// A sample that begins with three backticks and `json`, and ends with two.
    ///
    /// ## Limits
    ///
    /// A fence inside a fence needs a longer mark outside: if both have three backticks, the inner one's end closes the
    /// outer one, and what closes last opens a new one. An opening fence at the very end, a cue for the answer, is left
    /// alone; so are templates with branches.
    "unbalanced-fence",
    code: "FMT013",
    severity: Severity::Warning,
    is_default: true,
    is_cost: false,
    evidence: Evidence { source: "CommonMark 0.31.2, section 4.5: a fence without its end runs to the end", date: "2026-11-22" },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    for (piece, of) in view.instructions() {
        let text = of.as_str();
        if !text.contains("```") && !text.contains("~~~") || of.slots.iter().any(|slot| slot.kind == SlotKind::Control)
        {
            continue;
        }
        // A message in several parts may be opened in one and closed in another.
        let is_part = view.prompt.pieces.iter().enumerate().any(|(other, next)| {
            other != piece && next.message == of.message && next.kind == of.kind && next.as_str().contains("```")
        });
        let Some(open) = unclosed(text).filter(|_| !is_part) else { continue };
        if text[open.end..].split_once('\n').is_none_or(|(_, rest)| rest.trim().is_empty()) {
            continue;
        }
        sink.report(
            Finding::at(view.at(piece, open), "this code fence is never closed: all that follows reads as code")
                .help("close it, or if it shows a fence inside a fence, give the outer one more backticks"),
        );
    }
}

/// The mark of the fence that is still open at the end, by the rules of `CommonMark`.
fn unclosed(text: &str) -> Option<Range<usize>> {
    let mut open: Option<(Range<usize>, char, usize)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let inner = line.trim_start_matches([' ', '\t', '>']);
        let mark = inner.chars().next().filter(|c| matches!(c, '`' | '~'));
        if let Some(mark) = mark {
            let n = inner.chars().take_while(|c| *c == mark).count();
            let info = inner[n..].trim();
            let start = at + (line.len() - inner.len());
            match &open {
                Some((_, kind, length)) if *kind == mark && n >= *length && info.is_empty() => open = None,
                None if n >= 3 && !(mark == '`' && info.contains('`')) => open = Some((start..start + n, mark, n)),
                _ => {}
            }
        }
        at += line.len();
    }
    open.map(|(range, _, _)| range)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fences_are_read_as_common_mark_reads_them() {
        assert_eq!(unclosed("a\n```rust\nx\n```\nb"), None);
        assert_eq!(unclosed("a\n```\nx"), Some(2..5));
        assert_eq!(unclosed("````md\n```js\nx\n```\n````"), None);
        assert_eq!(unclosed("```md\n```js\nx\n```\n```"), Some(18..21));
        assert_eq!(unclosed("```inline``` text"), None);
    }
}
