//! What was changed: every change of a text is an [`Edit`] with its reason, its guarantee and what it saved, so that
//! "where did this go" has an answer for every byte.

use std::ops::Range;

/// What an edit promises. The order is that of trust: a caller who allows one allows those before it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Guarantee {
    /// The same after decoding: a JSON value with its numbers as spelt and its keys in their order.
    Identical,
    /// The same content to a reader: layout, and exact repeats replaced by a reference to where they stand in the prompt.
    #[default]
    Equivalent,
    /// Content removed. Only where the caller asks for it.
    Lossy,
}

/// One change of one segment's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The segment, by its index.
    pub segment: usize,
    /// The bytes replaced, in the segment's text as it came.
    pub span: Range<usize>,
    /// What stands there now.
    pub replacement: String,
    /// The transform that made it, by name.
    pub transform: &'static str,
    /// What it promises.
    pub guarantee: Guarantee,
    /// Tokens saved, counted on the lines it touches by the model's tokenizer.
    pub tokens_saved: u64,
    /// Where the content is now, in words.
    pub note: String,
}

impl Guarantee {
    /// The name in options and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Guarantee::Identical => "identical",
            Guarantee::Equivalent => "equivalent",
            Guarantee::Lossy => "lossy",
        }
    }
}

/// The text with the edits done. They must be in rising order of their spans and must not overlap. O(text + replacements).
pub fn apply(text: &str, edits: &[Edit]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in edits {
        out.push_str(&text[at..edit.span.start]);
        out.push_str(&edit.replacement);
        at = edit.span.end;
    }
    out.push_str(&text[at..]);
    out
}

/// The edits of one segment, among edits in rising order of their segments. O(log n).
pub fn of_segment(edits: &[Edit], segment: usize) -> &[Edit] {
    let first = edits.partition_point(|edit| edit.segment < segment);
    let n = edits[first..].partition_point(|edit| edit.segment == segment);
    &edits[first..first + n]
}

/// The parts of `0..length` that no edit touches, in their order.
pub fn untouched(length: usize, edits: &[Edit]) -> impl Iterator<Item = Range<usize>> {
    let ends = std::iter::once(0).chain(edits.iter().map(|edit| edit.span.end));
    let starts = edits.iter().map(|edit| edit.span.start).chain(std::iter::once(length));
    ends.zip(starts).filter(|(start, end)| start < end).map(|(start, end)| start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(span: Range<usize>, replacement: &str) -> Edit {
        Edit {
            segment: 0,
            span,
            replacement: replacement.to_owned(),
            transform: "test",
            guarantee: Guarantee::Equivalent,
            tokens_saved: 0,
            note: String::new(),
        }
    }

    #[test]
    fn edits_are_done_in_one_go_and_leave_the_rest() {
        let edits = [edit(0..2, ""), edit(3..3, "+"), edit(4..6, "xyz")];
        assert_eq!(apply("abcdefg", &edits), "c+dxyzg");
        assert_eq!(untouched(7, &edits).collect::<Vec<_>>(), [2..3, 3..4, 6..7]);
        assert_eq!(untouched(3, &[]).collect::<Vec<_>>(), std::slice::from_ref(&(0..3)));
    }

    #[test]
    fn trust_has_an_order() {
        assert!(Guarantee::Identical < Guarantee::Equivalent && Guarantee::Equivalent < Guarantee::Lossy);
    }
}
