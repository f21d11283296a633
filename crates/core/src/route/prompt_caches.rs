//! What the providers' prompt caches are thought to hold: a simulated cache for each account and model, fed with what was sent.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::settings::Target;
use crate::catalog::{CacheKey, CacheRule, Catalog, ModelSpec};
use crate::chat::ChatRequest;
use crate::framing::{Profile, Weight};
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
        let offsets = token_offsets(&prompt.edges, prompt.edges.len(), &weight, 0);
        Weighed { weight, offsets }
    }
}

/// What is known of one prompt, for all who ask about it: its edges, and what it weighs for each model. Found once, however often and at
/// however many targets the same prompt is planned.
#[derive(Debug, Default)]
pub struct Known {
    prompt: OnceLock<Arc<Prompt>>,
    by_model: Mutex<Vec<KnownWeight>>,
}

#[derive(Debug)]
struct KnownWeight {
    host: Option<Box<str>>,
    model: Box<str>,
    weighed: Arc<Weighed>,
}

impl Known {
    /// The edges of the prompt, which is always that of the same request.
    pub(super) fn prompt(&self, request: &ChatRequest) -> Arc<Prompt> {
        Arc::clone(self.prompt.get_or_init(|| Arc::new(Prompt::of(request))))
    }

    /// What it weighs for a model.
    pub(super) fn weighed(&self, profile: &Profile<'_>, weigh: impl FnOnce() -> Weighed) -> Arc<Weighed> {
        let is_it = |known: &&KnownWeight| *known.model == *profile.model && known.host.as_deref() == profile.host;
        let by_model = || self.by_model.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = by_model().iter().find(is_it) {
            return Arc::clone(&known.weighed);
        }
        // Outside of the lock: two may weigh it once each.
        let weighed = Arc::new(weigh());
        let (host, model) = (profile.host.map(Box::from), Box::from(profile.model));
        by_model().push(KnownWeight { host, model, weighed: Arc::clone(&weighed) });
        weighed
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
