//! Prompts in the cells of a CSV file: a record whose prompt changes is written anew, every other byte stays.

use std::ops::Range;

use crate::error::{Error, Result};

/// Columns that hold prompts, by their headings in lower case.
const COLUMNS: [&str; 9] =
    ["prompt", "text", "input", "content", "instruction", "question", "query", "system_prompt", "user_prompt"];

/// One prompt of a table.
pub(super) struct Cell {
    /// Line on which its record begins, from 1.
    pub line: u64,
    /// What stands in it.
    pub text: String,
    record: usize,
    column: usize,
}

/// A CSV file cut into records.
pub(super) struct Table {
    /// The prompts, in their order.
    pub cells: Vec<Cell>,
    records: Vec<(Range<usize>, csv::StringRecord)>,
}

/// Reads a table; errors name the line, and say so where no column holds prompts.
pub(super) fn read(text: &str) -> Result<Table> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let headings = reader.headers().map_err(|cause| Error::input("no CSV").at_line(1).because(cause))?.clone();
    let is_prompt = |heading: &str| COLUMNS.contains(&heading.trim().to_lowercase().as_str());
    let columns: Vec<usize> =
        headings.iter().enumerate().filter(|(_, heading)| is_prompt(heading)).map(|(index, _)| index).collect();
    if columns.is_empty() {
        let known = COLUMNS.join(", ");
        return Err(Error::input("no column of the CSV file holds prompts").at_line(1).help(format!(
            "expected a heading among {known}; found {}",
            headings.iter().map(|heading| format!("`{heading}`")).collect::<Vec<_>>().join(", ")
        )));
    }
    let mut table = Table { cells: Vec::new(), records: Vec::new() };
    let mut record = csv::StringRecord::new();
    loop {
        let line = reader.position().line();
        let is_there =
            reader.read_record(&mut record).map_err(|cause| Error::input("no CSV").at_line(line).because(cause))?;
        if !is_there {
            return Ok(table);
        }
        let (line, start) = record.position().map_or((line, 0), |at| (at.line(), at.byte() as usize));
        let end = reader.position().byte() as usize;
        // The reader leaves the second half of `\r\n`, and blank lines, to the record behind them.
        let blank = text[start..end].bytes().take_while(|byte| matches!(byte, b'\n' | b'\r'));
        let (n_blank, n_lines) =
            blank.fold((0, 0), |(bytes, lines), byte| (bytes + 1, lines + u64::from(byte == b'\n')));
        let (start, line) = (start + n_blank, line + n_lines);
        for column in &columns {
            if let Some(text) = record.get(*column).filter(|text| !text.is_empty()) {
                let (record, column) = (table.records.len(), *column);
                table.cells.push(Cell { line, text: text.to_owned(), record, column });
            }
        }
        table.records.push((start..end, record.clone()));
    }
}

impl Table {
    /// The file with the cells of these indices changed.
    pub(super) fn written(&self, text: &str, changes: &[(usize, String)]) -> Result<String> {
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        let by_record = |change: &(usize, String)| self.cells[change.0].record;
        for group in changes.chunk_by(|a, b| by_record(a) == by_record(b)) {
            let (span, record) = &self.records[by_record(&group[0])];
            let fields = record.iter().enumerate().map(|(column, field)| {
                let new = group.iter().find(|(cell, _)| self.cells[*cell].column == column);
                new.map_or(field, |(_, text)| text.as_str())
            });
            let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
            let failed = |cause: csv::Error| Error::input("a record cannot be written as CSV").because(cause);
            writer.write_record(fields).map_err(failed)?;
            let bytes = writer.into_inner().map_err(|cause| Error::input("no CSV").because(cause.to_string()))?;
            let line = String::from_utf8(bytes).map_err(|cause| Error::input("no CSV").because(cause))?;
            // Its own line end stays as it was.
            let old = &text[span.clone()];
            let end = old.trim_end_matches(['\n', '\r']).len();
            out.push_str(&text[at..span.start]);
            out.push_str(line.trim_end_matches(['\n', '\r']));
            out.push_str(&old[end..]);
            at = span.end;
        }
        out.push_str(&text[at..]);
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_records_that_change_are_written_anew() {
        let text = "id,Prompt\r\n1 ,\"a \"\"b\"\"\"\r\n2,\"c\nd\"\r\n3,\n";
        let table = read(text).unwrap();
        let found: Vec<(u64, &str)> = table.cells.iter().map(|cell| (cell.line, cell.text.as_str())).collect();
        assert_eq!(found, [(2, "a \"b\""), (3, "c\nd")]);
        assert_eq!(table.written(text, &[]).unwrap(), text);
        let changed = table.written(text, &[(1, "c, d".to_owned())]).unwrap();
        assert_eq!(changed, "id,Prompt\r\n1 ,\"a \"\"b\"\"\"\r\n2,\"c, d\"\r\n3,\n");
    }

    #[test]
    fn a_table_without_prompts_says_what_it_has() {
        let error = read("a,b\n1,2\n").err().unwrap();
        assert!(error.advice().unwrap().contains("found `a`, `b`"));
    }
}
