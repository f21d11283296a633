//! Findings and places as the protocol has them.

use promptopt::lint::{Diagnostic, File, Severity};
use tower_lsp_server::ls_types::{
    self as lsp, DiagnosticRelatedInformation, DiagnosticSeverity, Location, NumberOrString, Position, Range, Uri,
};

/// A range of bytes as lines and UTF-16 columns.
pub(super) fn range(file: &File, span: &std::ops::Range<usize>) -> Range {
    let position = |offset| {
        let (line, character) = file.lines.utf16(&file.text, offset);
        Position { line, character }
    };
    Range { start: position(span.start), end: position(span.end) }
}

/// A place as an offset in bytes.
pub(super) fn offset(file: &File, position: Position) -> usize {
    file.lines.offset_of_utf16(&file.text, position.line, position.character)
}

/// A finding.
pub(super) fn diagnostic(uri: &Uri, file: &File, found: &Diagnostic) -> lsp::Diagnostic {
    let finding = &found.finding;
    let related = finding.labels.iter().map(|(span, text)| DiagnosticRelatedInformation {
        location: Location { uri: uri.clone(), range: range(file, span) },
        message: text.clone(),
    });
    let related: Vec<_> = related.collect();
    lsp::Diagnostic {
        range: range(file, &finding.span),
        severity: Some(match found.severity {
            Severity::Error => DiagnosticSeverity::ERROR,
            Severity::Warning => DiagnosticSeverity::WARNING,
            Severity::Info => DiagnosticSeverity::INFORMATION,
        }),
        code: Some(NumberOrString::String(found.rule.code.to_owned())),
        source: Some("promptopt".to_owned()),
        message: message(found),
        related_information: (!related.is_empty()).then_some(related),
        ..lsp::Diagnostic::default()
    }
}

/// What is said, with what it saves and what to do.
fn message(found: &Diagnostic) -> String {
    let finding = &found.finding;
    let mut lines = vec![format!("{} ({})", finding.message, found.rule.name)];
    lines.extend(saving(found).map(|words| format!("saves {words}")));
    lines.extend(finding.notes.iter().cloned());
    lines.extend(finding.help.iter().map(|help| format!("help: {help}")));
    lines.join("\n")
}

/// `12 tokens a call, $0.0012 per 1,000 calls`, if it saves something that is known.
pub(super) fn saving(found: &Diagnostic) -> Option<String> {
    let saving = found.finding.saving?;
    let mut words = Vec::new();
    if let Some(tokens) = saving.tokens.filter(|tokens| *tokens > 0) {
        words.push(format!("{} a call", crate::render::words::plural(tokens.unsigned_abs(), "token", "tokens")));
    }
    if let Some(usd) = saving.usd_per_1k.filter(|usd| usd.pico() > 0) {
        words.push(format!("{usd} per 1,000 calls"));
    }
    if let Some(usd) = found.usd_per_month() {
        words.push(format!("{usd} a month"));
    }
    (!words.is_empty()).then(|| words.join(", "))
}
