//! A text cut into typed units with byte ranges: documents under their headers, sentences, chat turns, few-shot examples,
//! JSON values and members, table rows, log lines, code blocks, diff hunks, stack frames, HTML nodes, tool schemas, base64.
//!
//! One pass over the lines; each family of units stands in a file of its own under `units/` and says whether a block of
//! its kind begins at a line and where it ends. What no family claims is prose, cut into sentences. Splitting never
//! fails: half a code fence is a code block, broken JSON is prose. O(n) time.
//!
//! The outermost units tile the text; the children of a unit lie inside it in ascending order and do not overlap. A unit
//! owns the blanks behind it.

use std::ops::Range;

pub(crate) mod lines;

mod base64;
mod code;
mod diff;
mod documents;
mod html;
mod json;
mod logs;
pub(crate) mod sentences;
mod shots;
mod stack;
mod tables;
mod tools;
mod turns;

use lines::Lines;

/// One unit of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unit {
    /// What it is.
    pub kind: UnitKind,
    /// Its bytes, with the blanks behind it.
    pub span: Range<usize>,
    /// The unit that it lies in: a place in the list, before its own.
    pub parent: Option<usize>,
    /// What it is called, where it says so: title, heading, speaker, JSON key, file of a diff. Bytes of the text.
    pub label: Option<Range<usize>>,
}

/// What a unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum UnitKind {
    /// A document or section with all that stands under its header; has children.
    Document,
    /// The header or heading itself.
    Heading,
    /// A sentence of prose.
    Sentence,
    /// What one speaker says before the next one does.
    Turn,
    /// A few-shot example.
    Shot,
    /// A JSON value; arrays and objects of some size have members as children.
    Json,
    /// A member of a JSON object or an element of an array.
    Member,
    /// A row of a Markdown table; the header and its rule are one row.
    Row,
    /// A log line with the lines that belong to it.
    Log,
    /// A fenced code block.
    Code,
    /// A hunk of a diff, or the lines that name its files.
    Hunk,
    /// A frame of a stack trace, or the line that names the error.
    Frame,
    /// An HTML element.
    Html,
    /// The schema of a tool.
    Tool,
    /// Base64 or another run of encoded bytes.
    Base64,
}

impl UnitKind {
    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            UnitKind::Document => "document",
            UnitKind::Heading => "heading",
            UnitKind::Sentence => "sentence",
            UnitKind::Turn => "turn",
            UnitKind::Shot => "shot",
            UnitKind::Json => "json",
            UnitKind::Member => "member",
            UnitKind::Row => "row",
            UnitKind::Log => "log",
            UnitKind::Code => "code",
            UnitKind::Hunk => "hunk",
            UnitKind::Frame => "frame",
            UnitKind::Html => "html",
            UnitKind::Tool => "tool",
            UnitKind::Base64 => "base64",
        }
    }
}

/// What the caller knows of a text before it is cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Hint {
    /// Nothing: everything is told from the text.
    #[default]
    None,
    /// One document: no other documents begin inside it.
    Document,
    /// Turns of a conversation: a line `Speaker: …` begins a turn, however rarely that speaker speaks.
    Turns,
    /// Lines of a log: each line is a unit, whatever it looks like, and indented lines belong to the one before.
    Log,
    /// Code: blocks between blank lines are units.
    Code,
}

/// Cuts a text of which nothing is known.
pub fn split(text: &str) -> Vec<Unit> {
    split_as(text, Hint::None)
}

/// Cuts a text of which something is known.
pub fn split_as(text: &str, hint: Hint) -> Vec<Unit> {
    let mut cutter = Cutter { text, units: Vec::new(), open: None };
    match hint {
        Hint::Log => logs::all(&mut cutter),
        Hint::Code => code::blocks(&mut cutter),
        Hint::None if json::whole(&mut cutter) => {}
        Hint::None | Hint::Document | Hint::Turns => blocks(&mut cutter, hint),
    }
    cutter.units
}

/// The units found so far.
pub(crate) struct Cutter<'a> {
    pub(crate) text: &'a str,
    pub(crate) units: Vec<Unit>,
    /// The document that what comes next belongs to.
    open: Option<usize>,
}

impl Cutter<'_> {
    /// Adds a unit to the open document.
    pub(crate) fn push(&mut self, kind: UnitKind, span: Range<usize>, label: Option<Range<usize>>) -> usize {
        self.push_in(kind, span, label, self.open)
    }

    /// Adds a unit to a given parent.
    pub(crate) fn push_in(
        &mut self,
        kind: UnitKind,
        span: Range<usize>,
        label: Option<Range<usize>>,
        parent: Option<usize>,
    ) -> usize {
        self.units.push(Unit { kind, span, parent, label });
        self.units.len() - 1
    }

    /// Opens a document that begins at a byte; the one before it ends there.
    fn open_document(&mut self, at: usize, label: Option<Range<usize>>) {
        self.close_document(at);
        self.open = Some(self.push_in(UnitKind::Document, at..at, label, None));
    }

    fn close_document(&mut self, at: usize) {
        if let Some(open) = self.open.take() {
            self.units[open].span.end = at;
        }
    }

    fn prose(&mut self, range: Range<usize>) {
        if range.is_empty() {
            return;
        }
        let (text, open, units) = (self.text, self.open, &mut self.units);
        sentences::sentences(text, range, |span| {
            units.push(Unit { kind: UnitKind::Sentence, span, parent: open, label: None });
        });
    }
}

/// A family of blocks: the line after the block that begins at line `at`, if one does; its units have been added then.
type Family = fn(&mut Cutter<'_>, &Lines<'_>, usize) -> Option<usize>;

/// Those that need no context, in the order in which they are asked.
const FAMILIES: &[Family] =
    &[code::fence, diff::hunks, stack::trace, json::block, tables::rows, logs::lines, html::nodes, base64::run];

fn blocks(cutter: &mut Cutter<'_>, hint: Hint) {
    let text = cutter.text;
    let lines = Lines::of(text);
    let turns = turns::Speakers::of(&lines, hint == Hint::Turns);
    let shots = shots::Markers::of(&lines);
    let (mut at, mut prose_from) = (0, 0);
    while at < lines.len() {
        let line = lines.line(at);
        if line.trim().is_empty() {
            at += 1;
            continue;
        }
        let start = lines.start(at);
        if hint != Hint::Document
            && let Some(documents::Header { title }) = documents::header(line)
        {
            cutter.prose(prose_from..start);
            let label = title.map(|title| start + title.start..start + title.end);
            cutter.open_document(start, label.clone());
            at = lines.after_blank_lines(at + 1);
            // A header with the text behind it on the same line is no heading of its own.
            prose_from = documents::rest_of_line(line).map_or(lines.start(at), |rest| start + rest);
            cutter.push(UnitKind::Heading, start..prose_from, label);
            continue;
        }
        if let Some(label) = documents::heading(line) {
            cutter.prose(prose_from..start);
            let label = start + label.start..start + label.end;
            if hint != Hint::Document {
                cutter.open_document(start, Some(label.clone()));
            }
            at = lines.after_blank_lines(at + 1);
            cutter.push(UnitKind::Heading, start..lines.start(at), Some(label));
            prose_from = lines.start(at);
            continue;
        }
        let n_units = cutter.units.len();
        // What a block adds comes after the prose before it: that is put in front when the block is known.
        let found = FAMILIES
            .iter()
            .find_map(|family| family(cutter, &lines, at))
            .or_else(|| shots.take(cutter, &lines, at))
            .or_else(|| turns.take(cutter, &lines, at));
        if let Some(next) = found {
            if prose_from < start {
                let block = cutter.units.split_off(n_units);
                cutter.prose(prose_from..start);
                let moved = cutter.units.len() - n_units;
                cutter.units.extend(block.into_iter().map(|mut unit| {
                    unit.parent = unit.parent.map(|parent| if parent >= n_units { parent + moved } else { parent });
                    unit
                }));
            }
            at = next;
            prose_from = lines.start(at);
        } else {
            at += 1;
        }
    }
    cutter.prose(prose_from..text.len());
    cutter.close_document(text.len());
}

#[cfg(test)]
mod tests;
