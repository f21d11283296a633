//! A table as lines: a head, the columns, a row a line, cells parted by `|`.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::table::Table;
use crate::compress::encoded::{head, parse_head};
use crate::text::json::{Json, push_string};

const HEAD: &str = "columns, then a row a line; a cell is JSON or plain text";

/// The lines; `None` if a column's name would be misread.
pub(super) fn write(table: &Table<'_>) -> Option<String> {
    let mut out = head("table", table.rows.len(), 1, HEAD);
    for (index, (name, fixed)) in table.columns.iter().enumerate() {
        let is_plain = |c: char| !matches!(c, '|' | '=' | '"' | '\\') && !c.is_control();
        if name.is_empty() || name.trim() != name || !name.chars().all(is_plain) {
            return None;
        }
        out.push(if index == 0 { '\n' } else { '|' });
        out.push_str(name);
        if let Some(value) = fixed {
            out.push('=');
            push_cell(&mut out, value);
        }
    }
    for row in &table.rows {
        for (index, cell) in row.iter().enumerate() {
            out.push(if index == 0 { '\n' } else { '|' });
            push_cell(&mut out, cell);
        }
    }
    Some(out)
}

/// Compact JSON.
pub(super) fn read(text: &str) -> Option<String> {
    let mut lines = text.split('\n');
    let (n_lines, _) = parse_head(lines.next()?, "table")?;
    let mut columns = Vec::new();
    let mut rest = lines.next()?;
    loop {
        let end = rest.find(['|', '=']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let (fixed, after) = match after.strip_prefix('=') {
            Some(value) => cell(value).map(|(cell, after)| (Some(Cow::Owned(json_of(cell))), after))?,
            None => (None, after),
        };
        columns.push((name.to_owned(), fixed));
        match after.strip_prefix('|') {
            Some(after) => rest = after,
            None => break,
        }
    }
    let rows: Vec<Vec<Cow<'_, str>>> = lines
        .map(|line| {
            let mut row = Vec::new();
            let mut rest = line;
            loop {
                let (text, after) = cell(rest)?;
                row.push(Cow::Owned(json_of(text)));
                match after.strip_prefix('|') {
                    Some(after) => rest = after,
                    None => break,
                }
            }
            Some(row)
        })
        .collect::<Option<_>>()?;
    if rows.len() + 1 != n_lines {
        return None;
    }
    let mut out = String::new();
    Table { columns, rows }.expand(&mut out)?;
    Some(out)
}

fn push_cell(out: &mut String, json: &str) {
    let inner = json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match inner {
        Some(text) if is_plain(text) => out.push_str(text),
        _ => {
            let _ = write!(out, "{json}");
        }
    }
}

/// A string that stands without quotes: it could be read as nothing else.
fn is_plain(text: &str) -> bool {
    !text.is_empty()
        && text.trim() == text
        && !text.starts_with(['{', '[', '"'])
        && !text.starts_with(crate::compress::MARK)
        && !text.contains(['|', '\\'])
        && Json::parse(text).is_err()
}

/// The first cell of a row and what follows it, from its `|` on.
fn cell(text: &str) -> Option<(&str, &str)> {
    let end = match text.as_bytes().first() {
        Some(b'"' | b'{' | b'[') => crate::text::json::end_of_value(text)?,
        _ => text.find('|').unwrap_or(text.len()),
    };
    Some(text.split_at(end))
}

fn json_of(cell: &str) -> String {
    if Json::parse(cell).is_ok() {
        return cell.to_owned();
    }
    let mut out = String::new();
    push_string(&mut out, cell);
    out
}
