//! `sampling-rejected`: temperature and its kin for a model that refuses them.

use crate::lint::diagnostic::{Applicability, Change, Finding, Severity};
use crate::lint::parameters::{self, Topic};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// A sampling parameter (`temperature`, `top_p`, `top_k`, a penalty) that the model refuses.
    ///
    /// ## Why
    ///
    /// Reasoning models sample in their own way. Claude since Opus 4.7 and OpenAI's reasoning models answer 400 to any value
    /// but the default; OpenAI's since GPT-5.1 take one only with the effort `none`.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"model": "claude-opus-5", "temperature": 0.2, "max_tokens": 900, "messages": []}
    /// ```
    ///
    /// ## Fix
    ///
    /// Safe where the prompt names the model: the parameter is removed. The request fails with it, so nothing that works
    /// changes. Unsafe where the model comes from the command line or the configuration: the prompt may go to others too.
    ///
    /// ## Limits
    ///
    /// What the catalogue does not know is not reported, nor a name with a maker in front (`openai/gpt-5`), which may mean a
    /// gateway that drops the parameter.
    "sampling-rejected",
    code: "MDL007",
    severity: Severity::Error,
    is_default: true,
    is_cost: false,
    evidence: Evidence {
        source: "https://github.com/BerriAI/litellm/issues/26444 (Claude); data/lint/parameters.toml has a source for each family",
        date: "2026-11-26",
    },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let applicability = if view.target.is_named { Applicability::Safe } else { Applicability::Unsafe };
    for (row, field) in parameters::refused(view, Topic::Sampling) {
        let model = view.target.name.unwrap_or_default();
        let changes = field.removal.clone().map(|span| vec![Change { span, text: String::new() }]);
        let place = field.key.start..field.span.end.max(field.key.end);
        let finding = Finding::at(place, format!("`{model}` refuses `{}` of {}", field.path, field.value))
            .note(format!("the model {}", row.why))
            .fix(&format!("remove `{}`", field.path), applicability, changes);
        sink.report(match row.effort {
            Some(_) => finding.help("or set the effort to `none`, which keeps it"),
            None => finding,
        });
    }
}
