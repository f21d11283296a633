//! The words in which two near duplicates differ, for people to look at.

use std::collections::HashMap;

use unicode_segmentation::UnicodeSegmentation;

/// Runs of words that only one of two texts has, in their order: first those of `a`, then those of `b`. Compared by their
/// folded form; bounded work: in long texts, what lies between the common beginning and the common end is compared by
/// counting the words instead of aligning them.
///
/// ```
/// use promptopt::dedup::differing_words;
///
/// let (a, b) = differing_words("Write a short story about the sea.", "Write a long story about the open sea.");
/// assert_eq!((a, b), (vec!["short"], vec!["long", "open"]));
/// ```
pub fn differing_words<'a>(a: &'a str, b: &'a str) -> (Vec<&'a str>, Vec<&'a str>) {
    let (a, b): (Vec<&str>, Vec<&str>) = (a.unicode_words().collect(), b.unicode_words().collect());
    let (fold_a, fold_b) = (folded(&a), folded(&b));
    let n_head = fold_a.iter().zip(&fold_b).take_while(|(one, other)| one == other).count();
    let rest = fold_a[n_head..].iter().rev().zip(fold_b[n_head..].iter().rev());
    let n_tail = rest.take_while(|(one, other)| one == other).count();
    let (range_a, range_b) = (n_head..a.len() - n_tail, n_head..b.len() - n_tail);
    let (middle_a, middle_b) = (&fold_a[range_a.clone()], &fold_b[range_b.clone()]);
    let (only_a, only_b) = if middle_a.len().saturating_mul(middle_b.len()) <= MAX_CELLS {
        aligned(middle_a, middle_b)
    } else {
        (counted(middle_a, middle_b), counted(middle_b, middle_a))
    };
    let pick = |words: &[&'a str], only: Vec<bool>| -> Vec<&'a str> {
        words.iter().zip(only).filter(|(_, only)| *only).map(|(word, _)| *word).collect()
    };
    (pick(&a[range_a], only_a), pick(&b[range_b], only_b))
}

/// Cells of the table by which words are aligned.
const MAX_CELLS: usize = 1 << 20;

fn folded(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| word.to_lowercase()).collect()
}

/// Which words are outside a longest common subsequence.
fn aligned(a: &[String], b: &[String]) -> (Vec<bool>, Vec<bool>) {
    let width = b.len() + 1;
    let mut longest = vec![0_u32; (a.len() + 1) * width];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            longest[i * width + j] = if a[i] == b[j] {
                longest[(i + 1) * width + j + 1] + 1
            } else {
                longest[(i + 1) * width + j].max(longest[i * width + j + 1])
            };
        }
    }
    let (mut only_a, mut only_b) = (vec![true; a.len()], vec![true; b.len()]);
    let (mut i, mut j) = (0, 0);
    while i < a.len() && j < b.len() {
        if a[i] == b[j] {
            (only_a[i], only_b[j]) = (false, false);
            (i, j) = (i + 1, j + 1);
        } else if longest[(i + 1) * width + j] >= longest[i * width + j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    (only_a, only_b)
}

/// Which words of `a` there are more of than in `b`.
fn counted(a: &[String], b: &[String]) -> Vec<bool> {
    let mut left: HashMap<&str, usize> = HashMap::new();
    for word in b {
        *left.entry(word).or_default() += 1;
    }
    a.iter()
        .map(|word| match left.get_mut(word.as_str()) {
            Some(n) if *n > 0 => {
                *n -= 1;
                false
            }
            _ => true,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_found_in_short_and_in_long_texts() {
        assert_eq!(differing_words("same words", "Same, words!"), (vec![], vec![]));
        assert_eq!(differing_words("a b c", "a c"), (vec!["b"], vec![]));
        assert_eq!(differing_words("", "x"), (vec![], vec!["x"]));
        let long: Vec<String> = (0..3_000).map(|n| format!("w{n}")).collect();
        let (a, b) = (format!("x {} y", long.join(" ")), format!("z {} v", long.join(" ")));
        assert_eq!(differing_words(&a, &b), (vec!["x", "y"], vec!["z", "v"]));
    }
}
