//! The vocabularies themselves: bytes that the build step wrote, seen as arrays, and laid out when first asked for.

#![allow(clippy::useless_transmute, reason = "some of the tables are of bytes")]
#![allow(clippy::unreadable_literal, reason = "the build step writes the sizes")]

use std::sync::LazyLock;

use super::Vocabulary;
use super::unpack::Packed;
use crate::hash::PARTS;

include!(concat!(env!("OUT_DIR"), "/sizes.rs"));

#[cfg(target_endian = "big")]
compile_error!("the tables are little-endian");

pub(crate) static O200K: LazyLock<Vocabulary> = LazyLock::new(|| O200K_PACKED.lay_out());
pub(crate) static CL100K: LazyLock<Vocabulary> = LazyLock::new(|| CL100K_PACKED.lay_out());
pub(crate) static P50K: LazyLock<Vocabulary> = LazyLock::new(|| P50K_PACKED.lay_out());

/// The first 50,256 tokens of `p50k_base`; what that has more are runs of blanks.
pub(crate) static R50K: LazyLock<Vocabulary> =
    LazyLock::new(|| Packed { parts: &P50K_PACKED.parts[..50_256], ..P50K_PACKED }.lay_out());

/// A static array of a file of the build step.
macro_rules! table {
    ($file:literal, $type:ty) => {{
        static TABLE: $type = zerocopy::transmute!(*include_bytes!(concat!(env!("OUT_DIR"), "/", $file)));
        &TABLE
    }};
}

static O200K_PACKED: Packed = Packed {
    parts: table!("o200k.parts", [[u8; PARTS]; O200K_PARTS]),
    literals: table!("o200k.literals", [u8; O200K_LITERALS]),
    shifts: table!("o200k.shifts", [u16; O200K_SHIFTS]),
    atom_index: table!("o200k.atom_index", [u16; O200K_ATOM_INDEX]),
    atom_blocks: table!("o200k.atom_blocks", [[u32; 64]; O200K_ATOM_BLOCKS / 64]),
    left_edges: table!("o200k.left_edges", [[u8; 64]; O200K_LEFT_EDGES / 64]),
    right_edges: table!("o200k.right_edges", [[u8; 256]; O200K_RIGHT_EDGES / 256]),
};

static CL100K_PACKED: Packed = Packed {
    parts: table!("cl100k.parts", [[u8; PARTS]; CL100K_PARTS]),
    literals: table!("cl100k.literals", [u8; CL100K_LITERALS]),
    shifts: table!("cl100k.shifts", [u16; CL100K_SHIFTS]),
    atom_index: table!("cl100k.atom_index", [u16; CL100K_ATOM_INDEX]),
    atom_blocks: table!("cl100k.atom_blocks", [[u32; 64]; CL100K_ATOM_BLOCKS / 64]),
    left_edges: table!("cl100k.left_edges", [[u8; 64]; CL100K_LEFT_EDGES / 64]),
    right_edges: table!("cl100k.right_edges", [[u8; 256]; CL100K_RIGHT_EDGES / 256]),
};

static P50K_PACKED: Packed = Packed {
    parts: table!("p50k.parts", [[u8; PARTS]; P50K_PARTS]),
    literals: table!("p50k.literals", [u8; P50K_LITERALS]),
    shifts: table!("p50k.shifts", [u16; P50K_SHIFTS]),
    atom_index: table!("p50k.atom_index", [u16; P50K_ATOM_INDEX]),
    atom_blocks: table!("p50k.atom_blocks", [[u32; 64]; P50K_ATOM_BLOCKS / 64]),
    left_edges: table!("p50k.left_edges", [[u8; 64]; P50K_LEFT_EDGES / 64]),
    right_edges: table!("p50k.right_edges", [[u8; 256]; P50K_RIGHT_EDGES / 256]),
};
