//! Forms of a report: the same figures for a terminal, a pull request, a browser, a spreadsheet, a FinOps tool.
//!
//! Whatever comes from a corpus (names of models, tags, text of prompts, paths) is hostile until it is cleaned: every
//! form passes it through [`clean`] and then through the escaping of its own.
#![allow(
    clippy::format_push_string,
    clippy::format_collect,
    reason = "a report is put together once: a template that reads well is worth an allocation"
)]

pub(crate) mod bars;
pub(crate) mod clean;
mod heat;
pub(crate) mod lint;
pub(crate) mod page;
pub(crate) mod table;
pub(crate) mod words;

mod csv;
mod dedup;
mod diff;
mod explain;
mod focus;
mod html;
mod json;
mod markdown;
mod migrate;
mod optimized;
mod problem;
mod text;
#[cfg(feature = "router")]
pub(crate) mod usage;

#[cfg(test)]
pub(crate) mod sample;
#[cfg(test)]
mod tests;

pub(crate) use clean::clean;
pub(crate) use csv::csv;
pub(crate) use dedup::text as dedup_text;
pub(crate) use diff::{json as diff_json, markdown as diff_markdown, text as diff_text};
pub(crate) use explain::text as explained_text;
pub(crate) use focus::focus;
pub(crate) use html::{explained_page as explained_html, html};
pub(crate) use json::json;
pub(crate) use markdown::markdown;
pub(crate) use migrate::text as migrations;
pub(crate) use optimized::{
    diff as optimized_diff, explain as optimized_explain, summary as optimized_summary, transforms,
};
pub(crate) use problem::problem;
pub(crate) use text::text;

/// A value as JSON, for a program.
#[cfg(feature = "router")]
pub(crate) fn json_of<T: serde::Serialize>(value: &T) -> promptopt::error::Result<String> {
    let text = serde_json::to_string_pretty(value);
    text.map(|text| text + "\n").map_err(|cause| {
        promptopt::error::Error::new(promptopt::error::Kind::Io, "the report cannot be written as JSON").because(cause)
    })
}

/// How a report is looked at.
#[derive(Clone, Debug)]
pub(crate) struct View {
    /// Columns of text.
    pub(crate) width: usize,
    /// Whether colours may be used.
    pub(crate) color: bool,
    /// Rows of a table.
    pub(crate) top: usize,
    /// More than one screen.
    pub(crate) full: bool,
    /// Tags whose breakdown is shown.
    pub(crate) tags: Vec<String>,
}

impl View {
    /// Rows of a table, where nothing else is said.
    pub(crate) const TOP: usize = 5;
}
