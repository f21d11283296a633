//! What was not counted, and what a reader should know.

use promptopt::estimate::Report;

use crate::render::page::{Page, Style, wrap};
use crate::render::words;
use crate::render::{View, clean};

/// Skipped places shown on one screen.
const SKIPPED_SHOWN: usize = 3;
/// Notes shown on one screen.
const NOTES_SHOWN: usize = 4;

/// Draws both.
pub(super) fn draw(report: &Report, view: &View, page: &mut Page) {
    skipped(report, view, page);
    not_corpora(report, view, page);
    if report.notes.is_empty() {
        return;
    }
    let n_shown = if view.full { report.notes.len() } else { NOTES_SHOWN.min(report.notes.len()) };
    let more = report.notes.len() - n_shown;
    page.heading("NOTES", &if more == 0 { String::new() } else { format!("and {more} more with --full") });
    for note in &report.notes[..n_shown] {
        for (i, row) in wrap(&clean(note), page.width.saturating_sub(4)).into_iter().enumerate() {
            page.line().space(2).add(if i == 0 { "· " } else { "  " }, Style::Dim).add(row, Style::Plain);
        }
    }
}

fn skipped(report: &Report, view: &View, page: &mut Page) {
    if report.skipped_total == 0 {
        return;
    }
    let n_shown = if view.full { report.skipped.len() } else { SKIPPED_SHOWN.min(report.skipped.len()) };
    let all = words::plural(report.skipped_total, "place", "places");
    let more = report.skipped_total > n_shown as u64;
    page.heading("NOT COUNTED", &if more { format!("{all}, the first {n_shown}") } else { all });
    for place in &report.skipped[..n_shown] {
        let text = format!("{}: {}", words::place(place), clean(&place.reason));
        for (i, row) in wrap(&text, page.width.saturating_sub(4)).into_iter().enumerate() {
            page.line().space(if i == 0 { 2 } else { 4 }).add(row, Style::Plain);
        }
    }
}

/// Files that hold no prompts: a number is enough, as nothing of the corpus is missing.
fn not_corpora(report: &Report, view: &View, page: &mut Page) {
    if report.not_corpora.is_empty() {
        return;
    }
    let n_files = words::plural(report.not_corpora.len() as u64, "file", "files");
    page.heading("NO CORPUS", &format!("{n_files} passed over"));
    if view.full {
        for place in &report.not_corpora {
            page.paragraph(&format!("{}: {}", words::place(place), clean(&place.reason)), 2, Style::Plain);
        }
    }
}
