//! `promptopt usage export`: the records themselves.

use promptopt::clock::{Clock, SystemClock};
use promptopt::error::Result;
#[cfg(not(feature = "parquet"))]
use promptopt::error::{Error, Kind};
use promptopt::ledger::Books;

use super::{Outcome, Place, range};
use crate::args::{ExportArgs, ExportForm};
use crate::output;
use crate::render::usage::records;
use crate::settings::Settings;

/// Runs the command.
pub(super) fn run(args: &ExportArgs, settings: &Settings) -> Result<Outcome> {
    let place = Place::of(args.which.ledger.as_deref(), args.which.config.as_deref(), settings)?;
    let (since, until) = range(&args.which, SystemClock.now())?;
    let books = Books::open(&place.ledger)?;
    let mut text = String::new();
    match args.output {
        ExportForm::Csv => {
            text.push_str(records::CSV_HEADER);
            books.each(since, until, |record| {
                text.push_str(&records::csv_row(&record));
                Ok(())
            })?;
        }
        ExportForm::Json => books.each(since, until, |record| {
            text.push_str(&records::json_line(&record));
            Ok(())
        })?,
        ExportForm::Focus => {
            let mut table = crate::render::usage::focus::Table::default();
            books.each(since, until, |record| {
                table.add(&record);
                Ok(())
            })?;
            text = table.finish();
        }
        ExportForm::Parquet => return parquet(args, &books, since, until),
    }
    output::write(&text, args.out.as_deref())?;
    Ok(Outcome::default())
}

#[cfg(feature = "parquet")]
fn parquet(
    args: &ExportArgs,
    books: &Books,
    since: Option<jiff::Timestamp>,
    until: Option<jiff::Timestamp>,
) -> Result<Outcome> {
    let bytes = promptopt::ledger::parquet::export(books, since, until)?;
    output::write_bytes(&bytes, args.out.as_deref())?;
    Ok(Outcome::default())
}

#[cfg(not(feature = "parquet"))]
fn parquet(
    _args: &ExportArgs,
    _books: &Books,
    _since: Option<jiff::Timestamp>,
    _until: Option<jiff::Timestamp>,
) -> Result<Outcome> {
    Err(Error::new(Kind::Config, "this program was built without Parquet")
        .help("build it with `--features parquet`, or export as csv or json"))
}
