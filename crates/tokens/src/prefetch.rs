//! Asks the processor to fetch what will be read soon. Pieces that the cache's front does not have are looked up in tables of
//! megabytes: the fetches of a whole block are under way at once.

/// Fetches the cache line that a value begins in.
#[inline(always)]
pub(crate) fn prefetch<T>(value: &T) {
    #[cfg(target_arch = "x86_64")]
    #[allow(unsafe_code, reason = "the intrinsic takes a pointer")]
    // SAFETY: a prefetch reads nothing that the program sees, and the pointer is that of a reference.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(value).cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = value;
}
