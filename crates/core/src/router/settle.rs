//! The end of an attempt, however it ended: what it cost goes to the budget, the ledger, the breaker and the alerts, once.

use std::sync::Arc;

use super::meter::Metered;
use super::prepare::Prepared;
use crate::clock::Timestamp;
use crate::ledger::{AttemptId, Outcome, SavedBy, UsageRecord, UsageSource};
use crate::route::settings::Target;
use crate::usage::Usage;
use crate::usd::Usd;

/// What is known of an attempt from its beginning.
#[derive(Clone)]
pub(super) struct Begun {
    pub id: AttemptId,
    pub call: AttemptId,
    pub at: Timestamp,
    /// Monotonic microseconds at which it was sent.
    pub sent_us: u64,
    pub target: Target,
    pub route: Arc<str>,
    pub queued_us: u64,
}

/// How it ended.
#[derive(Clone, Debug)]
pub(super) struct Ended {
    pub outcome: Outcome,
    pub status: Option<u16>,
    pub error: Option<Arc<str>>,
    pub first_byte_us: Option<u64>,
    /// Monotonic microseconds at which it ended.
    pub at_us: u64,
    pub metered: Metered,
}

impl Metered {
    /// Nothing was consumed.
    pub(super) fn nothing(target: &Target) -> Metered {
        let (model, tier) = (Arc::clone(&target.model), target.tier);
        Metered { model, usage: Usage::default(), source: UsageSource::None, tier, cost: Ok(Usd::ZERO) }
    }
}

/// The ledger's row of an attempt.
pub(super) fn record(prepared: &Prepared, begun: &Begun, ended: &Ended) -> UsageRecord {
    let caller = &prepared.labels.caller;
    UsageRecord {
        id: begun.id,
        call: begun.call,
        at: begun.at,
        request: prepared.digest,
        template: prepared.template,
        tenant: Arc::clone(&caller.tenant.0),
        caller: caller.id.clone(),
        team: caller.team.clone(),
        tags: caller.tags.clone(),
        route: Some(Arc::clone(&begun.route)),
        asked: prepared.asked.clone(),
        provider: Arc::clone(&begun.target.provider),
        host: Arc::clone(&begun.target.host),
        model: Arc::clone(&ended.metered.model),
        tier: ended.metered.tier,
        usage: ended.metered.usage,
        source: ended.metered.source,
        cost: ended.metered.cost.as_ref().ok().copied(),
        saved: Usd::ZERO,
        saved_by: None,
        queued_us: begun.queued_us,
        first_byte_us: ended.first_byte_us,
        total_us: ended.at_us.saturating_sub(begun.sent_us),
        outcome: ended.outcome,
        status: ended.status,
        error: ended.error.clone(),
    }
}

/// The row of an answer that nobody had to pay: what it would have cost is what was saved.
pub(super) fn free_record(prepared: &Prepared, begun: &Begun, by: SavedBy, saved: Option<Usd>) -> UsageRecord {
    let outcome = match by {
        SavedBy::ResponseCache => Outcome::FromCache,
        SavedBy::Coalescing => Outcome::Coalesced,
    };
    let ended = Ended {
        outcome,
        status: None,
        error: None,
        first_byte_us: None,
        at_us: begun.sent_us,
        metered: Metered::nothing(&begun.target),
    };
    UsageRecord { saved: saved.unwrap_or(Usd::ZERO), saved_by: Some(by), ..record(prepared, begun, &ended) }
}
