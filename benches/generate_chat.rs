//! Writes a chat log of some megabytes to standard output, for measuring whole programs on the same file:
//! `cargo run --release --example generate_chat -- 200 > chat.jsonl`.

mod inputs;

use std::io::Write as _;

fn main() -> std::io::Result<()> {
    let n_megabytes: usize = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(10);
    let log = inputs::chat_log(&mut inputs::Seed(1), n_megabytes * 1_000_000);
    std::io::stdout().lock().write_all(log.as_bytes())
}
