//! `tools-vary`: other tools in every request under the same instructions.

use crate::compress::SegmentKind;
use crate::lint::caching::{Terms, money};
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::requests;
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::view::{FileView, PromptView};

rule! {
    /// Requests with the same instructions, nearly each with tools of its own.
    ///
    /// ## Why
    ///
    /// Tools stand before instructions and messages: another tool list makes everything behind it another prefix. Where the list is
    /// put together for each user or each call, nothing is ever read from the cache.
    ///
    /// ## Example
    ///
    /// A file of requests in which each has the tools that a retriever found for its question.
    ///
    /// ## Options
    ///
    /// - `min_requests`: requests with the same instructions from which they are compared; by default 3.
    ///
    /// ## Limits
    ///
    /// A few tool lists that many requests share are cached each by itself and are no finding: there have to be fewer than three
    /// requests a list. The instructions have to be long enough to be cached.
    "tools-vary",
    code: "CAC015",
    severity: Severity::Warning,
    is_default: true,
    is_cost: true,
    evidence: Evidence {
        source: "https://platform.claude.com/docs/en/build-with-claude/prompt-caching: a change of tools invalidates \
                 instructions and messages",
        date: "2026-11-22",
    },
    options: &[OptionSpec {
        name: "min_requests",
        default: Default::Int(3),
        about: "requests with the same instructions from which they are compared",
    }],
    check: Check::File(check),
}

fn check(view: &FileView<'_>, sink: &mut Sink<'_>) {
    let least = requests::least(view);
    for group in requests::by_system(&requests::sent(view)) {
        let sets: Vec<Vec<requests::Digest>> = group
            .iter()
            .map(|request| {
                let mut set = requests::tools(request, true);
                set.sort_unstable();
                set
            })
            .collect();
        let n_sets = requests::n_distinct(sets.iter());
        if group.len() < least || n_sets < 2 || group.len() >= n_sets * 3 || sets.iter().any(Vec::is_empty) {
            continue;
        }
        let other = group.iter().zip(&sets).find(|(_, set)| Some(*set) != sets.first());
        if let Some((other, _)) = other
            && let Some(finding) = finding(other, group.len(), n_sets)
        {
            sink.report(finding);
        }
    }
}

fn finding(view: &PromptView<'_>, n: usize, n_sets: usize) -> Option<Finding> {
    let tokens: u64 = view.prompt.pieces_of(SegmentKind::System).map(|(index, _)| view.tokens(index)).sum();
    if tokens < view.target.cache()?.min_tokens {
        return None;
    }
    let usd = Terms::of(view)?.read_saving(tokens).filter(|usd| usd.pico() > 0)?;
    let (index, piece) = view.prompt.pieces_of(SegmentKind::ToolSchema).next()?;
    let line = piece.as_str().lines().next().map_or(0, str::len);
    Some(
        Finding::at(
            view.at(index, 0..line),
            format!("{n} requests with the same instructions have {n_sets} tool lists, and share no prefix"),
        )
        .note(format!("saving: the {tokens} tokens of instructions read from the cache, had all the same tools"))
        .help("send one list in every call, and say in the message or with `tool_choice` which tools to use")
        .saves(money(usd)),
    )
}
