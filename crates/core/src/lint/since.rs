//! Findings on changed lines only: what `git diff --unified=0` says, read, and asked of each finding. Whoever reviews a
//! change wants to hear of that change.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use super::diagnostic::Diagnostic;
use super::lines::Lines;

/// Changed lines by file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Lines from 1, in rising order; files by their path in the diff.
    by_path: BTreeMap<String, Changed>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Changed {
    Whole,
    Lines(Vec<Range<usize>>),
}

impl Changes {
    /// Reads a diff without context whose paths have no prefix (`--unified=0 --no-prefix`).
    pub fn parse(diff: &str) -> Changes {
        let mut changes = Changes::default();
        let mut current: Option<String> = None;
        // Lines of the hunk that are still to come: a changed line may look like a header.
        let mut left = 0_usize;
        for line in diff.split('\n') {
            if left > 0 {
                if line.starts_with(['+', '-']) {
                    left -= 1;
                }
                continue;
            }
            if let Some(path) = line.strip_prefix("+++ ") {
                current = name(path);
            } else if let Some(header) = line.strip_prefix("@@ ") {
                let Some((removed, added)) = hunk(header) else { continue };
                left = removed + added.len();
                if let (Some(path), false) = (&current, added.is_empty()) {
                    let entry = changes.by_path.entry(path.clone()).or_insert_with(|| Changed::Lines(Vec::new()));
                    if let Changed::Lines(lines) = entry {
                        lines.push(added);
                    }
                }
            }
        }
        changes
    }

    /// Adds a file all of which is new.
    pub fn add_whole(&mut self, path: impl Into<String>) {
        self.by_path.insert(path.into(), Changed::Whole);
    }

    /// The same with other paths.
    #[must_use]
    pub fn renamed(self, name: impl Fn(&str) -> String) -> Changes {
        Changes { by_path: self.by_path.into_iter().map(|(path, changed)| (name(&path), changed)).collect() }
    }

    /// The files with changed lines.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.by_path.keys().map(String::as_str)
    }

    /// Whether a change touches lines `first..=last` (from 1) of a file.
    pub fn touches(&self, path: &str, first: usize, last: usize) -> bool {
        match self.by_path.get(path) {
            None => false,
            Some(Changed::Whole) => true,
            Some(Changed::Lines(ranges)) => {
                let next = ranges.partition_point(|range| range.end <= first);
                ranges.get(next).is_some_and(|range| range.start <= last)
            }
        }
    }

    /// Keeps the findings that touch a changed line, by the lines they point at. `text_of` gives a file's text.
    pub fn filter(&self, diagnostics: Vec<Diagnostic>, text_of: &dyn Fn(&str) -> Option<Arc<str>>) -> Vec<Diagnostic> {
        let mut lines: BTreeMap<String, Lines> = BTreeMap::new();
        let mut touched = |diagnostic: &Diagnostic| {
            if !self.by_path.contains_key(&diagnostic.path) {
                return false;
            }
            let lines = lines
                .entry(diagnostic.path.clone())
                .or_insert_with(|| Lines::of(text_of(&diagnostic.path).as_deref().unwrap_or_default()));
            let span = &diagnostic.finding.span;
            let last = lines.index(span.end.saturating_sub(1).max(span.start));
            self.touches(&diagnostic.path, lines.index(span.start) + 1, last + 1)
        };
        diagnostics.into_iter().filter(|diagnostic| touched(diagnostic)).collect()
    }
}

/// `-3,2 +4,5 @@ …`: how many lines went, and which came.
fn hunk(header: &str) -> Option<(usize, Range<usize>)> {
    let mut parts = header.split(' ');
    let (_, removed) = range(parts.next()?.strip_prefix('-')?)?;
    let (start, added) = range(parts.next()?.strip_prefix('+')?)?;
    Some((removed, start..start.checked_add(added)?))
}

fn range(text: &str) -> Option<(usize, usize)> {
    match text.split_once(',') {
        Some((start, n)) => Some((start.parse().ok()?, n.parse().ok()?)),
        None => Some((text.parse().ok()?, 1)),
    }
}

/// The path in a header, taken out of Git's quotes; `None` for a file that is gone.
fn name(written: &str) -> Option<String> {
    let written = written.trim_end_matches(['\t', '\r']);
    if written == "/dev/null" {
        return None;
    }
    let Some(quoted) = written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return Some(written.to_owned());
    };
    let mut bytes = Vec::with_capacity(quoted.len());
    let mut rest = quoted.bytes().peekable();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        match rest.next()? {
            b'n' => bytes.push(b'\n'),
            b't' => bytes.push(b'\t'),
            b'r' => bytes.push(b'\r'),
            b'a' => bytes.push(7),
            b'b' => bytes.push(8),
            b'v' => bytes.push(11),
            b'f' => bytes.push(12),
            digit @ b'0'..=b'7' => {
                let mut value = u32::from(digit - b'0');
                for _ in 0..2 {
                    value = value * 8 + u32::from(rest.next_if(|next| (b'0'..=b'7').contains(next))? - b'0');
                }
                bytes.push(value as u8);
            }
            other => bytes.push(other),
        }
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_is_read_whatever_its_lines_look_like() {
        let diff = "diff --git a.md a.md\nindex 1..2 100644\n--- a.md\n+++ a.md\n@@ -1 +1,2 @@ title\n-old\n+new\n++++ not.md\n\
                    @@ -9,2 +9,0 @@\n-x\n-y\n@@ -20,0 +19 @@\n+z\n\\ No newline at end of file\n\
                    diff --git gone gone\n--- gone\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n\
                    --- \"\\303\\244 \\\"q\\\".md\"\n+++ \"\\303\\244 \\\"q\\\".md\"\n@@ -0,0 +1 @@\n+x\n";
        let changes = Changes::parse(diff);
        assert_eq!(changes.paths().collect::<Vec<_>>(), ["a.md", "ä \"q\".md"]);
        for (first, last, is_touched) in
            [(1, 1, true), (2, 2, true), (3, 18, false), (9, 10, false), (2, 30, true), (19, 19, true), (20, 99, false)]
        {
            assert_eq!(changes.touches("a.md", first, last), is_touched, "{first}–{last}");
        }
        assert!(!changes.touches("gone", 1, 1) && !changes.touches("not.md", 1, 1));
        let mut moved = changes.renamed(|path| format!("../{path}"));
        moved.add_whole("new.md");
        assert!(moved.touches("../a.md", 1, 1) && moved.touches("new.md", 500, 501));
    }
}
