//! `too-many-breakpoints`: more cache breakpoints than a request may have.

use crate::catalog::CacheTrigger;
use crate::lint::caching::n_marks;
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// More cache breakpoints in a request than the provider allows.
    ///
    /// ## Why
    ///
    /// Anthropic answers a request with five of them with an error. A breakpoint caches everything before it, so the last of the
    /// tools, the last of the instructions and the last message are enough.
    ///
    /// ## Example
    ///
    /// `cache_control` on each of six tool definitions.
    "too-many-breakpoints",
    code: "CAC007",
    severity: Severity::Error,
    is_default: true,
    is_cost: false,
    evidence: Evidence {
        source: "most breakpoints a request in the catalogue's cache rules; \
                 https://platform.claude.com/docs/en/build-with-claude/prompt-caching",
        date: "2026-11-22",
    },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let Some(rule) = view.target.cache().filter(|rule| rule.trigger == CacheTrigger::Explicit) else { return };
    let most = rule.max_breakpoints as usize;
    let Some(n) = view.prompt.request.as_ref().map(|request| n_marks(request)).filter(|n| *n > most) else { return };
    let marked = view.marked_pieces();
    let mark = |index: usize| view.prompt.pieces.get(*marked.get(index)?)?.cache_mark.as_ref();
    let span =
        mark(most).or_else(|| mark(marked.len().checked_sub(1)?)).map_or_else(|| view.head(), |(_, span)| span.clone());
    sink.report(
        Finding::at(span, format!("{n} cache breakpoints, {} takes {most}", view.target.label()))
            .help("keep the one after the last tool, the one after the instructions and the one at the end"),
    );
}
