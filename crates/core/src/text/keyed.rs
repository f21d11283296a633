//! Digests of 128 bits under a secret that is drawn anew for each memo: whoever writes texts does not know what they are
//! digested to, so equal digests are taken for equal texts. XXH3 and not a cryptographic digest: it is some ten times as
//! fast. That nobody could craft two texts with one digest without knowing the secret is not proven of it; who did would
//! get a wrong figure for a log of his own.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use xxhash_rust::xxh3::xxh3_128_with_secret;

/// Bytes of XXH3's own secret.
const LENGTH: usize = 192;

/// What digests are keyed by. Digests under two secrets have nothing to do with each other.
#[derive(Clone)]
pub struct Secret([u8; LENGTH]);

impl Secret {
    /// The digest of some bytes.
    pub fn digest(&self, bytes: &[u8]) -> [u8; 16] {
        xxh3_128_with_secret(bytes, &self.0).to_le_bytes()
    }
}

impl Default for Secret {
    fn default() -> Self {
        let mut secret = [0; LENGTH];
        // The standard library's random keys are the one source of randomness here.
        for (n, eight) in secret.chunks_exact_mut(8).enumerate() {
            let mut hasher = RandomState::new().build_hasher();
            hasher.write_usize(n);
            eight.copy_from_slice(&hasher.finish().to_le_bytes());
        }
        Secret(secret)
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Secret").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_follows_from_bytes_and_secret() {
        let secret = Secret::default();
        assert_eq!(secret.digest(b"a river"), secret.clone().digest(b"a river"));
        assert_ne!(secret.digest(b"a river"), secret.digest(b"a rover"));
        assert_ne!(secret.digest(b"a river"), Secret::default().digest(b"a river"));
    }
}
