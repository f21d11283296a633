//! The ledger's sums: for a terminal, for a spreadsheet.

use promptopt::ledger::UsageRecord;
use promptopt::ledger::query::{Sums, UsageReport};
use promptopt::usd::Usd;

use super::bars::heat;
use super::clean::clean;
use super::page::{Page, Style};
use super::table::{Cell, Column, Table};
use super::words;
use crate::settings::Settings;

/// For a terminal.
pub(crate) fn text(report: &UsageReport, by: &str, settings: &Settings) -> String {
    let mut page = Page::new(settings.width, settings.color_on_stdout);
    let total = &report.total;
    let day = |at: Option<promptopt::clock::Timestamp>| {
        at.map_or_else(|| "-".to_owned(), |at| at.to_string().chars().take(10).collect())
    };
    page.heading(
        &format!("Spent {}", total.cost_usd),
        &format!("{} to {}, {}", day(report.from), day(report.to), words::plural(total.records, "record", "records")),
    );
    let columns = vec![
        Column::name(),
        Column::figure("calls", 0),
        Column::figure("cached", 2),
        Column::figure("failed", 1),
        Column::figure("input", 4),
        Column::figure("output", 4),
        Column::figure("spent", 0),
        Column::figure("saved", 1),
        Column::figure("p50", 3),
        Column::figure("p95", 3),
    ];
    let mut table = Table::new(by.to_owned(), columns);
    for (name, sums) in &report.groups {
        table.row(cells(&clean(name), sums, Style::Plain));
    }
    if report.groups.len() > 1 {
        table.row(cells("all", total, Style::Bold));
    }
    table.draw(&mut page);
    page.blank();
    let month =
        format!("This month so far {}, at this rate {} by its end.", report.month_usd, report.projected_month_usd);
    page.paragraph(&month, 0, Style::Plain);
    if total.unpriced > 0 {
        page.paragraph(
            &format!(
                "{} without a known price are not in these sums.",
                words::plural(total.unpriced, "record", "records")
            ),
            0,
            Style::Bad,
        );
    }
    if total.unconfirmed_usd > Usd::ZERO {
        let told = format!(
            "{} of it no provider has told: counted here, or set aside for calls that broke off.",
            total.unconfirmed_usd
        );
        page.paragraph(&told, 0, Style::Dim);
    }
    if let Some((n, mean)) = report.feedback {
        page.paragraph(
            &format!("{} of feedback, {mean} of 1000 on average.", words::plural(n, "piece", "pieces")),
            0,
            Style::Plain,
        );
    }
    hours(report, &mut page);
    if !report.errors.is_empty() {
        page.blank();
        page.heading("Errors", "");
        for (name, n) in report.errors.iter().take(8) {
            page.paragraph(&format!("{n:>6}  {}", clean(name)), 2, Style::Plain);
        }
    }
    page.finish()
}

fn cells(name: &str, sums: &Sums, style: Style) -> Vec<Cell> {
    let ms = |time: Option<u64>| {
        time.map_or_else(
            || "-".to_owned(),
            |ms| if ms < 10_000 { format!("{ms} ms") } else { format!("{} s", ms / 1000) },
        )
    };
    vec![
        Cell::new(name, style),
        words::count(sums.answered).into(),
        words::count(sums.from_cache).into(),
        words::count(sums.failed).into(),
        words::tokens(sums.input_tokens).into(),
        words::tokens(sums.output_tokens).into(),
        Cell::new(sums.cost_usd.to_string(), style),
        sums.saved_usd.to_string().into(),
        ms(sums.p50_ms).into(),
        ms(sums.p95_ms).into(),
    ]
}

fn hours(report: &UsageReport, page: &mut Page) {
    let largest = report.heat.iter().flatten().copied().max().unwrap_or(0);
    if largest == 0 {
        return;
    }
    page.blank();
    page.heading("When", "UTC, 0 to 23 o'clock");
    for (day, hours) in report.heat.iter().enumerate() {
        let strip: String = hours.iter().map(|n| heat(*n, largest)).collect();
        page.paragraph(&format!("{} {strip}", words::weekday(day)), 2, Style::Plain);
    }
}

/// Sums for a spreadsheet.
pub(crate) fn csv(report: &UsageReport, by: &str) -> String {
    let mut out = format!(
        "{},records,answered,from_cache,failed,input_tokens,cache_read_tokens,output_tokens,cost_usd,unpriced,saved_usd,p50_ms,p95_ms\n",
        field(by)
    );
    for (name, sums) in &report.groups {
        let time = |time: Option<u64>| time.map(|ms| ms.to_string()).unwrap_or_default();
        let cells = [
            field(name),
            sums.records.to_string(),
            sums.answered.to_string(),
            sums.from_cache.to_string(),
            sums.failed.to_string(),
            sums.input_tokens.to_string(),
            sums.cache_read_tokens.to_string(),
            sums.output_tokens.to_string(),
            sums.cost_usd.to_decimal(),
            sums.unpriced.to_string(),
            sums.saved_usd.to_decimal(),
            time(sums.p50_ms),
            time(sums.p95_ms),
        ];
        out.push_str(&cells.join(","));
        out.push('\n');
    }
    out
}

/// The names of a record's columns.
pub(crate) fn csv_head() -> String {
    "id,call,at,tenant,caller,team,tags,route,asked,provider,host,model,tier,input_fresh,cache_read,cache_write,output_visible,output_reasoning,usage_source,cost_usd,saved_usd,queued_us,first_byte_us,total_us,outcome,status,error\n".to_owned()
}

/// A record.
pub(crate) fn csv_row(record: &UsageRecord) -> String {
    let text = |text: Option<&str>| field(text.unwrap_or_default());
    let name = |value: serde_json::Result<serde_json::Value>| {
        value.ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
    };
    let tags: Vec<String> = record.tags.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let usage = &record.usage;
    let cells = [
        record.id.to_string(),
        record.call.to_string(),
        record.at.to_string(),
        field(&record.tenant),
        text(record.caller.as_deref()),
        text(record.team.as_deref()),
        field(&tags.join(";")),
        text(record.route.as_deref()),
        text(record.asked.as_deref()),
        field(&record.provider),
        field(&record.host),
        field(&record.model),
        record.tier.name().to_owned(),
        usage.input_fresh.to_string(),
        usage.cache_read.to_string(),
        usage.cache_write_short.saturating_add(usage.cache_write_long).to_string(),
        usage.output_visible.to_string(),
        usage.output_reasoning.to_string(),
        name(serde_json::to_value(record.source)),
        record.cost.map(Usd::to_decimal).unwrap_or_default(),
        record.saved.to_decimal(),
        record.queued_us.to_string(),
        record.first_byte_us.map(|us| us.to_string()).unwrap_or_default(),
        record.total_us.to_string(),
        name(serde_json::to_value(record.outcome)),
        record.status.map(|status| status.to_string()).unwrap_or_default(),
        text(record.error.as_deref()),
    ];
    cells.join(",") + "\n"
}

/// A field; in quotes where it has to be. A text that a spreadsheet would take for a formula is one all the same to a program, so it is
/// marked as text for the spreadsheet.
fn field(text: &str) -> String {
    let guarded = if text.starts_with(['=', '+', '-', '@']) { format!("'{text}") } else { text.to_owned() };
    if guarded.contains([',', '"', '\n', '\r']) { format!("\"{}\"", guarded.replace('"', "\"\"")) } else { guarded }
}
