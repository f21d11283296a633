//! Attempts that failed: what they cost, and whether asking again or elsewhere can help.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use super::attempt::Sending;
use super::{Next, Tried};
use crate::error::{Error, Kind, ProviderError};
use crate::health::{Verdict, retry_after};
use crate::ledger::{Outcome, UsageSource};
use crate::limit::exhausted_for;
use crate::router::meter::Metered;
use crate::router::settle::Ended;
use crate::translate;
use crate::translate::model::{Failure, FailureClass};
use crate::upstream::Incoming;
use crate::usage::Usage;

/// How much of an error's body is kept.
const MAX_ERROR_BODY: usize = 64 << 10;

/// What had come when an answer broke off.
pub(super) struct Broken {
    /// What was consumed, as far as that can be told.
    pub metered: Option<Metered>,
    /// The caller has seen the beginning.
    pub has_begun: bool,
    pub first_byte_us: Option<u64>,
    pub status: Option<u16>,
}

impl Broken {
    pub(super) fn before_anything() -> Broken {
        Broken { metered: None, has_begun: false, first_byte_us: None, status: None }
    }
}

/// No answer, or one that broke off.
pub(super) fn unanswered(sending: &Sending<'_>, error: Error, broken: Broken) -> Tried {
    let (outcome, verdict, next, metered) = match error.kind() {
        // It was not reached: nothing was consumed.
        Kind::Unreachable => (Outcome::Failed, Verdict::Failure, Next::Again, Metered::nothing(&sending.step.target)),
        Kind::Timeout => (Outcome::TimedOut, Verdict::Timeout, Next::Again, reserved(sending)),
        Kind::Truncated => (Outcome::Truncated, Verdict::Failure, Next::Again, reserved(sending)),
        // A mistake of the configuration's: others may do.
        _ => (Outcome::Failed, Verdict::Neutral, Next::Other, Metered::nothing(&sending.step.target)),
    };
    let metered = broken.metered.unwrap_or(metered);
    let ended = Ended {
        outcome,
        status: broken.status,
        error: Some(format!("{:?}", error.kind()).to_lowercase().into()),
        first_byte_us: broken.first_byte_us,
        at_us: sending.call.lead.inner.clock.ticks_us(),
        metered,
    };
    // What the caller has seen the beginning of is not begun again.
    let next = if broken.has_begun { Next::Stop } else { next };
    Tried { ended, answer: Err(error), verdict, next }
}

/// It may have worked, and nobody can say how much: what was set aside stands for it.
fn reserved(sending: &Sending<'_>) -> Metered {
    Metered {
        model: Arc::clone(&sending.step.target.model),
        usage: Usage::default(),
        source: UsageSource::Reserved,
        tier: sending.step.target.tier,
        cost: sending.step.ceiling.clone(),
    }
}

/// An error that the provider answered with. Errors are not billed.
pub(super) async fn refused(sending: &Sending<'_>, mut incoming: Incoming) -> Tried {
    let inner = &sending.call.lead.inner;
    let now = inner.clock.now();
    let told = retry_after(&incoming.headers, now)
        .or_else(|| exhausted_for(&incoming.headers, now).filter(|_| incoming.status == 429));
    let body = incoming.body.beginning(MAX_ERROR_BODY).await;
    let body = sending.visible(&body);
    let failure = failure_of(sending, incoming.status, &body);
    answered_with(sending, &failure, body.into_owned(), told)
}

/// Reads an error's body, whatever it is.
pub(super) fn failure_of(sending: &Sending<'_>, status: u16, body: &[u8]) -> Failure {
    let value =
        serde_json::from_slice(body).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(body).into_owned()));
    match translate::codec(sending.provider.dialect) {
        Ok(codec) => (codec.read_failure)(status, &value),
        Err(_) => Failure { status, message: value.to_string(), ..Failure::default() },
    }
}

/// An attempt that ended in a provider's error. `body` is what may be shown of it ([`Sending::visible`]); `told` when to ask again, by the head
/// of the answer.
pub(super) fn answered_with(sending: &Sending<'_>, failure: &Failure, body: Vec<u8>, told: Option<Duration>) -> Tried {
    let inner = &sending.call.lead.inner;
    let told = told.or(failure.retry_after_ms.map(Duration::from_millis));
    let (verdict, next) = match failure.class {
        FailureClass::RateLimited => (Verdict::Throttled, Next::Again),
        FailureClass::Overloaded | FailureClass::Server => (Verdict::Failure, Next::Again),
        FailureClass::Timeout => (Verdict::Timeout, Next::Again),
        // Its key, its money, its models: another may have them.
        FailureClass::Authentication | FailureClass::Permission | FailureClass::QuotaExhausted => {
            (Verdict::Failure, Next::Other)
        }
        FailureClass::NotFound
        | FailureClass::ContextOverflow
        | FailureClass::ContentFilter
        | FailureClass::TooLarge => (Verdict::Neutral, Next::Other),
        // The request is wrong: no other takes it, and asking on would only cost.
        FailureClass::InvalidRequest => (Verdict::Neutral, Next::Stop),
        FailureClass::Unknown => (Verdict::Failure, Next::Other),
    };
    if let (FailureClass::RateLimited | FailureClass::Overloaded, Some(wait)) = (failure.class, told) {
        inner.health.wait(&sending.step.target, wait);
    }
    let target = &sending.step.target;
    // A provider may repeat the key anywhere, wherever the error came from.
    let shown = |said: &str| String::from_utf8_lossy(&sending.visible(said.as_bytes())).into_owned();
    let code = failure.code.as_deref().map(shown);
    let said = shown(&failure.message);
    let message = format!("`{}` answered {}: {}", target.provider, failure.status, crate::text::shorten(&said, 500));
    let mut error = Error::new(Kind::Provider, message).from_provider(ProviderError {
        provider: target.provider.to_string(),
        status: failure.status,
        code: code.clone(),
        body,
    });
    if let Some(wait) = told {
        error = error.retry_after(wait);
    }
    let ended = Ended {
        outcome: Outcome::Failed,
        status: Some(failure.status),
        error: code.map(Arc::from),
        first_byte_us: Some(sending.elapsed_us()),
        at_us: inner.clock.ticks_us(),
        metered: Metered::nothing(target),
    };
    Tried { ended, answer: Err(error), verdict, next }
}

/// An error that stands in an answer with status 200, or in its stream.
pub(super) fn failed_in_answer(sending: &Sending<'_>, body: &[u8]) -> Tried {
    let visible = sending.visible(&body[..body.len().min(MAX_ERROR_BODY)]);
    let failure = failure_of(sending, 200, &visible);
    answered_with(sending, &failure, visible.into_owned(), None)
}

/// A body with status 200 that is no answer.
pub(super) fn no_answer(sending: &Sending<'_>, what: &str, body: &Bytes) -> Tried {
    // A secret is looked for before the beginning is cut off: half of one would not be found.
    let body = sending.visible(&body[..body.len().min(MAX_ERROR_BODY)]);
    let beginning = String::from_utf8_lossy(&body[..body.len().min(200)]).into_owned();
    let beginning: String = beginning.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let message = format!("`{}` answered with something that is {what}: {beginning}", sending.step.target.provider);
    let broken = Broken { status: Some(200), ..Broken::before_anything() };
    unanswered(sending, Error::new(Kind::Truncated, message), broken)
}
