//! White space that says nothing.

use super::{Parts, Proposal, Transform, View};
use crate::compress::edit::Guarantee;
use crate::compress::protect;
use crate::compress::segment::SegmentKind;

transform! {
    /// Blanks at line ends, blank lines in a row and odd spaces go, where that saves tokens.
    ///
    /// ## What it does
    /// Outside code fences: blanks and `\r` at the end of a line go (two blanks, Markdown's line break, stay), three and more
    /// line ends in a row become two, no-break and other odd spaces become plain ones, zero-width spaces, byte-order marks
    /// and soft hyphens go. Joiners that scripts and emoji need, and bidi marks, stay.
    ///
    /// ## Why
    /// Text scraped from the web and documents made by office programs carry thousands of them, one to three tokens each.
    ///
    /// ## What it promises
    /// Equivalent: the same words; lines with odd characters keep their numbers, code and quotations, which is checked.
    ///
    /// ## When it stays out
    /// Text with indented lines or hunks of a diff, which may be code. Most blanks cost nothing: indentation and trailing blanks share a token with what follows. Only lines that get
    /// cheaper are touched.
    whitespace,
    guarantee: Guarantee::Equivalent,
    is_default: true,
    parts: Parts::Alone,
    min_saving: 1,
    propose,
    decode: None,
}

fn propose(view: &View<'_>, out: &mut Vec<Proposal>) {
    if looks_like_code(view.text) {
        return;
    }
    // The layout of a tool definition is its provider's.
    if view.kind == SegmentKind::ToolSchema {
        return;
    }
    let bytes = view.text.as_bytes();
    let has_odd = ODD_LEADS.iter().any(|lead| memchr::memchr(*lead, bytes).is_some());
    let mut start = 0;
    let mut blank_from = None;
    let ends = memchr::memchr_iter(b'\n', bytes).chain(std::iter::once(bytes.len()));
    for end in ends {
        let line = &view.text[start..end];
        let trimmed = line.trim_end_matches([' ', '\t', '\r']);
        let is_clean = trimmed.len() == line.len() && !(has_odd && line.contains(is_odd));
        let is_line_break = line.len() - trimmed.len() == 2 && line.ends_with("  ") && !line.contains(is_odd);
        if !is_clean && !is_line_break {
            let is_odd_line = has_odd && line.len() <= MAX_CHECKED && trimmed.contains(is_odd);
            let cleaned = if is_odd_line { clean(trimmed) } else { trimmed.to_owned() };
            let span = start..end;
            let same_facts = || protect::facts(line).map(str::trim_end).eq(protect::facts(&cleaned).map(str::trim_end));
            if cleaned.len() < line.len()
                && !protect::overlaps(view.fences, &span)
                && !protect::overlaps(view.json, &span)
                && (!is_odd_line || same_facts())
            {
                out.push(Proposal { span, replacement: cleaned, note: "blanks that say nothing".to_owned() });
            }
        }
        // Blank lines: all but one of a run, from its second line's start to the start of the next text.
        if trimmed.is_empty() && end < bytes.len() {
            blank_from.get_or_insert(start);
        } else if let Some(from) = blank_from.take() {
            let first_end = memchr::memchr(b'\n', &bytes[from..]).map_or(end, |at| from + at + 1);
            let span = first_end..start;
            if !span.is_empty() && !protect::overlaps(view.fences, &span) && !protect::overlaps(view.json, &span) {
                out.push(Proposal { span, replacement: String::new(), note: "blank lines in a row".to_owned() });
            }
        }
        start = end + 1;
    }
}

/// Odd spaces go from no longer line: facts are looked for in it, which may cost its length for each it has.
const MAX_CHECKED: usize = 4096;

/// Indented lines and hunks: in code and diffs every blank may count, and a program may look for the very text.
fn looks_like_code(text: &str) -> bool {
    const LINES: usize = 400;
    text.lines().take(LINES).any(|line| {
        let is_indented = line.starts_with("    ") || line.starts_with('\t');
        (is_indented && !line.trim().is_empty()) || line.starts_with("@@ ") || line.starts_with("diff ")
    })
}

/// First bytes of the characters below in UTF-8.
const ODD_LEADS: [u8; 3] = [0xC2, 0xE2, 0xEF];

fn is_odd(c: char) -> bool {
    is_odd_space(c) || is_invisible(c)
}

fn is_odd_space(c: char) -> bool {
    matches!(c, '\u{a0}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}')
}

fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}' | '\u{2060}' | '\u{feff}')
}

fn clean(line: &str) -> String {
    let kept = line.chars().filter(|c| !is_invisible(*c));
    let cleaned: String = kept.map(|c| if is_odd_space(c) { ' ' } else { c }).collect();
    cleaned.trim_end_matches([' ', '\t', '\r']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compress::repeats::Seen;

    fn check(text: &str, expected: &[(&str, &str)]) {
        let (seen, fences) = (Seen::default(), protect::fences(text));
        let kind = SegmentKind::ToolResult;
        let view = View { text, kind, kept: &[], fences: &fences, json: &[], seen: &seen };
        let mut found = Vec::new();
        propose(&view, &mut found);
        let found: Vec<(&str, &str)> =
            found.iter().map(|proposal| (&text[proposal.span.clone()], proposal.replacement.as_str())).collect();
        assert_eq!(found, expected, "{text:?}");
    }

    #[test]
    fn only_what_says_nothing_goes() {
        check("a   \nb\t\r\nc  \nd", &[("a   ", "a"), ("b\t\r", "b")]);
        check("a\n\n\n\nb\n\nc\n\n\n", &[("\n\n", ""), ("\n", "")]);
        check("a\u{a0}b\u{200b}c\u{feff} \u{200d}", &[("a\u{a0}b\u{200b}c\u{feff} \u{200d}", "a bc \u{200d}")]);
        check("```\na   \n\n\n\n```", &[]);
        check("plain text\n    indented\n\nnext", &[]);
    }
}
