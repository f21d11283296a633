//! Where the money goes: baseline, models, sections, tags. Sums only; bounded by the number of models and tag values.

use std::collections::BTreeMap;
use std::sync::Arc;

use smallvec::SmallVec;

use super::report::{Baseline, Billed, Group, MAX_GROUPS, SectionCost, Sum, Unpriced as UnpricedGroup};
use super::row::{Base, BaseSource, Row};
use crate::catalog::{Catalog, Cost, ModelSpec, TokenClass, Unpriced};
use crate::clock::Timestamp;
use crate::framing::Section;
use crate::usage::Usage;
use crate::usd::Usd;

/// Values kept a tag; later ones are summed as `(others)`.
const MAX_TAG_VALUES: usize = 10_000;
/// Tags told apart, and models that are not in the catalogue, and reasons why a call has no price.
const MAX_TAGS: usize = 256;
const MAX_SUMS: usize = 4096;
const OTHERS: &str = "(others)";

/// Running sums.
#[derive(Default)]
pub(super) struct Tally {
    pub baseline: Baseline,
    models: BTreeMap<(Arc<str>, Arc<str>), GroupSum>,
    tags: BTreeMap<Arc<str>, BTreeMap<Arc<str>, GroupSum>>,
    sections: BTreeMap<&'static str, (u64, Usd)>,
    unpriced: BTreeMap<Unpriced, (u64, u64)>,
}

#[derive(Clone, Copy, Default)]
pub(super) struct GroupSum {
    pub requests: u64,
    pub input: u64,
    pub cache_read: u64,
    pub output: u64,
    pub cost: Sum,
    spec: Option<u32>,
}

impl GroupSum {
    pub(super) fn add(&mut self, n_calls: u64, usage: &Usage, cost: Option<Usd>) {
        self.requests = self.requests.saturating_add(n_calls);
        self.input = self.input.saturating_add(usage.input());
        self.cache_read = self.cache_read.saturating_add(usage.cache_read);
        self.output = self.output.saturating_add(usage.output());
        if let Some(usd) = cost {
            self.cost.usd = self.cost.usd.saturating_add(usd);
        } else {
            self.cost.unpriced_requests = self.cost.unpriced_requests.saturating_add(n_calls);
            self.cost.unpriced_tokens = self.cost.unpriced_tokens.saturating_add(usage.total());
        }
    }

    pub(super) fn merge(&mut self, other: &GroupSum) {
        self.requests += other.requests;
        self.input = self.input.saturating_add(other.input);
        self.cache_read = self.cache_read.saturating_add(other.cache_read);
        self.output = self.output.saturating_add(other.output);
        self.cost.usd = self.cost.usd.saturating_add(other.cost.usd);
        self.cost.unpriced_requests += other.cost.unpriced_requests;
        self.cost.unpriced_tokens = self.cost.unpriced_tokens.saturating_add(other.cost.unpriced_tokens);
    }
}

impl Tally {
    /// A call that cost nothing: answered from a cache, or failed.
    pub(super) fn add_free(&mut self, row: &Row, catalog: &Catalog) {
        self.groups(row, catalog, &Usage::default(), Some(Usd::ZERO));
    }

    /// A call whose usage cannot be: its groups say that something is left out.
    pub(super) fn add_flawed(&mut self, row: &Row, catalog: &Catalog) {
        self.groups(row, catalog, &Usage::default(), None);
    }

    /// A call without a price.
    pub(super) fn add_unpriced(&mut self, row: &Row, catalog: &Catalog, base: Option<&Base>, why: Unpriced) {
        let usage = base.map(|base| base.usage).unwrap_or_default();
        self.tokens(&usage);
        self.baseline.unpriced_requests += row.n_calls();
        self.baseline.unpriced_tokens = self.baseline.unpriced_tokens.saturating_add(usage.total());
        let others = || Unpriced::UnknownModel { model: OTHERS.to_owned() };
        let group = sum_of(&mut self.unpriced, why, MAX_SUMS, others);
        group.0 += row.n_calls();
        group.1 = group.1.saturating_add(usage.total());
        self.groups(row, catalog, &usage, None);
    }

    /// A priced call. `low` and `high` are its costs at the ends of its interval.
    pub(super) fn add(&mut self, row: &Row, catalog: &Catalog, base: &Base, cost: &Cost, low: Usd, high: Usd) {
        let usage = &base.usage;
        self.tokens(usage);
        let sum = &mut self.baseline;
        sum.cost_usd = sum.cost_usd.saturating_add(cost.total);
        sum.lower_usd = sum.lower_usd.saturating_add(low);
        sum.upper_usd = sum.upper_usd.saturating_add(high);
        if sum.dearest_call_usd < cost.total || sum.dearest_call.is_none() {
            sum.dearest_call_usd = cost.total;
            sum.dearest_call = Some(format!("{}:{}", row.origin.file, row.origin.line));
        }
        for line in &cost.lines {
            let part = match line.class {
                None => &mut sum.fees_usd,
                Some(TokenClass::Output | TokenClass::Reasoning | TokenClass::AudioOut | TokenClass::ImageOut) => {
                    &mut sum.output_usd
                }
                Some(_) => &mut sum.input_usd,
            };
            *part = part.saturating_add(line.usd);
        }
        if let Some(billed) = row.billed.or_else(|| row.reported.as_ref().and_then(|reading| reading.billed)) {
            let comparison = sum.billed.get_or_insert_with(Billed::default);
            comparison.requests += 1;
            comparison.billed_usd = comparison.billed_usd.saturating_add(billed);
            comparison.computed_usd = comparison.computed_usd.saturating_add(cost.total);
            comparison.equal += u64::from(billed == cost.total);
        }
        match base.source {
            BaseSource::Usage => sum.from_usage += row.n_calls(),
            BaseSource::Exact => sum.counted_exact += 1,
            BaseSource::Approximate => sum.counted_approx += 1,
        }
        if base.source != BaseSource::Usage && row.counted.is_some_and(|counted| counted.is_output_assumed) {
            sum.output_assumed += 1;
        }
        self.groups(row, catalog, usage, Some(cost.total));
        self.share_out(row, usage, cost);
    }

    fn tokens(&mut self, usage: &Usage) {
        let sum = &mut self.baseline;
        let add = |total: &mut u64, tokens: u64| *total = total.saturating_add(tokens);
        add(&mut sum.input_tokens, usage.input());
        add(&mut sum.cache_read_tokens, usage.cache_read);
        add(&mut sum.cache_write_tokens, usage.cache_write_short.saturating_add(usage.cache_write_long));
        add(&mut sum.output_tokens, usage.output());
        add(&mut sum.reasoning_tokens, usage.output_reasoning);
    }

    fn groups(&mut self, row: &Row, catalog: &Catalog, usage: &Usage, cost: Option<Usd>) {
        let spec = row.spec.map(|index| &catalog.models[index as usize]);
        let none = || Arc::from("(none)");
        let name = spec.map(|spec| spec.id.clone()).or_else(|| row.model.clone()).unwrap_or_else(none);
        let host = spec.map(|spec| spec.host.clone()).or_else(|| row.host.clone()).unwrap_or_else(none);
        // The catalogue has an end.
        let most = if row.spec.is_some() { usize::MAX } else { MAX_SUMS };
        let group = sum_of(&mut self.models, (name, host), most, || (OTHERS.into(), OTHERS.into()));
        group.spec = row.spec;
        group.add(row.n_calls(), usage, cost);
        for (key, value) in &row.tags {
            let values = sum_of(&mut self.tags, key.clone(), MAX_TAGS, || OTHERS.into());
            let sum = sum_of(values, value.clone(), MAX_TAG_VALUES, || OTHERS.into());
            sum.add(row.n_calls(), usage, cost);
        }
    }

    /// Shares the cost out over the sections: the cached prefix gets the cached price, what follows it the price of
    /// writes and then of fresh input.
    fn share_out(&mut self, row: &Row, usage: &Usage, cost: &Cost) {
        let mut input_lines = SmallVec::<[(u64, Usd); 4]>::new();
        for class in [
            TokenClass::CacheRead,
            TokenClass::AudioCached,
            TokenClass::CacheWriteLong,
            TokenClass::CacheWriteShort,
            TokenClass::Input,
            TokenClass::ImageIn,
            TokenClass::AudioIn,
        ] {
            input_lines.extend(cost.lines.iter().filter(|l| l.class == Some(class)).map(|l| (l.n_units, l.usd)));
        }
        let known: u64 = row.shape.sections.iter().map(|(_, tokens)| tokens).sum();
        let unknown = (known == 0).then_some((None, 1));
        let sections = row.shape.sections.iter().filter(|_| known > 0);
        let sections = sections.map(|(section, tokens)| (Some(*section), *tokens)).chain(unknown);
        let weights = known.max(1);
        let total = usage.input();
        // Cumulative shares, so that the tokens and the money of the sections sum to those of the call.
        let (mut seen, mut tokens_before, mut usd_before) = (0_u64, 0_u64, Usd::ZERO);
        for (section, tokens) in sections {
            seen += tokens;
            let tokens_now = scaled(total, seen, weights);
            let usd_now = cost_of_first(&input_lines, tokens_now);
            let name = section.map_or("unknown", section_name);
            let entry = self.sections.entry(name).or_default();
            entry.0 = entry.0.saturating_add(tokens_now - tokens_before);
            entry.1 = entry.1.saturating_add(usd_now.saturating_sub(usd_before));
            (tokens_before, usd_before) = (tokens_now, usd_now);
        }
        for line in &cost.lines {
            let name = match line.class {
                Some(TokenClass::Reasoning) => "reasoning",
                Some(TokenClass::Output | TokenClass::AudioOut | TokenClass::ImageOut) => "output",
                None => "fees",
                Some(_) => continue,
            };
            let entry = self.sections.entry(name).or_default();
            if line.class.is_some() {
                entry.0 = entry.0.saturating_add(line.n_units);
            }
            entry.1 = entry.1.saturating_add(line.usd);
        }
    }

    pub(super) fn model_groups(&self, catalog: &Catalog, now: Timestamp) -> Vec<Group> {
        let groups = self.models.iter().map(|((name, host), sum)| {
            let spec = sum.spec.map(|index| &catalog.models[index as usize]);
            Group { shutdown: spec.and_then(|spec| shutdown(spec, now)), ..group(name, Some(host), sum) }
        });
        dearest_first(groups.collect())
    }

    pub(super) fn tag_groups(&self) -> BTreeMap<String, Vec<Group>> {
        let tag = |values: &BTreeMap<Arc<str>, GroupSum>| {
            let kept = values.iter().filter(|(name, _)| ***name != *OTHERS);
            let mut groups = dearest_first(kept.map(|(name, sum)| group(name, None, sum)).collect());
            let mut rest = values.get(OTHERS).copied();
            if groups.len() + usize::from(rest.is_some()) > MAX_GROUPS {
                for group in groups.split_off(MAX_GROUPS - 1) {
                    if let Some(sum) = values.get(group.name.as_str()) {
                        rest.get_or_insert_default().merge(sum);
                    }
                }
            }
            groups.extend(rest.map(|sum| group(OTHERS, None, &sum)));
            groups
        };
        self.tags.iter().map(|(key, values)| (key.to_string(), tag(values))).collect()
    }

    pub(super) fn section_costs(&self) -> Vec<SectionCost> {
        let mut costs: Vec<SectionCost> = self
            .sections
            .iter()
            .filter(|(_, (tokens, usd))| *tokens > 0 || !usd.is_zero())
            .map(|(name, (tokens, cost_usd))| SectionCost {
                name: (*name).to_owned(),
                tokens: *tokens,
                cost_usd: *cost_usd,
            })
            .collect();
        costs.sort_by(|a, b| b.cost_usd.cmp(&a.cost_usd).then(b.tokens.cmp(&a.tokens)).then(a.name.cmp(&b.name)));
        costs
    }

    pub(super) fn unpriced_groups(&self) -> Vec<UnpricedGroup> {
        let mut groups: Vec<UnpricedGroup> = self
            .unpriced
            .iter()
            .map(|(why, (requests, tokens))| UnpricedGroup {
                reason: why.to_string(),
                requests: *requests,
                tokens: *tokens,
                help: help(why),
            })
            .collect();
        groups.sort_by(|a, b| b.requests.cmp(&a.requests).then(a.reason.cmp(&b.reason)));
        groups
    }
}

fn help(why: &Unpriced) -> Option<String> {
    match why {
        Unpriced::NoModel => Some("name one with --model MODEL".to_owned()),
        Unpriced::UnknownModel { model } => Some(format!(
            "see `promptopt models list`, or add `{}` with `promptopt models import FILE`",
            crate::text::shorten(model, 60)
        )),
        Unpriced::NoRate { .. } | Unpriced::NoSheet { .. } => {
            Some("add the price in an overlay: `promptopt models import FILE`".to_owned())
        }
        Unpriced::NoTokens | Unpriced::Overflow => None,
    }
}

/// The cost of the first `n` input tokens, the lines taken in their order.
fn cost_of_first(lines: &[(u64, Usd)], mut n: u64) -> Usd {
    let mut usd = Usd::ZERO;
    for &(tokens, line_usd) in lines {
        let taken = n.min(tokens);
        if taken == tokens {
            usd = usd.saturating_add(line_usd);
        } else if tokens > 0 {
            usd = usd.saturating_add(line_usd.checked_scale(i128::from(taken), i128::from(tokens)).unwrap_or_default());
        }
        n -= taken;
    }
    usd
}

/// Offsets into a prompt that weighs `weighed`, in one that is `total` tokens long.
pub(super) fn scaled_offsets(offsets: &[u64], total: u64, weighed: u64) -> Vec<u64> {
    offsets.iter().map(|offset| scaled(total, *offset, weighed)).collect()
}

pub(super) fn scaled(total: u64, part: u64, whole: u64) -> u64 {
    if whole == 0 {
        return total;
    }
    if whole == total {
        return part;
    }
    if let Some(product) = total.checked_mul(part) {
        return product / whole;
    }
    u64::try_from(u128::from(total) * u128::from(part) / u128::from(whole)).unwrap_or(u64::MAX)
}

fn section_name(section: Section) -> &'static str {
    match section {
        Section::System => "system",
        Section::Tools => "tools",
        Section::Schema => "schema",
        Section::Documents => "documents",
        Section::ToolResults => "tool_results",
        Section::History => "history",
        Section::User => "user",
        Section::Media => "media",
        Section::Framing => "framing",
    }
}

fn group(name: &str, host: Option<&Arc<str>>, sum: &GroupSum) -> Group {
    Group {
        name: name.to_owned(),
        host: host.map(ToString::to_string),
        requests: sum.requests,
        input_tokens: sum.input,
        cache_read_tokens: sum.cache_read,
        output_tokens: sum.output,
        cost: sum.cost,
        shutdown: None,
    }
}

fn dearest_first(mut groups: Vec<Group>) -> Vec<Group> {
    groups.sort_by(|a, b| {
        b.cost.usd.cmp(&a.cost.usd).then(b.input_tokens.cmp(&a.input_tokens)).then(a.name.cmp(&b.name))
    });
    groups
}

fn shutdown(spec: &ModelSpec, now: Timestamp) -> Option<String> {
    let day = spec.shutdown?;
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let n_days = today.until(day).ok()?.get_days();
    let successor = spec.successor.as_deref().map(|name| format!(", use {name}")).unwrap_or_default();
    Some(if n_days < 0 { format!("shut down on {day}{successor}") } else { format!("{n_days} days left{successor}") })
}

/// The sum under a key; when there are so many, that of the others if the key is new.
fn sum_of<K: Ord, V: Default>(sums: &mut BTreeMap<K, V>, key: K, most: usize, others: impl FnOnce() -> K) -> &mut V {
    let is_known = sums.len() < most || sums.contains_key(&key);
    sums.entry(if is_known { key } else { others() }).or_default()
}
