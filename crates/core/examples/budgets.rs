//! Money for a team, and what happens when it is spent: the call that might cost more than is left is refused before it is sent, with
//! the arithmetic.
//!
//! `OPENAI_API_KEY=… cargo run -p promptopt --example budgets` (spends at most a tenth of a cent); without a key nothing is spent.

#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]

#[path = "common/door.rs"]
mod door;

use promptopt::error::{Error, Kind, Result};
use promptopt::labels::Caller;
use promptopt::router::{Request, Router};
use promptopt::usd::Usd;

const SETTINGS: &str = "
[providers.openai]
api-key = 'env:OPENAI_API_KEY'

[[routes]]
name = 'all'
cache = false

[[budgets]]
name = 'teams'
by = 'team'
period = 'day'
soft = '0.0005'
hard = '0.001'
";

#[tokio::main]
async fn main() -> Result<()> {
    let router = door::router(SETTINGS)?;
    let (n_answered, refusal) = spend(&router).await?;
    println!("{n_answered} calls were answered; the next was refused:\n  {refusal}");
    for spent in router.status().budgets {
        let limit = spent.hard.map(Usd::to_decimal).unwrap_or_default();
        println!("{} of {}: ${} of ${limit} spent", spent.budget, spent.subject, spent.settled.to_decimal());
    }
    router.shutdown().await;
    Ok(())
}

/// Asks until the budget refuses.
async fn spend(router: &Router) -> Result<(u32, Error)> {
    let caller = Caller::of("acme").team("search");
    // The most that this can cost: its few tokens, and 400 tokens of output.
    let body =
        r#"{"model": "gpt-4o-mini", "max_tokens": 400, "messages": [{"role": "user", "content": "Tell a tale."}]}"#;
    for n_answered in 0.. {
        match router.chat(Request::chat(body), &caller).await {
            Ok(answer) => println!("${}", answer.report.cost.map(Usd::to_decimal).unwrap_or_default()),
            // Final: the same call costs the same later in the day.
            Err(error) if error.kind() == Kind::Budget => return Ok((n_answered, error)),
            Err(error) => return Err(error),
        }
    }
    Err(Error::new(Kind::Budget, "the budget never ended"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_runs() {
        let router = door::router(SETTINGS).unwrap();
        let (n_answered, refusal) = spend(&router).await.unwrap();
        assert!(n_answered > 1 && !refusal.may_retry(), "{n_answered}: {refusal}");
        let spent = &router.status().budgets[0];
        assert!(spent.hard.is_some_and(|hard| spent.settled <= hard) && spent.reserved.pico() == 0);
    }
}
