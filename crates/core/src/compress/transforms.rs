//! The transforms: what can be said in fewer tokens. A transform is a file under `transforms/` with a [`Transform`] and a
//! line in [`TRANSFORMS`]; its doc comment is its manual page. It only proposes; the pass (`compress/pass.rs`) counts every
//! proposal with the model's tokenizer, drops what does not pay, and takes the best that do not overlap.

use std::ops::Range;

use super::edit::Guarantee;
use super::repeats::Seen;
use super::segment::SegmentKind;
use crate::error::{Error, Result};

/// Declares a transform whose doc comment is its manual page.
macro_rules! transform {
    ($(#[doc = $doc:literal])+ $name:ident, $($fields:tt)*) => {
        $(#[doc = $doc])+
        pub(super) static TRANSFORM: Transform =
            Transform { name: stringify!($name), page: concat!($($doc, "\n"),+), $($fields)* };
    };
}

mod base64;
mod html_text;
mod json_compact;
mod json_table;
mod log_template;
mod markdown_table;
mod repeats;
mod tool_schema;
mod whitespace;

pub(crate) use base64::runs as base64_runs;

/// One transform.
pub struct Transform {
    /// Its name, as in reports and options.
    pub name: &'static str,
    /// Its manual page, Markdown.
    pub page: &'static str,
    /// What its edits promise.
    pub guarantee: Guarantee,
    /// Whether it is applied without being named.
    pub is_default: bool,
    /// What a part of its output says without the rest: it decides what may be removed from a text afterwards.
    pub parts: Parts,
    /// Fewer tokens than this are not worth the reader's trouble.
    pub min_saving: u64,
    /// Finds what could be changed. Linear in the text; never fails on odd input.
    pub propose: fn(&View<'_>, &mut Vec<Proposal>),
    /// Restores what one of its replacements stands for; `None` if it cannot be restored from the replacement alone.
    pub decode: Option<fn(&str) -> Option<String>>,
}

/// What a transform sees of a segment.
pub struct View<'a> {
    /// The segment's text.
    pub text: &'a str,
    /// Its kind.
    pub kind: SegmentKind,
    /// Spans of it that stand still whatever happens, sorted and disjoint.
    pub kept: &'a [Range<usize>],
    /// Its code fences.
    pub fences: &'a [Range<usize>],
    /// Its JSON documents.
    pub json: &'a [Range<usize>],
    /// What stands before it in the prompt.
    pub seen: &'a Seen<'a>,
}

/// What a part of a transform's output says by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parts {
    /// All it says.
    Alone,
    /// All it says, as long as what stands above stays: a reference.
    ReferUp,
    /// Nothing without the rest: a table's rows without its columns.
    Together,
}

/// A change that a transform offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The bytes to replace.
    pub span: Range<usize>,
    /// What would stand there.
    pub replacement: String,
    /// Where the content would be then, in words.
    pub note: String,
}

/// The transforms, in the order of preference where two save the same.
pub static TRANSFORMS: &[&Transform] = &[
    &repeats::TRANSFORM,
    &json_compact::TRANSFORM,
    &json_table::TRANSFORM,
    &tool_schema::TRANSFORM,
    &log_template::TRANSFORM,
    &markdown_table::TRANSFORM,
    &whitespace::TRANSFORM,
    &html_text::TRANSFORM,
    &base64::TRANSFORM,
];

/// The transform of that name.
pub fn by_name(name: &str) -> Result<&'static Transform> {
    TRANSFORMS.iter().find(|transform| transform.name == name).copied().ok_or_else(|| {
        let error = Error::input(format!("there is no transform `{name}`"));
        match crate::text::did_you_mean(name, TRANSFORMS.iter().map(|transform| transform.name)) {
            Some(help) => error.help(help),
            None => error.help("`promptopt transforms` lists them"),
        }
    })
}

impl Transform {
    /// The first line of its manual page.
    pub fn about(&self) -> &'static str {
        self.page.trim_start().lines().next().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_found() {
        for transform in TRANSFORMS {
            assert!(std::ptr::eq(by_name(transform.name).unwrap(), *transform));
            assert!(transform.about().len() > 20, "{} has no manual page", transform.name);
        }
        let error = by_name("json_tabel").err().unwrap();
        assert_eq!(error.advice(), Some("did you mean `json_table`?"));
    }

    #[test]
    fn only_what_keeps_the_content_is_applied_without_being_named() {
        for transform in TRANSFORMS {
            assert!(!transform.is_default || transform.guarantee < Guarantee::Lossy, "{}", transform.name);
        }
    }
}
