//! Flat rows for a spreadsheet: one a group of every breakdown, told apart by the first column.
//!
//! | column | in which breakdowns | what |
//! |---|---|---|
//! | `breakdown` | all | `total`, `model`, `part`, `tag:KEY`, `template`, `step`, `what_if` |
//! | `name`, `host` | all; models, `what_if` | the group |
//! | `requests` | all but parts | calls |
//! | `input_tokens`, `cache_read_tokens`, `output_tokens` | as far as known | a part's tokens stand in `input_tokens` |
//! | `cost_usd` | all | the cost; for a step the bill after it. A decimal without sign of currency |
//! | `lower_usd`, `upper_usd` | total, steps, `what_if` | of a step: of its saving; else of the cost |
//! | `saved_usd` | steps, `what_if` | saved; negative if it would cost |
//! | `unpriced_requests` | all but parts and steps | calls that are not in `cost_usd` |
//! | `counted` | steps | whether the saving is part of the waterfall |

use promptopt::estimate::Report;
use promptopt::estimate::report::{Group, Sum};
use promptopt::usd::Usd;

use super::clean;

const HEADER: [&str; 13] = [
    "breakdown",
    "name",
    "host",
    "requests",
    "input_tokens",
    "cache_read_tokens",
    "output_tokens",
    "cost_usd",
    "lower_usd",
    "upper_usd",
    "saved_usd",
    "unpriced_requests",
    "counted",
];

/// The report as rows.
pub(crate) fn csv(report: &Report) -> String {
    let baseline = &report.baseline;
    let mut rows = vec![Row {
        requests: Some(baseline.requests),
        tokens: [Some(baseline.input_tokens), Some(baseline.cache_read_tokens), Some(baseline.output_tokens)],
        lower: Some(baseline.lower_usd),
        upper: Some(baseline.upper_usd),
        ..Row::new("total", "", super::words::total(baseline))
    }];
    rows.extend(report.models.iter().map(|model| group("model", model)));
    for section in &report.sections {
        let tokens = if is_output(&section.name) {
            [None, None, Some(section.tokens)]
        } else {
            [Some(section.tokens), None, None]
        };
        rows.push(Row { cost: Some(section.cost_usd), tokens, ..Row::named("part", &section.name) });
    }
    for (key, groups) in &report.tags {
        rows.extend(groups.iter().map(|value| group(&format!("tag:{key}"), value)));
    }
    for template in &report.templates {
        rows.push(Row {
            requests: Some(template.requests),
            tokens: [Some(template.input_tokens), None, None],
            ..Row::new("template", &template.skeleton, template.cost)
        });
    }
    for step in &report.steps {
        rows.push(Row {
            requests: Some(step.requests),
            cost: Some(step.cost_usd),
            lower: Some(step.lower_usd),
            upper: Some(step.upper_usd),
            saved: Some(step.saved_usd),
            counted: Some(step.counted),
            ..Row::named("step", &step.name)
        });
    }
    for row in &report.what_if {
        rows.push(Row {
            host: row.host.clone(),
            requests: Some(row.requests),
            tokens: [Some(row.input_tokens), None, Some(row.output_tokens)],
            lower: Some(row.lower_usd),
            upper: Some(row.upper_usd),
            saved: Some(row.saved_usd),
            ..Row::new("what_if", &row.model, row.cost)
        });
    }
    let header = HEADER.join(",") + "\n";
    rows.iter().fold(header, |text, row| text + &row.line())
}

fn is_output(section: &str) -> bool {
    matches!(section, "output" | "reasoning")
}

fn group(breakdown: &str, group: &Group) -> Row {
    Row {
        host: group.host.clone().unwrap_or_default(),
        requests: Some(group.requests),
        tokens: [Some(group.input_tokens), Some(group.cache_read_tokens), Some(group.output_tokens)],
        ..Row::new(breakdown, &group.name, group.cost)
    }
}

#[derive(Default)]
struct Row {
    breakdown: String,
    name: String,
    host: String,
    requests: Option<u64>,
    tokens: [Option<u64>; 3],
    cost: Option<Usd>,
    lower: Option<Usd>,
    upper: Option<Usd>,
    saved: Option<Usd>,
    unpriced: Option<u64>,
    counted: Option<bool>,
}

impl Row {
    fn named(breakdown: &str, name: &str) -> Self {
        Row { breakdown: breakdown.to_owned(), name: name.to_owned(), ..Row::default() }
    }

    fn new(breakdown: &str, name: &str, cost: Sum) -> Self {
        Row { cost: Some(cost.usd), unpriced: Some(cost.unpriced_requests), ..Row::named(breakdown, name) }
    }

    fn line(&self) -> String {
        let number = |n: Option<u64>| n.map(|n| n.to_string()).unwrap_or_default();
        let money = |usd: Option<Usd>| usd.map(Usd::to_decimal).unwrap_or_default();
        let cells = [
            text(&self.breakdown),
            text(&self.name),
            text(&self.host),
            number(self.requests),
            number(self.tokens[0]),
            number(self.tokens[1]),
            number(self.tokens[2]),
            money(self.cost),
            money(self.lower),
            money(self.upper),
            money(self.saved),
            number(self.unpriced),
            self.counted.map(|counted| counted.to_string()).unwrap_or_default(),
        ];
        cells.join(",") + "\n"
    }
}

/// A cell of text: controls spelt out, quoted where it must be, and never a formula to a spreadsheet.
pub(super) fn text(text: &str) -> String {
    let mut cell = clean(text);
    if cell.trim_start().starts_with(['=', '+', '-', '@']) {
        cell.insert(0, '\'');
    }
    if cell.contains([',', '"', '\n', ' ']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_neither_a_formula_nor_two_cells() {
        assert_eq!(text("gpt-6"), "gpt-6");
        assert_eq!(text("=1+1"), "'=1+1");
        assert_eq!(text(" @SUM(A1)"), "\"' @SUM(A1)\"");
        assert_eq!(text("a,\"b\"\nc"), "\"a,\"\"b\"\" c\"");
    }

    #[test]
    fn every_row_has_a_cell_a_column() {
        let text = csv(&crate::render::sample::report());
        for line in text.lines().filter(|line| !line.contains('"')) {
            assert_eq!(line.split(',').count(), HEADER.len(), "{line}");
        }
    }
}
