//! A second look at all kinds together. One by one, two texts of a template with long variables have too little in common
//! to be told from chance; many that begin alike, end alike or have the same form are a kind.

use std::collections::BTreeMap;

use super::pattern::{Overlap, Pattern};
use super::{Kind, is_most, same_system};

/// What user words in common must amount to: four words ("write a poem about"), or fewer with a label among them.
pub(super) const MIN_SCORE: usize = 4;
/// Texts that make a kind when all they share is the template: fewer may be chance.
pub(super) const MIN_TEXTS: u64 = 4;
/// Kinds of a group tried as its core, so that a group of strangers stays cheap.
const MAX_CORES: usize = 12;

/// How close two texts must be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Bond {
    /// Two fifths of the longer one.
    Close,
    /// A template.
    Template,
    /// The same system text, whatever the user says.
    System,
}

/// Merges kinds, and notes where the ids of those that went lead.
pub(super) fn regroup(kinds: &mut Vec<Kind>, merged: &mut BTreeMap<u32, u32>) {
    let by_first = |kind: &Kind| kind.keys.first;
    let by_form = |kind: &Kind| kind.keys.form;
    let by_last = |kind: &Kind| kind.keys.last;
    let by_system = |kind: &Kind| kind.keys.system;
    let mut gone: BTreeMap<u32, u32> = BTreeMap::new();
    merge_groups(kinds, by_first, Bond::Close, &mut gone);
    merge_groups(kinds, by_form, Bond::Close, &mut gone);
    merge_groups(kinds, by_first, Bond::Template, &mut gone);
    merge_groups(kinds, by_form, Bond::Template, &mut gone);
    merge_groups(kinds, by_last, Bond::Template, &mut gone);
    merge_groups(kinds, by_system, Bond::System, &mut gone);

    let lead = |mut id: u32| {
        while let Some(into) = gone.get(&id) {
            id = *into;
        }
        id
    };
    for into in merged.values_mut() {
        *into = lead(*into);
    }
    merged.extend(gone.keys().map(|id| (*id, lead(*id))));
}

fn merge_groups(kinds: &mut Vec<Kind>, key: impl Fn(&Kind) -> u64, bond: Bond, gone: &mut BTreeMap<u32, u32>) {
    let mut groups: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (at, kind) in kinds.iter().enumerate().filter(|(_, kind)| key(kind) != 0) {
        // With the system text alone in common, what has a template of its own stays a kind of its own.
        if bond != Bond::System || kind.n_texts == 1 || kind.pattern.n_plain_of(1) == 0 {
            groups.entry(key(kind)).or_default().push(at);
        }
    }
    for mut group in groups.into_values() {
        // The most general first: it is the likeliest core.
        group.sort_by_key(|at| (std::cmp::Reverse(kinds[*at].n_texts), kinds[*at].id));
        for _ in 0..MAX_CORES {
            if group.len() < 2 {
                break;
            }
            group = gather(kinds, &group, bond, gone);
        }
    }
    kinds.retain(|kind| !gone.contains_key(&kind.id));
}

/// Merges what fits to the first kind of a group into it, and gives back those that did not.
fn gather(kinds: &mut [Kind], group: &[usize], bond: Bond, gone: &mut BTreeMap<u32, u32>) -> Vec<usize> {
    let Some((core, others)) = group.split_first() else { return Vec::new() };
    let mut pattern = kinds[*core].pattern.clone();
    let mut n_texts = kinds[*core].n_texts;
    let (mut joined, mut left) = (Vec::new(), Vec::new());
    for at in others {
        let other = &kinds[*at];
        if let Some(narrowed) = meet(&pattern, n_texts, other, bond) {
            pattern = narrowed;
            n_texts += other.n_texts;
            joined.push(*at);
        } else {
            left.push(*at);
        }
    }
    let is_enough = match bond {
        Bond::Close => true,
        Bond::Template => n_texts >= MIN_TEXTS,
        // A short system text ("you are a helpful assistant") stands before many things.
        Bond::System => n_texts >= if pattern.n_plain_of(0) >= 12 { 2 } else { MIN_TEXTS },
    };
    if joined.is_empty() || !is_enough {
        return left;
    }
    for at in joined {
        let other = kinds[at].clone();
        gone.insert(other.id, kinds[*core].id);
        let kind = &mut kinds[*core];
        kind.n_calls += other.n_calls;
        kind.n_texts += other.n_texts;
        kind.system_digest = kind.system_digest.filter(|digest| Some(*digest) == other.system_digest);
    }
    kinds[*core].pattern = pattern;
    left
}

/// What a growing pattern of so many texts and another kind have in common, if that is enough.
fn meet(pattern: &Pattern, n_texts: u64, other: &Kind, bond: Bond) -> Option<Pattern> {
    // What several texts have agreed on is not given up for one more.
    let keeps = |n_texts, pattern: &Pattern, n| n_texts < MIN_TEXTS || is_most(n, pattern.n_plain());
    let needs = |n_common: usize| match bond {
        Bond::Close => n_common * 5 >= pattern.n_first().max(other.pattern.n_first()) * 2,
        Bond::Template => keeps(n_texts, pattern, n_common) && keeps(other.n_texts, &other.pattern, n_common),
        Bond::System => true,
    };
    if !needs(pattern.common_bound(&other.pattern)) {
        return None;
    }
    let overlap = pattern.overlap(&other.pattern);
    let is_template = overlap.user_score() >= MIN_SCORE
        && keeps_labels(n_texts, pattern, &overlap)
        && keeps_labels(other.n_texts, &other.pattern, &overlap);
    let is_enough = (is_template || bond == Bond::System) && needs(overlap.n_plain());
    if !is_enough || !same_system(pattern, &other.pattern, &overlap) {
        return None;
    }
    let mut narrowed = pattern.clone();
    narrowed.narrow(&other.pattern, &overlap);
    Some(narrowed)
}

/// Whether the form that several texts have agreed on stays whole. Without this a form with choices would lose one of
/// them to each odd text, until nothing is left.
pub(super) fn keeps_labels(n_texts: u64, pattern: &Pattern, overlap: &Overlap) -> bool {
    n_texts < MIN_TEXTS || overlap.n_labels >= pattern.n_labels()
}
