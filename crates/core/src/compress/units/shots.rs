//! Few-shot examples: `Example 3:`, or `Q: …` and `Input: …` with their answers, when there are several.

use super::lines::Lines;
use super::{Cutter, UnitKind};

const NUMBERED: [&str; 4] = ["example", "beispiel", "exemple", "ejemplo"];
const ASKING: [&str; 5] = ["q", "question", "input", "text", "problem"];
const ANSWERING: [&str; 6] = ["a", "answer", "output", "label", "response", "solution"];

/// The lines that begin an example.
pub(super) struct Markers {
    starts: Vec<usize>,
}

impl Markers {
    /// Finds them; fewer than two are no examples.
    pub(super) fn of(lines: &Lines<'_>) -> Self {
        let numbered: Vec<usize> = (0..lines.len()).filter(|at| is_numbered(lines.line(*at))).collect();
        if numbered.len() >= 2 {
            return Markers { starts: numbered };
        }
        let mut starts = Vec::new();
        let mut n_answers = 0;
        for at in 0..lines.len() {
            let Some(word) = word_before_colon(lines.line(at)) else { continue };
            if ASKING.contains(&word.as_str()) {
                starts.push(at);
            } else if ANSWERING.contains(&word.as_str()) {
                n_answers += 1;
            }
        }
        if starts.len() < 2 || n_answers + 1 < starts.len() {
            starts.clear();
        }
        Markers { starts }
    }

    /// The example that begins at a line, to the next one; the last one ends at a blank line behind its answer.
    pub(super) fn take(&self, cutter: &mut Cutter<'_>, lines: &Lines<'_>, at: usize) -> Option<usize> {
        let place = self.starts.binary_search(&at).ok()?;
        let end = if let Some(next) = self.starts.get(place + 1) {
            *next
        } else {
            let mut end = at + 1;
            let mut has_answer = is_numbered(lines.line(at));
            while end < lines.len() && !(has_answer && lines.is_blank(end)) {
                has_answer |= word_before_colon(lines.line(end)).is_some_and(|word| ANSWERING.contains(&word.as_str()));
                end += 1;
            }
            lines.after_blank_lines(end)
        };
        cutter.push(UnitKind::Shot, lines.start(at)..lines.start(end), None);
        Some(end)
    }
}

fn is_numbered(line: &str) -> bool {
    let line = line.trim_start_matches(['#', '*', ' ', '[', '<']);
    let word_end = line.bytes().take(10).take_while(u8::is_ascii_alphabetic).count();
    NUMBERED.contains(&line[..word_end].to_ascii_lowercase().as_str())
        && line[word_end..].trim_start().starts_with(|c: char| c.is_ascii_digit())
}

fn word_before_colon(line: &str) -> Option<String> {
    let line = line.trim_start_matches(['*', ' ']);
    let end = line.bytes().take(10).take_while(u8::is_ascii_alphabetic).count();
    line[end..].trim_start_matches('*').starts_with(':').then(|| line[..end].to_ascii_lowercase())
}
