//! Where shorter is dearer: a standing prefix that the provider caches costs a tenth from the second call on; cut below the
//! least length that is cached, it costs all, every time.

use super::Weigher;
use crate::compress::{Counter, Edit, Segment, SegmentKind};

/// Takes back edits of tools and instructions that would push them, together, below the model's least cacheable length.
///
/// Only what stands still is looked at (tools and system text at the beginning): it is the same for every length of the
/// conversation, so the decision is too, and a prefix once sent stays as it was.
pub(super) fn keep_cacheable(segments: &[Segment<'_>], edits: &mut Vec<Edit>, weigher: &Weigher<'_>) {
    let Some(rule) = weigher.cache_rule() else { return };
    let is_standing = |segment: &Segment<'_>| matches!(segment.kind, SegmentKind::ToolSchema | SegmentKind::System);
    let n_standing = segments.iter().take_while(|segment| is_standing(segment)).count();
    let saved: u64 = edits.iter().filter(|edit| edit.segment < n_standing).map(|edit| edit.tokens_saved).sum();
    if saved == 0 {
        return;
    }
    let before: u64 = segments[..n_standing]
        .iter()
        .map(|segment| match segment.kind {
            SegmentKind::ToolSchema => weigher.tool(&segment.text),
            _ => weigher.text(&segment.text),
        })
        .sum();
    if before >= rule.min_tokens && before.saturating_sub(saved) < rule.min_tokens {
        edits.retain(|edit| edit.segment >= n_standing);
    }
}
