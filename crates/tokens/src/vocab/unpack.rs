//! Lays a vocabulary out for counting when it is first asked for, once a process. In the binary it is packed
//! (`build/pack.rs`), in a sixth of the room: a token is what two earlier ones are, one after the other.

use std::sync::OnceLock;

use super::{Bucket, NONE, SPILLED, Vocabulary};
use crate::hash::{self, LITERAL, PARTS, SHORT};
use crate::prefetch::prefetch;

/// A vocabulary as the build step left it.
#[derive(Clone, Copy)]
pub(super) struct Packed {
    /// For each id the two tokens that it is made of.
    pub(super) parts: &'static [[u8; PARTS]],
    /// The bytes of tokens that are made of none, one after the other.
    pub(super) literals: &'static [u8],
    pub(super) shifts: &'static [u16],
    pub(super) atom_index: &'static [u16; 1024],
    pub(super) atom_blocks: &'static [[u32; 64]],
    pub(super) left_edges: &'static [[u8; 64]; 256],
    pub(super) right_edges: &'static [[u8; 256]; 64],
}

/// A token of up to 15 bytes is its key; of a longer one, with [`LONG`], it is where its bytes begin and, from bit 32 on, their
/// number.
type Token = u128;

const LONG: Token = 1 << 127;

/// Tokens whose places are fetched before the first of them is looked at.
const AHEAD: usize = 64;

/// All tokens, by id.
struct Tokens {
    tokens: Vec<Token>,
    /// The bytes of the long ones.
    long_bytes: Vec<u8>,
}

impl Packed {
    /// The tables. They stay for the life of the process.
    ///
    /// Cost: linear in the tokens, some 60 ns each, most of it waiting for the memory that they are spread over.
    pub(super) fn lay_out(&self) -> Vocabulary {
        let mut all = Tokens { tokens: Vec::with_capacity(self.parts.len()), long_bytes: Vec::new() };
        let n_places = hash::GROUP * self.shifts.len();
        let mut pairs = vec![u64::MAX; n_places];
        self.each(&mut all, |left, right, id| {
            let entry = u64::from(left) << 36 | u64::from(right) << 18 | u64::from(id);
            pairs[self.place_of_pair(left, right, n_places)] = entry;
        });
        let mut vocabulary = Vocabulary {
            packed: *self,
            short: short(&all.tokens).leak(),
            short_ids: OnceLock::new(),
            long: long(&all).leak(),
            long_bytes: &[],
            pairs: pairs.leak(),
            bytes: [0; 256],
            byte_pairs: byte_pairs(&all.tokens).leak(),
        };
        for (token, id) in all.tokens.iter().zip(0..).filter(|(token, _)| length(**token) == 1) {
            vocabulary.bytes[(token & 0xFF) as usize] = id;
        }
        vocabulary.long_bytes = all.long_bytes.leak();
        vocabulary
    }

    /// The ids of the tokens in the buckets, which counting does not ask for.
    pub(super) fn short_ids(&self, vocabulary: &Vocabulary) -> Vec<[u32; 4]> {
        let mut all = Tokens { tokens: Vec::with_capacity(self.parts.len()), long_bytes: Vec::new() };
        self.each(&mut all, |_, _, _| ());
        let mut ids = vec![[0; 4]; vocabulary.short.len()];
        for (token, id) in all.tokens.iter().zip(0..).filter(|(token, _)| is_short(**token)) {
            if let Some((bucket, n)) = vocabulary.short_place(*token, hash::short(*token)) {
                ids[bucket][n] = id;
            }
        }
        ids
    }

    /// All tokens, one after the other; of those that are made of two, `take` is given both and the id.
    fn each(&self, all: &mut Tokens, mut take: impl FnMut(u32, u32, u32)) {
        let mut literals = self.literals;
        for (some, from) in self.parts.chunks(AHEAD).zip((0..).step_by(AHEAD)) {
            let parts = some.iter().map(|[a, b, c, d, e]| {
                let word = u64::from(u32::from_le_bytes([*a, *b, *c, *d])) | u64::from(*e) << 32;
                ((word & u64::from(LITERAL)) as u32, (word >> 20) as u32)
            });
            for (left, right) in parts.clone() {
                for part in [left, right] {
                    all.tokens.get(part as usize).into_iter().for_each(prefetch);
                }
            }
            for ((left, right), id) in parts.zip(from..) {
                if left == LITERAL {
                    let (bytes, rest) = literals.split_at(right as usize);
                    literals = rest;
                    all.push(bytes);
                } else {
                    all.join(left, right);
                    take(left, right, id);
                }
            }
        }
    }

    /// The only one of the places of pairs where this one can stand.
    #[inline(always)]
    pub(super) fn place_of_pair(&self, left: u32, right: u32, n_places: usize) -> usize {
        let hash = hash::pair(left, right);
        let shift = self.shifts[hash::place(hash, self.shifts.len())];
        hash::pair_slot(hash, shift, n_places)
    }
}

impl Tokens {
    fn push(&mut self, bytes: &[u8]) {
        let token = if bytes.len() <= SHORT { hash::key(bytes) } else { self.long(|all| all.extend_from_slice(bytes)) };
        self.tokens.push(token);
    }

    /// The next token is two earlier ones.
    fn join(&mut self, left: u32, right: u32) {
        let (left, right) = (self.tokens[left as usize], self.tokens[right as usize]);
        let n_bytes = length(left) + length(right);
        let token = if n_bytes <= SHORT {
            let bytes = |token: Token| token & !(0xFF << 120);
            bytes(left) | bytes(right) << (8 * length(left)) | (n_bytes as u128) << 120
        } else {
            self.long(|all| {
                for part in [left, right] {
                    let length = length(part);
                    if part & LONG == 0 {
                        all.extend_from_slice(&part.to_le_bytes()[..length]);
                    } else {
                        all.extend_from_within(offset(part)..offset(part) + length);
                    }
                }
            })
        };
        self.tokens.push(token);
    }

    /// A long token of the bytes that are appended.
    fn long(&mut self, append: impl FnOnce(&mut Vec<u8>)) -> Token {
        let offset = self.long_bytes.len();
        append(&mut self.long_bytes);
        LONG | ((self.long_bytes.len() - offset) as u128) << 32 | offset as u128
    }
}

const fn length(token: Token) -> usize {
    if token & LONG == 0 { (token >> 120) as usize } else { (token >> 32) as u32 as usize }
}

const fn offset(token: Token) -> usize {
    token as u32 as usize
}

/// Whether a token has 2 to 15 bytes.
const fn is_short(token: Token) -> bool {
    token & LONG == 0 && length(token) >= 2
}

/// Tokens of 2 to 15 bytes, in buckets of four. Of a bucket's last entry the highest bit says that tokens of this bucket stand
/// in the next.
fn short(tokens: &[Token]) -> Vec<Bucket> {
    // 31 of 40 places taken at most.
    let n_short = tokens.iter().filter(|token| is_short(**token)).count();
    let n_buckets = (n_short * 10 / 31).next_power_of_two();
    let mut buckets = vec![Bucket([0; 4]); n_buckets];
    let first = |token: Token| hash::place(hash::short(token), n_buckets);
    for some in tokens.chunks(AHEAD) {
        for token in some {
            prefetch(&buckets[first(*token)]);
        }
        for token in some.iter().filter(|token| is_short(**token)) {
            let mut bucket = first(*token);
            while let Bucket([_, _, _, last]) = &mut buckets[bucket]
                && *last & !SPILLED != 0
            {
                *last |= SPILLED;
                bucket = (bucket + 1) % n_buckets;
            }
            let Bucket(entries) = &mut buckets[bucket];
            if let Some(free) = entries.iter().position(|entry| entry & !SPILLED == 0) {
                entries[free] |= token;
            }
        }
    }
    buckets
}

/// Tokens of more than 15 bytes: an index with open addressing, whose entries hold the id + 1 (20 bits), the offset into the
/// bytes (28 bits) and the length (16 bits).
fn long(all: &Tokens) -> Vec<u64> {
    let tokens = || all.tokens.iter().zip(1_u64..).filter(|(token, _)| *token & LONG != 0);
    let n_slots = (tokens().count() * 2).next_power_of_two();
    let mut index = vec![0; n_slots];
    for (token, id) in tokens() {
        let (offset, length) = (offset(*token), length(*token));
        let bytes = &all.long_bytes[offset..offset + length];
        let mut slot = hash::place(hash::long(bytes), n_slots);
        while index[slot] != 0 {
            slot = (slot + 1) % n_slots;
        }
        index[slot] = id | (offset as u64) << 20 | (length as u64) << 48;
    }
    index
}

/// The id of any two bytes, by both, or [`NONE`].
fn byte_pairs(tokens: &[Token]) -> Vec<[u32; 256]> {
    let mut pairs = vec![[NONE; 256]; 256];
    for (token, id) in tokens.iter().zip(0..).filter(|(token, _)| length(**token) == 2) {
        let [left, right, ..] = token.to_le_bytes();
        pairs[usize::from(left)][usize::from(right)] = id;
    }
    pairs
}
