//! The door to the providers: requests go out and answers come in as bytes. reqwest here, scripted in tests, a closure in a replay.

pub mod settings;

#[cfg(feature = "router")]
pub mod address;
#[cfg(feature = "router")]
pub mod canned;
#[cfg(feature = "router")]
pub mod frames;
#[cfg(feature = "router")]
pub mod http;
#[cfg(feature = "router")]
pub mod secrets;
#[cfg(feature = "bedrock")]
mod sigv4;
#[cfg(feature = "router")]
pub mod webhook;

#[cfg(feature = "router")]
pub use door::{Body, Chunks, Incoming, Outgoing, Upstream};

#[cfg(feature = "router")]
mod door;
