//! A table read from an array of objects, and an array of objects written from a table.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::compact;
use crate::text::json::{Kind, Value, push_string};

/// Columns in the order in which a row's values stand; a column with one value throughout has it here and in no row.
pub(super) struct Table<'a> {
    pub columns: Vec<(String, Option<Cow<'a, str>>)>,
    /// Cells as compact JSON.
    pub rows: Vec<Vec<Cow<'a, str>>>,
}

/// Wider objects are no records.
const MAX_COLUMNS: usize = 256;

/// A table of the array's objects, if they are at least `min_rows` and alike.
pub(super) fn read<'a>(array: Value<'_, 'a>, min_rows: usize) -> Option<Table<'a>> {
    let objects: Vec<Value<'_, 'a>> = array.children().collect();
    if objects.len() < min_rows || objects.iter().any(|value| value.kind() != Kind::Object) {
        return None;
    }
    // Nothing is copied before the keys are known to do: arrays in arrays would be copied once a level.
    let keys = |object: &Value<'_, 'a>| -> Vec<Option<&'a str>> {
        object.children().map(|member| member.raw_key()).take(MAX_COLUMNS + 1).collect()
    };
    let first = keys(&objects[0]);
    let names: BTreeSet<String> =
        objects[0].children().take(MAX_COLUMNS).filter_map(|member| usable(member.key()?)).collect();
    if first.is_empty() || names.len() != first.len() || objects[1..].iter().any(|object| keys(object) != first) {
        return None;
    }
    // Spread over nested columns if all rows agree on those too, else with the inner objects as cells.
    let (names, cells) = rows(&objects, true).or_else(|| rows(&objects, false))?;
    let n_columns = names.len();
    let is_fixed: Vec<bool> =
        (0..n_columns).map(|column| cells.iter().all(|row| row[column] == cells[0][column])).collect();
    // A table needs something that differs, or its rows would be empty.
    if is_fixed.iter().all(|fixed| *fixed) {
        return Some(Table { columns: names.into_iter().map(|name| (name, None)).collect(), rows: cells });
    }
    let first = cells[0].clone();
    let columns = names.into_iter().zip(first).zip(&is_fixed);
    Some(Table {
        columns: columns.map(|((name, value), fixed)| (name, fixed.then_some(value))).collect(),
        rows: cells
            .into_iter()
            .map(|row| row.into_iter().zip(&is_fixed).filter(|(_, fixed)| !**fixed).map(|(cell, _)| cell).collect())
            .collect(),
    })
}

/// A key that can be part of a column's name.
fn usable(key: Cow<'_, str>) -> Option<String> {
    (!key.contains('.')).then(|| key.into_owned())
}

type Cells<'a> = Vec<Vec<Cow<'a, str>>>;

fn rows<'a>(objects: &[Value<'_, 'a>], is_spread: bool) -> Option<(Vec<String>, Cells<'a>)> {
    let mut names = Vec::new();
    let mut cells = Vec::with_capacity(objects.len());
    for (index, object) in objects.iter().enumerate() {
        let mut reader = Row { names: &mut names, cells: Vec::new(), is_first: index == 0, is_spread };
        reader.object(*object, "", 0)?;
        let row = reader.cells;
        if row.len() != names.len() || row.is_empty() {
            return None;
        }
        cells.push(row);
    }
    Some((names, cells))
}

struct Row<'n, 'a> {
    names: &'n mut Vec<String>,
    cells: Vec<Cow<'a, str>>,
    is_first: bool,
    is_spread: bool,
}

/// Columns are spread over this many levels.
const MAX_DEPTH: usize = 4;

impl<'a> Row<'_, 'a> {
    /// `None` if the object has other keys than the first, or keys that could not be told apart.
    fn object(&mut self, object: Value<'_, 'a>, prefix: &str, depth: usize) -> Option<()> {
        for member in object.children() {
            let key = usable(member.key()?)?;
            let name = if prefix.is_empty() { key } else { format!("{prefix}.{key}") };
            let has_members = member.kind() == Kind::Object && member.children().next().is_some();
            if self.is_spread && has_members && depth < MAX_DEPTH {
                self.object(member, &name, depth + 1)?;
                continue;
            }
            let cell = match member.kind() {
                Kind::Array | Kind::Object | Kind::String => Cow::Owned(compact(member.raw())),
                _ => Cow::Borrowed(member.raw()),
            };
            if self.is_first {
                if self.names.contains(&name) || self.names.len() == MAX_COLUMNS {
                    return None;
                }
                self.names.push(name);
            } else if self.names.get(self.cells.len()) != Some(&name) {
                return None;
            }
            self.cells.push(cell);
        }
        Some(())
    }
}

impl Table<'_> {
    /// `{"_columns":[…],"_rows":[…]}`.
    pub(super) fn write(&self, out: &mut String) {
        out.push_str("{\"_columns\":[");
        for (index, (name, fixed)) in self.columns.iter().enumerate() {
            if index > 0 {
                out.push(',');
            }
            match fixed {
                None => push_string(out, name),
                Some(value) => {
                    out.push('{');
                    push_string(out, name);
                    out.push(':');
                    out.push_str(value);
                    out.push('}');
                }
            }
        }
        out.push_str("],\"_rows\":[");
        for (index, row) in self.rows.iter().enumerate() {
            out.push_str(if index > 0 { ",[" } else { "[" });
            for (index, cell) in row.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                out.push_str(cell);
            }
            out.push(']');
        }
        out.push_str("]}");
    }

    /// The array of objects; `None` if a row has not as many cells as there are columns.
    pub(super) fn expand(&self, out: &mut String) -> Option<()> {
        let n_cells = self.columns.iter().filter(|(_, fixed)| fixed.is_none()).count();
        out.push('[');
        for (index, row) in self.rows.iter().enumerate() {
            if row.len() != n_cells {
                return None;
            }
            if index > 0 {
                out.push(',');
            }
            let mut cells = row.iter();
            let mut open: Vec<&str> = Vec::new();
            out.push('{');
            let mut is_first = true;
            for (name, fixed) in &self.columns {
                let mut path: Vec<&str> = name.split('.').collect();
                let key = path.pop()?;
                let shared = open.iter().zip(&path).take_while(|(a, b)| a == b).count();
                for _ in shared..open.len() {
                    out.push('}');
                }
                open.truncate(shared);
                if !is_first {
                    out.push(',');
                }
                for step in &path[shared..] {
                    push_string(out, step);
                    out.push_str(":{");
                    open.push(step);
                }
                push_string(out, key);
                out.push(':');
                let value = match fixed {
                    Some(value) => value,
                    None => cells.next()?,
                };
                out.push_str(value);
                is_first = false;
            }
            for _ in 0..=open.len() {
                out.push('}');
            }
        }
        out.push(']');
        Some(())
    }
}
