//! Two layers of edits as one: what was shortened after it had been rewritten is told in bytes of the text as it came, so
//! that every byte has one fate.

use std::ops::Range;

use crate::compress::layers::merged;
use crate::compress::{Counter, Edit, Guarantee};

/// What edits that leave content out are called, where transforms have their names.
pub(super) const NAME: &str = "budget";

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
    let mut out: Vec<Edit> = Vec::new();
    for cluster in merged(edits, middle, gaps) {
        if cluster.second.is_empty() {
            out.extend_from_slice(cluster.first);
            continue;
        }
        let (span, replacement) = (cluster.span, cluster.replacement);
        let saved = counter.text(&text[span.clone()]).saturating_sub(counter.text(&replacement));
        out.push(Edit {
            segment,
            span,
            replacement,
            transform: NAME,
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
