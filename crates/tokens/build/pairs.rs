//! Which two tokens merge into which. A token arises inside any text as it arises from its own bytes alone, because the
//! merges that build it take place between its first and its last byte, in the same order; so it is only ever made of
//! one pair, and there is at most one entry a token. Tokens that their own merges do not reach are found whole or not at
//! all.

use std::collections::{BTreeMap, HashMap};

use crate::Vocabulary;
use crate::hash;

pub(crate) struct Pairs {
    /// A perfect hash: the pair's hash selects a shift, hash and shift select the only place where the pair can stand.
    pub(crate) shifts: Vec<u16>,
    /// For each token that its own bytes merge into: the two that are merged last.
    pub(crate) parts: BTreeMap<u32, (u32, u32)>,
}

pub(crate) fn pairs(vocabulary: &Vocabulary) -> Pairs {
    let ids: HashMap<&[u8], u32> = vocabulary.iter().map(|(bytes, id)| (bytes.as_slice(), *id)).collect();
    let parts_of = |token: &[u8]| {
        let middle = last_merge(token, &ids)?;
        Some((ids[&token[..middle]], ids[&token[middle..]]))
    };
    let longer = vocabulary.iter().filter(|(token, _)| token.len() > 1);
    let parts: BTreeMap<_, _> = longer.filter_map(|(token, id)| Some((*id, parts_of(token)?))).collect();
    Pairs { shifts: shifts(&parts), parts }
}

/// Where the last merge of a token's own bytes joins; `None` if they do not end in one token.
fn last_merge(token: &[u8], ids: &HashMap<&[u8], u32>) -> Option<usize> {
    let mut cuts: Vec<usize> = (0..=token.len()).collect();
    let rank = |cuts: &[usize], n: usize| cuts.get(n + 2).and_then(|end| ids.get(&token[cuts[n]..*end]).copied());
    let mut ranks: Vec<Option<u32>> = (0..token.len()).map(|n| rank(&cuts, n)).collect();
    while cuts.len() > 3 {
        let (_, n) = ranks.iter().enumerate().filter_map(|(n, rank)| rank.map(|rank| (rank, n))).min()?;
        cuts.remove(n + 1);
        ranks.remove(n);
        ranks[n] = rank(&cuts, n);
        if n > 0 {
            ranks[n - 1] = rank(&cuts, n - 1);
        }
    }
    Some(cuts[1])
}

fn shifts(parts: &BTreeMap<u32, (u32, u32)>) -> Vec<u16> {
    // Four of five places taken at most.
    let n_slots = (parts.len() * 5 / 4).next_power_of_two();
    let n_groups = n_slots / hash::GROUP;
    let mut groups: Vec<Vec<u64>> = vec![Vec::new(); n_groups];
    for (left, right) in parts.values() {
        let hash = hash::pair(*left, *right);
        groups[hash::place(hash, n_groups)].push(hash);
    }
    let mut order: Vec<usize> = (0..n_groups).collect();
    order.sort_by_key(|group| std::cmp::Reverse(groups[*group].len()));
    let (mut shifts, mut is_taken) = (vec![0; n_groups], vec![false; n_slots]);
    for group in order {
        let members = &groups[group];
        let slot = |hash: u64, shift| hash::pair_slot(hash, shift, n_slots);
        let shift = (0..u16::MAX).find(|shift| {
            members.iter().enumerate().all(|(n, hash)| {
                let place = slot(*hash, *shift);
                !is_taken[place] && members[..n].iter().all(|other| slot(*other, *shift) != place)
            })
        });
        let Some(shift) = shift else { panic!("no perfect hash: change the multipliers") };
        shifts[group] = shift;
        for hash in members {
            is_taken[slot(*hash, shift)] = true;
        }
    }
    shifts
}
