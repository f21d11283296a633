//! What the optimizer would save on this corpus: each call rewritten, and billed with its own prompt cache beside the call
//! as it was sent, also simulated, so that only the prompts differ. An opportunity, shown and not counted: nothing was
//! rewritten yet.

use std::collections::HashMap;

use super::row::{Base, Row};
use super::steps::{Saving, Waterfall};
use super::tally::{scaled, scaled_offsets};
use crate::catalog::{CacheTrigger, Catalog, ModelSpec};
use crate::chat::{Answer, ChatRequest};
use crate::framing::{self, Profile};
use crate::optimize::Optimizer;
use crate::optimize::retention::{Retention, retention};
use crate::prefix_cache::{Call, Edge, Hit, PrefixCache, bills_writes, edges, token_offsets, usages};
use crate::tokens::memo::Memo;
use crate::usage::Usage;
use crate::usd::Usd;

/// A call as it would be sent.
pub(super) struct Rewritten {
    pub input: u64,
    pub edges: Vec<Edge>,
    pub offsets: Vec<u64>,
    pub n_prompt_edges: usize,
    /// What shortening kept of what the answer took from the prompt.
    pub retention: Retention,
}

/// The call with edits that keep its content and, if the optimizer is told to shorten, shortened; nothing where an edit is
/// not possible (a budget below what is protected).
pub(super) fn rewrite(
    request: &ChatRequest,
    answer: Option<&Answer>,
    output: u64,
    profile: Profile<'_>,
    optimizer: &Optimizer,
    memo: &Memo,
) -> Vec<Option<Rewritten>> {
    let weigher = optimizer.weigher_on(profile.host, Some(profile.model));
    let Ok((lossless, shortened)) = optimizer.rewrite(request, &weigher) else { return Vec::new() };
    let shape = |rewritten: ChatRequest, is_short: bool| {
        let weight = framing::weigh(&rewritten, profile, memo);
        let (edges, n_prompt_edges) = edges(&rewritten, answer.map(|answer| answer.parts.as_slice()));
        let offsets = token_offsets(&edges, n_prompt_edges, &weight, output);
        let retention = match answer {
            Some(answer) if is_short => retention(answer, request, &rewritten),
            _ => Retention::default(),
        };
        Rewritten { input: weight.total(), edges, offsets, n_prompt_edges, retention }
    };
    let mut all = vec![Some(shape(lossless, false))];
    if optimizer.shortens() {
        all.push(shortened.map(|shortened| shape(shortened, true)));
    }
    all
}

/// Running sums: the calls as they are, and each way of rewriting.
#[derive(Default)]
pub(super) struct Rewriting {
    caches: HashMap<(u32, bool, usize), PrefixCache>,
    pub sums: [Saving; 2],
    pub tokens: [(u64, u64); 2],
    pub retention: Retention,
    /// Calls that cannot be made as short as asked.
    pub n_refused: u64,
}

impl Rewriting {
    pub(super) fn walk(
        &mut self,
        row: &Row,
        base: &Base,
        catalog: &Catalog,
        spec: u32,
        price: impl Fn(&Usage) -> Option<Usd>,
    ) {
        let Some(weighed) = row.counted.map(|counted| counted.input).filter(|input| *input > 0) else { return };
        if row.rewritten.is_empty() {
            return;
        }
        let model = &catalog.models[spec as usize];
        let total = base.usage.input();
        let shape = &row.shape;
        let offsets = scaled_offsets(&shape.offsets, total, weighed);
        let sent = Sent { edges: &shape.edges, offsets: &offsets, total, n_prompt_edges: shape.n_prompt_edges };
        let Some(as_is) = self.costs(row, base, catalog, model, (spec, 0), &sent, &price) else { return };
        for (index, rewritten) in row.rewritten.iter().enumerate() {
            let Some(rewritten) = rewritten else {
                self.n_refused += 1;
                continue;
            };
            let shorter = scaled(rewritten.input, total, weighed);
            let offsets = scaled_offsets(&rewritten.offsets, total, weighed);
            let sent = Sent {
                edges: &rewritten.edges,
                offsets: &offsets,
                total: shorter,
                n_prompt_edges: rewritten.n_prompt_edges,
            };
            let Some(costs) = self.costs(row, base, catalog, model, (spec, index + 1), &sent, &price) else { continue };
            let saved: Vec<Usd> = as_is.iter().zip(costs).map(|(before, after)| before.saturating_sub(after)).collect();
            let (lower, upper) = (saved.iter().min(), saved.iter().max());
            self.sums[index].add(*lower.unwrap_or(&Usd::ZERO), saved[1], *upper.unwrap_or(&Usd::ZERO));
            self.sums[index].requests -= u64::from(shorter == total);
            self.tokens[index].0 += total;
            self.tokens[index].1 += shorter;
            self.retention.add(rewritten.retention);
        }
    }

    /// The rows of the waterfall.
    pub(super) fn show(&self, waterfall: &mut Waterfall) {
        let fewer = |(before, after): (u64, u64)| {
            let saved = before.saturating_sub(after);
            let permille = (saved * 1000).checked_div(before).unwrap_or(0);
            format!("{}.{} % fewer input tokens", permille / 10, permille % 10)
        };
        waterfall.shown(
            "optimize",
            "Optimize prompts (lossless)",
            self.sums[0],
            "identical",
            format!(
                "{}; both bills with the prompt cache simulated; promptopt optimize does it",
                fewer(self.tokens[0])
            ),
        );
        if self.tokens[1].0 == 0 && self.n_refused == 0 {
            return;
        }
        let kept = match self.retention.permille() {
            Some(permille) => {
                format!("{}.{} % of what answers took from prompts is still there", permille / 10, permille % 10)
            }
            None => "what is lost is not known: the log has no answers that repeat their prompts".to_owned(),
        };
        let refused = match self.n_refused {
            0 => String::new(),
            n => format!("; {n} calls cannot be made so short"),
        };
        let rests_on = format!("{kept}; {}{refused}", fewer(self.tokens[1]));
        waterfall.shown("optimize_to_budget", "Optimize prompts to budget", self.sums[1], "may_differ", rests_on);
    }

    /// The call's cost with its prompt cache at worst, as expected, at best.
    #[allow(clippy::too_many_arguments, reason = "what a call is priced by")]
    fn costs(
        &mut self,
        row: &Row,
        base: &Base,
        catalog: &Catalog,
        model: &ModelSpec,
        (spec, way): (u32, usize),
        sent: &Sent<'_>,
        price: impl Fn(&Usage) -> Option<Usd>,
    ) -> Option<[Usd; 3]> {
        let rule = model.cache.as_ref().and_then(|name| catalog.cache_rules.get(name));
        let hit = match rule {
            Some(rule) if rule.trigger != CacheTrigger::Explicit || row.has_breakpoints => {
                let cache = self.caches.entry((spec, row.at.is_some(), way)).or_default();
                let Sent { edges, offsets, total, n_prompt_edges } = *sent;
                cache.call(rule, &Call { at: row.at, edges, offsets, total, n_prompt_edges, add_breakpoints: false })
            }
            _ => Hit::default(),
        };
        let fresh = Usage { input_fresh: sent.total, ..base.usage.without_cache() };
        let costs = usages(&fresh, &hit, bills_writes(model)).map(|usage| price(&usage));
        Some([costs[0]?, costs[1]?, costs[2]?])
    }
}

/// What goes to the provider, as a prompt cache sees it.
struct Sent<'a> {
    edges: &'a [Edge],
    offsets: &'a [u64],
    total: u64,
    n_prompt_edges: usize,
}
