//! The edits of several findings put together: each was made as if it were the only one.

use super::Edit;
use crate::lint::diagnostic::Change;

/// Adds the changes of a finding. Deletions that touch become one; anything else that overlaps is left out, and false said.
pub(super) fn add(text: &str, edits: &mut Vec<Edit>, changes: &[Change]) -> bool {
    let mut next = edits.clone();
    for change in changes {
        let mut edit = Edit { start: change.span.start, end: change.span.end, text: change.text.clone() };
        while let Some(at) = next.iter().position(|other| edit.start < other.end && other.start < edit.end) {
            let other = next.swap_remove(at);
            if !(edit.text.is_empty() && other.text.is_empty()) {
                return false;
            }
            edit = Edit { start: edit.start.min(other.start), end: edit.end.max(other.end), text: String::new() };
            edit.start = without_comma(text, &edit);
        }
        next.push(edit);
    }
    *edits = next;
    true
}

/// Where a deletion begins that must take the comma before it along, as nothing follows in the object.
fn without_comma(text: &str, edit: &Edit) -> usize {
    let before = text.get(..edit.start).unwrap_or_default().trim_end();
    let is_last = text.get(edit.end..).unwrap_or_default().trim_start().starts_with('}');
    if is_last && before.ends_with(',') { before.len() - 1 } else { edit.start }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, deleted: &[&str], expected: &str) {
        let mut edits = Vec::new();
        for part in deleted {
            let start = text.find(part).unwrap();
            assert!(add(text, &mut edits, &[Change { span: start..start + part.len(), text: String::new() }]));
        }
        edits.sort_by_key(|edit| edit.start);
        let mut out = text.to_owned();
        for edit in edits.iter().rev() {
            out.replace_range(edit.start..edit.end, &edit.text);
        }
        assert_eq!(out, expected);
    }

    #[test]
    fn deletions_that_touch_leave_no_comma() {
        check("{a, b, c}", &["b, ", ", c"], "{a}");
        check("{a, b, c}", &["a, ", "b, "], "{c}");
        check("{a, b, c, d}", &["b, ", "c, ", ", d"], "{a}");
        let mut edits = vec![Edit { start: 0, end: 4, text: "x".to_owned() }];
        assert!(!add("abcdef", &mut edits, &[Change { span: 2..5, text: String::new() }]));
        assert_eq!(edits.len(), 1);
    }
}
