//! Budgets: what share is spent, and whether the pace of the last hour lasts to the end of the period.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::standing::{Level, Reading};
use super::{Figure, Figures, count, percent, shown, times};
use crate::budget::Spent;
use crate::budget::settings::{BudgetSpec, Period};
use crate::clock::Timestamp;
use crate::labels::Labels;
use crate::usd::Usd;

/// Minutes of the pace.
const PACE_MINUTES: i64 = 60;
/// Accounts beyond this are swept of those that were quiet for an hour.
const SWEEP_AT: usize = 4096;

/// Money by budget and subject over the last hour.
#[derive(Debug, Default)]
pub(super) struct Pace {
    accounts: BTreeMap<(Arc<str>, Arc<str>), Minutes>,
    sweep_at: usize,
}

/// Money by minute since the epoch.
type Minutes = BTreeMap<i64, Usd>;

impl Pace {
    /// Counts money in each of these budgets that a call counts to.
    pub(super) fn add(&mut self, budgets: &[BudgetSpec], labels: &Labels, at: Timestamp, cost: Usd) {
        let minute = minute(at);
        for spec in budgets {
            let is_meant = spec.only.iter().all(|(by, value)| by.name_of(labels).as_deref() == Some(value.as_str()));
            let Some(subject) = spec.by.of(labels).filter(|_| is_meant) else { continue };
            let minutes = self.accounts.entry((spec.name.as_str().into(), subject)).or_default();
            let sum = minutes.entry(minute).or_default();
            *sum = sum.saturating_add(cost);
        }
        if self.accounts.len() > self.sweep_at.max(SWEEP_AT) {
            self.sweep(at);
            self.sweep_at = self.accounts.len() * 2;
        }
    }

    /// Money of the last hour.
    pub(super) fn last_hour(&self, spent: &Spent, now: Timestamp) -> Usd {
        let key = (Arc::clone(&spent.budget), Arc::clone(&spent.subject));
        let minutes = self.accounts.get(&key).into_iter().flat_map(|minutes| minutes.range(counted(now)));
        minutes.map(|(_, cost)| *cost).sum()
    }

    /// Drops what is not of the last hour, whatever the clock did.
    pub(super) fn sweep(&mut self, now: Timestamp) {
        let counted = counted(now);
        self.accounts.retain(|_, minutes| {
            minutes.retain(|minute, _| counted.contains(minute));
            !minutes.is_empty()
        });
    }
}

fn minute(at: Timestamp) -> i64 {
    at.as_second().div_euclid(60)
}

fn counted(now: Timestamp) -> std::ops::RangeInclusive<i64> {
    minute(now) - (PACE_MINUTES - 1)..=minute(now)
}

/// What share of a budget is spent.
pub(super) fn share(spent: &Spent, permille: u32) -> Option<Reading> {
    let limit = spent.hard.or(spent.soft)?;
    let which = if spent.hard.is_some() { "" } else { "soft limit of " };
    Some(of_limit(spent, limit, i128::from(permille), "", which))
}

/// Whether a budget's soft limit is spent.
pub(super) fn soft(spent: &Spent) -> Option<Reading> {
    Some(of_limit(spent, spent.soft?, 1000, " (soft limit)", "soft limit of "))
}

fn of_limit(spent: &Spent, limit: Usd, permille: i128, mark: &str, which: &str) -> Reading {
    let share = ratio(spent.settled.pico(), 1000, limit.pico());
    let text = format!(
        "{}: {} of the {which}{limit} is spent ({} %), {} more is set aside for calls under way",
        named(spent),
        spent.settled,
        percent(share),
        spent.reserved,
    );
    Reading {
        key: format!("{}\u{1f}{}{mark}", spent.budget, spent.subject).into(),
        subject: format!("{}{mark}", subject(spent)).into(),
        level: Level::of(share, permille),
        text,
        figures: Figures::from([
            ("settled", Figure::Usd(spent.settled)),
            ("reserved", Figure::Usd(spent.reserved)),
            ("limit", Figure::Usd(limit)),
            ("permille", count(share)),
        ]),
    }
}

/// Whether the pace of the last hour is too fast: what is left must last for the rest of the period; of a rolling budget, which money
/// leaves as it comes, the whole must last for the whole time.
pub(super) fn pace(spent: &Spent, period: Period, last_hour: Usd, permille: u32, now: Timestamp) -> Option<Reading> {
    let limit = spent.hard.or(spent.soft)?;
    let (money, seconds) = match period {
        Period::Rolling(seconds) => (limit, i128::from(seconds)),
        Period::Day | Period::Month => {
            let left = limit.saturating_sub(spent.settled).max(Usd::ZERO);
            (left, i128::from(spent.to.as_second().saturating_sub(now.as_second()).max(0)))
        }
    };
    // (last hour / hour) / (money / seconds), in thousandths.
    let too_fast = ratio(last_hour.pico(), seconds.saturating_mul(1000), money.pico().saturating_mul(3600));
    let lasts = ratio(money.pico(), 3600, last_hour.pico());
    let text = format!(
        "{}: {last_hour} was spent in the last hour; at that pace {money} lasts for {}, and it should for {} ({} times too fast)",
        named(spent),
        span(lasts),
        span(seconds),
        times(too_fast),
    );
    Some(Reading {
        key: format!("{}\u{1f}{}", spent.budget, spent.subject).into(),
        subject: subject(spent),
        level: Level::of(too_fast, i128::from(permille)),
        text,
        figures: Figures::from([
            ("last_hour", Figure::Usd(last_hour)),
            ("left", Figure::Usd(money)),
            ("limit", Figure::Usd(limit)),
            ("lasts_s", count(lasts)),
            ("should_last_s", count(seconds)),
            ("permille", count(too_fast)),
        ]),
    })
}

/// `value × by / of`, the end of the range where nothing is left to divide by. Nothing of nothing is nothing.
fn ratio(value: i128, by: i128, of: i128) -> i128 {
    match (value, of) {
        (0, _) => 0,
        (_, ..=0) => i128::from(i64::MAX),
        _ => value.saturating_mul(by) / of,
    }
}

fn subject(spent: &Spent) -> Arc<str> {
    if spent.subject.is_empty() {
        return shown(&spent.budget).into();
    }
    format!("{} of {}", shown(&spent.budget), shown(&spent.subject)).into()
}

fn named(spent: &Spent) -> String {
    let whose = if spent.subject.is_empty() { String::new() } else { format!(" of `{}`", shown(&spent.subject)) };
    format!("budget `{}`{whose}", shown(&spent.budget))
}

/// `3 d 4 h`, `4 h 42 min`, `12 min`.
fn span(seconds: i128) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3600 % 24, seconds / 60 % 60);
    match (days, hours) {
        (10_000.., _) => "many years".to_owned(),
        (1.., _) => format!("{days} d {hours} h"),
        (_, 1..) => format!("{hours} h {minutes} min"),
        _ => format!("{minutes} min"),
    }
}
