//! The few steps that wide instructions speed up, and their definition without. All else is the same code, compiled for each
//! level (`count/levels.rs`), of which the best that the machine has is chosen when a thread first counts.

#[cfg(target_arch = "x86_64")]
pub(crate) mod x86;

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
