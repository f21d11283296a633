//! Where an answer may be that this instance does not have: the second level of the cache, which several instances share, and a tier that
//! answers by likeness, where a service has brought one. Both are asked by the task that leads a call, so that all who wait for the answer
//! share the look, and never longer than their budget.

use std::sync::Arc;
use std::time::Duration;

use super::answer::CacheStatus;
use super::flow::Writer;
use super::lead::Led;
use super::life::{Head, Lead, kept, report_of, scope};
use crate::cache::{BodyKey, Entry, Kept, Question};
use crate::target::Target;

/// A kept answer to a call that memory has none for.
pub(super) async fn find(lead: &Lead) -> Option<(Arc<Entry>, CacheStatus)> {
    if lead.prepared.directives.no_cache {
        return None;
    }
    if let Some(entry) = same(lead).await {
        return Some((entry, CacheStatus::Hit));
    }
    near(lead).await.map(|entry| (entry, CacheStatus::Near))
}

/// An answer of the second level that is still fresh, now in memory too; the one of the plan's first target, if there are several.
async fn same(lead: &Lead) -> Option<Arc<Entry>> {
    let (Some(second), Some(key)) = (&lead.inner.second, &lead.key) else { return None };
    let keys: Vec<BodyKey> = targets(lead).map(|target| key.at(target)).collect();
    let found = second.get(&keys, &lead.prepared.labels.caller.tenant).await;
    let fresh = |(key, kept): (BodyKey, Option<Kept>)| Some((key, here(lead, &key, kept?)?));
    let (key, entry) = keys.into_iter().zip(found).find_map(fresh)?;
    lead.inner.responses.keep(key, Arc::clone(&entry));
    Some(entry)
}

/// The answer to a question that is near enough, by the tier's word. It is given, and never kept or learnt: likeness of likeness would
/// drift. Nobody waits for a refresh, and what it refreshes is the answer proper.
async fn near(lead: &Lead) -> Option<Arc<Entry>> {
    let (Some(tier), Some(_), Some(_)) = (&lead.inner.semantic, &lead.key, &lead.permit) else { return None };
    let headers = lead.prepared.directives.passed_on();
    let scope = scope(&lead.prepared, &lead.plan, &headers);
    let question = Question::of(&lead.inner.key_secret, &scope, &lead.prepared.json)?;
    let look = async {
        for target in targets(lead) {
            let asked = question.at(target);
            let fresh_for = lead.inner.responses.fresh_for(&BodyKey(asked.ground), &lead.plan.route.cache);
            let found = tier.find(asked).await;
            if let Some(entry) = found.filter(|entry| lead.inner.responses.age(entry) < fresh_for) {
                return Some(entry);
            }
        }
        None
    };
    tokio::time::timeout(tier.budget(), look).await.ok().flatten()
}

/// Who would be asked, the first first.
fn targets(lead: &Lead) -> impl Iterator<Item = &Target> {
    lead.plan.steps.iter().filter(|step| !step.is_fallback).map(|step| &step.target)
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
pub(super) fn give(lead: &Lead, entry: &Arc<Entry>, status: CacheStatus, writer: &Writer<Head, Arc<Led>>) -> Led {
    let report = report_of(&lead.inner, lead.call, &lead.prepared, &lead.plan, entry, status);
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

/// Tells the other instances, and the tier that answers by likeness, of an answer that a provider gave. Nobody waits for it but a
/// shutdown, and that no longer than the budgets.
pub(super) async fn share(lead: &Lead, key: BodyKey, entry: &Arc<Entry>) {
    let inner = &lead.inner;
    if let Some(second) = &inner.second {
        let kept = Kept { entry: Entry::clone(entry), at: inner.clock.now() };
        let keep = inner.responses.fresh_for(&key, &lead.plan.route.cache);
        second.put(key, &lead.prepared.labels.caller.tenant, &kept, keep).await;
    }
    let headers = lead.prepared.directives.passed_on();
    let scope = scope(&lead.prepared, &lead.plan, &headers);
    if let Some(tier) = &inner.semantic
        && let Some(question) = Question::of(&inner.key_secret, &scope, &lead.prepared.json)
    {
        let learnt = tier.learn(question.at(&entry.target), entry);
        let _in_time = tokio::time::timeout(tier.budget(), learnt).await;
    }
}
