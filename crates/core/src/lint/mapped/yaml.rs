//! Changes of text in YAML, where a change must keep the lines around it what they are: every line of a block stands behind
//! its indentation, and what stands without quotes must not come to mean something else.

use std::ops::Range;

use super::Mapped;

/// A change of a block scalar (`|`). The last line end is the block's own: a change that takes it away leaves it, so that
/// the text comes back with one line end more.
pub(super) fn change_block(
    of: &Mapped,
    range: &Range<usize>,
    replacement: &str,
    indent: usize,
) -> Option<(Range<usize>, String)> {
    let text = &*of.text;
    if replacement.chars().any(|c| c.is_control() && c != '\n' && c != '\t')
        || !keeps_first_line(text, range, replacement)
    {
        return None;
    }
    let mut range = range.clone();
    let mut replacement = replacement.to_owned();
    if text.ends_with('\n') && range.end == text.len() {
        if range.is_empty() {
            if replacement.is_empty() {
                return Some((of.in_file(&range), replacement));
            }
            replacement.insert(0, '\n');
            range.start -= 1;
        }
        range.end -= 1;
        if replacement.ends_with('\n') {
            replacement.pop();
        }
    }
    let is_line_start = |at: usize| at == 0 || text[..at].ends_with('\n');
    let start = of.start_in_file(range.start);
    let end = match range.end {
        _ if range.is_empty() => start,
        // With the next line's indentation: it is written again where it is needed.
        end if is_line_start(end) => of.start_in_file(end),
        end => of.end_in_file(end),
    };
    let mut out = String::with_capacity(replacement.len() + indent);
    let pad = |out: &mut String, n: usize| out.extend(std::iter::repeat_n(' ', n));
    if range.start > 0 && is_line_start(range.start) {
        // A blank line may have less of it, or none.
        let present = start.saturating_sub(of.end_in_file(range.start));
        pad(&mut out, indent.saturating_sub(present));
    } else if range.start == 0 && (text.is_empty() || text.starts_with('\n')) {
        return None;
    }
    let mut lines = replacement.split('\n');
    out.push_str(lines.next().unwrap_or_default());
    let mut is_last_blank = false;
    for line in lines {
        out.push('\n');
        is_last_blank = line.is_empty();
        if !is_last_blank {
            pad(&mut out, indent);
            out.push_str(line);
        }
    }
    if is_last_blank && text[range.end..].chars().next().is_some_and(|next| next != '\n') {
        pad(&mut out, indent);
    }
    Some((start..end, out))
}

/// The first line that is not blank tells how far a block is indented: it must not come to begin with a blank.
fn keeps_first_line(text: &str, range: &Range<usize>, replacement: &str) -> bool {
    let is_blank = |text: &str| text.bytes().all(|byte| matches!(byte, b'\n' | b' ' | b'\t'));
    if !is_blank(&text[..range.start]) {
        return true;
    }
    let begins_flush = |text: &str| !text.trim_start_matches('\n').starts_with([' ', '\t']);
    let changed = [&text[..range.start], replacement, &text[range.end..]].concat();
    begins_flush(&changed) || (!begins_flush(text) && !is_blank(&changed) && !text[..range.start].is_empty())
}

/// A change of a scalar without quotes: what comes out must still be a text on one line.
pub(super) fn change_plain(of: &Mapped, range: &Range<usize>, replacement: &str) -> Option<(Range<usize>, String)> {
    let changed = [&of.text[..range.start], replacement, &of.text[range.end..]].concat();
    // What the text has already may stay: in a list in brackets it has no comma.
    let is_clean = !replacement.contains([',', '[', ']', '{', '}', '#', ':', '"', '\'']);
    (is_clean && is_plain(&changed)).then(|| (of.in_file(range), replacement.to_owned()))
}

/// Whether a text may stand without quotes and is read as itself, not as a number, a comment or a mapping.
pub(super) fn is_plain(text: &str) -> bool {
    let is_word = |word: &str| {
        !matches!(
            &*word.to_ascii_lowercase(),
            "null" | "true" | "false" | "yes" | "no" | "on" | "off" | ".nan" | ".inf"
        ) && !word.starts_with(|c: char| c.is_ascii_digit())
    };
    text.starts_with(|c: char| c.is_alphanumeric())
        && !text.ends_with([' ', '\t', ':'])
        && is_word(text)
        && !text.chars().any(|c| c.is_control() || matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}'))
        && ![": ", " #", ":\t"].iter().any(|mark| text.contains(mark))
}

#[cfg(test)]
mod tests {
    use super::super::{Builder, Codec};
    use super::*;

    const FILE: &str = "k: |\n  one\n  two\n\n  three\nz: 1\n";

    fn block() -> Mapped {
        let mut builder = Builder::default();
        for (line, at) in [("one\n", 7), ("two\n", 13), ("\n", 17), ("three\n", 20)] {
            builder.same(line, at);
        }
        builder.finish(Codec::YamlBlock { indent: 2 })
    }

    fn check(range: Range<usize>, replacement: &str, expected: &str) {
        let (span, text) = block().change(&range, replacement).unwrap();
        let mut file = FILE.to_owned();
        file.replace_range(span, &text);
        assert_eq!(file, expected);
    }

    #[test]
    fn lines_stay_behind_their_indentation() {
        check(0..4, "", "k: |\n  two\n\n  three\nz: 1\n");
        check(4..8, "", "k: |\n  one\n  \n  three\nz: 1\n");
        check(8..9, "", "k: |\n  one\n  two\n  three\nz: 1\n");
        check(8..8, "new", "k: |\n  one\n  two\n  new\n  three\nz: 1\n");
        check(9..15, "", "k: |\n  one\n  two\n\n  \nz: 1\n");
        check(15..15, "four\n", "k: |\n  one\n  two\n\n  three\n  four\nz: 1\n");
        check(4..7, "a\n\nb\n", "k: |\n  one\n  a\n\n  b\n\n\n  three\nz: 1\n");
        check(3..4, " ", "k: |\n  one two\n\n  three\nz: 1\n");
    }

    #[test]
    fn what_would_change_the_indentation_is_not_written() {
        assert_eq!(block().change(&(0..0), " "), None);
        assert_eq!(block().change(&(0..3), ""), Some((7..10, String::new())));
        assert_eq!(block().change(&(1..2), "\u{7}"), None);
    }

    #[test]
    fn a_plain_scalar_stays_a_plain_scalar() {
        let mut builder = Builder::default();
        builder.same("be very brief", 3);
        let plain = builder.finish(Codec::YamlPlain);
        assert_eq!(plain.change(&(3..8), ""), Some((6..11, String::new())));
        assert_eq!(plain.change(&(3..8), "a: "), None);
        assert_eq!(plain.change(&(0..13), "true"), None);
        assert_eq!(plain.change(&(7..13), ""), None.or(Some((10..16, String::new()))));
    }
}
