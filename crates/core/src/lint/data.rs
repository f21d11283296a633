//! Which JSON in a prompt is data, and not the form of the answer. JSON that a tool returned is data; in instructions it
//! mostly shows what the answer should look like, and only what plainly is no sample counts.

use std::sync::LazyLock;

use regex::Regex;

use super::file::Piece;
use super::view::PromptView;
use crate::compress::{Edit, SegmentKind};
use crate::text::floor;
use crate::text::json::{Json, Kind};

/// An edit of JSON that is data.
pub(super) struct DataEdit {
    /// The edit.
    pub edit: Edit,
    /// Whether nobody can take it for a sample: what a tool returned, a document.
    pub is_certain: bool,
}

/// Objects that an array in instructions must have, and tokens' worth of bytes, to be no sample.
const MIN_ROWS: usize = 8;
const MIN_BYTES: usize = 600;
/// How far before JSON words are looked at.
const BEFORE: usize = 300;

/// Words before JSON that make it a sample.
#[allow(clippy::unwrap_used, reason = "the pattern is constant; the cases build it")]
static SAMPLE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?i)(?-u:\b)(?:outputs?|formats?|formatted|respond|response|reply|replies|answers?|return(?:s|ed)?|examples?|e\.g|schemas?|templates?|structures?|like this|produces?|generate|write|create|shape|sample|config\w*|settings)(?-u:\b)",
    )
    .unwrap()
});

/// The same before a table, which stands behind words about answers as often as not.
#[allow(clippy::unwrap_used, reason = "the pattern is constant; the cases build it")]
static FORM: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)(?-u:\b)(?:outputs?|formats?|formatted|examples?|e\.g|schemas?|templates?|structures?|like this|produces?|sample)(?-u:\b)")
        .unwrap()
});

/// What a transform of JSON would change in data.
pub(super) fn edits(view: &PromptView<'_>, transform: &str) -> Vec<DataEdit> {
    let may_be_data = |piece: &Piece| match piece.kind {
        Some(SegmentKind::ToolResult | SegmentKind::Document | SegmentKind::Data) => true,
        _ => piece.as_str().trim_start().starts_with('[') || piece.as_str().contains("\n["),
    };
    if !view.prompt.pieces.iter().any(may_be_data) {
        return Vec::new();
    }
    let all = view.transform_data(transform);
    all.into_iter()
        .filter_map(|edit| {
            let piece = view.prompt.pieces.get(edit.segment)?;
            let is_certain = match piece.kind.unwrap_or(SegmentKind::Prompt) {
                SegmentKind::ToolResult | SegmentKind::Document | SegmentKind::Data => true,
                SegmentKind::User | SegmentKind::System | SegmentKind::Prompt => {
                    if !is_plainly_data(piece.as_str(), &edit) {
                        return None;
                    }
                    false
                }
                SegmentKind::Assistant | SegmentKind::ToolCall | SegmentKind::ToolSchema => return None,
            };
            Some(DataEdit { edit, is_certain })
        })
        .collect()
}

/// A list of many records, and nothing before it that speaks of a form.
fn is_plainly_data(text: &str, edit: &Edit) -> bool {
    let json = &text[edit.span.clone()];
    if json.len() < MIN_BYTES || !json.starts_with('[') {
        return false;
    }
    if SAMPLE.is_match(before(text, edit.span.start)) {
        return false;
    }
    let Ok(json) = Json::parse(json) else { return false };
    json.root().children().filter(|child| child.kind() == Kind::Object).count() >= MIN_ROWS
}

/// Whether the text before a table speaks of the form that an answer is to have.
pub(super) fn is_form(text: &str, at: usize) -> bool {
    FORM.is_match(before(text, at))
}

/// What stands before a place.
fn before(text: &str, at: usize) -> &str {
    &text[floor(text, at.saturating_sub(BEFORE))..at]
}
