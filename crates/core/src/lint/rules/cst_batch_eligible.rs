//! `batch-eligible`: many independent requests that are sent one by one.

use crate::catalog::TokenClass;
use crate::lint::caching::{money, per_1k};
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::requests;
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::view::{FileView, PromptView};
use crate::usage::ServiceTier;
use crate::usd::Usd;

rule! {
    /// A file of many independent requests that is no batch file.
    ///
    /// ## Why
    ///
    /// Who has all requests in a file rarely waits for each answer. Sent as a batch they cost half at most providers, and are
    /// answered within a day.
    ///
    /// ## Example
    ///
    /// A JSON array of 40,000 classifications of one message each.
    ///
    /// ## Options
    ///
    /// - `min_requests`: requests from which a file is reported; by default 20.
    ///
    /// ## Limits
    ///
    /// A file cannot say whether somebody waits for the answers, so the rule is off unless asked for. Requests that stream, use
    /// tools or go on with a conversation are taken to be waited for.
    "batch-eligible",
    code: "CST005",
    severity: Severity::Info,
    is_default: false,
    is_cost: false,
    evidence: Evidence {
        source: "batch prices of the catalogue; half of the standard price in 394 of 424 priced rows",
        date: "2026-11-22",
    },
    options: &[OptionSpec {
        name: "min_requests",
        default: Default::Int(20),
        about: "requests from which a file is reported",
    }],
    check: Check::File(check),
}

fn check(view: &FileView<'_>, sink: &mut Sink<'_>) {
    let least = requests::least(view);
    let alone: Vec<&PromptView<'_>> =
        requests::sent(view).into_iter().filter(|request| !requests::is_batch(request) && is_alone(request)).collect();
    if alone.len() < least || alone.len() < view.prompts.len() {
        return;
    }
    let Some(first) = alone.first() else { return };
    let mut saved = Usd::ZERO;
    for request in &alone {
        let Some(usd) = saving(request) else { return };
        saved = saved.saturating_add(usd);
    }
    let n = alone.len();
    let Ok(mean) = saved.checked_scale(1, n as i128) else { return };
    if mean.pico() <= 0 {
        return;
    }
    sink.report(
        Finding::at(first.head(), format!("{n} requests that do not depend on each other could be a batch"))
            .note("if nobody waits for the answers: a batch is answered within a day")
            .help("send them through the provider's batch endpoint")
            .saves(money(mean)),
    );
}

/// A question asked once: one message of the user, no tools, no stream.
fn is_alone(prompt: &PromptView<'_>) -> bool {
    let Some(request) = &prompt.prompt.request else { return false };
    let n_turns = request.messages.iter().filter(|message| message.role != crate::chat::Role::System).count();
    let streams = prompt.prompt.field("stream").is_some_and(|field| field.value == true);
    n_turns == 1 && request.tools.is_empty() && request.server_tools.is_empty() && !streams
}

fn saving(prompt: &PromptView<'_>) -> Option<Usd> {
    let total = prompt.total();
    let rate = |tier| prompt.target.rate_at(TokenClass::Input, total, tier, None);
    per_1k(rate(ServiceTier::Standard)?.saturating_sub(rate(ServiceTier::Batch)?), total)
}
