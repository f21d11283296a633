//! Streamed answers: passed on as they come, folded, and settled at their end, however they end.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::attempt::Sending;
use super::failed::{self, Broken};
use super::plain::{entry, report, says_no_store};
use super::{Led, Next, Tried};
use crate::chat::Dialect;
use crate::dialect;
use crate::error::{Error, Kind, Result};
use crate::health::Verdict;
use crate::ledger::Outcome;
use crate::router::ends::ends;
use crate::router::flow::Writer;
use crate::router::life::Head;
use crate::router::meter::{Metered, is_possible};
use crate::router::pump::Pump;
use crate::router::settle::Ended;
use crate::translate;
use crate::translate::model::{Failure, Request};
use crate::upstream::Incoming;
use crate::upstream::frames::{EventStreamFramer, Frame, SseFramer};

/// How long the end of the connection's part is waited for once the provider has said that this is all: read to its end, the
/// connection can be used again. A server that leaves it open holds nobody up.
const LINGER: Duration = Duration::from_millis(50);

/// Cuts whatever framing a provider uses.
enum Framer {
    Sse(SseFramer),
    Aws(EventStreamFramer),
}

impl Framer {
    fn push(&mut self, bytes: &[u8]) -> Result<Vec<Frame>> {
        match self {
            Framer::Sse(framer) => framer.push(bytes),
            Framer::Aws(framer) => framer.push(bytes),
        }
    }

    fn end(&mut self) -> Result<Vec<Frame>> {
        match self {
            Framer::Sse(framer) => {
                let mut frames = Vec::new();
                while let Some(frame) = framer.end()? {
                    frames.push(frame);
                }
                Ok(frames)
            }
            Framer::Aws(framer) => framer.end().map(|()| Vec::new()),
        }
    }
}

/// A stream on its way.
struct Passing<'a> {
    sending: &'a Sending<'a>,
    writer: &'a Writer<Head, Arc<Led>>,
    pump: Pump,
    /// What went to the caller.
    log: Vec<Bytes>,
    first_byte_us: Option<u64>,
    has_begun: bool,
}

/// Receives a stream.
pub(super) async fn receive(sending: &Sending<'_>, mut incoming: Incoming, writer: &Writer<Head, Arc<Led>>) -> Tried {
    let (from, to) = (sending.provider.dialect, sending.call.prepared.dialect);
    let wanted = Request {
        model: sending.call.prepared.asked.as_deref().map(str::to_owned),
        stream_usage: Some(sending.call.prepared.wants_stream_usage),
        ..Request::default()
    };
    let pump = match Pump::new(from, to, &wanted, sending.written.hides_usage) {
        Ok(pump) => pump,
        Err(error) => return failed::unanswered(sending, error, Broken::before_anything()),
    };
    let (status, no_store) = (incoming.status, says_no_store(&incoming));
    let mut framer = if from == Dialect::Converse {
        Framer::Aws(EventStreamFramer::default())
    } else {
        Framer::Sse(SseFramer::default())
    };
    let mut passing = Passing { sending, writer, pump, log: Vec::new(), first_byte_us: None, has_begun: false };
    let ended = passing.pass(&mut incoming, &mut framer).await;
    passing.finish(ended, status, no_store)
}

/// How the bytes ended.
enum End {
    /// All came.
    Whole,
    /// Nobody reads any more.
    Abandoned,
    Broken(Error),
}

impl Passing<'_> {
    async fn pass(&mut self, incoming: &mut Incoming, framer: &mut Framer) -> End {
        // An answer that will be kept is worth its end, whoever still waits; the provider bills it anyway.
        let is_kept = self.sending.call.lead.key.is_some();
        loop {
            if self.pump.folded().is_complete() {
                let drained = async { while let Ok(Some(_)) = incoming.body.chunk().await {} };
                // Closed by its end or by the time, whatever else the server has to say.
                let _either = tokio::time::timeout(LINGER, drained).await;
                return End::Whole;
            }
            let chunk = tokio::select! {
                biased;
                () = self.writer.abandoned(), if !is_kept => return End::Abandoned,
                chunk = incoming.body.chunk() => chunk,
            };
            let frames = match chunk {
                Err(error) => return End::Broken(error),
                Ok(Some(bytes)) => {
                    self.first_byte_us.get_or_insert_with(|| self.sending.elapsed_us());
                    framer.push(&bytes)
                }
                Ok(None) => {
                    let last = framer.end().and_then(|frames| self.take(&frames));
                    return last.map_or_else(End::Broken, |()| End::Whole);
                }
            };
            if let Err(error) = frames.and_then(|frames| self.take(&frames)) {
                return End::Broken(error);
            }
            if self.pump.failure.is_some() {
                return End::Whole;
            }
        }
    }

    fn take(&mut self, frames: &[Frame]) -> Result<()> {
        for frame in frames {
            let out = match self.sending.visible(&frame.raw) {
                Cow::Borrowed(_) => self.pump.frame(frame.name.as_deref(), &frame.data, &frame.raw)?,
                Cow::Owned(raw) => {
                    let visible =
                        |text: &str| String::from_utf8_lossy(&self.sending.visible(text.as_bytes())).into_owned();
                    let (name, data) = (frame.name.as_deref().map(visible), visible(&frame.data));
                    self.pump.frame(name.as_deref(), &data, &Bytes::from(raw))?
                }
            };
            if let Some(out) = out {
                self.put(out);
            }
            if self.pump.failure.is_some() {
                // Nothing comes after an error.
                return Ok(());
            }
        }
        Ok(())
    }

    /// What comes before the answer proper is held back until it begins: until then another target can be asked.
    fn put(&mut self, out: Bytes) {
        self.log.push(out.clone());
        if self.has_begun {
            self.writer.push(out);
        } else if self.pump.has_begun && self.pump.failure.is_none() {
            self.has_begun = true;
            let unknown = Metered::nothing(&self.sending.step.target);
            self.writer.begin(Head { report: report(self.sending, &unknown, Vec::new()), is_stream: true });
            for held in &self.log {
                self.writer.push(held.clone());
            }
        }
    }

    fn finish(mut self, end: End, status: u16, no_store: bool) -> Tried {
        if let Some(failure) = self.pump.failure.clone() {
            return self.failed(&failure);
        }
        let is_finished = self.pump.folded().is_finished();
        let error = match end {
            End::Whole if is_finished => None,
            // All was said before.
            End::Broken(_) if self.pump.is_all_said() => None,
            End::Whole => Some(Error::new(
                Kind::Truncated,
                format!("the stream of `{}` ended without saying why", self.sending.step.target.provider),
            )),
            End::Broken(error) => Some(error),
            End::Abandoned => return self.aborted(status),
        };
        if let Some(error) = error {
            return self.broken(error, status);
        }
        let is_complete = self.pump.is_all_said();
        let metered = self.metered();
        if let Some(last) = self.pump.close(&metered) {
            self.put(last);
        }
        let response = self.pump.folded().response();
        let whole = match translate::codec(self.sending.call.prepared.dialect) {
            Ok(codec) => Bytes::from((codec.write_response)(&response).body.to_string()),
            Err(_) => Bytes::new(),
        };
        let report = report(self.sending, &metered, Vec::new());
        let mut ends = ends(&response);
        ends.is_complete &= is_complete;
        ends.no_store = no_store;
        let entry = entry(self.sending, &report, &whole, Some(std::mem::take(&mut self.log)), ends);
        let ended = self.ended(Outcome::Answered, status, metered);
        Tried { ended, answer: Ok(Led { report, whole, entry }), verdict: Verdict::Success, next: Next::Stop }
    }

    /// The provider reported an error in the middle.
    fn failed(&mut self, failure: &Failure) -> Tried {
        let body = failure.message.clone().into_bytes();
        let mut tried = failed::answered_with(self.sending, failure, body, None);
        if self.has_begun || self.pump.has_begun {
            tried.ended.metered = self.metered();
        }
        if self.has_begun {
            tried.next = Next::Stop;
        }
        tried
    }

    fn broken(&mut self, error: Error, status: u16) -> Tried {
        // What came was generated, and is billed; before that, nobody can say.
        let metered = self.pump.has_begun.then(|| self.metered());
        let broken =
            Broken { metered, has_begun: self.has_begun, first_byte_us: self.first_byte_us, status: Some(status) };
        failed::unanswered(self.sending, error, broken)
    }

    fn aborted(&mut self, status: u16) -> Tried {
        let metered = self.metered();
        let ended = self.ended(Outcome::Aborted, status, metered);
        let error = Error::new(Kind::Closed, "nobody waits for the answer any more");
        Tried { ended, answer: Err(error), verdict: Verdict::Neutral, next: Next::Stop }
    }

    fn ended(&self, outcome: Outcome, status: u16, metered: Metered) -> Ended {
        let at_us = self.sending.call.lead.inner.clock.ticks_us();
        Ended { outcome, status: Some(status), error: None, first_byte_us: self.first_byte_us, at_us, metered }
    }

    /// By the provider's word, if it came; else counted.
    fn metered(&self) -> Metered {
        let response = self.pump.folded().response();
        let meter = self.sending.meter();
        if let Some(mut reading) =
            response.usage.clone().filter(|reading| is_possible(&reading.usage) && self.pump.folded().is_finished())
        {
            let tier = response.service_tier.as_deref().and_then(crate::usage::ServiceTier::from_wire);
            reading.tier = reading.tier.or(tier);
            return meter.of_reading(&reading, response.model.as_deref());
        }
        // The response so far, read as any answer is.
        let written =
            translate::codec(self.sending.provider.dialect).map(|codec| (codec.write_response)(&response).body);
        let answer = written.and_then(|body| (dialect::wire(self.sending.provider.dialect)?.reply)(&[body]));
        meter.counted(&self.sending.call.prepared.request, answer.ok().map(|reply| reply.answer).as_ref())
    }
}
