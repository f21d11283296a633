//! The waterfall: what would save how much, each step on what the steps before it leave. Savings interact, so they are
//! never added up: a call that the response cache answers has no prompt left to cache.
//!
//! Steps in causal order: response cache → near duplicates (shown, not counted) → provider prompt cache → cheaper model →
//! service tier. A further step is a variant of the walk in [`Steps::walk`] and a line in [`Steps::finish`].

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::options::{Batchable, Options};
use super::report::{Step, TokenRange};
use super::rewriting::Rewriting;
use super::row::{Base, Row};
use super::tally::scaled_offsets;
use super::what_if::Candidate;
use crate::cache::{CacheKey, ReplayCache};
use crate::catalog::{CacheTrigger, ModelSpec};
use crate::prefix_cache::{Call, Hit, PrefixCache, bills_writes, usages};
use crate::text::DigestMap;
use crate::usage::{ServiceTier, Usage};
use crate::usd::Usd;

/// Prompts remembered for the search of near duplicates.
const MAX_NEAR: usize = 1_000_000;

/// Running state of the waterfall.
pub(super) struct Steps<'a> {
    options: &'a Options,
    timed: ReplayCache,
    untimed: ReplayCache,
    duplicates: Saving,
    duplicates_fixed: u64,
    folded: DigestMap<CacheKey, CacheKey>,
    near: Saving,
    prefix: HashMap<(u32, bool), PrefixCache>,
    models: BTreeMap<u32, ModelSteps>,
    rewriting: Rewriting,
    has_untimed: bool,
}

/// Cost that a step saves for certain, as expected, and at best.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Saving {
    pub requests: u64,
    lower: Usd,
    expected: Usd,
    upper: Usd,
}

impl Saving {
    pub(super) fn add(&mut self, lower: Usd, expected: Usd, upper: Usd) {
        self.requests += 1;
        self.lower = self.lower.saturating_add(lower);
        self.expected = self.expected.saturating_add(expected);
        self.upper = self.upper.saturating_add(upper);
    }
}

/// The steps from the prompt cache on, by model: whether breakpoints pay is decided model by model at the end, so what
/// follows is summed for both outcomes (0: prompt cache left as it is, 1: as simulated).
#[derive(Clone, Copy, Debug, Default)]
struct ModelSteps {
    cache: Saving,
    reads: TokenRange,
    /// The provider caches by itself: nothing to decide.
    is_automatic: bool,
    cheaper: [Saving; 2],
    tier: [Saving; 2],
    tier_possible: [Saving; 2],
}

impl<'a> Steps<'a> {
    pub(super) fn new(options: &'a Options) -> Self {
        let cache = options.response_cache;
        Steps {
            options,
            timed: ReplayCache::new(cache.time_to_live_s, cache.capacity),
            untimed: ReplayCache::new(u64::MAX, cache.capacity),
            duplicates: Saving::default(),
            duplicates_fixed: 0,
            folded: DigestMap::default(),
            near: Saving::default(),
            prefix: HashMap::new(),
            models: BTreeMap::new(),
            rewriting: Rewriting::default(),
            has_untimed: false,
        }
    }

    /// Walks one priced call through all steps. `candidates` are the models it may be sent to instead.
    pub(super) fn walk(&mut self, row: &Row, base: &Base, cost: Usd, spec: u32, candidates: &[Candidate]) {
        self.has_untimed |= row.at.is_none();
        if self.is_duplicate(row, cost) {
            return;
        }
        self.look_for_near(row, cost);

        let catalog = &self.options.catalog;
        let model = &catalog.models[spec as usize];
        let price = |usage: &Usage, tier: ServiceTier| {
            if tier == row.conditions.tier {
                return catalog.known_total(model, usage, &row.conditions);
            }
            catalog.known_total(model, usage, &crate::usage::Conditions { tier, ..row.conditions.clone() })
        };
        let tier = row.conditions.tier;
        self.rewriting.walk(row, base, catalog, spec, |usage| price(usage, tier));
        let cached = self.simulate(row, base, model, spec);
        let sums = self.models.entry(spec).or_default();
        let mut after_cache = [(base.usage, cost); 2];
        if let Some(cached) = cached {
            let costs = cached.usages.map(|usage| price(&usage, tier).unwrap_or(cost));
            let saved = costs.map(|after| cost.saturating_sub(after));
            sums.is_automatic |= cached.is_automatic;
            let (lower, upper) = (saved[0].min(saved[1]), saved[2].max(saved[1]));
            sums.cache.add(lower, saved[1], upper);
            sums.cache.requests -= u64::from(cached.hit.upper == 0 && cached.hit.cacheable == 0);
            sums.reads.lower += cached.hit.lower;
            sums.reads.expected += cached.hit.expected;
            sums.reads.upper += cached.hit.upper;
            after_cache[1] = (cached.usages[1], costs[1]);
        }
        for (branch, (usage, cost)) in after_cache.into_iter().enumerate() {
            let cheapest = candidates.iter().filter(|candidate| candidate.expected < cost).min_by_key(|c| c.expected);
            let mut cost = cost;
            let mut batch = None;
            if let Some(candidate) = cheapest {
                let saved = cost.saturating_sub(candidate.expected);
                let lower = cost.saturating_sub(candidate.upper);
                let upper = cost.saturating_sub(candidate.lower);
                sums.cheaper[branch].add(lower.min(saved), saved, upper.max(saved));
                cost = candidate.expected;
                batch = candidate.batch;
            } else if !matches!(tier, ServiceTier::Batch | ServiceTier::Flex) {
                batch = cheapest_waiting(&usage, price);
            }
            if let Some(batch) = batch.filter(|batch| *batch < cost) {
                let saved = cost.saturating_sub(batch);
                sums.tier_possible[branch].add(saved, saved, saved);
                if is_batchable(&self.options.batchable, row) {
                    sums.tier[branch].add(saved, saved, saved);
                }
            }
        }
    }

    fn is_duplicate(&mut self, row: &Row, cost: Usd) -> bool {
        let Some((key, _)) = row.keys else { return false };
        let is_hit = match row.at {
            Some(at) => self.timed.hit(key, at),
            None => self.untimed.hit(key, 0),
        };
        if is_hit {
            // Without times nobody knows whether the answer was still there.
            let lower = if row.at.is_some() { cost } else { Usd::ZERO };
            self.duplicates.add(lower, cost, cost);
            self.duplicates_fixed += u64::from(row.is_deterministic);
        }
        is_hit
    }

    fn look_for_near(&mut self, row: &Row, cost: Usd) {
        let Some((key, folded)) = row.keys else { return };
        match self.folded.get(&folded) {
            Some(first) if *first != key => self.near.add(Usd::ZERO, cost, cost),
            None if self.folded.len() < MAX_NEAR => {
                self.folded.insert(folded, key);
            }
            Some(_) | None => {}
        }
    }

    /// The call's usage with the provider's prompt cache at its worst, as expected, and at its best; `None` where there
    /// is nothing to simulate.
    fn simulate(&mut self, row: &Row, base: &Base, model: &ModelSpec, spec: u32) -> Option<Cached> {
        let rule = self.options.catalog.cache_rules.get(model.cache.as_ref()?)?;
        if row.shape.edges.is_empty() {
            return None;
        }
        let is_automatic = rule.trigger != CacheTrigger::Explicit;
        let add_breakpoints = !is_automatic && !row.has_breakpoints;
        let cache = self.prefix.entry((spec, row.at.is_some())).or_default();
        let total = base.usage.input();
        let weighed = row.counted.map_or(total, |counted| counted.input);
        let offsets = scaled_offsets(&row.shape.offsets, total, weighed);
        let hit = cache.call(
            rule,
            &Call {
                at: row.at,
                edges: &row.shape.edges,
                offsets: &offsets,
                total,
                n_prompt_edges: row.shape.n_prompt_edges,
                add_breakpoints,
            },
        );
        // What the provider did is known better than what it might have done.
        if row.cache_is_known() && !add_breakpoints {
            return None;
        }
        let usages = usages(&base.usage, &hit, bills_writes(model));
        Some(Cached { usages, hit, is_automatic })
    }

    /// What providers that cache by themselves may take off the baseline, at best.
    pub(super) fn automatic_at_best(&self) -> Usd {
        self.models.values().filter(|sums| sums.is_automatic).map(|sums| sums.cache.upper).sum()
    }

    pub(super) fn finish(self, baseline: Usd) -> Vec<Step> {
        let mut waterfall = Waterfall { cost: baseline, baseline, steps: Vec::new() };
        let cache = self.options.response_cache;
        let untimed = if self.has_untimed { "; calls without a time: any order, so at least nothing" } else { "" };
        waterfall.counted(
            "response_cache",
            "Answer exact repeats from a response cache",
            self.duplicates,
            "identical",
            format!(
                "same request byte for byte; answers kept {}, {} of them; {} of {} set temperature 0{untimed}",
                duration(cache.time_to_live_s),
                cache.capacity,
                self.duplicates_fixed,
                self.duplicates.requests,
            ),
        );
        waterfall.shown(
            "near_duplicates",
            "Near repeats, alike but for case, blanks and punctuation",
            self.near,
            "may_differ",
            "an opportunity to look at: an answer is never found by likeness".to_owned(),
        );
        let (mut prompt_cache, mut reads) = (Saving::default(), TokenRange::default());
        let mut rest: [Saving; 3] = Default::default();
        let mut declined = 0;
        for sums in self.models.values() {
            // Breakpoints that cost more than they save are not set.
            let pays = sums.is_automatic || sums.cache.expected > Usd::ZERO;
            let branch = usize::from(pays);
            if pays {
                plus(&mut prompt_cache, &sums.cache);
                reads.lower += sums.reads.lower;
                reads.expected += sums.reads.expected;
                reads.upper += sums.reads.upper;
            } else {
                declined += u64::from(sums.cache.requests > 0);
            }
            plus(&mut rest[0], &sums.cheaper[branch]);
            plus(&mut rest[1], &sums.tier[branch]);
            plus(&mut rest[2], &sums.tier_possible[branch]);
        }
        let [cheaper, tier, tier_possible] = rest;
        let mut rests_on =
            "simulated by each provider's rules, call by call; where the log tells what was cached, that \
                            stands; providers that cache by themselves give it without being asked"
                .to_owned();
        if declined > 0 {
            rests_on.push_str("; breakpoints that would cost more than they save are left out");
        }
        waterfall.counted(
            "prompt_cache",
            "Let the provider cache the common prefix",
            prompt_cache,
            "identical",
            rests_on,
        );
        if let Some(step) = waterfall.steps.last_mut() {
            step.cache_read_tokens = Some(reads);
        }
        if self.options.optimizer.is_some() {
            self.rewriting.show(&mut waterfall);
        }
        if !self.options.routes.is_empty() || !self.options.what_if.is_empty() {
            waterfall.counted(
                "cheaper_model",
                "Send calls to the cheapest model named",
                cheaper,
                "may_differ",
                "tokens counted anew for that model; whether its answers do as well is not known".to_owned(),
            );
        }
        match self.options.batchable {
            Batchable::None => {}
            Batchable::Unknown => waterfall.shown(
                "service_tier",
                "Batch or flex tier, for calls that can wait",
                tier_possible,
                "identical",
                "an upper bound: which calls can wait is not known (--batchable)".to_owned(),
            ),
            Batchable::All | Batchable::Tagged(_) => waterfall.counted(
                "service_tier",
                "Batch or flex tier, for calls that can wait",
                tier,
                "identical",
                "the calls named by --batchable, at the cheaper of batch and flex".to_owned(),
            ),
        }
        waterfall.steps
    }
}

/// The cost at the cheaper of batch and flex. Where a tier has no price for cached input, the call is taken without its
/// cache there.
pub(super) fn cheapest_waiting(usage: &Usage, price: impl Fn(&Usage, ServiceTier) -> Option<Usd>) -> Option<Usd> {
    let tiers = [ServiceTier::Batch, ServiceTier::Flex];
    tiers.into_iter().filter_map(|tier| price(usage, tier).or_else(|| price(&usage.without_cache(), tier))).min()
}

struct Cached {
    /// At worst, as expected, at best.
    usages: [Usage; 3],
    hit: Hit,
    is_automatic: bool,
}

fn is_batchable(batchable: &Batchable, row: &Row) -> bool {
    match batchable {
        Batchable::All => true,
        Batchable::Unknown | Batchable::None => false,
        Batchable::Tagged(tags) => {
            let is_named =
                |(k, v): &(Arc<str>, Arc<str>)| tags.iter().any(|(key, value)| **k == **key && **v == **value);
            row.tags.iter().any(is_named)
        }
    }
}

fn plus(sum: &mut Saving, other: &Saving) {
    sum.requests += other.requests;
    sum.lower = sum.lower.saturating_add(other.lower);
    sum.expected = sum.expected.saturating_add(other.expected);
    sum.upper = sum.upper.saturating_add(other.upper);
}

pub(super) struct Waterfall {
    baseline: Usd,
    cost: Usd,
    steps: Vec<Step>,
}

impl Waterfall {
    fn counted(&mut self, name: &str, title: &str, saving: Saving, answers: &str, rests_on: String) {
        self.cost = self.cost.saturating_sub(saving.expected);
        self.push(name, title, saving, answers, rests_on, true);
    }

    pub(super) fn shown(&mut self, name: &str, title: &str, saving: Saving, answers: &str, rests_on: String) {
        self.push(name, title, saving, answers, rests_on, false);
    }

    fn push(&mut self, name: &str, title: &str, saving: Saving, answers: &str, rests_on: String, counted: bool) {
        self.steps.push(Step {
            name: name.to_owned(),
            title: title.to_owned(),
            cost_usd: self.cost,
            saved_usd: saving.expected,
            lower_usd: saving.lower,
            upper_usd: saving.upper,
            cumulative_saved_usd: self.baseline.saturating_sub(self.cost),
            requests: saving.requests,
            counted,
            cache_read_tokens: None,
            rests_on,
            answers: answers.to_owned(),
        });
    }
}

fn duration(seconds: u64) -> String {
    match seconds {
        s if s % 86_400 == 0 && s > 0 => format!("{} d", s / 86_400),
        s if s % 3_600 == 0 && s > 0 => format!("{} h", s / 3_600),
        s if s % 60 == 0 && s > 0 => format!("{} min", s / 60),
        s => format!("{s} s"),
    }
}
