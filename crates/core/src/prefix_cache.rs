//! The providers' prompt caches, simulated: which part of a prompt was there before. Trace-driven, one call after the
//! other in time order, by the rule of the provider ([`CacheRule`]); the result is a range, never one number, because
//! nobody outside knows to which machine a call goes.
//!
//! A prompt is cut into [`Edge`]s (`prefix_cache/edges.rs`): points up to which its bytes are named by a chained digest.
//! Two prompts share a prefix up to their last common edge. No text is kept: an entry is a digest and two instants.
//!
//! Cost: O(edges) a call; memory: about 30 bytes an edge alive, at most [`MAX_NODES`] a scope.

pub mod edges;

use std::borrow::Cow;

use smallvec::SmallVec;

use crate::catalog::{CacheRule, CacheTrigger, ModelSpec, TokenClass};
use crate::text::DigestMap;
use crate::usage::Usage;

pub use edges::{Bites, Edge, EdgeKind, bites, edges, edges_knowing, token_offsets};

/// Entries kept a scope; beyond, the older half is dropped. A million edges of 512 bytes stand for half a gigabyte of
/// distinct prompts within one time to live.
pub const MAX_NODES: usize = 1 << 20;

/// Levels of older entries that are looked at for the expectation.
const MAX_LEVELS: usize = 6;

/// One call, as far as a prompt cache sees it.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// When, in microseconds; `None` if the log has no times (then calls follow each other at once).
    pub at: Option<i64>,
    /// The prompt's edges.
    pub edges: &'a [Edge],
    /// Tokens of the prompt up to each edge, for the model in question.
    pub offsets: &'a [u64],
    /// All tokens of the prompt.
    pub total: u64,
    /// Edges from here on belong to the answer: they are written after the call, not read by it.
    pub n_prompt_edges: usize,
    /// Put breakpoints where they pay, for providers that need them and requests that have none.
    pub add_breakpoints: bool,
}

/// What a call reads from the cache and writes to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Hit {
    /// Tokens read for certain: same scope, shortest time to live.
    pub lower: u64,
    /// Tokens expected to be read.
    pub expected: u64,
    /// Tokens read at best: longest time to live, perfect routing.
    pub upper: u64,
    /// Tokens of the prompt that the provider would cache in all (read or written), long-lived or not.
    pub cacheable: u64,
    /// Of the cacheable tokens, those under a long-lived breakpoint.
    pub cacheable_long: u64,
}

/// The cache of one scope: one account, provider, model and region.
#[derive(Debug, Default)]
pub struct PrefixCache {
    nodes: DigestMap<u64, Node>,
    n_calls: u64,
    /// Room for what stood in the places of a call's edges before it.
    before: Vec<Option<Node>>,
}

/// There are up to a million, so they are small.
#[derive(Clone, Copy, Debug)]
struct Node {
    /// Last use, microseconds.
    used_at: i64,
    /// The number of the call that wrote it first; below, in two bits, what it is.
    written: u64,
}

impl Node {
    /// Long-lived by its breakpoint.
    const LONG: u64 = 1;
    /// A whole unit: the end of a prompt or answer, or a common prefix that was met twice.
    const UNIT: u64 = 2;

    fn writer(&self) -> u64 {
        self.written >> 2
    }

    fn is(&self, what: u64) -> bool {
        self.written & what != 0
    }
}

impl PrefixCache {
    /// Replays one call.
    pub fn call(&mut self, rule: &CacheRule, call: &Call<'_>) -> Hit {
        self.n_calls += 1;
        let now = call.at.unwrap_or(0);
        let hit = if rule.trigger == CacheTrigger::Automatic {
            self.read_and_write(rule, call, now)
        } else {
            let usable = usable_edges(rule, call);
            let hit = self.read(rule, call, &usable, now);
            self.write(rule, call, usable, now);
            hit
        };
        if self.nodes.len() > MAX_NODES {
            self.drop_older_half();
        }
        hit
    }

    /// What a call would read and write now, without making it.
    pub fn peek(&self, rule: &CacheRule, call: &Call<'_>) -> Hit {
        self.read(rule, call, &usable_edges(rule, call), call.at.unwrap_or(0))
    }

    /// Entries kept.
    pub fn n_entries(&self) -> usize {
        self.nodes.len()
    }

    /// [`read`](Self::read) and [`write`](Self::write) for caches that keep every edge: each is looked up once, not twice.
    fn read_and_write(&mut self, rule: &CacheRule, call: &Call<'_>, now: i64) -> Hit {
        let mut before = std::mem::take(&mut self.before);
        before.clear();
        let prompt = &call.edges[..call.n_prompt_edges];
        for (index, edge) in prompt.iter().enumerate() {
            let is_unit = index + 1 == prompt.len() || index + 1 == call.edges.len();
            let noted = self.note(edge.digest, now, Node::UNIT * u64::from(is_unit));
            // A marked last tool ends where all tools end: one digest twice, and the first has just renewed what stood there.
            let is_again = index > 0 && prompt[index - 1].digest == edge.digest;
            before.push(if is_again { before[index - 1] } else { noted });
        }
        let end = prompt.len().checked_sub(1).map(|index| (index, false));
        let hit = hit_of(rule, call, end.as_slice(), (0..prompt.len()).rev(), now, |index| before[index]);
        self.before = before;
        hit
    }

    /// Longest prefixes alive, newest writer first; then what of them counts.
    fn read(&self, rule: &CacheRule, call: &Call<'_>, usable: &[UsableEdge], now: i64) -> Hit {
        let candidates = candidates(rule, call, usable);
        let indices = candidates.iter().rev().map(|(index, _)| *index);
        hit_of(rule, call, usable, indices, now, |index| self.nodes.get(&call.edges[index].digest).copied())
    }

    /// Notes a use of what ends at an edge; answers what was there before this call.
    fn note(&mut self, digest: u64, now: i64, what: u64) -> Option<Node> {
        let new = Node { used_at: now, written: self.n_calls << 2 };
        let node = self.nodes.entry(digest).or_insert(new);
        let before = Some(*node).filter(|node| node.writer() != self.n_calls);
        node.used_at = node.used_at.max(now);
        node.written |= what;
        before
    }

    /// Notes what a call leaves. Caches that keep every edge take [`read_and_write`](Self::read_and_write) instead.
    fn write(&mut self, rule: &CacheRule, call: &Call<'_>, usable: Vec<UsableEdge>, now: i64) {
        let mut met = usize::MAX;
        if rule.trigger == CacheTrigger::WholePrefix {
            // The longest part met before becomes a unit of its own.
            met = usable
                .iter()
                .rev()
                .map(|(index, _)| *index)
                .find(|index| self.nodes.contains_key(&call.edges[*index].digest))
                .unwrap_or(usize::MAX);
        }
        let n_answer = if rule.trigger == CacheTrigger::WholePrefix { call.edges.len() } else { call.n_prompt_edges };
        let answer = (call.n_prompt_edges..n_answer).map(|index| (index, false));
        for (index, is_long) in usable.into_iter().chain(answer) {
            let edge = &call.edges[index];
            let is_unit = index == met || index + 1 == call.n_prompt_edges || index + 1 == call.edges.len();
            let what = (Node::LONG * u64::from(is_long)) | (Node::UNIT * u64::from(is_unit));
            self.note(edge.digest, now, what);
        }
    }

    fn drop_older_half(&mut self) {
        // By last use: the oldest entry is often the system prompt that every call reads.
        let age = |node: &Node| (node.used_at, node.writer());
        let mut ages: Vec<(i64, u64)> = self.nodes.values().map(age).collect();
        let middle = ages.len() / 2;
        let (_, median, _) = ages.select_nth_unstable(middle);
        let median = *median;
        self.nodes.retain(|_, node| age(node) > median);
    }
}

/// What a call reads. `usable`: the edges at which the provider may end a cached prefix; `candidates`: where a hit may
/// end, the longest first; `node`: what is kept there.
fn hit_of(
    rule: &CacheRule,
    call: &Call<'_>,
    usable: &[UsableEdge],
    candidates: impl Iterator<Item = usize>,
    now: i64,
    node: impl Fn(usize) -> Option<Node>,
) -> Hit {
    let mut hit = Hit::default();
    for &(index, is_long) in usable {
        hit.cacheable = round_down(call.offsets[index], rule.step);
        if is_long {
            hit.cacheable_long = hit.cacheable;
        }
    }
    if hit.cacheable < rule.min_tokens {
        hit.cacheable = 0;
        hit.cacheable_long = 0;
    }
    let mut levels = SmallVec::<[u64; MAX_LEVELS]>::new();
    let mut level_writer = u64::MAX;
    for index in candidates {
        let Some(node) = node(index) else { continue };
        if rule.trigger == CacheTrigger::WholePrefix && !node.is(Node::UNIT) {
            continue;
        }
        let tokens = round_down(call.offsets[index].min(call.total), rule.step);
        if tokens < rule.min_tokens.max(1) {
            break;
        }
        let age_s = now.saturating_sub(node.used_at).max(0) / 1_000_000;
        let outlives = |ttl_s: u64| u64::try_from(age_s).unwrap_or(u64::MAX) <= ttl_s;
        let long = rule.long_ttl_s.filter(|_| node.is(Node::LONG));
        if call.at.is_some() && outlives(long.unwrap_or(rule.ttl_low_s)) {
            hit.lower = hit.lower.max(tokens);
        }
        if outlives(long.unwrap_or(rule.ttl_high_s)) {
            hit.upper = hit.upper.max(tokens);
        }
        if outlives(long.unwrap_or(rule.ttl_s)) && node.writer() != level_writer && levels.len() < MAX_LEVELS {
            level_writer = node.writer();
            levels.push(tokens);
        }
        // Shorter ones add nothing.
        if hit.upper > 0 && (hit.lower > 0 || call.at.is_none()) && levels.len() == MAX_LEVELS {
            break;
        }
    }
    // The newest entry is met with probability p; if not, the one before it, and so on.
    let p = f64::from(rule.hit_permille.min(1000)) / 1000.0;
    let (mut left, mut expected) = (1.0, 0.0);
    for tokens in levels {
        expected += left * p * tokens as f64;
        left *= 1.0 - p;
    }
    hit.expected = (expected.round() as u64).min(hit.upper);
    // Certain is only what is expected as well.
    hit.lower = hit.lower.min(hit.expected);
    hit
}

/// An edge by its index, and whether what ends there is long-lived.
type UsableEdge = (usize, bool);

/// The edges at which the provider may end a cached prefix.
fn usable_edges(rule: &CacheRule, call: &Call<'_>) -> Vec<UsableEdge> {
    let prompt = &call.edges[..call.n_prompt_edges];
    match rule.trigger {
        CacheTrigger::Automatic | CacheTrigger::WholePrefix => (0..prompt.len()).map(|index| (index, false)).collect(),
        CacheTrigger::Explicit => {
            let mut marked: Vec<UsableEdge> = prompt
                .iter()
                .enumerate()
                .filter_map(|(index, edge)| match edge.kind {
                    EdgeKind::Breakpoint { is_long } => Some((index, is_long)),
                    _ => None,
                })
                .collect();
            if marked.is_empty() && call.add_breakpoints {
                marked = best_breakpoints(prompt).into_iter().map(|index| (index, false)).collect();
            }
            let n_most = rule.max_breakpoints.max(1) as usize;
            let n_over = marked.len().saturating_sub(n_most);
            marked.split_off(n_over)
        }
    }
}

/// Where a hit may end: for explicit caches also the part ends that lie so many blocks before a
/// breakpoint as the provider looks back.
fn candidates<'a>(rule: &CacheRule, call: &Call<'_>, usable: &'a [UsableEdge]) -> Cow<'a, [UsableEdge]> {
    if rule.trigger != CacheTrigger::Explicit {
        return Cow::Borrowed(usable);
    }
    let mut found = Vec::new();
    for &(marked, is_long) in usable {
        let mut n_blocks = 0;
        for index in (0..=marked).rev() {
            if call.edges[index].kind == EdgeKind::Inside {
                continue;
            }
            n_blocks += 1;
            found.push((index, is_long));
            if rule.lookback.is_some_and(|most| n_blocks > most) {
                break;
            }
        }
    }
    found.sort_unstable();
    found.dedup_by_key(|(index, _)| *index);
    Cow::Owned(found)
}

/// The end of tools and system instructions, and the end of the prompt: what one sets first.
fn best_breakpoints(prompt: &[Edge]) -> Vec<usize> {
    let standing = prompt.iter().rposition(|edge| edge.is_standing && edge.kind != EdgeKind::Inside);
    let end = prompt.len().checked_sub(1);
    let mut found: Vec<usize> = standing.into_iter().chain(end).collect();
    found.dedup();
    found
}

/// A usage with a simulated prompt cache: at worst, as expected, at best. `bills_writes`: see the function of that name.
pub fn usages(base: &Usage, hit: &Hit, bills_writes: bool) -> [Usage; 3] {
    let total = base.input();
    [hit.lower, hit.expected, hit.upper].map(|read| {
        let read = read.min(total);
        let (mut short, mut long) = (0, 0);
        if bills_writes {
            let write = hit.cacheable.min(total).saturating_sub(read);
            long = hit.cacheable_long.min(total).saturating_sub(read).min(write);
            short = write - long;
        }
        let fresh = total - read - short - long;
        let audio = base.of_which_audio_in.min(fresh);
        Usage {
            input_fresh: fresh,
            of_which_audio_in: audio,
            of_which_audio_cached: base.of_which_audio_cached.min(read),
            of_which_image_in: base.of_which_image_in.min(fresh - audio),
            cache_read: read,
            cache_write_short: short,
            cache_write_long: long,
            ..*base
        }
    })
}

/// Whether the model's prices tell writes from fresh input.
pub fn bills_writes(spec: &ModelSpec) -> bool {
    spec.prices
        .last()
        .and_then(|sheet| sheet.bands.first())
        .is_some_and(|band| band.tiers.values().any(|card| card.cells.contains_key(&TokenClass::CacheWriteShort)))
}

fn round_down(tokens: u64, step: u64) -> u64 {
    tokens - tokens % step.max(1)
}

#[cfg(test)]
mod tests;
