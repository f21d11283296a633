//! Tables for a terminal: columns that stand under each other, figures to the right. A table too wide for the page first
//! shortens its one flexible column, then leaves out the columns that matter least; a figure is never cut.

use unicode_width::UnicodeWidthStr;

use super::page::{Line, Page, Style, cut, cut_middle};

/// Spaces between columns.
const GAP: usize = 2;
/// A name keeps at least these columns …
const NARROWEST_NAME: usize = 14;
/// … and this part of the page, before a column is left out for it: one part in so many.
const NAME_PART: usize = 3;

/// A column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    heading: &'static str,
    kind: Kind,
    /// What must fit less goes first; 0 stays always.
    drop_rank: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Text that may be cut, in the middle or at the end.
    Name { at_end: bool },
    /// Figures.
    Figure,
    /// A picture or a remark, to the left.
    Left,
}

impl Column {
    /// Names, cut in the middle if need be. Exactly one a table; its heading is the title of the table.
    pub(crate) const fn name() -> Self {
        Column { heading: "", kind: Kind::Name { at_end: false }, drop_rank: 0 }
    }

    /// Running text, cut at its end if need be. Takes the place of the name.
    pub(crate) const fn text() -> Self {
        Column { heading: "", kind: Kind::Name { at_end: true }, drop_rank: 0 }
    }

    /// Figures. The higher the rank, the sooner they are left out.
    pub(crate) const fn figure(heading: &'static str, drop_rank: u8) -> Self {
        Column { heading, kind: Kind::Figure, drop_rank }
    }

    /// Something to the left that is not cut.
    pub(crate) const fn left(heading: &'static str, drop_rank: u8) -> Self {
        Column { heading, kind: Kind::Left, drop_rank }
    }
}

/// A cell: pieces of styled text.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cell(Vec<(String, Style)>);

impl Cell {
    /// One piece.
    pub(crate) fn new(text: impl Into<String>, style: Style) -> Self {
        Cell(vec![(text.into(), style)])
    }

    /// And another.
    pub(crate) fn and(mut self, text: impl Into<String>, style: Style) -> Self {
        self.0.push((text.into(), style));
        self
    }

    fn width(&self) -> usize {
        self.0.iter().map(|(text, _)| text.width()).sum()
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Cell::new(text, Style::Plain)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Cell::new(text, Style::Plain)
    }
}

/// A table.
#[derive(Debug)]
pub(crate) struct Table {
    title: String,
    columns: Vec<Column>,
    rows: Vec<Row>,
    indent: usize,
}

#[derive(Debug)]
enum Row {
    Cells(Vec<Cell>),
    /// Text over all columns, such as what a row rests on.
    Remark(String),
}

impl Table {
    /// An empty table.
    pub(crate) fn new(title: impl Into<String>, columns: Vec<Column>) -> Self {
        Table { title: title.into(), columns, rows: Vec::new(), indent: 2 }
    }

    /// Adds a row; a cell a column.
    pub(crate) fn row(&mut self, cells: Vec<Cell>) {
        debug_assert_eq!(cells.len(), self.columns.len(), "a cell a column");
        self.rows.push(Row::Cells(cells));
    }

    /// Adds a dim line under a row.
    pub(crate) fn remark(&mut self, text: impl Into<String>) {
        self.rows.push(Row::Remark(text.into()));
    }

    /// Draws it after a free line. The title stands in the line of the headings, where the names below leave room.
    pub(crate) fn draw(&self, page: &mut Page) {
        let widths = self.fit(page.width.saturating_sub(self.indent));
        let headings = self.columns.iter().map(|column| match column.kind {
            Kind::Name { .. } => Cell::new(self.title.as_str(), Style::Heading),
            _ => Cell::new(column.heading, Style::Dim),
        });
        page.blank();
        self.draw_row(&headings.collect::<Vec<_>>(), &widths, 0, page);
        for row in &self.rows {
            match row {
                Row::Cells(cells) => self.draw_row(cells, &widths, self.indent, page),
                Row::Remark(text) => page.paragraph(text, self.indent + 2, Style::Dim),
            }
        }
    }

    /// Width of each column; `None` for those that are left out.
    fn fit(&self, n_columns: usize) -> Vec<Option<usize>> {
        let mut widths: Vec<Option<usize>> = (0..self.columns.len()).map(|i| self.natural_width(i)).collect();
        let name = self.columns.iter().position(|column| matches!(column.kind, Kind::Name { .. }));
        let natural_name = name.and_then(|i| widths[i]).unwrap_or(0);
        let least_name = natural_name.min(NARROWEST_NAME.max(n_columns / NAME_PART));
        loop {
            let others: usize = widths
                .iter()
                .enumerate()
                .filter(|(i, _)| Some(*i) != name)
                .filter_map(|(_, width)| width.map(|width| width + GAP))
                .sum();
            let room = n_columns.saturating_sub(others);
            let ranks = (0..self.columns.len()).filter(|i| widths[*i].is_some()).map(|i| self.columns[i].drop_rank);
            match ranks.max().filter(|rank| *rank > 0) {
                // Columns of one rank are a pair (at least, at most): one without the other misleads.
                Some(rank) if room < least_name => {
                    for (width, column) in widths.iter_mut().zip(&self.columns) {
                        if column.drop_rank == rank {
                            *width = None;
                        }
                    }
                }
                _ => {
                    if let Some(i) = name {
                        widths[i] = Some(natural_name.min(room.max(4)));
                    }
                    return widths;
                }
            }
        }
    }

    /// `None` for a column without anything in it.
    fn natural_width(&self, i: usize) -> Option<usize> {
        let cells = self.rows.iter().filter_map(|row| match row {
            Row::Cells(cells) => cells.get(i).map(Cell::width),
            Row::Remark(_) => None,
        });
        let widest = cells.max().unwrap_or(0);
        match self.columns[i].kind {
            Kind::Name { .. } => Some(widest.max(self.title.width().saturating_sub(self.indent))),
            _ => (widest > 0).then_some(widest.max(self.columns[i].heading.width())),
        }
    }

    fn draw_row(&self, cells: &[Cell], widths: &[Option<usize>], indent: usize, page: &mut Page) {
        let mut line = Line::default();
        line.space(indent);
        let mut column = self.indent;
        for ((cell, width), spec) in cells.iter().zip(widths).zip(&self.columns) {
            let Some(width) = *width else { continue };
            match spec.kind {
                // The title, in the place of a name, begins at the margin and is cut at its end.
                Kind::Name { at_end } => {
                    draw_name(cell, width + self.indent - indent, at_end || indent == 0, &mut line);
                }
                Kind::Figure => _ = line.space(width.saturating_sub(cell.width())),
                Kind::Left => {}
            }
            if !matches!(spec.kind, Kind::Name { .. }) {
                for (text, style) in &cell.0 {
                    line.add(text.as_str(), *style);
                }
            }
            column += width + GAP;
            line.pad_to(column);
        }
        page.push(line);
    }
}

/// A name gives way from its first piece; what follows (a host, a warning) goes first if there is no room at all.
fn draw_name(cell: &Cell, width: usize, at_end: bool, line: &mut Line) {
    let shorten = if at_end { cut } else { cut_middle };
    let mut room = width;
    for (i, (text, style)) in cell.0.iter().enumerate() {
        if i > 0 && text.width() > room {
            break;
        }
        let shown = shorten(text, room);
        room -= shown.width();
        line.add(shown, *style);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(width: usize) -> String {
        let mut table =
            Table::new("MODEL", vec![Column::name(), Column::figure("calls", 1), Column::figure("cost", 0)]);
        table.row(vec!["gpt-6-luna-2026-10-01".into(), "120,000".into(), "$900.10".into()]);
        table.row(vec!["漢字".into(), "7".into(), "$1.00".into()]);
        let mut page = Page::new(width, false);
        table.draw(&mut page);
        page.finish()
    }

    #[test]
    fn a_table_shortens_names_first_and_drops_columns_next() {
        let wide = "\nMODEL                      calls     cost\n  \
                    gpt-6-luna-2026-10-01  120,000  $900.10\n  \
                    漢字                         7    $1.00\n";
        assert_eq!(drawn(60), wide);
        let narrow = "\nMODEL               calls     cost\n  \
                      gpt-6-l…-10-01  120,000  $900.10\n  \
                      漢字                  7    $1.00\n";
        assert_eq!(drawn(34), narrow);
        assert!(!drawn(30).contains("calls"), "{}", drawn(30));
        assert!(drawn(20).contains("$900.10"));
    }
}
