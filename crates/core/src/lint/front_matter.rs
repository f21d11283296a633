//! The head of a Markdown file between two lines of `---`: its keys with their values and places, as far as rules need
//! them. Not a YAML reader: values that are lists or maps are left alone.

use std::ops::Range;

use super::file::File;

/// The head of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FrontMatter {
    /// Its entries, in their order.
    pub(super) entries: Vec<Entry>,
    /// Where the text after it begins.
    pub(super) end: usize,
}

/// A key with its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The key.
    pub(super) key: String,
    /// The value, unquoted; lines of a block are joined.
    pub(super) value: String,
    /// The bytes of key and value.
    pub(super) span: Range<usize>,
}

impl FrontMatter {
    /// The head of a text; `None` if it has none.
    pub(super) fn of(text: &str) -> Option<FrontMatter> {
        let bom = if text.starts_with('\u{feff}') { 3 } else { 0 };
        let mut lines = text.get(bom..)?.split_inclusive('\n');
        let first = lines.next()?;
        if first.trim_end() != "---" {
            return None;
        }
        let mut at = bom + first.len();
        let mut head = FrontMatter::default();
        for line in lines {
            let start = at;
            at += line.len();
            let bare = line.trim_end();
            if bare == "---" || bare == "..." {
                head.end = at;
                return Some(head);
            }
            let is_nested = line.starts_with([' ', '\t']) || bare.is_empty();
            match (is_nested, bare.split_once(':')) {
                (false, Some((key, value))) if !key.starts_with(['#', '-']) => head.entries.push(Entry {
                    key: key.trim().to_owned(),
                    value: scalar(value.trim()),
                    span: start..start + bare.len(),
                }),
                (true, _) if !bare.is_empty() => {
                    if let Some(last) = head.entries.last_mut() {
                        if !last.value.is_empty() {
                            last.value.push(' ');
                        }
                        last.value.push_str(bare.trim());
                        last.span.end = start + bare.len();
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// The entry of a key.
    pub(super) fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }
}

/// Whether agents read the file at the beginning of every session: rules for some files only (`globs`, `alwaysApply: false`)
/// are read when those are touched.
pub(super) fn is_in_every_session(file: &File) -> bool {
    let name = file.name().to_lowercase();
    let is_scoped = [".mdc", ".instructions.md"].iter().any(|end| name.ends_with(end));
    let says_so =
        || FrontMatter::of(&file.text).is_some_and(|head| head.get("alwaysApply").is_some_and(|e| e.value == "true"));
    !is_scoped || says_so()
}

/// A value on its key's line: without its quotes; nothing where a block follows.
fn scalar(value: &str) -> String {
    if value.starts_with(['|', '>']) && value.len() <= 3 {
        return String::new();
    }
    for quote in ['"', '\''] {
        if let Some(inner) = value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            return inner.to_owned();
        }
    }
    value.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_on_the_line_or_below_it() {
        let text = "---\nname: \"a-b\"\ndescription: >-\n  One\n  two.\ntags:\n  - x\n---\nBody\n";
        let head = FrontMatter::of(text).unwrap();
        assert_eq!(head.get("name").unwrap().value, "a-b");
        assert_eq!(head.get("description").unwrap().value, "One two.");
        assert_eq!(&text[head.end..], "Body\n");
        assert_eq!(FrontMatter::of("Body\n---\n"), None);
        assert_eq!(FrontMatter::of("---\nname: x\n"), None, "never closed");
    }

    #[test]
    fn rules_for_some_files_are_not_in_every_session() {
        assert!(is_in_every_session(&File::new("a/AGENTS.md", "x")));
        assert!(!is_in_every_session(&File::new("a/x.mdc", "---\nglobs: '*.py'\nalwaysApply: false\n---\nx")));
        assert!(is_in_every_session(&File::new("a/x.mdc", "---\nalwaysApply: true\n---\nx")));
    }
}
