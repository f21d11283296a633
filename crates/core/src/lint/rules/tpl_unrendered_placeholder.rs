//! `unrendered-placeholder`: a variable that nobody filled in, in a request that is sent as it stands.

use crate::compress::SegmentKind;
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::file::PromptKind;
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::template::{SlotKind, Syntax};
use crate::lint::view::View;

rule! {
    /// A placeholder such as `{{input}}` stands in a batch or a training file, where nothing fills it in any more.
    ///
    /// ## Why
    ///
    /// The model reads the braces. It seldom complains: a judge that is shown `{{output}}` answers "correct" all the same, and
    /// a model trained on placeholders learns to write them.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"messages": [{"role": "user", "content": "Grade this answer: {{output}}"}]}
    /// ```
    ///
    /// ## Limits
    ///
    /// Only batch requests and training examples, and only texts with at most five placeholders outside code: longer ones are
    /// about templates.
    "unrendered-placeholder",
    code: "TPL005",
    severity: Severity::Error,
    is_default: true,
    is_cost: false,
    evidence: Evidence { source: "promptfoo/promptfoo#7861: graders answer on unfilled variables", date: "2026-11-22" },
    options: &[],
    check: Check::Prompt(check),
}

const MAX_SLOTS: usize = 5;

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    if !matches!(view.prompt.kind, PromptKind::BatchRequest | PromptKind::Example) {
        return;
    }
    for (index, piece) in view.prompt.pieces.iter().enumerate() {
        if !matches!(piece.kind, Some(SegmentKind::System | SegmentKind::User | SegmentKind::Prompt)) {
            continue;
        }
        let text = piece.as_str();
        if !text.contains("{{") || !matches!(Syntax::detect(text), Syntax::Jinja | Syntax::Handlebars) {
            continue;
        }
        let slots = Syntax::Jinja.slots(text);
        let is_name = |code: &str| {
            code.starts_with(|c: char| c.is_alphabetic())
                && code.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'))
        };
        let is_plain = slots.iter().all(|slot| slot.kind == SlotKind::Output && is_name(&slot.code));
        let Some(first) = slots.first().filter(|_| is_plain && slots.len() <= MAX_SLOTS) else { continue };
        sink.report(
            Finding::at(
                view.at(index, first.span.clone()),
                format!("`{}` was not filled in", &text[first.span.clone()]),
            )
            .help("fill the template in before the file is written"),
        );
    }
}
