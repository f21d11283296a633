//! Counts against the references.

#[path = "../examples/exact/texts.rs"]
pub(crate) mod texts;

use proptest::prelude::*;
use tiktoken_rs::CoreBPE;

use super::*;
use texts::{N_KINDS, Random, contexts, document};

fn reference(encoding: Encoding) -> &'static CoreBPE {
    match encoding {
        Encoding::O200kBase => tiktoken_rs::o200k_base_singleton(),
        Encoding::Cl100kBase => tiktoken_rs::cl100k_base_singleton(),
        Encoding::P50kBase => tiktoken_rs::p50k_base_singleton(),
        Encoding::R50kBase => tiktoken_rs::r50k_base_singleton(),
    }
}

fn check(encoding: Encoding, text: &str) {
    let ids = reference(encoding).encode_ordinary(text);
    let n = ids.len() as u64;
    assert_eq!(encoding.count(text), n, "{} {text:?}", encoding.name());
    assert_eq!(encoding.encode(text), ids, "{} {text:?}", encoding.name());
    assert_eq!(encoding.count_up_to(text, n), Some(n));
    assert_eq!(encoding.offset_of(text, n), text.len());
    if n > 0 {
        assert_eq!(encoding.count_up_to(text, n - 1), None);
        let middle = n / 2;
        let before = reference(encoding).decode_bytes(&ids[..middle as usize]).unwrap().len();
        assert_eq!(encoding.offset_of(text, middle), before);
    }
}

#[test]
fn known_texts_count_as_in_tiktoken() {
    for encoding in Encoding::ALL {
        for text in [
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
        ] {
            check(encoding, text);
        }
    }
}

#[test]
fn documents_of_every_kind_count_as_in_tiktoken() {
    let mut random = Random(3);
    for n in 0..1_500 {
        check(Encoding::ALL[n % 4], &document(n / 4 % N_KINDS, 50, &mut random));
    }
    for c in ('\0'..'\u{250}').chain(['ſ', 'K', '\u{2028}', '\u{3000}', '\u{fe0f}', '𝟘', '🦀']) {
        for encoding in Encoding::ALL {
            check(encoding, &contexts(c).concat());
        }
    }
}

#[test]
fn a_megabyte_of_anything_is_counted() {
    for encoding in Encoding::ALL {
        for symbol in ["a", " ", "\n", "=", "中", "🦀", "\u{301}"] {
            let text = symbol.repeat(1_000_000 / symbol.len());
            let expected = match encoding {
                Encoding::O200kBase => bpe_openai::o200k_base().count(&text) as u64,
                Encoding::Cl100kBase => bpe_openai::cl100k_base().count(&text) as u64,
                // One piece each, merged by the definition.
                Encoding::P50kBase | Encoding::R50kBase => {
                    let mut tokens = Vec::new();
                    merge::heap::tokens(encoding.vocabulary(), text.as_bytes(), 0, &mut tokens);
                    assert_eq!(split::piece_end(encoding.pattern(), text.as_bytes(), 0), text.len());
                    tokens.len() as u64
                }
            };
            assert_eq!(encoding.count(&text), expected, "{} {symbol:?}", encoding.name());
        }
    }
}

#[test]
fn a_limit_holds_within_one_long_piece() {
    for encoding in Encoding::ALL {
        for symbol in ["a", "=", "\n", "xq"] {
            for length in [100, 4096, 4097, 50_000] {
                let text = symbol.repeat(length);
                let n = encoding.count(&text);
                for limit in [0, n / 2, n - 1] {
                    assert_eq!(encoding.count_up_to(&text, limit), None, "{symbol:?} {length} {limit}");
                }
                for limit in [n, n + 1, u64::MAX] {
                    assert_eq!(encoding.count_up_to(&text, limit), Some(n), "{symbol:?} {length} {limit}");
                }
                assert_eq!(encoding.offset_of(&text, 0), 0);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_text_counts_as_in_tiktoken(text in "(?s).{0,80}", which in 0..Encoding::ALL.len()) {
        check(Encoding::ALL[which], &text);
    }
}
