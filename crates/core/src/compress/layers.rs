//! Two layers of changes told as one: what was changed again after it had been rewritten is told in bytes of the text as it
//! came, so that every byte has one fate.

use std::ops::Range;

use super::edit::{Edit, apply};

/// Changes that meet, as one.
#[derive(Debug)]
pub(crate) struct Merged<'e> {
    /// The bytes replaced, in the text as it came.
    pub span: Range<usize>,
    /// What stands there after both layers; empty if the second layer has no part in it.
    pub replacement: String,
    /// The edits of the first layer that are part of it.
    pub first: &'e [Edit],
    /// The changes of the second layer that are part of it, by index.
    pub second: Range<usize>,
}

/// `edits` made a text into `middle`; `then` (ranges of `middle`, and what stands there instead) changed that. What both
/// change, in rising order. O(edits + then) and the texts they touch.
pub(crate) fn merged<'e, S: AsRef<str>>(
    edits: &'e [Edit],
    middle: &str,
    then: &[(Range<usize>, S)],
) -> Vec<Merged<'e>> {
    let places = places(edits);
    let mut out = Vec::new();
    let (mut e, mut t) = (0, 0);
    while e < edits.len() || t < then.len() {
        // The next cluster of changes that overlap.
        let (first_edit, first_then) = (e, t);
        let edit_start = places.get(e).map_or(usize::MAX, |place| place.start);
        let then_start = then.get(t).map_or(usize::MAX, |(span, _)| span.start);
        let start = edit_start.min(then_start);
        let mut end = start;
        loop {
            if let Some(place) = places.get(e)
                && (place.start < end || place.start == start && e == first_edit)
            {
                end = end.max(place.end).max(start);
                e += 1;
            } else if let Some((span, _)) = then.get(t)
                && (span.start < end || span.start == start && t == first_then)
            {
                end = end.max(span.end);
                t += 1;
            } else {
                break;
            }
        }
        // All edits before the cluster end before it, and those in it end in it.
        let original = |n_passed: usize, offset: usize| match n_passed.checked_sub(1) {
            None => offset,
            Some(last) => edits[last].span.end + (offset - places[last].end),
        };
        let span = original(first_edit, start)..original(e, end);
        let mut replacement = String::new();
        if first_then < t {
            let mut at = start;
            for (span, new) in &then[first_then..t] {
                replacement.push_str(&middle[at..span.start.max(at)]);
                replacement.push_str(new.as_ref());
                at = span.end;
            }
            replacement.push_str(&middle[at.min(end)..end]);
        }
        out.push(Merged { span, replacement, first: &edits[first_edit..e], second: first_then..t });
    }
    out
}

/// Where each edit stands in the text that the edits made.
fn places(edits: &[Edit]) -> Vec<Range<usize>> {
    let (mut grown, mut shrunk) = (0, 0);
    edits
        .iter()
        .map(|edit| {
            let start = edit.span.start + grown - shrunk;
            grown += edit.replacement.len();
            shrunk += edit.span.len();
            start..start + edit.replacement.len()
        })
        .collect()
}

/// Spans that no edit touches, as they stand in the text that the edits made. O((spans + edits) log edits).
pub(super) fn moved(spans: &[Range<usize>], edits: &[Edit]) -> Vec<Range<usize>> {
    let places = places(edits);
    let shift = |offset: usize, n_passed: usize| match n_passed.checked_sub(1) {
        None => offset,
        Some(last) => places[last].end + (offset - edits[last].span.end),
    };
    spans
        .iter()
        .map(|span| {
            let n_passed = edits.partition_point(|edit| edit.span.end <= span.start);
            shift(span.start, n_passed)..shift(span.end, n_passed)
        })
        .collect()
}

/// Two layers of edits as one: where they meet, what the second layer says holds, with the weaker guarantee of the two.
pub(super) fn layered(edits: &[Edit], middle: &str, then: &[Edit]) -> (Vec<Edit>, String) {
    let changes: Vec<(Range<usize>, &str)> =
        then.iter().map(|edit| (edit.span.clone(), edit.replacement.as_str())).collect();
    let mut all = Vec::new();
    for cluster in merged(edits, middle, &changes) {
        let second = &then[cluster.second];
        let Some(main) = second.iter().max_by_key(|edit| edit.span.len()) else {
            all.extend_from_slice(cluster.first);
            continue;
        };
        let parts = || cluster.first.iter().chain(second);
        all.push(Edit {
            span: cluster.span,
            replacement: cluster.replacement,
            guarantee: parts().map(|edit| edit.guarantee).max().unwrap_or_default(),
            tokens_saved: parts().map(|edit| edit.tokens_saved).sum(),
            ..main.clone()
        });
    }
    (all, apply(middle, then))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::compress::Guarantee;

    fn edits(cuts: impl IntoIterator<Item = usize>, replacements: &[String]) -> Vec<Edit> {
        let cuts: Vec<usize> = cuts.into_iter().collect();
        let pairs = cuts.chunks_exact(2).zip(replacements);
        pairs
            .map(|(pair, replacement)| Edit {
                segment: 0,
                span: pair[0]..pair[1],
                replacement: replacement.clone(),
                transform: "test",
                guarantee: Guarantee::Identical,
                tokens_saved: 1,
                note: String::new(),
            })
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

        #[test]
        fn one_layer_gives_what_two_give(
            text in "[a-z]{30}",
            cuts in proptest::collection::btree_set(0_usize..30, 0..9),
            replacements in proptest::collection::vec("[A-Z]{0,2}", 4),
            then in proptest::collection::btree_set(0_usize..30, 0..9),
        ) {
            let first = edits(cuts, &replacements);
            let middle = apply(&text, &first);
            let second = edits(then.into_iter().filter(|at| *at <= middle.len()), &replacements);
            let (all, after) = layered(&first, &middle, &second);
            prop_assert!(all.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start));
            prop_assert_eq!(apply(&text, &all), &after[..]);
            prop_assert_eq!(after, apply(&middle, &second));
            let untouched: Vec<_> = super::super::edit::untouched(text.len(), &first).collect();
            for (span, place) in untouched.iter().zip(moved(&untouched, &first)) {
                prop_assert_eq!(&text[span.clone()], &middle[place]);
            }
        }
    }
}
