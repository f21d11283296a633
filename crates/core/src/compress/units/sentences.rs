//! Sentences: the spirit of UAX #29 with what a retriever needs on top: abbreviations and initials do not end one, the
//! terminators of unspaced scripts need no blank after them, Thai breaks at its phrase blanks, a line that starts with no
//! lower-case letter begins a new one, and nothing is longer than [`LONGEST`] bytes. One pass; never inside a grapheme.

use std::ops::Range;

use unicode_segmentation::{GraphemeCursor, UnicodeSegmentation};

use crate::text::{ceil, floor};

/// A sentence longer than this is cut at a blank: a table or a minified file has no sentences.
pub(crate) const LONGEST: usize = 900;

/// Thai, Lao, Khmer and Myanmar put blanks between phrases, not words; a piece this long (in bytes) ends at one.
const PHRASE: usize = 150;

/// What ends no sentence although a dot stands behind it: in the languages that capitalise after it.
const ABBREVIATIONS: &[&str] = &[
    "adm", "al", "approx", "art", "aug", "ave", "bros", "bzw", "ca", "capt", "cf", "chr", "co", "col", "corp", "dec",
    "dept", "dr", "ed", "eds", "e.g", "esp", "est", "etc", "exp", "feb", "fig", "ft", "gen", "gov", "hon", "i.e",
    "inc", "jan", "jr", "km", "lt", "ltd", "maj", "max", "min", "mio", "mme", "mr", "mrd", "mrs", "ms", "mt", "nov",
    "no", "nr", "oct", "op", "p", "ph", "pp", "prof", "pt", "rep", "rev", "sen", "sep", "sept", "sgt", "sr", "sra",
    "st", "str", "tel", "usw", "v", "vgl", "vol", "vs", "z.b", "ул", "г", "гг", "им", "т.е", "др", "св",
];

/// The sentences of a range of the text: they tile it, each with the blanks behind it.
pub(crate) fn sentences(text: &str, within: Range<usize>, mut emit: impl FnMut(Range<usize>)) {
    let mut start = within.start;
    let mut at = within.start;
    let bytes = text.as_bytes();
    while at < within.end {
        let Some(end) = next_break(text, bytes, start, at, within.end) else { break };
        at = end;
        if text[start..end].trim().is_empty() {
            // Blanks alone go to what follows.
            continue;
        }
        cut(text, start..end, &mut emit);
        start = end;
    }
    if start < within.end {
        cut(text, start..within.end, &mut emit);
    }
}

/// Cuts what is too long at blanks, else between graphemes.
fn cut(text: &str, range: Range<usize>, emit: &mut impl FnMut(Range<usize>)) {
    let Range { mut start, end } = range;
    while end - start > LONGEST {
        let limit = floor(text, start + LONGEST);
        let window = &text[start..limit];
        let half = window.len() / 2;
        let mark = |found: Option<usize>| found.filter(|at| *at > half);
        let at = mark(window.rfind(['\n', ';', '|']).map(|at| at + 1))
            .or_else(|| {
                mark(window.rfind([',', '、', '，']).and_then(|at| Some(at + window[at..].chars().next()?.len_utf8())))
            })
            .or_else(|| {
                mark(
                    window.rfind(char::is_whitespace).and_then(|at| Some(at + window[at..].chars().next()?.len_utf8())),
                )
            })
            .or_else(|| window.grapheme_indices(true).next_back().map(|(at, _)| at).filter(|at| *at > 0))
            .unwrap_or(window.len());
        let at = after_blanks(text, start + at, end);
        if !is_boundary(text, at) {
            // One grapheme of a kilobyte: it stays whole, and what hangs on it.
            let next =
                text[start..end].grapheme_indices(true).map(|(i, _)| start + i).find(|i| *i >= at).unwrap_or(end);
            emit(start..next);
            start = next;
            continue;
        }
        emit(start..at);
        start = at;
    }
    if start < end {
        emit(start..end);
    }
}

fn after_blanks(text: &str, at: usize, end: usize) -> usize {
    end - text[at..end].trim_start().len()
}

/// Whether no grapheme is cut there.
pub(crate) fn is_boundary(text: &str, at: usize) -> bool {
    if at == 0 || at >= text.len() {
        return true;
    }
    if !text.is_char_boundary(at) {
        return false;
    }
    let bytes = text.as_bytes();
    if bytes[at].is_ascii() && bytes[at - 1].is_ascii() {
        return !(bytes[at] == b'\n' && bytes[at - 1] == b'\r');
    }
    // Pairs of flags and emoji need some context, but not a megabyte of it.
    let from = ceil(text, at.saturating_sub(256));
    let to = floor(text, at + 32);
    let window = &text[from..to];
    GraphemeCursor::new(at - from, window.len(), true).is_boundary(window, 0).unwrap_or(true)
}

/// The end of the sentence that goes on at `at`, blanks included; `None` if there is no further terminator.
fn next_break(text: &str, bytes: &[u8], start: usize, mut at: usize, end: usize) -> Option<usize> {
    while at < end {
        let byte = bytes[at];
        if byte < 0x80 {
            at += 1;
            match byte {
                b'.' | b'!' | b'?' => match after_ascii_mark(text, bytes, start, at, end) {
                    Ok(found) => return Some(found),
                    Err(looked_at) => at = looked_at,
                },
                b'\n' => {
                    let next = after_blanks(text, at, end);
                    let is_blank_line = bytes[at..next].contains(&b'\n');
                    let goes_on = is_wrapped(&text[start..at - 1])
                        && text[next..end].chars().next().is_some_and(char::is_lowercase);
                    if (is_blank_line || !goes_on) && is_boundary(text, next) {
                        return Some(next);
                    }
                    at = next.max(at);
                }
                b' ' if at - start > PHRASE
                    && is_phrasal(text[..at - 1].chars().next_back())
                    && is_boundary(text, at) =>
                {
                    let next = after_blanks(text, at, end);
                    if is_phrasal(text[next..end].chars().next()) {
                        return Some(next);
                    }
                }
                _ => {}
            }
            continue;
        }
        let c = text[at..].chars().next()?;
        at += c.len_utf8();
        let ends = match c {
            '。' | '！' | '？' | '｡' | '．' | '।' | '॥' | '۔' | '።' | '។' | '။' | '\u{2029}' => true,
            '؟' | '…' | '։' | '‼' | '⁇' | '⁈' | '⁉' => bytes.get(at).is_none_or(u8::is_ascii_whitespace),
            _ => false,
        };
        if ends {
            let closed = after_closers(text, at, end);
            let next = after_blanks(text, closed, end);
            if is_boundary(text, next) {
                return Some(next);
            }
            at = closed;
        }
    }
    None
}

fn is_phrasal(c: Option<char>) -> bool {
    c.is_some_and(|c| matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'))
}

fn after_closers(text: &str, at: usize, end: usize) -> usize {
    let rest = &text[at..end];
    let closers = |c: char| {
        matches!(
            c,
            '"' | '\''
                | ')'
                | ']'
                | '}'
                | '»'
                | '”'
                | '’'
                | '“'
                | '」'
                | '』'
                | '）'
                | '】'
                | '。'
                | '！'
                | '？'
                | '.'
                | '!'
                | '?'
        )
    };
    end - rest.trim_start_matches(closers).len()
}

/// After `.`, `!`, `?` at `at - 1`: the start of the next sentence, if one starts; else how far was looked.
fn after_ascii_mark(text: &str, bytes: &[u8], start: usize, at: usize, end: usize) -> Result<usize, usize> {
    let closed = after_closers(text, at, end);
    let rest = &text[closed..end];
    if rest.is_empty() {
        return Ok(closed);
    }
    // "3.14", "example.com", "1905.[3]".
    if !rest.starts_with(char::is_whitespace) {
        return Err(closed);
    }
    let next = after_blanks(text, closed, end);
    let is_line_end = bytes[closed..next].contains(&b'\n');
    let goes_on = text[next..end].chars().next().is_some_and(char::is_lowercase) && !is_line_end;
    if goes_on || !is_boundary(text, next) {
        return Err(closed);
    }
    if bytes[at - 1] == b'.' && closed == at && !is_line_end {
        let before = &text[start..at - 1];
        let clause = before.trim_end_matches(|c: char| c.is_ascii_digit());
        // "1. One thing": the number of a list, not of a clause.
        let is_list_number = clause.trim().is_empty() && before.len() - clause.len() <= 3;
        if is_list_number || is_abbreviation(before) {
            return Err(closed);
        }
    }
    Ok(next)
}

/// Whether the last line looks cut by a margin: as long as one, and ending amid a clause. Paths, names and commands, one a
/// line, are lines of their own though they begin in lower case.
fn is_wrapped(text: &str) -> bool {
    const LEAST: usize = 40;
    let line = memchr::memrchr(b'\n', text.as_bytes()).map_or(text, |at| &text[at + 1..]).trim_end();
    line.len() >= LEAST
        && line.ends_with(|c: char| c.is_alphabetic() || c == ',')
        && line.split_ascii_whitespace().nth(4).is_some()
}

fn is_abbreviation(before: &str) -> bool {
    let word_start =
        before.char_indices().rev().take(12).find(|(_, c)| !(c.is_alphanumeric() || *c == '.')).map_or_else(
            || before.len().saturating_sub(before.chars().rev().take(12).map(char::len_utf8).sum()),
            |(at, c)| at + c.len_utf8(),
        );
    let word = &before[word_start..];
    let mut chars = word.chars();
    let Some(first) = chars.next() else { return false };
    // "J. R. R.", "U.S.", "z.B."
    if chars.next().is_none() {
        return first.is_uppercase();
    }
    if word.contains('.')
        && word.split('.').all(|part| part.chars().count() <= 2 && part.chars().all(char::is_alphabetic))
    {
        return true;
    }
    if word.len() > 6 {
        return false;
    }
    let lower = word.to_lowercase();
    ABBREVIATIONS.contains(&lower.as_str())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(text: &str) -> Vec<&str> {
        let mut found = Vec::new();
        sentences(text, 0..text.len(), |range| found.push(&text[range]));
        found
    }

    #[test]
    fn abbreviations_initials_and_numbers_end_nothing() {
        let text =
            "Dr. J. R. Smith met the U.S. President at 3.14 p.m. in St. Louis. He left. \"Why?\" she asked. Yes!";
        assert_eq!(
            split(text),
            [
                "Dr. J. R. Smith met the U.S. President at 3.14 p.m. in St. Louis. ",
                "He left. ",
                "\"Why?\" she asked. ",
                "Yes!"
            ]
        );
        assert_eq!(
            split("1. One thing. 2 more\n2. Another thing."),
            ["1. One thing. ", "2 more\n", "2. Another thing."]
        );
    }

    #[test]
    fn unspaced_scripts_break_without_a_blank() {
        assert_eq!(split("他来了。她走了！「好。」再见"), ["他来了。", "她走了！", "「好。」", "再见"]);
        assert_eq!(split("वह आया। वह गया।"), ["वह आया। ", "वह गया।"]);
        let thai = "กรุงเทพมหานครเป็นเมืองหลวงและนครที่มีประชากรมากที่สุดของประเทศไทย เป็นศูนย์กลางการปกครอง การศึกษา";
        assert!(split(thai).len() > 1);
    }

    #[test]
    fn a_line_ends_one_unless_it_goes_on_in_lower_case() {
        assert_eq!(
            split("a line that was wrapped at some margin by\nits writer\nNext one\n\nand more"),
            ["a line that was wrapped at some margin by\nits writer\n", "Next one\n\n", "and more"]
        );
        assert_eq!(split("src/a.rs\nsrc/b.rs\nlib.rs"), ["src/a.rs\n", "src/b.rs\n", "lib.rs"]);
    }

    #[test]
    fn what_has_no_end_is_cut_at_blanks() {
        let long = "word ".repeat(1000);
        let parts = split(&long);
        assert!(parts.len() > 4 && parts.iter().all(|part| part.len() <= LONGEST + 1 && part.ends_with(' ')));
    }

    proptest! {
        #[test]
        fn sentences_tile_the_text_and_cut_no_grapheme(text in "(?s)([a-zA-Z. !?\n]{0,9}|[।。\u{e01}-\u{e3a}\u{300}\u{200d}👩🇩🇪 \r\n]{0,6}|.{0,5}){0,12}") {
            let mut at = 0;
            let mut ends = Vec::new();
            sentences(&text, 0..text.len(), |range| { ends.push(range.clone()); });
            for range in &ends {
                prop_assert_eq!(range.start, at);
                prop_assert!(range.end > at);
                at = range.end;
            }
            prop_assert_eq!(at, text.len());
            let graphemes: Vec<usize> = text.grapheme_indices(true).map(|(i, _)| i).collect();
            for range in &ends[..ends.len().saturating_sub(1)] {
                prop_assert!(graphemes.contains(&range.end), "{:?} is cut at {}", text, range.end);
            }
        }
    }
}
