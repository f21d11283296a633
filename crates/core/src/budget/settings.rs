//! What budgets are told.

use crate::labels::By;
use crate::usd::Usd;

/// Money that may be spent in a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetSpec {
    /// Its name in errors and reports.
    pub name: String,
    /// Who has each their own.
    pub by: By,
    /// Only calls whose labels have these values; all if empty.
    pub only: Vec<(By, String)>,
    /// In what time.
    pub period: Period,
    /// Never above this: calls that might be are refused.
    pub hard: Option<Usd>,
    /// Above this calls go on; reports show that it is passed.
    pub soft: Option<Usd>,
    /// What a call is taken to cost whose model has no known price; `None` refuses it under a hard budget.
    pub unpriced_as: Option<Usd>,
}

/// The time that a budget is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Period {
    /// A UTC day.
    Day,
    /// A UTC calendar month.
    Month,
    /// The last so many seconds.
    Rolling(u64),
}
