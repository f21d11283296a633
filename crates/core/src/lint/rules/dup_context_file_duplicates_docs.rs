//! `context-file-duplicates-docs`: instructions for agents that are a copy.

use std::collections::{BTreeMap, BTreeSet};

use crate::dedup::Fingerprint;
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::file::PromptKind;
use crate::lint::rule::{Check, Default, Evidence, Mark, OptionSpec, Within};
use crate::lint::runner::folder;
use crate::lint::view::View;

rule! {
    /// A file of instructions for agents that says what another file of its folder says.
    ///
    /// ## Why
    ///
    /// AGENTS.md and CLAUDE.md with one text drift apart as soon as one is edited, and tools that read both pay for both.
    /// What stands in the README the agent can read when it needs it; in AGENTS.md it is billed in every session.
    ///
    /// ## Example
    ///
    /// AGENTS.md and CLAUDE.md, side by side, with the same 2,000 tokens.
    ///
    /// ## Options
    ///
    /// - `min_tokens`: least tokens that two files have in common.
    ///
    /// ## Limits
    ///
    /// Compares files of one folder. A file that only points to the other one (`@AGENTS.md`), or a symbolic link to it, is
    /// how it should be. README.md and CONTRIBUTING.md are compared if they are among the files that are linted.
    "context-file-duplicates-docs",
    code: "DUP008",
    severity: Severity::Info,
    is_default: true,
    is_cost: false,
    evidence: Evidence {
        source: "arXiv 2602.11988: context files raise the cost of a task by more than 20 %, most where they repeat documentation",
        date: "2026-11-22",
    },
    options: &[OptionSpec { name: "min_tokens", default: Default::Int(150), about: "least tokens in common" }],
    check: Check::Across { mark, judge, within: Within::Folder },
}

/// Documentation that lies beside the instructions.
const DOCS: &[&str] = &["readme.md", "contributing.md"];
/// What begins the words of marks of instructions, the others are documentation.
const INSTRUCTIONS: &str = "instructions";

fn mark(view: &View<'_>, marks: &mut Vec<Mark>) {
    let is_context = view.prompt.kind == PromptKind::AgentInstructions;
    if !is_context && !DOCS.contains(&&*view.file.name().to_lowercase()) {
        return;
    }
    // The least is of the whole file: kept with each mark, as a judge has no settings.
    let least = view.int("min_tokens");
    for (piece, of) in view.instructions() {
        for range in &view.prose(piece).blocks {
            let text = &of.as_str()[range.clone()];
            let is_heading = text.starts_with('#') && !text.contains('\n');
            if is_heading || text.len() < 24 {
                continue;
            }
            let span = view.at(piece, range.clone());
            let kind = if is_context { INSTRUCTIONS } else { "docs" };
            marks.push(Mark {
                path: view.file.path.clone(),
                line: view.file.lines.position(&view.file.text, span.start).line,
                span,
                key: Fingerprint::of(text).normalised(),
                tokens: view.share(piece, text.len()),
                words: format!("{kind} {least} {}", view.total()),
                saving: None,
            });
        }
    }
}

struct Shared {
    tokens: u64,
    blocks: Vec<usize>,
}

fn judge(marks: &[Mark], found: &mut Vec<(usize, Finding)>) {
    let mut by_key: BTreeMap<(&str, u128), Vec<usize>> = BTreeMap::new();
    for (index, mark) in marks.iter().enumerate() {
        by_key.entry((folder(&mark.path), mark.key)).or_default().push(index);
    }
    let mut pairs: BTreeMap<(&str, &str), Shared> = BTreeMap::new();
    for indices in by_key.values() {
        let mut files = BTreeSet::new();
        for index in indices {
            if files.insert(&*marks[*index].path) {
                for other in indices {
                    let (here, there) = (&marks[*index], &marks[*other]);
                    let is_context = here.words.starts_with(INSTRUCTIONS);
                    let is_earlier = there.path < here.path || !there.words.starts_with(INSTRUCTIONS);
                    if is_context && here.path != there.path && is_earlier {
                        let shared = pairs
                            .entry((&here.path, &there.path))
                            .or_insert_with(|| Shared { tokens: 0, blocks: Vec::new() });
                        if shared.blocks.last() != Some(index) {
                            shared.tokens += here.tokens;
                            shared.blocks.push(*index);
                        }
                    }
                }
            }
        }
    }
    for ((here, there), mut shared) in pairs {
        shared.blocks.sort_unstable();
        let Some(first) = shared.blocks.first().copied() else { continue };
        let mut said = marks[first].words.split(' ').skip(1).filter_map(|number| number.parse::<u64>().ok());
        let (least, total) = (said.next().unwrap_or(0), said.next().unwrap_or(0));
        // A third of the file: less is the odd command that both have to name.
        if shared.tokens < least || shared.tokens * 3 < total {
            continue;
        }
        let name = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
        let percent = (shared.tokens * 100 / total.max(1)).min(100);
        let message = format!("about {} tokens of this file, {percent} %, stand in {} too", shared.tokens, name(there));
        let help = if DOCS.contains(&&*name(there).to_lowercase()) {
            format!("refer to {} and keep here what it does not say", name(there))
        } else {
            format!("keep one file, and make {} a link or a line that points to it", name(here))
        };
        found.push((first, Finding::at(marks[first].span.clone(), message).help(help)));
    }
}
