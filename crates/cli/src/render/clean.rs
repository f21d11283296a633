//! Makes text from a corpus safe to show: what a terminal would obey (escape sequences), what would break a line, and
//! what would turn the order of the text around is written out instead of passed on.

use std::fmt::Write;

/// The text with controls spelt out: `\x1b`, `\u{202e}`; line ends and tabs become one space.
pub(crate) fn clean(text: &str) -> String {
    if !text.chars().any(is_unsafe) {
        return text.to_owned();
    }
    let mut cleaned = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' if cleaned.ends_with(' ') => {}
            '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => cleaned.push(' '),
            c if !is_unsafe(c) => cleaned.push(c),
            // Writing into a string cannot fail.
            c if u32::from(c) < 0x100 => _ = write!(cleaned, "\\x{:02x}", u32::from(c)),
            c => _ = write!(cleaned, "\\u{{{:x}}}", u32::from(c)),
        }
    }
    cleaned
}

/// Controls (C0, DEL, C1), direction marks and overrides, line separators, invisible and private characters.
pub(crate) fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            // Tags: an invisible alphabet.
            | '\u{e0000}'..='\u{e007f}'
            | '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn controls_are_spelt_out_and_lines_stay_lines() {
        assert_eq!(clean("plain äöü 漢字 👩‍💻"), "plain äöü 漢字 👩‍💻");
        assert_eq!(clean("a\r\n\tb"), "a b");
        assert_eq!(clean("\u{1b}]0;title\u{7}"), "\\x1b]0;title\\x07");
        assert_eq!(clean("\u{9b}31m"), "\\x9b31m");
        assert_eq!(clean("abc\u{202e}txt.exe"), "abc\\u{202e}txt.exe");
    }
}
