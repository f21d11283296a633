//! Blocks that stand in the prompt already.

use std::ops::Range;

use super::{Parts, Proposal, Transform, View};
use crate::compress::edit::Guarantee;
use crate::compress::{MARK, mark, protect};
use crate::text::shorten;

transform! {
    /// Repeated lines become a reference to where they stand.
    ///
    /// ## What it does
    /// A run of whole lines that the model has read before in the same prompt, to the letter, is replaced by one line that
    /// says how many lines they are, where they stand, and how they begin and end:
    ///
    /// ```text
    /// [… 29 lines as in message 7 from line 12: "def separable(model):" to "return result" …]
    /// ```
    ///
    /// ## Why
    /// Coding agents read the same file, or parts of it, again and again: a quarter of the tokens of SWE-agent runs are
    /// lines that the same run had shown before.
    ///
    /// ## What it promises
    /// Equivalent: the lines are in the prompt, above. Only text that stays visible is referred to, never a reference; the
    /// marker names the message, the line and the first and last words. The form of a message never depends on what
    /// comes after it, so a provider's prompt cache stays valid.
    ///
    /// ## When it stays out
    /// Blocks that save fewer than 16 tokens, JSON documents unless they are repeated as a whole, anything to be kept.
    repeats,
    guarantee: Guarantee::Equivalent,
    is_default: true,
    parts: Parts::ReferUp,
    min_saving: 16,
    propose,
    decode: None,
}

/// Below this no reference pays: it takes some 30 tokens itself.
const MIN_BYTES: usize = 120;

fn propose(view: &View<'_>, out: &mut Vec<Proposal>) {
    let is_free = |line: &Range<usize>| !protect::overlaps(view.kept, line);
    for run in view.seen.runs(view.text, MIN_BYTES, is_free) {
        // Half of a JSON document replaced leaves no JSON.
        let cuts = |json: &Range<usize>| {
            let is_apart = json.end <= run.span.start || json.start >= run.span.end;
            let is_inside = run.span.start <= json.start && json.end <= run.span.end;
            !is_apart && !is_inside
        };
        let first = view.json.partition_point(|json| json.end <= run.span.start);
        if view.json[first..].iter().take_while(|json| json.start < run.span.end).any(cuts) {
            continue;
        }
        let near = view.fences.partition_point(|fence| fence.end <= run.span.start);
        let mut fences = view.fences[near..].iter().take_while(|fence| fence.start < run.span.end);
        if fences.any(|fence| cuts_fence(view.text, fence, &run.span)) {
            continue;
        }
        let block = &view.text[run.span.clone()];
        let lines = if run.n_lines == 1 { "1 line".to_owned() } else { format!("{} lines", run.n_lines) };
        let place = format!("{} from line {}", run.label, run.first_line);
        let first = excerpt(block.lines().find(|line| !line.trim().is_empty()).unwrap_or_default());
        let last = excerpt(block.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default());
        let words = match () {
            () if run.is_whole_source => format!("{lines}: the same as {}, \"{first}\"", run.label),
            () if first == last => format!("{lines} as in {place}: \"{first}\""),
            () => format!("{lines} as in {place}: \"{first}\" to \"{last}\""),
        };
        out.push(Proposal { span: run.span.clone(), replacement: mark(&words), note: format!("stands in {place}") });
    }
}

/// Whether one end of the fence is in the run and the other is not: the rest would be read as what it is not.
fn cuts_fence(text: &str, fence: &Range<usize>, run: &Range<usize>) -> bool {
    let end = fence.start + text[fence.clone()].trim_end_matches('\n').len();
    let last_line = memchr::memrchr(b'\n', &text.as_bytes()[fence.start..end]).map(|at| fence.start + at + 1);
    let is_closed = last_line.is_some_and(|at| text[at..end].trim_start().starts_with(['`', '~']));
    let has_start = run.start <= fence.start && fence.start < run.end;
    let has_end = is_closed && last_line.is_some_and(|at| run.start <= at && at < run.end);
    has_start != has_end && (is_closed || (has_start && run.end < end))
}

/// The beginning of a line, for recognition: never a marker inside a marker.
fn excerpt(line: &str) -> String {
    shorten(line.trim(), 36).replace(MARK, "").replace('"', "'")
}
