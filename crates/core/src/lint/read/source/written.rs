//! Text that a program writes in literals, put together as it is at run time: escapes decoded, neighbours joined, indentation
//! and margins taken off where the program does so. Every byte keeps its way back to the literal it came from.

use std::ops::Range;

use super::decode::{Escapes, decode};
use crate::lint::mapped::{Builder, Codec, Mapped};
use crate::lint::template::{Slot, SlotKind, Syntax, first_name};

/// Text written in a program.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// Its bytes in the file: the whole expression.
    pub span: Range<usize>,
    /// What it is put together from.
    pub parts: Vec<Part>,
    /// What is done to it, the last first.
    pub steps: Vec<Step>,
    /// What is filled into it on the spot: `.format(…)`, `format!(…)`.
    pub filled: Option<Filled>,
}

/// One part of it.
#[derive(Debug)]
pub(super) enum Part {
    /// A literal.
    Literal(Literal),
    /// A value: an operand of `+` that is no literal.
    Value(Range<usize>),
    /// Text that stands nowhere in the file: the separator of a `join`.
    Glue(String, usize),
}

/// A string literal.
#[derive(Debug)]
pub(super) struct Literal {
    /// Its bytes between the quotes.
    pub inner: Range<usize>,
    /// How escapes are written in it.
    pub escapes: Escapes,
    /// The quote that ends it.
    pub quote: char,
    /// Whether it may span lines.
    pub is_multiline: bool,
    /// Whether expressions may stand in it: an f-string, a template literal.
    pub is_template: bool,
    /// The expressions in it, delimiters included.
    pub values: Vec<Range<usize>>,
}

/// What a program does to a text before it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Blanks at the beginning or the end are taken off.
    Trim {
        /// At the beginning.
        start: bool,
        /// At the end.
        end: bool,
    },
    /// The common margin of all lines is taken off.
    Dedent,
}

/// The values of a `format` call.
#[derive(Clone, Debug, Default)]
pub(super) struct Filled {
    /// Names with their places and what to delete if they go.
    pub names: Vec<(String, Range<usize>, Option<Range<usize>>)>,
    /// Whether there are others: positional ones, `**values`.
    pub has_more: bool,
}

/// A stretch of text that stands in the file as it is, or one thing that is written otherwise.
#[derive(Debug)]
pub(super) struct Chunk {
    pub text: String,
    pub file: Range<usize>,
    pub is_same: bool,
    pub is_value: bool,
}

/// Most parts that are put together; generated tables of texts have more, prompts do not.
pub(super) const MAX_PARTS: usize = 2000;

impl Written {
    /// The text, its slots, and how they are written. `value_mark` is how interpolations look in the language's own
    /// templates.
    pub(super) fn compose(&self, source: &str, is_python: bool) -> Option<(Mapped, Vec<Slot>, Syntax)> {
        let literals =
            || self.parts.iter().filter_map(|part| if let Part::Literal(it) = part { Some(it) } else { None });
        let has_template = literals().any(|it| it.is_template && (is_python || !it.values.is_empty()));
        let has_values = self.parts.iter().any(|part| matches!(part, Part::Value(_)));
        let syntax = match (has_template && is_python, has_template || has_values, &self.filled) {
            (true, ..) | (false, false, Some(_)) => Syntax::Braces,
            (false, true, _) => Syntax::Dollar,
            (false, false, None) => Syntax::None,
        };
        let mut is_lossy = false;
        let mut chunks = Vec::new();
        for part in &self.parts {
            match part {
                Part::Literal(literal) => {
                    let mut at = literal.inner.start;
                    for value in &literal.values {
                        is_lossy |= decode(source, at..value.start, literal.escapes, &mut chunks)?;
                        let text = source.get(value.clone())?.to_owned();
                        chunks.push(Chunk { text, file: value.clone(), is_same: true, is_value: true });
                        at = value.end;
                    }
                    is_lossy |= decode(source, at..literal.inner.end, literal.escapes, &mut chunks)?;
                }
                Part::Value(span) => {
                    let name = crate::text::shorten(source.get(span.clone())?, 40).replace(['{', '}', '\n'], " ");
                    let text = if syntax == Syntax::Braces { format!("{{{name}}}") } else { format!("${{{name}}}") };
                    chunks.push(Chunk { text, file: span.clone(), is_same: false, is_value: true });
                }
                Part::Glue(text, at) => {
                    chunks.push(Chunk { text: text.clone(), file: *at..*at, is_same: false, is_value: false });
                }
            }
        }
        let mut margin = None;
        for step in self.steps.iter().rev() {
            match step {
                Step::Trim { start, end } => trim(&mut chunks, *start, *end),
                Step::Dedent => margin = Some(dedent(&mut chunks)),
            }
        }
        let codec = if is_lossy { Codec::ReadOnly } else { self.codec(margin) };
        let (mapped, slots) = build(chunks, codec, syntax, is_python);
        Some((mapped, slots, syntax))
    }

    /// One notation for all of it; none if its literals differ or something stands between them.
    fn codec(&self, margin: Option<usize>) -> Codec {
        let mut codec = None;
        for part in &self.parts {
            let Part::Literal(it) = part else { return Codec::ReadOnly };
            let has_escapes = it.escapes != Escapes::None;
            let own = match margin {
                Some(indent) if it.is_multiline => Codec::IndentedLiteral { quote: it.quote, indent, has_escapes },
                _ => Codec::Literal { quote: it.quote, is_multiline: it.is_multiline, has_escapes },
            };
            if codec.is_some_and(|(before, is_template)| before != own || is_template != it.is_template) {
                return Codec::ReadOnly;
            }
            codec = Some((own, it.is_template));
        }
        codec.map_or(Codec::ReadOnly, |(codec, _)| codec)
    }
}

fn build(chunks: Vec<Chunk>, codec: Codec, syntax: Syntax, is_python: bool) -> (Mapped, Vec<Slot>) {
    let mut builder = Builder::default();
    let mut slots = Vec::new();
    for chunk in chunks {
        let start = builder.text().len();
        if chunk.is_same {
            builder.same(&chunk.text, chunk.file.start);
        } else {
            builder.escape(&chunk.text, chunk.file);
        }
        if chunk.is_value {
            slots.push(slot(&chunk.text, start));
        }
    }
    let mapped = builder.finish(codec);
    // A value that the program puts in is written as the language does; others are found by the template's own rules.
    if slots.is_empty() && syntax == Syntax::Braces {
        slots = if is_python { syntax.slots(&mapped.text) } else { super::slots::braces(&mapped.text) };
    }
    (mapped, slots)
}

fn slot(text: &str, start: usize) -> Slot {
    let code = text.trim_start_matches('$').trim_start_matches('{').trim_end_matches('}').trim().to_owned();
    let name = first_name(&code).map(str::to_owned);
    Slot { span: start..start + text.len(), kind: SlotKind::Output, code, name }
}

fn trim(chunks: &mut Vec<Chunk>, start: bool, end: bool) {
    if start {
        let n_blank = chunks.iter().take_while(|chunk| !chunk.is_value && chunk.text.trim_start().is_empty()).count();
        chunks.drain(..n_blank);
        if let Some(first) = chunks.first_mut().filter(|chunk| chunk.is_same && !chunk.is_value) {
            let n_bytes = first.text.len() - first.text.trim_start().len();
            first.text.drain(..n_bytes);
            first.file.start += n_bytes;
        }
    }
    if end {
        while chunks.last().is_some_and(|chunk| !chunk.is_value && chunk.text.trim_end().is_empty()) {
            chunks.pop();
        }
        if let Some(last) = chunks.last_mut().filter(|chunk| chunk.is_same && !chunk.is_value) {
            let n_bytes = last.text.trim_end().len();
            last.file.end -= last.text.len() - n_bytes;
            last.text.truncate(n_bytes);
        }
    }
}

/// Takes off the margin that all lines with something on them share; how wide it was.
fn dedent(chunks: &mut Vec<Chunk>) -> usize {
    let is_blank = |c: char| c == ' ' || c == '\t';
    let whole: String = chunks.iter().map(|chunk| if chunk.is_value { "x" } else { &*chunk.text }).collect();
    let margins = whole.split('\n').filter(|line| !line.trim().is_empty());
    // A text that begins on the line of its quote has no margin there; `dedent` of most languages then takes none off.
    let margin = margins.map(|line| line.len() - line.trim_start_matches(is_blank).len()).min().unwrap_or(0);
    if margin == 0 {
        return 0;
    }
    let mut out = Vec::with_capacity(chunks.len() * 2);
    let mut to_skip = margin;
    for chunk in chunks.drain(..) {
        if chunk.is_value || !chunk.is_same {
            to_skip = if chunk.text.ends_with('\n') && !chunk.is_value { margin } else { 0 };
            out.push(chunk);
            continue;
        }
        let mut at = chunk.file.start;
        for line in chunk.text.split_inclusive('\n') {
            let n_blank = line.len() - line.trim_start_matches(is_blank).len();
            let n_skipped = n_blank.min(to_skip);
            let kept = &line[n_skipped..];
            if !kept.is_empty() {
                let start = at + n_skipped;
                let file = start..start + kept.len();
                out.push(Chunk { text: kept.to_owned(), file, is_same: true, is_value: false });
            }
            at += line.len();
            to_skip = match (line.ends_with('\n'), n_blank == line.len()) {
                (true, _) => margin,
                (false, true) => to_skip - n_skipped,
                (false, false) => 0,
            };
        }
    }
    *chunks = out;
    margin
}
