//! The task that makes an answer: targets in their order, each with money set aside before and settled after, until one answers or the
//! attempts are used up. It belongs to no caller.

mod attempt;
mod failed;
mod plain;
mod streamed;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::answer::Report;
use super::flow::Writer;
use super::further;
use super::life::{Head, Lead, demand_of_output, plan};
use super::prepare::{Prepared, prepare};
use super::request::Request;
use super::settle::{Begun, Ended, record};
use crate::cache::Entry;
use crate::error::{Error, Kind, Result};
use crate::health::{Cooling, Verdict, pause};
use crate::labels::Labels;
use crate::ledger::{Open, UsageSource};
use crate::limit::{Demand, Permit};
use crate::optimize::Form;
use crate::route::{RoutePlan, Step};
use crate::usd::Usd;
use attempt::Attempt;

/// An answer that is made.
#[derive(Clone, Debug)]
pub(super) struct Led {
    pub report: Report,
    /// The whole body in the caller's dialect.
    pub whole: Bytes,
    /// As it is kept, if it may be.
    pub entry: Option<Arc<Entry>>,
}

/// How an attempt ended.
struct Tried {
    ended: Ended,
    answer: Result<Led>,
    verdict: Verdict,
    next: Next,
}

/// What to do after an attempt that failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// Nothing can mend it, or the caller has seen the beginning of the answer.
    Stop,
    /// Another model or provider may take it.
    Other,
    /// The same may take it a while later.
    Again,
}

/// Makes an answer and tells those who wait for it.
pub(super) async fn run(mut lead: Lead, writer: Writer<Head, Arc<Led>>) {
    if let Some((entry, status)) = further::find(&lead).await {
        let led = further::give(&lead, &entry, status, &writer);
        if let Some(key) = &lead.key {
            lead.inner.flights.land(key);
        }
        return writer.end(Ok(Arc::new(led)));
    }
    let mut has_landed = false;
    let answer = loop {
        let answer = make(&lead, &writer).await;
        let (Some(key), true) = (&lead.key, is_abandoned(&answer)) else { break answer };
        has_landed = lead.inner.flights.land_alone(key, &writer);
        if has_landed {
            break answer;
        }
        // Somebody joined at the last moment.
    };
    if let Some(mut permit) = lead.permit.take() {
        permit.settle(answer.as_ref().map_or(0, |led| led.report.usage.total()));
    }
    let kept = match (&lead.key, &answer) {
        (Some(key), Ok(led)) => led.entry.clone().map(|entry| (key.at(&entry.target), entry)),
        _ => None,
    };
    if let Some((key, entry)) = &kept {
        lead.inner.responses.keep(*key, Arc::clone(entry));
    }
    if let (Some(key), false) = (&lead.key, has_landed) {
        // Kept first: who comes now finds it there.
        lead.inner.flights.land(key);
    }
    writer.end(answer.map(Arc::new));
    if let Some((key, entry)) = kept {
        further::share(&lead, key, &entry).await;
    }
}

/// Nobody waits any more, and nothing was asked that could not be left.
fn is_abandoned(answer: &Result<Led>) -> bool {
    answer.as_ref().is_err_and(|error| error.kind() == Kind::Closed)
}

async fn make(lead: &Lead, writer: &Writer<Head, Arc<Led>>) -> Result<Led> {
    let (prepared, plan) = rewritten(lead)?;
    if plan.steps.is_empty() {
        return Err(no_target(&plan));
    }
    let mut call = Call { lead, prepared: &prepared, plan: &plan, n_attempts: 0, cost: Some(Usd::ZERO), last: None };
    for index in 0..plan.steps.len() {
        if let Some(led) = call.ask(index, writer).await? {
            return Ok(led);
        }
    }
    Err(call.last.unwrap_or_else(|| no_target(&plan)))
}

/// The request as the route lets it be rewritten, and the plan for that.
fn rewritten(lead: &Lead) -> Result<(Arc<Prepared>, Arc<RoutePlan>)> {
    let unchanged = || Ok((Arc::clone(&lead.prepared), Arc::clone(&lead.plan)));
    let Some(optimizer) = lead.state.optimizer(lead.plan.route.optimize) else { return unchanged() };
    let before = &lead.prepared;
    let optimized = optimizer.optimize_as(before.text.as_str(), Form::Json)?;
    if optimized.text == before.text.as_str() {
        return unchanged();
    }
    let request = Request::new(before.dialect, optimized.text).with(before.directives.clone());
    let mut after = prepare(request, &before.labels.caller, Some(before.is_stream), u64::MAX, &lead.inner.reads)?;
    // The caller's request is what is asked, and what the ledger knows it by.
    after.digest = before.digest;
    after.template = before.template;
    let plan = plan(&lead.inner, &lead.state, &after);
    Ok((Arc::new(after), Arc::new(plan)))
}

/// A call and what became of it so far.
struct Call<'a> {
    lead: &'a Lead,
    prepared: &'a Arc<Prepared>,
    plan: &'a Arc<RoutePlan>,
    n_attempts: u32,
    /// What the attempts so far have cost.
    cost: Option<Usd>,
    last: Option<Error>,
}

impl Call<'_> {
    /// Asks one target, again if that may help. `None`: the next one's turn.
    async fn ask(&mut self, index: usize, writer: &Writer<Head, Arc<Led>>) -> Result<Option<Led>> {
        let (inner, settings) = (&self.lead.inner, &self.lead.state.settings);
        let step = &self.plan.steps[index];
        let is_last = !self.plan.steps[index + 1..].iter().any(|later| inner.health.is_open(&later.target));
        for n_retries in 0.. {
            if self.n_attempts >= settings.retry.max_attempts.max(1) {
                return Err(self.given_up());
            }
            if self.has_caller() && writer.n_readers() == 0 {
                return Err(nobody_waits());
            }
            if self.left().is_some_and(|left| left.is_zero()) {
                return Err(self.out_of_time());
            }
            let pass = match inner.health.pass(&step.target) {
                Ok(pass) => pass,
                Err(cooling) => {
                    // The last target may be waited for where it only asked for time.
                    let wait = pause(&settings.retry, n_retries, Some(cooling.remaining), self.seed());
                    let left = self.left();
                    let wait = wait.filter(|wait| {
                        let may_wait = cooling.is_asked_for && n_retries < settings.retry.max_attempts;
                        is_last && may_wait && left.is_none_or(|left| *wait < left)
                    });
                    self.keep(failing(step, cooling));
                    let Some(wait) = wait else { return Ok(None) };
                    tokio::select! {
                        () = tokio::time::sleep(wait) => continue,
                        () = writer.abandoned(), if self.has_caller() => return Err(nobody_waits()),
                    }
                }
            };
            let labels = labels(self.prepared, self.plan, step);
            let Some(mut room) = self.room(&labels, step, is_last).await? else { return Ok(None) };
            let attempt = match self.begin(&labels, step, &room) {
                Ok(attempt) => attempt,
                // Nothing was sent, so nothing counts. A target that costs less may still fit into the budget.
                Err(error) => {
                    room.cancel();
                    if error.kind() != Kind::Budget || is_last {
                        return Err(error);
                    }
                    self.keep(error);
                    return Ok(None);
                }
            };
            self.n_attempts += 1;
            let (attempt, tried) = attempt.run(self, writer).await?;
            let first_byte = tried.ended.first_byte_us.map(Duration::from_micros);
            pass.report(tried.verdict, first_byte);
            // What nobody can tell stays taken.
            if tried.ended.metered.source != UsageSource::Reserved {
                room.settle(tried.ended.metered.usage.total());
            }
            self.settle(attempt, &tried).await;
            match tried.answer {
                Ok(mut led) => {
                    led.report.attempts = self.n_attempts;
                    led.report.cost = self.cost;
                    return Ok(Some(led));
                }
                Err(error) => {
                    let wait = error.pause();
                    self.keep(error);
                    match tried.next {
                        Next::Stop => return Err(self.given_up()),
                        Next::Other => return Ok(None),
                        Next::Again => {}
                    }
                    let Some(wait) = pause(&settings.retry, n_retries, wait, self.seed()) else { return Ok(None) };
                    // Where others can be asked, nobody waits for this one.
                    let has_others = !is_last && n_retries >= 1;
                    let is_too_late = self.left().is_some_and(|left| wait >= left);
                    if has_others || is_too_late || !inner.health.may_retry(&step.target, tried.verdict) {
                        return Ok(None);
                    }
                    tokio::select! {
                        () = tokio::time::sleep(wait) => {}
                        () = writer.abandoned(), if self.has_caller() => return Err(nobody_waits()),
                    }
                }
            }
        }
        Ok(None)
    }

    /// A call that refreshes a kept answer has none.
    fn has_caller(&self) -> bool {
        self.lead.permit.is_some()
    }

    /// What is left of the time for the whole call.
    fn left(&self) -> Option<Duration> {
        let now = self.lead.inner.clock.ticks_us();
        self.lead.due_us.map(|due| Duration::from_micros(due.saturating_sub(now)))
    }

    fn out_of_time(&mut self) -> Error {
        self.last.take().unwrap_or_else(|| {
            Error::new(Kind::Timeout, "the time for the call is over").help("raise its deadline, or that of the route")
        })
    }

    /// Room under the limits of a target: now, or for the last target after a wait.
    async fn room(&mut self, labels: &Labels, step: &Step, waits: bool) -> Result<Option<Permit>> {
        let limits = &self.lead.state.limits;
        let n_tokens = step.input.saturating_add(demand_of_output(self.prepared, step.output));
        match limits.try_admit(labels, false, n_tokens) {
            Ok(permit) => Ok(Some(permit)),
            Err(error) if !waits || error.kind() != Kind::RateLimited => {
                self.keep(error);
                if waits { Err(self.given_up()) } else { Ok(None) }
            }
            Err(_) => {
                let class = self.prepared.directives.class.unwrap_or(self.plan.route.class);
                let patience = self.left();
                limits.admit(labels, false, Demand { n_tokens, class, patience }).await.map(Some)
            }
        }
    }

    /// Sets money aside, and writes that down.
    fn begin<'s>(&self, labels: &Labels, step: &'s Step, room: &Permit) -> Result<Attempt<'s>> {
        let inner = &self.lead.inner;
        let reservation = inner.budgets.reserve(labels, step.ceiling.as_ref().copied())?;
        let id = inner.ids.next(&*inner.clock);
        let at = inner.clock.now();
        let caller = &self.prepared.labels.caller;
        let open = Open {
            id: id.to_string(),
            call: self.lead.call.to_string(),
            at_us: at.as_microsecond(),
            tenant: Arc::clone(&caller.tenant.0),
            caller: caller.id.clone(),
            team: caller.team.clone(),
            tags: caller.tags.clone(),
            route: Some(Arc::clone(&self.plan.route.name)),
            asked: self.prepared.asked.clone(),
            provider: Arc::clone(&step.target.provider),
            host: Arc::clone(&step.target.host),
            model: Arc::clone(&step.target.model),
            upper_pico: step.ceiling.as_ref().ok().and_then(|upper| i64::try_from(upper.pico()).ok()),
        };
        // What cannot be written down is not spent where a budget is hard; elsewhere the answer is worth more than the row.
        let is_hard = reservation.is_hard();
        let failing = inner.ledger.state().failing.filter(|_| is_hard);
        if let Some(why) = failing {
            return Err(Error::new(Kind::Io, format!("the ledger cannot be written, and a hard budget holds: {why}")));
        }
        let ticket = match inner.ledger.reserve(&open) {
            Ok(ticket) => Some(ticket),
            Err(error) if is_hard => return Err(error),
            Err(_) => None,
        };
        let begun = Begun {
            id,
            call: self.lead.call,
            at,
            sent_us: inner.clock.ticks_us(),
            target: step.target.clone(),
            route: Arc::clone(&self.plan.route.name),
            queued_us: self.lead.queued_us.saturating_add(room.queued_us()),
        };
        Ok(Attempt { step, begun, reservation, ticket })
    }

    /// The end of an attempt: budget, ledger, and whoever watches.
    async fn settle(&mut self, attempt: Attempt<'_>, tried: &Tried) {
        let inner = &self.lead.inner;
        let row = record(self.prepared, &attempt.begun, &tried.ended);
        let reserved = attempt.reservation.amount();
        attempt.reservation.settle(row.cost.unwrap_or(reserved));
        self.cost = self.cost.zip(row.cost).map(|(sum, cost)| sum.saturating_add(cost));
        if tried.answer.is_ok() {
            inner.outputs.seen(self.prepared.template, row.usage.output());
        }
        if let (Ok(led), true) = (&tried.answer, inner.ledger.keeps_prompts()) {
            let answer = std::str::from_utf8(&led.whole).ok();
            inner.ledger.keep_prompt(self.lead.call, self.prepared.text.as_str(), answer);
        }
        inner.settled(&row);
        // Acknowledged before the answer ends. If it cannot be written now, it waits in the ledger, which tells.
        let _told_by_the_ledger = inner.ledger.record(row, attempt.ticket).await;
    }

    /// Decides the jitter of this call's pauses.
    fn seed(&self) -> u64 {
        u64::try_from(self.lead.call.0 & u128::from(u64::MAX)).unwrap_or(0)
    }

    /// Keeps the error that says most: what a provider said, rather than that it is left alone.
    fn keep(&mut self, error: Error) {
        let rank = |error: &Error| match error.kind() {
            Kind::Unavailable => 0,
            Kind::RateLimited => 1,
            _ => 2,
        };
        if self.last.as_ref().is_none_or(|last| rank(&error) >= rank(last)) {
            self.last = Some(error);
        }
    }

    fn given_up(&mut self) -> Error {
        self.last.take().unwrap_or_else(|| no_target(self.plan))
    }
}

fn labels(prepared: &Prepared, plan: &RoutePlan, step: &Step) -> Labels {
    Labels {
        route: Some(Arc::clone(&plan.route.name)),
        provider: Some(Arc::clone(&step.target.provider)),
        model: Some(Arc::clone(&step.target.model)),
        ..prepared.labels.clone()
    }
}

fn nobody_waits() -> Error {
    Error::new(Kind::Closed, "nobody waits for the answer any more")
}

fn failing(step: &Step, cooling: Cooling) -> Error {
    let message = format!("`{}` is failing, or asked to be left alone", step.target);
    Error::new(Kind::Unavailable, message).retry_after(cooling.remaining)
}

fn no_target(plan: &RoutePlan) -> Error {
    let why: Vec<String> = plan.rejected.iter().map(ToString::to_string).collect();
    let message = if why.is_empty() {
        format!("the route `{}` has no target for this model", plan.route.name)
    } else {
        format!("no target of the route `{}` may answer: {}", plan.route.name, why.join("; "))
    };
    Error::new(Kind::NoTarget, message)
        .help("`promptopt route --explain` shows the plan; add a provider or candidate that can answer")
}
