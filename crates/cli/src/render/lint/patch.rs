//! What fixes would change, as a patch that `git apply` and `patch` take.

use promptopt::lint::runner::Report;
use similar::TextDiff;

use super::source::{merged, redact};
use crate::render::clean::is_unsafe;
use crate::render::page::{Page, Style};
use crate::render::words::plural;
use crate::settings::Settings;

/// The patch. For eyes, what a terminal would obey is spelt out; for a file it is what it is. Secrets are in neither: such a
/// hunk cannot be applied, which is better than a secret in a log.
pub(crate) fn patch(report: &Report, is_for_eyes: bool) -> String {
    let mut out = String::new();
    for checked in &report.checked {
        let Some(fixed) = &checked.fixed else { continue };
        let [before, after] =
            [(&fixed.before, &fixed.redact[0]), (&fixed.after, &fixed.redact[1])].map(|(text, secrets)| {
                let mark = if checked.has_mark { "\u{feff}" } else { "" };
                mark.to_owned() + &redact(text, 0..text.len(), merged(secrets.clone()).iter())
            });
        let diff = TextDiff::from_lines(&before, &after);
        let path = crate::render::clean(&checked.shown);
        let text = diff.unified_diff().context_radius(3).header(&format!("a/{path}"), &format!("b/{path}")).to_string();
        if is_for_eyes {
            out.push_str(&spelt_out(&text));
        } else {
            out.push_str(&text);
        }
    }
    out
}

fn spelt_out(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\t' => out.push(c),
            '\r' => {}
            c if is_unsafe(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// How much it is, for stderr.
pub(crate) fn summary(report: &Report, settings: &Settings) -> String {
    let mut page = Page::new(settings.width, settings.color_on_stderr);
    let fixed: Vec<_> = report.checked.iter().filter_map(|checked| checked.fixed.as_ref()).collect();
    if fixed.is_empty() {
        page.line().add("Nothing would be changed.", Style::Good);
    } else {
        let saved: u64 =
            fixed.iter().map(|fixed| fixed.weight_before.n_tokens.saturating_sub(fixed.weight_after.n_tokens)).sum();
        let made = plural(report.n_fixed() as u64, "fix would change", "fixes would change");
        let files = plural(fixed.len() as u64, "file", "files");
        let saved = if saved > 0 { format!(": {} fewer", plural(saved, "token", "tokens")) } else { String::new() };
        page.line().add(format!("{made} {files}{saved}."), Style::Bold);
    }
    page.finish()
}
