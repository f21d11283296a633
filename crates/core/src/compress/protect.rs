//! What may not be touched. Two kinds: what the user says to keep (markers, configured patterns) is never edited by
//! anything; facts (code, quotations, numbers with their units, URLs, paths, identifiers, template variables) may move
//! only as part of a block that is repeated or decoded exactly, and are never altered.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

/// What opens a stretch to keep; it ends at [`KEEP_END`], or with the text.
pub const KEEP: &str = "<!-- promptopt: keep -->";
/// What closes it.
pub const KEEP_END: &str = "<!-- promptopt: end -->";

/// The spans that the user wants kept, merged and in rising order: between markers (the markers included), and what the
/// patterns match. O(text × patterns).
pub fn kept(text: &str, patterns: &[Regex]) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    let mut at = 0;
    while let Some(start) = memchr::memmem::find(&text.as_bytes()[at..], KEEP.as_bytes()) {
        let start = at + start;
        let inner = start + KEEP.len();
        let end = text[inner..].find(KEEP_END).map_or(text.len(), |end| inner + end + KEEP_END.len());
        spans.push(start..end);
        at = end;
    }
    for pattern in patterns {
        spans.extend(pattern.find_iter(text).map(|found| found.range()).filter(|span| !span.is_empty()));
    }
    merged(spans)
}

/// Code fences (` ``` ` and `~~~`) with their content, a fence that is never closed to the end of the text. O(text).
pub fn fences(text: &str) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    if memchr::memmem::find(bytes, b"```").is_none() && memchr::memmem::find(bytes, b"~~~").is_none() {
        return Vec::new();
    }
    let mut spans = Vec::new();
    let mut open: Option<(usize, &str)> = None;
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim_start();
        match open {
            None => {
                let mark = ["```", "~~~"].into_iter().find(|mark| trimmed.starts_with(mark));
                open = mark.map(|mark| (at, mark));
            }
            Some((start, mark))
                if trimmed.starts_with(mark) && trimmed.trim_end().trim_start_matches(&mark[..1]).is_empty() =>
            {
                spans.push(start..at + line.len());
                open = None;
            }
            Some(_) => {}
        }
        at += line.len();
    }
    if let Some((start, _)) = open {
        spans.push(start..text.len());
    }
    spans
}

/// The facts of a text in their order. Two texts with the same facts may differ in layout and in words, not in what a
/// machine would read out of them. O(text).
pub fn facts(text: &str) -> impl Iterator<Item = &str> {
    FACT.find_iter(text).map(|found| found.as_str())
}

#[allow(clippy::unwrap_used, reason = "the pattern is constant; a test builds it")]
static FACT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?x)
        \{\{.*?\}\} | \{%.*?%\} | \$\{[^}\n]*\} | \{[A-Za-z_][\w.]*\} | <\|[^|\n]*\|>      # template variables
        | https?://[^\s<>"'`)\]]+                                                           # URLs
        | `[^`\n]+`                                                                         # code in a line
        | "[^"\n]*" | “[^”\n]*” | «[^»\n]*»                                                 # quotations
        | (?:[A-Za-z]:\\|\.{0,2}/)?[\w.@+-]+(?:[/\\][\w.@+-]+)+                             # paths
        | [A-Za-z_]\w*(?:_\w+|::\w+|\.\w+)+ | [a-z]+[A-Z]\w*                                # identifiers
        | [-+]?[$€£¥₹]?\d[\d.,:/_-]*(?:[eE][-+]?\d+)?\s?(?:%|°|[A-Za-zµ]{1,4}\b)?           # numbers and units
        | <=|>=|==|!=|<>|&&|\|\||->|=>
        "#,
    )
    .unwrap()
});

/// Ranges sorted and merged where they overlap or touch.
pub fn merged(mut spans: Vec<Range<usize>>) -> Vec<Range<usize>> {
    spans.sort_by_key(|span| (span.start, span.end));
    let mut out: Vec<Range<usize>> = Vec::with_capacity(spans.len());
    for span in spans {
        match out.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => out.push(span),
        }
    }
    out
}

/// Whether the range overlaps one of the sorted, disjoint spans. O(log n).
pub fn overlaps(spans: &[Range<usize>], range: &Range<usize>) -> bool {
    let after = spans.partition_point(|span| span.end <= range.start);
    spans.get(after).is_some_and(|span| span.start < range.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_between_markers_is_kept_and_an_open_marker_keeps_the_rest() {
        let text = format!("a {KEEP} b {KEEP_END} c");
        assert_eq!(kept(&text, &[]), std::slice::from_ref(&(2..text.len() - 2)));
        let open = format!("a {KEEP} b");
        assert_eq!(kept(&open, &[]), std::slice::from_ref(&(2..open.len())));
        let pattern = Regex::new("b+").unwrap();
        assert_eq!(kept("abbc b", &[pattern]), [1..3, 5..6]);
    }

    #[test]
    fn fences_are_found_and_half_a_fence_runs_to_the_end() {
        let text = "a\n```rust\nlet x;\n```\nb\n~~~\nc";
        let found: Vec<&str> = fences(text).into_iter().map(|span| &text[span]).collect();
        assert_eq!(found, ["```rust\nlet x;\n```\n", "~~~\nc"]);
    }

    #[test]
    fn facts_are_what_a_machine_would_read() {
        let text = "Wait 30 s for {name} at https://a.example/b?c=1, file src/main.rs: \"no\", foo_bar >= 1,024.5 %";
        let found: Vec<&str> = facts(text).collect();
        assert_eq!(
            found,
            ["30 s", "{name}", "https://a.example/b?c=1,", "src/main.rs", "\"no\"", "foo_bar", ">=", "1,024.5 %"]
        );
    }

    #[test]
    fn overlap_is_told_at_the_borders() {
        let spans = [2..4, 6..8];
        for (range, expected) in [(0..2, false), (3..5, true), (4..6, false), (7..7, true), (5..9, true), (8..9, false)]
        {
            assert_eq!(overlaps(&spans, &range), expected, "{range:?}");
        }
    }
}
