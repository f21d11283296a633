//! Markdown tables without their padding.

use super::{Parts, Proposal, Transform, View};
use crate::compress::edit::Guarantee;
use crate::compress::protect;

transform! {
    /// Markdown tables lose the blanks that line up their columns.
    ///
    /// ## What it does
    /// Cells are written with one blank on either side or none, whichever takes fewer tokens; rules become as short as
    /// they may be (`|-|:-:|`). Cells keep what they say, escaped bars and code too.
    ///
    /// ## Why
    /// Padding and long rules are for the eye; a wide table spends a tenth of its tokens on them.
    ///
    /// ## What it promises
    /// Equivalent: the same cells, the same alignment.
    ///
    /// ## When it stays out
    /// Tables in code fences, bars that are no table (no rule under the first line), tables that do not get shorter.
    markdown_table,
    guarantee: Guarantee::Equivalent,
    is_default: true,
    parts: Parts::Alone,
    min_saving: 4,
    propose,
    decode: None,
}

fn propose(view: &View<'_>, out: &mut Vec<Proposal>) {
    if memchr::memchr(b'|', view.text.as_bytes()).is_none() {
        return;
    }
    let lines: Vec<(usize, &str)> = lines(view.text).collect();
    let mut at = 0;
    while at + 1 < lines.len() {
        let n_columns = cells(lines[at].1).map_or(0, |cells| cells.len());
        let is_table = n_columns > 0
            && cells(lines[at + 1].1)
                .is_some_and(|rule| rule.len() == n_columns && rule.iter().all(|cell| is_rule(cell)));
        if !is_table {
            at += 1;
            continue;
        }
        let n_rows = lines[at..].iter().take_while(|(_, line)| cells(line).is_some()).count();
        let last = lines[at + n_rows - 1];
        let span = lines[at].0..last.0 + last.1.len();
        if !protect::overlaps(view.fences, &span) {
            for pad in ["", " "] {
                let replacement = unpadded(&lines[at..at + n_rows], pad);
                if replacement.len() < span.len() {
                    let note = "the same table without padding".to_owned();
                    out.push(Proposal { span: span.clone(), replacement, note });
                }
            }
        }
        at += n_rows;
    }
}

fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split('\n').map(move |line| {
        let start = at;
        at += line.len() + 1;
        (start, line)
    })
}

/// The cells of a line that begins and ends with a bar; bars behind a backslash or in code part nothing.
fn cells(line: &str) -> Option<Vec<&str>> {
    let inner = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    if inner.ends_with('\\') {
        return None;
    }
    let mut found = Vec::new();
    let (mut start, mut is_escaped, mut in_code) = (0, false, false);
    for (at, byte) in inner.bytes().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'`' => in_code = !in_code,
            b'|' if !in_code => {
                found.push(inner[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(inner[start..].trim());
    Some(found)
}

fn is_rule(cell: &str) -> bool {
    let dashes = cell.strip_prefix(':').unwrap_or(cell);
    let dashes = dashes.strip_suffix(':').unwrap_or(dashes);
    !dashes.is_empty() && dashes.bytes().all(|byte| byte == b'-')
}

fn unpadded(rows: &[(usize, &str)], pad: &str) -> String {
    let mut out = String::new();
    for (index, (_, line)) in rows.iter().enumerate() {
        if index > 0 {
            out.push('\n');
        }
        out.push_str(&line[..line.len() - line.trim_start().len()]);
        out.push('|');
        for cell in cells(line).unwrap_or_default() {
            if index == 1 {
                let left = if cell.starts_with(':') { ":" } else { "" };
                let right = if cell.len() > 1 && cell.ends_with(':') { ":" } else { "" };
                // One dash is a rule to every reader of GitHub's Markdown.
                out.push_str(left);
                out.push('-');
                out.push_str(right);
            } else if cell.is_empty() {
                out.push_str(if pad.is_empty() { " " } else { pad });
            } else {
                out.push_str(pad);
                out.push_str(cell);
                out.push_str(pad);
            }
            out.push('|');
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_the_same_and_padding_goes() {
        let text = "| name   | n   |\n|:-------|----:|\n| a \\| b |   1 |\n| `x|y`  |     |";
        let rows: Vec<(usize, &str)> = lines(text).collect();
        let short = unpadded(&rows, "");
        assert_eq!(short, "|name|n|\n|:-|-:|\n|a \\| b|1|\n|`x|y`| |");
        for ((_, before), after) in rows.iter().zip(short.lines()) {
            let same = |a: &str, b: &str| a == b || (is_rule(a) && is_rule(b));
            assert!(cells(before).unwrap().iter().zip(cells(after).unwrap()).all(|(a, b)| same(a, b)));
        }
    }

    #[test]
    fn bars_alone_are_no_table() {
        assert_eq!(cells("a | b"), None);
        assert!(!is_rule("") && !is_rule(":") && is_rule(":--:"));
    }
}
