//! `nondeterministic-prefix`: the same tools in another order.

use std::collections::BTreeMap;

use crate::compress::SegmentKind;
use crate::lint::caching::{Terms, money};
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::requests::{self, Digest};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::{FileView, PromptView};

rule! {
    /// Requests with the same tools, written in another order.
    ///
    /// ## Why
    ///
    /// Tools stand before everything else. Two requests whose tools, or the members of a schema, come in different orders share no
    /// prefix at all, and each order is cached apart. It happens where definitions come out of a set or a hash map.
    ///
    /// ## Example
    ///
    /// `[search, read]` in one request of a file, `[read, search]` in the next.
    ///
    /// ## Limits
    ///
    /// Only where a file holds several requests of one model, and where tools and instructions are long enough to be cached.
    "nondeterministic-prefix",
    code: "CAC014",
    severity: Severity::Warning,
    is_default: true,
    is_cost: true,
    evidence: Evidence {
        source: "https://developers.openai.com/api/docs/guides/prompt-caching: images and tools must be identical",
        date: "2026-11-22",
    },
    options: &[],
    check: Check::File(check),
}

fn check(view: &FileView<'_>, sink: &mut Sink<'_>) {
    type Key<'k> = (Vec<Digest>, Option<Digest>, &'k str);
    let mut firsts: BTreeMap<Key<'_>, (&PromptView<'_>, Vec<Digest>)> = BTreeMap::new();
    let mut n_reported = 0;
    for request in requests::sent(view) {
        let mut set = requests::tools(request, true);
        if set.is_empty() {
            continue;
        }
        set.sort_unstable();
        let written = requests::tools(request, false);
        let key = (set, requests::system(request), request.target.name.unwrap_or_default());
        let (first, order) = firsts.entry(key).or_insert_with(|| (request, written.clone()));
        if *order == written || n_reported > 0 {
            continue;
        }
        if let Some(finding) = finding(first, request) {
            // Once a file: what shuffles one request shuffles all.
            n_reported += 1;
            sink.report(finding);
        }
    }
}

fn finding(first: &PromptView<'_>, other: &PromptView<'_>) -> Option<Finding> {
    let tokens = other.prefix().tokens;
    if tokens < other.target.cache()?.min_tokens {
        return None;
    }
    let usd = Terms::of(other)?.read_saving(tokens).filter(|usd| usd.pico() > 0)?;
    Some(
        Finding::at(of_tools(other)?, "the same tools as in another request, written in another order")
            .label(of_tools(first)?, "the other order")
            .note(format!(
                "saving: {tokens} tokens of tools and instructions read from the cache in calls that now meet another order"
            ))
            .help("sort tools and the members of their schemas before sending")
            .saves(money(usd)),
    )
}

/// The first line of the first tool.
fn of_tools(view: &PromptView<'_>) -> Option<std::ops::Range<usize>> {
    let (index, piece) = view.prompt.pieces_of(SegmentKind::ToolSchema).next()?;
    Some(view.at(index, 0..piece.as_str().lines().next().map_or(0, str::len)))
}
