//! What the router answers: the body in the caller's dialect, and what it took to get it.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;

use crate::chat::Dialect;
use crate::error::{Error, Result};
use crate::ledger::{AttemptId, UsageSource};
use crate::route::settings::Target;
use crate::usage::Usage;
use crate::usd::Usd;

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The body, in the dialect that was asked in.
    pub body: Bytes,
    /// What it took.
    pub report: Report,
}

/// How a call went.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Names the call, for feedback.
    pub call: AttemptId,
    /// The dialect of the body.
    pub dialect: Dialect,
    /// The route.
    pub route: Arc<str>,
    /// Who answered.
    pub target: Target,
    /// Where the answer comes from.
    pub cache: CacheStatus,
    /// Seconds since a kept answer was given first.
    pub age_s: Option<u64>,
    /// Attempts made at providers, retries and fallbacks included.
    pub attempts: u32,
    /// What the answer consumed when it was made.
    pub usage: Usage,
    /// Where those counters come from.
    pub source: UsageSource,
    /// What the call cost, all its attempts together; zero for a kept answer, `None` if a price is not known.
    pub cost: Option<Usd>,
    /// What a kept answer saved.
    pub saved: Usd,
    /// The plan in one line.
    pub plan: Arc<str>,
    /// What could not be said in the other dialect, each as `field: why`.
    pub lost: Vec<String>,
}

/// Where an answer comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CacheStatus {
    /// The response cache.
    Hit,
    /// A tier that answers by likeness: the answer to a question that is near this one. Only where a service has brought one.
    Near,
    /// A provider; the answer may be kept.
    Miss,
    /// The response cache, past its time, while a new answer is fetched.
    Stale,
    /// Another caller's call that was under way.
    Coalesced,
    /// A provider; the request is not for the cache.
    Bypass,
}

impl CacheStatus {
    /// As in the header.
    pub const fn name(self) -> &'static str {
        match self {
            CacheStatus::Hit => "hit",
            CacheStatus::Near => "near",
            CacheStatus::Miss => "miss",
            CacheStatus::Stale => "stale",
            CacheStatus::Coalesced => "coalesced",
            CacheStatus::Bypass => "bypass",
        }
    }
}

impl Report {
    /// As headers, for services that pass them on. The cache's key is not among them: it would tell who asked what before.
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            ("x-promptopt-call", self.call.to_string()),
            ("x-promptopt-route", self.route.to_string()),
            ("x-promptopt-target", self.target.to_string()),
            ("x-promptopt-cache", self.cache.name().to_owned()),
            ("x-promptopt-attempts", self.attempts.to_string()),
            ("x-promptopt-plan", self.plan.to_string()),
        ];
        if let Some(cost) = self.cost {
            headers.push(("x-promptopt-cost-usd", cost.to_decimal()));
        }
        if let Some(age) = self.age_s {
            headers.push(("age", age.to_string()));
        }
        headers
    }
}

impl Answer {
    /// The body as JSON.
    pub fn json(&self) -> Result<serde_json::Value> {
        serde_json::from_slice(&self.body).map_err(|cause| Error::input("the answer is no JSON").because(cause))
    }
}

/// An answer as it comes: server-sent events in the dialect that was asked in. Dropping it ends the call; what was used until then
/// is settled.
pub struct AnswerStream {
    pub(super) events: Pin<Box<dyn Stream<Item = Result<Bytes>> + Send>>,
    pub(super) begun: Report,
    pub(super) done: Arc<Mutex<Option<Report>>>,
}

impl AnswerStream {
    /// What is known at the beginning: who answers, and from where.
    pub fn begun(&self) -> &Report {
        &self.begun
    }

    /// How it went: there once the stream has ended.
    pub fn report(&self) -> Option<Report> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Stream for AnswerStream {
    type Item = Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.events.as_mut().poll_next(context)
    }
}

impl std::fmt::Debug for AnswerStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AnswerStream").field("begun", &self.begun).finish_non_exhaustive()
    }
}
