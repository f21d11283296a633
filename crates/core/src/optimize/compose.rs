//! Two layers of edits as one: what was shortened after it had been rewritten is told in bytes of the text as it came, so
//! that every byte has one fate.

use std::ops::Range;

use crate::compress::{Counter, Edit, Guarantee};

/// `edits` made `text` into `middle`; `gaps` (ranges of `middle`, and what stands there instead) are removed from that. The
/// edits of `text` that do both; where they meet, they are one, and it is lossy. O(edits + gaps) and the texts they touch.
pub(super) fn compose(
    segment: usize,
    text: &str,
    edits: &[Edit],
    middle: &str,
    gaps: &[(Range<usize>, String)],
    counter: &dyn Counter,
) -> Vec<Edit> {
    // Where each edit stands in the middle text.
    let mut places = Vec::with_capacity(edits.len());
    let (mut grown, mut shrunk) = (0, 0);
    for edit in edits {
        let start = edit.span.start + grown - shrunk;
        places.push(start..start + edit.replacement.len());
        grown += edit.replacement.len();
        shrunk += edit.span.len();
    }
    let mut out: Vec<Edit> = Vec::new();
    let (mut e, mut g) = (0, 0);
    while e < edits.len() || g < gaps.len() {
        // The next cluster of edits and gaps that overlap.
        let (first_edit, first_gap) = (e, g);
        let edit_start = places.get(e).map_or(usize::MAX, |place| place.start);
        let gap_start = gaps.get(g).map_or(usize::MAX, |(gap, _)| gap.start);
        let start = edit_start.min(gap_start);
        let mut end = start;
        loop {
            if let Some(place) = places.get(e)
                && (place.start < end || place.start == start && e == first_edit)
            {
                end = end.max(place.end).max(start);
                e += 1;
            } else if let Some((gap, _)) = gaps.get(g)
                && (gap.start < end || gap.start == start && g == first_gap)
            {
                end = end.max(gap.end);
                g += 1;
            } else {
                break;
            }
        }
        if first_gap == g {
            out.extend_from_slice(&edits[first_edit..e]);
            continue;
        }
        // All edits before the cluster end before it, and those in it end in it.
        let original = |n_passed: usize, offset: usize| match n_passed.checked_sub(1) {
            None => offset,
            Some(last) => edits[last].span.end + (offset - places[last].end),
        };
        let (from, to) = (original(first_edit, start), original(e, end));
        let mut replacement = String::new();
        let mut at = start;
        for (gap, mark) in &gaps[first_gap..g] {
            replacement.push_str(&middle[at..gap.start.max(at)]);
            replacement.push_str(mark);
            at = gap.end;
        }
        replacement.push_str(&middle[at.min(end)..end]);
        let saved = counter.text(&text[from..to]).saturating_sub(counter.text(&replacement));
        out.push(Edit {
            segment,
            span: from..to,
            replacement,
            transform: "budget",
            guarantee: Guarantee::Lossy,
            tokens_saved: saved,
            note: "left out: others say more about what is asked".to_owned(),
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::compress::edit::apply;

    fn edit(span: Range<usize>, replacement: &str) -> Edit {
        Edit {
            segment: 0,
            span,
            replacement: replacement.to_owned(),
            transform: "t",
            guarantee: Guarantee::Identical,
            tokens_saved: 1,
            note: String::new(),
        }
    }

    fn cut(text: &str, gaps: &[(Range<usize>, String)]) -> String {
        let edits: Vec<Edit> = gaps.iter().map(|(span, mark)| edit(span.clone(), mark)).collect();
        apply(text, &edits)
    }

    #[test]
    fn what_does_not_meet_stays_apart() {
        let text = "aaa bbb ccc ddd";
        let edits = [edit(0..3, "x"), edit(8..11, "yy")];
        let middle = apply(text, &edits);
        assert_eq!(middle, "x bbb yy ddd");
        let gaps = [(2..5, "-".to_owned()), (6..9, "+".to_owned())];
        let all = compose(0, text, &edits, &middle, &gaps, &|text: &str| text.len() as u64);
        assert_eq!(apply(text, &all), cut(&middle, &gaps));
        assert_eq!(all.len(), 3);
        assert_eq!(all[0].guarantee, Guarantee::Identical);
        assert_eq!(all[1].span, 4..7);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

        #[test]
        fn both_layers_give_what_one_after_the_other_gives(
            text in "[a-z]{30}",
            cuts in proptest::collection::btree_set(0_usize..30, 0..9),
            replacements in proptest::collection::vec("[A-Z]{0,2}", 4),
            gap_cuts in proptest::collection::btree_set(0_usize..30, 0..9),
        ) {
            let cuts: Vec<usize> = cuts.into_iter().collect();
            let edits: Vec<Edit> =
                cuts.chunks_exact(2).zip(&replacements).map(|(pair, new)| edit(pair[0]..pair[1], new)).collect();
            let middle = apply(&text, &edits);
            let gap_cuts: Vec<usize> = gap_cuts.into_iter().filter(|at| *at <= middle.len()).collect();
            let gaps: Vec<(Range<usize>, String)> =
                gap_cuts.chunks_exact(2).map(|pair| (pair[0]..pair[1], "-".to_owned())).collect();
            let all = compose(0, &text, &edits, &middle, &gaps, &|text: &str| text.len() as u64);
            prop_assert!(all.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start));
            prop_assert_eq!(apply(&text, &all), cut(&middle, &gaps));
        }
    }
}
