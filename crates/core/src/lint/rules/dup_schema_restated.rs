//! `schema-restated`: a schema that is sent twice.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::chat::AnswerFormat;
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// A JSON schema in the text that the request already carries as the format of the answer or as a tool.
    ///
    /// ## Why
    ///
    /// The provider shows the model the declared schema, and a declared format is enforced. The copy in the text is billed
    /// in every call and goes stale when the declaration changes.
    ///
    /// ## Example
    ///
    /// `response_format` of type `json_schema`, and "Answer with JSON after this schema: {…}" with the same properties in
    /// the system message.
    ///
    /// ## Options
    ///
    /// - `min_tokens`: shorter copies are left alone.
    ///
    /// ## Limits
    ///
    /// Finds schemas with the same names of properties; an example of an answer is not one.
    "schema-restated",
    code: "DUP006",
    severity: Severity::Warning,
    is_default: true,
    is_cost: true,
    evidence: Evidence { source: "measured: an indented schema of five properties is 187 tokens (o200k_base)", date: "2026-11-22" },
    options: &[OptionSpec { name: "min_tokens", default: Default::Int(16), about: "least tokens of the copy" }],
    check: Check::Prompt(check),
}

/// Braces looked at in a text: each may be looked through to its end.
const MAX_TRIES: usize = 64;

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let Some(request) = &view.prompt.request else { return };
    let mut declared: Vec<(String, BTreeSet<&str>)> = Vec::new();
    if let AnswerFormat::JsonSchema { schema, .. } = &request.answer_format {
        declared.push(("the format of the answer".to_owned(), names(schema)));
    }
    declared.extend(request.tools.iter().map(|tool| (format!("the tool `{}`", tool.name), names(&tool.parameters))));
    declared.retain(|(_, names)| names.len() >= 2);
    if declared.is_empty() {
        return;
    }
    for (piece, of) in view.instructions() {
        let text = of.as_str();
        let mut at = 0;
        let mut n_tries = 0;
        while n_tries < MAX_TRIES
            && let Some(found) = text[at..].find('{')
        {
            let start = at + found;
            n_tries += 1;
            let Some(length) = crate::text::json::end_of_value(&text[start..]) else {
                at = start + 1;
                continue;
            };
            let range = start..start + length;
            at = range.end.max(start + 1);
            if !text[range.clone()].contains("\"properties\"") {
                continue;
            }
            let Ok(value) = serde_json::from_str::<Value>(&text[range.clone()]) else { continue };
            let own = [&value, &value["schema"], &value["parameters"], &value["function"]["parameters"]]
                .into_iter()
                .map(names)
                .find(|names| !names.is_empty())
                .unwrap_or_default();
            let Some((what, _)) = declared.iter().find(|(_, names)| *names == own) else { continue };
            let tokens = view.target.count(&text[range.clone()]).cast_signed();
            if view.is_worth(tokens) {
                sink.report(
                    Finding::at(
                        view.at(piece, range.clone()),
                        format!("this schema is declared as {what} too: {tokens} tokens"),
                    )
                    .help("refer to the declared one by its name")
                    .saves(view.saving(tokens, piece, range.start)),
                );
            }
        }
    }
}

/// Names of the properties that a schema declares.
fn names(schema: &Value) -> BTreeSet<&str> {
    schema.get("properties").and_then(Value::as_object).into_iter().flatten().map(|(name, _)| &**name).collect()
}
