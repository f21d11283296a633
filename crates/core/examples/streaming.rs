//! An answer as it comes, and its bill at the end. Asked again, the same request is answered by the cache, as a stream too.
//!
//! `OPENAI_API_KEY=… cargo run -p promptopt --example streaming`; without a key the answer is made up.

#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]

#[path = "common/door.rs"]
mod door;

use std::io::Write as _;

use futures_util::StreamExt as _;
use promptopt::error::Result;
use promptopt::labels::Caller;
use promptopt::router::{Report, Request, Router};
use promptopt::usd::Usd;
use serde_json::Value;

const SETTINGS: &str = "
[providers.openai]
api-key = 'env:OPENAI_API_KEY'
";

#[tokio::main]
async fn main() -> Result<()> {
    let router = door::router(SETTINGS)?;
    for _ in 0..2 {
        let (_, report) = ask(&router, |text| {
            print!("{text}");
            // Shown or not, the answer goes on.
            let _shown = std::io::stdout().flush();
        })
        .await?;
        if let Some(report) = report {
            let cost = report.cost.map(Usd::to_decimal).unwrap_or_default();
            println!("\n[{} tokens of {}, {}: ${cost}]", report.usage.total(), report.target, report.cache.name());
        }
    }
    router.shutdown().await;
    Ok(())
}

/// Asks, shows each piece of text, and gives the whole text and the report.
async fn ask(router: &Router, mut show: impl FnMut(&str)) -> Result<(String, Option<Report>)> {
    let body = r#"{"model": "gpt-4o-mini", "temperature": 0, "stream": true,
        "messages": [{"role": "user", "content": "Count to ten."}]}"#;
    let mut stream = router.stream(Request::chat(body), &Caller::of("acme").id("jo")).await?;
    let (mut whole, mut waiting) = (String::new(), Vec::new());
    // Dropping the stream here would end the call; what was used until then would be settled.
    while let Some(piece) = stream.next().await {
        waiting.extend_from_slice(&piece?);
        while let Some(end) = waiting.windows(2).position(|pair| pair == b"\n\n") {
            let event: Vec<u8> = waiting.drain(..end + 2).collect();
            if let Some(text) = text_of(&event) {
                show(&text);
                whole.push_str(&text);
            }
        }
    }
    Ok((whole, stream.report()))
}

/// The text in a chunk of OpenAI's chat completions.
fn text_of(event: &[u8]) -> Option<String> {
    let chunk: Value = serde_json::from_slice(event.strip_prefix(b"data: ")?).ok()?;
    chunk["choices"][0]["delta"]["content"].as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use promptopt::router::CacheStatus;

    #[tokio::test]
    async fn it_runs() {
        let router = door::router(SETTINGS).unwrap();
        let (first, report) = ask(&router, |_| ()).await.unwrap();
        assert!(report.unwrap().usage.total() > 0);
        let (again, report) = ask(&router, |_| ()).await.unwrap();
        assert_eq!((again, report.unwrap().cache), (first, CacheStatus::Hit));
    }
}
