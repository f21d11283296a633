//! The figures for a pull request or a wiki.

use promptopt::labels::readable;
use promptopt::ledger::report::Group;

use super::{Figures, median, month, most, span};
use crate::render::markdown::{escape, row, table};
use crate::render::words::{count, money_column, plural, share, tokens};

/// The figures as GitHub Markdown.
pub(crate) fn markdown(figures: &Figures<'_>) -> String {
    let report = figures.report;
    let total = &report.total;
    let attempts = plural(total.attempts, "attempt", "attempts");
    let mut said: Vec<String> = span(report).into_iter().collect();
    said.push(format!("{} answered, {} failed", count(total.answered), count(total.failed)));
    if total.unpriced > 0 {
        said.push(format!("{} unpriced", count(total.unpriced)));
    }
    if !total.saved_usd.is_zero() {
        said.push(format!("{} saved by the response cache", total.saved_usd));
    }
    let heading = format!(
        "### {} for {attempts}\n\n<sub>{}</sub>\n",
        escape(&total.cost_usd.to_string()),
        escape(&said.join("; "))
    );
    let (month, how) = month(report);
    let month = format!("{} {} <sub>{}</sub>\n", escape(&report.month.month), escape(&month), escape(&how));
    let mut parts = vec![heading, groups(figures), month];
    if !figures.budgets.is_empty() {
        let mut budgets = table(&["Budget", "Of", "Spent", "Limit", ""], "llrrr");
        for spent in figures.budgets {
            let limit = spent.hard.or(spent.soft);
            budgets += &row(&[
                escape(&spent.budget),
                escape(&readable(&spent.subject)),
                spent.settled.to_string(),
                limit.map(|limit| limit.to_string()).unwrap_or_default(),
                limit.map(|limit| share(spent.settled, limit)).unwrap_or_default(),
            ]);
        }
        parts.push(budgets);
    }
    parts.join("\n")
}

fn groups(figures: &Figures<'_>) -> String {
    let report = figures.report;
    let skipped = report.groups.len().saturating_sub(figures.query.top);
    let shown: &[Group] = if figures.query.by.is_of_time() {
        &report.groups[skipped..]
    } else {
        &report.groups[..report.groups.len() - skipped]
    };
    let money = money_column(&shown.iter().map(|group| group.cost_usd).collect::<Vec<_>>());
    let headings = [&report.by, "Answered", "Cached", "Failed", "Input", "Output", "Cost", "", "Median", "95 %"];
    let mut out = table(&headings.map(escape).each_ref().map(String::as_str), "lrrrrrrrrr");
    for group in shown {
        out += &row(&[
            escape(group.name.as_deref().unwrap_or("(none)")),
            count(group.answered),
            count(group.from_cache + group.coalesced),
            count(group.failed),
            tokens(group.input_tokens),
            tokens(group.output_tokens),
            money(group.cost_usd),
            share(group.cost_usd, report.total.cost_usd),
            median(group.latency),
            most(group.latency),
        ]);
    }
    out
}
