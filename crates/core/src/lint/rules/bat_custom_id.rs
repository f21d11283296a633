//! `custom-id`: requests of a batch that cannot be told apart.

use std::collections::HashMap;

use crate::lint::batch::{self, CLAUDE_ID, Style};
use crate::lint::diagnostic::{Applicability, Change, Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::FileView;
use crate::text::shorten;

rule! {
    /// A request of a batch without a `custom_id`, or with one that another request has.
    ///
    /// ## Why
    ///
    /// Answers come in any order; the `custom_id` says whose answer it is. Providers refuse the whole file if one is missing
    /// or there twice. Anthropic allows letters, digits, `_` and `-`, 64 at most.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"custom_id": "row-1", "params": {"model": "claude-haiku-5-5", "max_tokens": 9, "messages": []}}
    /// {"custom_id": "row-1", "params": {"model": "claude-haiku-5-5", "max_tokens": 9, "messages": []}}
    /// ```
    ///
    /// ## Fix
    ///
    /// Unsafe: the second of two equal ids gets a number. Whoever reads the answers must know of it.
    "custom-id",
    code: "BAT002",
    severity: Severity::Error,
    is_default: true,
    is_cost: false,
    evidence: Evidence {
        source: "https://platform.claude.com/docs/en/api/messages/batches/create (unique, ^[a-zA-Z0-9_-]{1,64}$); https://github.com/llm-d/llm-d-batch-gateway/issues/147 (OpenAI)",
        date: "2026-11-26",
    },
    options: &[],
    check: Check::File(check),
}

fn check(view: &FileView<'_>, sink: &mut Sink<'_>) {
    let Some(batch) = batch::read(view.file).filter(batch::Batch::has_requests) else { return };
    let name = batch.id_name();
    let mut seen: HashMap<String, (std::ops::Range<usize>, usize)> = HashMap::new();
    for (number, line) in batch.lines.iter().enumerate() {
        let Some(root) = line.root() else { continue };
        let Some(id) = root.get(name) else {
            sink.report(
                Finding::at(line.head(), format!("the request has no `{name}`"))
                    .help(format!("give each line a `{name}` of its own, such as `row-{}`", number + 1)),
            );
            continue;
        };
        let span = line.at(&id.span());
        let Some(text) = id.string() else {
            sink.report(Finding::at(span, format!("`{name}` must be a string")));
            continue;
        };
        if text.is_empty() {
            sink.report(Finding::at(span, format!("`{name}` is empty")));
            continue;
        }
        if batch.style == Style::Claude && CLAUDE_ID.as_ref().is_some_and(|pattern| !pattern.is_match(&text)) {
            let message = format!("`{}` is no `{name}` for Anthropic", shorten(&text, 40));
            sink.report(Finding::at(span.clone(), message).help("letters, digits, `_` and `-`, 64 at most"));
        }
        if let Some((first, count)) = seen.get_mut(&*text) {
            *count += 1;
            let fresh = format!("{text}-{count}");
            let mut quoted = String::new();
            crate::text::json::push_string(&mut quoted, &fresh);
            sink.report(
                Finding::at(span.clone(), format!("`{}` names an earlier request already", shorten(&text, 40)))
                    .label(first.clone(), "the first one")
                    .fix("number it", Applicability::Unsafe, Some(vec![Change { span, text: quoted }])),
            );
        } else {
            seen.insert(text.into_owned(), (span, 1));
        }
    }
}
