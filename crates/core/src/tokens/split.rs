//! Cuts text into the pieces that the published splitting patterns cut, without a regex where the text is ASCII: three
//! quarters of the time of counting went into the regex. A piece is decided from its first bytes on; as soon as a
//! byte beyond ASCII bears on the decision, the regex decides that one piece. The patterns have no look-behind, so each
//! piece can be decided by itself.
//!
//! Source of the patterns: `tiktoken_ext/openai_public.py` of tiktoken 0.14.

/// Which pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pattern {
    /// `o200k_base`: cased words, contractions at the end of a word, `/` after punctuation.
    O200k,
    /// `cl100k_base`: words of letters, contractions as pieces of their own.
    Cl100k,
}

/// The end of the piece that begins at `start`; `None` if the regex has to decide. `start` must lie inside the text.
pub(super) fn piece_end(pattern: Pattern, text: &[u8], start: usize) -> Option<usize> {
    let first = class(text, start);
    if pattern == Pattern::Cl100k && text[start] == b'\'' {
        match contraction(text, start)? {
            0 => {}
            length => return Some(start + length),
        }
    }
    match first {
        Class::Beyond => return None,
        Class::Digit => return digits(text, start),
        _ => {}
    }
    // A word, after one character that is neither letter, digit nor line end.
    let word = if matches!(first, Class::Upper | Class::Lower | Class::Newline) { start } else { start + 1 };
    if let Some(end) = word_end(pattern, text, word)?
        && first != Class::Newline
    {
        return Some(end);
    }
    match first {
        Class::Other => punctuation(pattern, text, start),
        Class::Space if class(text, start + 1) == Class::Other => punctuation(pattern, text, start + 1),
        _ => blanks(text, start),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    Upper,
    Lower,
    Digit,
    /// U+0020.
    Space,
    /// `\r` and `\n`.
    Newline,
    /// White space that is neither.
    Blank,
    /// Punctuation, symbols, control characters.
    Other,
    /// Beyond ASCII.
    Beyond,
    /// Past the end of the text.
    End,
}

static CLASSES: [Class; 256] = {
    let mut classes = [Class::Other; 256];
    let mut byte = 0;
    while byte < 256 {
        classes[byte] = match byte as u8 {
            b'A'..=b'Z' => Class::Upper,
            b'a'..=b'z' => Class::Lower,
            b'0'..=b'9' => Class::Digit,
            b' ' => Class::Space,
            b'\r' | b'\n' => Class::Newline,
            b'\t' | 0x0B | 0x0C => Class::Blank,
            0x80.. => Class::Beyond,
            _ => Class::Other,
        };
        byte += 1;
    }
    classes
};

fn class(text: &[u8], at: usize) -> Class {
    text.get(at).map_or(Class::End, |byte| CLASSES[usize::from(*byte)])
}

/// The first place from `at` on that is of another class.
fn run(text: &[u8], mut at: usize, of: Class) -> usize {
    while class(text, at) == of {
        at += 1;
    }
    at
}

/// Outer `None`: the regex decides. Inner `None`: no word begins here.
#[allow(clippy::option_option, reason = "undecided and absent are two things")]
fn word_end(pattern: Pattern, text: &[u8], start: usize) -> Option<Option<usize>> {
    let end = match pattern {
        Pattern::O200k => {
            // `U*L+`, else `U+`: in ASCII the longest run of upper case and then of lower case.
            let uppers = run(text, start, Class::Upper);
            run(text, uppers, Class::Lower)
        }
        Pattern::Cl100k => {
            let mut at = start;
            while matches!(class(text, at), Class::Upper | Class::Lower) {
                at += 1;
            }
            at
        }
    };
    if class(text, end) == Class::Beyond {
        return None;
    }
    if end == start {
        return Some(None);
    }
    Some(Some(match pattern {
        Pattern::O200k => end + contraction(text, end)?,
        Pattern::Cl100k => end,
    }))
}

/// Length of `'s`, `'t`, `'re`, `'ve`, `'m`, `'ll`, `'d` in any case, 0 if there is none; `None` if a character beyond ASCII
/// (`ſ` is an `s`) follows the apostrophe.
fn contraction(text: &[u8], at: usize) -> Option<usize> {
    if text.get(at) != Some(&b'\'') {
        return Some(0);
    }
    let lower = |offset: usize| text.get(at + offset).map_or(0, u8::to_ascii_lowercase);
    match (lower(1), lower(2)) {
        (0x80.., _) => None,
        (b's' | b't' | b'm' | b'd', _) => Some(2),
        (b'r' | b'v', b'e') | (b'l', b'l') => Some(3),
        _ => Some(0),
    }
}

fn digits(text: &[u8], start: usize) -> Option<usize> {
    for at in start + 1..start + 3 {
        match class(text, at) {
            Class::Digit => {}
            Class::Beyond => return None,
            _ => return Some(at),
        }
    }
    Some(start + 3)
}

/// ` ?[^\s\p{L}\p{N}]+[\r\n/]*` (without `/` in `cl100k_base`), from its first symbol on.
fn punctuation(pattern: Pattern, text: &[u8], start: usize) -> Option<usize> {
    let mut at = run(text, start, Class::Other);
    if class(text, at) == Class::Beyond {
        return None;
    }
    while class(text, at) == Class::Newline || (pattern == Pattern::O200k && text.get(at) == Some(&b'/')) {
        at += 1;
    }
    Some(at)
}

/// White space: up to its last line end; else all of it at the end of the text; else all but its last character.
fn blanks(text: &[u8], start: usize) -> Option<usize> {
    let (mut at, mut after_newline) = (start, start);
    loop {
        match class(text, at) {
            Class::Newline => after_newline = at + 1,
            Class::Space | Class::Blank => {}
            Class::Beyond => return None,
            Class::End if after_newline == start => return Some(at),
            _ => break,
        }
        at += 1;
    }
    if after_newline > start {
        return Some(after_newline);
    }
    Some(if at - start > 1 { at - 1 } else { at })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str) {
        for (pattern, bpe) in [(Pattern::O200k, bpe_openai::o200k_base()), (Pattern::Cl100k, bpe_openai::cl100k_base())]
        {
            let mut start = 0;
            for piece in bpe.split(text) {
                if let Some(end) = piece_end(pattern, text.as_bytes(), start) {
                    assert_eq!(&text[start..end], piece, "{pattern:?} at {start} of {text:?}");
                }
                start += piece.len();
            }
        }
    }

    #[test]
    fn pieces_are_those_of_the_published_patterns() {
        for text in [
            "",
            " ",
            "  ",
            "a  b",
            "a \n\n b ",
            "\r\n\t x",
            "HELLOworld don't DON'T I'LL'l x'",
            "1234567 12a",
            "a/b//\n/c",
            "...\n\n/x",
            " 'tis 'T",
            "x\u{17f} '\u{17f} caf\u{e9} e\u{301}",
            "\u{a0} \u{3000}x",
            "\t\tfn()\n    {}  \n",
            "\u{0}\u{1c}a",
            " \u{e9}t\u{e9}",
            ".\u{e9}",
            "12\u{b2}",
            "a\u{2019}s",
            "-\u{4e2d}",
            "\u{b}\u{c}\n ",
        ] {
            check(text);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

        #[test]
        fn any_text_is_cut_alike(text in "(?s)[ -~\\n\\r\\t]{0,40}") {
            check(&text);
        }

        #[test]
        fn contractions_blanks_and_other_scripts_are_cut_alike(
            text in "([ \t\r\n\u{b}\u{a0}]{1,3}|[0-9\u{b2}\u{664}]{1,4}|'(s|S|ll|L|ve|VE|\u{17f})|[a-zA-Z\u{e9}\u{1c5}\u{4e2d}\u{301}]{1,4}|[!-/=\u{2014}]{1,3}){0,12}",
        ) {
            check(&text);
        }
    }
}
