//! The caller's end of an answer: whole or as a stream, whatever it is in the log.

use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::stream;
use serde_json::Value;

use super::Inner;
use super::answer::{Answer, AnswerStream, CacheStatus, Report};
use super::flow::More;
use super::lead::Led;
use super::life::{Given, Source, coalesced, report_of};
use super::pump::write_event;
use crate::error::{Error, Result};
use crate::translate::{codec, model::Request, replay};
use crate::usd::Usd;

/// The whole answer.
pub(super) async fn whole(inner: &Arc<Inner>, given: Given) -> Result<Answer> {
    match &given.source {
        Source::Kept(entry, cache) => {
            let report = report_of(inner, given.call, &given.prepared, &given.plan, entry, *cache);
            Ok(Answer { body: entry.whole.clone(), report })
        }
        Source::UnderWay(reader, _) => {
            let led = reader.end().await?;
            let report = report(inner, &given, &led);
            Ok(Answer { body: led.whole.clone(), report })
        }
    }
}

/// The answer as it comes.
pub(super) async fn streamed(inner: &Arc<Inner>, given: Given) -> Result<AnswerStream> {
    let done = Arc::new(Mutex::new(None));
    match &given.source {
        Source::Kept(entry, cache) => {
            let report = report_of(inner, given.call, &given.prepared, &given.plan, entry, *cache);
            let events = match &entry.events {
                Some(events) => events.clone(),
                None => replayed(&given, &entry.whole)?,
            };
            *done.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(report.clone());
            let events = stream::iter(events.into_iter().map(Ok));
            Ok(AnswerStream { events: Box::pin(events), begun: report, done })
        }
        Source::UnderWay(reader, cache) => {
            let head = reader.head().await?;
            let begun = Report { call: given.call, cache: status(&head.report, *cache), ..head.report.clone() };
            let state = Following {
                inner: Arc::clone(inner),
                given,
                is_stream: head.is_stream,
                waiting: Vec::new().into_iter(),
                done: Arc::clone(&done),
                is_over: false,
            };
            Ok(AnswerStream { events: Box::pin(stream::unfold(state, Following::next)), begun, done })
        }
    }
}

/// A caller that follows.
struct Following {
    inner: Arc<Inner>,
    given: Given,
    is_stream: bool,
    waiting: std::vec::IntoIter<Bytes>,
    done: Arc<Mutex<Option<Report>>>,
    is_over: bool,
}

impl Following {
    async fn next(mut self) -> Option<(Result<Bytes>, Following)> {
        loop {
            if let Some(chunk) = self.waiting.next() {
                return Some((Ok(chunk), self));
            }
            if self.is_over {
                return None;
            }
            let Source::UnderWay(reader, _) = &mut self.given.source else { return None };
            match reader.next().await {
                More::Chunks(chunks) if self.is_stream => self.waiting = chunks.into_iter(),
                More::Chunks(_) => {}
                More::End(Err(error)) => {
                    self.is_over = true;
                    return Some((Err(error), self));
                }
                More::End(Ok(led)) => {
                    self.is_over = true;
                    if !self.is_stream {
                        match replayed(&self.given, &led.whole) {
                            Ok(events) => self.waiting = events.into_iter(),
                            Err(error) => return Some((Err(error), self)),
                        }
                    }
                    let report = report(&self.inner, &self.given, &led);
                    *self.done.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(report);
                }
            }
        }
    }
}

/// How the call went, for this caller: one who shared another's paid nothing.
fn report(inner: &Inner, given: &Given, led: &Led) -> Report {
    let Source::UnderWay(_, cache) = &given.source else { return led.report.clone() };
    let mut report = Report { call: given.call, cache: status(&led.report, *cache), ..led.report.clone() };
    if *cache == CacheStatus::Coalesced {
        coalesced(inner, given, led);
    }
    if report.cache == CacheStatus::Coalesced {
        report.saved = report.cost.unwrap_or(Usd::ZERO);
        report.cost = Some(Usd::ZERO);
    }
    report
}

/// What was found further away was found by all who waited for it.
fn status(led: &Report, own: CacheStatus) -> CacheStatus {
    if matches!(led.cache, CacheStatus::Hit | CacheStatus::Near) { led.cache } else { own }
}

/// A whole answer as a stream in the caller's dialect.
fn replayed(given: &Given, whole: &Bytes) -> Result<Vec<Bytes>> {
    let value: Value =
        serde_json::from_slice(whole).map_err(|cause| Error::input("the answer is no JSON").because(cause))?;
    let codec = codec(given.prepared.dialect)?;
    let response = (codec.read_response)(&value)?;
    let wanted = Request {
        model: response.model.clone(),
        stream: true,
        stream_usage: Some(given.prepared.wants_stream_usage),
        ..Request::default()
    };
    let mut writer = (codec.stream_writer)(&wanted);
    let events = replay::deltas(&response).into_iter().flat_map(|delta| writer.delta(&delta));
    Ok(events
        .map(|event| {
            let mut out = Vec::new();
            write_event(&mut out, &event);
            Bytes::from(out)
        })
        .collect())
}
