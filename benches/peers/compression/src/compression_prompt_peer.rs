//! `compression-prompt`: a statistical word filter. It takes no question, so it gets none.

use std::time::Duration;

use compression_prompt::{Compressor, CompressorConfig};

/// The words it keeps at this ratio. Whatever the ratio, it keeps all words it holds for identifiers, paths or JSON and
/// fills gaps between them: its output has a floor. Where it finds no gain it returns an error; its user would then send
/// the text as it is, and so do we.
pub fn filter(text: &str, keep: f64) -> (String, Duration) {
    let config = CompressorConfig { target_ratio: keep as f32, min_input_tokens: 0, min_input_bytes: 0 };
    let compressor = Compressor::new(config);
    let (result, spent) = crate::timed(|| compressor.compress(text));
    (result.map_or_else(|_| text.to_owned(), |result| result.compressed), spent)
}
