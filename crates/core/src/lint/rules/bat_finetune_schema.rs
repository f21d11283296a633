//! `finetune-schema`: a training example that the fine-tuning job will refuse.

use crate::lint::batch::{self, Line, Style};
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::FileView;
use crate::text::json::{Kind, Value};
use crate::text::{did_you_mean, shorten};

rule! {
    /// A training example with an unknown role, a weight where none is read, or no answer to learn from at its end.
    ///
    /// ## Why
    ///
    /// A model learns the assistant's messages. An example that ends with the user's teaches nothing; the job fails at
    /// validation, or the example is wasted.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"messages": [{"role": "user", "content": "Ping"}, {"role": "bot", "content": "Pong"}]}
    /// ```
    ///
    /// ## Limits
    ///
    /// Only files whose lines hold `messages` (and tools) and nothing else, and of which most end with the assistant: others
    /// are data sets of another kind.
    "finetune-schema",
    code: "BAT008",
    severity: Severity::Error,
    is_default: true,
    is_cost: false,
    evidence: Evidence {
        source: "https://cookbook.openai.com/examples/chat_finetuning_data_prep (roles, keys, an assistant message); https://dev.to/multigrid/fine-tuning-job-failed-reading-the-validation-error-49m6",
        date: "2026-11-26",
    },
    options: &[],
    check: Check::File(check),
}

const ROLES: &[&str] = &["system", "developer", "user", "assistant", "tool", "function"];

fn check(view: &FileView<'_>, sink: &mut Sink<'_>) {
    let Some(batch) = batch::read(view.file).filter(|batch| batch.style == Style::Examples) else { return };
    let ends: Vec<Option<bool>> = batch.objects().map(|(_, root)| ends_with_assistant(root)).collect();
    let n_assistant = ends.iter().filter(|end| **end == Some(true)).count();
    // A single line shows no custom.
    let is_training = n_assistant * 2 > ends.len();
    for ((line, root), end) in batch.objects().zip(ends) {
        let Some(messages) = root.get("messages").filter(|messages| messages.kind() == Kind::Array) else {
            if is_training {
                sink.report(Finding::at(line.head(), "the example has no `messages`"));
            }
            continue;
        };
        if !is_training {
            continue;
        }
        for message in messages.children() {
            roles(line, message, sink);
        }
        if end == Some(false)
            && let Some(last) = messages.children().last()
        {
            let role = last.get("role").and_then(|role| role.string()).unwrap_or_default().into_owned();
            sink.report(
                Finding::at(
                    line.at(&last.span()),
                    format!("the example ends with `{}`: there is no answer to learn", shorten(&role, 20)),
                )
                .help("end it with an `assistant` message"),
            );
        } else if messages.children().next().is_none() {
            sink.report(Finding::at(line.at(&messages.span()), "the example has no messages"));
        }
    }
}

fn ends_with_assistant(root: Value<'_, '_>) -> Option<bool> {
    let last = root.get("messages")?.children().last()?;
    let role = last.get("role")?;
    // A role that does not exist is said once, as such.
    role.string().filter(|role| ROLES.contains(&&**role)).map(|role| role == "assistant")
}

fn roles<'a>(line: &Line<'a>, message: Value<'_, 'a>, sink: &mut Sink<'_>) {
    let Some(role) = message.get("role") else {
        if message.kind() == Kind::Object {
            sink.report(Finding::at(line.at(&message.span()), "a message without a `role`"));
        }
        return;
    };
    let Some(name) = role.string() else { return };
    if !ROLES.contains(&&*name) {
        let finding = Finding::at(line.at(&role.span()), format!("there is no role `{}`", shorten(&name, 30)));
        let help = did_you_mean(&name, ROLES.iter().copied());
        sink.report(
            finding
                .help(help.unwrap_or_else(|| "the roles are system, developer, user, assistant and tool".to_owned())),
        );
        return;
    }
    if let Some(weight) = message.get("weight") {
        let place = line.at(&weight.member_span());
        if name != "assistant" {
            sink.report(Finding::at(place, format!("`weight` on `{name}`: only the assistant's messages are weighed")));
        } else if !matches!(weight.raw(), "0" | "1" | "0.0" | "1.0") {
            sink.report(Finding::at(place, format!("`weight` is 0 or 1, not {}", shorten(weight.raw(), 20))));
        }
    }
}
