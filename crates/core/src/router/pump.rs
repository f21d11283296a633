//! An answer on its way through: frames come in, events in the caller's dialect go out. Where both speak the same dialect the
//! bytes are passed on as they came, at the boundaries at which they came; what they say is folded all the same, for the bill and
//! the cache.

use bytes::Bytes;
use serde_json::Value;

use super::meter::Metered;
use crate::chat::Dialect;
use crate::error::{Error, Kind, Result};
use crate::translate::accumulate::Accumulator;
use crate::translate::codec;
use crate::translate::model::{Failure, Request};
use crate::translate::stream::{Delta, Event, StreamReader, StreamWriter};
use crate::usage::Reading;

/// One stream's way from a provider to a caller.
pub(super) struct Pump {
    reader: Box<dyn StreamReader>,
    /// `None` where both speak the same dialect.
    writer: Option<Box<dyn StreamWriter>>,
    folded: Accumulator,
    /// The usage at the end was asked for by us.
    hides_usage: bool,
    /// Something that the caller can use has gone out.
    pub has_begun: bool,
    /// What the provider reports in the middle of the stream.
    pub failure: Option<Failure>,
}

impl Pump {
    /// From one dialect to another.
    pub(super) fn new(from: Dialect, to: Dialect, request: &Request, hides_usage: bool) -> Result<Pump> {
        let writer = (from != to).then(|| codec(to).map(|codec| (codec.stream_writer)(request))).transpose()?;
        Ok(Pump {
            reader: (codec(from)?.stream_reader)(),
            writer,
            folded: Accumulator::new(from),
            hides_usage,
            has_begun: false,
            failure: None,
        })
    }

    /// Takes a frame; gives what goes to the caller.
    pub(super) fn frame(&mut self, name: Option<&str>, data: &str, raw: &Bytes) -> Result<Option<Bytes>> {
        let value = if data.trim() == "[DONE]" {
            Value::from("[DONE]")
        } else if data.trim().is_empty() {
            return Ok(self.writer.is_none().then(|| raw.clone()));
        } else {
            serde_json::from_str(data)
                .map_err(|cause| Error::new(Kind::Truncated, "an event of the stream is no JSON").because(cause))?
        };
        let deltas = self.reader.event(name, &value)?;
        let is_only_usage = !deltas.is_empty()
            && deltas.iter().all(|delta| matches!(delta, Delta::Usage { .. } | Delta::ServiceTier(_)));
        let written = self.take(&deltas);
        if self.writer.is_some() {
            return Ok(written);
        }
        // The chunk that only tells the usage is ours; usage in a chunk that says something else too stays.
        Ok((!(self.hides_usage && is_only_usage && has_no_choice(&value))).then(|| raw.clone()))
    }

    /// Whether the answer is whole for certain: the provider's last event came. Gemini has none: there the reason for the end is the end.
    pub(super) fn is_all_said(&self) -> bool {
        self.folded.is_complete() || (!self.reader.has_last_event() && self.folded.is_finished())
    }

    /// The bytes have ended well: what is still to be said to the caller. In another dialect that is the usage, where the provider told
    /// none, and the end, where it sent none.
    pub(super) fn close(&mut self, metered: &Metered) -> Option<Bytes> {
        let mut deltas = Vec::new();
        if self.writer.is_some() && !self.folded.is_complete() {
            if self.folded.response().usage.is_none() {
                let reading = Reading { usage: metered.usage, ..Reading::default() };
                deltas.push(Delta::Usage { reading, raw: Value::Null });
            }
            deltas.push(Delta::End);
        }
        self.take(&deltas)
    }

    fn take(&mut self, deltas: &[Delta]) -> Option<Bytes> {
        let mut out = Vec::new();
        for delta in deltas {
            match delta {
                Delta::Failure(failure) => self.failure = Some(failure.clone()),
                Delta::Ping | Delta::Usage { .. } | Delta::ServiceTier(_) | Delta::Start { .. } | Delta::End => {}
                _ => self.has_begun = true,
            }
            self.folded.fold(delta);
            if let Some(writer) = &mut self.writer {
                for event in writer.delta(delta) {
                    write_event(&mut out, &event);
                }
            }
        }
        (!out.is_empty()).then(|| Bytes::from(out))
    }

    /// What has come so far.
    pub(super) fn folded(&self) -> &Accumulator {
        &self.folded
    }
}

fn has_no_choice(value: &Value) -> bool {
    value.get("choices").is_none_or(|choices| choices.as_array().is_some_and(Vec::is_empty))
}

/// One server-sent event.
pub(super) fn write_event(out: &mut Vec<u8>, event: &Event) {
    if let Some(name) = &event.name {
        out.extend_from_slice(b"event: ");
        out.extend_from_slice(name.as_bytes());
        out.push(b'\n');
    }
    out.extend_from_slice(b"data: ");
    match &event.data {
        Value::String(bare) if bare == "[DONE]" => out.extend_from_slice(b"[DONE]"),
        // JSON holds no line end: escapes stand for them.
        data => out.extend_from_slice(data.to_string().as_bytes()),
    }
    out.extend_from_slice(b"\n\n");
}
