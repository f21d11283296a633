//! The encodings whose vocabulary is public. `o200k_base` and `cl100k_base` come from `bpe-openai`; the two older ones are
//! built from the vocabularies in `tiktoken-rs` on the same merge code, because `tiktoken-rs` itself panics on a
//! megabyte of blanks. Each is loaded when it is first used.

use std::sync::LazyLock;

use bpe_openai::Tokenizer as Bpe;
use bpe_openai::byte_pair_encoding::BytePairEncoding;

use super::TokenCounter;
use super::pieces;
use super::split::{Pattern, piece_end};

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

    /// The counter. Loads the vocabulary on first use: 20–50 ms.
    pub fn counter(self) -> &'static dyn TokenCounter {
        match self {
            Encoding::O200kBase | Encoding::O200kHarmony => &*O200K,
            Encoding::Cl100kBase => &*CL100K,
            Encoding::P50kBase => &*P50K,
            Encoding::R50kBase => &*R50K,
        }
    }
}

static O200K: LazyLock<Exact> = LazyLock::new(|| Exact {
    bpe: Vocabulary::Static(bpe_openai::o200k_base()),
    cache: 0,
    gap: None,
    pattern: Some(Pattern::O200k),
});
static CL100K: LazyLock<Exact> = LazyLock::new(|| Exact {
    bpe: Vocabulary::Static(bpe_openai::cl100k_base()),
    cache: 1,
    gap: None,
    pattern: Some(Pattern::Cl100k),
});
// The factors were searched for so that no two tokens of the vocabulary share a hash; a test builds both.
static P50K: LazyLock<Exact> = LazyLock::new(|| Exact {
    bpe: Vocabulary::Owned(Box::new(gpt3(tiktoken_rs::p50k_base_singleton(), 50_281, P50K_HASH_FACTOR))),
    cache: 2,
    gap: Some(ENDOFTEXT),
    pattern: None,
});
static R50K: LazyLock<Exact> = LazyLock::new(|| Exact {
    bpe: Vocabulary::Owned(Box::new(gpt3(tiktoken_rs::r50k_base_singleton(), 50_257, R50K_HASH_FACTOR))),
    cache: 3,
    gap: Some(ENDOFTEXT),
    pattern: None,
});

const P50K_HASH_FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
const R50K_HASH_FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;

/// The id of `<|endoftext|>`, which lies amid the ordinary ids of the two older vocabularies.
const ENDOFTEXT: u32 = 50_256;

struct Exact {
    bpe: Vocabulary,
    /// Which of the thread's piece caches.
    cache: usize,
    /// Ids from here on are one higher than their place in the vocabulary.
    gap: Option<u32>,
    /// The pattern that needs no regex for ASCII.
    pattern: Option<Pattern>,
}

enum Vocabulary {
    Static(&'static Bpe),
    Owned(Box<Bpe>),
}

impl Exact {
    fn bpe(&self) -> &Bpe {
        match &self.bpe {
            Vocabulary::Static(bpe) => bpe,
            Vocabulary::Owned(bpe) => bpe,
        }
    }
}

impl TokenCounter for Exact {
    fn count(&self, text: &str) -> u64 {
        let bpe = self.bpe();
        pieces::with_cache(self.cache, |cache| {
            let merge = |bytes: &[u8]| bpe.bpe.count(bytes);
            let Some(pattern) = self.pattern else {
                return bpe.split(text).map(|piece| cache.count(piece.as_bytes(), merge)).sum();
            };
            let (bytes, mut start, mut n_tokens) = (text.as_bytes(), 0, 0);
            while start < bytes.len() {
                let end = piece_end(pattern, bytes, start)
                    .or_else(|| bpe.split(&text[start..]).next().map(|piece| start + piece.len()))
                    .unwrap_or(bytes.len());
                n_tokens += cache.count(&bytes[start..end], merge);
                start = end;
            }
            n_tokens
        })
    }

    fn count_up_to(&self, text: &str, limit: u64) -> Option<u64> {
        let bpe = self.bpe();
        let mut n_tokens = 0_u64;
        for piece in bpe.split(text) {
            let left = usize::try_from(limit - n_tokens).unwrap_or(usize::MAX);
            // The limit of the crate is exclusive of nothing: it answers `None` only above the limit.
            n_tokens += bpe.bpe.count_till_limit(piece.as_bytes(), left)? as u64;
        }
        Some(n_tokens)
    }

    fn encode(&self, text: &str) -> Vec<u32> {
        let mut ids = self.bpe().encode(text);
        if let Some(gap) = self.gap {
            for id in &mut ids {
                *id += u32::from(*id >= gap);
            }
        }
        ids
    }

    fn offset_of(&self, text: &str, n: u64) -> usize {
        let bpe = self.bpe();
        let (mut seen, mut offset) = (0_u64, 0_usize);
        for piece in bpe.split(text) {
            let ids = bpe.bpe.encode_via_backtracking(piece.as_bytes());
            if seen + ids.len() as u64 > n {
                let within = (n - seen) as usize;
                return offset + ids[..within].iter().map(|id| bpe.bpe.token_len(*id)).sum::<usize>();
            }
            seen += ids.len() as u64;
            offset += piece.len();
        }
        text.len()
    }
}

/// The splitting pattern of GPT-2 and GPT-3 with its negative look-ahead `\s+(?!\S)` written as `bpe-openai` writes it: a
/// match of one character more, which is given back.
#[allow(clippy::expect_used, reason = "the pattern is constant; a test builds it")]
fn gpt3(reference: &tiktoken_rs::CoreBPE, n_ids: u32, hash_factor: u64) -> Bpe {
    let tokens = (0..n_ids).filter(|id| *id != ENDOFTEXT).filter_map(|id| reference.decode_bytes(&[id]).ok());
    let bpe = BytePairEncoding::from_dictionary(tokens, Some(hash_factor));
    let words = r"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+$";
    Bpe::new_lookahead(bpe, &[(words, false), (r"\s+\s", true), (r"\s+", false)], false).expect("a valid pattern")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
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

    fn check(encoding: Encoding, text: &str) {
        let counter = encoding.counter();
        let ids = reference(encoding).encode_ordinary(text);
        assert_eq!(counter.encode(text), ids, "{} {text:?}", encoding.name());
        let n = ids.len() as u64;
        assert_eq!(counter.count(text), n, "{} {text:?}", encoding.name());
        assert_eq!(counter.count_up_to(text, n), Some(n));
        if n > 0 {
            assert_eq!(counter.count_up_to(text, n - 1), None);
            let first = reference(encoding).decode_bytes(&ids[..1]).unwrap().len();
            assert_eq!(counter.offset_of(text, 1), first);
        }
        assert_eq!(counter.offset_of(text, n), text.len());
    }

    const CASES: &[&str] = &[
        "",
        " ",
        "hello world",
        "don't DON'T don\u{2019}t 'LL'\u{17f}'rEa",
        "<|endoftext|><|im_start|>system<|start|>",
        "  \n\n\t x\r\n  y   ",
        "1234567890 3.14159 0x7fff_ffff",
        "日本語のテキスト。한국어 텍스트 हिन्दी ไทย العربية",
        "🦀👩‍👩‍👧‍👦🇩🇪 e\u{301}\u{0}\u{feff}",
        "fn main() { println!(\"{:?}\", vec![1, 2, 3]); } // ====================",
        "{\"a\":[1,2,{\"b\":null}],\"c\":\"\\u00e9\"}",
    ];

    #[test]
    fn known_texts_count_as_in_tiktoken() {
        for encoding in Encoding::ALL {
            for text in CASES {
                check(encoding, text);
            }
        }
    }

    #[test]
    fn a_megabyte_of_one_character_is_counted_without_panic() {
        for encoding in Encoding::ALL {
            for c in [" ", "\n", "a"] {
                assert!(encoding.counter().count(&c.repeat(1 << 20)) > 0);
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

        #[test]
        fn any_text_counts_as_in_tiktoken(text in "(?s).{0,80}", which in 0..Encoding::ALL.len()) {
            check(Encoding::ALL[which], &text);
        }

        #[test]
        fn blanks_digits_and_contractions_count_as_in_tiktoken(
            text in "([ \t\r\n]{1,4}|[0-9]{1,5}|'(s|S|ll|VE|\u{17f})|[a-zA-Z\u{e9}\u{4e2d}]{1,6}|[!-/=<>|]{1,3}){0,24}",
            which in 0..Encoding::ALL.len(),
        ) {
            check(Encoding::ALL[which], &text);
        }
    }
}
