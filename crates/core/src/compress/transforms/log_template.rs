//! Logs as templates and values.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::ops::Range;

use super::{Parts, Proposal, Transform, View};
use crate::compress::edit::Guarantee;
use crate::compress::encoded::{head, parse_head};
use crate::compress::protect;

transform! {
    /// Log lines of the same form become a template and a line of values each.
    ///
    /// ## What it does
    /// A block of log lines (a time or date at their beginning) is written as its templates, said once, and a line a line:
    /// the template's number and what stands in its gaps. `~` repeats what the line above has in the same gap. Lines that
    /// have no likes stand as they were, behind `=`.
    ///
    /// ```text
    /// [… log in the next 6 lines: 1 templates, … …]
    /// 1: Dec 10 <*> host sshd[<*>]: Failed password for root from <*> port <*> ssh2
    /// 1 06:55:46 24200 173.234.31.186 38926
    /// 1 06:55:48 ~ ~ 38927
    /// ```
    ///
    /// ## Why
    /// In logs a third of the tokens and more are words that every line of the same origin repeats.
    ///
    /// ## What it promises
    /// Equivalent: decoded, the lines are the same to the byte and in the same order. Each block is decoded and compared
    /// before it is used.
    ///
    /// ## When it stays out
    /// Blocks under 16 lines, blocks that save fewer than 32 tokens, fences and JSON.
    log_template,
    guarantee: Guarantee::Equivalent,
    is_default: true,
    parts: Parts::Together,
    min_saving: 32,
    propose,
    decode: Some(decode),
}

const MIN_LINES: usize = 16;
/// A form of fewer lines is no template.
const MIN_ALIKE: usize = 3;
const GAP: &str = "<*>";
const SAME: &str = "~";

fn propose(view: &View<'_>, out: &mut Vec<Proposal>) {
    for span in blocks(view.text) {
        if protect::overlaps(view.fences, &span) || protect::overlaps(view.json, &span) {
            continue;
        }
        let block = &view.text[span.clone()];
        let Some(replacement) = encode(block) else { continue };
        if replacement.len() < block.len() && decode(&replacement).as_deref() == Some(block) {
            let note = "the same lines as templates and values".to_owned();
            out.push(Proposal { span, replacement, note });
        }
    }
}

/// Runs of log lines, without their last line's end.
fn blocks(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let (mut start, mut end, mut n_lines, mut at) = (0, 0, 0, 0);
    let mut close = |start: usize, end: usize, n_lines: usize| {
        if n_lines >= MIN_LINES {
            found.push(start..end);
        }
    };
    for line in text.split('\n') {
        if is_log_line(line) {
            if n_lines == 0 {
                start = at;
            }
            n_lines += 1;
            end = at + line.len();
        } else if n_lines > 0 {
            close(start, end, n_lines);
            n_lines = 0;
        }
        at += line.len() + 1;
    }
    close(start, end, n_lines);
    found
}

/// Six digits among the first forty bytes, and a word: a date, a time, or both.
fn is_log_line(line: &str) -> bool {
    let head = &line.as_bytes()[..line.len().min(40)];
    line.len() >= 24
        && head.iter().filter(|byte| byte.is_ascii_digit()).count() >= 6
        && head.iter().any(u8::is_ascii_alphabetic)
        && line.contains(' ')
}

/// Lines of one form: the words with digits masked.
struct Form<'t> {
    lines: Vec<Vec<&'t str>>,
    /// Its number from 1, once it is a template.
    number: usize,
    /// What the template says in each place: before and after a gap, or all of it if there is no gap.
    places: Vec<Place<'t>>,
}

enum Place<'t> {
    Fixed(&'t str),
    Gap { before: &'t str, after: &'t str },
}

fn encode(block: &str) -> Option<String> {
    if block.contains(GAP) {
        return None;
    }
    let mut by_form: HashMap<String, usize> = HashMap::new();
    let mut forms: Vec<Form<'_>> = Vec::new();
    let mut lines: Vec<(usize, usize)> = Vec::new();
    for line in block.split('\n') {
        let words: Vec<&str> = line.split(' ').collect();
        let mut mask = String::with_capacity(line.len());
        for word in &words {
            mask.push_str(if has_digit(word) { "\u{0}" } else { word });
            mask.push(' ');
        }
        let form = *by_form.entry(mask).or_insert_with(|| {
            forms.push(Form { lines: Vec::new(), number: 0, places: Vec::new() });
            forms.len() - 1
        });
        lines.push((form, forms[form].lines.len()));
        forms[form].lines.push(words);
    }
    let mut n_templates = 0;
    for form in &mut forms {
        if form.lines.len() >= MIN_ALIKE {
            n_templates += 1;
            form.number = n_templates;
            form.places = places(&form.lines);
        }
    }
    if n_templates == 0 {
        return None;
    }
    let words = format!(
        "{n_templates} templates, then a line each: its template's number and what stands in the {GAP}; \
         {SAME} as in the line above; = a line by itself"
    );
    let mut out = head("log", lines.len(), n_templates, &words);
    for form in forms.iter().filter(|form| form.number > 0) {
        let _ = write!(out, "\n{}:", form.number);
        for place in &form.places {
            let _ = match place {
                Place::Fixed(word) => write!(out, " {word}"),
                Place::Gap { before, after } => write!(out, " {before}{GAP}{after}"),
            };
        }
    }
    let mut above: Vec<&str> = Vec::new();
    for (form, index) in lines {
        let form = &forms[form];
        let words = &form.lines[index];
        if form.number == 0 {
            let _ = write!(out, "\n={}", words.join(" "));
            above.clear();
            continue;
        }
        let _ = write!(out, "\n{}", form.number);
        let mut here = Vec::new();
        for (word, place) in words.iter().zip(&form.places) {
            if let Place::Gap { before, after } = place {
                let value = &word[before.len()..word.len() - after.len()];
                let is_same = above.get(here.len()) == Some(&value);
                let _ = write!(out, " {}", if is_same { SAME } else { value });
                here.push(value);
            }
        }
        above = here;
    }
    Some(out)
}

fn has_digit(word: &str) -> bool {
    word.bytes().any(|byte| byte.is_ascii_digit())
}

/// What the lines have in common, word by word.
fn places<'t>(lines: &[Vec<&'t str>]) -> Vec<Place<'t>> {
    let first = &lines[0];
    (0..first.len())
        .map(|at| {
            let word = first[at];
            if lines.iter().all(|line| line[at] == word) {
                return Place::Fixed(word);
            }
            let (mut before, mut after) = (word.len(), word.len());
            for line in lines {
                let other = line[at];
                before = before.min(common(word.chars(), other.chars()));
                after = after.min(common(word.chars().rev(), other.chars().rev()));
            }
            // A value is a whole number or name: no gap begins or ends inside one.
            let head = word[..before].trim_end_matches(|c: char| c.is_alphanumeric());
            let tail = word[word.len() - after..].trim_start_matches(|c: char| c.is_alphanumeric());
            let shortest = lines.iter().map(|line| line[at].len()).min().unwrap_or(0);
            // Where both ends share bytes of the shortest word, the tail gives way.
            let tail = if head.len() + tail.len() >= shortest { "" } else { tail };
            let head = if head.len() >= shortest { "" } else { head };
            Place::Gap { before: head, after: tail }
        })
        .collect()
}

/// Bytes of the characters that two words begin with alike.
fn common(a: impl Iterator<Item = char>, b: impl Iterator<Item = char>) -> usize {
    a.zip(b).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum()
}

fn decode(encoded: &str) -> Option<String> {
    let mut lines = encoded.split('\n');
    let (n_lines, words) = parse_head(lines.next()?, "log")?;
    let n_templates: usize = words.split(' ').next()?.parse().ok()?;
    let mut templates: Vec<Vec<&str>> = Vec::new();
    for number in 1..=n_templates {
        let template = lines.next()?.strip_prefix(&format!("{number}: "))?;
        templates.push(template.split(GAP).collect());
    }
    let mut out = String::with_capacity(encoded.len() * 2);
    let mut above: Vec<&str> = Vec::new();
    let mut n_rows = 0;
    for row in lines {
        if n_rows > 0 {
            out.push('\n');
        }
        n_rows += 1;
        if let Some(line) = row.strip_prefix('=') {
            out.push_str(line);
            above.clear();
            continue;
        }
        let mut words = row.split(' ');
        let template = templates.get(words.next()?.parse::<usize>().ok()?.checked_sub(1)?)?;
        let mut here = Vec::new();
        for (gap, fixed) in template.iter().enumerate() {
            if gap > 0 {
                let word = words.next()?;
                let value = if word == SAME { above.get(gap - 1).copied()? } else { word };
                out.push_str(value);
                here.push(value);
            }
            out.push_str(fixed);
        }
        if words.next().is_some() {
            return None;
        }
        above = here;
    }
    (n_rows + n_templates == n_lines).then_some(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_alike_become_a_template_and_come_back() {
        let mut log = String::new();
        for n in 0..8 {
            let _ =
                writeln!(log, "2026-11-25 10:00:0{n} INFO pool-{n}: sent  {}0 bytes to /10.0.0.{}:80.", n / 2, n / 4);
        }
        log.push_str("2026-11-25 10:00:09 WARN something else entirely ~ here");
        let encoded = encode(&log).unwrap();
        let template = "\n1: 2026-11-25 10:00:<*> INFO pool-<*>: sent  <*> bytes to /10.0.0.<*>:80.\n1 00 0 00 0\n";
        assert!(encoded.contains(template), "{encoded}");
        assert!(encoded.contains("\n1 01 1 ~ ~\n"), "{encoded}");
        assert_eq!(decode(&encoded).unwrap(), log);
    }

    #[test]
    fn blocks_are_runs_of_lines_with_times() {
        let line = "2026-11-25 10:00:00 INFO started\n";
        let text = format!("cat log\n{}done\n{}", line.repeat(20), line.repeat(3));
        let found = blocks(&text);
        assert_eq!(found.len(), 1);
        assert_eq!(text[found[0].clone()].lines().count(), 20);
    }

    proptest! {
        #[test]
        fn any_block_comes_back_exactly(lines in proptest::collection::vec("2026-01-0[1-9] 10:00:0[0-9] (get|put) [a-b]?[0-9]{1,2}[é:]? ?[~=]?[0-9]?", 16..40)) {
            let block = lines.join("\n");
            if let Some(encoded) = encode(&block) {
                prop_assert_eq!(decode(&encoded), Some(block), "{}", encoded);
            }
        }
    }
}
