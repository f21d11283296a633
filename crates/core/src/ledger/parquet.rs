//! Records as Apache Parquet, for data frames: a row a record, money in pico-dollars (exact) and dollars (float, for plotting).

use std::sync::Arc;

use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, DoubleType, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::parser::parse_message_type;

use super::books::Books;
use super::record::UsageRecord;
use super::rows;
use crate::clock::Timestamp;
use crate::error::{Error, Kind, Result};
use crate::usd::Usd;

/// Records of a row group.
const GROUP: usize = 65_536;

const SCHEMA: &str = "message record {
 required binary id (UTF8); required binary call (UTF8); required int64 timestamp (TIMESTAMP(MICROS,true));
 required binary tenant (UTF8); optional binary caller (UTF8); optional binary team (UTF8); required binary tags (UTF8);
 optional binary route (UTF8); optional binary asked (UTF8); required binary provider (UTF8); required binary host (UTF8);
 required binary model (UTF8); required binary service_tier (UTF8);
 required int64 input_tokens; required int64 cache_read_tokens; required int64 cache_write_tokens; required int64 cache_write_1h_tokens;
 required int64 output_tokens; required int64 reasoning_tokens; required binary usage_from (UTF8);
 optional int64 cost_pico_usd; optional double cost_usd; required int64 saved_pico_usd; optional binary saved_by (UTF8);
 required int64 queued_us; optional int64 first_byte_us; required int64 total_us;
 required binary outcome (UTF8); optional int64 status; optional binary error (UTF8);
 required binary request (UTF8); required binary template (UTF8);
}";

/// The records between two instants as a file's bytes.
pub fn export(books: &Books, since: Option<Timestamp>, until: Option<Timestamp>) -> Result<Vec<u8>> {
    let failed = |cause: ParquetError| Error::new(Kind::Io, "the records cannot be written as Parquet").because(cause);
    let schema = Arc::new(parse_message_type(SCHEMA).map_err(failed)?);
    let properties = Arc::new(WriterProperties::builder().set_compression(Compression::SNAPPY).build());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, properties).map_err(failed)?;
    let mut group = Vec::new();
    books.each(since, until, |record| {
        group.push(record);
        if group.len() == GROUP {
            write(&mut writer, &std::mem::take(&mut group)).map_err(failed)?;
        }
        Ok(())
    })?;
    write(&mut writer, &group).map_err(failed)?;
    writer.into_inner().map_err(failed)
}

type Columns<'a> = SerializedRowGroupWriter<'a, Vec<u8>>;

/// Columns in the order of the schema.
fn write(writer: &mut SerializedFileWriter<Vec<u8>>, records: &[UsageRecord]) -> Result<(), ParquetError> {
    if records.is_empty() {
        return Ok(());
    }
    let mut to = writer.next_row_group()?;
    let whole = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let pico = |usd: Usd| i64::try_from(usd.pico()).unwrap_or(i64::MAX);
    let hex = |digest: [u8; 16]| format!("{:032x}", u128::from_be_bytes(digest));
    text(&mut to, records, |record| record.id.to_string())?;
    text(&mut to, records, |record| record.call.to_string())?;
    number(&mut to, records, |record| record.at.as_microsecond())?;
    text(&mut to, records, |record| record.tenant.to_string())?;
    maybe_text(&mut to, records, |record| record.caller.as_deref().map(str::to_owned))?;
    maybe_text(&mut to, records, |record| record.team.as_deref().map(str::to_owned))?;
    text(&mut to, records, |record| serde_json::to_string(&record.tags).unwrap_or_default())?;
    maybe_text(&mut to, records, |record| record.route.as_deref().map(str::to_owned))?;
    maybe_text(&mut to, records, |record| record.asked.as_deref().map(str::to_owned))?;
    text(&mut to, records, |record| record.provider.to_string())?;
    text(&mut to, records, |record| record.host.to_string())?;
    text(&mut to, records, |record| record.model.to_string())?;
    text(&mut to, records, |record| record.tier.name().to_owned())?;
    number(&mut to, records, |record| whole(record.usage.input()))?;
    number(&mut to, records, |record| whole(record.usage.cache_read))?;
    number(&mut to, records, |record| whole(record.usage.cache_write_short))?;
    number(&mut to, records, |record| whole(record.usage.cache_write_long))?;
    number(&mut to, records, |record| whole(record.usage.output()))?;
    number(&mut to, records, |record| whole(record.usage.output_reasoning))?;
    text(&mut to, records, |record| rows::name(record.source))?;
    maybe_number(&mut to, records, |record| record.cost.map(pico))?;
    dollars(&mut to, records)?;
    number(&mut to, records, |record| pico(record.saved))?;
    maybe_text(&mut to, records, |record| record.saved_by.map(rows::name))?;
    number(&mut to, records, |record| whole(record.queued_us))?;
    maybe_number(&mut to, records, |record| record.first_byte_us.map(whole))?;
    number(&mut to, records, |record| whole(record.total_us))?;
    text(&mut to, records, |record| rows::name(record.outcome))?;
    maybe_number(&mut to, records, |record| record.status.map(i64::from))?;
    maybe_text(&mut to, records, |record| record.error.as_deref().map(str::to_owned))?;
    text(&mut to, records, |record| hex(record.request))?;
    text(&mut to, records, |record| hex(record.template))?;
    to.close()?;
    Ok(())
}

/// The next column of `T`; levels say which rows have a value, where a row need not.
fn column<T: parquet::data_type::DataType>(
    to: &mut Columns<'_>,
    values: &[T::T],
    levels: Option<&[i16]>,
) -> Result<(), ParquetError> {
    let Some(mut column) = to.next_column()? else {
        return Err(ParquetError::General("more columns than the schema has".to_owned()));
    };
    column.typed::<T>().write_batch(values, levels, None)?;
    column.close()
}

fn levels<T>(values: &[Option<T>]) -> Vec<i16> {
    values.iter().map(|value| i16::from(value.is_some())).collect()
}

fn text(
    to: &mut Columns<'_>,
    records: &[UsageRecord],
    of: impl Fn(&UsageRecord) -> String,
) -> Result<(), ParquetError> {
    let values: Vec<ByteArray> = records.iter().map(|record| ByteArray::from(of(record).into_bytes())).collect();
    column::<ByteArrayType>(to, &values, None)
}

fn maybe_text(
    to: &mut Columns<'_>,
    records: &[UsageRecord],
    of: impl Fn(&UsageRecord) -> Option<String>,
) -> Result<(), ParquetError> {
    let values: Vec<Option<ByteArray>> =
        records.iter().map(|record| of(record).map(|text| ByteArray::from(text.into_bytes()))).collect();
    let levels = levels(&values);
    column::<ByteArrayType>(to, &values.into_iter().flatten().collect::<Vec<_>>(), Some(&levels))
}

fn number(to: &mut Columns<'_>, records: &[UsageRecord], of: impl Fn(&UsageRecord) -> i64) -> Result<(), ParquetError> {
    column::<Int64Type>(to, &records.iter().map(of).collect::<Vec<_>>(), None)
}

fn maybe_number(
    to: &mut Columns<'_>,
    records: &[UsageRecord],
    of: impl Fn(&UsageRecord) -> Option<i64>,
) -> Result<(), ParquetError> {
    let values: Vec<Option<i64>> = records.iter().map(of).collect();
    let levels = levels(&values);
    column::<Int64Type>(to, &values.into_iter().flatten().collect::<Vec<_>>(), Some(&levels))
}

fn dollars(to: &mut Columns<'_>, records: &[UsageRecord]) -> Result<(), ParquetError> {
    let values: Vec<Option<f64>> = records.iter().map(|record| record.cost.map(Usd::as_f64)).collect();
    let levels = levels(&values);
    column::<DoubleType>(to, &values.into_iter().flatten().collect::<Vec<_>>(), Some(&levels))
}
