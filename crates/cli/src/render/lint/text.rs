//! Findings beside the source that they are about, as rustc lays them out.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use promptopt::lint::{Diagnostic, Severity};

use super::excerpt::{Pointer, excerpts};
use super::{Findings, saving};
use crate::render::clean;
use crate::render::page::wrap;
use crate::settings::Settings;

/// Other places of a finding that are shown.
const MAX_LABELS: usize = 4;
/// Columns left of the source: number, bar and blanks.
const GUTTER: usize = 10;

pub(super) fn text(findings: &Findings<'_>, settings: &Settings) -> String {
    let renderer = if settings.color_on_stdout { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.term_width(settings.width.max(40));
    let mut out = String::new();
    for diagnostic in findings.shown() {
        out.push_str(&one(findings, diagnostic, settings.width, &renderer));
        out.push_str("\n\n");
    }
    out
}

fn one(findings: &Findings<'_>, diagnostic: &Diagnostic, width: usize, renderer: &Renderer) -> String {
    let finding = &diagnostic.finding;
    let source = findings.source(diagnostic);
    let mut pointers = vec![Pointer { span: finding.span.clone(), label: "", is_primary: true }];
    let labels = finding.labels.iter().take(MAX_LABELS);
    pointers.extend(labels.map(|(span, label)| Pointer { span: span.clone(), label, is_primary: false }));

    let title = findings.words(diagnostic, &finding.message);
    let id = format!("{} {}", diagnostic.rule.code, diagnostic.rule.name);
    let mut group = Group::with_title(level(diagnostic.severity).primary_title(title).id(id));
    let mut places = Vec::new();
    for excerpt in excerpts(source, &pointers, width.saturating_sub(GUTTER).max(30)) {
        let place = source.position(excerpt.begins_at);
        places.push(format!("{}:{}:{}", clean(&diagnostic.path), place.line, place.column));
        let annotations = excerpt.pointers.into_iter().map(|(span, label, is_primary)| {
            let kind = if is_primary { AnnotationKind::Primary } else { AnnotationKind::Context };
            let label = findings.words(diagnostic, &label);
            kind.span(span).label((!label.is_empty()).then_some(label))
        });
        let snippet = Snippet::source(excerpt.text).line_start(excerpt.first_line).fold(false).path(PLACE);
        group = group.element(snippet.annotations(annotations.collect::<Vec<_>>()));
    }
    for (name, text) in remarks(findings, diagnostic) {
        let room = width.saturating_sub(GUTTER + name.len()).max(30);
        let level = match name {
            "help" | "fix" => Level::HELP,
            _ => Level::NOTE,
        };
        group = group.element(level.with_name(name).message(wrap(&text, room).join("\n")));
    }
    put_places(&renderer.render(&[group]), &places)
}

/// Stands for a place until the text is laid out: in a line that was cut or spelt out, the column of the excerpt is not that
/// of the file. No excerpt holds the character: it would be spelt out.
const PLACE: &str = "\u{e000}";

fn put_places(text: &str, places: &[String]) -> String {
    let mut parts = text.split(PLACE);
    let mut out = parts.next().unwrap_or_default().to_owned();
    for (part, place) in parts.zip(places) {
        out.push_str(place);
        out.push_str(part.trim_start_matches(|c: char| c == ':' || c.is_ascii_digit()));
    }
    out
}

/// What is said below the source, each with its name.
fn remarks(findings: &Findings<'_>, diagnostic: &Diagnostic) -> Vec<(&'static str, String)> {
    let finding = &diagnostic.finding;
    let words = |text: &str| findings.words(diagnostic, text);
    let mut remarks: Vec<(&'static str, String)> = Vec::new();
    let n_more = finding.labels.len().saturating_sub(MAX_LABELS);
    if n_more > 0 {
        remarks.push(("note", format!("{n_more} more places belong to it: --output json names them")));
    }
    remarks.extend(finding.notes.iter().map(|note| ("note", words(note))));
    remarks.extend(saving::long(diagnostic));
    remarks.extend(finding.help.as_ref().map(|help| ("help", words(help))));
    if let Some(fix) = &finding.fix {
        let how = match fix.applicability.name() {
            "safe" => " (--fix)",
            "unsafe" => " (--unsafe-fixes: may change what the model does)",
            _ => " (by hand)",
        };
        remarks.push(("fix", words(&fix.title) + how));
    }
    remarks
}

fn level(severity: Severity) -> Level<'static> {
    match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::INFO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_place_is_the_files_not_the_excerpts() {
        let laid_out = " --> \u{e000}:3:9\n  |\n ::: \u{e000}:7:1\n";
        let places = ["a.md:3:900".to_owned(), "a.md:7:4".to_owned()];
        assert_eq!(put_places(laid_out, &places), " --> a.md:3:900\n  |\n ::: a.md:7:4\n");
    }
}
