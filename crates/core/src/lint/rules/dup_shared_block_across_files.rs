//! `shared-block-across-files`: what several prompts have in common.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use crate::dedup::Fingerprint;
use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::file::PromptKind;
use crate::lint::rule::{Check, Default, Evidence, Mark, OptionSpec, Within};
use crate::lint::template::SlotKind;
use crate::lint::view::View;

rule! {
    /// A block that stands in three prompt files and more.
    ///
    /// ## Why
    ///
    /// A text kept in several places drifts apart. Kept in one place and put first, it is also a prefix that all those
    /// prompts share, which the provider's prompt cache can serve.
    ///
    /// ## Example
    ///
    /// The same rules of style, 120 tokens, in `prompts/reply.md`, `prompts/refund.md` and `prompts/close.md`.
    ///
    /// ## Options
    ///
    /// - `min_tokens`: shorter blocks are left alone.
    ///
    /// ## Limits
    ///
    /// Says so once for each group of files, at the first of them. Blocks with variables are left alone: no cache can serve
    /// them, and each template has its own. Files of instructions for agents are another rule's
    /// (`context-file-duplicates-docs`): each tool wants its own.
    "shared-block-across-files",
    code: "DUP003",
    severity: Severity::Info,
    is_default: false,
    is_cost: false,
    evidence: Evidence { source: "equality as in `promptopt dedup`", date: "2026-11-22" },
    options: &[OptionSpec { name: "min_tokens", default: Default::Int(100), about: "least tokens of a block" }],
    check: Check::Across { mark, judge, within: Within::Run },
}

const MIN_FILES: usize = 3;

fn mark(view: &View<'_>, marks: &mut Vec<Mark>) {
    if !matches!(view.prompt.kind, PromptKind::Template | PromptKind::Skill) {
        return;
    }
    for (piece, of) in view.instructions() {
        for range in &view.prose(piece).blocks {
            let text = &of.as_str()[range.clone()];
            let tokens = view.share(piece, text.len());
            let varies = of.slots.iter().any(|slot| {
                slot.kind != SlotKind::Comment && slot.span.start < range.end && range.start < slot.span.end
            });
            if varies || !view.is_worth(tokens.cast_signed()) {
                continue;
            }
            let span = view.at(piece, range.clone());
            marks.push(Mark {
                path: view.file.path.clone(),
                line: view.file.lines.position(&view.file.text, span.start).line,
                span,
                key: Fingerprint::of(text).normalised(),
                tokens,
                words: crate::text::shorten(text.lines().next().unwrap_or_default(), 40),
                saving: None,
            });
        }
    }
}

fn judge(marks: &[Mark], found: &mut Vec<(usize, Finding)>) {
    let mut by_key: BTreeMap<u128, Vec<usize>> = BTreeMap::new();
    for (index, mark) in marks.iter().enumerate() {
        by_key.entry(mark.key).or_default().push(index);
    }
    // Blocks that the same files share are one finding.
    let mut by_files: BTreeMap<Vec<&str>, Vec<usize>> = BTreeMap::new();
    for indices in by_key.values() {
        let files: BTreeSet<&str> = indices.iter().map(|index| &*marks[*index].path).collect();
        if files.len() >= MIN_FILES {
            by_files.entry(files.into_iter().collect()).or_default().push(indices[0]);
        }
    }
    for (files, mut blocks) in by_files {
        blocks.sort_unstable();
        let Some(first) = blocks.first().copied() else { continue };
        let tokens: u64 = blocks.iter().map(|index| marks[*index].tokens).sum();
        let what = if blocks.len() == 1 {
            "this block".to_owned()
        } else {
            format!("this block and {} more", blocks.len() - 1)
        };
        let others: Vec<&str> = files.iter().filter(|path| **path != marks[first].path).copied().collect();
        let mut note = format!("also in {}", others.iter().take(3).copied().collect::<Vec<_>>().join(", "));
        if others.len() > 3 {
            let _ = write!(note, " and {} more", others.len() - 3);
        }
        let message = format!("{what}: about {tokens} tokens that {} files have in common", files.len());
        let finding = Finding::at(marks[first].span.clone(), message)
            .note(note)
            .help("keep it in one file that the others include, and put it first, where a prompt cache can serve it");
        found.push((first, finding));
    }
}
