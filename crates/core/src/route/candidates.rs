//! The places where a route lets a call go: its candidates and fallbacks with the asked model filled in, each once.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::plan::{Rejected, Rules};
use super::settings::{CandidateSpec, RouteSpec};
use crate::catalog::ModelSpec;
use crate::target::{Target, bare};
use crate::upstream::settings::ProviderSettings;
use crate::usage::ServiceTier;

/// A place where a call may go.
#[derive(Clone)]
pub(super) struct Candidate<'a> {
    pub spec: &'a ModelSpec,
    pub provider: &'a ProviderSettings,
    pub target: Target,
    pub weight: u32,
    pub quality: Option<u16>,
    /// Asked only when those before have failed.
    pub is_fallback: bool,
}

/// What is asked of the places.
pub(super) struct Wanted<'a> {
    /// The model, as written.
    pub asked: &'a str,
    /// The tier asked for by the request.
    pub tier: Option<ServiceTier>,
    /// Slower tiers are allowed.
    pub may_be_slow: bool,
}

/// All places of a route, and those that are none.
pub(super) fn candidates<'a>(
    rules: &'a Rules,
    route: &RouteSpec,
    wanted: &Wanted<'_>,
) -> (Vec<Candidate<'a>>, Vec<Rejected>) {
    let mut found = Finding { rules, wanted, candidates: Vec::new(), rejected: Vec::new(), seen: BTreeSet::new() };
    if route.candidates.is_empty() {
        found.wherever_it_is_offered(route);
    }
    for spec in &route.candidates {
        found.add(route, spec, false);
    }
    for spec in &route.fallbacks {
        found.add(route, spec, true);
    }
    // Routes after this one; the configuration holds no circle, and a route that was met is not met again.
    let mut next: Vec<&Arc<str>> = route.then.iter().rev().collect();
    let mut met: BTreeSet<&str> = BTreeSet::from([&*route.name]);
    while let Some(name) = next.pop() {
        let Some(other) = rules.route(name).filter(|_| met.insert(name)) else { continue };
        for spec in other.candidates.iter().chain(&other.fallbacks) {
            found.add(route, spec, true);
        }
        next.extend(other.then.iter().rev());
    }
    (found.candidates, found.rejected)
}

struct Finding<'a, 'w> {
    rules: &'a Rules,
    wanted: &'w Wanted<'w>,
    candidates: Vec<Candidate<'a>>,
    rejected: Vec<Rejected>,
    seen: BTreeSet<(Arc<str>, Arc<str>, ServiceTier)>,
}

impl Finding<'_, '_> {
    /// The asked model at each provider that has it. `openai/gpt-5` names the provider too.
    fn wherever_it_is_offered(&mut self, route: &RouteSpec) {
        let (named, model) = match self.wanted.asked.split_once('/') {
            Some((provider, model)) if self.rules.provider(provider).is_some() => (Some(provider), model),
            _ => (None, self.wanted.asked),
        };
        let rules = self.rules;
        for provider in rules.providers().filter(|provider| named.is_none_or(|named| *provider.name == *named)) {
            if rules.catalog.find(Some(&provider.host), model).is_some() || named.is_some() {
                let spec = CandidateSpec {
                    provider: Arc::clone(&provider.name),
                    model: Some(model.into()),
                    tier: None,
                    weight: 1,
                    quality: None,
                };
                self.add(route, &spec, false);
            }
        }
    }

    fn add(&mut self, route: &RouteSpec, spec: &CandidateSpec, is_fallback: bool) {
        let model = spec.model.as_deref().unwrap_or_else(|| bare(self.wanted.asked, &spec.provider));
        let reject = |reason: String| Rejected { provider: Arc::clone(&spec.provider), model: model.into(), reason };
        let Some(provider) = self.rules.provider(&spec.provider) else {
            return self.rejected.push(reject("no provider has this name".to_owned()));
        };
        let Some(row) = self.rules.catalog.find(Some(&provider.host), model) else {
            return self.rejected.push(reject(format!("`{}` has no such model in the catalogue", provider.host)));
        };
        if let Some(why) = denied(route, provider, row) {
            return self.rejected.push(reject(why));
        }
        for tier in self.tiers(provider, row, spec.tier) {
            let target = Target {
                provider: Arc::clone(&provider.name),
                host: Arc::clone(&row.host),
                model: Arc::clone(&row.id),
                tier,
            };
            let key = (Arc::clone(&target.provider), Arc::clone(&target.model), tier);
            if self.seen.insert(key) {
                let (weight, quality) = (spec.weight, spec.quality);
                self.candidates.push(Candidate { spec: row, provider, target, weight, quality, is_fallback });
            }
        }
    }

    /// The tiers to ask for: what the candidate says, else what the request says, else the standard one, and flex where there is time.
    fn tiers(&self, provider: &ProviderSettings, row: &ModelSpec, said: Option<ServiceTier>) -> Vec<ServiceTier> {
        if let Some(tier) = said.or(self.wanted.tier) {
            return vec![if provider.tiers.contains(&tier) { tier } else { ServiceTier::Standard }];
        }
        let has_flex =
            row.prices.iter().any(|sheet| sheet.bands.iter().any(|band| band.tiers.contains_key(&ServiceTier::Flex)));
        if self.wanted.may_be_slow && provider.tiers.contains(&ServiceTier::Flex) && has_flex {
            return vec![ServiceTier::Flex, ServiceTier::Standard];
        }
        vec![ServiceTier::Standard]
    }
}

fn denied(route: &RouteSpec, provider: &ProviderSettings, row: &ModelSpec) -> Option<String> {
    let name = format!("{}/{}", provider.name, row.id);
    if let Some(entry) = route.deny.iter().find(|entry| ***entry == *provider.name || **entry == name) {
        return Some(format!("the route denies `{entry}`"));
    }
    let region = provider.region.as_deref();
    if !route.regions.is_empty() && !region.is_some_and(|region| route.regions.iter().any(|allowed| allowed == region))
    {
        return Some(format!(
            "data may be in {}, the provider is in {}",
            route.regions.join(", "),
            region.unwrap_or("no named region")
        ));
    }
    None
}
