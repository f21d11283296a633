//! `ttl-order`: a long-lived breakpoint after a short-lived one.

use crate::catalog::CacheTrigger;
use crate::chat::CacheMark;
use crate::lint::diagnostic::{Applicability, Change, Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// A breakpoint for an hour after one for five minutes.
    ///
    /// ## Why
    ///
    /// A prefix cannot outlive its own beginning: Anthropic answers with an error. The order is that in which the model reads: tools,
    /// instructions, messages.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"tools": [{"name": "a", "cache_control": {"type": "ephemeral"}}],
    ///  "system": [{"type": "text", "text": "…", "cache_control": {"type": "ephemeral", "ttl": "1h"}}]}
    /// ```
    ///
    /// ## Fix
    ///
    /// Unsafe: the later breakpoint becomes one for five minutes, which is the cheaper write. If it is the hour that is wanted, give it
    /// to the earlier one.
    "ttl-order",
    code: "CAC009",
    severity: Severity::Error,
    is_default: true,
    is_cost: false,
    evidence: Evidence {
        source: "https://platform.claude.com/docs/en/build-with-claude/prompt-caching: entries for an hour come before entries \
                 for five minutes",
        date: "2026-11-22",
    },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let rule = view.target.cache();
    if !rule.is_some_and(|rule| rule.trigger == CacheTrigger::Explicit && rule.long_ttl_s.is_some()) {
        return;
    }
    let mut short = None;
    for piece in &view.prompt.pieces {
        match (&piece.cache_mark, &short) {
            (Some((CacheMark::Short, span)), None) => short = Some(span.clone()),
            (Some((CacheMark::Long, span)), Some(first)) => {
                let written = view.file.text.get(span.clone()).unwrap_or_default();
                let change = written.starts_with("\"cache_control\"").then(|| {
                    vec![Change { span: span.clone(), text: r#""cache_control": {"type": "ephemeral"}"#.to_owned() }]
                });
                sink.report(
                    Finding::at(span.clone(), "a breakpoint for an hour stands after one for five minutes")
                        .label(first.clone(), "for five minutes")
                        .help("give the hour to the earlier one too, or to neither")
                        .fix("make it one for five minutes", Applicability::Unsafe, change),
                );
                return;
            }
            _ => {}
        }
    }
}
