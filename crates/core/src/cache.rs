//! The response cache: which requests are the same (`cache/key.rs` for an estimate, `cache/body_key.rs` for a live request), which
//! answers may be kept (`cache/storable.rs`), where they are kept (`cache/store.rs`; for several instances `cache/second.rs`), and the
//! cache as an estimate replays it (`cache/replay.rs`).

mod key;
mod replay;
pub mod settings;
pub mod storable;

#[cfg(feature = "router")]
mod body_key;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "redis")]
mod sealed;
#[cfg(feature = "router")]
mod second;
#[cfg(feature = "router")]
mod semantic;
#[cfg(feature = "router")]
mod store;

#[cfg(feature = "router")]
pub use body_key::{BodyDigest, BodyKey, KeySecret, Scope};
pub use key::{CacheKey, MessageDigests, keys, known_keys, message_digests, request_key};
#[cfg(feature = "redis")]
pub use redis::RedisLevel;
pub use replay::ReplayCache;
#[cfg(feature = "router")]
pub use second::{Guarded, Kept, SecondLevel};
#[cfg(feature = "router")]
pub use semantic::{Question, SemanticTier};
#[cfg(feature = "router")]
pub use store::{Counts, Entry, Found, Responses};
