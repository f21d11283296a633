//! Base64 in the middle of text.

use super::{Parts, Proposal, Transform, View};
use crate::compress::edit::Guarantee;
use crate::compress::mark;

transform! {
    /// Base64 inside text is cut out, a marker with its size left.
    ///
    /// ## What it does
    /// A run of 256 and more base64 characters with no blank in it (in a data URL too) is replaced by a marker that says
    /// what it was and how many bytes it held. Without being asked, such runs are only counted in the report.
    ///
    /// ## Why
    /// A model cannot read it, and it takes two tokens for every three characters: a small picture costs thousands.
    ///
    /// ## What it promises
    /// Lossy: the bytes are gone. Only applied when named: `--with base64`.
    ///
    /// ## When it stays out
    /// Hexadecimal digests, identifiers, anything shorter.
    base64,
    guarantee: Guarantee::Lossy,
    is_default: false,
    parts: Parts::Alone,
    min_saving: 32,
    propose,
    decode: None,
}

/// Shorter runs are keys, digests and signatures, which a model may have to copy.
const MIN_LEN: usize = 256;

fn propose(view: &View<'_>, out: &mut Vec<Proposal>) {
    for span in runs(view.text) {
        let n_bytes = span.len() / 4 * 3;
        let replacement = mark(&format!("{n_bytes} bytes of base64 left out"));
        out.push(Proposal { span, replacement, note: "left out".to_owned() });
    }
}

/// The runs of base64 in a text. O(text).
pub(crate) fn runs(text: &str) -> Vec<std::ops::Range<usize>> {
    let mut found = Vec::new();
    let bytes = text.as_bytes();
    let mut at = MIN_LEN;
    // Every run of that length covers a multiple of it: look there, then to both sides.
    while at <= bytes.len() {
        let probe = at - 1;
        if !is_base64(bytes[probe]) {
            at += MIN_LEN;
            continue;
        }
        let start = bytes[..probe].iter().rposition(|byte| !is_base64(*byte)).map_or(0, |before| before + 1);
        let end = bytes[probe..].iter().position(|byte| !is_base64(*byte)).map_or(bytes.len(), |after| probe + after);
        if end - start >= MIN_LEN && looks_random(&bytes[start..end]) {
            found.push(start..end);
        }
        at = end + MIN_LEN;
    }
    found
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=')
}

/// Upper case, lower case and digits all in plenty: no word, no number, no hexadecimal.
fn looks_random(run: &[u8]) -> bool {
    let share = |is: fn(&u8) -> bool| run.iter().filter(|byte| is(byte)).count() * 50 > run.len();
    share(u8::is_ascii_uppercase)
        && share(u8::is_ascii_lowercase)
        && share(u8::is_ascii_digit)
        && run.iter().any(|byte| byte.is_ascii_lowercase() && !byte.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_runs_are_found_and_what_only_looks_so_is_not() {
        let run = "iVBORw0KGgoAAAANSUhEUgAA".repeat(20);
        let text = format!("src=\"data:image/png;base64,{run}\" {}", "deadbeef0123".repeat(40));
        let found = runs(&text);
        assert_eq!(found.len(), 1);
        assert_eq!(&text[found[0].clone()], run);
        assert!(runs(&"a".repeat(10_000)).is_empty());
        assert!(runs(&run[..200]).is_empty());
    }
}
