//! Texts that the model sees end to end are tokenized as one: `…file?` and `<file …>` share the token `?<`. Counting the
//! joined text exactly would mean to copy and count long texts twice; looking at the seam is enough, because every public
//! vocabulary splits text before a single blank that stands between two other characters.

use std::borrow::Cow;

use crate::framing::Scale;
use crate::text::floor;

/// Bytes looked at on either side of a seam if there is no safe place nearer.
const WINDOW: usize = 256;

/// Adds texts up as if they were one.
#[derive(Default)]
pub(super) struct Joint<'a> {
    /// What came before, at least from its [`tail`] on.
    end: Option<Cow<'a, str>>,
}

impl<'a> Joint<'a> {
    /// What the text adds to those before it. Below zero if it is empty of tokens but joins others (rare).
    pub(super) fn add(&mut self, text: &'a str, scale: &Scale<'_>) -> i64 {
        let tokens = scale.tokens(text).cast_signed();
        if text.is_empty() {
            return 0;
        }
        // Mostly a text is the only one.
        let Some(before) = &self.end else {
            self.end = Some(Cow::Borrowed(text));
            return tokens;
        };
        let seam = seam(before, "", text, scale);
        // A short text may be inside a token that began before it.
        let end = [tail(before), tail(text)].concat();
        self.end = Some(Cow::Owned(tail(&end).to_owned()));
        tokens + seam
    }
}

/// Tokens that `left + between + right` has more than `left` and `right` by themselves.
pub(super) fn seam(left: &str, between: &str, right: &str, scale: &Scale<'_>) -> i64 {
    let (left, right) = (tail(left), head(right));
    let joined = scale.tokens(&format!("{left}{between}{right}"));
    joined.cast_signed() - scale.tokens(left).cast_signed() - scale.tokens(right).cast_signed()
}

/// The end of a text, from the last place where every vocabulary splits.
pub(super) fn tail(text: &str) -> &str {
    let window = &text[floor(text, text.len().saturating_sub(WINDOW))..];
    safe_splits(window).next_back().map_or(window, |at| &window[at..])
}

/// The beginning of a text, up to the first such place.
fn head(text: &str) -> &str {
    let window = &text[..floor(text, WINDOW)];
    safe_splits(window).next().map_or(window, |at| &window[..at])
}

/// Offsets of single blanks between two characters that are not white space.
fn safe_splits(text: &str) -> impl DoubleEndedIterator<Item = usize> + '_ {
    text.match_indices(' ').map(|(at, _)| at).filter(|at| {
        let before = text[..*at].chars().next_back();
        let after = text[at + 1..].chars().next();
        before.zip(after).is_some_and(|(before, after)| !before.is_whitespace() && !after.is_whitespace())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::framing::Profile;
    use crate::tokens::memo::Memo;
    use crate::tokens::{Encoding, Tokenizer};
    use proptest::prelude::*;

    #[test]
    fn texts_join_as_if_they_were_one() {
        for encoding in [Encoding::O200kBase, Encoding::Cl100kBase] {
            check(encoding, &["What is in this file?", "<file name='a.txt'>Red.</file>"]);
            check(encoding, &["ends with a full stop.", "\n\n# Tools"]);
            check(encoding, &["", "a", "", "b"]);
        }
    }

    proptest! {
        #[test]
        fn any_texts_do(texts in prop::collection::vec("[a-cé .?<\\n\\t0-9]{0,40}", 1..4)) {
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            check(Encoding::O200kBase, &texts);
            check(Encoding::Cl100kBase, &texts);
        }
    }

    fn check(encoding: Encoding, texts: &[&str]) {
        let memo = Memo::new();
        let profile = Profile::named("", None, Tokenizer::Exact(encoding));
        let scale = Scale { profile, memo: &memo, kept: None };
        let mut joint = Joint::default();
        let summed: i64 = texts.iter().map(|text| joint.add(text, &scale)).sum();
        let whole = scale.tokens(&texts.concat()).cast_signed();
        assert_eq!(summed, whole, "{texts:?}");
    }
}
