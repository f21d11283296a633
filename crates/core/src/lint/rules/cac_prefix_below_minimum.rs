//! `prefix-below-minimum`: a breakpoint on too short a prefix.

use crate::catalog::CacheTrigger;
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// A cache breakpoint on a prefix that is too short to be cached.
    ///
    /// ## Why
    ///
    /// Each model has a smallest prefix that it caches. Below it a breakpoint does nothing, and no error says so.
    ///
    /// ## Example
    ///
    /// `cache_control` on a system prompt of 800 tokens for claude-haiku-4-5, whose minimum is 4,096.
    ///
    /// ## Options
    ///
    /// - `unmarked`: also report instructions and tools below the minimum that are not marked; by default false, since most prompts
    ///   are short and need no cache.
    ///
    /// ## Limits
    ///
    /// The provider's framing is counted in favour of the prompt. Where the vocabulary is not public, a tenth is granted.
    "prefix-below-minimum",
    code: "CAC003",
    severity: Severity::Info,
    is_default: true,
    is_cost: false,
    evidence: Evidence {
        source: "minimum per model in the catalogue's cache rules, from the providers' guides to prompt caching",
        date: "2026-11-22",
    },
    options: &[OptionSpec {
        name: "unmarked",
        default: Default::Bool(false),
        about: "also report short instructions and tools that are not marked",
    }],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let Some(rule) = view.target.cache() else { return };
    let granted = |tokens: u64| if view.target.is_exact() { tokens } else { tokens + tokens / 10 };
    let label = view.target.label();
    let marked = view.marked_pieces();
    let last = marked.last().and_then(|last| Some((*last, view.prompt.pieces.get(*last)?.cache_mark.as_ref()?)));
    if rule.trigger == CacheTrigger::Explicit
        && let Some((last, (_, span))) = last
    {
        let tokens = view.tokens_up_to(last);
        if granted(tokens) < rule.min_tokens {
            let message = format!(
                "nothing is cached: up to here there are {tokens} tokens, {label} caches from {} on",
                rule.min_tokens
            );
            sink.report(
                Finding::at(span.clone(), message).help("leave the breakpoint out, or set it after more fixed text"),
            );
        }
        return;
    }
    if !view.flag("unmarked") || !marked.is_empty() {
        return;
    }
    let prefix = view.prefix();
    if prefix.is_ended && prefix.tokens > 0 && granted(prefix.tokens) < rule.min_tokens {
        let message =
            format!("the fixed beginning has {} tokens, {label} caches from {} on", prefix.tokens, rule.min_tokens);
        sink.report(Finding::at(view.head(), message));
    }
}
