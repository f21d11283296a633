//! Prompts rewritten: cheaper without changing the answer. A prompt is a list of segments; transforms propose changes; the
//! pass counts each with the model's tokenizer and keeps what pays; every change is an [`Edit`] that can be asked for.
//!
//! Default edits are append-only: what becomes of a segment depends on the segments before it alone, so the rewritten form
//! of a conversation is a prefix of the rewritten form of its continuation, and a provider's prompt cache stays valid.

pub mod body;
pub mod budget;
pub mod decode;
pub mod edit;
pub mod measure;
pub mod pass;
pub mod protect;
pub mod repeats;
pub mod request;
pub mod segment;
pub mod transforms;
pub mod units;

pub(crate) mod layers;

pub(crate) mod encoded;
mod json_blocks;

pub use edit::{Edit, Guarantee};
pub use pass::{Counter, Options, Pass, Rewritten};
pub use segment::{Segment, SegmentKind};
pub use transforms::{TRANSFORMS, Transform};

/// How every marker begins: a line that stands for something, made by a transform. Text that begins so is left alone.
pub const MARK: &str = "[… ";
/// How every marker ends.
pub const MARK_END: &str = " …]";

/// A marker with these words.
fn mark(words: &str) -> String {
    format!("{MARK}{words}{MARK_END}")
}
