//! From what was kept to byte ranges and text.

use std::ops::Range;

use super::pieces::{NodeKind, Pieces};
use super::{Source, SourceKind};

/// What is kept of each source, ascending and merged. A JSON container stays valid: a member goes with the comma before
/// it, or behind it if it was the first.
pub(crate) fn ranges(sources: &[Source<'_>], all: &Pieces, kept: &[bool], open: &[bool]) -> Vec<Vec<Range<usize>>> {
    let mut removed: Vec<Vec<Range<usize>>> = vec![Vec::new(); sources.len()];
    // The children of each container, in their order: pieces and containers.
    let mut children: Vec<Vec<(Range<usize>, bool)>> = vec![Vec::new(); all.nodes.len()];
    for (piece, kept) in all.pieces.iter().zip(kept) {
        if all.nodes[piece.node as usize].kind == NodeKind::Container {
            children[piece.node as usize].push((piece.span.clone(), *kept));
        } else if !kept {
            removed[piece.source as usize].push(piece.span.clone());
        }
    }
    for (node, open) in all.nodes.iter().zip(open) {
        match (node.kind, node.parent) {
            (NodeKind::Container, Some(parent)) if all.nodes[parent as usize].kind == NodeKind::Container => {
                children[parent as usize].push((node.span.clone(), *open));
            }
            (NodeKind::Container | NodeKind::Section, _) if !open => {
                removed[node.source as usize].push(node.span.clone());
            }
            _ => {}
        }
    }
    for (node, mut children) in
        all.nodes.iter().zip(children).enumerate().filter(|(at, _)| open[*at]).map(|(_, pair)| pair)
    {
        children.sort_by_key(|(span, _)| span.start);
        let mut has_kept = false;
        for (at, (span, is_kept)) in children.iter().enumerate() {
            if *is_kept {
                has_kept = true;
            } else if has_kept {
                removed[node.source as usize].push(children[at - 1].0.end..span.end);
            } else {
                let end = children.get(at + 1).map_or(span.end, |(next, _)| next.start);
                removed[node.source as usize].push(span.start..end);
            }
        }
    }
    let mut is_open = vec![false; sources.len()];
    for (node, open) in all.nodes.iter().zip(open) {
        is_open[node.source as usize] |= node.kind == NodeKind::Source && *open;
    }
    removed
        .into_iter()
        .zip(sources)
        .zip(is_open)
        .map(|((removed, source), is_open)| if is_open { rest(source, removed) } else { Vec::new() })
        .collect()
}

/// What is left of a source when the ranges are gone.
fn rest(source: &Source<'_>, mut removed: Vec<Range<usize>>) -> Vec<Range<usize>> {
    removed.sort_by_key(|range| range.start);
    let mut kept: Vec<Range<usize>> = Vec::new();
    let mut at = 0;
    for range in removed {
        if range.start > at {
            kept.push(at..range.start);
        }
        at = at.max(range.end);
    }
    if at < source.text.len() {
        kept.push(at..source.text.len());
    } else if let Some(last) = kept.last_mut() {
        // The end of the text is gone: blanks that led to it are nothing but tokens.
        let protected = source.keep.iter().filter(|keep| keep.start < last.end).map(|keep| keep.end).max().unwrap_or(0);
        let trimmed = last.start + source.text[last.clone()].trim_end().len();
        last.end = trimmed.max(protected.min(last.end));
    }
    kept.retain(|range| !range.is_empty());
    kept
}

/// The text of what was kept of a source, verbatim and in order, with the marker where something is missing. JSON takes no
/// markers: it would not be JSON.
pub fn render(source: &Source<'_>, kept: &[Range<usize>], marker: Option<&str>) -> String {
    let text = source.text;
    let mut out = String::with_capacity(kept.iter().map(|range| range.len() + 8).sum());
    let marker = marker.filter(|_| !matches!(source.kind, SourceKind::Json) && !kept.is_empty());
    let mut at = 0;
    for range in kept {
        if let Some(marker) = marker
            && range.start > at
            && !text[at..range.start].trim().is_empty()
        {
            put(&mut out, marker, &text[at..range.start]);
        }
        out.push_str(&text[range.clone()]);
        at = range.end;
    }
    if let Some(marker) = marker
        && !text[at..].trim().is_empty()
    {
        let blank = out.ends_with(char::is_whitespace) || out.is_empty();
        if !blank {
            out.push(if text[at..].trim_end().ends_with('\n') || text[..at].ends_with('\n') { '\n' } else { ' ' });
        }
        out.push_str(marker);
    }
    out
}

/// A marker amid the text, set off as what it stands for was.
fn put(out: &mut String, marker: &str, gone: &str) {
    if !out.is_empty() && !out.ends_with(char::is_whitespace) {
        out.push(' ');
    }
    out.push_str(marker);
    out.push(if gone.ends_with('\n') { '\n' } else { ' ' });
}
