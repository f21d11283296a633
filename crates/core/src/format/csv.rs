//! CSV and TSV with a header, as spreadsheets, prompt collections, consoles and traces are exported. Columns are found by
//! their names (case, spaces and punctuation do not count): a prompt, or token counts, or both; and model, provider, time,
//! cost and labels where there are such columns.
//!
//! Input includes cache reads, unless a column says that it holds input without them (`input_tokens_no_cache`, `Input (w/o
//! Cache Write)`): then the parts are disjoint.

use std::io::BufRead;
use std::sync::Arc;

use crate::chat::{Answer, Part, Role};
use crate::error::{Error, Result};
use crate::format::counts::{Counts, count_text};
use crate::format::turns::Turns;
use crate::format::{Format, Head, Origin, Reader, Record, Sink, json, when};
use crate::usage::{Flaw, Semantics, ServiceTier};

pub(super) static FORMAT: Format = Format {
    name: "csv",
    about: "CSV or TSV: a prompt column, or token counts (usage exports, traces)",
    sniff,
    reader: Reader::Stream(read),
};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Prompt,
    System,
    Answer,
    Input,
    FreshInput,
    CacheRead,
    CacheWrite,
    CacheWriteLong,
    Output,
    Reasoning,
    Total,
    Cost,
    At,
    Model,
    Provider,
    Tier,
    Status,
    Calls,
    Tag(&'static str),
}

/// Names without case, spaces and punctuation; within a column the best first.
static NAMES: &[(Column, &[&str])] = &[
    (
        Column::Prompt,
        &[
            "prompt",
            "promptmessages",
            "messages",
            "userprompt",
            "usermessage",
            "question",
            "query",
            "instruction",
            "text",
            "content",
            "input",
            "message",
            "request",
        ],
    ),
    (Column::System, &["systemprompt", "system", "systemmessage"]),
    (Column::Answer, &["completion", "response", "answer", "output", "reply", "generation"]),
    (
        Column::Input,
        &[
            "inputtokens",
            "prompttokens",
            "tokensprompt",
            "contexttokens",
            "requesttokens",
            "inputtokencount",
            "prompttokencount",
            "numprefilltokens",
            "inputlength",
            "ninputtokens",
        ],
    ),
    (
        Column::FreshInput,
        &["usageinputtokensnocache", "inputtokensnocache", "uncachedinputtokens", "inputwocachewrite"],
    ),
    (
        Column::CacheRead,
        &[
            "cachereadinputtokens",
            "cachereadtokens",
            "usageinputtokenscacheread",
            "cachedinputtokens",
            "inputcachedtokens",
            "cachedtokens",
            "tokenscached",
            "cacheread",
        ],
    ),
    (
        Column::CacheWrite,
        &[
            "cachecreationinputtokens",
            "cachewritetokens",
            "usageinputtokenscachewrite5m",
            "inputcachewritetokens",
            "cachecreationtokens",
            "inputwcachewrite",
            "cachewrite",
        ],
    ),
    (Column::CacheWriteLong, &["usageinputtokenscachewrite1h", "cachewrite1htokens"]),
    (
        Column::Output,
        &[
            "outputtokens",
            "completiontokens",
            "tokenscompletion",
            "usageoutputtokens",
            "generatedtokens",
            "responsetokens",
            "outputtokencount",
            "completiontokencount",
            "numdecodetokens",
            "outputlength",
            "noutputtokens",
        ],
    ),
    (Column::Reasoning, &["reasoningtokens", "tokensreasoning", "reasoningoutputtokens"]),
    (Column::Total, &["totaltokens", "tokenstotal"]),
    (Column::Cost, &["cost", "costusd", "costtotal", "totalcost", "spend", "amountusd"]),
    (
        Column::At,
        &[
            "timestamp",
            "createdat",
            "created",
            "starttime",
            "requesttime",
            "time",
            "datetime",
            "arrivedat",
            "date",
            "usagedateutc",
        ],
    ),
    (Column::Model, &["model", "modelname", "modelid", "modelversion", "modelpermaslug"]),
    (Column::Provider, &["provider", "providername", "vendor"]),
    (Column::Tier, &["servicetier", "tier", "usagetype"]),
    (Column::Status, &["status", "statuscode", "httpstatus"]),
    (Column::Calls, &["nummodelrequests", "numrequests", "requests", "requestcount"]),
    (Column::Tag("user"), &["user", "userid", "useremail", "username", "contributor"]),
    (Column::Tag("key"), &["apikey", "apikeyname", "apikeyid", "key"]),
    (Column::Tag("team"), &["team", "teamid", "teamname", "workspace", "project", "projectid", "projectname"]),
    (Column::Tag("session"), &["session", "sessionid", "conversationid", "threadid"]),
    (Column::Tag("feature"), &["feature", "app", "appname", "usecase"]),
];

fn sniff(head: &Head<'_>) -> u8 {
    if head.first.is_some() {
        return 0;
    }
    let line = head.bytes.split(|b| *b == b'\n').find(|line| !line.trim_ascii().is_empty()).unwrap_or_default();
    let columns = header(line);
    let name = head.path.to_lowercase();
    let is_called_csv =
        [".csv", ".tsv", ".csv.gz", ".tsv.gz", ".csv.zst", ".tsv.zst"].iter().any(|tail| name.ends_with(tail));
    if columns.is_useful() && (is_called_csv || columns.n_known() >= 2) { 50 } else { 0 }
}

/// Finds the columns in the line of a header.
fn header(line: &[u8]) -> Columns {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).delimiter(delimiter(line)).from_reader(line);
    let mut names = csv::ByteRecord::new();
    if !reader.read_byte_record(&mut names).unwrap_or(false) {
        return Columns::default();
    }
    Columns::find(names.iter().map(String::from_utf8_lossy))
}

/// Of comma, tab and semicolon the one that the header has most of.
fn delimiter(line: &[u8]) -> u8 {
    let count = |delimiter: u8| memchr::memchr_iter(delimiter, line).count();
    [b',', b'\t', b';'].into_iter().rev().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b',')
}

/// Where each kind of column stands.
#[derive(Debug, Default)]
pub(super) struct Columns {
    found: Vec<(Column, usize)>,
}

impl Columns {
    /// Finds known columns among the names.
    pub(super) fn find(names: impl Iterator<Item = impl AsRef<str>>) -> Columns {
        let bare = |name: &str| name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
        let names: Vec<String> = names.map(|name| bare(name.as_ref())).collect();
        let place = |wanted: &[&str]| wanted.iter().find_map(|wanted| names.iter().position(|name| name == wanted));
        Columns { found: NAMES.iter().filter_map(|(column, wanted)| Some((*column, place(wanted)?))).collect() }
    }

    fn place(&self, column: Column) -> Option<usize> {
        self.found.iter().find(|(found, _)| *found == column).map(|(_, place)| *place)
    }

    fn n_known(&self) -> usize {
        self.found.len()
    }

    /// True if rows can be records: there is a prompt, or there are token counts.
    pub(super) fn is_useful(&self) -> bool {
        self.found
            .iter()
            .any(|(column, _)| matches!(column, Column::Prompt | Column::Input | Column::FreshInput | Column::Output))
    }

    /// The record of a row; `cell` gives the text of a column.
    pub(super) fn record<'a>(&self, origin: Origin, cell: impl Fn(usize) -> Option<&'a str>) -> Result<Record> {
        let get = |column: Column| self.place(column).and_then(&cell).map(str::trim).filter(|text| !text.is_empty());
        let mut record = Record { origin, ..Record::default() };
        record.at = get(Column::At).and_then(when::from_text);
        record.model = get(Column::Model).map(Arc::from);
        record.provider = get(Column::Provider).map(json::provider);
        record.billed = get(Column::Cost).and_then(|text| json::money(&text.into()));
        record.tier = get(Column::Tier).and_then(ServiceTier::from_wire).unwrap_or_default();
        record.set_status(get(Column::Status).and_then(|text| json::status(&text.into())));
        record.n_calls = get(Column::Calls).and_then(|text| count_text(text).ok().flatten());
        for (column, _) in &self.found {
            if let (Column::Tag(name), Some(text)) = (column, get(*column)) {
                json::tag(&mut record.tags, name, Some(&text.into()));
            }
        }
        if record.status.is_none_or(|status| status < 400) {
            record.usage = self.usage(get);
        }
        // A prompt keeps its white space: it is sent so.
        let whole = |column: Column| self.place(column).and_then(&cell).filter(|text| !text.trim().is_empty());
        if let Some(prompt) = whole(Column::Prompt) {
            let turns = if let Some(turns) = conversation(prompt) {
                turns
            } else {
                let system = whole(Column::System).map(|text| (Role::System, text));
                Turns::of_texts(system.into_iter().chain([(Role::User, prompt)]), None)
            };
            let (mut request, _) = turns.call(turns.messages().len());
            request.model.clone_from(&record.model);
            record.request = Some(request);
            // A row with tokens or a cost was a call; one without is a prompt of a collection.
            record.is_prompt = record.usage.is_none() && record.billed.is_none();
            record.answer = whole(Column::Answer)
                .map(|text| Answer { parts: vec![Part::text(Arc::from(text))], ..Answer::default() });
        }
        if record.request.is_none() && record.usage.is_none() && record.status.is_none() {
            return Err(Error::input("the row has neither a prompt nor token counts"));
        }
        Ok(record)
    }

    fn usage<'a>(&self, get: impl Fn(Column) -> Option<&'a str>) -> Option<Result<crate::usage::Reading, Flaw>> {
        let mut flaw = None;
        let mut count = |column: Column, field: &str| {
            count_text(get(column)?).unwrap_or_else(|found| {
                flaw.get_or_insert(Flaw::NotACount { field: field.to_owned(), found });
                None
            })
        };
        let fresh = count(Column::FreshInput, "input");
        let input = if fresh.is_some() { fresh } else { count(Column::Input, "input") };
        let counts = Counts {
            semantics: match (fresh, self.place(Column::CacheRead)) {
                (Some(_), _) => Semantics::Exclusive,
                (None, Some(_)) => Semantics::Inclusive,
                (None, None) => Semantics::Unknown,
            },
            input,
            cache_read: count(Column::CacheRead, "cache_read"),
            cache_write_short: count(Column::CacheWrite, "cache_write"),
            cache_write_long: count(Column::CacheWriteLong, "cache_write_1h"),
            output: count(Column::Output, "output"),
            reasoning: count(Column::Reasoning, "reasoning"),
            total: count(Column::Total, "total"),
        };
        match flaw {
            Some(flaw) => Some(Err(flaw)),
            None => counts.reading(),
        }
    }
}

/// A cell that holds messages as JSON, as warehouses export them.
fn conversation(cell: &str) -> Option<Turns> {
    if !cell.trim_start().starts_with("[{") {
        return None;
    }
    Turns::read(&json::parse(cell).ok()?, None, None).ok()
}

fn read(reader: &mut dyn BufRead, file: &Arc<str>, sink: &mut Sink<'_>) -> Result<()> {
    // Blank lines before the header are kept for the count of lines.
    let (mut read, mut from) = (Vec::new(), 0);
    while read[from..].trim_ascii().is_empty() {
        from = read.len();
        let n = reader.read_until(b'\n', &mut read).map_err(|error| Error::input("cannot be read").because(error))?;
        if n == 0 {
            break;
        }
    }
    let first = &read[from..];
    let columns = header(first);
    if !columns.is_useful() {
        return Err(Error::input("no column of the header is a prompt or a token count")
            .at_line(1)
            .help("name a column `prompt`, or columns `input_tokens` and `output_tokens`"));
    }
    let delimiter = delimiter(first);
    let whole = std::io::Read::chain(&read[..], reader);
    let mut rows = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(whole);
    let mut row = csv::ByteRecord::new();
    loop {
        let outcome = match rows.read_byte_record(&mut row) {
            Ok(false) => return Ok(()),
            Ok(true) => {
                let line = row.position().map_or(0, csv::Position::line);
                let origin = Origin { file: Arc::clone(file), line };
                let bad_text = row.iter().position(|cell| std::str::from_utf8(cell).is_err());
                match bad_text {
                    Some(at) => Err(Error::input(format!("the text in column {} is not UTF-8", at + 1))),
                    None => columns.record(origin, |at| row.get(at).and_then(|cell| std::str::from_utf8(cell).ok())),
                }
                .map_err(|error| error.at_line(line))
            }
            Err(error) => {
                let line = error.position().map_or(rows.position().line(), csv::Position::line);
                let is_fatal = error.is_io_error();
                let error = describe(error).at_line(line);
                if is_fatal {
                    return Err(error);
                }
                Err(error)
            }
        };
        if sink(outcome).is_break() {
            return Ok(());
        }
    }
}

fn describe(error: csv::Error) -> Error {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            Error::input(format!("the row has {len} cells, the header {expected_len}"))
                .help("quote cells that hold the separator")
        }
        _ => Error::input("the row cannot be read").because(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::testing::{check_detected, read as read_all, read_one};

    #[test]
    fn prompts_are_found_by_the_header() {
        let sample = "\nact,Prompt,type\nRiver,\"Name a river,\nplease.\",TEXT\nLake,Name a lake.,TEXT\n";
        check_detected(&FORMAT, "prompts.csv", sample);
        let records: Vec<Record> = read_all(&FORMAT, sample).into_iter().map(Result::unwrap).collect();
        assert_eq!(records.iter().map(|record| record.origin.line).collect::<Vec<_>>(), [3, 5]);
        assert!(records.iter().all(|record| record.is_prompt && record.request.is_some()));
    }

    #[test]
    fn traces_of_token_counts_are_usage_only() {
        let sample = "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.9799600,4808,10\n";
        check_detected(&FORMAT, "trace.csv", sample);
        let record = read_one(&FORMAT, sample);
        assert_eq!(record.usage.unwrap().unwrap().usage.total(), 4818);
        assert!(record.request.is_none() && record.at.is_some() && !record.is_prompt);
    }

    #[test]
    fn exports_of_disjoint_parts_are_exclusive() {
        let sample = "Date,Model,Input (w/ Cache Write),Input (w/o Cache Write),Cache Read,Output Tokens,Total Tokens,Cost\n2026-01-01,claude-haiku-5-5,50,7,100,3,160,$0.01\n";
        check_detected(&FORMAT, "usage.csv", sample);
        let record = read_one(&FORMAT, sample);
        let reading = record.usage.unwrap().unwrap();
        let usage = reading.usage;
        assert_eq!((usage.input_fresh, usage.cache_write_short, usage.cache_read, usage.output()), (7, 50, 100, 3));
        assert!(reading.flaws.is_empty());
        assert_eq!(record.billed.map(crate::usd::Usd::to_decimal).as_deref(), Some("0.01"));
    }

    #[test]
    fn other_separators_and_bad_rows() {
        let sample = "model\tinput_tokens\toutput_tokens\ngpt\t10\t2\ngpt\t10\ngpt\tmany\t2\ngpt\t\t\n";
        check_detected(&FORMAT, "usage.tsv", sample);
        let records = read_all(&FORMAT, sample);
        assert_eq!(records.len(), 4);
        assert!(records[0].is_ok());
        assert!(records[1].as_ref().unwrap_err().to_string().contains("2 cells"));
        assert!(matches!(records[2].as_ref().unwrap().usage, Some(Err(Flaw::NotACount { .. }))));
        assert!(records[3].as_ref().unwrap_err().to_string().contains("neither"));
    }

    #[test]
    fn a_table_of_something_else_is_refused() {
        assert!(read_all(&FORMAT, "name,age\nann,7\n").remove(0).unwrap_err().to_string().contains("header"));
    }
}
