//! Whole answers.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::Value;

use super::attempt::Sending;
use super::failed::{self, Broken};
use super::{Led, Next, Tried};
use crate::cache::Entry;
use crate::cache::storable::{self, Ends};
use crate::chat::Dialect;
use crate::dialect;
use crate::health::Verdict;
use crate::ledger::{Outcome, UsageSource};
use crate::router::answer::{CacheStatus, Report};
use crate::router::ends::ends;
use crate::router::flow::Writer;
use crate::router::life::Head;
use crate::router::meter::Metered;
use crate::router::settle::Ended;
use crate::translate;
use crate::upstream::Incoming;
use crate::usd::Usd;

/// The longest answer that is taken.
const MAX_ANSWER: usize = 64 << 20;

/// Receives a whole answer.
pub(super) async fn receive(sending: &Sending<'_>, mut incoming: Incoming, writer: &Writer<Head, Arc<Led>>) -> Tried {
    let (status, no_store) = (incoming.status, says_no_store(&incoming));
    let body = match incoming.body.all(MAX_ANSWER).await {
        Ok(body) => body,
        Err(error) => {
            return failed::unanswered(sending, error, Broken { status: Some(status), ..Broken::before_anything() });
        }
    };
    let first_byte_us = sending.elapsed_us();
    let body = match sending.visible(&body) {
        Cow::Borrowed(_) => body,
        Cow::Owned(body) => Bytes::from(body),
    };
    let Ok(value) = serde_json::from_slice::<Value>(&body) else { return failed::no_answer(sending, "no JSON", &body) };
    if value.get("error").is_some_and(|error| !error.is_null())
        && value.get("choices").is_none()
        && value.get("output").is_none()
    {
        return failed::failed_in_answer(sending, &body);
    }
    let prepared = sending.call.prepared;
    let spoken = sending.spoken();
    let read = dialect::wire(spoken).and_then(|wire| (wire.reply)(std::slice::from_ref(&value)));
    let Ok(reply) = read else { return failed::no_answer(sending, "no answer in its dialect", &body) };
    let metered = sending.meter().of_reply(spoken, &prepared.request, &reply);
    let Ok((whole, lost, ends)) = in_callers_dialect(sending, spoken, &value, &body) else {
        return failed::no_answer(sending, "no answer in its dialect", &body);
    };
    if !ends.is_complete {
        let mut tried = failed::no_answer(sending, "an answer without a choice", &body);
        if metered.source == UsageSource::Provider {
            tried.ended.metered = metered;
        }
        return tried;
    }
    let report = report(sending, &metered, lost);
    let entry = entry(sending, &report, &whole, None, Ends { no_store, ..ends });
    writer.begin(Head { report: report.clone(), is_stream: false });
    writer.push(whole.clone());
    let ended = Ended {
        outcome: Outcome::Answered,
        status: Some(status),
        error: None,
        first_byte_us: Some(first_byte_us),
        at_us: sending.call.lead.inner.clock.ticks_us(),
        metered,
    };
    Tried { ended, answer: Ok(Led { report, whole, entry }), verdict: Verdict::Success, next: Next::Stop }
}

/// The body in the caller's dialect, what that could not say, and how the answer ended.
fn in_callers_dialect(
    sending: &Sending<'_>,
    spoken: Dialect,
    value: &Value,
    body: &Bytes,
) -> crate::error::Result<(Bytes, Vec<String>, Ends)> {
    let asked = sending.call.prepared.dialect;
    if spoken == Dialect::Embeddings {
        let ends =
            Ends { is_success: true, is_complete: true, is_done: true, arguments_parse: true, ..Ends::default() };
        return Ok((body.clone(), Vec::new(), ends));
    }
    let response = (translate::codec(spoken)?.read_response)(value)?;
    let ends = ends(&response);
    if spoken == asked {
        return Ok((body.clone(), Vec::new(), ends));
    }
    let written = (translate::codec(asked)?.write_response)(&response);
    let lost = written.lost.iter().map(ToString::to_string).collect();
    Ok((Bytes::from(written.body.to_string()), lost, ends))
}

/// How a call went, as far as one attempt tells.
pub(super) fn report(sending: &Sending<'_>, metered: &Metered, lost: Vec<String>) -> Report {
    let call = sending.call;
    Report {
        call: call.lead.call,
        dialect: call.prepared.dialect,
        route: Arc::clone(&call.plan.route.name),
        target: sending.step.target.clone(),
        cache: if call.lead.key.is_some() { CacheStatus::Miss } else { CacheStatus::Bypass },
        age_s: None,
        attempts: call.n_attempts,
        usage: metered.usage,
        source: metered.source,
        cost: metered.cost.as_ref().ok().copied(),
        saved: Usd::ZERO,
        plan: call.plan.line().into(),
        lost: sending.written.lost.iter().map(ToString::to_string).chain(lost).collect(),
    }
}

/// The answer as it is kept, if it may be.
pub(super) fn entry(
    sending: &Sending<'_>,
    report: &Report,
    whole: &Bytes,
    events: Option<Vec<Bytes>>,
    ends: Ends,
) -> Option<Arc<Entry>> {
    let lead = sending.call.lead;
    lead.key.as_ref()?;
    let entry = Entry {
        target: report.target.clone(),
        whole: whole.clone(),
        events,
        usage: report.usage,
        cost: report.cost,
        kept_us: lead.inner.responses.now_us(),
    };
    let allowed = storable::answer(
        &ends,
        &sending.call.plan.route.cache,
        entry.n_bytes(),
        lead.inner.responses.max_entry_bytes(),
    );
    allowed.is_ok().then(|| Arc::new(entry))
}

pub(super) fn says_no_store(incoming: &Incoming) -> bool {
    let said = incoming.headers.get(http::header::CACHE_CONTROL).and_then(|value| value.to_str().ok());
    said.is_some_and(|said| said.contains("no-store"))
}
