//! Pieces against the references' regexes.

use proptest::prelude::*;

use super::*;
use crate::tests::texts::{N_KINDS, Random, contexts, document};

fn pieces(pattern: Pattern, text: &str) -> Vec<&str> {
    let (mut pieces, mut start) = (Vec::new(), 0);
    while start < text.len() {
        let end = piece_end(pattern, text.as_bytes(), start);
        pieces.push(&text[start..end]);
        start = end;
    }
    pieces
}

fn check(text: &str) {
    for (pattern, bpe) in [(Pattern::O200k, bpe_openai::o200k_base()), (Pattern::Cl100k, bpe_openai::cl100k_base())] {
        assert_eq!(pieces(pattern, text), bpe.split(text).collect::<Vec<_>>(), "{pattern:?}");
    }
}

#[test]
fn pieces_are_those_of_the_published_patterns() {
    for text in [
        "",
        " ",
        "  ",
        "a  b",
        "a \n\n b ",
        "\r\n\t x",
        "HELLOworld don't DON'T I'LL'l x's's's",
        "1234567 12a",
        "a/b//\n/c",
        "...\n\n/x",
        " 'tis 'T",
        "x\u{17f} '\u{17f} caf\u{e9} e\u{301}",
        "\u{a0} \u{3000}x",
        "\t\tfn()\n    {}  \n",
        "中ABC中A \u{301}AB ..\u{301}.a",
        "a\u{2019}s -\u{4e2d} —\u{301}x",
        "\u{b}\u{c}\n ",
    ] {
        check(text);
    }
}

#[test]
fn documents_of_every_kind_are_cut_alike() {
    let mut random = Random(11);
    for n in 0..4_000 {
        check(&document(n % N_KINDS, 40, &mut random));
    }
    for c in '\0'..'\u{700}' {
        check(&contexts(c).concat());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_cut_alike(text in "(?s).{0,40}") {
        check(&text);
    }

    #[test]
    fn ascii_is_cut_alike(text in "(?s)[ -~\\n\\r\\t]{0,40}") {
        check(&text);
    }
}
