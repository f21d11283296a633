//! The ledger, read: what was spent on what, when, how fast, and what the cache saved. One pass over the records of a time.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::tz::TimeZone;
use serde::Serialize;

use super::record::{Outcome, UsageRecord, UsageSource};
use super::{rows, store};
use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::usd::Usd;

/// What records are grouped by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grouping {
    /// Model and host.
    Model,
    /// Provider.
    Provider,
    /// Caller.
    Caller,
    /// Team.
    Team,
    /// Tenant.
    Tenant,
    /// Route.
    Route,
    /// A tag's value.
    Tag(String),
    /// Hour of the UTC day.
    Hour,
    /// UTC day.
    Day,
    /// Template of the prompt, by its digest.
    Template,
}

/// Which records, and how they are grouped.
#[derive(Clone, Debug)]
pub struct Query {
    /// From this instant on.
    pub since: Option<Timestamp>,
    /// Up to this one, exclusive.
    pub until: Option<Timestamp>,
    /// By what.
    pub by: Grouping,
    /// Now, for what a month will come to.
    pub now: Timestamp,
}

/// Sums over records.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Sums {
    /// Attempts at providers, and answers given from the cache.
    pub records: u64,
    /// Answered by a provider.
    pub answered: u64,
    /// Answered from the cache, or by another's call.
    pub from_cache: u64,
    /// Failed, broken off or given up.
    pub failed: u64,
    /// Input tokens.
    pub input_tokens: u64,
    /// Of them, read from the provider's prompt cache.
    pub cache_read_tokens: u64,
    /// Output tokens.
    pub output_tokens: u64,
    /// Spent.
    pub cost_usd: Usd,
    /// Of it, not told by a provider: counted here, or set aside and never told.
    pub unconfirmed_usd: Usd,
    /// Records without a price.
    pub unpriced: u64,
    /// Saved by the response cache and by shared calls.
    pub saved_usd: Usd,
    /// Time of an answer, median and 95th percentile, milliseconds.
    pub p50_ms: Option<u64>,
    /// See `p50_ms`.
    pub p95_ms: Option<u64>,
    /// Time to the first byte, median, milliseconds.
    pub first_byte_p50_ms: Option<u64>,
    /// Time in the queue, 95th percentile, milliseconds.
    pub queued_p95_ms: Option<u64>,
    #[serde(skip)]
    times: Times,
}

#[derive(Clone, Debug, Default, PartialEq)]
struct Times {
    total: Vec<u64>,
    first_byte: Vec<u64>,
    queued: Vec<u64>,
}

/// What the ledger says.
#[derive(Clone, Debug, Serialize)]
pub struct UsageReport {
    /// The first and the last record.
    #[serde(serialize_with = "as_text")]
    pub from: Option<Timestamp>,
    /// See `from`.
    #[serde(serialize_with = "as_text")]
    pub to: Option<Timestamp>,
    /// Over all.
    pub total: Sums,
    /// By name, the dearest first.
    pub groups: Vec<(String, Sums)>,
    /// Attempts by day of the week (Monday first) and hour, UTC.
    pub heat: Vec<Vec<u64>>,
    /// Errors by code, the most frequent first.
    pub errors: Vec<(String, u64)>,
    /// Spent this month so far, and what the month comes to if the rest of it is as the days before.
    pub month_usd: Usd,
    /// See `month_usd`.
    pub projected_month_usd: Usd,
    /// Feedback: how many, and their mean in thousandths.
    pub feedback: Option<(u64, u64)>,
}

fn as_text<S: serde::Serializer>(at: &Option<Timestamp>, to: S) -> std::result::Result<S::Ok, S::Error> {
    at.map(|at| at.to_string()).serialize(to)
}

/// Reads a ledger's records, oldest first.
pub fn each(
    path: &Path,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    mut take: impl FnMut(UsageRecord),
) -> Result<()> {
    let connection = store::connect_to_read(path)?;
    let from = since.map_or(i64::MIN, Timestamp::as_microsecond);
    let to = until.map_or(i64::MAX, Timestamp::as_microsecond);
    let sql = format!("SELECT {} FROM attempt WHERE at >= ?1 AND at < ?2 ORDER BY at, id", rows::COLUMNS);
    let read = || -> rusqlite::Result<()> {
        let mut statement = connection.prepare(&sql)?;
        let mut found = statement.query([from, to])?;
        while let Some(row) = found.next()? {
            take(rows::read(row)?);
        }
        Ok(())
    };
    let mut read = read;
    read().map_err(|cause| store::database(path, cause))
}

/// Sums up a ledger.
pub fn report(path: &Path, query: &Query) -> Result<UsageReport> {
    let mut report = UsageReport {
        from: None,
        to: None,
        total: Sums::default(),
        groups: Vec::new(),
        heat: vec![vec![0; 24]; 7],
        errors: Vec::new(),
        month_usd: Usd::ZERO,
        projected_month_usd: Usd::ZERO,
        feedback: None,
    };
    let mut groups: BTreeMap<String, Sums> = BTreeMap::new();
    let mut errors: BTreeMap<String, u64> = BTreeMap::new();
    let now = query.now.to_zoned(TimeZone::UTC);
    let month = (now.year(), now.month());
    let mut by_month = (Usd::ZERO, None::<Timestamp>);
    each(path, query.since, query.until, |record| {
        let at = record.at.to_zoned(TimeZone::UTC);
        report.from = Some(report.from.map_or(record.at, |from| from.min(record.at)));
        report.to = Some(report.to.map_or(record.at, |to| to.max(record.at)));
        report.heat[usize::from(at.weekday().to_monday_zero_offset().unsigned_abs())]
            [usize::from(at.hour().unsigned_abs())] += 1;
        if let Some(error) = record
            .error
            .clone()
            .or_else(|| record.status.filter(|status| *status >= 400).map(|status| status.to_string().into()))
        {
            *errors.entry(error.to_string()).or_default() += 1;
        }
        if (at.year(), at.month()) == month {
            by_month.0 = by_month.0.saturating_add(record.cost.unwrap_or(Usd::ZERO));
            by_month.1 = Some(by_month.1.map_or(record.at, |first| first.min(record.at)));
        }
        report.total.add(&record);
        groups.entry(name(&query.by, &record)).or_default().add(&record);
    })?;
    report.total.finish();
    report.groups = groups
        .into_iter()
        .map(|(name, mut sums)| {
            sums.finish();
            (name, sums)
        })
        .collect();
    // By time in time order; by anything else the dearest first.
    if !matches!(query.by, Grouping::Hour | Grouping::Day) {
        report.groups.sort_by(|(a_name, a), (b_name, b)| {
            b.cost_usd.cmp(&a.cost_usd).then(b.records.cmp(&a.records)).then(a_name.cmp(b_name))
        });
    }
    report.errors = errors.into_iter().collect();
    report.errors.sort_by(|(a_name, a), (b_name, b)| b.cmp(a).then(a_name.cmp(b_name)));
    report.month_usd = by_month.0;
    report.projected_month_usd = projected(by_month.0, by_month.1, &now);
    report.feedback = feedback(path)?;
    Ok(report)
}

/// The month's spend so far, carried on at the mean rate since its first record: the time before that is not held against it.
fn projected(spent: Usd, first: Option<Timestamp>, now: &jiff::Zoned) -> Usd {
    let Some(first) = first else { return Usd::ZERO };
    let month_begins =
        now.first_of_month().and_then(|zoned| zoned.start_of_day()).map_or(first, |zoned| zoned.timestamp());
    let next = now
        .first_of_month()
        .and_then(|zoned| zoned.start_of_day())
        .ok()
        .and_then(|zoned| zoned.checked_add(jiff::Span::new().months(1)).ok());
    let Some(month_ends) = next.map(|zoned| zoned.timestamp()) else { return spent };
    // At least a day: an hour says little of a month.
    let since = first.max(month_begins);
    let elapsed = i128::from(now.timestamp().as_second() - since.as_second()).max(86_400);
    let left = i128::from(month_ends.as_second() - now.timestamp().as_second()).max(0);
    spent.checked_scale(elapsed + left, elapsed).unwrap_or(spent)
}

fn feedback(path: &Path) -> Result<Option<(u64, u64)>> {
    let connection = store::connect_to_read(path)?;
    let read = connection.query_row("SELECT count(*), coalesce(sum(permille), 0) FROM feedback", [], |row| {
        Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))
    });
    let (n, sum) = read.map_err(|cause| store::database(path, cause))?;
    Ok((n > 0).then(|| (n.unsigned_abs(), sum.unsigned_abs() / n.unsigned_abs())))
}

fn name(by: &Grouping, record: &UsageRecord) -> String {
    let or_none = |name: Option<&str>| name.unwrap_or("(none)").to_owned();
    let at = record.at.to_zoned(TimeZone::UTC);
    match by {
        Grouping::Model => format!("{}/{}", record.host, record.model),
        Grouping::Provider => record.provider.to_string(),
        Grouping::Caller => or_none(record.caller.as_deref()),
        Grouping::Team => or_none(record.team.as_deref()),
        Grouping::Tenant => or_none(Some(&*record.tenant).filter(|tenant| !tenant.is_empty())),
        Grouping::Route => or_none(record.route.as_deref()),
        Grouping::Tag(tag) => or_none(record.tags.get(tag.as_str()).map(|value| &**value)),
        Grouping::Hour => format!("{:02}:00", at.hour()),
        Grouping::Day => at.date().to_string(),
        Grouping::Template => record.template.iter().take(6).map(|byte| format!("{byte:02x}")).collect(),
    }
}

impl Sums {
    fn add(&mut self, record: &UsageRecord) {
        self.records += 1;
        match record.outcome {
            Outcome::Answered => self.answered += 1,
            Outcome::FromCache | Outcome::Coalesced => self.from_cache += 1,
            _ => self.failed += 1,
        }
        self.input_tokens = self.input_tokens.saturating_add(record.usage.input());
        self.cache_read_tokens = self.cache_read_tokens.saturating_add(record.usage.cache_read);
        self.output_tokens = self.output_tokens.saturating_add(record.usage.output());
        match record.cost {
            Some(cost) => {
                self.cost_usd = self.cost_usd.saturating_add(cost);
                if matches!(record.source, UsageSource::Counted | UsageSource::Reserved) {
                    self.unconfirmed_usd = self.unconfirmed_usd.saturating_add(cost);
                }
            }
            None => self.unpriced += 1,
        }
        self.saved_usd = self.saved_usd.saturating_add(record.saved);
        if record.outcome == Outcome::Answered {
            self.times.total.push(record.total_us);
            self.times.first_byte.extend(record.first_byte_us);
            self.times.queued.push(record.queued_us);
        }
    }

    fn finish(&mut self) {
        let Times { total, first_byte, queued } = &mut self.times;
        self.p50_ms = percentile(total, 50);
        self.p95_ms = percentile(total, 95);
        self.first_byte_p50_ms = percentile(first_byte, 50);
        self.queued_p95_ms = percentile(queued, 95);
        self.times = Times::default();
    }
}

/// The nearest rank, in milliseconds.
fn percentile(times_us: &mut [u64], percent: usize) -> Option<u64> {
    if times_us.is_empty() {
        return None;
    }
    let rank = (times_us.len() * percent).div_ceil(100).clamp(1, times_us.len()) - 1;
    let (_, value, _) = times_us.select_nth_unstable(rank);
    Some(*value / 1000)
}

impl Grouping {
    /// From its name: `model`, `provider`, `caller`, `team`, `tenant`, `route`, `tag:NAME`, `hour`, `day`, `template`.
    pub fn from_name(name: &str) -> Result<Grouping> {
        Ok(match name {
            "model" => Grouping::Model,
            "provider" => Grouping::Provider,
            "caller" => Grouping::Caller,
            "team" => Grouping::Team,
            "tenant" => Grouping::Tenant,
            "route" => Grouping::Route,
            "hour" => Grouping::Hour,
            "day" => Grouping::Day,
            "template" => Grouping::Template,
            _ => match name.strip_prefix("tag:").filter(|tag| !tag.is_empty()) {
                Some(tag) => Grouping::Tag(tag.to_owned()),
                None => {
                    return Err(Error::input(format!(
                        "expected model, provider, caller, team, tenant, route, tag:NAME, hour, day or template, found `{name}`"
                    )));
                }
            },
        })
    }
}
