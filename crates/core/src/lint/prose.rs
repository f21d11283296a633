//! A piece's text as rules about wording see it: which of it is code, its paragraphs and its sentences. Found once a piece
//! and shared by all rules. O(text).

use std::ops::Range;

use regex::Regex;

use crate::compress::protect;
use crate::compress::units::sentences;
use crate::text::letters::push_letters;

/// What stands where in a text.
#[derive(Clone, Debug, Default)]
pub struct Prose {
    /// Code fences with their marks, in rising order.
    pub fences: Vec<Range<usize>>,
    /// Fences and code in backticks, merged, in rising order.
    pub code: Vec<Range<usize>>,
    /// Paragraphs and lists between blank lines, without the blanks around them. A fence is a block of its own.
    pub blocks: Vec<Range<usize>>,
}

/// Of a piece that there is not.
pub(super) static NONE: Prose = Prose { fences: Vec::new(), code: Vec::new(), blocks: Vec::new() };

impl Prose {
    /// Takes a text apart.
    pub fn of(text: &str) -> Prose {
        let fences = protect::fences(text);
        let mut code = fences.clone();
        inline_code(text, &mut code);
        let blocks = blocks(text, &fences);
        Prose { fences, code: protect::merged(code), blocks }
    }

    /// Whether a range touches code.
    pub fn is_code(&self, range: &Range<usize>) -> bool {
        protect::overlaps(&self.code, range)
    }

    /// Whether a range touches a code fence.
    pub fn is_fenced(&self, range: &Range<usize>) -> bool {
        protect::overlaps(&self.fences, range)
    }

    /// Where a pattern matches outside code.
    pub fn find(&self, text: &str, pattern: &Regex) -> Vec<Range<usize>> {
        pattern.find_iter(text).map(|found| found.range()).filter(|range| !self.is_code(range)).collect()
    }

    /// The sentences and list items outside fences, tables and headings, without the blanks around them.
    pub fn sentences(&self, text: &str) -> Vec<Range<usize>> {
        let mut found = Vec::new();
        for block in &self.blocks {
            if self.is_fenced(block) {
                continue;
            }
            sentences::sentences(text, block.clone(), |span| {
                let range = trimmed(text, span);
                if !range.is_empty() && !text[range.clone()].starts_with(['|', '#', '<']) {
                    found.push(range);
                }
            });
        }
        found
    }
}

/// Code in backticks on one line.
fn inline_code(text: &str, found: &mut Vec<Range<usize>>) {
    let bytes = text.as_bytes();
    let mut from = 0;
    while let Some(open) = memchr::memchr(b'`', &bytes[from..]).map(|at| from + at) {
        let Some(end) = memchr::memchr2(b'`', b'\n', &bytes[open + 1..]).map(|at| open + 1 + at) else { return };
        let is_closed = bytes[end] == b'`';
        if is_closed && end > open + 1 {
            found.push(open..end + 1);
        }
        // Of two backticks side by side, the second may open what the first did not.
        from = if is_closed && end == open + 1 { end } else { end + 1 };
    }
}

/// Whether a block is code or JSON although no fence says so: most of its lines end or begin as those of programs do.
pub fn looks_like_code(block: &str) -> bool {
    let (mut n_code, mut n) = (0, 0);
    for line in block.lines().map(str::trim).filter(|line| !line.is_empty()) {
        n += 1;
        let is_ended = line.ends_with(['{', '}', ';', '(', ')', '[', ']', ',', '>', '=', '\\']) || line.ends_with("):");
        let is_begun = STARTS.iter().any(|start| line.starts_with(start));
        n_code += usize::from(is_ended || is_begun);
    }
    block.starts_with("```") || block.starts_with("~~~") || 2 * n_code >= n.max(1)
}

/// Equal for all texts that the deduplicator calls the same but for their layout, and for few others: what has an equal key
/// is worth a fingerprint, which costs many times as much. O(text).
pub fn rough_key(text: &str, buffer: &mut Vec<u8>) -> u64 {
    buffer.clear();
    push_letters(buffer, text.as_bytes());
    xxhash_rust::xxh3::xxh3_64(buffer)
}

/// How lines of programs, shells and data begin.
const STARTS: &[&str] = &[
    "const ",
    "let ",
    "var ",
    "if (",
    "if not ",
    "return ",
    "import ",
    "from ",
    "def ",
    "class ",
    "fn ",
    "func ",
    "#include",
    "export ",
    "async ",
    "await ",
    "for (",
    "while (",
    "print(",
    "//",
    "/*",
    "\"",
    "{",
    "}",
    "[",
    "]",
    "<",
    "$ ",
    "@",
    "self.",
    "|",
    "http://",
    "https://",
    "Reference:",
];

/// A range without the white space at its ends.
pub fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let inner = text.get(range.clone()).unwrap_or_default();
    let start = range.start + (inner.len() - inner.trim_start().len());
    start..start + inner.trim().len()
}

/// A range with the blank lines behind it, so that what is before and what is behind stay apart as they were.
pub fn with_blanks_behind(text: &str, range: &Range<usize>) -> Range<usize> {
    let rest = text.get(range.end..).unwrap_or_default();
    range.start..range.end + (rest.len() - rest.trim_start_matches(['\n', '\r']).len())
}

fn blocks(text: &str, fences: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut at = 0;
    for fence in fences {
        paragraphs(text, at..fence.start, &mut found);
        found.push(trimmed(text, fence.clone()));
        at = fence.end;
    }
    paragraphs(text, at..text.len(), &mut found);
    found
}

fn paragraphs(text: &str, within: Range<usize>, found: &mut Vec<Range<usize>>) {
    let mut open: Option<usize> = None;
    let mut at = within.start;
    for line in text[within.clone()].split_inclusive('\n') {
        let is_blank = line.trim().is_empty();
        match (open, is_blank) {
            (None, false) => open = Some(at),
            (Some(start), true) => {
                found.push(trimmed(text, start..at));
                open = None;
            }
            _ => {}
        }
        at += line.len();
    }
    if let Some(start) = open {
        found.push(trimmed(text, start..within.end));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_in_backticks_stands_on_one_line() {
        let pattern = Regex::new("`[^`\n]+`").unwrap();
        for text in ["a `b` c `d", "``b``", "`a\n`b` ```", "`a``b`", "``", "`", "é`ü`", "`a\n\n`b`c`d`\n`"] {
            let expected: Vec<_> = pattern.find_iter(text).map(|found| found.range()).collect();
            let mut found = Vec::new();
            inline_code(text, &mut found);
            assert_eq!(found, expected, "{text:?}");
        }
    }

    #[test]
    fn paragraphs_fences_and_code_are_told_apart() {
        let text = "# Head\n\nOne two `a b`. Three four.\n```sh\nx\n\ny\n```\nEnd.\n";
        let prose = Prose::of(text);
        let blocks: Vec<&str> = prose.blocks.iter().map(|range| &text[range.clone()]).collect();
        assert_eq!(blocks, ["# Head", "One two `a b`. Three four.", "```sh\nx\n\ny\n```", "End."]);
        let sentences: Vec<&str> = prose.sentences(text).into_iter().map(|range| &text[range]).collect();
        assert_eq!(sentences, ["One two `a b`.", "Three four.", "End."]);
        assert!(prose.is_code(&(text.find("a b").unwrap()..text.find("a b").unwrap() + 1)));
        let pattern = Regex::new("[a-z] [a-z]\\b").unwrap();
        assert!(prose.find(text, &pattern).is_empty());
    }
}
