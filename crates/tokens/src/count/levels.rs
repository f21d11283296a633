//! Counting compiled for each level of instructions.

#![allow(
    unsafe_code,
    reason = "functions for wider instructions than the build's may only be called where these exist"
)]

use super::{Run, run};
use crate::isa::Scalar;

/// The best that the machine has.
pub(super) fn best() -> Run {
    all().into_iter().next_back().map_or(run::<Scalar>, |(_, run)| run)
}

/// All that the machine has, the slowest first.
pub(super) fn all() -> Vec<(&'static str, Run)> {
    let mut levels: Vec<(&'static str, Run)> = vec![("scalar", run::<Scalar>)];
    #[cfg(target_arch = "x86_64")]
    levels.extend(x86::all());
    levels
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use super::super::{Counter, run};
    use super::Run;
    use crate::Encoding;
    use crate::isa::x86::{Avx2, Avx512, Sse2, has_avx2, has_avx512, has_sse4};

    pub(super) fn all() -> Vec<(&'static str, Run)> {
        let mut levels: Vec<(&'static str, Run)> = vec![("SSE2", run::<Sse2>)];
        if has_sse4() {
            // SAFETY: the instructions were found.
            levels.push(("SSE4.2", |counter, encoding, text, limit| unsafe { sse4(counter, encoding, text, limit) }));
        }
        if has_avx2() {
            // SAFETY: the instructions were found.
            levels.push(("AVX2", |counter, encoding, text, limit| unsafe { avx2(counter, encoding, text, limit) }));
        }
        if has_avx512() {
            // SAFETY: the instructions were found.
            levels
                .push(("AVX-512", |counter, encoding, text, limit| unsafe { avx512(counter, encoding, text, limit) }));
        }
        levels
    }

    #[target_feature(enable = "sse4.2,popcnt")]
    fn sse4(counter: &mut Counter, encoding: Encoding, text: &[u8], limit: u64) -> u64 {
        run::<Sse2>(counter, encoding, text, limit)
    }

    #[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
    fn avx2(counter: &mut Counter, encoding: Encoding, text: &[u8], limit: u64) -> u64 {
        run::<Avx2>(counter, encoding, text, limit)
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,avx2,bmi1,bmi2,lzcnt,popcnt")]
    fn avx512(counter: &mut Counter, encoding: Encoding, text: &[u8], limit: u64) -> u64 {
        run::<Avx512>(counter, encoding, text, limit)
    }
}
