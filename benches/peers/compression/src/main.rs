//! The Rust peers of our compression behind one pipe: a JSON line in, a JSON line out, until standard input ends.
//! `benches/peers_compression.py` starts it, holds the data and does the scoring; here are only the calls, their
//! times and the token counts (`o200k_base`), so that all peers are counted and judged by the same code.
//!
//! - `{"op":"count","texts":[…]}` answers `{"tokens":[…]}`
//! - `{"op":"cut","text":…,"budget":700}` answers `{"text":…}`, the longest beginning of at most so many tokens
//! - `{"op":"compress","peer":…,"text":…,"question":…,"keep":0.25}` answers `{"text":…,"tokens":…,"ms":…}`
//! - `{"op":"lossless","variant":…,"text":…}` answers `{"texts":[…],"tokens":…,"decodes":true|false|null,"ms":…}`

mod compression_prompt_peer;
mod llmtrim_peer;

use std::error::Error;
use std::io::{BufRead, Write};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

fn main() -> Result<(), Box<dyn Error>> {
    let counter = bpe_openai::o200k_base();
    let count = |text: &str| counter.count(text) as u64;
    let mut output = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let request: Value = serde_json::from_str(&line?)?;
        let answer = match text_of(&request, "op")? {
            "count" => {
                let texts = request["texts"].as_array().ok_or("`texts` is not an array")?;
                json!({ "tokens": texts.iter().map(|text| count(text.as_str().unwrap_or_default())).collect::<Vec<_>>() })
            }
            "cut" => {
                let budget = request["budget"].as_u64().ok_or("`budget` is not a number")? as usize;
                let mut tokens = counter.encode(text_of(&request, "text")?);
                tokens.truncate(budget);
                // The last token may end inside a character.
                let mut text = counter.decode(&tokens);
                while text.is_none() && tokens.pop().is_some() {
                    text = counter.decode(&tokens);
                }
                json!({ "text": text })
            }
            "compress" => {
                let (text, question) = (text_of(&request, "text")?, text_of(&request, "question")?);
                let keep = request["keep"].as_f64().ok_or("`keep` is not a number")?;
                let (kept, spent) = match text_of(&request, "peer")? {
                    "llmtrim-core" => llmtrim_peer::retrieve(text, question, keep)?,
                    "compression-prompt" => compression_prompt_peer::filter(text, keep),
                    other => return Err(format!("no peer is called `{other}`").into()),
                };
                json!({ "tokens": count(&kept), "text": kept, "ms": milliseconds(spent) })
            }
            "lossless" => {
                let text = text_of(&request, "text")?;
                let (messages, decodes, spent) = llmtrim_peer::lossless(text, text_of(&request, "variant")?)?;
                let tokens: u64 = messages.iter().map(|message| count(message)).sum();
                json!({ "texts": messages, "tokens": tokens, "decodes": decodes, "ms": milliseconds(spent) })
            }
            other => return Err(format!("no operation is called `{other}`").into()),
        };
        writeln!(output, "{answer}")?;
        output.flush()?;
    }
    Ok(())
}

fn text_of<'a>(request: &'a Value, key: &str) -> Result<&'a str, String> {
    request[key].as_str().ok_or_else(|| format!("`{key}` is not a string"))
}

fn milliseconds(spent: Duration) -> f64 {
    spent.as_secs_f64() * 1e3
}

/// The one clock: only the peer's own call stands between its two readings.
#[expect(clippy::disallowed_methods, reason = "a bench reads the real clock")]
fn timed<T>(call: impl FnOnce() -> T) -> (T, Duration) {
    let began = Instant::now();
    let result = call();
    (result, began.elapsed())
}
