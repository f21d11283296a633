//! The response cache: which requests are the same (`cache/key.rs`) and how long an answer is kept (`cache/replay.rs`, the
//! cache as an estimate replays it).

mod key;
mod replay;
pub mod settings;

pub use key::{CacheKey, keys, request_key};
pub use replay::ReplayCache;
