//! Findings that somebody decided to live with: by a comment beside them (`suppress/directive.rs`), by a pattern in
//! `promptopt.toml`, or by a sidecar file. A decision may have a last day; one that hides nothing is a finding itself.

mod directive;

use directive::{Directive, Scope};

use super::diagnostic::{Applicability, Change, Diagnostic, Finding};
use super::file::File;
use super::rule::Rule;
use super::rules;
use super::run::Linted;
use super::settings::{Ignore, Settings};
use super::view::PromptView;

/// Leaves out what is suppressed, and says what is wrong with suppressions.
pub(super) fn apply(file: &File, prompts: &[PromptView<'_>], settings: &Settings, linted: &mut Linted) {
    let mut directives = directive::find(file);
    let ignores: Vec<&Ignore> = settings.ignores.iter().filter(|ignore| ignore.paths.is_match(&file.path)).collect();
    if directives.is_empty() && ignores.is_empty() {
        return;
    }
    let is_over = |until: Option<jiff::civil::Date>| until.is_some_and(|day| day < settings.today);
    let (over, ignores): (Vec<&Ignore>, Vec<&Ignore>) = ignores.into_iter().partition(|ignore| is_over(ignore.until));
    for ignore in over {
        expired_ignore(ignore, settings, file, linted);
    }
    directives.retain(|directive| {
        about(directive, file, prompts, settings, linted);
        let holds = directive.mistake.is_none() && !is_over(directive.until);
        if directive.mistake.is_none() && !holds {
            expired(directive, settings, file, linted);
        }
        holds
    });

    let mut is_ignore_used = vec![false; ignores.len()];
    let mut is_hidden = |code: &'static str, at: usize| {
        let mut is_hidden = false;
        for (ignore, is_used) in ignores.iter().zip(&mut is_ignore_used) {
            if ignore.rules.contains(&code) {
                (is_hidden, *is_used) = (true, true);
            }
        }
        for directive in &mut directives {
            is_hidden |= directive.hides(code, at);
        }
        is_hidden
    };
    let n_before = linted.diagnostics.len();
    linted.diagnostics.retain(|diagnostic| !is_hidden(diagnostic.rule.code, diagnostic.finding.span.start));
    linted.n_suppressed += n_before - linted.diagnostics.len();
    // What is compared over files is judged later: what is suppressed here does not take part.
    linted.marks.retain(|(rule, mark)| !is_hidden(rule.code, mark.span.start));

    for directive in &directives {
        unused(directive, settings, file, linted);
    }
    for (ignore, is_used) in ignores.iter().zip(is_ignore_used) {
        // A pattern in promptopt.toml speaks of many files; a sidecar of this one.
        if ignore.is_sidecar && !is_used && is_judged(&ignore.rules, settings) {
            let message = format!("nothing here for {} to hide ({})", ignore.rules.join(", "), ignore.from);
            report(
                rules::UNUSED_SUPPRESSION,
                Finding::at(start(file), message).help("remove it"),
                settings,
                file,
                linted,
            );
        }
    }
}

/// What is wrong with a directive itself.
fn about(directive: &Directive, file: &File, prompts: &[PromptView<'_>], settings: &Settings, linted: &mut Linted) {
    if let Some(mistake) = &directive.mistake {
        let finding = Finding::at(mistake.span.clone(), mistake.message.clone());
        let finding = match &mistake.help {
            Some(help) => finding.help(help),
            None => finding,
        };
        report(rules::UNKNOWN_SUPPRESSION, finding, settings, file, linted);
    }
    let Some((prompt, piece)) = directive.billed_in else { return };
    let Some(view) = prompts.get(prompt) else { return };
    let Some(range) = view.prompt.pieces.get(piece).and_then(|piece| piece.text.in_text(&directive.comment)) else {
        return;
    };
    let tokens = view.tokens_saved_at(piece, &range, "");
    if tokens <= 0 {
        return;
    }
    let named: Vec<String> = directive.selectors.iter().map(|one| format!("\"{}\"", one.written)).collect();
    let finding =
        Finding::at(directive.comment.clone(), format!("this comment is sent with the prompt: {tokens} tokens a call"))
            .saves(view.saving(tokens, piece, range.start))
            .help(format!(
                "move it into `{}{}`: `[[ignore]]` and below it `rules = [{}]`",
                file.name(),
                super::SIDECAR_SUFFIX,
                named.join(", ")
            ));
    report(rules::BILLED_SUPPRESSION, finding, settings, file, linted);
}

fn expired(directive: &Directive, settings: &Settings, file: &File, linted: &mut Linted) {
    let Some(until) = directive.until else { return };
    let message = format!("this suppression ended on {until}");
    let finding = Finding::at(directive.span.clone(), message).help("mend what it hid, or set a later day");
    report(rules::EXPIRED_SUPPRESSION, finding, settings, file, linted);
}

/// A pattern or a sidecar whose day has come: worth a word only where it hid something.
fn expired_ignore(ignore: &Ignore, settings: &Settings, file: &File, linted: &mut Linted) {
    let first = linted.diagnostics.iter().find(|diagnostic| ignore.rules.contains(&diagnostic.rule.code));
    let (Some(first), Some(until)) = (first, ignore.until) else { return };
    let message = format!("{} was left out here until {until} ({})", first.rule.code, ignore.from);
    let finding = Finding::at(first.finding.span.clone(), message).help("mend what it hid, or set a later day");
    report(rules::EXPIRED_SUPPRESSION, finding, settings, file, linted);
}

fn unused(directive: &Directive, settings: &Settings, file: &File, linted: &mut Linted) {
    let unused: Vec<_> =
        directive.selectors.iter().filter(|one| !one.is_used && is_judged(&one.codes, settings)).collect();
    if unused.is_empty() {
        return;
    }
    let names: Vec<&str> = unused.iter().map(|one| &*one.written).collect();
    let place = if directive.scope == Scope::File { "in this file" } else { "here" };
    let mut finding = Finding::at(directive.span.clone(), format!("nothing {place} for {} to hide", names.join(", ")));
    if unused.len() == directive.selectors.len() {
        let change = directive.removal.clone().map(|span| vec![Change { span, text: String::new() }]);
        finding = finding.fix("remove the comment", Applicability::Safe, change).help("remove it");
    } else {
        finding = finding.help(format!("take {} out of it", names.join(", ")));
    }
    report(rules::UNUSED_SUPPRESSION, finding, settings, file, linted);
}

/// Whether the run looked for what these rules find: where somebody chose other rules, nothing can be said.
fn is_judged(codes: &[&'static str], settings: &Settings) -> bool {
    let is_on = |code: &str| settings.rules.contains_key(code);
    let is_default = |code: &str| super::RULES.iter().any(|rule| rule.code == code && rule.is_default);
    codes.iter().any(|code| is_on(code)) && codes.iter().all(|code| is_on(code) || !is_default(code))
}

fn start(file: &File) -> std::ops::Range<usize> {
    let line = file.text.find('\n').unwrap_or(file.text.len());
    0..line
}

fn report(rule: &'static Rule, finding: Finding, settings: &Settings, file: &File, linted: &mut Linted) {
    let Some(severity) = settings.severity(rule) else { return };
    linted.diagnostics.push(Diagnostic {
        rule,
        severity,
        path: file.path.clone(),
        finding,
        calls_per_month: settings.calls_per_month(&file.path),
    });
}
