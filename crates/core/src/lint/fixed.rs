//! The fixed text of a template around its first variable: what is in front of it, and what of the rest could be.

use std::ops::Range;

use super::template::{Slot, SlotKind};
use super::view::PromptView;
use super::volatile;

/// Fixed text behind a variable counts from so many tokens on: less is a label that belongs to its place.
const LEAST_RUN: u64 = 50;

/// A template, walked from its beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Walk {
    /// The piece of the first variable.
    pub(super) piece: usize,
    /// Its bytes in the piece's text.
    pub(super) span: Range<usize>,
    /// Its expression.
    pub(super) code: String,
    /// Whether it is a clock or a fresh number.
    pub(super) is_volatile: bool,
    /// Tokens of fixed text before it.
    pub(super) before: u64,
    /// Tokens of fixed text after it that could stand before it: long runs outside loops and conditions.
    pub(super) after: u64,
}

impl Walk {
    /// Walks a prompt; `None` if nothing in it varies. `is_constant` tells variables that are the same in every call.
    pub(super) fn of(view: &PromptView<'_>, is_constant: impl Fn(&Slot) -> bool) -> Option<Walk> {
        let varies = |slot: &Slot| slot.kind == SlotKind::Output && !is_constant(slot);
        let first = view.prompt.pieces.iter().position(|piece| piece.slots.iter().any(varies))?;
        let mut walk = Walk { piece: first, ..Walk::default() };
        for piece in &view.prompt.pieces {
            let text = piece.as_str();
            let mut depth = 0_usize;
            let mut at = 0;
            let add = |walk: &mut Walk, range: Range<usize>, depth: usize| {
                let run = text.get(range).unwrap_or_default();
                // A token has a byte at least.
                if walk.code.is_empty() {
                    walk.before += view.count(piece, run);
                } else if depth == 0 && run.len() as u64 >= LEAST_RUN {
                    let tokens = view.count(piece, run);
                    walk.after += if tokens >= LEAST_RUN { tokens } else { 0 };
                }
            };
            for slot in &piece.slots {
                add(&mut walk, at..slot.span.start, depth);
                at = slot.span.end.max(at);
                if slot.kind == SlotKind::Control {
                    match block(&slot.code) {
                        Block::Opens => depth += 1,
                        Block::Closes => depth = depth.saturating_sub(1),
                        Block::Neither => {}
                    }
                } else if walk.code.is_empty() && varies(slot) {
                    walk.span = slot.span.clone();
                    walk.code = if slot.code.is_empty() { "?".to_owned() } else { slot.code.clone() };
                    walk.is_volatile = volatile::is_volatile(&slot.code);
                }
            }
            add(&mut walk, at..text.len(), depth);
        }
        Some(walk)
    }

    /// Tokens that would be read from the cache if the fixed text stood first, over those that are now; `None` if what is
    /// behind the variable could not be cached by itself.
    pub(super) fn gain(&self, min_tokens: u64) -> Option<u64> {
        if self.after < min_tokens.max(LEAST_RUN) {
            return None;
        }
        Some(if self.before >= min_tokens { self.after } else { self.before + self.after })
    }
}

enum Block {
    Opens,
    Closes,
    Neither,
}

/// What a control block does to the text behind it.
fn block(code: &str) -> Block {
    let word = code.split_whitespace().next().unwrap_or_default();
    match word {
        "if" | "for" | "macro" | "call" | "filter" | "unless" | "case" | "each" => Block::Opens,
        "set" if !code.contains('=') => Block::Opens,
        // These open nothing above: what they hold stands in its place.
        "endblock" | "endraw" | "endwith" | "endautoescape" => Block::Neither,
        _ if word.starts_with(['#', '^']) => Block::Opens,
        _ if word.starts_with("end") || word.starts_with('/') => Block::Closes,
        _ => Block::Neither,
    }
}
