//! What the model has read before: an index of the lines that stand in the prompt so far, by which runs of lines that come
//! again are found. Hashes only find candidates; the texts themselves are compared.
//!
//! O(1) a line on average, 32 bytes a line. A line that stands in many places has its [`MAX_CANDIDATES`] latest looked at,
//! so that adversarial repeats cost no more than others.

use std::borrow::Cow;
use std::ops::Range;

use xxhash_rust::xxh3::xxh3_64;

use crate::text::DigestMap;

/// Places of one line that are looked at, the latest first.
const MAX_CANDIDATES: usize = 8;
/// Bytes that a line must have, blanks at its ends left out, for a run to begin with it: `}` stands everywhere.
const MIN_SEED: usize = 8;

/// The lines of a prompt so far.
#[derive(Debug, Default)]
pub struct Seen<'a> {
    sources: Vec<Source<'a>>,
    lines: Vec<Line>,
    /// The latest line with this digest.
    latest: DigestMap<u64, u32>,
}

#[derive(Debug)]
struct Source<'a> {
    label: String,
    text: Cow<'a, str>,
}

#[derive(Clone, Copy, Debug)]
struct Line {
    source: u32,
    /// Number in its segment, from 1.
    number: u32,
    start: u32,
    end: u32,
    /// The line before with the same digest.
    earlier: u32,
}

const NONE: u32 = u32::MAX;

/// A run of lines that stands in the prompt before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run<'s> {
    /// The bytes of the run in the new text, the last line's end left out.
    pub span: Range<usize>,
    /// How many lines.
    pub n_lines: usize,
    /// The label of the segment where it stands.
    pub label: &'s str,
    /// The number of its first line there, from 1.
    pub first_line: usize,
    /// It is all of that segment but blanks at its end.
    pub is_whole_source: bool,
}

impl<'a> Seen<'a> {
    /// Remembers the lines of a segment as the model reads it: rewritten, if it was.
    pub fn add(&mut self, label: &str, text: Cow<'a, str>) {
        if u32::try_from(text.len()).is_err() || self.lines.len() > NONE as usize / 2 {
            return;
        }
        let source = self.sources.len() as u32;
        for (number, line) in lines(&text).enumerate() {
            let content = &text[line.clone()];
            let index = self.lines.len() as u32;
            let earlier = if is_seed(content) {
                self.latest.insert(xxh3_64(content.as_bytes()), index).unwrap_or(NONE)
            } else {
                NONE
            };
            self.lines.push(Line {
                source,
                number: number as u32 + 1,
                start: line.start as u32,
                end: line.end as u32,
                earlier,
            });
        }
        self.sources.push(Source { label: label.to_owned(), text });
    }

    /// Runs of lines of `text` that stood before and have at least `min_bytes`, from left to right, not overlapping. A line
    /// for which `is_free` is false is in no run.
    pub fn runs(&self, text: &str, min_bytes: usize, is_free: impl Fn(&Range<usize>) -> bool) -> Vec<Run<'_>> {
        let mut found = Vec::new();
        if self.latest.is_empty() || text.len() < min_bytes {
            return found;
        }
        let here: Vec<Range<usize>> = lines(text).collect();
        let mut at = 0;
        while at < here.len() {
            let is_blank = |line: &Range<usize>| text[line.clone()].trim().is_empty();
            // Blank lines at its end are left to whoever tidies them.
            let longest = self.longest(text, &here[at..], &is_free).map(|(first, n_lines)| {
                (first, n_lines - here[at..at + n_lines].iter().rev().take_while(|line| is_blank(line)).count())
            });
            match longest {
                Some((first, n_lines)) if here[at + n_lines - 1].end - here[at].start >= min_bytes => {
                    let line = &self.lines[first];
                    let source = &self.sources[line.source as usize];
                    let last = &self.lines[first + n_lines - 1];
                    found.push(Run {
                        span: here[at].start..here[at + n_lines - 1].end,
                        n_lines,
                        label: &source.label,
                        first_line: line.number as usize,
                        is_whole_source: line.start == 0 && source.text[last.end as usize..].trim().is_empty(),
                    });
                    at += n_lines;
                }
                _ => at += 1,
            }
        }
        found
    }

    /// The longest run that begins with the first of `here`: its first line in the index, and how many lines it has.
    fn longest(
        &self,
        text: &str,
        here: &[Range<usize>],
        is_free: &impl Fn(&Range<usize>) -> bool,
    ) -> Option<(usize, usize)> {
        let content = &text[here[0].clone()];
        if !is_seed(content) || !is_free(&here[0]) {
            return None;
        }
        let mut candidate = self.latest.get(&xxh3_64(content.as_bytes())).copied().unwrap_or(NONE);
        let mut best: Option<(usize, usize)> = None;
        for _ in 0..MAX_CANDIDATES {
            if candidate == NONE {
                break;
            }
            let first = candidate as usize;
            let n_lines = self.common(text, here, first, is_free);
            if n_lines > best.map_or(0, |(_, most)| most) {
                best = Some((first, n_lines));
            }
            candidate = self.lines[first].earlier;
        }
        best
    }

    /// How many lines from `first` on are those of `here`.
    fn common(
        &self,
        text: &str,
        here: &[Range<usize>],
        first: usize,
        is_free: &impl Fn(&Range<usize>) -> bool,
    ) -> usize {
        let begin = &self.lines[first];
        let source = &self.sources[begin.source as usize].text;
        let pairs = self.lines[first..].iter().zip(here).enumerate();
        pairs
            .take_while(|(offset, (line, range))| {
                line.source == begin.source
                    && line.number as usize == begin.number as usize + offset
                    && source[line.start as usize..line.end as usize] == text[(*range).clone()]
                    && is_free(range)
            })
            .count()
    }
}

fn is_seed(line: &str) -> bool {
    line.len() >= MIN_SEED && line.trim().len() >= MIN_SEED && !line.trim_start().starts_with(super::MARK)
}

/// The lines of a text without their ends (`\n`); a text without a line end is one line.
fn lines(text: &str) -> impl Iterator<Item = Range<usize>> {
    let ends = memchr::memchr_iter(b'\n', text.as_bytes()).chain(std::iter::once(text.len()));
    let mut start = 0;
    ends.map(move |end| {
        let line = start..end;
        start = end + 1;
        line
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "fn first() {\n    one();\n}\n\nfn second() {\n    two();\n}";

    fn seen() -> Seen<'static> {
        let mut seen = Seen::default();
        seen.add("message 1", TEXT.into());
        seen
    }

    fn found(seen: &Seen<'_>, text: &str) -> Vec<(String, usize, usize)> {
        let runs = seen.runs(text, 10, |_| true);
        runs.iter().map(|run| (text[run.span.clone()].to_owned(), run.n_lines, run.first_line)).collect()
    }

    #[test]
    fn runs_of_lines_are_found_with_their_place() {
        let text = "see:\nfn second() {\n    two();\n}\nend";
        assert_eq!(found(&seen(), text), [("fn second() {\n    two();\n}".to_owned(), 3, 5)]);
        assert!(seen().runs(TEXT, 10, |_| true)[0].is_whole_source);
        assert_eq!(found(&seen(), "fn third() {\n}"), []);
    }

    #[test]
    fn the_longest_run_is_taken_and_what_is_gone_is_no_source() {
        let mut seen = seen();
        let more = "fn second() {\n    two();\n}\n    three();";
        seen.add("message 2", more.into());
        assert_eq!(found(&seen, more)[0].1, 4);
        let mut hidden = Seen::default();
        hidden.add("message 1", "fn first() {\n[… 6 lines as in message 0 …]".into());
        assert_eq!(found(&hidden, TEXT), [("fn first() {".to_owned(), 1, 1)]);
    }

    #[test]
    fn blank_lines_at_the_end_of_a_run_are_left_alone() {
        let mut seen = Seen::default();
        seen.add("message 1", "a line of some length\n\n\n".into());
        let runs = seen.runs("a line of some length\n\n\nb", 10, |_| true);
        assert_eq!((runs[0].span.clone(), runs[0].n_lines, runs[0].is_whole_source), (0..21, 1, true));
    }

    #[test]
    fn lines_that_are_not_free_are_in_no_run() {
        let runs = seen();
        let runs = runs.runs(TEXT, 10, |line| line.start != 13);
        assert_eq!(runs.len(), 2);
        assert_eq!(runs[0].n_lines, 1);
    }

    #[test]
    fn the_same_line_a_hundred_thousand_times_is_no_quadratic_work() {
        let text = "the same line again\n".repeat(100_000);
        let mut seen = Seen::default();
        seen.add("message 1", text.as_str().into());
        let runs = seen.runs(&text, 10, |_| true);
        assert!(runs.iter().map(|run| run.n_lines).sum::<usize>() >= 100_000);
    }
}
