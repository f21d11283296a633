//! Lines of a file around a finding, safe to show: controls spelt out, secrets left out, a line that is too long cut to a
//! window around what it is about. It costs what it shows, not what the file holds.

use std::ops::Range;

use unicode_width::UnicodeWidthChar;

use promptopt::text::floor;

use super::source::Source;
use crate::render::clean::is_unsafe;

/// Lines of a span that are shown whole; of a longer one only its first three are.
const MAX_LINES: usize = 6;
const HEAD_LINES: usize = 3;
/// A line between two that are shown is shown too, instead of being left out.
const NEAR_LINES: usize = 2;

/// A place to point at.
#[derive(Clone, Debug)]
pub(super) struct Pointer<'a> {
    /// Its bytes in the file.
    pub(super) span: Range<usize>,
    /// What it is; empty for the finding itself.
    pub(super) label: &'a str,
    /// Whether it is the finding itself.
    pub(super) is_primary: bool,
}

/// Lines in a row.
#[derive(Debug, Default)]
pub(super) struct Excerpt {
    /// The number of the first, from 1.
    pub(super) first_line: usize,
    /// The lines, safe to show.
    pub(super) text: String,
    /// What is pointed at, by bytes of `text`: label, whether it is the finding itself.
    pub(super) pointers: Vec<(Range<usize>, String, bool)>,
    /// The byte of the file at which it begins to point.
    pub(super) begins_at: usize,
}

/// The excerpts that show some places: what lies near each other in one, the finding's own first.
pub(super) fn excerpts(source: &Source<'_>, pointers: &[Pointer<'_>], width: usize) -> Vec<Excerpt> {
    let mut groups: Vec<(Range<usize>, Vec<Trimmed>)> = Vec::new();
    for pointer in pointers {
        let trimmed = Trimmed::of(source, pointer);
        let lines = trimmed.lines.clone();
        let is_near =
            |shown: &Range<usize>| lines.start < shown.end + NEAR_LINES && shown.start < lines.end + NEAR_LINES;
        // On a line too long to be shown whole, each place has a window of its own.
        let is_whole = |line: usize| source.line_span(line).len() <= width;
        match groups.iter_mut().find(|(shown, _)| is_near(shown)) {
            Some((shown, group)) if (shown.start.min(lines.start)..shown.end.max(lines.end)).all(is_whole) => {
                *shown = shown.start.min(lines.start)..shown.end.max(lines.end);
                group.push(trimmed);
            }
            _ => groups.push((lines, vec![trimmed])),
        }
    }
    groups.into_iter().map(|(lines, group)| excerpt(source, lines, &group, width)).collect()
}

/// A pointer to no more lines than are shown.
struct Trimmed {
    span: Range<usize>,
    lines: Range<usize>,
    label: String,
    is_primary: bool,
}

impl Trimmed {
    fn of(source: &Source<'_>, pointer: &Pointer<'_>) -> Trimmed {
        let start = floor(source.text, pointer.span.start);
        let mut end = floor(source.text, pointer.span.end).max(start);
        // The line end that a span of whole lines ends with is not the next line's.
        while end > start && matches!(source.text.as_bytes().get(end - 1), Some(b'\n' | b'\r')) {
            end -= 1;
        }
        let (first, last) = (source.line(start), source.line(end));
        let mut label = pointer.label.to_owned();
        let mut lines = first..last + 1;
        if last - first >= MAX_LINES {
            lines.end = first + HEAD_LINES;
            end = source.line_span(lines.end - 1).end;
            let n_more = last + 1 - lines.end;
            let more = format!("and {n_more} more lines, to line {}", last + 1);
            label = if label.is_empty() { more } else { format!("{label} ({more})") };
        }
        Trimmed { span: start..end, lines, label, is_primary: pointer.is_primary }
    }
}

fn excerpt(source: &Source<'_>, lines: Range<usize>, group: &[Trimmed], width: usize) -> Excerpt {
    let mut excerpt = Excerpt { first_line: lines.start + 1, ..Excerpt::default() };
    excerpt.begins_at = group.iter().find(|one| one.is_primary).or(group.first()).map_or(0, |one| one.span.start);
    let mut found: Vec<(Option<usize>, Option<usize>)> = vec![(None, None); group.len()];
    for line in lines.clone() {
        let span = source.line_span(line);
        let here: Vec<&Trimmed> = group.iter().filter(|one| one.lines.contains(&line)).collect();
        let first = here.iter().map(|one| one.span.start.max(span.start)).min().unwrap_or(span.start);
        if line > lines.start {
            excerpt.text.push('\n');
        }
        let map = Window::of(source, span.clone(), first, width).write(source, &mut excerpt.text);
        for (one, found) in group.iter().zip(&mut found).filter(|(one, _)| one.lines.contains(&line)) {
            if one.span.start >= span.start {
                found.0.get_or_insert(map.at(one.span.start));
            }
            found.1 = Some(map.at(one.span.end.min(span.end)));
        }
    }
    for (one, (start, end)) in group.iter().zip(found) {
        let (Some(start), Some(end)) = (start, end) else { continue };
        excerpt.pointers.push((start..end.max(start), one.label.clone(), one.is_primary));
    }
    excerpt
}

/// The part of a line that is shown.
struct Window {
    line: Range<usize>,
    from: usize,
    width: usize,
}

impl Window {
    fn of(source: &Source<'_>, line: Range<usize>, first: usize, width: usize) -> Window {
        let lead = width / 4;
        let is_short = line.len() <= width;
        let from = if is_short { line.start } else { floor(source.text, first.saturating_sub(lead)).max(line.start) };
        Window { line, from, width }
    }

    /// Writes it, and says where its bytes went.
    fn write(&self, source: &Source<'_>, out: &mut String) -> Map {
        let mut map = Map { from: self.from, bytes: Vec::new(), end: 0 };
        if self.from > self.line.start {
            out.push('…');
        }
        let rest = source.text.get(self.from..self.line.end).unwrap_or_default();
        let mut secrets = source.secrets_in(&(self.from..self.line.end)).peekable();
        let mut n_columns = 0;
        for (at, c) in rest.char_indices() {
            let offset = self.from + at;
            while secrets.next_if(|secret| secret.end <= offset).is_some() {}
            let before = out.len();
            match secrets.peek() {
                Some(secret) if secret.contains(&offset) => {
                    if offset == secret.start.max(self.from) {
                        out.push('…');
                        n_columns += 1;
                    }
                    // What lies inside a secret points behind the sign for it.
                    let inside = if offset == secret.start.max(self.from) { before } else { out.len() };
                    map.bytes.extend(std::iter::repeat_n(inside, c.len_utf8()));
                    continue;
                }
                _ if n_columns >= self.width => {
                    map.end = out.len();
                    out.push('…');
                    return map;
                }
                _ => n_columns += write_char(c, out),
            }
            map.bytes.extend(std::iter::repeat_n(before, c.len_utf8()));
        }
        map.end = out.len();
        map
    }
}

/// Writes a character so that a terminal shows it and obeys nothing; the columns that it takes.
fn write_char(c: char, out: &mut String) -> usize {
    if c == '\t' {
        out.push('\t');
        return 4;
    }
    if !is_unsafe(c) {
        out.push(c);
        return c.width().unwrap_or(0);
    }
    let escaped =
        if u32::from(c) < 0x100 { format!("\\x{:02x}", u32::from(c)) } else { c.escape_unicode().to_string() };
    out.push_str(&escaped);
    escaped.len()
}

/// Where the bytes of a line went.
struct Map {
    from: usize,
    bytes: Vec<usize>,
    end: usize,
}

impl Map {
    fn at(&self, offset: usize) -> usize {
        self.bytes.get(offset.saturating_sub(self.from)).copied().unwrap_or(self.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use promptopt::lint::lines::Lines;

    fn primary(span: Range<usize>) -> Pointer<'static> {
        Pointer { span, label: "", is_primary: true }
    }

    fn show(text: &str, span: Range<usize>, secrets: Vec<Range<usize>>, width: usize) -> (String, String) {
        let lines = Lines::of(text);
        let source = Source::new(text, &lines, secrets);
        let excerpt = excerpts(&source, &[primary(span)], width).remove(0);
        let pointed = excerpt.text[excerpt.pointers[0].0.clone()].to_owned();
        (excerpt.text, pointed)
    }

    #[test]
    fn a_long_line_is_cut_around_the_finding_at_whole_characters() {
        let text = format!("{}NEEDLE{}", "é".repeat(50_000), "漢".repeat(50_000));
        let at = text.find('N').unwrap();
        let (shown, pointed) = show(&text, at..at + 6, Vec::new(), 40);
        assert_eq!((&*pointed, shown.starts_with("…é"), shown.ends_with("漢…")), ("NEEDLE", true, true));
        assert!(shown.chars().count() < 45, "{shown}");
    }

    #[test]
    fn controls_are_spelt_out_and_secrets_left_out_and_the_pointer_follows() {
        let text = "a\u{202e}b \u{1b}[31m key=sk-123 end";
        let at = text.find("key").unwrap();
        let secret = at + 4..at + 10;
        let (shown, pointed) = show(text, at..at + 10, vec![secret.clone()], 100);
        assert_eq!((&*shown, &*pointed), ("a\\u{202e}b \\x1b[31m key=… end", "key=…"));
        assert_eq!(show(text, secret.clone(), vec![secret], 100).1, "…");
    }

    #[test]
    fn of_a_long_span_the_beginning_is_shown_and_how_far_it_goes_is_said() {
        let text = "line\r\n".repeat(100);
        let lines = Lines::of(&text);
        let source = Source::new(&text, &lines, Vec::new());
        let excerpt = excerpts(&source, &[primary(0..text.len())], 80).remove(0);
        assert_eq!(excerpt.text, "line\nline\nline");
        assert_eq!(excerpt.pointers, [(0..14, "and 97 more lines, to line 100".to_owned(), true)]);
    }

    #[test]
    fn near_places_share_an_excerpt_and_far_ones_do_not() {
        let text = "one\ntwo\nthree\nfour\nfive\nsix\nseven\n";
        let lines = Lines::of(text);
        let source = Source::new(text, &lines, Vec::new());
        let label = |word: &str| {
            let at = text.find(word).unwrap();
            Pointer { span: at..at + word.len(), label: "here", is_primary: false }
        };
        let all = excerpts(&source, &[primary(4..7), label("three"), label("seven")], 80);
        let texts: Vec<&str> = all.iter().map(|excerpt| &*excerpt.text).collect();
        assert_eq!(texts, ["two\nthree", "seven"]);
    }
}
