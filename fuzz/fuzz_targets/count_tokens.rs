//! Any text has the tokens that the references give it, when it is met first and when it is known, wherever in a block it
//! stands and however often it comes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use promptopt_tokens::Encoding;

/// What stands before a text, so that it lies elsewhere in a block.
const FILLERS: [&str; 6] = ["a", " ", "\n", "1", ".", "\u{301}"];

fuzz_target!(|bytes: &[u8]| {
    let (head, bytes) = bytes.split_at(bytes.len().min(4));
    let [filler, low, high, times] = std::array::from_fn(|at| head.get(at).copied().unwrap_or(0));
    let filler = FILLERS[usize::from(filler) % FILLERS.len()].repeat(usize::from(high % 20) << 8 | usize::from(low));
    let text = String::from_utf8_lossy(bytes).repeat(usize::from(times % 4) + 1);
    let text = &*(filler + &text);
    for (encoding, reference) in [
        (Encoding::O200kBase, tiktoken_rs::o200k_base_singleton()),
        (Encoding::Cl100kBase, tiktoken_rs::cl100k_base_singleton()),
        (Encoding::P50kBase, tiktoken_rs::p50k_base_singleton()),
        (Encoding::R50kBase, tiktoken_rs::r50k_base_singleton()),
    ] {
        let ids = reference.encode_ordinary(text);
        let n = ids.len() as u64;
        assert_eq!(encoding.count(text), n);
        assert_eq!(encoding.count(text), n);
        assert_eq!(encoding.encode(text), ids);
        assert_eq!(encoding.count_up_to(text, n), Some(n));
        if let Some(fewer) = n.checked_sub(1) {
            assert_eq!(encoding.count_up_to(text, fewer), None);
        }
        let before: usize = ids[..ids.len() / 2].iter().map(|id| reference.decode_bytes(&[*id]).map_or(0, |b| b.len())).sum();
        assert_eq!(encoding.offset_of(text, n / 2), before);
    }
    for (encoding, bpe) in
        [(Encoding::O200kBase, bpe_openai::o200k_base()), (Encoding::Cl100kBase, bpe_openai::cl100k_base())]
    {
        assert_eq!(encoding.count(text), bpe.count(text) as u64);
    }
});
