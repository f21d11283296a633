//! `tool-name`: a name that the provider refuses.

use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::tool;
use crate::lint::view::View;
use crate::lint::wire;

rule! {
    /// A tool whose name the model's provider does not accept.
    ///
    /// ## Why
    ///
    /// Providers take letters, digits, underscores and hyphens, up to a length. A dot or a blank, which come from names with a
    /// namespace before them, make the whole request fail.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"model": "gpt-4o", "tools": [{"type": "function", "function": {"name": "files.read", "parameters": {}}}]}
    /// ```
    ///
    /// ## Limits
    ///
    /// Only for models of a host of which the limits are known (`data/lint/wire.toml`).
    "tool-name",
    code: "TOL006",
    severity: Severity::Error,
    is_default: true,
    is_cost: false,
    evidence: Evidence { source: "the providers' API references; the rows have their sources", date: "2026-11-26" },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let Some(rule) = view.target.spec.and_then(|spec| wire::tool_names(&spec.host)) else { return };
    for (index, piece) in view.prompt.pieces.iter().enumerate() {
        tool::each(piece, |definition| {
            let Some(name) = definition.get("name") else { return };
            let written = definition.name();
            // Filled in later.
            if written.contains(['{', '$']) {
                return;
            }
            let n_chars = written.chars().count();
            let odd = written.chars().find(|c| !(c.is_ascii_alphanumeric() || rule.also.contains(*c)));
            let message = match odd {
                Some(c) => format!("{} accepts no `{c}` in the name of a tool: `{written}`", rule.host),
                None if n_chars > rule.max_chars => {
                    format!("the name has {n_chars} characters, {} accepts {}", rule.host, rule.max_chars)
                }
                None if n_chars == 0 => "the tool's name is empty".to_owned(),
                None => return,
            };
            let help = format!("letters, digits and `{}`, at most {} of them", rule.also, rule.max_chars);
            sink.report(
                Finding::at(view.at(index, name.span()), message)
                    .help(help)
                    .note(format!("{} ({})", rule.source, rule.observed)),
            );
        });
    }
}
