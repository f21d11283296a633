//! The tables of whole tokens: the short ones in buckets of a cache line, the long ones behind an index.

use crate::Vocabulary;
use crate::hash;

/// Tokens of 2 to 15 bytes. Four entries of 16 bytes are a bucket: the bytes, then the length, whose highest bit in the
/// bucket's last entry says that tokens of this bucket stand in the next.
pub(crate) struct Short {
    pub(crate) entries: Vec<u128>,
    pub(crate) ids: Vec<u32>,
}

pub(crate) const SPILLED: u128 = 1 << 127;

pub(crate) fn short(vocabulary: &Vocabulary) -> Short {
    let tokens: Vec<_> = vocabulary.iter().filter(|(bytes, _)| (2..=hash::SHORT).contains(&bytes.len())).collect();
    // 31 of 40 places taken at most.
    let n_buckets = (tokens.len() * 10 / 31).next_power_of_two();
    let bits = n_buckets.trailing_zeros();
    let mut table = Short { entries: vec![0; n_buckets * 4], ids: vec![0; n_buckets * 4] };
    for (bytes, id) in tokens {
        let key = hash::key(bytes);
        let mut bucket = (hash::short(key) >> (64 - bits)) as usize;
        loop {
            let free = (0..4).map(|n| bucket * 4 + n).find(|slot| table.entries[*slot] & !SPILLED == 0);
            if let Some(slot) = free {
                table.entries[slot] |= key;
                table.ids[slot] = *id;
                break;
            }
            table.entries[bucket * 4 + 3] |= SPILLED;
            bucket = (bucket + 1) % n_buckets;
        }
    }
    table
}

/// Tokens of more than 15 bytes: an index with open addressing, whose entries hold the id + 1 (20 bits), the offset into
/// the bytes (28 bits) and the length (16 bits).
pub(crate) struct Long {
    pub(crate) index: Vec<u64>,
    pub(crate) bytes: Vec<u8>,
}

pub(crate) fn long(vocabulary: &Vocabulary) -> Long {
    let tokens: Vec<_> = vocabulary.iter().filter(|(bytes, _)| bytes.len() > hash::SHORT).collect();
    let n_slots = (tokens.len() * 2).next_power_of_two();
    let bits = n_slots.trailing_zeros();
    let mut table = Long { index: vec![0; n_slots], bytes: Vec::new() };
    for (bytes, id) in tokens {
        let mut slot = (hash::long(bytes) >> (64 - bits)) as usize;
        while table.index[slot] != 0 {
            slot = (slot + 1) % n_slots;
        }
        table.index[slot] = u64::from(id + 1) | ((table.bytes.len() as u64) << 20) | ((bytes.len() as u64) << 48);
        table.bytes.extend_from_slice(bytes);
    }
    table
}
