//! Any text has the tokens that the references give it, when it is met first and when it is known.
#![no_main]

use libfuzzer_sys::fuzz_target;
use promptopt_tokens::Encoding;

fuzz_target!(|bytes: &[u8]| {
    let text = &*String::from_utf8_lossy(bytes);
    for (encoding, bpe, reference) in [
        (Encoding::O200kBase, bpe_openai::o200k_base(), tiktoken_rs::o200k_base_singleton()),
        (Encoding::Cl100kBase, bpe_openai::cl100k_base(), tiktoken_rs::cl100k_base_singleton()),
    ] {
        let n = bpe.count(text) as u64;
        assert_eq!(encoding.count(text), n);
        assert_eq!(encoding.count(text), n);
        assert_eq!(encoding.encode(text), reference.encode_ordinary(text));
    }
});
