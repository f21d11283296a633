//! The same calls on other models: tokens counted anew with their tokenizers, prompt cache simulated by their rules,
//! price cliffs and context overflow shown. The same figures feed the `cheaper_model` step.

use super::options::Options;
use super::report::{Sum, WhatIf};
use super::row::{Base, Elsewhere, Row};
use super::steps::{bills_writes, usages};
use crate::catalog::ModelSpec;
use crate::prefix_cache::{Call, PrefixCache};
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
    baseline: Usd,
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
            baseline: Usd::ZERO,
        }
    }

    pub(super) fn spec(&self) -> u32 {
        self.spec
    }

    /// Replays a call here. `cost` is what it costs where it went. The answer is `None` if it may not or cannot run here.
    pub(super) fn replay(
        &mut self,
        row: &Row,
        base: &Base,
        cost: Usd,
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
        let conditions = Conditions {
            // A tier of one provider means nothing at another.
            tier: if &*spec.host == row.host.as_deref().unwrap_or("") {
                row.conditions.tier
            } else {
                ServiceTier::Standard
            },
            ..row.conditions.clone()
        };
        let price = |usage: &Usage, conditions: &Conditions| {
            options.catalog.price(spec, usage, conditions).map(|cost| cost.total)
        };
        self.sums.requests += row.n_calls();
        self.sums.input_tokens = self.sums.input_tokens.saturating_add(expected.input());
        self.sums.output_tokens = self.sums.output_tokens.saturating_add(expected.output());
        let Ok(uncached) = price(&expected.without_cache(), &conditions) else {
            for sum in [&mut self.sums.cost, &mut self.sums.cost_uncached] {
                sum.unpriced_requests += 1;
                sum.unpriced_tokens = sum.unpriced_tokens.saturating_add(expected.total());
            }
            return None;
        };
        add(&mut self.sums.cost_uncached, uncached);
        self.sums.over_price_cliff += u64::from(is_over_cliff(spec, expected.input()));
        let cached = self.cached(row, &expected, elsewhere, options);
        let [worst, usual, best] = cached.map(|usage| price(&usage, &conditions).unwrap_or(uncached));
        // The interval of the count, carried over in proportion, on top of that of the cache.
        let widen = |usd: Usd, bound: &Usage| {
            usd.checked_scale(i128::from(bound.input()), i128::from(expected.input().max(1))).unwrap_or(usd)
        };
        let candidate = Candidate {
            lower: widen(best.min(usual), &low),
            expected: usual,
            upper: widen(worst.max(usual), &high),
            batch: [ServiceTier::Batch, ServiceTier::Flex]
                .into_iter()
                .filter_map(|tier| price(&cached[1], &Conditions { tier, ..conditions.clone() }).ok())
                .min(),
        };
        add(&mut self.sums.cost, usual);
        self.sums.lower_usd = self.sums.lower_usd.saturating_add(candidate.lower);
        self.sums.upper_usd = self.sums.upper_usd.saturating_add(candidate.upper);
        self.baseline = self.baseline.saturating_add(cost);
        let may_go = self.from.as_ref().is_none_or(|from| row.spec.is_some_and(|spec| from.contains(&spec)));
        may_go.then_some(candidate)
    }

    fn cached(&mut self, row: &Row, expected: &Usage, elsewhere: Option<&Elsewhere>, options: &Options) -> [Usage; 3] {
        let spec = &options.catalog.models[self.spec as usize];
        let rule = spec.cache.as_ref().and_then(|name| options.catalog.cache_rules.get(name));
        let (Some(rule), Some(elsewhere)) = (rule, elsewhere) else { return [expected.without_cache(); 3] };
        let cache = if row.at.is_some() { &mut self.timed } else { &mut self.untimed };
        let call = Call {
            at: row.at,
            edges: &row.shape.edges,
            offsets: &elsewhere.offsets,
            total: elsewhere.input,
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
        self.sums.saved_usd = self.baseline.saturating_sub(self.sums.cost.usd);
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
    (usage(elsewhere.input), usage(elsewhere.low), usage(elsewhere.high))
}

fn is_over_cliff(spec: &ModelSpec, input: u64) -> bool {
    spec.prices.last().is_some_and(|sheet| sheet.bands.iter().any(|band| band.above > 0 && input > band.above))
}

fn add(sum: &mut Sum, usd: Usd) {
    sum.usd = sum.usd.saturating_add(usd);
}
