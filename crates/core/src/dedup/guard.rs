//! What no duplicate may differ in: numbers and their units, negations, identifiers, quoted strings and symbols, in their
//! order. Two texts whose guards differ do not mean the same, however similar they are.

use std::ops::Range;

use xxhash_rust::xxh3::xxh3_64;

use super::hash;
use super::scan::{Sink, scan};

/// The kind of a hard token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum HardKind {
    /// A number as written (`3.5`, `1,000`, `v2`, `10MB`), or a number word.
    Number,
    /// A unit behind a number.
    Unit,
    /// A word that negates, in many languages.
    Negation,
    /// An identifier, path, address, flag, file, hash: compared as written.
    Identifier,
    /// A quotation, code or placeholder: compared as written, as a whole.
    Quote,
    /// An operator, a sign of currency, an emoji, a mark without its partner.
    Symbol,
}

/// A hard token and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HardToken {
    /// Its kind.
    pub kind: HardKind,
    /// Its bytes.
    pub range: Range<usize>,
}

/// The digest of a text's hard tokens: equal if they are equal and stand in the same order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Guard {
    first: u64,
    second: u64,
}

impl Guard {
    /// The guard of a text. Linear time.
    ///
    /// ```
    /// use promptopt::dedup::Guard;
    ///
    /// assert_eq!(Guard::of("Wait for 5 minutes, please."), Guard::of("please WAIT 5 minutes"));
    /// assert_ne!(Guard::of("Wait for 5 minutes."), Guard::of("Wait for 6 minutes."));
    /// assert_ne!(Guard::of("You may delete it."), Guard::of("You may not delete it."));
    /// ```
    pub fn of(text: &str) -> Guard {
        let mut only = OnlyGuard(Guard::default());
        scan(text, &mut only);
        only.0
    }

    /// Half of the digest: for indexes.
    pub(super) fn half(self) -> u64 {
        self.first
    }

    /// Takes in the next token; its hash comes back.
    pub(super) fn push(&mut self, kind: HardKind, bytes: &[u8], folded: Option<u64>) -> u64 {
        // Where case does not matter the folded word is compared; numbers with digits, identifiers and strings as written.
        let is_word = match kind {
            HardKind::Negation | HardKind::Unit => true,
            HardKind::Number => !bytes.iter().any(u8::is_ascii_digit),
            _ => false,
        };
        let token = if is_word { folded.unwrap_or_default() } else { xxh3_64(bytes) };
        self.first = hash::mix(self.first ^ token ^ hash::K[2], hash::K[3]);
        self.second = (self.second.rotate_left(23) ^ token).wrapping_mul(hash::K[4] | 1);
        token
    }
}

/// The hard tokens of a text, in their order.
///
/// ```
/// use promptopt::dedup::{HardKind, hard_tokens};
///
/// let text = "Do not call get_user for \"admin\" more than 3 times.";
/// let tokens: Vec<(HardKind, &str)> = hard_tokens(text).into_iter().map(|t| (t.kind, &text[t.range])).collect();
/// assert_eq!(
///     tokens,
///     [
///         (HardKind::Negation, "not"),
///         (HardKind::Identifier, "get_user"),
///         (HardKind::Quote, "\"admin\""),
///         (HardKind::Number, "3"),
///         (HardKind::Unit, "times"),
///     ]
/// );
/// ```
pub fn hard_tokens(text: &str) -> Vec<HardToken> {
    let mut tokens = Vec::new();
    scan(text, &mut tokens);
    tokens
}

struct OnlyGuard(Guard);

impl Sink for OnlyGuard {
    fn word(&mut self, _hash: u64) {}

    fn hard(&mut self, kind: HardKind, _range: Range<usize>, bytes: &[u8], folded: Option<u64>) {
        self.0.push(kind, bytes, folded);
    }

    fn quoted_word(&mut self, _hash: u64) {}
}

impl Sink for Vec<HardToken> {
    fn word(&mut self, _hash: u64) {}

    fn hard(&mut self, kind: HardKind, range: Range<usize>, _bytes: &[u8], _folded: Option<u64>) {
        self.push(HardToken { kind, range });
    }

    fn quoted_word(&mut self, _hash: u64) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<&str> = hard_tokens(text).into_iter().map(|token| &text[token.range]).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn numbers_are_hard_with_sign_units_and_separators() {
        check("It costs 1,234.50 or -5, or .5; see (10) and v2.1.", &["1,234.50", "-5", ".5", "10", "v2.1"]);
        check("Use 10MB in 3.5 hours at 9:30", &["10MB", "3.5", "hours", "9:30"]);
        check("7 - 2 is five, not 5–6", &["7", "-", "2", "five", "not", "5", "6"]);
        check("Warte zwei Stunden", &["zwei", "Stunden"]);
        check("१२ मिनट और ٣", &["१२", "मिनट", "٣"]);
        check("等三天，共２０元", &["三", "２０"]);
    }

    #[test]
    fn negations_are_hard_in_many_languages() {
        for (text, negation) in [
            ("Do NOT reply", "NOT"),
            ("you shouldn't reply", "shouldn't"),
            ("you shouldn’t reply", "shouldn’t"),
            ("Das ist nicht wahr", "nicht"),
            ("Er hat keine Zeit", "keine"),
            ("Je n'ai rien", "n'ai"),
            ("No corras", "No"),
            ("Não faça isso", "Não"),
            ("यह सही नहीं है", "नहीं"),
            ("Это не так", "не"),
            ("这不是真的", "不"),
            ("食べません", "ません"),
            ("しないでください", "ない"),
            ("하지 않습니다", "않습니다"),
            ("ไม่ดี", "ไม่"),
            ("هذا ليس صحيحا", "ليس"),
        ] {
            assert!(
                hard_tokens(text).iter().any(|t| t.kind == HardKind::Negation && &text[t.range.clone()] == negation),
                "{text}: {:?}",
                hard_tokens(text)
            );
        }
    }

    #[test]
    fn identifiers_paths_and_flags_are_hard() {
        check("Call get_user, getUser or User.get() now.", &["get_user", "getUser", "User.get"]);
        check(
            "see https://a.example/x?y=z, ./run.sh and C:\\temp",
            &["https://a.example/x?y=z", "./run.sh", "C:\\temp"],
        );
        check("mail a@b.example with --force -v", &["a@b.example", "--force", "-v"]);
        check("commit deadbeef of std::fmt and #tag", &["deadbeef", "std::fmt", "#tag"]);
        check("A well-known, plain sentence (really): yes!", &[]);
        check("foo[0] and bar(x)", &["foo", "[0]", "bar(x"]);
    }

    #[test]
    fn quoted_strings_are_hard_as_a_whole() {
        check("Say \"good morning\" or “so long”.", &["\"good morning\"", "“so long”"]);
        check("„Guten Tag“ und «Bonjour»", &["„Guten Tag“", "«Bonjour»"]);
        check("Run `ls -l` now", &["`ls -l`"]);
        check("{{ user name }} and <b> and [city]", &["{{ user name }}", "<b>", "[city]"]);
        check("a 5\" disk is \"big\" here", &["5", "\"", "\"big\""]);
        check("{\"a\": \"he said \\\"no\\\" then\"}", &["{\"a\": \"he said \\\"no\\\" then\"}"]);
        check("an open \"quote here\nand a line", &["\"", "quote", "here"]);
        check("```\nlet x = 1;\n```", &["```\nlet x = 1;\n```"]);
    }

    #[test]
    fn symbols_are_hard_and_punctuation_is_not() {
        check("if a <= b then 5 % of € 3", &["<", "=", "5", "%", "€", "3"]);
        check("**bold** and a*b", &["**", "**", "a", "*"]);
        check("well… really — yes; ¿no es así?", &["no"]);
        check("nice 😀", &["😀"]);
    }
}
