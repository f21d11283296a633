//! The replay: rows in time order through tally, waterfall and the other models.
//!
//! Files need not be in time order, and one log is often many files that overlap. Rows wait in a window of bounded size and
//! leave it oldest first; a row that comes later than that is replayed late and counted, never lost.

use std::collections::{BTreeMap, BTreeSet};

use super::join::{Halves, Joined};
use super::kinds::Kinds;
use super::options::Options;
use super::report::{InputFile, MAX_SKIPPED, Report, SCHEMA, Skipped, Template};
use super::row::{Base, BaseSource, Outcome, Row};
use super::steps::Steps;
use super::tally::{GroupSum, Tally};
use super::time_use::TimeUseBuilder;
use super::what_if::Other;
use crate::catalog::Unpriced;
use crate::clock::Timestamp;
use crate::error::Error;
use crate::framing::Section;
use crate::tokens::Encoding;
use crate::usage::Usage;
use crate::usd::Usd;

/// Edges that may wait in the window: some 60 MB.
const MAX_WAITING_EDGES: usize = 1 << 20;
/// Rows that may wait.
const MAX_WAITING_ROWS: usize = 1 << 17;
/// Kinds summed apart before those that turned out to be one are joined.
const MAX_KIND_SUMS: usize = 10_000;
/// Kinds of request listed.
const MAX_TEMPLATES: usize = 20;
/// Calls with usage before a model's approximate counts are corrected by them.
const MIN_CALIBRATION: u64 = 20;

/// All running state of an estimate.
pub(super) struct Replay<'a> {
    options: &'a Options,
    waiting: BTreeMap<(i64, u64), (Row, Option<u32>)>,
    waiting_edges: usize,
    halves: Halves,
    n_rows: u64,
    released: i64,
    n_late: u64,
    tally: Tally,
    steps: Steps<'a>,
    others: Vec<Other>,
    kinds: Kinds,
    kind_sums: BTreeMap<u32, GroupSum>,
    /// Fewest tokens of a system text in a call of the kind.
    kind_systems: BTreeMap<u32, u64>,
    time: TimeUseBuilder,
    calibration: BTreeMap<u32, Calibration>,
    skipped: Vec<Skipped>,
    skipped_total: u64,
    flaws: BTreeSet<String>,
}

/// Billed and weighed input of the calls of a model that have both.
#[derive(Clone, Copy, Default)]
struct Calibration {
    n_calls: u64,
    billed: u64,
    weighed: u64,
    used: u64,
}

impl<'a> Replay<'a> {
    pub(super) fn new(options: &'a Options, others: Vec<Other>) -> Self {
        Replay {
            options,
            waiting: BTreeMap::new(),
            waiting_edges: 0,
            halves: Halves::default(),
            n_rows: 0,
            released: i64::MIN,
            n_late: 0,
            tally: Tally::default(),
            steps: Steps::new(options),
            others,
            kinds: Kinds::default(),
            kind_sums: BTreeMap::new(),
            kind_systems: BTreeMap::new(),
            time: TimeUseBuilder::default(),
            calibration: BTreeMap::new(),
            skipped: Vec::new(),
            skipped_total: 0,
            flaws: BTreeSet::new(),
        }
    }

    /// Takes a row, in the order of the input.
    pub(super) fn take(&mut self, mut row: Row) {
        let kind = row.kind.take().map(|text| self.kinds.observe(&text));
        let Some(id) = row.custom_id.take() else { return self.queue(row, kind) };
        if let Joined::Ready(rows) = self.halves.take(id, row, kind) {
            for (row, kind) in rows {
                self.queue(row, kind);
            }
        }
    }

    /// Puts a whole row in its place in time.
    fn queue(&mut self, row: Row, kind: Option<u32>) {
        self.learn(&row);
        self.n_rows += 1;
        let Some(at) = row.at else {
            return self.replay(&row, kind);
        };
        self.waiting_edges += row.shape.edges.len() * (1 + self.others.len());
        self.waiting.insert((at, self.n_rows), (row, kind));
        while self.waiting.len() > MAX_WAITING_ROWS || self.waiting_edges > MAX_WAITING_EDGES {
            self.release();
        }
    }

    /// Counts what could not be read.
    pub(super) fn skip(&mut self, error: &Error) {
        let place = error.place();
        self.skip_at(
            place.and_then(|place| place.file.clone()).unwrap_or_default(),
            place.and_then(|place| place.line).unwrap_or(0),
            without_place(error),
        );
    }

    fn skip_at(&mut self, file: String, line: u64, reason: String) {
        self.skipped_total += 1;
        if self.skipped.len() < MAX_SKIPPED {
            self.skipped.push(Skipped { file, line, reason });
        }
    }

    fn release(&mut self) {
        if let Some(((at, _), (row, kind))) = self.waiting.pop_first() {
            self.waiting_edges -= row.shape.edges.len() * (1 + self.others.len());
            self.n_late += u64::from(at < self.released);
            self.released = self.released.max(at);
            self.replay(&row, kind);
        }
    }

    /// A log with usage calibrates the approximate counts of its models.
    fn learn(&mut self, row: &Row) {
        if let (Some(spec), Some(reading), Some(counted)) = (row.spec, &row.reported, row.counted)
            && !self.options.catalog.models[spec as usize].tokenizer.is_exact()
        {
            let sums = self.calibration.entry(spec).or_default();
            sums.n_calls += 1;
            sums.billed = sums.billed.saturating_add(reading.usage.input());
            sums.weighed = sums.weighed.saturating_add(counted.input);
        }
    }

    fn replay(&mut self, row: &Row, kind: Option<u32>) {
        let options = self.options;
        let catalog = &options.catalog;
        self.tally.baseline.requests += row.n_calls();
        match &row.outcome {
            Outcome::FromCache => {
                self.tally.baseline.from_cache += row.n_calls();
                return self.tally.add_free(row, catalog);
            }
            Outcome::Failed => {
                self.tally.baseline.failed += row.n_calls();
                return self.tally.add_free(row, catalog);
            }
            Outcome::Flawed(flaw) => {
                self.tally.baseline.flawed_requests += row.n_calls();
                let reason = format!("usage contradicts itself: {flaw}");
                self.skip_at(row.origin.file.to_string(), row.origin.line, reason);
                return self.tally.add_flawed(row, catalog);
            }
            Outcome::Call => {}
        }
        let base = row.base(self.calibration_of(row));
        let (base, spec) = match (base, row.spec) {
            (Some(base), Some(spec)) => (base, spec),
            (base, spec) => {
                let why = match (&row.model, spec) {
                    (None, _) => Unpriced::NoModel,
                    (Some(model), None) => Unpriced::UnknownModel { model: model.to_string() },
                    (Some(_), Some(_)) => Unpriced::NoTokens,
                };
                return self.unpriced(row, kind, base.as_ref(), why);
            }
        };
        let model = &catalog.models[spec as usize];
        let cost = match catalog.price(model, &base.usage, &row.conditions) {
            Ok(cost) => cost,
            Err(why) => return self.unpriced(row, kind, Some(&base), why),
        };
        let bound = |usage: &Usage| {
            if *usage == base.usage {
                return cost.total;
            }
            catalog.known_total(model, usage, &row.conditions).unwrap_or(cost.total)
        };
        let (low, high) = match base.source {
            BaseSource::Usage => (cost.total, cost.total),
            BaseSource::Exact | BaseSource::Approximate => (bound(&base.low), bound(&base.high)),
        };
        if let Some(reading) = &row.reported {
            for flaw in &reading.flaws {
                if self.flaws.len() < MAX_SKIPPED {
                    self.flaws.insert(format!("{}:{}: {flaw}", row.origin.file, row.origin.line));
                }
            }
        }
        self.tally.add(row, catalog, &base, &cost, low.min(cost.total), high.max(cost.total));
        self.count(row, kind, &base, Some(cost.total));
        let mut candidates = Vec::new();
        for (index, other) in self.others.iter_mut().enumerate() {
            if let Some(candidate) = other.replay(row, &base, Some(cost.total), row.elsewhere.get(index), options) {
                candidates.push(candidate);
            }
        }
        self.steps.walk(row, &base, cost.total, spec, &candidates);
    }

    fn unpriced(&mut self, row: &Row, kind: Option<u32>, base: Option<&Base>, why: Unpriced) {
        self.tally.add_unpriced(row, &self.options.catalog, base, why);
        let Some(base) = base else { return };
        self.count(row, kind, base, None);
        // What it would cost elsewhere may be known all the same.
        for (index, other) in self.others.iter_mut().enumerate() {
            other.replay(row, base, None, row.elsewhere.get(index), self.options);
        }
    }

    fn count(&mut self, row: &Row, kind: Option<u32>, base: &Base, cost: Option<Usd>) {
        if let Some(at) = row.at.and_then(|at| Timestamp::from_microsecond(at).ok()) {
            self.time.observe(at, base.usage.total(), cost.unwrap_or_default());
        }
        if let Some(kind) = kind {
            if self.kind_sums.len() > MAX_KIND_SUMS {
                self.join_kinds();
            }
            self.kind_sums.entry(kind).or_default().add(row.n_calls(), &base.usage, cost);
            let of_system = |(section, tokens): &(Section, u64)| (*section == Section::System).then_some(*tokens);
            let system: u64 = row.shape.sections.iter().filter_map(of_system).sum();
            let least = self.kind_systems.entry(kind).or_insert(u64::MAX);
            *least = system.min(*least);
        }
    }

    fn calibration_of(&mut self, row: &Row) -> (u64, u64) {
        let Some(spec) = row.spec.filter(|_| row.reported.is_none()) else { return (0, 0) };
        match self.calibration.get_mut(&spec) {
            // A factor beyond two says that something else is wrong.
            Some(sums)
                if sums.n_calls >= MIN_CALIBRATION
                    && sums.billed / 2 <= sums.weighed
                    && sums.weighed / 2 <= sums.billed =>
            {
                sums.used += 1;
                (sums.billed, sums.weighed)
            }
            _ => (0, 0),
        }
    }

    /// The report, when all rows are in.
    pub(super) fn finish(mut self, inputs: Vec<InputFile>) -> Report {
        for (row, kind) in self.halves.rest() {
            self.queue(row, kind);
        }
        while !self.waiting.is_empty() {
            self.release();
        }
        self.kinds.finish();
        let options = self.options;
        let catalog = &options.catalog;
        let mut notes = self.notes();
        notes.extend(self.flaws.iter().map(|flaw| format!("usage to look at: {flaw}")));
        let templates = self.templates();
        let models = self.tally.model_groups(catalog, options.now);
        let tags = self.tally.tag_groups();
        let sections = self.tally.section_costs();
        let unpriced = self.tally.unpriced_groups();
        let mut baseline = self.tally.baseline;
        baseline.unpriced = unpriced;
        // What a provider caches by itself lowers the bill that no usage told of.
        baseline.lower_usd = baseline.lower_usd.saturating_sub(self.steps.automatic_at_best());
        Report {
            schema: SCHEMA.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            prices_observed: catalog.newest_observed().map(|day| day.to_string()).unwrap_or_default(),
            inputs,
            steps: self.steps.finish(baseline.cost_usd),
            baseline,
            models,
            sections,
            tags,
            time: self.time.finish(),
            templates,
            what_if: self.others.into_iter().filter_map(|other| other.finish(options)).collect(),
            skipped: self.skipped,
            skipped_total: self.skipped_total,
            not_corpora: Vec::new(),
            notes,
        }
    }

    fn notes(&self) -> Vec<String> {
        let mut notes = Vec::new();
        let sum = &self.tally.baseline;
        if sum.output_assumed > 0 {
            let how = match self.options.output_tokens {
                Some(n_tokens) => format!("{n_tokens} output tokens each are assumed"),
                None => "priced at the most the request allows, or, where it sets no limit, without any output \
                         (--output-tokens N says how many to expect)"
                    .to_owned(),
            };
            notes.push(format!("{} calls have neither usage nor an answer: {how}", sum.output_assumed));
        }
        if sum.flawed_requests > 0 {
            notes
                .push(format!("{} calls report a usage that contradicts itself and are left out", sum.flawed_requests));
        }
        for (spec, sums) in &self.calibration {
            if sums.used > 0 {
                notes.push(format!(
                    "approximate counts of `{}` are corrected by {} calls of this log that report usage ({} billed for {} counted)",
                    self.options.catalog.models[*spec as usize].id, sums.n_calls, sums.billed, sums.weighed
                ));
            }
        }
        if self.n_late > 0 {
            notes.push(format!(
                "{} calls came too far out of time order and were replayed late: cache hits around them are less sure",
                self.n_late
            ));
        }
        notes
    }

    /// Kinds that turned out to be one are added up.
    fn join_kinds(&mut self) {
        let systems = std::mem::take(&mut self.kind_systems);
        for (kind, sum) in std::mem::take(&mut self.kind_sums) {
            let resolved = self.kinds.resolve(kind);
            self.kind_sums.entry(resolved).or_default().merge(&sum);
            let least = self.kind_systems.entry(resolved).or_insert(u64::MAX);
            *least = systems.get(&kind).copied().unwrap_or(0).min(*least);
        }
    }

    fn templates(&mut self) -> Vec<Template> {
        self.join_kinds();
        let mut sums: Vec<(u32, GroupSum)> = std::mem::take(&mut self.kind_sums).into_iter().collect();
        sums.sort_by(|(a_kind, a), (b_kind, b)| {
            b.cost.usd.cmp(&a.cost.usd).then(b.requests.cmp(&a.requests)).then(a_kind.cmp(b_kind))
        });
        sums.truncate(MAX_TEMPLATES);
        sums.into_iter()
            .map(|(kind, sum)| {
                let skeleton = self.kinds.skeleton(kind);
                // The skeleton holds the head of a long system text; if all of the text is constant, it counts whole.
                let whole = self.kind_systems.get(&kind).copied().filter(|_| skeleton.is_system_constant).unwrap_or(0);
                let constant = Encoding::O200kBase.counter().count(&skeleton.constant).max(whole);
                Template {
                    skeleton: skeleton.text,
                    requests: sum.requests,
                    input_tokens: sum.input,
                    constant_tokens: constant.saturating_mul(sum.requests).min(sum.input),
                    cost: sum.cost,
                    variables: skeleton.n_variables,
                }
            })
            .collect()
    }
}

/// The error's text without file and line, which stand in fields of their own.
fn without_place(error: &Error) -> String {
    let mut text = String::new();
    if let Some(field) = error.place().and_then(|place| place.field.as_deref()) {
        text = format!("`{field}`: ");
    }
    text.push_str(error.message());
    let mut cause = std::error::Error::source(error);
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    if let Some(help) = error.advice() {
        text.push_str(" (");
        text.push_str(help);
        text.push(')');
    }
    text
}
