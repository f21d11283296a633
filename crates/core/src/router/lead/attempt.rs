//! One attempt: a body for the target, sent, and what comes back told apart.

use std::borrow::Cow;
use std::sync::Arc;

use super::failed::{self, Broken};
use super::{Call, Led, Tried, plain, streamed};
use crate::budget::Reservation;
use crate::chat::Dialect;
use crate::error::Result;
use crate::ledger::Ticket;
use crate::limit::held_for;
use crate::route::Step;
use crate::router::flow::Writer;
use crate::router::life::Head;
use crate::router::outgoing::{self, Destination};
use crate::router::settle::Begun;
use crate::upstream::Outgoing;
use crate::upstream::settings::ProviderSettings;

/// An attempt whose money is set aside.
pub(super) struct Attempt<'a> {
    pub step: &'a Step,
    pub begun: Begun,
    pub reservation: Reservation,
    pub ticket: Option<Ticket>,
}

/// What the parts of an attempt share.
pub(super) struct Sending<'a> {
    pub call: &'a Call<'a>,
    pub step: &'a Step,
    pub provider: &'a ProviderSettings,
    pub begun: &'a Begun,
    pub written: outgoing::Written,
}

impl Attempt<'_> {
    /// Sends it, and gives it back to be settled. An error here is ours: nothing was sent, and nothing else will help.
    pub(super) async fn run(mut self, call: &Call<'_>, writer: &Writer<Head, Arc<Led>>) -> Result<(Self, Tried)> {
        let step = self.step;
        let sending = match ready(call, step, &self.begun) {
            Ok(sending) => sending,
            Err(error) => {
                // The slot is given back with the money: nothing is under way.
                if let Some(ticket) = self.ticket {
                    call.lead.inner.ledger.withdraw(ticket);
                }
                return Err(error);
            }
        };
        let inner = &call.lead.inner;
        let outgoing = Outgoing {
            provider: Arc::clone(&step.target.provider),
            dialect: sending.spoken(),
            model: Arc::clone(&sending.written.model),
            is_stream: call.prepared.is_stream,
            headers: call.prepared.directives.passed_on(),
            body: sending.written.body.clone(),
            total: call.left(),
        };
        self.reservation.sent();
        call.lead.state.rules.sent(call.plan, step, &inner.prompt_caches, self.begun.at);
        let tried = match inner.upstream.send(outgoing).await {
            Err(error) => failed::unanswered(&sending, error, Broken::before_anything()),
            Ok(incoming) if incoming.status >= 300 => failed::refused(&sending, incoming).await,
            Ok(incoming) => {
                if let Some(wait) = held_for(&incoming.headers, inner.clock.now()) {
                    inner.health.wait(&step.target, wait);
                }
                let kind = incoming
                    .headers
                    .get(http::header::CONTENT_TYPE)
                    .and_then(|kind| kind.to_str().ok())
                    .unwrap_or_default();
                let is_whole = kind.starts_with("application/json") || !call.prepared.is_stream;
                if is_whole {
                    plain::receive(&sending, incoming, writer).await
                } else {
                    streamed::receive(&sending, incoming, writer).await
                }
            }
        };
        Ok((self, tried))
    }
}

fn ready<'a>(call: &'a Call<'a>, step: &'a Step, begun: &'a Begun) -> Result<Sending<'a>> {
    let provider = call.lead.state.rules.provider(&step.target.provider).ok_or_else(|| super::no_target(call.plan))?;
    let destination = Destination {
        provider,
        target: &step.target,
        catalog: &call.lead.inner.catalog,
        sets_breakpoints: step.sets_breakpoints,
    };
    let written = outgoing::write(call.prepared, &destination)?;
    Ok(Sending { call, step, provider, begun, written })
}

impl Sending<'_> {
    /// What is spoken with the provider. Embeddings have one dialect, wherever they are.
    pub(super) fn spoken(&self) -> Dialect {
        let asked = self.call.prepared.dialect;
        if asked == Dialect::Embeddings { asked } else { self.provider.dialect }
    }

    /// What the provider sent, without its secret: some repeat the key they refuse.
    pub(super) fn visible<'a>(&self, sent: &'a [u8]) -> Cow<'a, [u8]> {
        let without = self.call.lead.inner.upstream.without_secrets(&self.step.target.provider, sent);
        without.map_or(Cow::Borrowed(sent), Cow::Owned)
    }

    /// Microseconds since it was sent.
    pub(super) fn elapsed_us(&self) -> u64 {
        self.call.lead.inner.clock.ticks_us().saturating_sub(self.begun.sent_us)
    }

    /// What metering needs.
    pub(super) fn meter(&self) -> crate::router::meter::Meter<'_> {
        let inner = &self.call.lead.inner;
        crate::router::meter::Meter {
            catalog: &inner.catalog,
            memo: &inner.memo,
            target: &self.step.target,
            region: self.provider.region.as_deref(),
            at: self.begun.at,
        }
    }
}
