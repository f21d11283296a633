//! Entries as bytes that only this cache can read or write: a header in JSON, then body and events as they are, all of it
//! sealed with ChaCha20-Poly1305 under a key of the entry's own partition. The entry's key is bound to it, so that nobody can
//! put one answer in the place of another.
//!
//! ```text
//! version (1) · salt (32) · sealed [ header's length (4) · header · body · events ] · tag (16)
//! ```

use bytes::Bytes;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use serde::{Deserialize, Serialize};

use super::second::Kept;
use super::{BodyKey, Entry};
use crate::clock::Timestamp;
use crate::error::{Error, Kind, Result};
use crate::labels::Partition;
use crate::target::Target;
use crate::usage::{ServiceTier, Usage};
use crate::usd::Usd;

/// Rises when the layout changes; values of other versions are not there.
const VERSION: u8 = 1;

const SALT: usize = 32;

/// Bytes of a value besides header, body and events.
pub(super) const FRAME: usize = 1 + SALT + 4 + 16;

/// Seals and opens values.
pub(super) struct Sealer {
    /// From it the keys are derived.
    root: [u8; 32],
    random: SystemRandom,
}

#[derive(Serialize, Deserialize)]
struct Header {
    provider: String,
    host: String,
    model: String,
    tier: ServiceTier,
    usage: Usage,
    /// Dollars as decimal text.
    cost: Option<String>,
    kept_at_us: i64,
    body: usize,
    events: Option<Vec<usize>>,
}

impl Sealer {
    /// From a secret that all instances share.
    pub(super) fn of(secret: &[u8]) -> Sealer {
        let root = blake3::derive_key("promptopt response cache: sealing of entries", secret);
        Sealer { root, random: SystemRandom::new() }
    }

    /// Under which name a value stands. The key itself does not go out: who knows it could tell who asks the same.
    pub(super) fn name(&self, key: BodyKey) -> String {
        format!("promptopt:cache:{VERSION}:{}", self.digest(0, &key.0, &[]).to_hex())
    }

    pub(super) fn seal(&self, key: BodyKey, partition: &Partition, kept: &Kept) -> Result<Vec<u8>> {
        let mut salt = [0; SALT];
        self.random.fill(&mut salt).map_err(|_| Error::new(Kind::Io, "the system gives no random bytes"))?;
        let mut value = encode(kept)?;
        let cipher = self.cipher(partition, &salt)?;
        let tag = cipher
            .seal_in_place_separate_tag(once(), bound(key), &mut value)
            .map_err(|_| Error::new(Kind::Overflow, "an entry is too large to be sealed"))?;
        let mut sealed = Vec::with_capacity(FRAME + value.len());
        sealed.push(VERSION);
        sealed.extend_from_slice(&salt);
        sealed.append(&mut value);
        sealed.extend_from_slice(tag.as_ref());
        Ok(sealed)
    }

    /// The entry in a value; an error if it was not sealed for this key and partition.
    pub(super) fn open(&self, key: BodyKey, partition: &Partition, sealed: &mut [u8]) -> Result<Kept> {
        let foreign = || Error::input("a value of the second cache level was not written by this cache");
        let (head, value) = sealed.split_at_mut_checked(1 + SALT).ok_or_else(foreign)?;
        let (Some(&version), Some(salt)) = (head.first(), head.get(1..)) else { return Err(foreign()) };
        if version != VERSION {
            return Err(foreign());
        }
        let plain = self.cipher(partition, salt)?.open_in_place(once(), bound(key), value).map_err(|_| foreign())?;
        decode(plain).ok_or_else(foreign)
    }

    /// A key of this value alone: of its partition and its salt. It seals one value, so its nonce may stand still.
    fn cipher(&self, partition: &Partition, salt: &[u8]) -> Result<LessSafeKey> {
        UnboundKey::new(&CHACHA20_POLY1305, self.digest(1, partition.0.as_bytes(), salt).as_bytes())
            .map(LessSafeKey::new)
            .map_err(|_| Error::new(Kind::Config, "the seal of the second cache level cannot be used"))
    }

    /// A keyed digest for one purpose, of two parts that cannot run into each other.
    fn digest(&self, purpose: u8, one: &[u8], other: &[u8]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.root);
        hasher.update(&[purpose]).update(&(one.len() as u64).to_le_bytes()).update(one).update(other);
        hasher.finalize()
    }
}

/// The nonce: each key is used once.
fn once() -> Nonce {
    Nonce::assume_unique_for_key([0; 12])
}

fn bound(key: BodyKey) -> Aad<[u8; 32]> {
    Aad::from(key.0)
}

fn encode(kept: &Kept) -> Result<Vec<u8>> {
    let Kept { entry: Entry { target, whole, events, usage, cost, kept_us: _ }, at } = kept;
    let header = Header {
        provider: target.provider.to_string(),
        host: target.host.to_string(),
        model: target.model.to_string(),
        tier: target.tier,
        usage: *usage,
        cost: cost.map(Usd::to_decimal),
        kept_at_us: at.as_microsecond(),
        body: whole.len(),
        events: events.as_ref().map(|events| events.iter().map(Bytes::len).collect()),
    };
    let header =
        serde_json::to_vec(&header).map_err(|cause| Error::input("an entry cannot be written").because(cause))?;
    let length = u32::try_from(header.len()).map_err(|_| Error::new(Kind::Overflow, "an entry has too many events"))?;
    let mut value = length.to_le_bytes().to_vec();
    value.extend_from_slice(&header);
    value.extend_from_slice(whole);
    events.iter().flatten().for_each(|event| value.extend_from_slice(event));
    Ok(value)
}

fn decode(value: &[u8]) -> Option<Kept> {
    let (length, rest) = value.split_first_chunk::<4>()?;
    let (header, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    let header: Header = serde_json::from_slice(header).ok()?;
    let mut rest = Bytes::copy_from_slice(rest);
    let mut take = |n_bytes: usize| (n_bytes <= rest.len()).then(|| rest.split_to(n_bytes));
    let whole = take(header.body)?;
    let events = match header.events {
        Some(lengths) => Some(lengths.into_iter().map(&mut take).collect::<Option<Vec<Bytes>>>()?),
        None => None,
    };
    let target = Target {
        provider: header.provider.into(),
        host: header.host.into(),
        model: header.model.into(),
        tier: header.tier,
    };
    let cost = header.cost.map(|cost| Usd::parse(&cost)).transpose().ok()?;
    let at = Timestamp::from_microsecond(header.kept_at_us).ok()?;
    let entry = Entry { target, whole, events, usage: header.usage, cost, kept_us: 0 };
    rest.is_empty().then_some(Kept { entry, at })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::cache::store::tests::kept;

    fn key(n: u8) -> BodyKey {
        BodyKey([n; 32])
    }

    fn full() -> Kept {
        with_events(Some(vec!["data: a\n\n".into(), "data: b\n\n".into()]))
    }

    fn with_events(events: Option<Vec<Bytes>>) -> Kept {
        let Kept { entry, at } = kept("äöü");
        Kept { entry: Entry { events, ..entry }, at }
    }

    #[test]
    fn what_was_sealed_is_opened_for_its_key_and_partition_alone() {
        let (sealer, other) = (Sealer::of(b"s"), Sealer::of(b"t"));
        let (one, two) = (Partition("t".into()), Partition("u".into()));
        for entry in [full(), with_events(None), with_events(Some(Vec::new()))] {
            let value = sealer.seal(key(1), &one, &entry).unwrap();
            let open = |sealer: &Sealer, key, partition| sealer.open(key, partition, &mut value.clone()).ok();
            assert_eq!(open(&sealer, key(1), &one), Some(entry.clone()));
            assert_eq!(open(&Sealer::of(b"s"), key(1), &one), Some(entry));
            assert_eq!(open(&sealer, key(2), &one), None);
            assert_eq!(open(&sealer, key(1), &two), None);
            assert_eq!(open(&other, key(1), &one), None);
        }
    }

    #[test]
    fn two_seals_of_one_entry_differ_and_neither_shows_anything() {
        let sealer = Sealer::of(b"s");
        let seal = || sealer.seal(key(1), &Partition::default(), &full()).unwrap();
        let value = seal();
        assert_ne!(value, seal());
        for word in ["data: a", "provider", "äöü"] {
            assert!(!value.windows(word.len()).any(|window| window == word.as_bytes()));
        }
        let name = sealer.name(key(1));
        assert_ne!(name, sealer.name(key(2)));
        assert_ne!(name, Sealer::of(b"t").name(key(1)));
        assert!(!name.contains(&blake3::Hash::from_bytes(key(1).0).to_hex()[..16]));
    }

    proptest! {
        #[test]
        fn one_bit_changed_is_no_value(at: prop::sample::Index, bit in 0..8_u32) {
            let sealer = Sealer::of(b"s");
            let mut value = sealer.seal(key(1), &Partition::default(), &full()).unwrap();
            let at = at.index(value.len());
            value[at] ^= 1 << bit;
            prop_assert!(sealer.open(key(1), &Partition::default(), &mut value).is_err());
        }

        #[test]
        fn no_bytes_panic(mut bytes: Vec<u8>) {
            let _ = decode(&bytes);
            prop_assert!(Sealer::of(b"s").open(key(1), &Partition::default(), &mut bytes).is_err());
        }
    }
}
