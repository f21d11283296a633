//! The two pictures of the page as inline SVG: the waterfall and the heat map. Bars stretch with the page and letters do
//! not; what a picture shows stands beside it in words or in a table.

use promptopt::estimate::Report;
use promptopt::estimate::report::Step;
use promptopt::usd::Usd;

use super::{escape, prose, tables};
use crate::render::words::{self, count};

/// The waterfall: a bar a step, what remains in blue and what the step took off in green.
pub(super) fn waterfall(report: &Report) -> String {
    if report.steps.is_empty() {
        return String::new();
    }
    let total = report.baseline.cost_usd;
    let amounts = report.steps.iter().flat_map(|step| [step.saved_usd, step.lower_usd, step.upper_usd, step.cost_usd]);
    let money = words::money_column(&amounts.chain([total]).collect::<Vec<_>>());
    let mut html = format!(
        "<div class=\"step\">\n<div class=\"line\"><b>The bill as it is</b><span>{}</span></div>\n{}</div>\n",
        money(total),
        bar("The bill as it is", total, total, total)
    );
    let mut before = total;
    for step in &report.steps {
        html += &one_step(step, before, total, &money);
        if step.counted {
            before = step.cost_usd;
        }
    }
    html + &format!("<details><summary>As a table</summary>\n{}</details>\n", table(report, &money))
}

fn one_step(step: &Step, before: Usd, total: Usd, money: &impl Fn(Usd) -> String) -> String {
    let (class, sign) = if step.saved_usd < Usd::ZERO { ("bad", "") } else { ("good", "−") };
    let not_counted = if step.counted { "" } else { " <span class=\"tag\">not counted</span>" };
    let may_differ = if step.answers == "identical" { "" } else { " <span class=\"tag\">answers may differ</span>" };
    let after = if step.counted { format!(" → {}", money(step.cost_usd)) } else { String::new() };
    let range = if step.lower_usd == step.upper_usd {
        String::new()
    } else {
        format!("{} to {}; ", money(step.lower_usd), money(step.upper_usd))
    };
    // An opportunity is drawn where it would begin, and takes nothing off.
    let picture = bar(&step.title, before, if step.counted { step.cost_usd } else { before }, total);
    let basis = format!("{range}{}; {}", words::calls(step.requests), step.rests_on);
    format!(
        "<div class=\"step\">\n<div class=\"line\"><b>{}{not_counted}{may_differ}</b>\
         <span><span class=\"{class}\">{sign}{}</span>{after}</span></div>\n{picture}\
         <p class=\"soft small\">{}</p>\n</div>\n",
        escape(&step.title),
        money(step.saved_usd),
        prose(&basis)
    )
}

/// One bar of the waterfall.
fn bar(title: &str, before: Usd, after: Usd, total: Usd) -> String {
    let percent = |usd: Usd| {
        if total.is_zero() { 0.0 } else { (usd.as_f64() / total.as_f64() * 100.0).clamp(0.0, 200.0) }
    };
    // A step that costs more than it saves goes beyond the bill of today: the whole picture shrinks to fit.
    let scale = percent(before.max(after)).max(100.0) / 100.0;
    let (kept, end) = (percent(before.min(after)) / scale, percent(before.max(after)) / scale);
    let class = if after > before { "more" } else { "gone" };
    let change =
        format!("<rect class=\"{class}\" x=\"{kept:.2}%\" width=\"{:.2}%\" height=\"14\" rx=\"2\"/>", end - kept);
    let change = if end > kept { change } else { String::new() };
    let description = format!("{before} before, {after} after");
    format!(
        "<svg height=\"14\" role=\"img\" aria-label=\"{}\"><title>{}</title><desc>{description}</desc>\
         <rect class=\"track\" width=\"100%\" height=\"14\" rx=\"2\"/>\
         <rect class=\"kept\" width=\"{kept:.2}%\" height=\"14\" rx=\"2\"/>{change}</svg>\n",
        escape(&format!("{title}: {description}")),
        escape(title)
    )
}

fn table(report: &Report, money: &impl Fn(Usd) -> String) -> String {
    let rows = report.steps.iter().map(|step| {
        tables::row(&[
            ("name", escape(&step.title)),
            ("n", money(step.saved_usd)),
            ("n wide", money(step.lower_usd)),
            ("n wide", money(step.upper_usd)),
            ("n", if step.counted { money(step.cost_usd) } else { "not counted".to_owned() }),
        ])
    });
    let headings = [("", "Step"), ("n", "Saves"), ("n wide", "At least"), ("n wide", "At most"), ("n", "Bill after")];
    tables::table(&headings, rows)
}

/// Calls by hour of the week: the darker, the more.
pub(super) fn heat_map(report: &Report) -> String {
    let Some(time) = &report.time else { return String::new() };
    let largest = time.heat_requests.iter().flatten().copied().max().unwrap_or(0).max(1);
    let mut cells = String::new();
    for (day, hours) in time.heat_requests.iter().enumerate() {
        for (hour, n) in hours.iter().enumerate() {
            let usd = time.heat_usd.get(day).and_then(|day| day.get(hour)).copied().unwrap_or_default();
            let shade = if *n == 0 {
                "class=\"none\"".to_owned()
            } else {
                // The least call still shows against the page.
                format!("opacity=\"{:.2}\"", 0.12 + 0.88 * *n as f64 / largest as f64)
            };
            let name = format!("{} {hour:02}:00 UTC: {}, {usd}", words::weekday(day), words::calls(*n));
            cells += &format!(
                "<rect x=\"{hour}.06\" y=\"{day}.06\" width=\".88\" height=\".88\" {shade}><title>{name}</title></rect>\n"
            );
        }
    }
    let days: String = (0..7).map(|day| format!("<span>{}</span>", words::weekday(day))).collect();
    let hours: String = [0, 6, 12, 18].iter().map(|hour| format!("<span>{hour:02}:00</span>")).collect();
    let peak = escape(&format!("Busiest: {}.", words::peak(time)));
    format!(
        "<p>{peak}</p>\n<div class=\"heat\">\n<div class=\"days\" aria-hidden=\"true\">{days}</div>\n\
         <svg viewBox=\"0 0 24 7\" preserveAspectRatio=\"none\" role=\"img\" aria-labelledby=\"heat-title heat-desc\">\
         <title id=\"heat-title\">Calls by hour of the week, UTC</title><desc id=\"heat-desc\">{peak}</desc>\n{cells}</svg>\n\
         <div class=\"hours\" aria-hidden=\"true\">{hours}</div>\n</div>\n{}\
         <details><summary>Calls by hour as a table</summary>\n{}</details>\n",
        quantiles(report),
        hours_table(report)
    )
}

fn quantiles(report: &Report) -> String {
    let Some(time) = &report.time else { return String::new() };
    let line = |name: &str, of: promptopt::estimate::report::Quantiles, show: fn(u64) -> String| {
        tables::row(&[
            ("name", name.to_owned()),
            ("n", show(of.p50)),
            ("n", show(of.p95)),
            ("n wide", show(of.p99)),
            ("n", show(of.max)),
        ])
    };
    let rows = [line("calls", time.requests_per_minute, count), line("tokens", time.tokens_per_minute, words::tokens)];
    let headings = [("", "In a minute"), ("n", "Median"), ("n", "95 %"), ("n wide", "99 %"), ("n", "Most")];
    tables::table(&headings, rows.into_iter())
}

fn hours_table(report: &Report) -> String {
    let Some(time) = &report.time else { return String::new() };
    let rows = (0..24).map(|hour| {
        let mut cells = vec![("n", format!("{hour:02}:00"))];
        cells.extend((0..7).map(|day| ("n", count(words::hour_of(time, day, hour)))));
        tables::row(&cells)
    });
    let mut headings = vec![("n", "UTC")];
    headings.extend((0..7).map(|day| ("n", words::weekday(day))));
    tables::table(&headings, rows)
}
