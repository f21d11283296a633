//! Calls a month of each prompt, from a log of requests: a logged text that has a prompt's static text in it was made from
//! that prompt. What the log does not say stays unknown. O(bytes of the log): all prompts are looked for at once.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use aho_corasick::{AhoCorasick, MatchKind};

use super::file::{File, Piece};
use super::template::SlotKind;
use crate::chat::{Content, Message};
use crate::clock::Timestamp;
use crate::error::{Error, Kind, Result};
use crate::format::Record;

/// Bytes of static text that a prompt must have in one stretch: less stands in other texts too.
const MIN_STRETCH: usize = 16;
/// Bytes of the longest stretch by which a prompt is looked for; the rest is compared where they are found.
const HEAD: usize = 64;
/// A month: a twelfth of 365.25 days.
const MONTH_S: u128 = 2_629_800;
/// A shorter log says nothing about a month.
const MIN_SPAN_S: i64 = 86_400;
/// Words that begin a branch or a loop (Jinja, Liquid).
const OPENERS: &[&str] = &["if", "unless", "for", "case", "macro", "call", "filter"];

/// Counts the calls of a log by prompt file.
#[derive(Debug, Default)]
pub struct TrafficLog {
    templates: Vec<Template>,
    /// Finds the heads of the templates' longest stretches; `None` if there are none.
    heads: Option<AhoCorasick>,
    /// The templates of each head.
    by_head: Vec<Vec<usize>>,
    n_calls: Vec<u64>,
    n_records: u64,
    n_matched: u64,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
}

/// What the log says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// Calls a month by the file's path. A prompt that is never called is not among them: the log may not be all there is.
    pub by_file: BTreeMap<String, u64>,
    /// Calls in the log.
    pub n_calls: u64,
    /// Calls that were made from one of the prompts.
    pub n_matched: u64,
    /// Seconds from the first call to the last.
    pub span_s: i64,
}

#[derive(Debug)]
struct Template {
    path: Arc<str>,
    /// Its static text, in order.
    stretches: Vec<String>,
    longest: usize,
    n_bytes: usize,
}

impl TrafficLog {
    /// For prompts that were read.
    pub fn new<'f>(files: impl IntoIterator<Item = &'f File>) -> TrafficLog {
        let templates: Vec<Template> = files.into_iter().flat_map(templates).collect();
        let mut heads: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, template) in templates.iter().enumerate() {
            let longest = &template.stretches[template.longest];
            let end = crate::text::floor(longest, HEAD);
            heads.entry(&longest[..end]).or_default().push(index);
        }
        let automaton = AhoCorasick::builder().match_kind(MatchKind::Standard).build(heads.keys());
        let by_head = heads.into_values().collect();
        TrafficLog {
            heads: automaton.ok(),
            by_head,
            n_calls: vec![0; templates.len()],
            templates,
            ..TrafficLog::default()
        }
    }

    /// Takes a record of the log.
    pub fn feed(&mut self, record: &Record) {
        // What one's own cache answered is no call to a provider.
        let Some(request) = record.request.as_ref().filter(|_| !record.from_cache && !record.is_prompt) else { return };
        let n = record.n_calls.unwrap_or(1);
        self.n_records += n;
        if let Some(at) = record.at {
            self.first = Some(self.first.map_or(at, |first| first.min(at)));
            self.last = Some(self.last.map_or(at, |last| last.max(at)));
        }
        let texts = request.messages.iter().flat_map(|message| texts(message));
        let called: BTreeSet<usize> = texts.filter_map(|text| self.template_of(text)).collect();
        self.n_matched += if called.is_empty() { 0 } else { n };
        for index in called {
            self.n_calls[index] += n;
        }
    }

    /// What the log says about a month; an error if it is too short or has no times.
    pub fn finish(self) -> Result<Measured> {
        let bad = |message: &str| Error::new(Kind::Input, message);
        let (Some(first), Some(last)) = (self.first, self.last) else {
            return Err(if self.n_records == 0 {
                bad("the traffic log has no requests").help("--traffic reads logs in which the texts of requests stand")
            } else {
                bad("the traffic log does not say when its calls were made")
                    .help("set calls a month under [lint.traffic] in promptopt.toml")
            });
        };
        let span_s = last.as_second() - first.as_second();
        if span_s < MIN_SPAN_S {
            return Err(bad("the traffic log spans less than a day, which says nothing about a month")
                .help("give a log of a day or more, or set calls a month under [lint.traffic] in promptopt.toml"));
        }
        let mut by_file: BTreeMap<String, u64> = BTreeMap::new();
        for (template, n) in self.templates.iter().zip(&self.n_calls).filter(|(_, n)| **n > 0) {
            // The calls of several prompts of a file are those of its most called one: which is billed how often is unknown.
            // Rounded to the nearest.
            let span = u128::from(span_s.unsigned_abs());
            let a_month = (u128::from(*n) * MONTH_S * 2 + span) / (span * 2);
            let known = by_file.entry(template.path.to_string()).or_default();
            *known = (*known).max(u64::try_from(a_month).unwrap_or(u64::MAX));
        }
        Ok(Measured { by_file, n_calls: self.n_records, n_matched: self.n_matched, span_s })
    }

    /// The prompt that a text was made from: of those whose static text is in it, in order, the one with the most. `None`
    /// where two files say the same.
    fn template_of(&self, text: &str) -> Option<usize> {
        let heads = self.heads.as_ref()?;
        let normal;
        let text = if text.contains('\r') {
            normal = text.replace("\r\n", "\n");
            &normal
        } else {
            text
        };
        let mut candidates: BTreeSet<usize> = BTreeSet::new();
        for found in heads.find_overlapping_iter(text) {
            candidates.extend(self.by_head.get(found.pattern().as_usize()).into_iter().flatten());
        }
        let mut best: Option<(usize, bool)> = None;
        for index in candidates {
            let Some(template) = self.templates.get(index).filter(|template| template.is_in(text)) else { continue };
            let known = best.and_then(|(best, _)| self.templates.get(best));
            best = match (best, known) {
                (Some(best), Some(known)) if template.n_bytes < known.n_bytes => Some(best),
                (Some((best, _)), Some(known)) if template.n_bytes == known.n_bytes && template.path != known.path => {
                    Some((best, true))
                }
                (Some(best), Some(known)) if template.n_bytes == known.n_bytes => Some(best),
                _ => Some((index, false)),
            };
        }
        best.filter(|(_, is_ambiguous)| !is_ambiguous).map(|(index, _)| index)
    }
}

impl Template {
    fn is_in(&self, text: &str) -> bool {
        let mut rest = text;
        self.stretches.iter().all(|stretch| match rest.find(&**stretch) {
            Some(at) => {
                rest = &rest[at + stretch.len()..];
                true
            }
            None => false,
        })
    }
}

/// The texts of a file's prompts with something in them to be found by: a piece a template, as a logged message is.
fn templates(file: &File) -> Vec<Template> {
    let path: Arc<str> = Arc::from(&*file.path);
    let pieces = file.prompts.iter().flat_map(|prompt| &prompt.pieces).filter(|piece| !piece.is_tool());
    pieces
        .filter_map(|piece| {
            let all = stretches(piece);
            // Of what stands in a branch or a loop nothing can be asked, unless there is nothing else.
            let standing: Vec<String> =
                all.iter().filter(|(depth, _)| *depth == 0).map(|(_, text)| text.clone()).collect();
            let is_enough = standing.iter().any(|text| text.len() >= MIN_STRETCH);
            let stretches = if is_enough {
                standing
            } else {
                all.into_iter().map(|(_, text)| text).max_by_key(String::len).into_iter().collect()
            };
            let longest = (0..stretches.len()).max_by_key(|index| stretches[*index].len())?;
            if stretches[longest].len() < MIN_STRETCH {
                return None;
            }
            let n_bytes = stretches.iter().map(String::len).sum();
            Some(Template { path: Arc::clone(&path), stretches, longest, n_bytes })
        })
        .collect()
}

/// Static text between the slots of a piece, each with the number of branches and loops that it stands in.
fn stretches(piece: &Piece) -> Vec<(usize, String)> {
    let text = piece.as_str();
    let mut stretches = Vec::new();
    let (mut at, mut depth) = (0, 0_usize);
    let mut add = |depth, range: Range<usize>| {
        // Engines and callers trim at the ends of what they put together.
        let stretch = text.get(range).unwrap_or_default().trim();
        if !stretch.is_empty() {
            stretches.push((depth, stretch.replace("\r\n", "\n")));
        }
    };
    for slot in &piece.slots {
        add(depth, at..slot.span.start);
        at = slot.span.end;
        if slot.kind == SlotKind::Control {
            let word = slot.code.split_whitespace().next().unwrap_or_default();
            if word.starts_with("end") || word.starts_with('/') {
                depth = depth.saturating_sub(1);
            } else if OPENERS.contains(&word) || word.starts_with(['#', '^']) {
                depth += 1;
            }
        }
    }
    add(depth, at..text.len());
    stretches
}

fn texts(message: &Message) -> impl Iterator<Item = &str> {
    message.parts.iter().filter_map(|part| match &part.content {
        Content::Text(text) => Some(&**text),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{ChatRequest, Role};
    use crate::lint::file::{Prompt, PromptKind};
    use crate::lint::mapped::Mapped;
    use crate::lint::template::Syntax;

    fn prompt(path: &str, text: &str) -> File {
        let mut file = File::new(path, text);
        file.prompts.push(Prompt::bare(PromptKind::Template, Mapped::plain(text, 0), Syntax::Jinja));
        file
    }

    fn call(at: &str, texts: &[&str]) -> Record {
        let messages = texts.iter().map(|text| Arc::new(Message::text(Role::User, *text))).collect();
        let request = ChatRequest { messages, ..ChatRequest::default() };
        Record { at: at.parse().ok(), request: Some(request), ..Record::default() }
    }

    #[test]
    fn calls_are_counted_by_the_static_text_and_scaled_to_a_month() {
        let files = [
            prompt("greet.j2", "Greet the customer {{ name }} by name,\r\nand ask {{ what }} at the end.\n"),
            prompt("greet-long.j2", "Greet the customer {{ name }} by name, in verse and rhyme."),
            prompt(
                "branch.j2",
                "{% if x %}A branch that may be missing altogether{% endif %} then the standing text, long enough.",
            ),
            prompt("twin-1.md", "Two files that say the very same."),
            prompt("twin-2.md", "Two files that say the very same."),
            prompt("short.md", "Hello {{ x }}"),
            prompt("never.md", "Nobody ever calls this prompt at all."),
        ];
        let mut log = TrafficLog::new(&files);
        let mut feed = |at, texts: &[&str]| log.feed(&call(at, texts));
        feed("2026-11-01T00:00:00Z", &["Greet the customer Ann by name,\nand ask for her day at the end."]);
        feed(
            "2026-11-02T00:00:00Z",
            &["x\nGreet the customer Bob by name, in verse and rhyme.", "then the standing text, long enough."],
        );
        feed("2026-11-03T00:00:00Z", &["Two files that say the very same.", "Hello you"]);
        feed("2026-11-11T00:00:00Z", &["Greet the customer Ann, and something else"]);
        let measured = log.finish().unwrap();
        // 10 days: 3.04 calls a month each.
        let expected = [("branch.j2", 3), ("greet-long.j2", 3), ("greet.j2", 3)];
        assert_eq!(measured.by_file, expected.map(|(path, n)| (path.to_owned(), n)).into());
        assert_eq!((measured.n_calls, measured.n_matched, measured.span_s), (4, 2, 864_000));
    }

    #[test]
    fn what_a_log_cannot_say_is_an_error_that_says_why() {
        let files = [prompt("a.md", "A prompt of some length here.")];
        let error = |records: &[Record]| {
            let mut log = TrafficLog::new(&files);
            for record in records {
                log.feed(record);
            }
            log.finish().unwrap_err().to_string()
        };
        assert!(error(&[]).contains("no requests"));
        assert!(error(&[call("no time", &["A prompt of some length here."])]).contains("does not say when"));
        let day = |at| call(at, &["A prompt of some length here."]);
        assert!(error(&[day("2026-11-01T00:00:00Z"), day("2026-11-01T23:00:00Z")]).contains("less than a day"));
    }
}
