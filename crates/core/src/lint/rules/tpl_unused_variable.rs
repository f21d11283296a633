//! `unused-variable`: a variable that the template does not use.

use crate::lint::diagnostic::{Applicability, Change, Finding, Severity};
use crate::lint::file::Prompt;
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// A variable is declared or passed, but the template does not use it.
    ///
    /// ## Why
    ///
    /// Either the prompt lost the place where its document stood, and nobody noticed as nothing fails, or the declaration is
    /// left over.
    ///
    /// ## Example
    ///
    /// ```python
    /// PROMPT = "Sum up {document}."
    /// text = PROMPT.format(document=document, language=language)
    /// ```
    ///
    /// ## Fix
    ///
    /// Unsafe: the declaration goes. Whether not rather the place in the text is missing, only the author knows.
    ///
    /// ## Limits
    ///
    /// Templates that include others, or that pass on everything they get, are left alone; so are variables of tests, which
    /// assertions may use.
    "unused-variable",
    code: "TPL002",
    severity: Severity::Warning,
    is_default: true,
    is_cost: false,
    evidence: Evidence { source: "docs.python.org, str.format: names that the text does not use are ignored", date: "2026-11-22" },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let Some(declared) = &view.prompt.variables else { return };
    if matches!(view.file.format, "promptfoo" | "github-models" | "github_models") || passes_on(view.prompt) {
        return;
    }
    for variable in declared {
        // Several prompts of a file may share declarations.
        let is_used = view.file.prompts.iter().any(|prompt| {
            let is_shared = prompt.variables.iter().flatten().any(|other| other.span == variable.span);
            is_shared && (passes_on(prompt) || uses(prompt, &variable.name))
        });
        if is_used || variable.name.starts_with('_') {
            continue;
        }
        let removal = variable.removal.clone().map(|span| vec![Change { span, text: String::new() }]);
        sink.report(
            Finding::at(
                variable.span.clone(),
                format!("`{}` is declared but the template does not use it", variable.name),
            )
            .help("use it in the text, or take the declaration out")
            .fix("take the declaration out", Applicability::Unsafe, removal),
        );
    }
}

fn uses(prompt: &Prompt, name: &str) -> bool {
    prompt.pieces.iter().flat_map(|piece| &piece.slots).any(|slot| {
        slot.code.split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '-'))).any(|word| word == name)
            || slot.code.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| word == name)
    })
}

/// Whether other templates see the variables, or all of them are put in at once.
fn passes_on(prompt: &Prompt) -> bool {
    const WORDS: &[&str] = &["include", "import", "from", "extends", "this", "root", "context"];
    prompt.pieces.iter().flat_map(|piece| &piece.slots).any(|slot| {
        slot.code.starts_with('>')
            || slot.code.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|word| WORDS.contains(&word))
    })
}
