//! `directory-tour`: a tree of the files that the agent can list.

use std::ops::Range;

use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::file::PromptKind;
use crate::lint::front_matter::is_in_every_session;
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::view::View;

rule! {
    /// A long tree of the repository's files in an instruction file for agents.
    ///
    /// ## Why
    ///
    /// The agent can list files, and does; the tree costs tokens in every session and is out of date with the next commit. In a
    /// study of 2026 overviews of the repository did not help agents find the files that mattered.
    ///
    /// ## Example
    ///
    /// ```text
    /// src/
    /// ├── api/
    /// │   ├── routes.py
    /// ```
    ///
    /// and so on for forty lines.
    ///
    /// ## Options
    ///
    /// - `max_lines`: lines of a tree that are fine.
    ///
    /// ## Limits
    ///
    /// Only trees drawn with lines. In skills, prompts and rules for some files they may be what is to be made, and are left
    /// alone.
    "directory-tour",
    code: "AGT002",
    severity: Severity::Info,
    is_default: true,
    is_cost: true,
    evidence: Evidence { source: "arXiv 2602.11988: overviews do not speed up finding files", date: "2026-11-22" },
    options: &[OptionSpec { name: "max_lines", default: Default::Int(30), about: "lines of a tree that are fine" }],
    check: Check::Prompt(check),
}

fn check(view: &View<'_>, sink: &mut Sink<'_>) {
    if view.prompt.kind != PromptKind::AgentInstructions || !is_in_every_session(view.file) {
        return;
    }
    let max_lines = usize::try_from(view.int("max_lines")).unwrap_or(0);
    for (index, piece) in view.prompt.pieces.iter().enumerate() {
        let text = piece.as_str();
        for (range, n_lines) in trees(text) {
            if n_lines <= max_lines {
                continue;
            }
            let tokens = view.tokens_saved(index, &[(range.clone(), String::new())]);
            sink.report(
                Finding::at(
                    view.at(index, range.clone()),
                    format!("a tree of {n_lines} lines costs {tokens} tokens in every session"),
                )
                .help("name the few places that a newcomer would not find; the agent lists the rest itself")
                .saves(view.saving(tokens, index, range.start)),
            );
        }
    }
}

/// Stretches of lines that draw a tree, with their number.
fn trees(text: &str) -> Vec<(Range<usize>, usize)> {
    // U+251C and U+2514, `├` and `└`, begin with E2 94: a text without that has no tree.
    if memchr::memmem::find(text.as_bytes(), "├".as_bytes()).is_none() {
        return Vec::new();
    }
    let mut found: Vec<(Range<usize>, usize)> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let drawn = line.trim_start();
        if !drawn.starts_with(['├', '└', '│']) {
            continue;
        }
        match found.last_mut() {
            Some((last, n_lines)) if last.end == start => {
                last.end = at;
                *n_lines += 1;
            }
            _ => found.push((start..at, 1)),
        }
    }
    found
}
