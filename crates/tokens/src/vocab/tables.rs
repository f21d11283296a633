//! The tables themselves: bytes that the build step wrote, seen as arrays.

#![allow(clippy::useless_transmute, reason = "one of the tables is of bytes")]
#![allow(clippy::unreadable_literal, reason = "the build step writes the sizes")]

use super::Vocabulary;

include!(concat!(env!("OUT_DIR"), "/sizes.rs"));

#[cfg(target_endian = "big")]
compile_error!("the tables are little-endian");

/// A bucket must not lie across two cache lines.
#[repr(align(64))]
struct Lines<T>(T);

/// A static array of a file of the build step.
macro_rules! table {
    ($file:literal, $type:ty) => {{
        static TABLE: Lines<$type> = Lines(zerocopy::transmute!(*include_bytes!(concat!(env!("OUT_DIR"), "/", $file))));
        &TABLE.0
    }};
}

pub(crate) static O200K: Vocabulary = Vocabulary {
    short: table!("o200k.short", [[u128; 4]; O200K_SHORT / 4]),
    short_ids: table!("o200k.short_ids", [[u32; 4]; O200K_SHORT_IDS / 4]),
    long: table!("o200k.long", [u64; O200K_LONG]),
    long_bytes: table!("o200k.long_bytes", [u8; O200K_LONG_BYTES]),
    shifts: table!("o200k.shifts", [u16; O200K_SHIFTS]),
    pairs: table!("o200k.pairs", [u64; O200K_PAIRS]),
    bytes: table!("o200k.bytes", [u32; O200K_BYTES]),
    byte_pairs: table!("o200k.byte_pairs", [u32; O200K_BYTE_PAIRS]),
    atom_index: table!("o200k.atom_index", [u16; O200K_ATOM_INDEX]),
    atom_blocks: table!("o200k.atom_blocks", [[u32; 64]; O200K_ATOM_BLOCKS / 64]),
    left_edges: table!("o200k.left_edges", [[u8; 64]; O200K_LEFT_EDGES / 64]),
    right_edges: table!("o200k.right_edges", [[u8; 256]; O200K_RIGHT_EDGES / 256]),
    end: u32::MAX,
};

pub(crate) static CL100K: Vocabulary = Vocabulary {
    short: table!("cl100k.short", [[u128; 4]; CL100K_SHORT / 4]),
    short_ids: table!("cl100k.short_ids", [[u32; 4]; CL100K_SHORT_IDS / 4]),
    long: table!("cl100k.long", [u64; CL100K_LONG]),
    long_bytes: table!("cl100k.long_bytes", [u8; CL100K_LONG_BYTES]),
    shifts: table!("cl100k.shifts", [u16; CL100K_SHIFTS]),
    pairs: table!("cl100k.pairs", [u64; CL100K_PAIRS]),
    bytes: table!("cl100k.bytes", [u32; CL100K_BYTES]),
    byte_pairs: table!("cl100k.byte_pairs", [u32; CL100K_BYTE_PAIRS]),
    atom_index: table!("cl100k.atom_index", [u16; CL100K_ATOM_INDEX]),
    atom_blocks: table!("cl100k.atom_blocks", [[u32; 64]; CL100K_ATOM_BLOCKS / 64]),
    left_edges: table!("cl100k.left_edges", [[u8; 64]; CL100K_LEFT_EDGES / 64]),
    right_edges: table!("cl100k.right_edges", [[u8; 256]; CL100K_RIGHT_EDGES / 256]),
    end: u32::MAX,
};

pub(crate) static P50K: Vocabulary = Vocabulary {
    short: table!("p50k.short", [[u128; 4]; P50K_SHORT / 4]),
    short_ids: table!("p50k.short_ids", [[u32; 4]; P50K_SHORT_IDS / 4]),
    long: table!("p50k.long", [u64; P50K_LONG]),
    long_bytes: table!("p50k.long_bytes", [u8; P50K_LONG_BYTES]),
    shifts: table!("p50k.shifts", [u16; P50K_SHIFTS]),
    pairs: table!("p50k.pairs", [u64; P50K_PAIRS]),
    bytes: table!("p50k.bytes", [u32; P50K_BYTES]),
    byte_pairs: table!("p50k.byte_pairs", [u32; P50K_BYTE_PAIRS]),
    atom_index: table!("p50k.atom_index", [u16; P50K_ATOM_INDEX]),
    atom_blocks: table!("p50k.atom_blocks", [[u32; 64]; P50K_ATOM_BLOCKS / 64]),
    left_edges: table!("p50k.left_edges", [[u8; 64]; P50K_LEFT_EDGES / 64]),
    right_edges: table!("p50k.right_edges", [[u8; 256]; P50K_RIGHT_EDGES / 256]),
    end: u32::MAX,
};

/// The first 50,256 tokens of `p50k_base`; what that has more are runs of blanks.
pub(crate) static R50K: Vocabulary = Vocabulary { end: 50_256, ..P50K };
