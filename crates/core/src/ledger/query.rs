//! Which rows of the ledger are asked for, and the one pass over them that makes the figures.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use jiff::ToSpan;
use jiff::tz::TimeZone;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use super::report::{Month, SCHEMA, Template, Trouble, UsageReport};
use super::sums::{Seen, Sums};
use crate::clock::Timestamp;
use crate::labels::{By, Tags};
use crate::usd::Usd;

const HOUR_US: i64 = 3_600_000_000;
/// The pace of a month is that of so many days.
const PACE_DAYS: i64 = 7;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// From when on; `None` is from the first record.
    pub since: Option<Timestamp>,
    /// Until when, exclusive; `None` is to the last.
    pub until: Option<Timestamp>,
    /// How calls are told apart.
    pub by: GroupBy,
    /// Only calls whose labels have these values.
    pub only: Vec<(By, String)>,
    /// Templates that are told.
    pub top: usize,
}

/// How calls are told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupBy {
    /// By a label.
    Label(By),
    /// By the hour of the day, UTC.
    Hour,
    /// By the day, UTC.
    Day,
    /// By the prompt's standing part.
    Template,
}

impl Default for Query {
    fn default() -> Self {
        Query { since: None, until: None, by: GroupBy::Label(By::Model), only: Vec::new(), top: 10 }
    }
}

impl GroupBy {
    /// From its name: `hour`, `day`, `template`, or that of a label.
    pub fn from_name(name: &str) -> Option<GroupBy> {
        match name {
            "hour" => Some(GroupBy::Hour),
            "day" => Some(GroupBy::Day),
            "template" => Some(GroupBy::Template),
            label => By::from_name(label).map(GroupBy::Label),
        }
    }

    /// Whether groups are in order of time.
    pub fn is_of_time(&self) -> bool {
        matches!(self, GroupBy::Hour | GroupBy::Day)
    }
}

impl fmt::Display for GroupBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GroupBy::Label(by) => by.fmt(f),
            GroupBy::Hour => f.pad("hour"),
            GroupBy::Day => f.pad("day"),
            GroupBy::Template => f.pad("template"),
        }
    }
}

/// The columns that the pass reads.
const SELECT: &str = "SELECT at,call,template,tenant,caller,team,tags,route,provider,model,
 input_fresh,cache_read,cache_write_short,cache_write_long,output_visible,output_reasoning,
 cost_pico,saved_pico,first_byte_us,total_us,outcome,source,status,error FROM attempt";

/// Makes the figures.
pub(super) fn usage(connection: &Connection, query: &Query, now: Timestamp) -> rusqlite::Result<UsageReport> {
    let month = Calendar::of(now);
    let since = query.since.map_or(i64::MIN, Timestamp::as_microsecond);
    let until = query.until.map_or(i64::MAX, Timestamp::as_microsecond);
    let begins = connection.query_row("SELECT min(at) FROM attempt", [], |row| row.get(0))?;
    let mut tally = Tally { scores: scores(connection)?, begins, ..Tally::default() };
    let from = since.min(month.begins).min(month.paced_from);
    // A whole table is read faster in its own order than through the index of instants.
    let sql =
        if query.since.is_some() { format!("{SELECT} WHERE at >= ?1") } else { format!("{SELECT} WHERE +at >= ?1") };
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query([from])?;
    while let Some(row) = rows.next()? {
        let labels = Labels { row };
        if !query.only.iter().all(|(by, value)| labels.has(by, value)) {
            continue;
        }
        let at: i64 = row.get(0)?;
        let cost: Option<i64> = row.get(16)?;
        month.count(at, cost, &mut tally);
        if at >= since && at < until {
            tally.add(row, at, cost, labels.group(&query.by, at)?)?;
        }
    }
    Ok(tally.finish(query, &month, now))
}

/// Scores of calls: their sum and how many.
fn scores(connection: &Connection) -> rusqlite::Result<HashMap<[u8; 16], (u64, u64)>> {
    let mut scores: HashMap<[u8; 16], (u64, u64)> = HashMap::new();
    let mut statement = connection.prepare("SELECT call, permille FROM feedback")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let score = scores.entry(row.get(0)?).or_default();
        score.0 += u64::from(row.get::<_, u16>(1)?);
        score.1 += 1;
    }
    Ok(scores)
}

/// A row's labels, read when they are asked for.
struct Labels<'r, 's> {
    row: &'r Row<'s>,
}

impl Labels<'_, '_> {
    fn text(&self, column: usize) -> Option<&str> {
        match self.row.get_ref(column) {
            Ok(ValueRef::Text(bytes)) => std::str::from_utf8(bytes).ok(),
            _ => None,
        }
    }

    /// The label as people name it. Who belongs to a tenant is named with it, if tenants have names.
    fn of(&self, by: &By) -> Option<String> {
        let within = |name: Option<&str>| {
            let (tenant, name) = (self.text(3).unwrap_or_default(), name?);
            Some(if tenant.is_empty() { name.to_owned() } else { format!("{tenant}/{name}") })
        };
        match by {
            By::All => Some("all".to_owned()),
            By::Tenant => self.text(3).filter(|tenant| !tenant.is_empty()).map(str::to_owned),
            By::Caller => within(self.text(4)),
            By::Team => within(self.text(5)),
            By::Tag(name) => {
                let tags = self.text(6).filter(|tags| tags.len() > 2)?;
                serde_json::from_str::<Tags>(tags).ok()?.get(name).map(ToString::to_string)
            }
            By::Route => self.text(7).map(str::to_owned),
            By::Provider => self.text(8).map(str::to_owned),
            By::Model => self.text(9).map(str::to_owned),
            By::Target => Some(format!("{}/{}", self.text(8)?, self.text(9)?)),
        }
    }

    /// A caller or team is meant with its tenant or without.
    fn has(&self, by: &By, value: &str) -> bool {
        let bare = match by {
            By::Caller => self.text(4),
            By::Team => self.text(5),
            _ => None,
        };
        bare == Some(value) || self.of(by).as_deref() == Some(value)
    }

    fn group(&self, by: &GroupBy, at: i64) -> rusqlite::Result<Option<String>> {
        let when = |form: &str| {
            let at = Timestamp::from_microsecond(at).unwrap_or(Timestamp::UNIX_EPOCH);
            Some(at.strftime(form).to_string())
        };
        Ok(match by {
            GroupBy::Label(by) => self.of(by),
            GroupBy::Hour => when("%H:00"),
            GroupBy::Day => when("%Y-%m-%d"),
            GroupBy::Template => Some(self.row.get::<_, [u8; 16]>(2)?).filter(|id| *id != [0; 16]).map(hex),
        })
    }
}

/// The current month.
struct Calendar {
    name: String,
    begins: i64,
    ends: i64,
    paced_from: i64,
    now: i64,
}

impl Calendar {
    fn of(now: Timestamp) -> Calendar {
        let today = now.to_zoned(TimeZone::UTC).date();
        let instant = |date: jiff::civil::Date| {
            date.to_zoned(TimeZone::UTC).map_or(i64::MAX, |zoned| zoned.timestamp().as_microsecond())
        };
        let first = today.first_of_month();
        let now = now.as_microsecond();
        Calendar {
            name: first.strftime("%Y-%m").to_string(),
            begins: instant(first),
            ends: first.checked_add(1.month()).map_or(i64::MAX, instant),
            paced_from: now.saturating_sub(PACE_DAYS * 24 * HOUR_US),
            now,
        }
    }

    fn count(&self, at: i64, cost: Option<i64>, tally: &mut Tally) {
        if at >= self.begins && at <= self.now {
            match cost {
                Some(pico) => tally.month_pico += i128::from(pico),
                None => tally.month_unpriced += 1,
            }
        }
        if at >= self.paced_from && at <= self.now {
            tally.paced_pico += i128::from(cost.unwrap_or(0));
        }
    }

    fn finish(&self, tally: &Tally) -> Month {
        let paced_us = tally.begins.map_or(0, |begins| self.now.saturating_sub(begins.max(self.paced_from)));
        let left_us = self.ends.saturating_sub(self.now).max(0);
        let (spent, paced) = (Usd::from_pico(tally.month_pico), Usd::from_pico(tally.paced_pico));
        let rest = (paced_us >= HOUR_US).then(|| paced.checked_scale(left_us.into(), paced_us.into()).ok()).flatten();
        Month {
            month: self.name.clone(),
            spent_usd: spent,
            unpriced: tally.month_unpriced,
            projected_usd: rest.map(|rest| spent.saturating_add(rest)),
            pace_hours: (paced_us / HOUR_US).unsigned_abs(),
            pace_usd: paced,
            hours_left: left_us.unsigned_abs().div_ceil(HOUR_US.unsigned_abs()),
        }
    }
}

/// How a call failed: outcome, status, code.
type ErrorKey = (String, Option<u16>, Option<String>);

#[derive(Default)]
struct Tally {
    scores: HashMap<[u8; 16], (u64, u64)>,
    first: Option<i64>,
    last: Option<i64>,
    total: Sums,
    groups: BTreeMap<Option<String>, Sums>,
    heat: [[u64; 24]; 7],
    errors: BTreeMap<ErrorKey, (u64, i128)>,
    templates: HashMap<[u8; 16], TemplateSums>,
    month_pico: i128,
    month_unpriced: u64,
    paced_pico: i128,
    /// The ledger's first record.
    begins: Option<i64>,
}

#[derive(Default)]
struct TemplateSums {
    attempts: u64,
    input: u64,
    cache_read: u64,
    output: u64,
    pico: i128,
    saved: u64,
}

impl Tally {
    fn add(&mut self, row: &Row<'_>, at: i64, cost: Option<i64>, group: Option<String>) -> rusqlite::Result<()> {
        self.first = Some(self.first.unwrap_or(at).min(at));
        self.last = Some(self.last.unwrap_or(at).max(at));
        let hours = at.div_euclid(HOUR_US);
        // 1 January 1970 was a Thursday.
        let day = (hours.div_euclid(24) + 3).rem_euclid(7) as usize;
        self.heat[day][hours.rem_euclid(24) as usize] += 1;

        let mut seen = Seen::read(row, cost)?;
        if seen.is_answer() && !self.scores.is_empty() {
            seen.scores = self.scores.get(&row.get::<_, [u8; 16]>(1)?).copied();
        }
        self.total.add(&seen);
        match self.groups.get_mut(&group) {
            Some(sums) => sums.add(&seen),
            None => self.groups.entry(group).or_default().add(&seen),
        }
        if !seen.is_answer() {
            let kind = (row.get(20)?, row.get(22)?, row.get(23)?);
            let error = self.errors.entry(kind).or_default();
            error.0 += 1;
            error.1 += i128::from(cost.unwrap_or(0));
        }
        let template: [u8; 16] = row.get(2)?;
        if template != [0; 16] {
            let sums = self.templates.entry(template).or_default();
            sums.attempts += 1;
            sums.input += seen.input();
            sums.cache_read += seen.tokens[1];
            sums.output += seen.output();
            sums.pico += i128::from(cost.unwrap_or(0));
            sums.saved += u64::from(seen.is_saved());
        }
        Ok(())
    }

    fn finish(self, query: &Query, month: &Calendar, now: Timestamp) -> UsageReport {
        let instant = |micros: i64| Timestamp::from_microsecond(micros).map(|at| at.to_string()).unwrap_or_default();
        let month = month.finish(&self);
        let mut groups: Vec<_> = self.groups.into_iter().map(|(name, sums)| sums.group(name)).collect();
        if !query.by.is_of_time() {
            groups.sort_by(|a, b| (b.cost_usd, b.attempts, &a.name).cmp(&(a.cost_usd, a.attempts, &b.name)));
        }
        let mut errors: Vec<Trouble> = self
            .errors
            .into_iter()
            .map(|((outcome, status, error), (attempts, pico))| Trouble {
                outcome,
                status,
                error,
                attempts,
                cost_usd: Usd::from_pico(pico),
            })
            .collect();
        errors.sort_by_key(|error| std::cmp::Reverse(error.attempts));
        let n_templates = self.templates.len() as u64;
        UsageReport {
            schema: SCHEMA,
            now: now.to_string(),
            since: query.since.map(|at| at.to_string()),
            until: query.until.map(|at| at.to_string()),
            first: self.first.map(instant),
            last: self.last.map(instant),
            by: query.by.to_string(),
            total: self.total.group(None),
            groups,
            heat: self.heat,
            errors,
            month,
            templates: dearest(self.templates, query.top),
            n_templates,
        }
    }
}

#[allow(clippy::iter_over_hash_type, reason = "it is sorted by all that it has")]
fn dearest(templates: HashMap<[u8; 16], TemplateSums>, top: usize) -> Vec<Template> {
    let mut rows: Vec<([u8; 16], TemplateSums)> = templates.into_iter().collect();
    rows.sort_by(|(a_id, a), (b_id, b)| (b.pico, b.attempts, a_id).cmp(&(a.pico, a.attempts, b_id)));
    rows.truncate(top);
    let row = |(id, sums): ([u8; 16], TemplateSums)| Template {
        template: hex(id),
        attempts: sums.attempts,
        input_tokens: sums.input,
        cache_read_tokens: sums.cache_read,
        output_tokens: sums.output,
        cost_usd: Usd::from_pico(sums.pico),
        saved: sums.saved,
    };
    rows.into_iter().map(row).collect()
}

/// A template's name: the first half of its digest tells it from all others.
fn hex(id: [u8; 16]) -> String {
    format!("{:016x}", u128::from_be_bytes(id) >> 64)
}
