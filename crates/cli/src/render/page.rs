//! Lines of styled text for a terminal. Widths are columns as the terminal draws them; a line never ends in spaces;
//! without colour the styles leave no trace.

use std::fmt::Write;

use anstyle::{AnsiColor, Effects};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How a piece of text looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Style {
    /// As the terminal writes.
    #[default]
    Plain,
    /// What matters most.
    Bold,
    /// What one reads second.
    Dim,
    /// Headings.
    Heading,
    /// Money saved.
    Good,
    /// Money lost, failures.
    Bad,
    /// Bars and marks.
    Accent,
}

impl Style {
    fn ansi(self) -> anstyle::Style {
        match self {
            Style::Plain => anstyle::Style::new(),
            Style::Bold => anstyle::Style::new().effects(Effects::BOLD),
            Style::Dim => anstyle::Style::new().effects(Effects::DIMMED),
            Style::Heading => AnsiColor::Cyan.on_default().effects(Effects::BOLD),
            Style::Good => AnsiColor::Green.on_default(),
            Style::Bad => AnsiColor::Red.on_default().effects(Effects::BOLD),
            Style::Accent => AnsiColor::Cyan.on_default(),
        }
    }
}

/// Pieces of text in a row.
#[derive(Clone, Debug, Default)]
pub(crate) struct Line {
    pieces: Vec<(String, Style)>,
}

impl Line {
    /// Adds a piece.
    pub(crate) fn add(&mut self, text: impl Into<String>, style: Style) -> &mut Self {
        self.pieces.push((text.into(), style));
        self
    }

    /// Adds spaces.
    pub(crate) fn space(&mut self, n_columns: usize) -> &mut Self {
        self.add(" ".repeat(n_columns), Style::Plain)
    }

    /// Columns.
    pub(crate) fn width(&self) -> usize {
        self.pieces.iter().map(|(text, _)| text.width()).sum()
    }

    /// Fills up with spaces to a column.
    pub(crate) fn pad_to(&mut self, column: usize) -> &mut Self {
        let width = self.width();
        self.space(column.saturating_sub(width))
    }

    fn write(mut self, color: bool, out: &mut String) {
        while let Some((text, _)) = self.pieces.last_mut() {
            text.truncate(text.trim_end().len());
            if !text.is_empty() {
                break;
            }
            self.pieces.pop();
        }
        for (text, style) in self.pieces {
            if color && style != Style::Plain && !text.trim().is_empty() {
                let ansi = style.ansi();
                // Writing into a string cannot fail.
                _ = write!(out, "{ansi}{text}{ansi:#}");
            } else {
                out.push_str(&text);
            }
        }
        out.push('\n');
    }
}

/// A text of lines.
#[derive(Debug)]
pub(crate) struct Page {
    /// Columns.
    pub(crate) width: usize,
    color: bool,
    lines: Vec<Line>,
}

impl Page {
    /// An empty page.
    pub(crate) fn new(width: usize, color: bool) -> Self {
        Page { width, color, lines: Vec::new() }
    }

    /// Begins a line.
    pub(crate) fn line(&mut self) -> &mut Line {
        self.push(Line::default())
    }

    /// Adds a line.
    pub(crate) fn push(&mut self, line: Line) -> &mut Line {
        self.lines.push(line);
        let last = self.lines.len() - 1;
        &mut self.lines[last]
    }

    /// Leaves a line free.
    pub(crate) fn blank(&mut self) {
        self.line();
    }

    /// A heading after a free line, with what belongs to it dim behind, as far as there is room.
    pub(crate) fn heading(&mut self, title: &str, aside: &str) {
        self.blank();
        let room = self.width.saturating_sub(title.width() + 2);
        let line = self.line().add(title, Style::Heading);
        if !aside.is_empty() && room >= 8 {
            line.space(2).add(cut(aside, room), Style::Dim);
        }
    }

    /// Text broken into lines at spaces, each indented.
    pub(crate) fn paragraph(&mut self, text: &str, indent: usize, style: Style) {
        for row in wrap(text, self.width.saturating_sub(indent)) {
            self.line().space(indent).add(row, style);
        }
    }

    /// The text.
    pub(crate) fn finish(self) -> String {
        let mut out = String::new();
        for line in self.lines {
            line.write(self.color, &mut out);
        }
        out
    }
}

/// The text, cut to some columns with `…` at its end.
pub(crate) fn cut(text: &str, n_columns: usize) -> String {
    if text.width() <= n_columns {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut width = 0;
    for c in text.chars() {
        width += c.width().unwrap_or(0);
        if width >= n_columns {
            break;
        }
        kept.push(c);
    }
    kept.truncate(kept.trim_end().len());
    if n_columns > 0 {
        kept.push('…');
    }
    kept
}

/// The text, cut in its middle: both ends of a path or of a model's name tell it from its neighbours.
pub(crate) fn cut_middle(text: &str, n_columns: usize) -> String {
    if text.width() <= n_columns || n_columns < 8 {
        return cut(text, n_columns);
    }
    let tail_columns = (n_columns - 1) / 2;
    let head = cut(text, n_columns - tail_columns);
    let mut tail: Vec<char> = Vec::new();
    let mut width = 0;
    for c in text.chars().rev() {
        width += c.width().unwrap_or(0);
        if width > tail_columns {
            break;
        }
        tail.push(c);
    }
    head + &tail.iter().rev().collect::<String>()
}

/// Breaks at spaces. A number keeps its unit (`62 %`); a word longer than a line is cut where the line ends.
pub(crate) fn wrap(text: &str, n_columns: usize) -> Vec<String> {
    let mut rows: Vec<String> = Vec::new();
    let mut row = String::new();
    for word in text.replace(" %", "\u{a0}%").split(' ').filter(|word| !word.is_empty()) {
        if !row.is_empty() && row.width() + 1 + word.width() > n_columns {
            rows.push(std::mem::take(&mut row));
        }
        if !row.is_empty() {
            row.push(' ');
        }
        for c in word.chars() {
            if row.width() + c.width().unwrap_or(0) > n_columns && !row.is_empty() {
                rows.push(std::mem::take(&mut row));
            }
            row.push(if c == '\u{a0}' { ' ' } else { c });
        }
    }
    if !row.is_empty() {
        rows.push(row);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_cut_by_columns_not_characters() {
        assert_eq!(cut("漢字漢字", 5), "漢字…");
        assert_eq!(cut("abc", 3), "abc");
        assert_eq!(cut_middle("claude-sonnet-4-5-20250929", 13), "claude…250929");
        assert!(cut_middle("claude-sonnet-4-5-20250929", 13).width() <= 13);
    }

    #[test]
    fn a_number_keeps_its_unit_when_text_is_wrapped() {
        assert_eq!(wrap("a share of 62 % only", 13), ["a share of", "62 % only"]);
        assert_eq!(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
    }

    #[test]
    fn lines_have_no_trailing_spaces_and_no_colour_unless_asked() {
        let mut page = Page::new(80, false);
        page.line().add("a", Style::Bad).space(4).add("  ", Style::Dim);
        assert_eq!(page.finish(), "a\n");
        let mut page = Page::new(80, true);
        page.line().add("a", Style::Bad).space(4);
        assert_eq!(page.finish(), "\u{1b}[1m\u{1b}[31ma\u{1b}[0m\n");
    }
}
