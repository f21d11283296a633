//! The few steps that wide instructions speed up, and their definition without. All else is the same code, compiled for each
//! level (`count/levels.rs`), of which the best that the machine has is chosen when a thread first counts.

#[cfg(target_arch = "x86_64")]
pub(crate) mod x86;

use crate::hash::TINY;
use crate::merge::batch::{Batch, LANES};
use crate::merge::stretches;
use crate::split::block::BLOCK;
use crate::vocab::Vocabulary;

/// Bits of a place in a block.
pub(crate) const PLACE_BITS: u32 = BLOCK.ilog2();

/// Bytes of a window.
pub(crate) const WINDOW: usize = 64;

/// The masks of ASCII, and those of the encoding.
#[derive(Clone, Copy, Default)]
pub(crate) struct Ascii {
    pub(crate) upper: u64,
    pub(crate) lower: u64,
    pub(crate) number: u64,
    pub(crate) space: u64,
    pub(crate) newline: u64,
    pub(crate) blank: u64,
    pub(crate) slash: u64,
    pub(crate) quote: u64,
    /// Bytes beyond ASCII.
    pub(crate) high: u64,
    /// Those that continue a character.
    pub(crate) continued: u64,
}

/// What wide instructions are used for.
pub(crate) trait Isa {
    /// Classifies 64 bytes.
    fn ascii(bytes: &[u8; WINDOW]) -> Ascii;

    /// Writes the numbers of the bits of a mask, each with `base` added, and anything behind them. At most 32 bits are set.
    #[inline(always)]
    fn positions(mut mask: u64, base: u16, list: &mut [u16; 32]) {
        let (rounds, _) = list.as_chunks_mut::<8>();
        for round in rounds {
            // More than there are, to be overwritten: the number of rounds is better foreseen than that of bits.
            for place in round {
                *place = base + mask.trailing_zeros() as u16;
                mask &= mask.wrapping_sub(1);
            }
            if mask == 0 {
                return;
            }
        }
    }

    /// Where the tokens of pieces of up to 64 bytes begin.
    #[inline(always)]
    fn merge(batch: &mut Batch, vocabulary: &Vocabulary, pieces: &[&[u8]]) -> [u64; LANES] {
        batch.starts(vocabulary, pieces)
    }

    /// The number of tokens of a longer piece, if that can be told from stretches of it.
    #[inline(always)]
    fn merge_long(batch: &mut Batch, vocabulary: &Vocabulary, piece: &[u8]) -> Option<u64> {
        stretches::count(batch, vocabulary, piece)
    }

    /// Sorts `n` pieces, of which the first has number `base`, by their length; behind what is sorted stands anything.
    #[inline(always)]
    fn sort(starts: &[u16; GROUP], ends: &[u16; GROUP], n: usize, base: u16, sorted: &mut Sorted) {
        let (mut n_tiny, mut n_others) = (0, 0);
        for (number, (start, end)) in starts.iter().zip(ends).take(n).enumerate() {
            let length = end.wrapping_sub(*start);
            let is_tiny = length <= TINY as u16;
            sorted.tiny[n_tiny % GROUP] = start | length << PLACE_BITS;
            sorted.others[n_others % GROUP] = base + number as u16;
            n_tiny += usize::from(is_tiny);
            n_others += usize::from(!is_tiny);
        }
        sorted.n_tiny = n_tiny;
    }
}

/// Pieces that are sorted at once.
pub(crate) const GROUP: usize = 32;

/// Pieces of a block by their length.
pub(crate) struct Sorted {
    /// Those of at most [`TINY`] bytes: where each begins, the length above.
    pub(crate) tiny: [u16; GROUP],
    /// The numbers of the others.
    pub(crate) others: [u16; GROUP],
    pub(crate) n_tiny: usize,
}

/// The definition, a byte at a time.
pub(crate) struct Scalar;

impl Isa for Scalar {
    fn ascii(bytes: &[u8; WINDOW]) -> Ascii {
        let mut masks = Ascii::default();
        for (at, byte) in bytes.iter().enumerate() {
            let bit = 1 << at;
            match byte {
                b'A'..=b'Z' => masks.upper |= bit,
                b'a'..=b'z' => masks.lower |= bit,
                b'0'..=b'9' => masks.number |= bit,
                b' ' => masks.space |= bit,
                b'\r' | b'\n' => masks.newline |= bit,
                b'\t' | 0x0B | 0x0C => masks.blank |= bit,
                b'/' => masks.slash |= bit,
                b'\'' => masks.quote |= bit,
                0x80..0xC0 => {
                    masks.high |= bit;
                    masks.continued |= bit;
                }
                0xC0.. => masks.high |= bit,
                _ => {}
            }
        }
        masks
    }
}
