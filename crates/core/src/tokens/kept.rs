//! Counts kept with their texts, so that a text that many requests share is neither counted nor looked up again.

use std::cell::Cell;
use std::sync::OnceLock;

use super::Tokenizer;

/// The tokens of one text, for the tokenizer that asked first.
#[derive(Debug, Default)]
pub struct Kept(OnceLock<(Tokenizer, u64)>);

impl Kept {
    /// The tokens for this tokenizer, counted now if no tokenizer has asked before; `None` if another has.
    fn get(&self, tokenizer: Tokenizer, count: impl FnOnce() -> u64) -> Option<u64> {
        if let Some((known, n_tokens)) = self.0.get() {
            return (*known == tokenizer).then_some(*n_tokens);
        }
        let n_tokens = count();
        // Another thread may have been first: it counted the same text, or keeps its own.
        let _ = self.0.set((tokenizer, n_tokens));
        Some(n_tokens)
    }
}

/// How far ahead a text is looked for.
const AHEAD: usize = 8;

/// The texts of a request whose counts are kept, in the order in which one walk over the request mostly asks for them.
/// A text is found by where it stands in memory: O(1).
#[derive(Debug)]
pub struct KeptTexts<'a> {
    texts: &'a [(&'a str, &'a Kept)],
    next: Cell<usize>,
}

impl<'a> KeptTexts<'a> {
    /// These texts, for one walk.
    pub fn new(texts: &'a [(&'a str, &'a Kept)]) -> Self {
        KeptTexts { texts, next: Cell::new(0) }
    }

    /// The tokens of a text, if it is one of these, not far from the one before, and no other tokenizer's; counted by
    /// `count` if they are not known.
    pub(crate) fn count(&self, text: &str, tokenizer: Tokenizer, count: impl FnOnce() -> u64) -> Option<u64> {
        let next = self.next.get();
        let ahead = self.texts.get(next..)?;
        let found = ahead.iter().take(AHEAD).position(|(known, _)| std::ptr::eq(*known, text))?;
        self.next.set(next + found + 1);
        ahead[found].1.get(tokenizer, count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::{Encoding, Family};

    const O200K: Tokenizer = Tokenizer::Exact(Encoding::O200kBase);

    #[test]
    fn each_text_is_counted_once_for_the_first_tokenizer() {
        let (texts, kept) = (["one".to_owned(), "two".to_owned(), "one".to_owned()], [(); 3].map(|()| Kept::default()));
        let pairs: Vec<_> = texts.iter().map(String::as_str).zip(&kept).collect();
        let walk = |tokenizer, first| {
            let known = KeptTexts::new(&pairs);
            [0, 1, 2].map(|n| known.count(&texts[n], tokenizer, || first + n as u64))
        };
        assert_eq!(walk(O200K, 10), [Some(10), Some(11), Some(12)]);
        assert_eq!(walk(O200K, 20), [Some(10), Some(11), Some(12)]);
        // Another tokenizer has to keep its counts elsewhere.
        assert_eq!(walk(Tokenizer::Approx(Family::Claude), 30), [None; 3]);
        let known = KeptTexts::new(&pairs);
        // Equal, but another; and one that was passed.
        assert_eq!(known.count("one", O200K, || 1), None);
        assert_eq!(known.count(&texts[1], O200K, || 1), Some(11));
        assert_eq!(known.count(&texts[0], O200K, || 1), None);
        assert_eq!(known.count(&texts[2], O200K, || 1), Some(12));
        assert_eq!(known.count(&texts[2], O200K, || 1), None);
    }
}
