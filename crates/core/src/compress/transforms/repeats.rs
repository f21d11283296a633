//! Blocks that stand in the prompt already.

use super::{Proposal, Transform, View};
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
    min_saving: 16,
    propose: propose,
    decode: None,
}

/// Below this no reference pays: it takes some 30 tokens itself.
const MIN_BYTES: usize = 120;

fn propose(view: &View<'_>, out: &mut Vec<Proposal>) {
    let is_free = |line: &std::ops::Range<usize>| !protect::overlaps(view.kept, line);
    for run in view.seen.runs(view.text, MIN_BYTES, is_free) {
        // Half of a JSON document replaced leaves no JSON.
        let cuts = |json: &std::ops::Range<usize>| {
            let is_apart = json.end <= run.span.start || json.start >= run.span.end;
            let is_inside = run.span.start <= json.start && json.end <= run.span.end;
            !is_apart && !is_inside
        };
        let first = view.json.partition_point(|json| json.end <= run.span.start);
        if view.json[first..].iter().take_while(|json| json.start < run.span.end).any(cuts) {
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

/// The beginning of a line, for recognition: never a marker inside a marker.
fn excerpt(line: &str) -> String {
    shorten(line.trim(), 36).replace(MARK, "").replace('"', "'")
}
