//! Kinds of request, found by what is constant in them: "types of request" without labels. Texts come one at a time, in
//! the order of the corpus; memory is bounded; nothing depends on hash order.
//!
//! A text joins the kind with which it has most words in common, if that is most of the longer one, or all that the kind
//! has left. Texts that found no partner are looked through again, all at once, when there are many of them and at the
//! end: there a template with long variables, or a system text with ever new questions, shows.

mod align;
mod index;
mod pattern;
mod regroup;
mod skeleton;
mod text;
mod words;

pub use skeleton::Skeleton;
pub use text::{KindText, MAX_CHARS, kind_text};

use std::collections::{BTreeMap, HashMap};

use index::{Index, Keys};
use pattern::{Overlap, Pattern};

/// Most kinds held at a time.
pub const MAX_KINDS: usize = 2_000;
/// The kind of the texts whose own kind was given up for room: the rarest, oldest first.
pub const OTHER: u32 = 0;
/// Texts after which a kind without constant user words is taken to have none.
const SETTLED_AFTER: u64 = 8;
/// Texts remembered word for word.
const MAX_SEEN: usize = 200_000;
/// Kinds that were merged into others and whose ids still lead there.
const MAX_MERGED: usize = 1_000_000;

/// The kinds of request seen so far.
#[derive(Debug, Default)]
pub struct Kinds {
    /// By id, which is the order of their first texts.
    held: Vec<Kind>,
    /// Former id to the id it was merged into. An id that is neither here nor in `held` is [`OTHER`].
    merged: BTreeMap<u32, u32>,
    /// Digest to kind, in two generations: when the young are many, the old are forgotten.
    seen: [HashMap<u128, u32>; 2],
    index: Index,
    /// System text to its one kind, once nothing else is constant in it.
    settled: HashMap<u128, u32>,
    last_id: u32,
}

#[derive(Clone, Debug)]
struct Kind {
    id: u32,
    pattern: Pattern,
    /// Of the first text.
    keys: Keys,
    /// Calls.
    n_calls: u64,
    /// Different texts.
    n_texts: u64,
    /// The system text of all calls; `None` if it differs.
    system_digest: Option<u128>,
}

impl Kinds {
    /// The kind of a text, a new one if need be. Ids are never reused. A kind may later turn out to be part of another:
    /// see [`resolve`](Self::resolve).
    pub fn observe(&mut self, text: &KindText) -> u32 {
        if let Some(id) = self.recall(text.digest) {
            let id = self.resolve(id);
            if let Some(kind) = self.position(id).and_then(|at| self.held.get_mut(at)) {
                kind.n_calls += 1;
            }
            return id;
        }
        if let Some(id) = self.settled(text.system_digest) {
            return id;
        }
        let pattern = Pattern::read(text);
        let keys = Keys::of(&pattern);
        let id = match self.best(&pattern, &keys) {
            Some((at, overlap)) => self.join(at, &pattern, &overlap, text.system_digest),
            None => self.found(pattern, keys, text.system_digest),
        };
        self.remember(text.digest, id);
        id
    }

    /// The kind of all calls with this system text, if nothing but the system text is constant in it: a further text
    /// could change nothing, so it is not read.
    fn settled(&mut self, system_digest: u128) -> Option<u32> {
        let id = self.resolve(*self.settled.get(&system_digest)?);
        let kind = self.position(id).and_then(|at| self.held.get_mut(at))?;
        kind.n_calls += 1;
        kind.n_texts += 1;
        Some(id)
    }

    /// Looks through the kinds of a single text for what they have in common. Call it once, after the last text.
    pub fn finish(&mut self) {
        regroup::regroup(&mut self.held, &mut self.merged);
        self.rebuild();
    }

    /// Where the calls of a kind belong now: the kind itself, the one it was merged into, or [`OTHER`]. Figures kept by
    /// id are to be added up by this at the end (and in between, when they are many).
    pub fn resolve(&self, kind: u32) -> u32 {
        let id = self.merged.get(&kind).copied().unwrap_or(kind);
        if self.position(id).is_some() { id } else { OTHER }
    }

    /// What the texts of a kind have in common. `(other)` for [`OTHER`], an empty text for requests without one.
    pub fn skeleton(&self, kind: u32) -> Skeleton {
        match self.position(self.resolve(kind)) {
            Some(at) => {
                let kind = &self.held[at];
                skeleton::skeleton(&kind.pattern, kind.system_digest.is_some_and(|digest| digest != 0))
            }
            None => Skeleton { text: "(other)".to_owned(), ..Skeleton::default() },
        }
    }

    fn position(&self, id: u32) -> Option<usize> {
        self.held.binary_search_by_key(&id, |kind| kind.id).ok()
    }

    /// The kind a new text belongs to, with what they have in common.
    fn best(&self, pattern: &Pattern, keys: &Keys) -> Option<(usize, Overlap)> {
        // Aligning costs far more than bounding what an alignment can yield, so the likeliest comes first.
        let mut bounded: Vec<(usize, usize)> = Vec::new();
        for at in self.index.candidates(keys, pattern) {
            let n_common = self.held[at].pattern.common_bound(pattern);
            if may_join(&self.held[at], pattern, n_common) {
                bounded.push((n_common, at));
            }
        }
        bounded.sort_unstable_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut best: Option<(usize, Overlap)> = None;
        for (n_common, at) in bounded {
            let least = best.as_ref().map_or(0, |(_, overlap)| overlap.n_plain() + 1);
            if n_common < least {
                break;
            }
            let overlap = self.held[at].pattern.overlap(pattern);
            if overlap.n_plain() >= least && joins(&self.held[at], pattern, &overlap) {
                best = Some((at, overlap));
            }
        }
        best
    }

    fn join(&mut self, at: usize, pattern: &Pattern, overlap: &Overlap, system_digest: u128) -> u32 {
        let kind = &mut self.held[at];
        kind.n_calls += 1;
        kind.n_texts += 1;
        kind.system_digest = kind.system_digest.filter(|digest| *digest == system_digest);
        let n_plain = kind.pattern.n_plain();
        kind.pattern.narrow(pattern, overlap);
        if kind.n_texts == 2 || kind.pattern.n_plain() != n_plain {
            self.index.set_general(at, &kind.pattern);
        }
        if kind.n_texts >= SETTLED_AFTER
            && system_digest != 0
            && kind.system_digest == Some(system_digest)
            && kind.pattern.n_plain_of(1) == 0
        {
            self.settled.insert(system_digest, kind.id);
        }
        kind.id
    }

    fn found(&mut self, pattern: Pattern, keys: Keys, system_digest: u128) -> u32 {
        if self.held.len() >= MAX_KINDS {
            self.finish();
            self.make_room();
        }
        self.last_id = self.last_id.saturating_add(1);
        self.index.add(self.held.len(), &keys);
        let id = self.last_id;
        let system_digest = Some(system_digest);
        self.held.push(Kind { id, pattern, keys, n_calls: 1, n_texts: 1, system_digest });
        id
    }

    /// Gives up the rarest kinds, the oldest first, until half are left.
    fn make_room(&mut self) {
        let n_too_many = self.held.len().saturating_sub(MAX_KINDS / 2);
        let mut by_worth: Vec<(u64, u32)> = self.held.iter().map(|kind| (kind.n_calls, kind.id)).collect();
        by_worth.sort_unstable();
        let mut given_up: Vec<u32> = by_worth.iter().take(n_too_many).map(|(_, id)| *id).collect();
        given_up.sort_unstable();
        self.held.retain(|kind| given_up.binary_search(&kind.id).is_err());
        self.rebuild();
    }

    fn rebuild(&mut self) {
        let held = &self.held;
        self.merged.retain(|_, into| held.binary_search_by_key(into, |kind| kind.id).is_ok());
        while self.merged.len() > MAX_MERGED {
            self.merged.pop_first();
        }
        self.index = Index::default();
        for (at, kind) in self.held.iter().enumerate() {
            self.index.add(at, &kind.keys);
            if kind.n_texts > 1 {
                self.index.set_general(at, &kind.pattern);
            }
        }
    }

    fn recall(&mut self, digest: u128) -> Option<u32> {
        if let Some(id) = self.seen[0].get(&digest) {
            return Some(*id);
        }
        let id = *self.seen[1].get(&digest)?;
        self.remember(digest, id);
        Some(id)
    }

    fn remember(&mut self, digest: u128, id: u32) {
        if self.seen[0].len() >= MAX_SEEN / 2 {
            self.seen[1] = std::mem::take(&mut self.seen[0]);
        }
        self.seen[0].insert(digest, id);
    }
}

/// Whether a text can belong to a kind at all, given that they have at most `n_common` plain words in common.
fn may_join(kind: &Kind, pattern: &Pattern, n_common: usize) -> bool {
    kind.pattern.has_system() == pattern.has_system()
        && (is_most(n_common, kind.pattern.n_first().max(pattern.n_plain()))
            || (kind.n_texts > 1 && n_common >= kind.pattern.n_plain()))
}

/// Whether a text belongs to a kind: they have most of the longer one in common, or all that the kind has left and
/// that is a template.
fn joins(kind: &Kind, pattern: &Pattern, overlap: &Overlap) -> bool {
    let is_like = same_system(&kind.pattern, pattern, overlap) && may_join(kind, pattern, overlap.n_plain());
    if !is_like || !regroup::keeps_labels(kind.n_texts, &kind.pattern, overlap) {
        return false;
    }
    let is_most = is_most(overlap.n_plain(), kind.pattern.n_first().max(pattern.n_plain()));
    is_most || kind.pattern.has_system() || overlap.user_score() >= regroup::MIN_SCORE
}

/// Whether the system texts are one and the same but for variables.
fn same_system(a: &Pattern, b: &Pattern, overlap: &Overlap) -> bool {
    a.has_system() == b.has_system() && is_most(overlap.plain[0], a.sections[0].n_first.max(b.n_plain_of(0)))
}

/// Three fifths. Fewer, and prose about one subject falls together; more, and templates with a long variable fall apart.
fn is_most(part: usize, whole: usize) -> bool {
    part * 5 >= whole * 3
}

#[cfg(test)]
mod tests;
