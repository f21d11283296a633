//! What the providers' prompt caches are thought to hold: a simulated cache for each account and model, fed with what was sent.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::settings::Target;
use crate::catalog::{CacheKey, CacheRule, Catalog, ModelSpec};
use crate::chat::ChatRequest;
use crate::framing::Weight;
use crate::prefix_cache::{Call, Edge, EdgeKind, Hit, PrefixCache, edges, token_offsets};

/// Entries over all caches; beyond, the cache that was longest unused is forgotten. Some 40 bytes an entry.
const MAX_ENTRIES: usize = 1 << 21;

/// The caches.
#[derive(Default)]
pub struct PromptCaches(Mutex<Caches>);

#[derive(Default)]
struct Caches {
    by_target: BTreeMap<(Arc<str>, Arc<str>), Cache>,
    n_uses: u64,
}

#[derive(Default)]
struct Cache {
    cache: PrefixCache,
    used: u64,
}

/// A prompt's edges, found once for all targets.
#[derive(Debug)]
pub struct Prompt {
    edges: Vec<Edge>,
    n_prompt_edges: usize,
    has_key: bool,
}

impl Prompt {
    /// Of a request. Linear in its text.
    pub fn of(request: &ChatRequest) -> Prompt {
        let (edges, n_prompt_edges) = edges(request, None);
        Prompt { edges, n_prompt_edges, has_key: request.cache_key.is_some() }
    }

    /// Names the prompt's beginning: calls of one conversation or template share it.
    pub(super) fn first_digest(&self) -> u64 {
        self.edges.iter().find(|edge| edge.kind != EdgeKind::Inside).map_or(0, |edge| edge.digest)
    }

    /// Whether the request sets cache breakpoints of its own.
    pub fn has_breakpoints(&self) -> bool {
        self.edges.iter().any(|edge| matches!(edge.kind, EdgeKind::Breakpoint { .. }))
    }
}

/// What a prompt weighs for one model, and how many of its tokens stand before each edge.
#[derive(Debug)]
pub struct Weighed {
    /// What it weighs.
    pub weight: Weight,
    offsets: Vec<u64>,
}

impl Weighed {
    /// Lays a weight over a prompt's edges.
    pub(super) fn of(weight: Weight, prompt: &Prompt) -> Weighed {
        let offsets = token_offsets(&prompt.edges, &weight, 0);
        Weighed { weight, offsets }
    }
}

/// The rule by which a model's provider caches this prompt, if it does.
pub(super) fn rule<'c>(catalog: &'c Catalog, spec: &ModelSpec, prompt: &Prompt) -> Option<&'c CacheRule> {
    let rule = catalog.cache_rules.get(spec.cache.as_ref()?)?;
    (rule.cache_key != CacheKey::Needed || prompt.has_key).then_some(rule)
}

impl PromptCaches {
    /// What a prompt would read and write at a target now.
    pub fn peek(
        &self,
        rule: &CacheRule,
        target: &Target,
        prompt: &Prompt,
        weighed: &Weighed,
        at_us: i64,
        add_breakpoints: bool,
    ) -> Hit {
        let call = call(prompt, weighed, at_us, add_breakpoints);
        let caches = self.caches();
        match caches.by_target.get(&key(target)) {
            Some(cache) => cache.cache.peek(rule, &call),
            None => PrefixCache::default().peek(rule, &call),
        }
    }

    /// A prompt was sent to a target.
    pub fn sent(
        &self,
        rule: &CacheRule,
        target: &Target,
        prompt: &Prompt,
        weighed: &Weighed,
        at_us: i64,
        add_breakpoints: bool,
    ) {
        let call = call(prompt, weighed, at_us, add_breakpoints);
        let mut caches = self.caches();
        caches.n_uses += 1;
        let used = caches.n_uses;
        let cache = caches.by_target.entry(key(target)).or_default();
        cache.used = used;
        cache.cache.call(rule, &call);
        while caches.n_entries() > MAX_ENTRIES && caches.by_target.len() > 1 {
            let oldest = caches.by_target.iter().min_by_key(|(_, cache)| cache.used).map(|(key, _)| key.clone());
            let Some(oldest) = oldest else { break };
            caches.by_target.remove(&oldest);
        }
    }

    /// Entries kept in all.
    pub fn n_entries(&self) -> usize {
        self.caches().n_entries()
    }

    fn caches(&self) -> MutexGuard<'_, Caches> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Caches {
    fn n_entries(&self) -> usize {
        self.by_target.values().map(|cache| cache.cache.n_entries()).sum()
    }
}

fn key(target: &Target) -> (Arc<str>, Arc<str>) {
    (Arc::clone(&target.provider), Arc::clone(&target.model))
}

fn call<'a>(prompt: &'a Prompt, weighed: &'a Weighed, at_us: i64, add_breakpoints: bool) -> Call<'a> {
    Call {
        at: Some(at_us),
        edges: &prompt.edges,
        offsets: &weighed.offsets,
        total: weighed.weight.total(),
        n_prompt_edges: prompt.n_prompt_edges,
        add_breakpoints,
    }
}
