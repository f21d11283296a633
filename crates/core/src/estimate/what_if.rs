//! The same calls on other models: tokens counted anew with their tokenizers, prompt cache simulated by their rules,
//! price cliffs and context overflow shown. The same figures feed the `cheaper_model` step.

use super::options::Options;
use super::report::{Sum, WhatIf};
use super::row::{Base, Elsewhere, Row};
use super::steps::cheapest_waiting;
use super::tally::scaled_offsets;
use crate::catalog::ModelSpec;
use crate::prefix_cache::{Call, Hit, PrefixCache, bills_writes, usages};
use crate::usage::{Conditions, ServiceTier, Usage};
use crate::usd::Usd;

/// One model to compare with.
pub(super) struct Other {
    spec: u32,
    /// Stands in the table (named by `--what-if`, not only by `--route`).
    is_listed: bool,
    /// Calls to these models may go here; `None` for all.
    from: Option<Vec<u32>>,
    timed: PrefixCache,
    untimed: PrefixCache,
    sums: WhatIf,
    /// What the calls that have a price in both places cost where they went, and here.
    there: Usd,
    here: Usd,
}

/// What a call would cost elsewhere.
#[derive(Clone, Copy, Debug)]
pub(super) struct Candidate {
    pub lower: Usd,
    pub expected: Usd,
    pub upper: Usd,
    /// At the cheaper of batch and flex, where those are known.
    pub batch: Option<Usd>,
}

impl Other {
    pub(super) fn new(spec: u32, is_listed: bool, from: Option<Vec<u32>>) -> Self {
        Other {
            spec,
            is_listed,
            from,
            timed: PrefixCache::default(),
            untimed: PrefixCache::default(),
            sums: WhatIf::default(),
            there: Usd::ZERO,
            here: Usd::ZERO,
        }
    }

    pub(super) fn spec(&self) -> u32 {
        self.spec
    }

    /// Replays a call here. `cost` is what it costs where it went, if that is known. The answer is `None` if it may not
    /// or cannot run here.
    pub(super) fn replay(
        &mut self,
        row: &Row,
        base: &Base,
        cost: Option<Usd>,
        elsewhere: Option<&Elsewhere>,
        options: &Options,
    ) -> Option<Candidate> {
        let spec = &options.catalog.models[self.spec as usize];
        let (expected, low, high) = weigh(row, base, elsewhere);
        if let Some(lacks) = elsewhere.and_then(|elsewhere| elsewhere.lacks) {
            self.sums.lacking += 1;
            if !self.sums.lacks.iter().any(|known| known == lacks) {
                self.sums.lacks.push(lacks.to_owned());
            }
            return None;
        }
        if spec.context.is_some_and(|context| expected.total() > context) {
            self.sums.over_context += 1;
            return None;
        }
        // Tier and region of one provider mean nothing at another.
        let stays = row.spec.is_some_and(|went| options.catalog.models[went as usize].host == spec.host);
        let conditions = Conditions {
            tier: if stays { row.conditions.tier } else { ServiceTier::Standard },
            region: row.conditions.region.clone().filter(|_| stays),
            ..row.conditions.clone()
        };
        let price = |usage: &Usage, conditions: &Conditions| options.catalog.known_total(spec, usage, conditions);
        self.sums.requests += row.n_calls();
        self.sums.input_tokens = self.sums.input_tokens.saturating_add(expected.input());
        self.sums.output_tokens = self.sums.output_tokens.saturating_add(expected.output());
        let Some(uncached) = price(&expected.without_cache(), &conditions) else {
            for sum in [&mut self.sums.cost, &mut self.sums.cost_uncached] {
                sum.unpriced_requests += 1;
                sum.unpriced_tokens = sum.unpriced_tokens.saturating_add(expected.total());
            }
            return None;
        };
        add(&mut self.sums.cost_uncached, uncached);
        self.sums.over_price_cliff += u64::from(is_over_cliff(spec, expected.input()));
        let cached = self.cached(row, base, &expected, elsewhere, options);
        let [worst, usual, best] = cached.map(|usage| price(&usage, &conditions).unwrap_or(uncached));
        // The interval of the count, carried over in proportion, on top of that of the cache.
        let widen = |usd: Usd, bound: &Usage| {
            let n_expected = expected.input();
            if n_expected == 0 {
                return usd;
            }
            usd.checked_scale(i128::from(bound.input()), i128::from(n_expected)).unwrap_or(usd)
        };
        let candidate = Candidate {
            lower: widen(best.min(usual), &low),
            expected: usual,
            upper: widen(worst.max(usual), &high),
            batch: cheapest_waiting(&cached[1], |usage, tier| price(usage, &Conditions { tier, ..conditions.clone() })),
        };
        add(&mut self.sums.cost, usual);
        self.sums.lower_usd = self.sums.lower_usd.saturating_add(candidate.lower);
        self.sums.upper_usd = self.sums.upper_usd.saturating_add(candidate.upper);
        if let Some(cost) = cost {
            self.there = self.there.saturating_add(cost);
            self.here = self.here.saturating_add(usual);
        }
        let may_go = self.from.as_ref().is_none_or(|from| row.spec.is_some_and(|spec| from.contains(&spec)));
        may_go.then_some(candidate)
    }

    fn cached(
        &mut self,
        row: &Row,
        base: &Base,
        expected: &Usage,
        elsewhere: Option<&Elsewhere>,
        options: &Options,
    ) -> [Usage; 3] {
        let spec = &options.catalog.models[self.spec as usize];
        let rule = spec.cache.as_ref().and_then(|name| options.catalog.cache_rules.get(name));
        let actual = Hit {
            lower: base.usage.cache_read,
            expected: base.usage.cache_read,
            upper: base.usage.cache_read,
            cacheable: base.usage.input().saturating_sub(base.usage.input_fresh),
            cacheable_long: base.usage.cache_read.saturating_add(base.usage.cache_write_long),
        };
        // The same model: what was cached is known.
        if row.spec == Some(self.spec) && row.cache_is_known() {
            return usages(&expected.without_cache(), &actual, bills_writes(spec));
        }
        let (Some(rule), Some(elsewhere)) = (rule, elsewhere) else {
            // Without a prompt to simulate, as much may be cached as was; or nothing.
            let hit = if elsewhere.is_none() { Hit { lower: 0, ..actual } } else { Hit::default() };
            return usages(&expected.without_cache(), &hit, bills_writes(spec));
        };
        let offsets = scaled_offsets(&elsewhere.offsets, expected.input(), elsewhere.input);
        let cache = if row.at.is_some() { &mut self.timed } else { &mut self.untimed };
        let call = Call {
            at: row.at,
            edges: &row.shape.edges,
            offsets: &offsets,
            total: expected.input(),
            n_prompt_edges: row.shape.n_prompt_edges,
            // Nobody sends a dialect of another provider without its breakpoints; only what is set is simulated.
            add_breakpoints: false,
        };
        let hit = cache.call(rule, &call);
        usages(&expected.without_cache(), &hit, bills_writes(spec))
    }

    pub(super) fn finish(mut self, options: &Options) -> Option<WhatIf> {
        let spec = &options.catalog.models[self.spec as usize];
        self.sums.model = spec.id.to_string();
        self.sums.host = spec.host.to_string();
        self.sums.exact = spec.tokenizer.is_exact();
        self.sums.saved_usd = self.there.saturating_sub(self.here);
        self.is_listed.then_some(self.sums)
    }
}

/// Tokens of a call on the other model: counted anew where the request is at hand, else those of the log.
fn weigh(row: &Row, base: &Base, elsewhere: Option<&Elsewhere>) -> (Usage, Usage, Usage) {
    let Some(elsewhere) = elsewhere else { return (base.usage, base.low, base.high) };
    let visible = match row.counted {
        // The visible answer is scaled as its text is; what was not seen stays as it was.
        Some(counted) if counted.output > 0 && !counted.is_output_assumed => {
            super::tally::scaled(base.usage.output_visible, elsewhere.output, counted.output)
        }
        _ => base.usage.output_visible,
    };
    let usage = |input: u64| Usage {
        input_fresh: input,
        output_visible: visible,
        output_reasoning: base.usage.output_reasoning,
        web_searches: base.usage.web_searches,
        ..Usage::default()
    };
    // What was billed beyond what was weighed (stored context, hidden preambles) is there elsewhere too, in proportion.
    let input = |weighed: u64| match row.counted {
        Some(counted) => super::tally::scaled(base.usage.input(), weighed, counted.input),
        None => weighed,
    };
    (usage(input(elsewhere.input)), usage(input(elsewhere.low)), usage(input(elsewhere.high)))
}

fn is_over_cliff(spec: &ModelSpec, input: u64) -> bool {
    spec.prices.last().is_some_and(|sheet| sheet.bands.iter().any(|band| band.above > 0 && input > band.above))
}

fn add(sum: &mut Sum, usd: Usd) {
    sum.usd = sum.usd.saturating_add(usd);
}
