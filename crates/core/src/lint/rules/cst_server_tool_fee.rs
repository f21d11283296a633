//! `server-tool-fee`: searches that are billed apiece, without a limit.

use crate::chat::Dialect;
use crate::lint::caching::field_named;
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// A web search tool without a limit on how often it may be used.
    ///
    /// ## Why
    ///
    /// Searches are billed apiece beside the tokens, and their results are input as well. Without a limit the model decides how
    /// many there are.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"type": "web_search_20250305", "name": "web_search"}
    /// ```
    ///
    /// ## Limits
    ///
    /// Only models whose fee the catalogue has. A limit is `max_uses` in the tool (Anthropic) or `max_tool_calls` in the request
    /// (OpenAI responses).
    "server-tool-fee",
    code: "CST013",
    severity: Severity::Info,
    is_default: true,
    is_cost: false,
    evidence: Evidence { source: "fees of the catalogue, from the providers' price pages", date: "2026-11-22" },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let Some(request) = &view.prompt.request else { return };
    let Some(fee) = view.target.sheet().and_then(|sheet| sheet.fees.web_search.as_ref()) else { return };
    // Elsewhere a limit has another name, or there is one search a call.
    let help = match (request.dialect, view.target.spec.map(|spec| &*spec.host)) {
        (Dialect::Messages, _) => "set `max_uses` in the tool",
        (Dialect::Responses, Some("openai" | "azure")) => "set `max_tool_calls` in the request",
        _ => return,
    };
    let is_search = |name: &str| name.starts_with("web_search");
    let is_bounded = request.server_tool_json.iter().any(|tool| tool.get("max_uses").is_some())
        || field_named(view.prompt, &["max_tool_calls"]).is_some();
    if is_bounded || !request.server_tools.iter().any(|name| is_search(name)) {
        return;
    }
    let piece = view.prompt.pieces.iter().position(|piece| piece.is_tool() && piece.as_str().contains("web_search"));
    let span = piece.map_or_else(
        || view.head(),
        |index| view.at(index, 0..view.prompt.pieces.get(index).map_or(0, |piece| piece.as_str().len())),
    );
    let Ok(per_1k) = fee.rate.checked_mul(1000) else { return };
    sink.report(
        Finding::at(
            span,
            format!("each web search costs {} beside its tokens, and their number has no limit", fee.rate),
        )
        .note(format!("1,000 calls with one search each: {per_1k}"))
        .help(help),
    );
}
