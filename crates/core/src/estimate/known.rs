//! What is known of messages that several requests share, so that it is found out once: their digests and bites, and the
//! text that decides a request's kind. The readers share a message of which many requests repeat the text (`format/known.rs`, and
//! the logs of sessions); here it is known by its place in memory.

use std::sync::{Arc, Weak};

use super::kinds::{KindText, kind_text};
use crate::cache::{MessageDigests, message_digests};
use crate::chat::{ChatRequest, Message, Role};
use crate::prefix_cache::{Bites, bites};
use crate::text::keyed::Secret;
use crate::text::recent::Recent;

/// Messages remembered; one with many bites counts as several.
const MAX_MESSAGES: usize = 1 << 15;
/// Bites that take as much memory as a message's other facts.
const BITES: usize = 32;
/// Texts of kinds remembered, of some two kilobytes each.
const MAX_KIND_TEXTS: usize = 1 << 11;

/// What is known, for all workers.
pub(super) struct Known {
    secret: Secret,
    facts: Recent<u64, (Weak<Message>, Arc<Facts>)>,
    kinds: Recent<[u8; 16], Arc<KindText>>,
}

/// What is known of one message.
pub(super) struct Facts {
    pub digests: MessageDigests,
    pub bites: Option<Bites>,
}

impl Known {
    /// Nothing known yet; without `remember` it stays so.
    pub(super) fn new(remember: bool) -> Self {
        let most = |most| if remember { most } else { 0 };
        Known {
            secret: Secret::default(),
            facts: Recent::new(most(MAX_MESSAGES)),
            kinds: Recent::new(most(MAX_KIND_TEXTS)),
        }
    }

    /// What the digests are keyed by.
    pub(super) fn secret(&self) -> &Secret {
        &self.secret
    }

    /// The facts of all messages of a request.
    pub(super) fn facts(&self, request: &ChatRequest) -> Vec<Arc<Facts>> {
        request.messages.iter().map(|message| self.facts_of(message)).collect()
    }

    fn facts_of(&self, message: &Arc<Message>) -> Arc<Facts> {
        let find = || Arc::new(Facts { digests: message_digests(message, &self.secret), bites: bites(message) });
        if Arc::strong_count(message) == 1 {
            // Nobody else has it, so it does not come again.
            return find();
        }
        // An odd factor: places differ after it where they did before. As long as there is a `Weak`, no other message
        // takes the place.
        let key = (Arc::as_ptr(message).addr() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(32);
        let spread = (key >> 24) as u8;
        if let Some((_, facts)) = self.facts.get(&key, spread) {
            return facts;
        }
        let facts = find();
        let weight = 1 + facts.bites.as_ref().map_or(0, |bites| bites.len() / BITES);
        self.facts.keep(key, spread, (Arc::downgrade(message), Arc::clone(&facts)), weight);
        facts
    }

    /// What decides the kind of a request: its first messages up to a user's.
    pub(super) fn kind_text(&self, request: &ChatRequest, facts: &[Arc<Facts>]) -> Arc<KindText> {
        let is_system = |message: &Arc<Message>| matches!(message.role, Role::System | Role::Developer);
        let n_system = request.messages.iter().take_while(|message| is_system(message)).count();
        // Mostly the user speaks next; else the text is made anew.
        if request.messages.get(n_system).is_none_or(|next| next.role != Role::User) {
            return Arc::new(kind_text(request));
        }
        let mut digests = Vec::with_capacity(64);
        for facts in &facts[..=n_system] {
            digests.extend_from_slice(&facts.digests.0);
        }
        let key = self.secret.digest(&digests);
        if let Some(text) = self.kinds.get(&key, key[15]) {
            return text;
        }
        let text = Arc::new(kind_text(request));
        self.kinds.keep(key, key[15], Arc::clone(&text), 1);
        text
    }
}
