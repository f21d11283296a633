//! Fixes as code actions: one a finding, and all safe ones at once.

use std::collections::HashMap;

use promptopt::lint::{Applicability, Change, File, Fix, Linter};
use tower_lsp_server::ls_types::{
    CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, TextEdit, Uri, WorkspaceEdit,
};

use super::{Document, convert};

/// The actions at a range, those that an editor asks for.
pub(super) fn at(
    uri: &Uri,
    document: &Document,
    linter: &Linter,
    params: &CodeActionParams,
) -> Vec<CodeActionOrCommand> {
    let file = &document.file;
    let wants = |kind: &CodeActionKind| {
        let only = params.context.only.as_ref();
        only.is_none_or(|kinds| kinds.iter().any(|wanted| kind.as_str().starts_with(wanted.as_str())))
    };
    let mut actions = Vec::new();
    if wants(&CodeActionKind::QUICKFIX) {
        let (start, end) = (convert::offset(file, params.range.start), convert::offset(file, params.range.end));
        for found in &document.diagnostics {
            let span = &found.finding.span;
            let Some(fix) = found.finding.fix.as_ref().filter(|_| span.start <= end && start <= span.end) else {
                continue;
            };
            if fix.applicability == Applicability::Display {
                continue;
            }
            actions.push(CodeActionOrCommand::CodeAction(CodeAction {
                title: title(fix, found.rule.code),
                kind: Some(CodeActionKind::QUICKFIX),
                diagnostics: Some(vec![convert::diagnostic(uri, file, found)]),
                edit: Some(edit(uri, file, &fix.changes)),
                is_preferred: Some(fix.applicability == Applicability::Safe),
                ..CodeAction::default()
            }));
        }
    }
    if wants(&CodeActionKind::SOURCE_FIX_ALL) {
        let fixed = linter.fix(&file.path, &file.text, &document.settings, Applicability::Safe);
        if fixed.text != file.text {
            let whole = Change { span: 0..file.text.len(), text: fixed.text };
            actions.push(CodeActionOrCommand::CodeAction(CodeAction {
                title: "promptopt: apply all safe fixes".to_owned(),
                kind: Some(CodeActionKind::SOURCE_FIX_ALL),
                edit: Some(edit(uri, file, &[whole])),
                ..CodeAction::default()
            }));
        }
    }
    actions
}

fn title(fix: &Fix, code: &str) -> String {
    let unsafely = if fix.applicability == Applicability::Unsafe { " (unsafe)" } else { "" };
    format!("{}{unsafely} ({code})", fix.title)
}

fn edit(uri: &Uri, file: &File, changes: &[Change]) -> WorkspaceEdit {
    let edits = changes
        .iter()
        .map(|change| TextEdit { range: convert::range(file, &change.span), new_text: change.text.clone() })
        .collect();
    WorkspaceEdit { changes: Some(HashMap::from([(uri.clone(), edits)])), ..WorkspaceEdit::default() }
}
