//! Counts OpenAI tokens of plain text: exactly as `tiktoken` does, at hundreds of megabytes a second, and in linear time on
//! every text that is known. `README.md` has the figures.
//!
//! ```
//! use promptopt_tokens::Encoding;
//!
//! assert_eq!(Encoding::O200kBase.count("Hello, world!"), 4);
//! assert_eq!(Encoding::O200kBase.encode("Hello, world!"), [13225, 11, 2375, 0]);
//! ```
//!
//! Text that spells a special token (`<|endoftext|>`) is the plain text it is.
//!
//! The rooms, from the ground up: `classes` (what a character is), `split` (text into pieces), `vocab` (the tables), `merge`
//! (a piece into tokens), `cache` (pieces whose count is known), `count` (all of it over a text). Beside them `hash` (what tables
//! are entered by), `isa` (what wide instructions are used for) and `prefetch`.

#![allow(
    clippy::inline_always,
    reason = "what is to be compiled for wide instructions must be part of the function that is"
)]

mod cache;
mod classes;
mod count;
mod hash;
mod isa;
mod merge;
mod prefetch;
mod split;
mod vocab;

use merge::Tokens;
use split::Pattern;
use vocab::Vocabulary;

/// A public token vocabulary with its splitting pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Encoding {
    /// GPT-4o and later, o-series. For plain text also `o200k_harmony` (gpt-oss): only special tokens differ.
    O200kBase,
    /// GPT-3.5-turbo, GPT-4, `text-embedding-3`.
    Cl100kBase,
    /// `text-davinci-002` and `-003`, Codex.
    P50kBase,
    /// GPT-2 and GPT-3.
    R50kBase,
}

impl Encoding {
    /// All encodings.
    pub const ALL: [Encoding; 4] = [Encoding::O200kBase, Encoding::Cl100kBase, Encoding::P50kBase, Encoding::R50kBase];

    /// OpenAI's name for it.
    pub const fn name(self) -> &'static str {
        match self {
            Encoding::O200kBase => "o200k_base",
            Encoding::Cl100kBase => "cl100k_base",
            Encoding::P50kBase => "p50k_base",
            Encoding::R50kBase => "r50k_base",
        }
    }

    /// From OpenAI's name.
    pub fn from_name(name: &str) -> Option<Encoding> {
        match name {
            "o200k_harmony" => Some(Encoding::O200kBase),
            _ => Encoding::ALL.into_iter().find(|encoding| encoding.name() == name),
        }
    }

    /// Tokens of the text.
    ///
    /// Time is linear in the text but for pieces of more than 256 bytes whose merges depend on each other over more than four
    /// kilobytes, which no text was found to do; for those it is n log n. The first call for an encoding lays its vocabulary out:
    /// some ten milliseconds and 8 MB, once a process. A thread that counts takes up to 39 MB for an encoding, as it meets
    /// new pieces; when it ends, another may go on with them, and at most four such are kept.
    pub fn count(self, text: &str) -> u64 {
        count::count(self, text, u64::MAX)
    }

    /// Tokens of the text if they are at most `limit`, else `None`. Reads no more than 128 bytes a token of the limit: none is
    /// longer.
    pub fn count_up_to(self, text: &str, limit: u64) -> Option<u64> {
        if text.len().div_ceil(hash::LONGEST) as u64 > limit {
            return None;
        }
        Some(count::count(self, text, limit)).filter(|count| *count <= limit)
    }

    /// The token ids. Every piece is merged anew: much slower than counting.
    pub fn encode(self, text: &str) -> Vec<u32> {
        let (mut ids, mut tokens) = (Vec::with_capacity(text.len() / 3), Tokens::default());
        self.each_piece(text.as_bytes(), |piece| {
            tokens.0.clear();
            merge::tokens(self.vocabulary(), piece, &mut tokens);
            ids.extend(tokens.0.iter().map(|(id, _)| *id));
            true
        });
        ids
    }

    /// Byte offset at which the token with index `n` begins, `text.len()` if the text has at most `n` tokens. The offset may
    /// lie inside a character. Every piece before it is merged, the one that it lies in as a whole.
    pub fn offset_of(self, text: &str, n: u64) -> usize {
        let (mut seen, mut offset, mut tokens) = (0, 0, Tokens::default());
        self.each_piece(text.as_bytes(), |piece| {
            if seen == n {
                return false;
            }
            tokens.0.clear();
            merge::tokens(self.vocabulary(), piece, &mut tokens);
            let here = tokens.0.len() as u64;
            let before = here.min(n - seen);
            offset += tokens.0[..before as usize].iter().map(|(_, length)| length).sum::<usize>();
            seen += before;
            before == here
        });
        offset
    }

    /// The pieces of the text until one is answered with `false`.
    fn each_piece(self, text: &[u8], mut take: impl FnMut(&[u8]) -> bool) {
        let mut start = 0;
        while start < text.len() {
            let end = split::piece_end(self.pattern(), text, start);
            if !take(&text[start..end]) {
                return;
            }
            start = end;
        }
    }

    const fn pattern(self) -> Pattern {
        match self {
            Encoding::O200kBase => Pattern::O200k,
            Encoding::Cl100kBase => Pattern::Cl100k,
            Encoding::P50kBase | Encoding::R50kBase => Pattern::Gpt2,
        }
    }

    fn vocabulary(self) -> &'static Vocabulary {
        match self {
            Encoding::O200kBase => &vocab::O200K,
            Encoding::Cl100kBase => &vocab::CL100K,
            Encoding::P50kBase => &vocab::P50K,
            Encoding::R50kBase => &vocab::R50K,
        }
    }
}

#[cfg(test)]
mod tests;
