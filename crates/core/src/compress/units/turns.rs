//! Chat turns: lines `Speaker: …` whose speakers come again.

use std::collections::HashMap;

use super::lines::Lines;
use super::{Cutter, UnitKind};

/// A name longer than this (in bytes) is a sentence with a colon.
const LONGEST_NAME: usize = 40;

/// The speakers of a text.
pub(super) struct Speakers<'a> {
    /// Names that speak, with how often; nobody if the text is no conversation.
    names: HashMap<&'a str, usize>,
    is_known: bool,
}

impl<'a> Speakers<'a> {
    /// Who speaks. `is_known`: it is a conversation, so that everybody counts who speaks once.
    pub(super) fn of(lines: &Lines<'a>, is_known: bool) -> Self {
        let mut names: HashMap<&str, usize> = HashMap::new();
        let (mut n_turns, mut n_lines) = (0, 0);
        for at in 0..lines.len() {
            n_lines += usize::from(!lines.is_blank(at));
            if let Some(name) = speaker(lines.line(at)) {
                *names.entry(name).or_default() += 1;
                n_turns += 1;
            }
        }
        if !is_known {
            names.retain(|_, n| *n >= 2);
            let n_again: usize = names.values().sum();
            // Most of the turns by people who come again, and a good part of the lines: else they are notes with colons.
            let is_conversation =
                n_again >= 3 && n_again * 2 >= n_turns && n_again * 4 >= n_lines && names.len() <= 2 + n_again / 2;
            if !is_conversation {
                names.clear();
            }
        }
        Speakers { names, is_known }
    }

    /// The turn that begins at a line, to the next one.
    pub(super) fn take(&self, cutter: &mut Cutter<'_>, lines: &Lines<'_>, at: usize) -> Option<usize> {
        let label = self.begins(lines, at);
        if label.is_none() && !self.is_known {
            return None;
        }
        let mut next = at + 1;
        while next < lines.len() && self.begins(lines, next).is_none() && (label.is_some() || lines.is_blank(next)) {
            next += 1;
        }
        let label = label.map(|name| {
            lines.start(at) + indent(lines.line(at))..lines.start(at) + indent(lines.line(at)) + name.len()
        });
        cutter.push(UnitKind::Turn, lines.start(at)..lines.start(next), label);
        Some(next)
    }

    fn begins<'t>(&self, lines: &Lines<'t>, at: usize) -> Option<&'t str> {
        speaker(lines.line(at)).filter(|name| self.names.contains_key(name))
    }
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The name before the colon, if the line looks like a turn.
fn speaker(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let colon = line.bytes().take(LONGEST_NAME).position(|byte| byte == b':').or_else(|| {
        line.bytes().take(LONGEST_NAME).position(|byte| byte == 0xef).filter(|at| line[*at..].starts_with('：'))
    })?;
    let name = &line[..colon];
    let first = name.chars().next()?;
    let is_name = first.is_alphabetic()
        && name.split(' ').count() <= 5
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || matches!(c, ' ' | '.' | '-' | '_' | '\'' | '(' | ')') || !c.is_ascii());
    let rest = line[colon..].trim_start_matches([':', '：']);
    // "http://…", "std::io".
    (is_name && (rest.is_empty() || rest.starts_with([' ', '\t']) || !line.is_ascii())).then_some(name)
}
