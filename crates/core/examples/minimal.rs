//! One question through the router, and what it cost.
//!
//! `OPENAI_API_KEY=… cargo run -p promptopt --example minimal`; without a key the answer is made up.

#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]

#[path = "common/door.rs"]
mod door;

use promptopt::error::Result;
use promptopt::labels::Caller;
use promptopt::router::Request;

const SETTINGS: &str = "
[providers.openai]
api-key = 'env:OPENAI_API_KEY'
";

#[tokio::main]
async fn main() -> Result<()> {
    println!("{}", ask().await?);
    Ok(())
}

async fn ask() -> Result<String> {
    let router = door::router(SETTINGS)?;
    // The body that OpenAI's SDK would send; whatever stands in it is passed on.
    let body = r#"{"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Say hello."}]}"#;
    let answer = router.chat(Request::chat(body), &Caller::of("acme").id("jo")).await?;
    let cost = answer.report.cost.map_or("an unknown price".to_owned(), |cost| format!("${}", cost.to_decimal()));
    let text = &answer.json()?["choices"][0]["message"]["content"];
    // Writes what the ledger still has to write.
    router.shutdown().await;
    Ok(format!("{text} from {} for {cost}", answer.report.target))
}

#[cfg(test)]
mod tests {
    #[tokio::test]
    async fn it_runs() {
        let said = super::ask().await.unwrap();
        assert!(said.contains("openai/gpt-4o-mini for $"), "{said}");
    }
}
