//! `skill-body-budget`: a skill that fills the context when it is loaded.

use crate::compress::Counter;
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::file::PromptKind;
use crate::lint::front_matter::FrontMatter;
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::view::View;
use crate::usd::group_thousands;

rule! {
    /// A skill whose body is longer than it should be.
    ///
    /// ## Why
    ///
    /// The body is loaded as a whole when the skill is used, and stays in the context for the rest of the session. References and
    /// examples belong into files beside it that are read when they are needed.
    ///
    /// ## Example
    ///
    /// A SKILL.md of 700 lines with the whole of an API's reference in it.
    ///
    /// ## Options
    ///
    /// - `max_tokens`: tokens of a body that are fine.
    "skill-body-budget",
    code: "AGT004",
    severity: Severity::Warning,
    is_default: true,
    is_cost: false,
    evidence: Evidence { source: "users of the Agent Skills format repeat its advice: below 5,000 tokens (microsoft/github-copilot-for-azure)", date: "2026-11-26" },
    options: &[OptionSpec { name: "max_tokens", default: Default::Int(5000), about: "tokens of a body that are fine" }],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let max_tokens = u64::try_from(view.int("max_tokens")).unwrap_or(0);
    let text = &view.file.text;
    if view.prompt.kind != PromptKind::Skill || (text.len() as u64) <= max_tokens {
        return;
    }
    let body = text.get(FrontMatter::of(text).map_or(0, |head| head.end)..).unwrap_or_default();
    let tokens = Counter::text(&view.target.weigher, body);
    if tokens > max_tokens {
        let n = |n: u64| group_thousands(u128::from(n));
        sink.report(
            Finding::at(
                view.head(),
                format!("the body has {} tokens, {} are the most that is recommended", n(tokens), n(max_tokens)),
            )
            .help("move references and examples into files beside it, and say in the body when to read them"),
        );
    }
}
