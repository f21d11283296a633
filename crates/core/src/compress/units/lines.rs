//! The lines of a text, found once.

/// Where each line begins.
pub(crate) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    /// The lines of a text; a line owns its line feed.
    pub(crate) fn of(text: &'a str) -> Self {
        let mut starts = vec![0];
        starts.extend(memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1));
        if starts.last() == Some(&text.len()) {
            starts.pop();
        }
        Lines { text, starts }
    }

    pub(crate) fn len(&self) -> usize {
        self.starts.len()
    }

    /// The byte at which a line begins; the end of the text for the line after the last.
    pub(crate) fn start(&self, line: usize) -> usize {
        self.starts.get(line).copied().unwrap_or(self.text.len())
    }

    /// A line without its line feed; nothing after the last.
    pub(crate) fn line(&self, line: usize) -> &'a str {
        let with_feed = &self.text[self.start(line)..self.start(line + 1)];
        with_feed.strip_suffix('\n').map_or(with_feed, |line| line.strip_suffix('\r').unwrap_or(line))
    }

    pub(crate) fn is_blank(&self, line: usize) -> bool {
        line < self.len() && self.line(line).trim().is_empty()
    }

    /// The first line from `line` on that is not blank.
    pub(crate) fn after_blank_lines(&self, mut line: usize) -> usize {
        while self.is_blank(line) {
            line += 1;
        }
        line
    }
}
