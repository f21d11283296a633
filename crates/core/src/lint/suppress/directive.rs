//! Suppressions in comments: `promptopt: ignore CODE[, CODE] [until 2027-03-31] [why]` for the line it stands on, or, alone
//! on its line, for the block that follows; `promptopt: ignore-file CODE` for the file. In text that is billed only an HTML
//! comment counts: a prompt may speak of these words. O(n).

use std::ops::{Range, RangeInclusive};

use jiff::civil::Date;

use crate::lint::file::File;
use crate::lint::settings::select;
use crate::lint::template::SlotKind;
use crate::text::shorten;

/// One comment.
#[derive(Clone, Debug)]
pub(super) struct Directive {
    /// From `promptopt:` to the end of what it says.
    pub(super) span: Range<usize>,
    /// The comment with its delimiters.
    pub(super) comment: Range<usize>,
    /// The bytes to delete so that it is gone; `None` if that cannot be said.
    pub(super) removal: Option<Range<usize>>,
    /// Where it holds.
    pub(super) scope: Scope,
    /// The rules it names.
    pub(super) selectors: Vec<Selector>,
    /// The last day.
    pub(super) until: Option<Date>,
    /// Prompt and piece that it is sent with.
    pub(super) billed_in: Option<(usize, usize)>,
    /// Why it holds nowhere.
    pub(super) mistake: Option<Mistake>,
}

/// Rules under one name.
#[derive(Clone, Debug)]
pub(super) struct Selector {
    pub(super) written: String,
    pub(super) codes: Vec<&'static str>,
    pub(super) is_used: bool,
}

/// Where a directive holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Scope {
    File,
    /// For findings that begin in these bytes.
    Bytes(Range<usize>),
}

/// What cannot be understood.
#[derive(Clone, Debug)]
pub(super) struct Mistake {
    pub(super) span: Range<usize>,
    pub(super) message: String,
    pub(super) help: Option<String>,
}

const WORD: &str = "promptopt:";
/// Beginnings of comments, with their ends; the longer before those they begin with.
const COMMENTS: &[(&str, &str)] = &[
    ("<!--", "-->"),
    ("{{!--", "--}}"),
    ("{{!", "}}"),
    ("{#-", "#}"),
    ("{#", "#}"),
    ("/*", "*/"),
    ("//", ""),
    ("#", ""),
];
/// What a line ends with if the text that belongs to it begins on the next.
const OPENERS: &[&str] = &["|", "|-", "|+", ">", ">-", ">+", "(", "\"\"\"", "'''", "`", "=", "#\"", "r\"", ":"];

impl Directive {
    /// Whether it hides a finding, which is remembered.
    pub(super) fn hides(&mut self, code: &str, at: usize) -> bool {
        if let Scope::Bytes(bytes) = &self.scope
            && !bytes.contains(&at)
        {
            return false;
        }
        let mut hides = false;
        for selector in self.selectors.iter_mut().filter(|selector| selector.codes.contains(&code)) {
            selector.is_used = true;
            hides = true;
        }
        hides
    }
}

/// The directives of a file.
pub(super) fn find(file: &File) -> Vec<Directive> {
    let mut places = memchr::memmem::find_iter(file.text.as_bytes(), WORD).peekable();
    if places.peek().is_none() {
        return Vec::new();
    }
    let index = Index::of(file);
    places.filter_map(|at| directive(file, &index, at)).collect()
}

/// What stands where, sorted: a file may have as many directives as prompts.
struct Index {
    comments: Vec<Range<usize>>,
    /// Spans of prompts with their numbers, by their beginnings …
    by_start: Vec<(Range<usize>, usize)>,
    /// … with the furthest end of those up to each …
    furthest: Vec<usize>,
    /// … and by their ends.
    by_end: Vec<Range<usize>>,
}

impl Index {
    fn of(file: &File) -> Index {
        let mut comments = file.free_comments.clone();
        comments.sort_by_key(|comment| comment.start);
        let mut by_start: Vec<_> =
            file.prompts.iter().enumerate().map(|(number, prompt)| (prompt.span.clone(), number)).collect();
        by_start.sort_by_key(|(span, number)| (span.start, *number));
        let mut furthest = Vec::with_capacity(by_start.len());
        for (span, _) in &by_start {
            furthest.push(furthest.last().copied().unwrap_or(0).max(span.end));
        }
        let mut by_end: Vec<Range<usize>> = by_start.iter().map(|(span, _)| span.clone()).collect();
        by_end.sort_by_key(|span| span.end);
        Index { comments, by_start, furthest, by_end }
    }

    fn is_free(&self, at: usize) -> bool {
        let next = self.comments.partition_point(|comment| comment.start <= at);
        next.checked_sub(1).and_then(|before| self.comments.get(before)).is_some_and(|comment| comment.contains(&at))
    }

    /// The prompts around a place, the innermost first.
    fn around(&self, at: usize) -> impl Iterator<Item = usize> {
        let next = self.by_start.partition_point(|(span, _)| span.start <= at);
        let before = self.by_start[..next].iter().zip(&self.furthest[..next]).rev();
        let reaching = before.take_while(move |(_, furthest)| **furthest > at);
        reaching.filter(move |((span, _), _)| span.contains(&at)).map(|((_, number), _)| *number)
    }

    fn starting_in(&self, bytes: RangeInclusive<usize>) -> impl Iterator<Item = &Range<usize>> {
        let first = self.by_start.partition_point(|(span, _)| span.start < *bytes.start());
        let spans = self.by_start[first..].iter().map(|(span, _)| span);
        spans.take_while(move |span| span.start <= *bytes.end())
    }

    fn ending_in(&self, bytes: RangeInclusive<usize>) -> impl Iterator<Item = &Range<usize>> {
        let first = self.by_end.partition_point(|span| span.end < *bytes.start());
        self.by_end[first..].iter().take_while(move |span| span.end <= *bytes.end())
    }
}

fn directive(file: &File, index: &Index, at: usize) -> Option<Directive> {
    let text = &*file.text;
    let line = file.lines.index(at);
    let line_start = file.lines.start(line);
    let rest = &text[at..];
    let line_end = at + rest.find('\n').unwrap_or(rest.len());

    let before = text[line_start..at].trim_end();
    let (opener, closer) = COMMENTS.iter().find(|(opener, _)| before.ends_with(opener))?;
    let billed_in = billed_in(file, index, at);
    if billed_in.is_some() && *opener != "<!--" {
        return None;
    }
    let said = &text[at + WORD.len()..line_end];
    let close = if closer.is_empty() { None } else { said.find(closer) };
    let said = close.map_or(said, |close| &said[..close]);
    let end = at + WORD.len() + said.len();
    let comment_end = if close.is_some() { end + closer.len() } else { line_end };

    let words = said.trim_start();
    let (is_file, words) = match words.strip_prefix("ignore-file") {
        Some(words) => (true, words),
        None => (false, words.strip_prefix("ignore")?),
    };
    if words.starts_with(|c: char| c.is_alphanumeric() || c == '-' || c == '_') {
        return None;
    }
    let span = at..at + WORD.len() + said.trim_end_matches(|c: char| c.is_whitespace() || c == '-').len();
    let said = said_by(words, end - words.len(), &span);
    let comment = line_start + before.len() - opener.len()..comment_end;
    let is_alone = text[line_start..comment.start].trim().is_empty() && text[comment.end..line_end].trim().is_empty();
    let is_whole = closer.is_empty() || close.is_some();
    let next_line = (line_end + 1).min(text.len());
    // Where text is escaped, a line of the file is none of the text.
    let is_plain = billed_in.is_none_or(|(prompt, piece)| {
        file.prompts
            .get(prompt)
            .and_then(|prompt| prompt.pieces.get(piece))
            .is_some_and(|piece| piece.text.codec == crate::lint::mapped::Codec::Plain)
    });
    let removal = (is_whole && is_plain).then(|| {
        if is_alone {
            line_start..next_line
        } else {
            let kept = text[line_start..comment.start].trim_end().len();
            line_start + kept..comment.end
        }
    });
    let scope = match (is_file, is_alone) {
        (true, _) => Scope::File,
        (false, true) => Scope::Bytes(block(file, index, next_line)),
        (false, false) => Scope::Bytes(same_line(file, index, line_start..line_end)),
    };
    Some(Directive {
        span,
        comment,
        removal,
        scope,
        selectors: said.selectors,
        until: said.until,
        billed_in,
        mistake: said.mistake,
    })
}

/// The prompt and the piece that a place is sent with, unless it is a comment of the template language.
fn billed_in(file: &File, index: &Index, at: usize) -> Option<(usize, usize)> {
    if index.is_free(at) {
        return None;
    }
    let (number, piece, part) = index.around(at).find_map(|number| {
        let mut pieces = file.prompts.get(number)?.pieces.iter().enumerate();
        let (part, piece) = pieces.find(|(_, piece)| piece.text.in_file(&(0..piece.as_str().len())).contains(&at))?;
        Some((number, piece, part))
    })?;
    let place = piece.text.in_text(&(at..at + WORD.len()))?;
    let mut comments = piece.slots.iter().filter(|slot| slot.kind == SlotKind::Comment);
    (!comments.any(|slot| slot.span.contains(&place.start))).then_some((number, part))
}

#[derive(Default)]
struct Said {
    selectors: Vec<Selector>,
    until: Option<Date>,
    mistake: Option<Mistake>,
}

/// What stands after `ignore`: rules, a day, a reason. `at` is where it stands in the file.
fn said_by(words: &str, at: usize, whole: &Range<usize>) -> Said {
    let mut said = Said::default();
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let place = |rest: &str| at + words.len() - rest.len();
    let mut rest = words.trim_start_matches(':').trim_start();
    loop {
        let name = &rest[..rest.find(|c| !is_part(c)).unwrap_or(rest.len())];
        if name.is_empty() || (said.selectors.is_empty() && name == "until") {
            break;
        }
        match select(name) {
            Ok(rules) => said.selectors.push(Selector {
                written: name.to_owned(),
                codes: rules.iter().map(|rule| rule.code).collect(),
                is_used: false,
            }),
            Err(error) => {
                let start = place(rest);
                said.mistake.get_or_insert(Mistake {
                    span: start..start + name.len(),
                    message: format!("this suppresses nothing: {}", error.message()),
                    help: error.advice().map(str::to_owned),
                });
            }
        }
        rest = rest[name.len()..].trim_start();
        match rest.strip_prefix(',') {
            Some(more) => rest = more.trim_start(),
            None => break,
        }
    }
    if said.selectors.is_empty() && said.mistake.is_none() {
        said.mistake = Some(Mistake {
            span: whole.clone(),
            message: "this suppresses nothing: it names no rule".to_owned(),
            help: Some("write the rules after it: `promptopt: ignore FMT006, padded-table`".to_owned()),
        });
    }
    if let Some(day) = rest.strip_prefix("until").filter(|rest| rest.starts_with(char::is_whitespace)) {
        let day = day.trim_start();
        let word = day.split_whitespace().next().unwrap_or_default();
        said.until = word.trim_end_matches([',', ';', ':', '.']).parse().ok();
        if said.until.is_none() {
            let start = place(day);
            said.mistake.get_or_insert(Mistake {
                span: start..start + word.len(),
                message: format!("this suppresses nothing: `{}` is not a day", shorten(word, 40)),
                help: Some("write it as `until 2027-03-31`".to_owned()),
            });
        }
    }
    said
}

/// The next line that is not blank and those after it up to a blank one, with the prompts that begin there.
fn block(file: &File, index: &Index, from: usize) -> Range<usize> {
    let text = &*file.text;
    let after = &text[from..];
    let start = from + (after.len() - after.trim_start().len());
    let mut end = start;
    for line in text[start..].split_inclusive('\n') {
        if line.trim().is_empty() {
            break;
        }
        end += line.len();
    }
    let first_end = start + text[start..end].find('\n').unwrap_or(end - start);
    let first = text[start..first_end].trim_end();
    // The text that a line introduces begins on the one after it.
    let reach = if OPENERS.iter().any(|opener| first.ends_with(opener)) {
        let next = (first_end + 1).min(text.len());
        next + text[next..].find('\n').unwrap_or(text.len() - next)
    } else {
        first_end
    };
    let begun = index.starting_in(start..=reach).map(|span| span.end).max();
    // From the blanks before the line on: a finding may include them.
    from..end.max(begun.unwrap_or(0)).max(start + 1)
}

/// A line, with the prompts that begin or end on it.
fn same_line(file: &File, index: &Index, line: Range<usize>) -> Range<usize> {
    // A text as long as the file ends on its last line, which is no reason to leave out all that is in it.
    let is_whole = |span: &Range<usize>| span.start == 0 && span.end >= file.text.trim_end().len();
    let bytes = line.start..=line.end;
    let touching = index.starting_in(bytes.clone()).chain(index.ending_in(bytes)).filter(|span| !is_whole(span));
    touching.fold(line.start..line.end + 1, |all, span| all.start.min(span.start)..all.end.max(span.end))
}
