//! The fixed text of a template around its first variable: what is in front of it, and what of the rest could be.

use std::ops::Range;

use super::file::PromptKind;
use super::template::{Slot, SlotKind, Syntax};
use super::view::PromptView;
use crate::compress::protect::fences;

/// A template, walked from its beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Walk {
    /// The piece of the first variable.
    pub(super) piece: usize,
    /// Its bytes in the piece's text.
    pub(super) span: Range<usize>,
    /// Its expression.
    pub(super) code: String,
    /// Tokens of fixed text before it.
    pub(super) before: u64,
    /// Tokens of the longest fixed text after it without a variable in it, outside loops and conditions: what could be
    /// moved before it.
    pub(super) after: u64,
}

impl Walk {
    /// Walks a prompt up to the first variable of a kind and beyond; `None` if it has none. Variables that are not of the
    /// kind are the same in every call.
    pub(super) fn of(view: &PromptView<'_>, varies: impl Fn(&Slot) -> bool) -> Option<Walk> {
        if view.prompt.kind == PromptKind::AgentInstructions {
            // They go into a session as they stand: their braces are examples.
            return None;
        }
        if view.prompt.pieces.iter().all(|piece| piece.slots.is_empty()) {
            return None;
        }
        let mut walk = Walk::default();
        let mut is_found = false;
        // The length of the longest text decides, since to count them all would take as long as to count the prompt.
        let mut longest: Option<(usize, Range<usize>)> = None;
        for (index, piece) in view.prompt.pieces.iter().enumerate() {
            let text = piece.as_str();
            let bare = Bare::of(view, text);
            let (mut depth, mut start, mut at) = (0_usize, 0, 0);
            for slot in &piece.slots {
                if slot.kind == SlotKind::Comment || bare.as_ref().is_some_and(|bare| !bare.is_slot(text, slot)) {
                    continue;
                }
                if is_found {
                    keep(&mut longest, index, start..slot.span.start, depth);
                } else {
                    walk.before += view.count(piece, text.get(at..slot.span.start).unwrap_or_default());
                }
                at = slot.span.end;
                start = slot.span.end;
                match (slot.kind, block(&slot.code)) {
                    (SlotKind::Control, Block::Opens) => depth += 1,
                    (SlotKind::Control, Block::Closes) => depth = depth.saturating_sub(1),
                    (SlotKind::Output, _) if !is_found && !has_default(view, slot) && varies(slot) => {
                        is_found = true;
                        (walk.piece, walk.span, walk.code) = (index, slot.span.clone(), slot.code.clone());
                    }
                    _ => {}
                }
            }
            if is_found {
                keep(&mut longest, index, start..text.len(), depth);
            } else {
                walk.before += view.count(piece, text.get(at..).unwrap_or_default());
            }
        }
        if let Some((index, range)) = longest
            && let Some(piece) = view.prompt.pieces.get(index)
        {
            walk.after = view.count(piece, piece.as_str().get(range).unwrap_or_default());
        }
        is_found.then_some(walk)
    }

    /// Tokens that would be read from the cache if the fixed text stood first, over those that are now; `None` if what is
    /// behind the variable could not be cached by itself.
    pub(super) fn gain(&self, min_tokens: u64) -> Option<u64> {
        if self.after < min_tokens.max(1) {
            return None;
        }
        Some(if self.before >= min_tokens { self.after } else { self.before + self.after })
    }
}

fn keep(longest: &mut Option<(usize, Range<usize>)>, piece: usize, range: Range<usize>, depth: usize) {
    if depth == 0 && longest.as_ref().is_none_or(|(_, best)| best.len() < range.len()) {
        *longest = Some((piece, range));
    }
}

/// `${name:default}` is a setting that most callers leave as it is.
fn has_default(view: &PromptView<'_>, slot: &Slot) -> bool {
    view.prompt.syntax == Syntax::Dollar && slot.code.contains(':')
}

/// A text by itself, whose template language is guessed: what stands in code is an example.
struct Bare {
    fences: Vec<Range<usize>>,
    /// `{x}` and `${x}` without a declaration are as often what the model is to write.
    is_doubtful: bool,
}

impl Bare {
    fn of(view: &PromptView<'_>, text: &str) -> Option<Bare> {
        let is_bare = view.file.format == "markdown" && view.prompt.variables.is_none();
        let is_doubtful = matches!(view.prompt.syntax, Syntax::Braces | Syntax::Dollar);
        is_bare.then(|| Bare { fences: fences(text), is_doubtful })
    }

    fn is_slot(&self, text: &str, slot: &Slot) -> bool {
        let after = self.fences.partition_point(|fence| fence.end <= slot.span.start);
        let in_fence = self.fences.get(after).is_some_and(|fence| fence.start <= slot.span.start);
        // A long line is data; its quotes say nothing.
        let window = text.as_bytes().get(slot.span.start.saturating_sub(1000)..slot.span.start).unwrap_or_default();
        let line = memchr::memrchr(b'\n', window).map_or(0, |end| end + 1);
        let in_quote = memchr::memchr_iter(b'`', &window[line..]).count() % 2 == 1;
        // Far down it is the text's subject more often than its room.
        let is_late = slot.span.start > text.len() / 2;
        !self.is_doubtful && !in_fence && !in_quote && !is_late
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
