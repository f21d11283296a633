//! Cuts text into the pieces that the published splitting patterns cut. A piece is decided by the text from its first byte
//! on alone, because no pattern looks behind.
//!
//! `split/scalar.rs` and `split/gpt2.rs` are the definition: state machines over characters, for any text. `split/block.rs`
//! is what counting uses: it finds all starts of a block of text at once, window by window (`split/window.rs`), from what
//! the bytes are (`split/masks.rs`, with vector instructions `isa/x86.rs`).
//!
//! Source of the patterns: `tiktoken_ext/openai_public.py` of tiktoken 0.14.

pub(crate) mod block;
mod gpt2;
mod masks;
mod scalar;
mod window;

/// Which pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pattern {
    /// `o200k_base`: cased words, contractions at the end of a word, `/` after punctuation.
    O200k,
    /// `cl100k_base`: words of letters, contractions as pieces of their own.
    Cl100k,
    /// `p50k_base` and `r50k_base`: a blank before words, numbers and punctuation; contractions in lower case.
    Gpt2,
}

/// The end of the piece that begins at `start`, which must lie inside the text.
#[inline]
pub(crate) fn piece_end(pattern: Pattern, text: &[u8], start: usize) -> usize {
    match pattern {
        Pattern::O200k => scalar::o200k(text, start),
        Pattern::Cl100k => scalar::cl100k(text, start),
        Pattern::Gpt2 => gpt2::piece_end(text, start),
    }
}

#[cfg(test)]
mod tests;
