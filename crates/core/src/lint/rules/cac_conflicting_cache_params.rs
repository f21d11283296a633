//! `conflicting-cache-params`: cache parameters that contradict each other.

use crate::lint::diagnostic::{Applicability, Change, Finding, Severity};
use crate::lint::rule::{Check, Evidence};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// Parameters of OpenAI's prompt cache that exclude each other.
    ///
    /// ## Why
    ///
    /// `prompt_cache_retention` is of models up to gpt-5.5; `prompt_cache_options.ttl` took its place, and a request with both is
    /// rejected. Explicit mode without a breakpoint caches nothing, so a `prompt_cache_key` beside it shows that something else was
    /// meant.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"prompt_cache_retention": "24h", "prompt_cache_options": {"ttl": "30m"}}
    /// ```
    ///
    /// ## Fix
    ///
    /// Safe: `prompt_cache_retention` is removed where a `ttl` stands; the request was rejected with both.
    "conflicting-cache-params",
    code: "CAC013",
    severity: Severity::Error,
    is_default: true,
    is_cost: false,
    evidence: Evidence {
        source: "https://docs.langchain4j.dev/apidocs/dev/langchain4j/model/openaiofficial/OpenAiOfficialPromptCacheOptions.html",
        date: "2026-11-26",
    },
    options: &[],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    let field = |path| view.prompt.field(path).filter(|field| !field.value.is_null());
    if let (Some(old), Some(ttl)) = (field("prompt_cache_retention"), field("prompt_cache_options.ttl")) {
        let removal = old.removal.clone().map(|span| vec![Change { span, text: String::new() }]);
        sink.report(
            Finding::at(
                old.key.start..old.span.end,
                "`prompt_cache_retention` and `prompt_cache_options.ttl` are rejected together",
            )
            .label(ttl.span.clone(), "takes its place from gpt-5.6 on")
            .help("keep the `ttl`")
            .fix("remove `prompt_cache_retention`", Applicability::Safe, removal),
        );
    }
    let is_explicit = field("prompt_cache_options.mode").is_some_and(|field| field.value == "explicit");
    let written = view.file.text.get(view.prompt.span.clone()).unwrap_or_default();
    if let Some(key) = field("prompt_cache_key")
        && is_explicit
        && !written.contains("prompt_cache_breakpoint")
    {
        sink.report(
            Finding::at(
                key.key.start..key.span.end,
                "explicit mode without a breakpoint caches nothing, whatever the key",
            )
            .help("mark a block with `prompt_cache_breakpoint`, or leave the mode implicit"),
        );
    }
}
