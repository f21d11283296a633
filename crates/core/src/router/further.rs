//! Where an answer may be that this instance does not have: the second level of the cache, which several instances share. It is asked by
//! the task that leads a call, so that all who wait for the answer share the look, and never longer than its budget.

use std::sync::Arc;
use std::time::Duration;

use super::answer::CacheStatus;
use super::flow::Writer;
use super::lead::Led;
use super::life::{Head, Lead, kept, report_of};
use crate::cache::{BodyKey, Entry, Kept};

/// An answer of the second level that is still fresh, now in memory too; the one of the plan's first target, if there are several.
pub(super) async fn find(lead: &Lead) -> Option<Arc<Entry>> {
    let (Some(second), Some(key)) = (&lead.inner.second, &lead.key) else { return None };
    if lead.prepared.directives.no_cache {
        return None;
    }
    let keys: Vec<BodyKey> =
        lead.plan.steps.iter().filter(|step| !step.is_fallback).map(|step| key.at(&step.target)).collect();
    let found = second.get(&keys, &lead.prepared.labels.caller.tenant).await;
    let fresh = |(key, kept): (BodyKey, Option<Kept>)| Some((key, here(lead, &key, kept?)?));
    let (key, entry) = keys.into_iter().zip(found).find_map(fresh)?;
    lead.inner.responses.keep(key, Arc::clone(&entry));
    Some(entry)
}

/// As it is kept here, if it is fresh here.
fn here(lead: &Lead, key: &BodyKey, kept: Kept) -> Option<Arc<Entry>> {
    let inner = &lead.inner;
    // A clock that is behind another instance's sees an answer of the future: it is new.
    let age = Duration::try_from(inner.clock.now().duration_since(kept.at)).unwrap_or_default();
    let is_fresh = age < inner.responses.fresh_for(key, &lead.plan.route.cache);
    let kept_us = inner.responses.now_us().saturating_sub(i64::try_from(age.as_micros()).unwrap_or(i64::MAX));
    is_fresh.then(|| Arc::new(Entry { kept_us, ..kept.entry }))
}

/// Gives it to all who wait.
pub(super) fn give(lead: &Lead, entry: &Arc<Entry>, writer: &Writer<Head, Arc<Led>>) -> Led {
    let report = report_of(&lead.inner, lead.call, &lead.prepared, &lead.plan, entry, CacheStatus::Hit);
    writer.begin(Head { report: report.clone(), is_stream: entry.events.is_some() });
    match &entry.events {
        Some(events) => events.iter().for_each(|event| writer.push(event.clone())),
        None => writer.push(entry.whole.clone()),
    }
    // A refresh answers nobody.
    if lead.permit.is_some() {
        kept(&lead.inner, &lead.prepared, &lead.plan, lead.call, entry);
    }
    Led { report, whole: entry.whole.clone(), entry: None }
}

/// Tells the other instances of an answer. Nobody waits for it but a shutdown, and that no longer than the budget.
pub(super) async fn share(lead: &Lead, key: BodyKey, entry: &Entry) {
    let inner = &lead.inner;
    let Some(second) = &inner.second else { return };
    let kept = Kept { entry: entry.clone(), at: inner.clock.now() };
    let keep = inner.responses.fresh_for(&key, &lead.plan.route.cache);
    second.put(key, &lead.prepared.labels.caller.tenant, &kept, keep).await;
}
