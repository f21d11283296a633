//! Where shorter is dearer: a standing prefix that the provider caches costs a tenth from the second call on; cut below the
//! least length that is cached, it costs all, every time.

use super::Weigher;
use crate::compress::{Counter, Edit, Segment, SegmentKind};

/// What stands still (tools and instructions at the beginning), and the rest. It is the same for every length of the
/// conversation, so what is decided on it is too, and a prefix once sent stays as it was.
pub(super) fn standing<'s, 'a>(segments: &'s [Segment<'a>]) -> (&'s [Segment<'a>], &'s [Segment<'a>]) {
    let is_standing = |segment: &Segment<'_>| matches!(segment.kind, SegmentKind::ToolSchema | SegmentKind::System);
    let n_standing = segments.iter().take_while(|segment| is_standing(segment)).count();
    segments.split_at(n_standing)
}

/// Whether the edits of what stands still leave it above the model's least cacheable length, if it was.
pub(super) fn stays_cacheable(standing: &[Segment<'_>], edits: &[Edit], weigher: &Weigher<'_>) -> bool {
    let Some(rule) = weigher.cache_rule() else { return true };
    let saved: u64 = edits.iter().map(|edit| edit.tokens_saved).sum();
    if saved == 0 {
        return true;
    }
    let before: u64 = standing
        .iter()
        .map(|segment| match segment.kind {
            SegmentKind::ToolSchema => weigher.tool(&segment.text),
            _ => weigher.text(&segment.text),
        })
        .sum();
    before < rule.min_tokens || before.saturating_sub(saved) >= rule.min_tokens
}
