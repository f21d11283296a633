//! Which two tokens merge into which. A token arises inside any text as it arises from its own bytes alone, because the
//! merges that build it take place between its first and its last byte, in the same order; so it is only ever made of
//! one pair, and there is at most one entry a token. Tokens that their own merges do not reach are found whole or not at
//! all.

use std::collections::{BTreeMap, HashMap};

use crate::Vocabulary;
use crate::hash;

/// A perfect hash: the pair's hash selects a shift, hash and shift select the only place where the pair can stand.
#[allow(clippy::struct_field_names, reason = "pairs of bytes are what they are")]
pub(crate) struct Pairs {
    pub(crate) shifts: Vec<u16>,
    /// The left id (18 bits), the right id (18 bits), the merged id (18 bits), from the highest bit of 54 down.
    pub(crate) entries: Vec<u64>,
    /// The id of each byte.
    pub(crate) bytes: Vec<u32>,
    /// The id of two bytes, `u32::MAX` if they do not merge.
    pub(crate) byte_pairs: Vec<u32>,
    /// For each token that its own bytes merge into: the two that are merged last.
    pub(crate) parts: BTreeMap<u32, (u32, u32)>,
}

pub(crate) fn pairs(vocabulary: &Vocabulary, ids: &HashMap<&[u8], u32>) -> Pairs {
    let bytes: Vec<u32> = (0..=255_u8).map(|byte| ids[[byte].as_slice()]).collect();
    let mut byte_pairs = vec![u32::MAX; 1 << 16];
    let mut keys = Vec::new();
    for (token, id) in vocabulary.iter().filter(|(token, _)| token.len() > 1) {
        if let [left, right] = token[..] {
            byte_pairs[usize::from(left) << 8 | usize::from(right)] = *id;
        }
        if let Some(middle) = last_merge(token, ids) {
            let (left, right) = (ids[&token[..middle]], ids[&token[middle..]]);
            keys.push((left, right, *id));
        }
    }
    let (shifts, entries) = perfect(&keys);
    let parts = keys.iter().map(|(left, right, id)| (*id, (*left, *right))).collect();
    Pairs { shifts, entries, bytes, byte_pairs, parts }
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

fn perfect(keys: &[(u32, u32, u32)]) -> (Vec<u16>, Vec<u64>) {
    let n_slots = (keys.len() * 5 / 4).next_power_of_two();
    let n_groups = n_slots / 8;
    let group_bits = n_groups.trailing_zeros();
    let mut groups: Vec<Vec<(u64, u64)>> = vec![Vec::new(); n_groups];
    for (left, right, id) in keys {
        let hash = hash::pair(*left, *right);
        let entry = (u64::from(*left) << 36) | (u64::from(*right) << 18) | u64::from(*id);
        groups[(hash >> (64 - group_bits)) as usize].push((hash, entry));
    }
    let mut order: Vec<usize> = (0..n_groups).collect();
    order.sort_by_key(|group| std::cmp::Reverse(groups[*group].len()));
    let (mut shifts, mut entries) = (vec![0; n_groups], vec![0; n_slots]);
    for group in order {
        let members = &groups[group];
        let shift = (0..u16::MAX).find(|shift| {
            let slot = |hash: u64| hash::pair_slot(hash, *shift) as usize & (n_slots - 1);
            members.iter().enumerate().all(|(n, (hash, _))| {
                let place = slot(*hash);
                entries[place] == 0 && members[..n].iter().all(|(other, _)| slot(*other) != place)
            })
        });
        let Some(shift) = shift else { panic!("no perfect hash: change the multipliers") };
        shifts[group] = shift;
        for (hash, entry) in members {
            entries[hash::pair_slot(*hash, shift) as usize & (n_slots - 1)] = *entry;
        }
    }
    (shifts, entries)
}
