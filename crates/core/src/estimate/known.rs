//! What is known of messages that several requests share, so that it is found out once: their digests, bites and
//! tokens, and the text that decides a request's kind. The readers share a message of which many requests repeat the
//! text (`format/known.rs`, and the logs of sessions); what is known stands in the message's notes.

use std::sync::Arc;

use smallvec::SmallVec;

use super::kinds::{KindText, kind_text};
use crate::cache::{MessageDigests, message_digests};
use crate::chat::{ChatRequest, Message, Note, Role};
use crate::prefix_cache::{Bites, bites};
use crate::text::keyed::Secret;
use crate::text::recent::Recent;
use crate::tokens::kept::Kept;

/// Texts of kinds remembered, of some two kilobytes each.
const MAX_KIND_TEXTS: usize = 1 << 11;

/// What the workers share: the secret of this run's digests, and the texts that decide kinds.
pub(super) struct Known {
    secret: Secret,
    /// Tells this secret from others: its digest of nothing.
    run: [u8; 16],
    kinds: Recent<[u8; 16], Arc<KindText>>,
}

/// The facts of a request's messages, in their order.
pub(super) type AllFacts<'a> = SmallVec<[Note<'a, Facts>; FEW]>;

/// Messages of a request, of which lists are kept without asking for memory.
pub(super) const FEW: usize = 12;

/// What is known of one message.
pub(super) struct Facts {
    /// Under whose secret the digests are.
    run: [u8; 16],
    pub digests: MessageDigests,
    pub bites: Option<Bites>,
    /// The tokens of its text, if it is one text and nothing else.
    pub tokens: Kept,
}

impl Known {
    /// Nothing known yet; without `remember` no text of a kind is kept.
    pub(super) fn new(remember: bool) -> Self {
        let secret = Secret::default();
        Known { run: secret.digest(b""), secret, kinds: Recent::new(if remember { MAX_KIND_TEXTS } else { 0 }) }
    }

    /// What the digests are keyed by.
    pub(super) fn secret(&self) -> &Secret {
        &self.secret
    }

    /// The facts of all messages of a request.
    pub(super) fn facts<'a>(&self, request: &'a ChatRequest) -> AllFacts<'a> {
        request.messages.iter().map(|message| self.facts_of(message)).collect()
    }

    fn facts_of<'a>(&self, message: &'a Message) -> Note<'a, Facts> {
        let make = || Facts {
            run: self.run,
            digests: message_digests(message, &self.secret),
            bites: bites(message),
            tokens: Kept::default(),
        };
        let facts = message.notes.get_or_make(make);
        // A message that another estimate has seen before has digests that say nothing here.
        if facts.run == self.run { facts } else { Note::Made(Box::new(make())) }
    }

    /// What decides the kind of a request: its first messages up to a user's.
    pub(super) fn kind_text(&self, request: &ChatRequest, facts: &[Note<'_, Facts>]) -> Arc<KindText> {
        let is_system = |message: &Arc<Message>| matches!(message.role, Role::System | Role::Developer);
        let n_system = request.messages.iter().take_while(|message| is_system(message)).count();
        // Mostly the user speaks next; else the text is made anew.
        if request.messages.get(n_system).is_none_or(|next| next.role != Role::User) {
            return Arc::new(kind_text(request));
        }
        let mut digests = SmallVec::<[u8; 64]>::new();
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
