//! The wide instructions of x86-64. ASCII is classified by unsigned comparisons of ranges, the same in each width.

#![allow(
    unsafe_code,
    reason = "functions for wider instructions than the build's may only be called where these exist"
)]
#![allow(clippy::wildcard_imports, reason = "the names say whose they are")]
#![allow(clippy::cast_possible_wrap, reason = "the instructions take bytes as signed, whatever they mean")]

use std::arch::x86_64::*;

use super::{Ascii, GROUP, Isa, PLACE_BITS, Sorted, WINDOW};
use crate::hash::TINY;
use crate::merge::batch::{Batch, LANES};
use crate::merge::stretches;
use crate::vocab::Vocabulary;

/// Whether the machine has all that `count/levels.rs` compiles for, besides [`Sse2`].
pub(crate) fn has_sse4() -> bool {
    is_x86_feature_detected!("sse4.2") && is_x86_feature_detected!("popcnt")
}

/// The same, besides [`Avx2`].
pub(crate) fn has_avx2() -> bool {
    has_sse4()
        && is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("lzcnt")
}

/// The same, besides [`Avx512`].
pub(crate) fn has_avx512() -> bool {
    has_avx2()
        && is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("avx512vbmi2")
}

/// 16 bytes at a time: part of every x86-64.
pub(crate) struct Sse2;

impl Isa for Sse2 {
    #[inline(always)]
    fn ascii(bytes: &[u8; WINDOW]) -> Ascii {
        // SAFETY: every x86-64 has the instructions.
        unsafe { sse2(bytes) }
    }
}

#[inline]
#[target_feature(enable = "sse2")]
fn sse2(bytes: &[u8; WINDOW]) -> Ascii {
    let all: [__m128i; 4] = zerocopy::transmute!(*bytes);
    let mask = |parts: [__m128i; 4]| {
        parts.iter().rev().fold(0, |mask, part| mask << 16 | u64::from(_mm_movemask_epi8(*part) as u16))
    };
    let equal = |byte: u8| mask(all.map(|part| _mm_cmpeq_epi8(part, _mm_set1_epi8(byte as i8))));
    let within = |first: u8, n: u8, fold: u8| {
        mask(all.map(|part| {
            let folded = _mm_or_si128(part, _mm_set1_epi8(fold as i8));
            let offset = _mm_sub_epi8(folded, _mm_set1_epi8(first as i8));
            _mm_cmpeq_epi8(_mm_min_epu8(offset, _mm_set1_epi8(n as i8 - 1)), offset)
        }))
    };
    let small = mask(all.map(|part| _mm_slli_epi16::<2>(part)));
    let continued = mask(all.map(|part| _mm_cmplt_epi8(part, _mm_set1_epi8(-64))));
    let high = mask(all);
    finish(within(b'a', 26, 0x20), small, within(b'\t', 5, 0), equal, within(b'0', 10, 0), high, continued)
}

/// 32 bytes at a time. To be used after [`has_avx2`] only.
pub(crate) struct Avx2;

impl Isa for Avx2 {
    #[inline(always)]
    fn ascii(bytes: &[u8; WINDOW]) -> Ascii {
        // SAFETY: `count/levels.rs` and the tests, which alone name this type, ask `has_avx2` first.
        unsafe { avx2(bytes) }
    }
}

#[inline]
#[target_feature(enable = "avx2")]
fn avx2(bytes: &[u8; WINDOW]) -> Ascii {
    let [low, high]: [__m256i; 2] = zerocopy::transmute!(*bytes);
    let mask = |low: __m256i, high: __m256i| {
        u64::from(_mm256_movemask_epi8(low) as u32) | u64::from(_mm256_movemask_epi8(high) as u32) << 32
    };
    let equal = |byte: u8| {
        let byte = _mm256_set1_epi8(byte as i8);
        mask(_mm256_cmpeq_epi8(low, byte), _mm256_cmpeq_epi8(high, byte))
    };
    let within = |first: u8, n: u8, fold: u8| {
        let test = |part: __m256i| {
            let folded = _mm256_or_si256(part, _mm256_set1_epi8(fold as i8));
            let offset = _mm256_sub_epi8(folded, _mm256_set1_epi8(first as i8));
            _mm256_cmpeq_epi8(_mm256_min_epu8(offset, _mm256_set1_epi8(n as i8 - 1)), offset)
        };
        mask(test(low), test(high))
    };
    let small = mask(_mm256_slli_epi16::<2>(low), _mm256_slli_epi16::<2>(high));
    let border = _mm256_set1_epi8(-64);
    let continued = mask(_mm256_cmpgt_epi8(border, low), _mm256_cmpgt_epi8(border, high));
    let beyond = mask(low, high);
    finish(within(b'a', 26, 0x20), small, within(b'\t', 5, 0), equal, within(b'0', 10, 0), beyond, continued)
}

/// 64 bytes at a time. To be used after [`has_avx512`] only.
pub(crate) struct Avx512;

impl Isa for Avx512 {
    #[inline(always)]
    fn ascii(bytes: &[u8; WINDOW]) -> Ascii {
        // SAFETY: `count/levels.rs` and the tests, which alone name this type, ask `has_avx512` first.
        unsafe { avx512(bytes) }
    }

    #[inline(always)]
    fn positions(mask: u64, base: u16, list: &mut [u16; 32]) {
        // SAFETY: as above.
        unsafe { compress(mask, base, list) }
    }

    #[inline(always)]
    fn merge(batch: &mut Batch, vocabulary: &Vocabulary, pieces: &[&[u8]]) -> [u64; LANES] {
        // SAFETY: as above; `has_avx512` asks for what AVX2 goes with, too.
        unsafe { merge(batch, vocabulary, pieces) }
    }

    #[inline(always)]
    fn merge_long(batch: &mut Batch, vocabulary: &Vocabulary, piece: &[u8]) -> Option<u64> {
        // SAFETY: as above.
        unsafe { merge_long(batch, vocabulary, piece) }
    }

    #[inline(always)]
    fn sort(starts: &[u16; GROUP], ends: &[u16; GROUP], n: usize, base: u16, sorted: &mut Sorted) {
        // SAFETY: as above.
        unsafe { sort(starts, ends, n, base, sorted) }
    }
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2")]
fn compress(mask: u64, base: u16, list: &mut [u16; 32]) {
    const NUMBERS: [u8; WINDOW] = {
        let mut numbers = [0; WINDOW];
        let mut n = 0;
        while n < WINDOW {
            numbers[n] = n as u8;
            n += 1;
        }
        numbers
    };
    let numbers = _mm512_maskz_compress_epi8(mask, zerocopy::transmute!(NUMBERS));
    let wide = _mm512_cvtepu8_epi16(_mm512_castsi512_si256(numbers));
    *list = zerocopy::transmute!(_mm512_add_epi16(wide, _mm512_set1_epi16(base as i16)));
}

/// Merging reads as vectors what it has just written as numbers, which costs a quarter more if the vectors are wider.
#[inline(never)]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn merge(batch: &mut Batch, vocabulary: &Vocabulary, pieces: &[&[u8]]) -> [u64; LANES] {
    batch.starts(vocabulary, pieces)
}

#[inline(never)]
#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn merge_long(batch: &mut Batch, vocabulary: &Vocabulary, piece: &[u8]) -> Option<u64> {
    stretches::count(batch, vocabulary, piece)
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw,avx512vbmi2")]
fn sort(starts: &[u16; GROUP], ends: &[u16; GROUP], n: usize, base: u16, sorted: &mut Sorted) {
    const NUMBERS: [u16; GROUP] = {
        let mut numbers = [0; GROUP];
        let mut n = 0;
        while n < GROUP {
            numbers[n] = n as u16;
            n += 1;
        }
        numbers
    };
    let starts: __m512i = zerocopy::transmute!(*starts);
    let lengths = _mm512_sub_epi16(zerocopy::transmute!(*ends), starts);
    let all = u32::MAX.checked_shr((GROUP - n) as u32).unwrap_or(0);
    let tiny = _mm512_cmple_epu16_mask(lengths, _mm512_set1_epi16(TINY as i16)) & all;
    let places = _mm512_or_si512(starts, _mm512_slli_epi16::<PLACE_BITS>(lengths));
    let numbers = _mm512_add_epi16(zerocopy::transmute!(NUMBERS), _mm512_set1_epi16(base as i16));
    sorted.tiny = zerocopy::transmute!(_mm512_maskz_compress_epi16(tiny, places));
    sorted.others = zerocopy::transmute!(_mm512_maskz_compress_epi16(all & !tiny, numbers));
    sorted.n_tiny = tiny.count_ones() as usize;
}

#[inline]
#[target_feature(enable = "avx512f,avx512bw")]
fn avx512(bytes: &[u8; WINDOW]) -> Ascii {
    let all: __m512i = zerocopy::transmute!(*bytes);
    let equal = |byte: u8| _mm512_cmpeq_epi8_mask(all, _mm512_set1_epi8(byte as i8));
    let within = |first: u8, n: u8, fold: u8| {
        let folded = _mm512_or_si512(all, _mm512_set1_epi8(fold as i8));
        _mm512_cmplt_epu8_mask(_mm512_sub_epi8(folded, _mm512_set1_epi8(first as i8)), _mm512_set1_epi8(n as i8))
    };
    let small = _mm512_test_epi8_mask(all, _mm512_set1_epi8(0x20));
    let continued = _mm512_cmplt_epi8_mask(all, _mm512_set1_epi8(-64));
    let high = _mm512_movepi8_mask(all);
    finish(within(b'a', 26, 0x20), small, within(b'\t', 5, 0), equal, within(b'0', 10, 0), high, continued)
}

/// The masks of the classes from what is common to all widths: letters of both cases, bytes with the bit of small letters,
/// white space but for the space.
#[inline(always)]
fn finish(
    letters: u64,
    small: u64,
    white: u64,
    equal: impl Fn(u8) -> u64,
    number: u64,
    high: u64,
    continued: u64,
) -> Ascii {
    let newline = equal(b'\n') | equal(b'\r');
    Ascii {
        upper: letters & !small,
        lower: letters & small,
        number,
        space: equal(b' '),
        newline,
        blank: white & !newline,
        slash: equal(b'/'),
        quote: equal(b'\''),
        high,
        continued,
    }
}

#[cfg(test)]
mod tests {
    use super::super::Scalar;
    use super::*;

    fn same(left: &Ascii, right: &Ascii) -> bool {
        let all = |of: &Ascii| {
            [of.upper, of.lower, of.number, of.space, of.newline, of.blank, of.slash, of.quote, of.high, of.continued]
        };
        all(left) == all(right)
    }

    #[test]
    fn every_byte_at_every_place_is_classified_as_by_the_definition() {
        for shift in 0..=255_u8 {
            for step in [1, 3, 7] {
                let bytes: [u8; WINDOW] = std::array::from_fn(|at| shift.wrapping_add((at as u8).wrapping_mul(step)));
                let expected = Scalar::ascii(&bytes);
                assert!(same(&Sse2::ascii(&bytes), &expected), "SSE2 {bytes:?}");
                if has_avx2() {
                    assert!(same(&Avx2::ascii(&bytes), &expected), "AVX2 {bytes:?}");
                }
                if has_avx512() {
                    assert!(same(&Avx512::ascii(&bytes), &expected), "AVX-512 {bytes:?}");
                }
            }
        }
    }

    #[test]
    fn pieces_are_sorted_as_by_the_definition() {
        if !has_avx512() {
            return;
        }
        let mut state = 1_u64;
        for n in 0..=GROUP {
            let (mut starts, mut ends) = ([0; GROUP], [0; GROUP]);
            for (start, end) in starts.iter_mut().zip(&mut ends) {
                state = state.wrapping_mul(0xD6E8_FEB8_6659_FD93).wrapping_add(n as u64);
                *start = (state >> 50) as u16 % 4096;
                *end = *start + (state >> 40) as u16 % 20;
            }
            let nothing = || Sorted { tiny: [0; GROUP], others: [0; GROUP], n_tiny: 0 };
            let (mut expected, mut found) = (nothing(), nothing());
            Scalar::sort(&starts, &ends, n, 640, &mut expected);
            Avx512::sort(&starts, &ends, n, 640, &mut found);
            let n_tiny = expected.n_tiny;
            assert_eq!((found.n_tiny, &found.tiny[..n_tiny]), (n_tiny, &expected.tiny[..n_tiny]));
            assert_eq!(found.others[..n - n_tiny], expected.others[..n - n_tiny]);
        }
    }

    #[test]
    fn positions_are_those_of_the_definition() {
        let mut mask = 0x9E37_79B9_7F4A_7C15_u64;
        for n in 0..1000 {
            mask = mask.wrapping_mul(0xD6E8_FEB8_6659_FD93) ^ n;
            let sparse = mask & !(mask << 1) & mask.rotate_left(n as u32);
            let n_bits = sparse.count_ones() as usize;
            let (mut expected, mut found) = ([0; 32], [0; 32]);
            Scalar::positions(sparse, 640, &mut expected);
            if has_avx512() {
                Avx512::positions(sparse, 640, &mut found);
                assert_eq!(found[..n_bits], expected[..n_bits]);
            }
            let bits: Vec<u16> = (0..64).filter(|bit| sparse >> bit & 1 == 1).map(|bit| bit + 640).collect();
            assert_eq!(expected[..n_bits], bits);
        }
    }
}
