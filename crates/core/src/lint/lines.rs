//! Byte offsets as people and editors count: lines from 1, columns from 1 in characters, or in UTF-16 units for LSP.

use crate::text::floor;

/// Where the lines of a text begin. O(n) to make, O(log lines) to ask.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    starts: Vec<usize>,
}

/// A place as people count: line and column from 1, the column in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl Lines {
    /// The lines of a text.
    pub fn of(text: &str) -> Lines {
        let starts = std::iter::once(0).chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1)).collect();
        Lines { starts }
    }

    /// The line of an offset, from 0.
    pub fn index(&self, offset: usize) -> usize {
        self.starts.partition_point(|start| *start <= offset).saturating_sub(1)
    }

    /// Where a line begins; the last line's beginning for lines beyond it.
    pub fn start(&self, index: usize) -> usize {
        self.starts.get(index).or(self.starts.last()).copied().unwrap_or(0)
    }

    /// How many lines there are, the one after the last line end included.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Never: a text has a line.
    pub fn is_empty(&self) -> bool {
        self.starts.is_empty()
    }

    /// Line and column of an offset in `text`, the text of which these are the lines.
    pub fn position(&self, text: &str, offset: usize) -> Position {
        let offset = floor(text, offset);
        let line = self.index(offset);
        Position { line: line + 1, column: text[self.start(line)..offset].chars().count() + 1 }
    }

    /// Line and column from 0, the column in UTF-16 units, as LSP counts unless asked otherwise.
    pub fn utf16(&self, text: &str, offset: usize) -> (u32, u32) {
        let offset = floor(text, offset);
        let line = self.index(offset);
        let column = text[self.start(line)..offset].encode_utf16().count();
        (line as u32, column as u32)
    }

    /// The offset of a place as LSP counts; the end of the line if the line is shorter.
    pub fn offset_of_utf16(&self, text: &str, line: u32, column: u32) -> usize {
        let line = line as usize;
        if line >= self.starts.len() {
            return text.len();
        }
        let start = self.start(line);
        let end = self.starts.get(line + 1).map_or(text.len(), |next| next - 1);
        let mut units = 0;
        for (at, c) in text[start..end].char_indices() {
            if units >= column as usize {
                return start + at;
            }
            units += c.len_utf16();
        }
        end
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_characters_for_people_and_utf16_for_editors() {
        let text = "a\né🦀b\n";
        let lines = Lines::of(text);
        let at = text.find('b').unwrap();
        assert_eq!(lines.position(text, at), Position { line: 2, column: 3 });
        assert_eq!(lines.utf16(text, at), (1, 3));
        assert_eq!(lines.offset_of_utf16(text, 1, 3), at);
        assert_eq!(lines.offset_of_utf16(text, 1, 99), text.len() - 1);
        assert_eq!(lines.position(text, 999), Position { line: 3, column: 1 });
    }
}
