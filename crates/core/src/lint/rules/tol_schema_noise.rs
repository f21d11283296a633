//! `schema-noise`: what generators write into tool definitions.

use crate::lint::diagnostic::{Applicability, Finding, Severity};
use crate::lint::file::Piece;
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::tool;
use crate::lint::view::View;

rule! {
    /// A tool definition with titles, `$schema` and descriptions that say what stands beside them.
    ///
    /// ## Why
    ///
    /// Definitions are sent with every call. Pydantic and its like write a title for every property, which repeats its name.
    /// Only what the model's provider puts into the prompt counts: OpenAI writes titles, but no `$schema` and no blanks.
    ///
    /// ## Example
    ///
    /// ```json
    /// {"title": "GetWeather", "type": "object", "properties": {"city": {"title": "City", "type": "string"}}}
    /// ```
    ///
    /// ## Fix
    ///
    /// Unsafe, as a title may be all that describes a field: names, types, bounds and every description that says something stay. It is the edit that `promptopt optimize` makes
    /// (`tool_schema`).
    ///
    /// ## Options
    ///
    /// - `min_tokens`: tokens of a definition worth a finding.
    "schema-noise",
    code: "TOL001",
    severity: Severity::Warning,
    is_default: true,
    is_cost: true,
    evidence: Evidence { source: "measured: 105 to 76 tokens for a compact Pydantic schema (o200k_base)", date: "2026-11-22" },
    options: &[OptionSpec { name: "min_tokens", default: Default::Int(5), about: "tokens of a definition worth a finding" }],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    if !view.prompt.pieces.iter().any(Piece::is_tool) {
        return;
    }
    for edit in view.transform("tool_schema") {
        if edit.tokens_saved.cast_signed() < view.int("min_tokens") {
            continue;
        }
        let Some(piece) = view.prompt.pieces.get(edit.segment) else { continue };
        let mut named = None;
        tool::each(piece, |definition| {
            if let (None, Some(name)) = (&named, definition.get("name")) {
                named = Some((format!("`{}`", definition.name()), name.span()));
            }
        });
        let (of, at) = named.unwrap_or_else(|| ("a tool".to_owned(), 0..1));
        let change = view.change(edit.segment, edit.span.clone(), &edit.replacement).map(|change| vec![change]);
        sink.report(
            Finding::at(
                view.at(edit.segment, at),
                format!("titles and the like in the definition of {of} cost {} tokens", edit.tokens_saved),
            )
            .saves(view.saving(edit.tokens_saved.cast_signed(), edit.segment, edit.span.start))
            .help("leave them out where the schema is generated")
            .fix("leave out what repeats", Applicability::Unsafe, change),
        );
    }
}
