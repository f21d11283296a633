//! `tool-lookalikes`: two tools that say that they do the same.

use std::ops::Range;

use crate::dedup::{Deduplicator, Options};
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::tool;
use crate::lint::view::View;

rule! {
    /// Two tools whose descriptions are the same, or nearly.
    ///
    /// ## Why
    ///
    /// The model chooses by description. Where two say the same it guesses, and the second costs its tokens in every call.
    ///
    /// ## Example
    ///
    /// ```json
    /// [{"name": "find_user", "description": "Looks up a user by e-mail address"},
    ///  {"name": "get_user", "description": "Looks up a user by email address"}]
    /// ```
    ///
    /// ## Limits
    ///
    /// Descriptions of four words and more; those that differ in a number, a negation or a quoted word say something else. It is
    /// the comparison that finds duplicate prompts.
    "tool-lookalikes",
    code: "TOL003",
    severity: Severity::Warning,
    is_default: true,
    is_cost: false,
    evidence: Evidence { source: "Anthropic and OpenAI guides on tools: distinct purposes; skill-lint has the check", date: "2026-11-22" },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let mut found: Vec<(String, Range<usize>)> = Vec::new();
    let mut deduplicator = Deduplicator::new(Options::default());
    for (index, piece) in view.prompt.pieces.iter().enumerate() {
        tool::each(piece, |definition| {
            let Some(description) = definition.get("description") else { return };
            let Some(text) = description.string() else { return };
            if text.split_whitespace().count() < 4 {
                return;
            }
            deduplicator.push(&text);
            found.push((definition.name(), view.at(index, description.span())));
        });
    }
    if found.len() < 2 {
        return;
    }
    for cluster in deduplicator.finish().clusters {
        let Some((first, at)) = found.get(cluster.representative) else { continue };
        for member in cluster.members.iter().skip(1) {
            let Some((name, span)) = found.get(member.document).filter(|(name, _)| name != first) else { continue };
            sink.report(
                Finding::at(span.clone(), format!("`{name}` and `{first}` are described alike"))
                    .label(at.clone(), format!("`{first}`"))
                    .help("say in each when to use it and not the other, or make them one tool"),
            );
        }
    }
}
