//! `thinking-level-and-budget`: two settings for one thing.

use crate::lint::diagnostic::{Applicability, Change, Finding, Severity};
use crate::lint::file::Field;
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// `thinkingLevel` and `thinkingBudget` in one Gemini request.
    ///
    /// ## Why
    ///
    /// The level is for Gemini 3, the budget for Gemini 2.5. With both the request is answered with 400.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"contents": [], "generationConfig": {"thinkingConfig": {"thinkingLevel": "low", "thinkingBudget": 512}}}
    /// ```
    ///
    /// ## Fix
    ///
    /// Unsafe: the budget is removed for Gemini 3, the level for Gemini 2.5. None if the model is not known.
    "thinking-level-and-budget",
    code: "MDL009",
    severity: Severity::Error,
    is_default: true,
    is_cost: false,
    evidence: Evidence {
        source: "https://hexdocs.pm/gemini_ex/Gemini.Types.GenerationConfig.ThinkingConfig.html, https://github.com/Tom-Ryder/AgentRunKit/pull/7",
        date: "2026-11-26",
    },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let Some(level) = of(view, &["thinkingLevel", "thinking_level"]) else { return };
    let Some(budget) = of(view, &["thinkingBudget", "thinking_budget"]) else { return };
    let id = view.target.spec.map_or("", |spec| &*spec.id);
    let surplus = if id.starts_with("gemini-2") {
        Some(level)
    } else if id.starts_with("gemini-") {
        Some(budget)
    } else {
        None
    };
    let changes =
        surplus.and_then(|field| field.removal.clone()).map(|span| vec![Change { span, text: String::new() }]);
    sink.report(
        Finding::at(budget.key.clone(), "a thinking budget beside a thinking level: the request is refused")
            .label(level.key.clone(), "the level")
            .help("keep the level for Gemini 3, the budget for Gemini 2.5")
            .fix("keep one of them", Applicability::Unsafe, changes),
    );
}

fn of<'v>(view: &'v View<'_>, names: &[&str]) -> Option<&'v Field> {
    view.prompt.fields.iter().find(|field| {
        let (holder, name) = field.path.rsplit_once('.').unwrap_or(("", &field.path));
        let is_thinking = holder.ends_with("thinkingConfig") || holder.ends_with("thinking_config");
        is_thinking && names.contains(&name) && !field.value.is_null()
    })
}
