//! What stands under the cursor costs: the prompt, its part and section, and what was found there.

use promptopt::lint::Linter;
use promptopt::lint::explain::{Explained, explain};
use promptopt::usd::Usd;
use tower_lsp_server::ls_types::{Hover, HoverContents, MarkupContent, MarkupKind, Position};

use super::{Document, convert};
use crate::render::words;

/// The hover at a place; nothing outside prompts.
pub(super) fn at(document: &Document, linter: &Linter, position: Position) -> Option<Hover> {
    let file = &document.file;
    let offset = convert::offset(file, position);
    let index = file.prompts.iter().position(|prompt| prompt.span.contains(&offset) || prompt.span.end == offset)?;
    let explained = explain(linter, file, &document.settings);
    let prompt = explained.get(index)?;
    let mut lines = vec![head(prompt)];
    // A part that stands nowhere of its own (a call's arguments inside a string) spans its whole request.
    let parts = prompt.parts.iter().filter(|part| part.span.contains(&offset));
    let part = parts.min_by_key(|part| part.span.len());
    if let Some(part) = part {
        let place = if part.is_in_prefix && prompt.prefix.is_cacheable { ", in the cacheable prefix" } else { "" };
        lines.push(format!("{}: {}{place}", part.kind.replace('_', " "), figures(part.tokens, part.usd_per_1k)));
        if let Some(section) = part.sections.iter().find(|section| section.span.contains(&offset))
            && part.sections.len() > 1
        {
            lines.push(format!("this section: {}", figures(section.tokens, section.usd_per_1k)));
        }
    }
    for found in &document.diagnostics {
        if found.finding.span.contains(&offset) || found.finding.span.start == offset {
            lines.push(format!("**{} {}**: {}", found.rule.code, found.rule.name, found.rule.about()));
        }
    }
    let contents = MarkupContent { kind: MarkupKind::Markdown, value: lines.join("\n\n") };
    Some(Hover { contents: HoverContents::Markup(contents), range: None })
}

fn head(prompt: &Explained) -> String {
    let model = prompt.model.as_deref().unwrap_or("o200k_base, no model named");
    let about = if prompt.is_exact { "" } else { "about " };
    let cached = prompt.usd_per_1k_cached.map(|cached| format!("; {cached} with the prefix cached"));
    format!("**{about}{}** for `{model}`{}", figures(prompt.tokens, prompt.usd_per_1k), cached.unwrap_or_default())
}

fn figures(tokens: u64, usd: Option<Usd>) -> String {
    let tokens = words::plural(tokens, "token", "tokens");
    usd.map_or_else(|| tokens.clone(), |usd| format!("{tokens}, {usd} per 1,000 calls"))
}
