//! The encodings whose vocabulary is public, counted by `promptopt-tokens`.

use promptopt_tokens::Encoding as Counter;

use super::TokenCounter;

/// A public token vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Encoding {
    /// GPT-4o and later, o-series.
    O200kBase,
    /// gpt-oss. The ranks and the splitting of `o200k_base`; only special tokens differ, and those never occur in text
    /// that is counted as plain.
    O200kHarmony,
    /// GPT-3.5-turbo, GPT-4, `text-embedding-3`.
    Cl100kBase,
    /// `text-davinci-002` and `-003`, Codex.
    P50kBase,
    /// GPT-2 and GPT-3.
    R50kBase,
}

impl Encoding {
    /// All encodings.
    pub const ALL: [Encoding; 5] =
        [Encoding::O200kBase, Encoding::O200kHarmony, Encoding::Cl100kBase, Encoding::P50kBase, Encoding::R50kBase];

    /// OpenAI's name for it.
    pub const fn name(self) -> &'static str {
        match self {
            Encoding::O200kBase => "o200k_base",
            Encoding::O200kHarmony => "o200k_harmony",
            Encoding::Cl100kBase => "cl100k_base",
            Encoding::P50kBase => "p50k_base",
            Encoding::R50kBase => "r50k_base",
        }
    }

    /// From OpenAI's name.
    pub fn from_name(name: &str) -> Option<Encoding> {
        Encoding::ALL.into_iter().find(|encoding| encoding.name() == name)
    }

    /// The counter. Its tables are part of the program: nothing is loaded.
    pub fn counter(self) -> &'static dyn TokenCounter {
        match self {
            Encoding::O200kBase | Encoding::O200kHarmony => &Counter::O200kBase,
            Encoding::Cl100kBase => &Counter::Cl100kBase,
            Encoding::P50kBase => &Counter::P50kBase,
            Encoding::R50kBase => &Counter::R50kBase,
        }
    }
}

impl TokenCounter for Counter {
    fn count(&self, text: &str) -> u64 {
        Counter::count(*self, text)
    }

    fn count_up_to(&self, text: &str, limit: u64) -> Option<u64> {
        Counter::count_up_to(*self, text, limit)
    }

    fn encode(&self, text: &str) -> Vec<u32> {
        Counter::encode(*self, text)
    }

    fn offset_of(&self, text: &str, n: u64) -> usize {
        Counter::offset_of(*self, text, n)
    }
}

#[cfg(test)]
mod tests {
    use tiktoken_rs::CoreBPE;

    use super::*;

    fn reference(encoding: Encoding) -> &'static CoreBPE {
        match encoding {
            Encoding::O200kBase => tiktoken_rs::o200k_base_singleton(),
            Encoding::O200kHarmony => tiktoken_rs::o200k_harmony_singleton(),
            Encoding::Cl100kBase => tiktoken_rs::cl100k_base_singleton(),
            Encoding::P50kBase => tiktoken_rs::p50k_base_singleton(),
            Encoding::R50kBase => tiktoken_rs::r50k_base_singleton(),
        }
    }

    /// That counts are exact is held by the tests of `promptopt-tokens`: here, that each name has its own vocabulary.
    #[test]
    fn each_encoding_counts_with_its_own_vocabulary() {
        for encoding in Encoding::ALL {
            for text in
                ["", "don't  DON'T\n1234567 日本語 <|start|>", "fn main() { println!(\"{:?}\", vec![1, 2, 3]); }"]
            {
                let (counter, ids) = (encoding.counter(), reference(encoding).encode_ordinary(text));
                let n = ids.len() as u64;
                assert_eq!(counter.encode(text), ids, "{} {text:?}", encoding.name());
                assert_eq!((counter.count(text), counter.count_up_to(text, n)), (n, Some(n)));
                assert_eq!(counter.offset_of(text, n), text.len());
            }
        }
    }
}
