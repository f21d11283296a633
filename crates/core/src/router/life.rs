//! The life of one request, top to bottom. Each line calls down and gets a value; what a caller sees is at the end of it.
//!
//! ```text
//! prepare   read the request                  → an error that names the field
//! plan      cost rules, health, context fit   → ordered targets, each with a cost ceiling
//! admit     limits and queue                  → wait, or refuse with retry-after
//! lookup    response cache, for each target   → hit: zero cost; under way: join
//! lead      a task of its own from here on: whoever waits may go away (`lead.rs`)
//!   optimize  transforms within the guarantee
//!   reserve   budget, worst case              → refuse with the arithmetic
//!   send      targets in order                → retry budget, breakers
//!   settle    budget, ledger, cache, health   → always reached: the reservation is a guard
//! ```
//!
//! The plan stands before the lookup: answers are kept under the model that gave them, and which models may answer is what the plan
//! says. It stands before the limits too, which know routes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::Inner;
use super::answer::{CacheStatus, Report};
use super::flow::{Reader, flow};
use super::lead::{self, Led};
use super::prepare::{Prepared, prepare};
use super::request::Request;
use super::settle::{Begun, free_record};
use super::state::State;
use super::tasks::Tasks;
use crate::cache::storable::{self, Uncacheable};
use crate::cache::{BodyKey, Entry, Found, Scope};
use crate::chat::Dialect;
use crate::error::{Error, Kind, Result};
use crate::labels::Caller;
use crate::ledger::{AttemptId, SavedBy, UsageSource};
use crate::limit::{Demand, Permit};
use crate::route::{PlanInput, RoutePlan, State as RouteState};
use crate::target::Target;
use crate::usd::Usd;

/// An answer on its way to one caller.
pub(super) struct Given {
    pub prepared: Arc<Prepared>,
    pub plan: Arc<RoutePlan>,
    pub call: AttemptId,
    pub source: Source,
    /// Room under the limits, for as long as the caller reads.
    pub _permit: Option<Permit>,
}

/// Where it comes from.
pub(super) enum Source {
    /// It was kept.
    Kept(Arc<Entry>, CacheStatus),
    /// It is being made.
    UnderWay(Reader<Head, Arc<Led>>, CacheStatus),
}

/// What is known when an answer begins.
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub report: Report,
    /// The log holds events; else one whole body.
    pub is_stream: bool,
}

/// What a task that leads a call needs.
pub(super) struct Lead {
    pub inner: Arc<Inner>,
    pub state: Arc<State>,
    pub prepared: Arc<Prepared>,
    pub plan: Arc<RoutePlan>,
    pub call: AttemptId,
    pub queued_us: u64,
    /// Monotonic microseconds at which the time for the whole call is over, waiting and all attempts together.
    pub due_us: Option<u64>,
    /// Under which the answer may be kept, before a target is known.
    pub key: Option<BodyKey>,
    /// Room under the limits of the caller; `None` for a refresh that nobody waits for.
    pub permit: Option<Permit>,
}

/// Runs a request until its answer is on its way.
pub(super) async fn run(
    inner: &Arc<Inner>,
    request: Request,
    caller: &Arc<Caller>,
    is_stream: Option<bool>,
) -> Result<Given> {
    let state = inner.state.load_full();
    let prepared = Arc::new(prepare(request, caller, is_stream, state.settings.max_body, &inner.reads)?);
    let task = inner.tasks.begin().ok_or_else(|| Error::new(Kind::Closed, "the router is shutting down"))?;
    let begun_us = inner.clock.ticks_us();
    let plan = Arc::new(plan(inner, &state, &prepared));
    let due_us = deadline(&prepared, &plan)
        .map(|deadline| begun_us.saturating_add(u64::try_from(deadline.as_micros()).unwrap_or(u64::MAX)));
    let permit = admit(&state, &prepared, &plan).await?;
    let queued_us = permit.queued_us();
    let call = inner.ids.next(&*inner.clock);
    let given = |source, permit| Given {
        prepared: Arc::clone(&prepared),
        plan: Arc::clone(&plan),
        call,
        source,
        _permit: permit,
    };
    let key = key(inner, &prepared, &plan);
    let mut refreshes = None;
    if let (Ok(key), false) = (&key, prepared.directives.no_cache) {
        match find(inner, key, &plan) {
            Found::Fresh(entry) => {
                inner.reads.keep(&prepared);
                kept(inner, &prepared, &plan, call, &entry);
                return Ok(given(Source::Kept(entry, CacheStatus::Hit), Some(permit)));
            }
            Found::Stale(entry) => refreshes = Some(entry),
            Found::Nothing => {}
        }
    }
    let lead = |key, permit| Lead {
        inner: Arc::clone(inner),
        state: Arc::clone(&state),
        prepared: Arc::clone(&prepared),
        plan: Arc::clone(&plan),
        call,
        queued_us,
        due_us,
        key,
        permit,
    };
    if let (Some(entry), Ok(key)) = (refreshes, &key) {
        // The kept answer at once; a new one, fetched once, for those who come after.
        if let Some(writer) = inner.flights.lead(*key) {
            Tasks::spawn(task, lead::run(lead(Some(*key), None), writer));
        }
        kept(inner, &prepared, &plan, call, &entry);
        return Ok(given(Source::Kept(entry, CacheStatus::Stale), Some(permit)));
    }
    match key {
        // The call that it would join may find a kept answer further away.
        Ok(key) if prepared.directives.no_cache && (inner.second.is_some() || inner.semantic.is_some()) => {
            let (writer, reader) = flow();
            Tasks::spawn(task, lead::run(lead(Some(key), Some(permit)), writer));
            Ok(given(Source::UnderWay(reader, CacheStatus::Miss), None))
        }
        Ok(key) => match inner.flights.join_or_lead(key) {
            Ok(reader) => Ok(given(Source::UnderWay(reader, CacheStatus::Coalesced), Some(permit))),
            Err((writer, reader)) => {
                Tasks::spawn(task, lead::run(lead(Some(key), Some(permit)), writer));
                Ok(given(Source::UnderWay(reader, CacheStatus::Miss), None))
            }
        },
        Err(_) => {
            let (writer, reader) = flow();
            Tasks::spawn(task, lead::run(lead(None, Some(permit)), writer));
            Ok(given(Source::UnderWay(reader, CacheStatus::Bypass), None))
        }
    }
}

/// The plan of a request, by what is known now.
pub(super) fn plan(inner: &Inner, state: &State, prepared: &Prepared) -> RoutePlan {
    let budget_left = || {
        let names = state.settings.budgets.iter().map(|spec| &spec.name);
        let left = names
            .filter_map(|name| Some((name.clone(), i64::from(inner.budgets.left_permille(name, &prepared.labels)?))));
        left.collect::<BTreeMap<_, _>>()
    };
    state.rules.plan(&PlanInput {
        request: &prepared.request,
        labels: &prepared.labels,
        is_stream: prepared.is_stream,
        at: inner.clock.now(),
        deadline: prepared.directives.deadline,
        memo: &inner.memo,
        known: &prepared.known,
        state: RouteState {
            prompt_caches: &inner.prompt_caches,
            latency: &|target| inner.health.latency(target),
            is_open: &|target| inner.health.is_open(target),
            expected_output: inner.outputs.expected(&prepared.template),
            budget_left: &budget_left,
        },
    })
}

/// Room under the limits on callers and routes. The tokens of the first target stand for the call until it is settled.
async fn admit(state: &State, prepared: &Prepared, plan: &RoutePlan) -> Result<Permit> {
    let labels = crate::labels::Labels { route: Some(Arc::clone(&plan.route.name)), ..prepared.labels.clone() };
    let n_tokens =
        plan.steps.first().map_or(0, |step| step.input.saturating_add(demand_of_output(prepared, step.output)));
    let class = prepared.directives.class.unwrap_or(plan.route.class);
    let patience = prepared.directives.deadline.or(plan.route.deadline);
    state.limits.admit(&labels, true, Demand { n_tokens, class, patience }).await
}

/// Output tokens that a limit is asked for: what the request says, else what is expected. A model's own limit would hold back all else.
pub(super) fn demand_of_output(prepared: &Prepared, expected: u64) -> u64 {
    prepared.request.max_output.unwrap_or(expected)
}

/// Under what the answer may be kept, or why not.
fn key(inner: &Inner, prepared: &Prepared, plan: &RoutePlan) -> Result<BodyKey, Uncacheable> {
    let policy = &plan.route.cache;
    if prepared.directives.no_store {
        return Err(Uncacheable::NoStore);
    }
    storable::request(&prepared.request, policy)?;
    if ["store", "background"].iter().any(|name| prepared.json.get(name) == Some(&serde_json::Value::Bool(true))) {
        return Err(Uncacheable::KeptByProvider);
    }
    if prepared.is_ambiguous {
        return Err(Uncacheable::RepeatedMember);
    }
    let headers = prepared.directives.passed_on();
    Ok(BodyKey::of(&inner.key_secret, &scope(prepared, plan, &headers), prepared.for_keys(&inner.key_secret)))
}

/// What an answer depends on beside the body.
pub(super) fn scope<'a>(prepared: &'a Prepared, plan: &RoutePlan, headers: &'a [(String, String)]) -> Scope<'a> {
    let policy = &plan.route.cache;
    Scope {
        partition: &prepared.labels.caller.tenant,
        user: policy.per_user.then(|| prepared.user().unwrap_or_default()),
        dialect: prepared.dialect,
        epoch: policy.epoch,
        // Routes that keep answers with tool calls have answers of their own: others must not give those. So have streams that tell the
        // usage: kept events are given as they came.
        rewrite: plan.route.optimize as u8
            | u8::from(policy.tool_calls) << 7
            | u8::from(prepared.dialect == Dialect::Chat && prepared.wants_stream_usage) << 6,
        headers,
    }
}

/// The answer of any target that the plan would ask, the first first.
fn find(inner: &Inner, key: &BodyKey, plan: &RoutePlan) -> Found {
    let mut stale = Found::Nothing;
    for step in plan.steps.iter().filter(|step| !step.is_fallback) {
        match inner.responses.find(&key.at(&step.target), &plan.route.cache) {
            fresh @ Found::Fresh(_) => return fresh,
            found @ Found::Stale(_) => stale = found,
            Found::Nothing => {}
        }
    }
    stale
}

/// A kept answer is given.
pub(super) fn kept(inner: &Inner, prepared: &Prepared, plan: &RoutePlan, call: AttemptId, entry: &Entry) {
    free(inner, prepared, plan, call, &entry.target, (SavedBy::ResponseCache, entry.cost));
}

/// An answer is given to one who shared another's call, or another's look.
pub(super) fn coalesced(inner: &Inner, given: &Given, led: &Led) {
    let saved = match led.report.cache {
        CacheStatus::Hit | CacheStatus::Near => (SavedBy::ResponseCache, Some(led.report.saved)),
        _ => (SavedBy::Coalescing, led.report.cost),
    };
    free(inner, &given.prepared, &given.plan, given.call, &led.report.target, saved);
}

/// The ledger learns what an answer that nobody paid has saved. Nobody waits for it, and no money rests on it.
fn free(
    inner: &Inner,
    prepared: &Prepared,
    plan: &RoutePlan,
    call: AttemptId,
    target: &Target,
    (by, saved): (SavedBy, Option<Usd>),
) {
    let begun = Begun {
        id: inner.ids.next(&*inner.clock),
        call,
        at: inner.clock.now(),
        sent_us: inner.clock.ticks_us(),
        target: target.clone(),
        route: Arc::clone(&plan.route.name),
        queued_us: 0,
    };
    let record = free_record(prepared, &begun, by, saved);
    inner.settled(&record);
    inner.ledger.post(record);
}

/// The report of a kept answer.
pub(super) fn report_of(
    inner: &Inner,
    call: AttemptId,
    prepared: &Prepared,
    plan: &RoutePlan,
    entry: &Entry,
    cache: CacheStatus,
) -> Report {
    Report {
        call,
        dialect: prepared.dialect,
        route: Arc::clone(&plan.route.name),
        target: entry.target.clone(),
        cache,
        age_s: Some(inner.responses.age(entry).as_secs()),
        attempts: 0,
        usage: entry.usage,
        source: UsageSource::None,
        cost: Some(Usd::ZERO),
        saved: entry.cost.unwrap_or(Usd::ZERO),
        plan: plan.line().into(),
        lost: Vec::new(),
    }
}

/// The time that a call may take in all.
pub(super) fn deadline(prepared: &Prepared, plan: &RoutePlan) -> Option<Duration> {
    prepared.directives.deadline.or(plan.route.deadline)
}
