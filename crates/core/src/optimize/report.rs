//! What was done, for people and programs: each edit with its place, what it saved, and where the content is now.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Weigher;
use crate::compress::edit::of_segment;
use crate::compress::transforms::base64_runs;
use crate::compress::{Counter, Edit, Segment, SegmentKind};
use crate::text::shorten;

/// A rewritten text and what became of it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Optimized {
    /// Version of this form.
    pub schema: &'static str,
    /// Tokens of all prompts' texts as they came.
    pub tokens_before: u64,
    /// Tokens of what became of them; never more.
    pub tokens_after: u64,
    /// One a request, in their order; one for a bare prompt; none where no prompt was found.
    pub requests: Vec<RequestReport>,
    /// The rewritten text.
    #[serde(skip)]
    pub text: String,
}

/// What was done to one request.
#[derive(Clone, Debug, Default, Serialize)]
pub struct RequestReport {
    /// Its line in JSON lines, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The model whose tokens are counted; empty if none is known (then `o200k_base` counts).
    pub model: String,
    /// Its tokenizer.
    pub tokenizer: &'static str,
    /// Whether that is the model's own; if not, tokens are approximate.
    pub is_exact: bool,
    /// Tokens of its texts and tool definitions, without framing.
    pub tokens_before: u64,
    /// The same after the edits.
    pub tokens_after: u64,
    /// Tokens before, by kind of segment.
    pub tokens_by_kind: BTreeMap<&'static str, u64>,
    /// The edits.
    pub edits: Vec<EditReport>,
    /// What costs tokens and was left alone.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<Flag>,
    #[serde(skip)]
    segments: Vec<(String, String)>,
}

/// One edit.
#[derive(Clone, Debug, Default, Serialize)]
pub struct EditReport {
    /// Dotted path of the segment in the request; empty for a bare prompt.
    pub path: String,
    /// What references call the segment.
    pub label: String,
    /// First byte in the segment's decoded text.
    pub start: usize,
    /// First byte after it.
    pub end: usize,
    /// The transform.
    pub transform: &'static str,
    /// What it promises: `identical`, `equivalent`, `lossy`.
    pub guarantee: &'static str,
    /// Tokens saved.
    pub tokens_saved: u64,
    /// Where the content is now.
    pub note: String,
    /// What stood there.
    pub before: String,
    /// What stands there.
    pub after: String,
}

/// Something dear that was left alone.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Flag {
    /// Dotted path of the segment.
    pub path: String,
    /// First byte in the segment's decoded text.
    pub start: usize,
    /// First byte after it.
    pub end: usize,
    /// What it is.
    pub what: &'static str,
    /// Its tokens.
    pub tokens: u64,
    /// What can be done.
    pub help: &'static str,
}

/// What became of a piece of the original text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fate {
    /// Where it stood.
    pub path: String,
    /// Byte in the segment's decoded text.
    pub start: usize,
    /// `untouched`, or what the edit's note says.
    pub now: String,
    /// The edit that touched it, by index into [`RequestReport::edits`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edit: Option<usize>,
}

impl Optimized {
    pub(super) fn new(text: String, requests: Vec<RequestReport>) -> Optimized {
        let sum = |tokens: fn(&RequestReport) -> u64| requests.iter().map(tokens).sum();
        Optimized {
            schema: "promptopt.optimized/1",
            tokens_before: sum(|request| request.tokens_before),
            tokens_after: sum(|request| request.tokens_after),
            requests,
            text,
        }
    }

    /// All edits.
    pub fn edits(&self) -> impl Iterator<Item = &EditReport> {
        self.requests.iter().flat_map(|request| &request.edits)
    }

    /// Tokens saved and edits made, by transform.
    pub fn by_transform(&self) -> BTreeMap<&'static str, (u64, u64)> {
        let mut sums = BTreeMap::new();
        for edit in self.edits() {
            let sum: &mut (u64, u64) = sums.entry(edit.transform).or_default();
            sum.0 += edit.tokens_saved;
            sum.1 += 1;
        }
        sums
    }
}

impl RequestReport {
    pub(super) fn new(line: Option<u64>, weigher: &Weigher<'_>, segments: &[Segment<'_>], edits: &[Edit]) -> Self {
        let count = |kind: SegmentKind, text: &str| match kind {
            SegmentKind::ToolSchema => weigher.tool(text),
            _ => weigher.text(text),
        };
        let mut report = RequestReport {
            line,
            model: weigher.model().to_owned(),
            tokenizer: weigher.tokenizer().name(),
            is_exact: weigher.tokenizer().is_exact(),
            ..RequestReport::default()
        };
        for (index, segment) in segments.iter().enumerate() {
            // What a call's arguments say is counted with the call, by the estimate; nothing here touches it.
            if segment.kind == SegmentKind::ToolCall {
                continue;
            }
            let own = of_segment(edits, index);
            let before = count(segment.kind, &segment.text);
            report.tokens_before += before;
            *report.tokens_by_kind.entry(segment.kind.name()).or_default() += before;
            report.tokens_after += match own {
                [] => before,
                _ => count(segment.kind, &crate::compress::edit::apply(&segment.text, own)),
            };
            let is_cut = |span: &std::ops::Range<usize>| own.iter().any(|edit| edit.span.contains(&span.start));
            for span in base64_runs(&segment.text).into_iter().filter(|span| !is_cut(span)) {
                report.flags.push(Flag {
                    path: segment.path.clone(),
                    start: span.start,
                    end: span.end,
                    what: "base64 inside text",
                    tokens: weigher.text(&segment.text[span]),
                    help: "send it as an image or file, or cut it out with --with base64",
                });
            }
            report.edits.extend(own.iter().map(|edit| EditReport {
                path: segment.path.clone(),
                label: segment.label.clone(),
                start: edit.span.start,
                end: edit.span.end,
                transform: edit.transform,
                guarantee: edit.guarantee.name(),
                tokens_saved: edit.tokens_saved,
                note: edit.note.clone(),
                before: segment.text[edit.span.clone()].to_owned(),
                after: edit.replacement.clone(),
            }));
            report.segments.push((segment.path.clone(), segment.text.clone().into_owned()));
        }
        report
    }

    /// Where a piece of the original text went: one entry a place where it stood.
    pub fn fates(&self, piece: &str) -> Vec<Fate> {
        let mut fates = Vec::new();
        if piece.is_empty() {
            return fates;
        }
        for (path, text) in &self.segments {
            for start in memchr::memmem::find_iter(text.as_bytes(), piece.as_bytes()) {
                let end = start + piece.len();
                let is_touched = |edit: &EditReport| edit.path == *path && edit.start < end && start < edit.end;
                let edit = self.edits.iter().position(is_touched);
                let now = match edit {
                    None => "untouched".to_owned(),
                    Some(index) => {
                        let edit = &self.edits[index];
                        format!("{} ({}): {}", edit.transform, edit.note, shorten(&edit.after, 80))
                    }
                };
                fates.push(Fate { path: path.clone(), start, now, edit });
            }
        }
        fates
    }
}
