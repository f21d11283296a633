//! `mixed-syntax`: a variable in the braces of another template language.

use std::sync::LazyLock;

use regex::Regex;

use crate::lint::diagnostic::{Applicability, Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::template::Syntax;
use crate::lint::view::View;

rule! {
    /// A variable stands in double braces at one place and in single ones at another.
    ///
    /// ## Why
    ///
    /// Jinja and Handlebars fill in `{{ name }}` and leave `{name}` as it is: the model reads the braces.
    ///
    /// ## Example
    ///
    /// ```jinja
    /// You help {{ customer }}. Greet {customer} by name.
    /// ```
    ///
    /// ## Fix
    ///
    /// Unsafe: the single braces are doubled.
    ///
    /// ## Limits
    ///
    /// Only names that the same template uses or declares as variables; other braces may be meant.
    "mixed-syntax",
    code: "TPL003",
    severity: Severity::Warning,
    is_default: true,
    is_cost: false,
    evidence: Evidence { source: "promptlint-ai checks for it; both languages' manuals", date: "2026-11-22" },
    options: &[],
    check: Check::Prompt(check),
}

static SINGLE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\{([A-Za-z_]\w*)\}").expect("the cases compile it"));

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    if !matches!(view.prompt.syntax, Syntax::Jinja | Syntax::Handlebars) {
        return;
    }
    let free = view.prompt.free_variables();
    let is_variable = |name: &str| {
        free.iter().any(|(.., used)| used == name)
            || view.prompt.variables.iter().flatten().any(|variable| variable.name == name)
    };
    for (index, piece) in view.prompt.pieces.iter().enumerate() {
        let text = piece.as_str();
        for found in SINGLE.captures_iter(text) {
            let (Some(whole), Some(name)) = (found.get(0), found.get(1)) else { continue };
            let before = text[..whole.start()].chars().next_back();
            let after = text[whole.end()..].chars().next();
            let is_inside =
                piece.slots.iter().any(|slot| slot.span.start < whole.end() && whole.start() < slot.span.end);
            // `/users/{id}` and `${name}` are written so on purpose.
            let is_code =
                matches!(before, Some('{' | '$' | '/' | '`' | '\\')) || matches!(after, Some('}' | '/' | '`'));
            if is_inside || is_code || !is_variable(name.as_str()) {
                continue;
            }
            let name = name.as_str();
            let change = view.change(index, whole.range(), &format!("{{{{ {name} }}}}"));
            sink.report(
                Finding::at(
                    view.at(index, whole.range()),
                    format!("`{{{name}}}` is not filled in: elsewhere it is written `{{{{ {name} }}}}`"),
                )
                .help("write it in double braces")
                .fix("double the braces", Applicability::Unsafe, change.map(|change| vec![change])),
            );
        }
    }
}
