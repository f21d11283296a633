//! `tools-on-chat-completions`: tools at an endpoint that does not call them for this model.

use crate::lint::diagnostic::{Applicability, Change, Finding, Severity};
use crate::lint::file::Piece;
use crate::lint::parameters::{self, Topic};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// Tools in a Chat Completions request to a model that calls them only through Responses.
    ///
    /// ## Why
    ///
    /// GPT-6.1 Sol and 6.2 Sol call no functions in Chat Completions; GPT-5.6, GPT-6 and, once an effort is set, GPT-5.4 only
    /// with the effort `none`. The request is answered with 400.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"model": "gpt-6.1-sol", "messages": [], "tools": [{"type": "function", "function": {"name": "look_up"}}]}
    /// ```
    ///
    /// ## Fix
    ///
    /// Unsafe, and only where the effort `none` helps: it is set. The model then answers without reasoning.
    ///
    /// ## Limits
    ///
    /// Only requests that are known to go to OpenAI itself: gateways translate to Responses.
    "tools-on-chat-completions",
    code: "MDL013",
    severity: Severity::Error,
    is_default: true,
    is_cost: false,
    evidence: Evidence {
        source: "https://developers.openai.com/api/docs/models/gpt-6.2-sol (Chat Completions without tool calling); data/lint/parameters.toml",
        date: "2026-11-26",
    },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let Some(tool) = view.prompt.pieces.iter().position(Piece::is_tool).filter(|_| view.prompt.is_request()) else {
        return;
    };
    let Some(row) = parameters::holds(view, Topic::Tools) else { return };
    let place = match (&view.prompt.model, parameters::effort(view.prompt)) {
        (_, Some((effort, _))) => effort.span.clone(),
        (Some(model), None) => model.span.clone(),
        (None, None) => view.at(tool, 0..1),
    };
    let help = match row.effort {
        Some(_) => "send it to /v1/responses, or set `reasoning_effort` to `none`",
        None => "send it to /v1/responses",
    };
    let why = if row.effort.is_some() { row.why.as_str() } else { "has no tool calling in Chat Completions" };
    let fix = row.effort.and_then(|_| without_reasoning(view));
    sink.report(
        Finding::at(place, format!("`{}` calls no tools here", view.target.name.unwrap_or_default()))
            .note(format!("the model {why}"))
            .help(help)
            .fix("switch reasoning off", Applicability::Unsafe, fix.map(|change| vec![change])),
    );
}

/// The change that sets the effort to `none`: in its field, or in a new one after the model.
fn without_reasoning(view: &View<'_>) -> Option<Change> {
    if let Some((field, _)) = parameters::effort(view.prompt) {
        return Some(Change { span: field.span.clone(), text: "\"none\"".to_owned() });
    }
    let end = view.prompt.model.as_ref()?.span.end;
    // Only JSON: there the name's closing quote follows.
    let is_json = view.prompt.is_request() && view.file.text.get(end..)?.starts_with('"');
    is_json.then(|| Change { span: end + 1..end + 1, text: ", \"reasoning_effort\": \"none\"".to_owned() })
}
