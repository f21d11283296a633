//! The report for a pull request: the bill and the waterfall in the open, the rest folded away.

use promptopt::estimate::Report;
use promptopt::estimate::report::Group;
use promptopt::usd::Usd;

use super::words::{self, count, plural, share, tokens};
use super::{View, clean};

/// The report as GitHub Markdown.
pub(crate) fn markdown(report: &Report, view: &View) -> String {
    let mut parts = vec![headline(report)];
    parts.extend(steps(report));
    parts.extend(groups("Models", "Model", &report.models, report.baseline.cost_usd, view.top));
    let mut folded = vec![("Parts of the calls", sections(report)), ("Kinds of request", templates(report, view))];
    let tags = report.tags.iter().filter(|(key, _)| view.full || view.tags.contains(key));
    for (key, values) in tags {
        parts.extend(groups(&format!("By {}", escape(key)), "", values, report.baseline.cost_usd, view.top));
    }
    folded.push(("What if all ran on another model", what_if(report)));
    folded.push(("Not counted", skipped(report)));
    folded.push(("Notes", notes(report)));
    parts.extend(folded.into_iter().filter_map(|(title, body)| body.map(|body| fold(title, &body))));
    parts.join("\n")
}

fn headline(report: &Report) -> String {
    let total = words::total(&report.baseline);
    let calls = words::calls(report.baseline.requests);
    let mut said = vec![words::basis(report)];
    said.extend(words::interval(&report.baseline));
    said.extend(report.time.as_ref().map(words::span));
    if !report.prices_observed.is_empty() {
        said.push(format!("prices as of {}", report.prices_observed));
    }
    let said: Vec<String> = said.into_iter().filter(|text| !text.is_empty()).collect();
    format!("### {} for {calls}\n\n<sub>{}</sub>\n", escape(&words::sum(total)), escape(&said.join("; ")))
}

fn steps(report: &Report) -> Option<String> {
    if report.steps.is_empty() {
        return None;
    }
    let total = report.baseline.cost_usd;
    let amounts = report.steps.iter().flat_map(|step| [step.saved_usd, step.lower_usd, step.upper_usd, step.cost_usd]);
    let money = words::money_column(&amounts.chain([total]).collect::<Vec<_>>());
    let mut table = table(&["What would save", "Saves", "At least", "At most", "Bill after", "Rests on"], "lrrrrl");
    table += &row(&["as it is".into(), String::new(), String::new(), String::new(), money(total), String::new()]);
    for step in &report.steps {
        let after = if step.counted { money(step.cost_usd) } else { "*(not counted)*".to_owned() };
        let may_differ = if step.answers == "identical" { "" } else { "; answers may differ" };
        table += &row(&[
            escape(&step.title),
            money(step.saved_usd),
            money(step.lower_usd),
            money(step.upper_usd),
            after,
            format!("<sub>{}{may_differ}</sub>", escape(&step.rests_on)),
        ]);
    }
    let last = report.steps.iter().rev().find(|step| step.counted);
    if let Some(saved) = last.map(|step| step.cumulative_saved_usd).filter(|saved| *saved > Usd::ZERO) {
        let same = words::saved_with_same_answers(report);
        let same =
            same.map(|same| format!("; {same} ({}) with the same answers", share(same, total))).unwrap_or_default();
        table += &format!("\n**{saved}** ({}) could be saved{same}.\n", share(saved, total));
    }
    Some(table)
}

fn groups(title: &str, heading: &str, groups: &[Group], total: Usd, top: usize) -> Option<String> {
    if groups.is_empty() {
        return None;
    }
    let money = words::money_column(&groups.iter().map(|group| group.cost.usd).collect::<Vec<_>>());
    let mut body = table(&[heading, "Calls", "Input", "Output", "Cost", "Share"], "lrrrrr");
    for group in groups.iter().take(top) {
        let host = group.host.as_deref().map(|host| format!(" {}", escape(host))).unwrap_or_default();
        let unpriced = group.cost.unpriced_requests;
        let cost = match (group.cost.usd.is_zero(), unpriced) {
            (_, 0) => money(group.cost.usd),
            (true, _) => "unpriced".to_owned(),
            (false, n) => format!("{} + {} unpriced", money(group.cost.usd), words::calls(n)),
        };
        body += &row(&[
            format!("{}{host}", code(&group.name)),
            count(group.requests),
            tokens(group.input_tokens),
            tokens(group.output_tokens),
            cost,
            share(group.cost.usd, total),
        ]);
    }
    let more = groups.len().saturating_sub(top);
    if more > 0 {
        body += &format!("\nand {}\n", plural(more as u64, "more", "more"));
    }
    Some(fold(title, &body))
}

fn sections(report: &Report) -> Option<String> {
    let money = words::money_column(&report.sections.iter().map(|section| section.cost_usd).collect::<Vec<_>>());
    let rows = report.sections.iter().map(|section| {
        row(&[
            escape(&words::section(&section.name)),
            tokens(section.tokens),
            money(section.cost_usd),
            share(section.cost_usd, report.baseline.cost_usd),
        ])
    });
    filled(table(&["Part", "Tokens", "Cost", "Share"], "lrrr"), rows)
}

fn templates(report: &Report, view: &View) -> Option<String> {
    let shown = report.templates.iter().take(view.top);
    let money = words::money_column(&shown.clone().map(|template| template.cost.usd).collect::<Vec<_>>());
    let rows = shown.map(|template| {
        row(&[
            code(&promptopt::text::shorten(&template.skeleton, 160)),
            count(template.requests),
            money(template.cost.usd),
        ])
    });
    filled(table(&["Text, with {…} where it varies", "Calls", "Cost"], "lrr"), rows)
}

fn what_if(report: &Report) -> Option<String> {
    let amounts = report.what_if.iter().flat_map(|row| [row.cost.usd, row.lower_usd, row.upper_usd, row.saved_usd]);
    let money = words::money_column(&amounts.collect::<Vec<_>>());
    let rows = report.what_if.iter().map(|what| {
        let limits = super::text::what_if_limits(what, report).unwrap_or_default();
        row(&[
            format!("{} {}", code(&what.model), escape(&what.host)),
            money(what.cost.usd),
            format!("{} – {}", money(what.lower_usd), money(what.upper_usd)),
            money(what.saved_usd),
            format!("<sub>{}</sub>", escape(&limits)),
        ])
    });
    filled(table(&["Model", "Cost", "Range", "Saves", "Remarks"], "lrrrl"), rows)
}

fn skipped(report: &Report) -> Option<String> {
    let lines =
        report.skipped.iter().map(|place| format!("- {}: {}\n", code(&words::place(place)), escape(&place.reason)));
    let more = report.skipped_total.saturating_sub(report.skipped.len() as u64);
    let rest = (more > 0).then(|| format!("- and {} more\n", count(more)));
    filled(String::new(), lines.chain(rest))
}

fn notes(report: &Report) -> Option<String> {
    filled(String::new(), report.notes.iter().map(|note| format!("- {}\n", escape(note))))
}

/// A body with something in it, or none.
fn filled(head: String, rows: impl Iterator<Item = String>) -> Option<String> {
    let body: String = rows.collect();
    (!body.is_empty()).then(|| head + &body)
}

/// GitHub reads Markdown in HTML only after a free line.
pub(super) fn fold(title: &str, body: &str) -> String {
    format!("<details><summary>{title}</summary>\n\n{body}\n</details>\n")
}

/// The head of a table; `l` and `r` a column.
pub(super) fn table(headings: &[&str], align: &str) -> String {
    let rules = align.chars().map(|side| if side == 'r' { "---:" } else { "---" });
    format!("| {} |\n|{}|\n", headings.join(" | "), rules.collect::<Vec<_>>().join("|"))
}

/// A row, its cells escaped already.
pub(super) fn row(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

/// Text that stays text: no markup, no HTML, no mention of anybody, no reference to an issue.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len() + 8);
    for c in clean(text).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            // GitHub looks for mentions in what was rendered; a comment takes them apart.
            '@' | '#' => {
                escaped.push(c);
                escaped.push_str("<!-- -->");
            }
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' => {
                escaped.push('\\');
                escaped.push(c);
            }
            c => escaped.push(c),
        }
    }
    escaped
}

/// A name in a code span, also inside a table.
pub(super) fn code(text: &str) -> String {
    let name = clean(text).replace('`', "'").replace('|', "\\|");
    if name.trim().is_empty() { "(none)".to_owned() } else { format!("`{}`", name.trim()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text_and_calls_nobody() {
        assert_eq!(escape("<b> @admin #12 a|b"), "&lt;b&gt; @<!-- -->admin #<!-- -->12 a\\|b");
        assert_eq!(code("a`|b\n"), "`a'\\|b`");
        assert_eq!(code(" "), "(none)");
    }
}
