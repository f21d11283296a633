//! Sources cut into pieces that are kept or dropped whole, and the tree of what must be opened to keep one: a document's
//! header, a section's heading, the brackets of a JSON container. Each has a price in tokens, counted once.

use std::ops::Range;

use super::{Source, SourceKind};
use crate::compress::Counter;
use crate::compress::units::{Hint, Unit, UnitKind, split_as};

/// A JSON container up to this size (in bytes) is kept or dropped whole: a record without half its fields says less than
/// nothing.
const RECORD: usize = 320;

/// What is kept or dropped whole.
#[derive(Debug)]
pub(crate) struct Piece {
    pub(crate) source: u32,
    pub(crate) kind: UnitKind,
    /// Bytes of the source's text.
    pub(crate) span: Range<usize>,
    pub(crate) node: u32,
    /// Tokens in place, about: what it adds to a text that holds what stands around it.
    pub(crate) cost: u64,
    /// Must stay.
    pub(crate) is_protected: bool,
    /// Pieces of one chain follow one another: a neighbour says something about its neighbour.
    pub(crate) chain: u32,
    /// Who speaks, if it is a turn that says so.
    pub(crate) speaker: Option<Range<usize>>,
}

/// What is opened when the first piece inside is kept.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) parent: Option<u32>,
    pub(crate) source: u32,
    pub(crate) cost: u64,
    pub(crate) kind: NodeKind,
    /// The heading, for a section; the container, for JSON.
    pub(crate) span: Range<usize>,
    /// What it is called, in the source's text.
    pub(crate) label: Option<Range<usize>>,
    /// Must stay.
    pub(crate) is_protected: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NodeKind {
    Source,
    Section,
    Container,
}

/// Everything that can be kept.
#[derive(Debug, Default)]
pub(crate) struct Pieces {
    pub(crate) pieces: Vec<Piece>,
    pub(crate) nodes: Vec<Node>,
}

/// What became of a unit.
#[derive(Clone, Copy)]
enum Fate {
    Node(u32),
    /// A piece, or a part of one.
    Whole,
}

impl Pieces {
    /// Cuts the sources.
    pub(crate) fn of(sources: &[Source<'_>], separator: &str, counter: &dyn Counter) -> Pieces {
        let mut all = Pieces::default();
        let mut n_chains = 0;
        let mut last_was_talk = false;
        for (at, source) in sources.iter().enumerate() {
            let is_talk = matches!(source.kind, SourceKind::Turns | SourceKind::Log);
            if !(is_talk && last_was_talk) {
                n_chains += 1;
            }
            last_was_talk = is_talk;
            all.add(at as u32, source, separator, counter, &mut n_chains);
        }
        all
    }

    fn add(&mut self, at: u32, source: &Source<'_>, separator: &str, counter: &dyn Counter, n_chains: &mut u32) {
        let text = source.text;
        let hint = match source.kind {
            SourceKind::Auto | SourceKind::Json => Hint::None,
            SourceKind::Document { .. } => Hint::Document,
            SourceKind::Turns => Hint::Turns,
            SourceKind::Log => Hint::Log,
            SourceKind::Code => Hint::Code,
        };
        let header = if source.header.is_empty() && separator.is_empty() {
            0
        } else {
            counter.text(source.header) + counter.text(separator)
        };
        let root = self.node(None, at, source.header_tokens + header, NodeKind::Source, 0..0, None);
        let units = split_as(text, hint);
        let mut has_children = vec![false; units.len()];
        for unit in &units {
            if let Some(parent) = unit.parent {
                has_children[parent] = true;
            }
        }
        let mut fates: Vec<Fate> = Vec::with_capacity(units.len());
        let mut chain = *n_chains;
        let mut end = 0;
        for (place, unit) in units.iter().enumerate() {
            let parent = match unit.parent.map(|parent| fates[parent]) {
                Some(Fate::Whole) => {
                    fates.push(Fate::Whole);
                    continue;
                }
                Some(Fate::Node(node)) => node,
                None => root,
            };
            let is_container = has_children[place]
                && matches!(unit.kind, UnitKind::Json | UnitKind::Member)
                && unit.span.len() > RECORD;
            if unit.kind == UnitKind::Document && has_children[place] {
                let node = self.node(
                    Some(root),
                    at,
                    0,
                    NodeKind::Section,
                    unit.span.start..unit.span.start,
                    unit.label.clone(),
                );
                *n_chains += 1;
                chain = *n_chains;
                fates.push(Fate::Node(node));
            } else if is_container {
                // Brackets, key and comma.
                let first_child = units[place + 1].span.start;
                let cost = counter.text(&text[unit.span.start..first_child]) + 2;
                let node =
                    self.node(Some(parent), at, cost, NodeKind::Container, unit.span.clone(), unit.label.clone());
                *n_chains += 1;
                chain = *n_chains;
                fates.push(Fate::Node(node));
            } else if unit.kind == UnitKind::Heading && self.is_headed_by(parent, unit) {
                let cost = counter.text(&text[unit.span.clone()]);
                let protected = overlaps(&source.keep, &unit.span);
                let node = &mut self.nodes[parent as usize];
                (node.span, node.cost, node.is_protected) = (unit.span.clone(), cost, protected);
                fates.push(Fate::Whole);
            } else {
                self.piece(at, source, unit, parent, chain, end, counter);
                fates.push(Fate::Whole);
            }
            end = unit.span.end;
        }
    }

    /// The heading of a section is opened with it; one without a section is a piece.
    fn is_headed_by(&self, parent: u32, heading: &Unit) -> bool {
        let node = &self.nodes[parent as usize];
        node.kind == NodeKind::Section && node.span == (heading.span.start..heading.span.start)
    }

    fn node(
        &mut self,
        parent: Option<u32>,
        source: u32,
        cost: u64,
        kind: NodeKind,
        span: Range<usize>,
        label: Option<Range<usize>>,
    ) -> u32 {
        self.nodes.push(Node { parent, source, cost, kind, span, label, is_protected: false });
        self.nodes.len() as u32 - 1
    }

    #[allow(clippy::too_many_arguments, reason = "one call, and every argument is another thing")]
    fn piece(
        &mut self,
        at: u32,
        source: &Source<'_>,
        unit: &Unit,
        node: u32,
        chain: u32,
        before: usize,
        counter: &dyn Counter,
    ) {
        let text = source.text;
        let in_json = self.nodes[node as usize].kind == NodeKind::Container || unit.kind == UnitKind::Json;
        let add = |pieces: &mut Vec<Piece>, span: Range<usize>, is_protected: bool| {
            if span.is_empty() {
                return;
            }
            let cost = if in_json {
                counter.text(&text[before.max(unit.span.start.saturating_sub(8)).min(span.start)..span.end])
            } else {
                in_place(text, &span, counter)
            };
            let speaker = unit.label.clone().filter(|label| unit.kind == UnitKind::Turn && span.start <= label.start);
            pieces.push(Piece { source: at, kind: unit.kind, span, node, cost, is_protected, chain, speaker });
        };
        if in_json {
            let is_protected = overlaps(&source.keep, &unit.span);
            add(&mut self.pieces, unit.span.clone(), is_protected);
            return;
        }
        // Protected spans are pieces of their own: what stands around them may go.
        let mut from = unit.span.start;
        let first = source.keep.partition_point(|keep| keep.end <= unit.span.start);
        for keep in source.keep[first..].iter().take_while(|keep| keep.start < unit.span.end) {
            let (start, end) = (keep.start.max(from), keep.end.min(unit.span.end));
            if start >= end {
                continue;
            }
            add(&mut self.pieces, from..start, false);
            add(&mut self.pieces, start..end, true);
            from = end;
        }
        add(&mut self.pieces, from..unit.span.end, false);
    }
}

fn overlaps(keep: &[Range<usize>], span: &Range<usize>) -> bool {
    let first = keep.partition_point(|keep| keep.end <= span.start);
    keep.get(first).is_some_and(|keep| keep.start < span.end && !keep.is_empty())
}

/// Tokens of a span amid its text: a blank in front belongs to the first word, a line feed behind to the last mark.
fn in_place(text: &str, span: &Range<usize>, counter: &dyn Counter) -> u64 {
    let content = &text[span.clone()];
    let inner = content.trim_end();
    let end = if content[inner.len()..].contains('\n') { span.end } else { span.start + inner.len() };
    let start = if text.as_bytes()[..span.start].last() == Some(&b' ') { span.start - 1 } else { span.start };
    counter.text(&text[start..end])
}
