//! Two reports side by side: what each figure was, what it is, and by how much it changed. Plain data; this is the JSON of
//! `promptopt diff --output json`.

use std::collections::BTreeMap;

use promptopt::estimate::Report;
use promptopt::usd::Usd;
use serde::Serialize;

/// Version of this JSON.
pub(crate) const SCHEMA: &str = "promptopt.diff/1";

/// What changed.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Comparison {
    /// [`SCHEMA`].
    pub(crate) schema: &'static str,
    /// What the user named as before.
    pub(crate) base: String,
    /// And as after.
    pub(crate) head: String,
    /// The bills.
    pub(crate) cost_usd: Change<Usd>,
    /// Calls without a price, which are not in them.
    pub(crate) unpriced_requests: Change<u64>,
    /// Calls.
    pub(crate) requests: Change<u64>,
    /// Input tokens.
    pub(crate) input_tokens: Change<u64>,
    /// Of them, read from the prompt cache.
    pub(crate) cache_read_tokens: Change<u64>,
    /// Output tokens.
    pub(crate) output_tokens: Change<u64>,
    /// By model and host, the largest change first.
    pub(crate) models: Vec<Row>,
    /// By part of the call, the largest change first.
    pub(crate) sections: Vec<Row>,
    /// By file: no costs, but what came, went and grew.
    pub(crate) files: Vec<File>,
}

/// A figure before and after.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Change<T> {
    /// As it was.
    pub(crate) before: T,
    /// As it is.
    pub(crate) after: T,
}

impl<T: PartialEq> Change<T> {
    /// Whether it changed at all.
    pub(crate) fn is_change(&self) -> bool {
        self.before != self.after
    }
}

/// A group of calls, or a part of them.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Row {
    /// Model or part.
    pub(crate) name: String,
    /// Host, for models.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) host: Option<String>,
    /// Tokens, input and output.
    pub(crate) tokens: Change<u64>,
    /// Cost.
    pub(crate) cost_usd: Change<Usd>,
    /// Calls that have no price and are not in it, for models.
    pub(crate) unpriced_requests: Change<u64>,
}

impl Row {
    /// What it costs more; negative if less.
    pub(crate) fn more(&self) -> Usd {
        self.cost_usd.after.saturating_sub(self.cost_usd.before)
    }

    fn is_change(&self) -> bool {
        self.cost_usd.is_change() || self.tokens.is_change() || self.unpriced_requests.is_change()
    }
}

/// A file that came, went, or is not as long as it was.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct File {
    /// Its path below the side's folder.
    pub(crate) path: String,
    /// Records in it; `null` where it is not there.
    pub(crate) records: Change<Option<u64>>,
    /// Bytes.
    pub(crate) bytes: Change<Option<u64>>,
}

/// One side.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Side<'a> {
    /// As the user named it.
    pub(crate) name: &'a str,
    /// Its report.
    pub(crate) report: &'a Report,
    /// Folder that its paths begin with; files of both sides are the same if the rest of their paths is.
    pub(crate) folder: &'a str,
}

/// Puts the sides together. Rows without a change are left out.
pub(crate) fn compare(base: Side<'_>, head: Side<'_>) -> Comparison {
    let (before, after) = (&base.report.baseline, &head.report.baseline);
    Comparison {
        schema: SCHEMA,
        base: base.name.to_owned(),
        head: head.name.to_owned(),
        cost_usd: Change { before: before.cost_usd, after: after.cost_usd },
        unpriced_requests: Change { before: before.unpriced_requests, after: after.unpriced_requests },
        requests: Change { before: before.requests, after: after.requests },
        input_tokens: Change { before: before.input_tokens, after: after.input_tokens },
        cache_read_tokens: Change { before: before.cache_read_tokens, after: after.cache_read_tokens },
        output_tokens: Change { before: before.output_tokens, after: after.output_tokens },
        models: changes(models(base.report), models(head.report)),
        sections: changes(sections(base.report), sections(head.report)),
        files: files(base, head),
    }
}

/// Name and host to tokens, cost and calls without a price.
type Figures<'a> = BTreeMap<(&'a str, Option<&'a str>), (u64, Usd, u64)>;

fn models(report: &Report) -> Figures<'_> {
    let models = report.models.iter().map(|model| {
        let n_tokens = model.input_tokens.saturating_add(model.output_tokens);
        ((model.name.as_str(), model.host.as_deref()), (n_tokens, model.cost.usd, model.cost.unpriced_requests))
    });
    models.collect()
}

fn sections(report: &Report) -> Figures<'_> {
    let sections = report.sections.iter();
    sections.map(|section| ((section.name.as_str(), None), (section.tokens, section.cost_usd, 0))).collect()
}

fn changes(before: Figures<'_>, after: Figures<'_>) -> Vec<Row> {
    let mut rows: BTreeMap<(&str, Option<&str>), Row> = BTreeMap::new();
    for (is_after, figures) in [(false, before), (true, after)] {
        for (key, (n_tokens, usd, n_unpriced)) in figures {
            let row = rows.entry(key).or_insert_with(|| Row {
                name: key.0.to_owned(),
                host: key.1.map(str::to_owned),
                ..Row::default()
            });
            if is_after {
                (row.tokens.after, row.cost_usd.after, row.unpriced_requests.after) = (n_tokens, usd, n_unpriced);
            } else {
                (row.tokens.before, row.cost_usd.before, row.unpriced_requests.before) = (n_tokens, usd, n_unpriced);
            }
        }
    }
    let mut rows: Vec<Row> = rows.into_values().filter(Row::is_change).collect();
    // Stable: equal changes stay in the order of their names.
    rows.sort_by_key(|row| std::cmp::Reverse(row.more().pico().unsigned_abs()));
    rows
}

fn files(base: Side<'_>, head: Side<'_>) -> Vec<File> {
    let mut files: BTreeMap<String, File> = BTreeMap::new();
    for (is_after, side) in [(false, base), (true, head)] {
        for input in &side.report.inputs {
            let path = input.path.strip_prefix(side.folder).unwrap_or(&input.path).trim_start_matches(['/', '\\']);
            let path = if path.is_empty() { &input.path } else { path };
            let file = files.entry(path.to_owned()).or_default();
            path.clone_into(&mut file.path);
            if is_after {
                (file.records.after, file.bytes.after) = (Some(input.records), Some(input.bytes));
            } else {
                (file.records.before, file.bytes.before) = (Some(input.records), Some(input.bytes));
            }
        }
    }
    files.into_values().filter(|file| file.records.is_change() || file.bytes.is_change()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;

    fn side<'a>(report: &'a Report, folder: &'a str) -> Side<'a> {
        Side { name: folder, report, folder }
    }

    #[test]
    fn nothing_changed_is_an_empty_comparison() {
        let report = sample::report();
        let comparison = compare(side(&report, "logs"), side(&report, "logs"));
        assert!(comparison.models.is_empty() && comparison.sections.is_empty() && comparison.files.is_empty());
        assert!(!comparison.cost_usd.is_change());
    }

    #[test]
    fn rows_come_with_the_largest_change_first_and_files_by_their_path_below_the_folder() {
        let (base, mut head) = (sample::report(), sample::report());
        head.models[1].cost.usd = Usd::ZERO;
        head.models[2].cost.usd = head.models[2].cost.usd.saturating_add(Usd::parse("1").unwrap());
        head.inputs[0].path = "new/support.jsonl".to_owned();
        head.inputs[1].path = "new/other.jsonl".to_owned();
        let comparison = compare(side(&base, "logs/"), side(&head, "new"));
        let names: Vec<&str> = comparison.models.iter().map(|row| row.name.as_str()).collect();
        assert_eq!(names, ["claude-sonnet-5-5", "gpt-6-luna"]);
        let files: Vec<&str> = comparison.files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(files, ["agent.jsonl.zst", "other.jsonl"]);
    }
}
