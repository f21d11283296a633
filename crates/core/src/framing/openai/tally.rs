//! The pieces of a weight as they are found, with what is unsure about them.

use super::BlockKind;
use crate::chat::{ChatRequest, Content, Dialect};
use crate::framing::{Piece, Place, Section, Sections, Weight};

/// Pieces and doubts so far.
pub(super) struct Tally<'a> {
    pub(super) sections: Sections<'a>,
    pieces: Vec<Piece>,
    below: u64,
    above: u64,
    unknown: Vec<&'static str>,
}

/// Index of the part that stands for a message's own markers.
const MARKERS: u32 = u32::MAX;

impl<'a> Tally<'a> {
    pub(super) fn new(request: &'a ChatRequest) -> Self {
        Tally {
            sections: Sections::of(request),
            pieces: Vec::with_capacity(request.messages.len() * 2 + 3),
            below: 0,
            above: 0,
            unknown: Vec::new(),
        }
    }

    /// What belongs to no place in the request.
    pub(super) fn added(&mut self, tokens: u64) {
        self.push(Section::Framing, Place::Added, tokens);
    }

    /// Tools or schema. Rendered schemas are rebuilt, not known: a few tokens may be off. On the responses API of the
    /// `ChatML` models, recorded requests with described parameters were off by up to 10 tokens.
    pub(super) fn block(&mut self, kind: BlockKind, tokens: u64, dialect: Dialect) {
        let place = if kind == BlockKind::Tools { Place::Tools } else { Place::Schema };
        self.push(kind.section(), place, tokens);
        let off = if dialect == Dialect::Responses { 3 } else { 1 } + tokens / 24;
        self.unsure(off, off);
    }

    /// The markers of a message.
    pub(super) fn message(&mut self, m: usize, tokens: u64) {
        let section = self.sections.text(m);
        self.push(section, Place::Part { message: m as u32, part: MARKERS }, tokens);
    }

    /// A part of a message.
    pub(super) fn part(&mut self, m: usize, p: usize, content: &Content, tokens: u64) {
        let section = self.sections.part(m, content);
        self.push(section, Place::Part { message: m as u32, part: p as u32 }, tokens);
    }

    /// A part that may, by joining its neighbours, weigh less than nothing: what is missing is taken from the piece before.
    pub(super) fn part_signed(&mut self, m: usize, p: usize, content: &Content, tokens: i64) {
        if let Some(before) = self.pieces.last_mut().filter(|_| tokens < 0) {
            before.tokens = before.tokens.saturating_add_signed(tokens);
        }
        self.part(m, p, content, tokens.max(0).cast_unsigned());
    }

    /// Audio is billed at 10 tokens a second and 4 for its markers (two recorded requests). Its length is not known before
    /// it is decoded: between 48 kHz, 16 bits and 64 kbit/s it differs by a factor of 12.
    pub(super) fn audio(&mut self, n_bytes: Option<u64>) -> i64 {
        const MARKERS: u64 = 4;
        self.note("audio: its length is guessed from its size");
        let n_bytes = n_bytes.unwrap_or(1 << 17);
        let tokens = n_bytes / 2_800;
        self.unsure(tokens - n_bytes / 9_600, n_bytes / 800 - tokens);
        (tokens + MARKERS).cast_signed()
    }

    /// A file's text is extracted by the provider. Two small office files and one PDF were recorded: about a token for 100
    /// and for 25 bytes.
    pub(super) fn file(&mut self, media_type: Option<&str>, n_bytes: Option<u64>) -> i64 {
        self.note("file: the provider extracts its text");
        let n_bytes = n_bytes.unwrap_or(1 << 15);
        let tokens = n_bytes / if media_type.is_none_or(|kind| kind.contains("pdf")) { 25 } else { 100 };
        self.unsure(tokens - tokens / 4, tokens.saturating_mul(4));
        tokens.cast_signed()
    }

    /// So many tokens fewer or more than counted may be billed.
    pub(super) fn unsure(&mut self, below: u64, above: u64) {
        self.below = self.below.saturating_add(below);
        self.above = self.above.saturating_add(above);
    }

    /// What could not be weighed.
    pub(super) fn note(&mut self, what: &'static str) {
        if !self.unknown.contains(&what) {
            self.unknown.push(what);
        }
    }

    /// Input that the request refers to and does not carry.
    pub(super) fn note_hidden_input(&mut self, request: &ChatRequest) {
        if request.has_stored_context {
            self.note("stored context: not in the request");
            self.unsure(0, 4_096);
        }
        if !request.server_tools.is_empty() {
            self.note("server-side tools: what they read is not in the request");
            self.unsure(0, 16_384);
        }
    }

    pub(super) fn finish(self) -> Weight {
        let total: u64 = self.pieces.iter().map(|piece| piece.tokens).sum();
        Weight {
            pieces: self.pieces,
            low: total.saturating_sub(self.below),
            high: total.saturating_add(self.above),
            unknown: self.unknown,
        }
    }

    fn push(&mut self, section: Section, place: Place, tokens: u64) {
        if tokens > 0 {
            self.pieces.push(Piece { section, place, tokens });
        }
    }
}
