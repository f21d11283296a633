//! Budgets: what comes out weighs no more than was asked for, or an error says by how much.

use promptopt::compress::Options;
use promptopt::optimize::{Form, Goal, Optimizer, Settings, Shortening};
use promptopt::text::json::Json;
use serde_json::Value;

use crate::corpus;

/// Tokens of a request or text as the optimizer's provider counts them.
fn weight(optimizer: &Optimizer, text: &str, form: Form) -> u64 {
    use promptopt::compress::Counter as _;
    let weigher = optimizer.weigher(None);
    match form {
        Form::Prompt => weigher.text(text),
        _ => weigher.request(text).unwrap_or_else(|| weigher.text(text)),
    }
}

fn check(name: &str, text: &str, form: Form) -> bool {
    let settings = |goal| Settings {
        edits: Options::default(),
        shortening: Shortening { goal: Some(goal), ..Shortening::default() },
        ..Settings::default()
    };
    let plain = Optimizer::new(Settings::default()).unwrap();
    let before = weight(&plain, text, form);
    let mut n_fitted = 0;
    for (goal, budget) in
        [(Goal::Budget(before / 2), before / 2), (Goal::Ratio(400), before * 100 / 400), (Goal::Budget(7), 7)]
    {
        let optimizer = Optimizer::new(settings(goal)).unwrap();
        match optimizer.optimize_as(text, form) {
            Ok(once) => {
                let after = weight(&optimizer, &once.text, form);
                assert!(
                    after <= budget || before <= budget,
                    "{name} {goal:?}: {after} tokens, {budget} were asked for"
                );
                assert!(form == Form::Prompt || Json::parse(&once.text).is_ok(), "{name}: no JSON");
                n_fitted += 1;
            }
            Err(error) => assert!(error.to_string().contains("token"), "{name}: {error}"),
        }
    }
    n_fitted > 0
}

#[test]
fn conversations_fit_their_budgets() {
    let mut n_fitted = 0;
    for (name, tools, messages) in corpus::conversations().iter().step_by(29) {
        n_fitted += u32::from(check(name, &corpus::body(tools, &messages[..messages.len().min(40)]), Form::Json));
    }
    for case in corpus::prompts().iter().step_by(97) {
        n_fitted += u32::from(check(&case.name, &case.text, case.form));
    }
    crate::say(format_args!("{n_fitted} fitted"));
}

#[test]
fn a_budget_below_what_is_protected_says_by_how_much() {
    let body = serde_json::json!({"model": "gpt-4o", "messages": [{"role": "system", "content": "word ".repeat(500)}, {"role": "user", "content": "What?"}]});
    let settings = Settings {
        shortening: Shortening { goal: Some(Goal::Budget(100)), ..Shortening::default() },
        ..Settings::default()
    };
    let error = Optimizer::new(settings).unwrap().optimize(&body.to_string()).unwrap_err().to_string();
    let numbers: Vec<u64> = error.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect();
    let full = weight(&Optimizer::new(Settings::default()).unwrap(), &body.to_string(), Form::Json);
    assert_eq!(numbers, [full, full - 100, 100], "{error}");
    let _: Value = body;
}
