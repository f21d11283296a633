//! Apache Parquet (cargo feature `parquet`), as data sets are published. A row is read like a line of JSON: nested columns as
//! the format that they look like (LMSYS, WildChat, ShareGPT, exchanges, …), flat columns like a CSV with that header. What
//! the figures include is as that format says. The footer stands at the end, so a file is held in memory while it is read.

use std::io::BufRead;
use std::sync::Arc;

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, List, Row};
use serde_json::{Map, Value};

use crate::error::{Error, Result};
use crate::format::csv::Columns;
use crate::format::{Format, Head, Line, Origin, Reader, Record, Sink, sniff};

pub(super) static FORMAT: Format = Format {
    name: "parquet",
    about: "Apache Parquet: rows like JSON lines or like a CSV",
    sniff: |head| if head.bytes.starts_with(b"PAR1") { 100 } else { 0 },
    reader: Reader::Stream(read),
};

const LONGEST: u64 = 8 << 30;

fn read(reader: &mut dyn BufRead, file: &Arc<str>, sink: &mut Sink<'_>) -> Result<()> {
    let damaged = |error: parquet::errors::ParquetError| Error::input("is no readable Parquet file").because(error);
    let bytes = bytes::Bytes::from(sniff::read_whole(reader, LONGEST)?);
    let rows = SerializedFileReader::new(bytes).map_err(damaged)?;
    let fields = rows.metadata().file_metadata().schema_descr().root_schema().get_fields().to_vec();
    let columns = Columns::find(fields.iter().map(|field| field.name().to_owned()));
    let mut lines = None;
    for (row, number) in rows.get_row_iter(None).map_err(damaged)?.zip(1..) {
        let row = match row {
            Ok(row) => object(row),
            Err(error) => return Err(damaged(error).at_line(number)),
        };
        // The first row tells the format of all.
        let lines = *lines.get_or_insert_with(|| nested_format(&row));
        let mut found = Vec::new();
        let outcome = if let Some(reader) = lines {
            reader(&Line { text: &row.to_string(), file, number, known: None }, &mut found)
        } else {
            let origin = Origin { file: Arc::clone(file), line: number };
            flat_record(&columns, &row, origin).map(|record| found.push(record))
        };
        for record in found.into_iter().map(Ok).chain(outcome.err().map(|error| Err(error.at_line(number)))) {
            if sink(record).is_break() {
                return Ok(());
            }
        }
    }
    Ok(())
}

type LineReader = fn(&Line<'_>, &mut Vec<Record>) -> Result<()>;

/// The line format of rows with nested columns. Flat rows are better read as a table, which knows more columns than
/// the format of bare prompts.
fn nested_format(row: &Value) -> Option<LineReader> {
    let text = row.to_string();
    let head = Head { path: "row.jsonl", bytes: text.as_bytes(), first: Some(row), is_whole: true };
    match sniff::detect_above(&head, 30)?.reader {
        Reader::Lines(reader) => Some(reader),
        Reader::Stream(_) => None,
    }
}

fn flat_record(columns: &Columns, row: &Value, origin: Origin) -> Result<Record> {
    let cells: Vec<Option<String>> = row
        .as_object()
        .into_iter()
        .flat_map(Map::values)
        .map(|value| match value {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        })
        .collect();
    columns.record(origin, |at| cells.get(at)?.as_deref())
}

fn object(row: Row) -> Value {
    Value::Object(row.into_columns().into_iter().map(|(name, field)| (name, json(field))).collect())
}

fn json(field: Field) -> Value {
    match field {
        Field::Null => Value::Null,
        Field::Bool(flag) => Value::from(flag),
        Field::Byte(n) => Value::from(n),
        Field::Short(n) => Value::from(n),
        Field::Int(n) => Value::from(n),
        Field::Long(n) | Field::TimestampMillis(n) | Field::TimestampMicros(n) => Value::from(n),
        Field::UByte(n) => Value::from(n),
        Field::UShort(n) => Value::from(n),
        Field::UInt(n) => Value::from(n),
        Field::ULong(n) => Value::from(n),
        Field::Float(n) => Value::from(n),
        Field::Double(n) => Value::from(n),
        Field::Str(text) => Value::from(text),
        Field::Bytes(bytes) => Value::from(String::from_utf8_lossy(bytes.data()).into_owned()),
        Field::Group(row) => object(row),
        Field::ListInternal(list) => array(&list),
        // Dates, decimals and times of day print as people write them.
        other => Value::from(other.to_string()),
    }
}

fn array(list: &List) -> Value {
    list.elements().iter().cloned().map(json).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::testing::{read as read_all, read_with};
    use crate::format::{ReadOptions, detect};
    use parquet::data_type::{ByteArray, ByteArrayType, Int64Type};
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;

    /// Two rows of prompts with token counts.
    fn sample() -> Vec<u8> {
        let schema = "message row { REQUIRED BYTE_ARRAY prompt (UTF8); REQUIRED INT64 input_tokens; REQUIRED INT64 output_tokens; }";
        let schema = Arc::new(parse_message_type(schema).unwrap());
        let mut writer = SerializedFileWriter::new(Vec::new(), schema, Arc::new(WriterProperties::default())).unwrap();
        let mut group = writer.next_row_group().unwrap();
        let mut column = group.next_column().unwrap().unwrap();
        let texts = [ByteArray::from("A river?"), ByteArray::from("A lake?")];
        column.typed::<ByteArrayType>().write_batch(&texts, None, None).unwrap();
        column.close().unwrap();
        for counts in [[9, 7], [2, 3]] {
            let mut column = group.next_column().unwrap().unwrap();
            column.typed::<Int64Type>().write_batch(&counts, None, None).unwrap();
            column.close().unwrap();
        }
        group.close().unwrap();
        writer.into_inner().unwrap()
    }

    #[test]
    fn flat_rows_are_read_like_a_table() {
        let bytes = sample();
        let head = Head { path: "x", bytes: &bytes, first: None, is_whole: true };
        assert_eq!(detect(&head).map(|format| format.name), Some("parquet"));
        let records: Vec<Record> = read_with(&bytes, &ReadOptions::default()).into_iter().map(Result::unwrap).collect();
        let totals: Vec<u64> =
            records.iter().map(|r| r.usage.as_ref().unwrap().as_ref().unwrap().usage.total()).collect();
        assert_eq!(totals, [11, 10]);
        assert!(records.iter().all(|record| record.request.is_some()));
    }

    #[test]
    fn rows_that_look_like_a_format_are_read_so() {
        let row = serde_json::json!({"conversation_id": "c", "model": "m", "conversation": [{"role": "user", "content": "a"}]});
        assert!(nested_format(&row).is_some());
        assert!(nested_format(&serde_json::json!({"text": "a", "label": "b"})).is_none());
    }

    #[test]
    fn a_cut_off_file_is_an_error() {
        let bytes = sample();
        assert!(read_all(&FORMAT, &bytes[..bytes.len() / 2]).remove(0).is_err());
    }
}
