//! Bodies that were read: one that came twice and was answered by the cache is likely to come again, to the byte, and need not be read,
//! weighed and digested each time. Found by a digest and compared in full, so that a body is never taken for another. What comes once is
//! not kept: that would cost every call for the sake of some.

use std::sync::Arc;

use xxhash_rust::xxh3::xxh3_128_with_seed;

use super::prepare::{Prepared, Read};
use crate::chat::Dialect;

/// What a read body takes, in bodies: its text, values and parts, digests and weights.
const TIMES: usize = 8;
const OVERHEAD: usize = 2048;

/// Read bodies, bounded by bytes.
pub(super) struct Reads {
    kept: moka::sync::Cache<Key, Arc<Read>>,
    /// Nobody can tell which bodies share a place.
    seed: u64,
}

/// The digest of a body, and the dialect that the caller said.
type Key = (u128, Option<Dialect>);

impl Reads {
    pub(super) fn new(max_bytes: u64) -> Reads {
        let weigher =
            |_: &Key, read: &Arc<Read>| u32::try_from(OVERHEAD + TIMES * read.text.as_str().len()).unwrap_or(u32::MAX);
        Reads {
            kept: moka::sync::Cache::builder().max_capacity(max_bytes).weigher(weigher).build(),
            seed: fastrand::u64(..),
        }
    }

    /// The same body, read before.
    pub(super) fn find(&self, dialect: Option<Dialect>, body: &[u8]) -> Option<Arc<Read>> {
        let read = self.kept.get(&(self.digest(body), dialect))?;
        (read.text.as_str().as_bytes() == body).then_some(read)
    }

    /// Keeps a body.
    pub(super) fn keep(&self, prepared: &Prepared) {
        if !prepared.is_known {
            let digest = self.digest(prepared.text.as_str().as_bytes());
            self.kept.insert((digest, prepared.said), Arc::clone(&prepared.read));
        }
    }

    fn digest(&self, body: &[u8]) -> u128 {
        xxh3_128_with_seed(body, self.seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labels::Caller;
    use crate::router::Request;
    use crate::router::prepare::prepare;

    const BODY: &str = r#"{"model":"gpt-4o-mini","messages":[{"role":"user","content":"hi"}]}"#;

    fn read(reads: &Reads, request: Request, tenant: &str) -> Arc<Read> {
        let prepared = prepare(request, &Arc::new(Caller::of(tenant)), None, 1000, reads).unwrap();
        reads.keep(&prepared);
        prepared.read
    }

    #[test]
    fn the_same_bytes_said_to_be_the_same_are_read_once() {
        let reads = Reads::new(1 << 20);
        let first = read(&reads, Request::chat(BODY), "acme");
        for (request, is_same) in [
            (Request::chat(BODY), true),
            // What was told by looking may be told otherwise.
            (Request::detect(BODY), false),
            (Request::chat(BODY.replace("hi", "ho")), false),
            (Request::chat(format!("{BODY} ")), false),
        ] {
            let again = read(&reads, request, "zenith");
            assert_eq!(Arc::ptr_eq(&first, &again), is_same, "{}", again.text.as_str());
        }
        assert!(!Arc::ptr_eq(&first, &read(&Reads::new(0), Request::chat(BODY), "acme")), "nothing is shared");
    }

    #[test]
    fn memory_is_bounded() {
        let reads = Reads::new(100_000);
        for n in 0..500 {
            read(&reads, Request::chat(BODY.replace("hi", &n.to_string())), "acme");
            reads.kept.run_pending_tasks();
            assert!(reads.kept.weighted_size() <= 100_000);
        }
        assert!(reads.kept.entry_count() > 0);
    }
}
