//! The router's sections, read from a file that was checked key by key.

use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::super::check::{self, Checker};
use super::super::values;
use super::fields::{count, items, only, pairs, tables, text, truth};
use super::{RouterSettings, alerts, hosts};
use crate::budget::settings::{BudgetSpec, Period};
use crate::cache::settings::{CachePolicy, RedisSettings};
use crate::catalog::Catalog;
use crate::chat::Dialect;
use crate::labels::By;
use crate::limit::settings::{Class, LimitSpec};
use crate::route::settings::{ObjectiveSpec, Rewrite, RouteSpec};
use crate::secret::SecretRef;
use crate::upstream::settings::{Auth, ProviderSettings, Timeouts};

type Value<'i> = Spanned<DeValue<'i>>;

/// Reads the sections of one file into the settings, over what is there.
pub(super) fn read(
    settings: &mut RouterSettings,
    table: &DeTable<'_>,
    folder: &Path,
    checker: &mut Checker<'_>,
    catalog: &Catalog,
) {
    let section = |name: &str| table.get(name).and_then(|value| value.get_ref().as_table());
    if let Some(size) = section("router").and_then(|table| values::size(table.get("max-body")?.get_ref())) {
        settings.max_body = size;
    }
    for (name, value) in section("providers").into_iter().flatten() {
        if let Some(provider) = provider(name.get_ref(), &name.span(), value, checker, catalog) {
            settings.providers.retain(|known| known.name != provider.name);
            settings.providers.push(provider);
        }
    }
    if let Some(list) = tables(table, "limits") {
        settings.limits = list.iter().filter_map(|(entry, _)| limit(entry)).collect();
    }
    if let Some(list) = tables(table, "budgets") {
        settings.budgets = list.iter().filter_map(|(entry, _)| budget(entry)).collect();
    }
    if let Some(list) = tables(table, "alerts") {
        settings.alerts = list.iter().filter_map(|(entry, span)| alerts::read(entry, span, folder, checker)).collect();
    }
    if let Some(list) = tables(table, "routes") {
        settings.routes = list.iter().filter_map(|(entry, _)| route(entry)).collect();
    }
    knobs(settings, &section, folder);
}

fn knobs<'t, 'i: 't>(settings: &mut RouterSettings, section: &dyn Fn(&str) -> Option<&'t DeTable<'i>>, folder: &Path) {
    let time = |table: Option<&DeTable<'_>>, name: &str, slot: &mut Duration| {
        if let Some(read) = table.and_then(|table| values::duration(table.get(name)?.get_ref())) {
            *slot = read;
        }
    };
    let number = |table: Option<&DeTable<'_>>, name: &str, slot: &mut u32| {
        if let Some(read) = table.and_then(|table| count(table, name)).and_then(|n| u32::try_from(n).ok()) {
            *slot = read;
        }
    };
    let queue = section("queue");
    if let Some(depth) = queue.and_then(|table| count(table, "max-depth")) {
        settings.queue.max_depth = usize::try_from(depth).unwrap_or(usize::MAX);
    }
    time(queue, "max-wait", &mut settings.queue.max_wait);
    time(queue, "ageing", &mut settings.queue.ageing);
    let cache = section("cache");
    if let Some(size) = cache.and_then(|table| values::size(table.get("max-size")?.get_ref())) {
        settings.cache.max_bytes = size;
    }
    if let Some(size) = cache.and_then(|table| values::size(table.get("max-entry")?.get_ref())) {
        settings.cache.max_entry_bytes = u32::try_from(size).unwrap_or(u32::MAX);
    }
    settings.cache.redis = cache.and_then(|table| redis(table.get("redis")?.get_ref()));
    let ledger = section("ledger");
    if let Some(path) = ledger.and_then(|table| text(table, "path")) {
        settings.ledger.path = Some(folder.join(path));
    }
    if let Some(keep) = ledger.and_then(|table| values::duration(table.get("keep")?.get_ref())) {
        settings.ledger.keep_days = u32::try_from(keep.as_secs().div_ceil(86_400)).ok();
    }
    if let Some(keeps) = ledger.and_then(|table| truth(table, "keep-prompts")) {
        settings.ledger.keeps_prompts = keeps;
    }
    let retry = section("retry");
    number(retry, "max-attempts", &mut settings.retry.max_attempts);
    time(retry, "first-pause", &mut settings.retry.first_pause);
    time(retry, "max-pause", &mut settings.retry.max_pause);
    time(retry, "max-retry-after", &mut settings.retry.max_retry_after);
    let breaker = section("breaker");
    number(breaker, "failures", &mut settings.breaker.failures);
    time(breaker, "window", &mut settings.breaker.window);
    time(breaker, "cooldown", &mut settings.breaker.cooldown);
    if let Some(percent) = breaker.and_then(|table| count(table, "failure-percent")) {
        settings.breaker.failure_permille = u32::try_from(percent.min(100) * 10).unwrap_or(1000);
    }
}

/// The second level; what is missing is told by the check of the section.
fn redis(value: &DeValue<'_>) -> Option<RedisSettings> {
    let DeValue::Table(table) = value else { return None };
    let secret = |name: &str| SecretRef::from_text(&text(table, name)?);
    let budget = table
        .get("budget")
        .and_then(|value| values::duration(value.get_ref()))
        .unwrap_or(crate::cache::settings::BUDGET);
    Some(RedisSettings { url: secret("url")?, seal: secret("seal")?, budget })
}

fn provider(
    name: &str,
    at: &Range<usize>,
    value: &Value<'_>,
    checker: &mut Checker<'_>,
    catalog: &Catalog,
) -> Option<ProviderSettings> {
    let table = value.get_ref().as_table()?;
    let field = |key: &str| format!("providers.{name}.{key}");
    let span = |key: &str| table.get(key).map_or_else(|| at.clone(), Spanned::span);
    let written = text(table, "host").unwrap_or_else(|| name.to_owned());
    let host = catalog.host(&written).unwrap_or(written);
    let known = hosts::of(&host);
    if known.is_none() && catalog.host(&host).is_none() && text(table, "host").is_none() {
        checker.tell(
            at,
            &format!("providers.{name}"),
            format!("`{name}` is no host of the catalogue"),
            Some("set `host` to one of those that `promptopt models list` shows".to_owned()),
        );
        return None;
    }
    let base_url =
        text(table, "base-url").or_else(|| known.map(|host| host.base_url.to_owned()).filter(|url| !url.is_empty()));
    let aws_region = text(table, "aws-region");
    let base_url = base_url
        .or_else(|| aws_region.as_ref().map(|region| format!("https://bedrock-runtime.{region}.amazonaws.com")));
    let Some(base_url) = base_url else {
        let what = if host == "bedrock" { "aws-region" } else { "base-url" };
        checker.tell(
            at,
            &format!("providers.{name}"),
            format!("`{what}` is missing"),
            Some(format!("`{host}` has no address that all share")),
        );
        return None;
    };
    if let Some(why) = values::bad_address(&base_url) {
        checker.tell(
            &span("base-url"),
            &field("base-url"),
            format!("the address {why}"),
            Some("write it as `https://host/path`".to_owned()),
        );
    }
    let secret = |key: &str| table.get(key).and_then(|value| values::secret(value.get_ref()));
    let header = text(table, "key-header").or_else(|| known.and_then(|host| host.key_header).map(str::to_owned));
    let auth = match (secret("api-key"), header, secret("aws-key-id"), secret("aws-secret")) {
        (_, _, Some(key_id), Some(hidden)) => Auth::SigV4 {
            key_id,
            secret: hidden,
            session: secret("aws-session"),
            region: aws_region.unwrap_or_else(|| "us-east-1".to_owned()),
        },
        (Some(key), Some(header), ..) => Auth::Header(header, key),
        (Some(key), None, ..) => Auth::Bearer(key),
        (None, ..) => Auth::None,
    };
    for (one, other) in [("aws-key-id", "aws-secret"), ("aws-secret", "aws-key-id")] {
        if table.contains_key(one) && !table.contains_key(other) {
            checker.tell(&span(one), &field(one), format!("`{other}` is missing beside it"), None);
        }
    }
    if auth != Auth::None
        && base_url.starts_with("http://")
        && !values::is_own_machine(&base_url)
        && truth(table, "insecure-http") != Some(true)
    {
        let help = "use https, or set `insecure-http = true` if the network between is yours".to_owned();
        checker.tell(
            &span("base-url"),
            &field("base-url"),
            "a key would go over plain http to another machine".to_owned(),
            Some(help),
        );
    }
    let mut timeouts = Timeouts::default();
    for (key, slot) in [
        ("connect-timeout", &mut timeouts.connect),
        ("first-byte-timeout", &mut timeouts.first_byte),
        ("idle-timeout", &mut timeouts.idle),
        ("total-timeout", &mut timeouts.total),
    ] {
        if let Some(time) = table.get(key).and_then(|value| values::duration(value.get_ref())) {
            *slot = time;
        }
    }
    let dialect =
        text(table, "dialect").and_then(|name| dialect(&name)).or(known.map(|host| host.dialect)).unwrap_or_default();
    Some(ProviderSettings {
        name: name.into(),
        host: host.into(),
        dialect,
        base_url,
        auth,
        headers: pairs(table, "headers"),
        api_version: text(table, "api-version"),
        deployments: pairs(table, "deployments"),
        region: text(table, "region"),
        tiers: items(table, "tiers", values::tier),
        timeouts,
    })
}

fn dialect(name: &str) -> Option<Dialect> {
    Some(match name {
        "chat" => Dialect::Chat,
        "responses" => Dialect::Responses,
        "messages" => Dialect::Messages,
        "generateContent" => Dialect::GenerateContent,
        "converse" => Dialect::Converse,
        _ => return None,
    })
}

fn limit(table: &DeTable<'_>) -> Option<LimitSpec> {
    let small = |name: &str| count(table, name).map(|n| u32::try_from(n).unwrap_or(u32::MAX));
    Some(LimitSpec {
        name: text(table, "name")?,
        by: table.get("by").map_or(Some(By::All), |value| values::by(value.get_ref()))?,
        only: only(table),
        rpm: small("rpm"),
        tpm: count(table, "tpm"),
        concurrency: small("concurrency"),
        burst_s: table
            .get("burst")
            .and_then(|value| values::duration(value.get_ref()))
            .map_or(60, |burst| u32::try_from(burst.as_secs()).unwrap_or(u32::MAX)),
    })
}

fn budget(table: &DeTable<'_>) -> Option<BudgetSpec> {
    let money = |name: &str| check::usd(table.get(name)?.get_ref())?.ok();
    Some(BudgetSpec {
        name: text(table, "name")?,
        by: table.get("by").map_or(Some(By::All), |value| values::by(value.get_ref()))?,
        only: only(table),
        period: table.get("period").map_or(Some(Period::Month), |value| values::period(value.get_ref()))?,
        hard: money("hard"),
        soft: money("soft"),
        unpriced_as: money("unpriced-as"),
    })
}

fn route(table: &DeTable<'_>) -> Option<RouteSpec> {
    let mut cache = CachePolicy::default();
    match table.get("cache").map(Spanned::get_ref) {
        Some(DeValue::Boolean(is_on)) => cache.is_on = *is_on,
        Some(DeValue::Table(inner)) => {
            let time = |name: &str| inner.get(name).and_then(|value| values::duration(value.get_ref()));
            cache.time_to_live = time("ttl").unwrap_or(cache.time_to_live);
            cache.stale = time("stale").unwrap_or(cache.stale);
            cache.sampled = truth(inner, "sampled").unwrap_or(false);
            cache.tool_calls = truth(inner, "tool-calls").unwrap_or(false);
            cache.per_user = truth(inner, "per-user").unwrap_or(false);
            cache.epoch = count(inner, "epoch").unwrap_or(0);
        }
        _ => {}
    }
    Some(RouteSpec {
        name: text(table, "name")?.into(),
        when: text(table, "when"),
        candidates: items(table, "candidates", values::target),
        objective: table
            .get("objective")
            .map_or(Some(ObjectiveSpec::Cheapest), |value| values::objective(value.get_ref()))?,
        fallbacks: items(table, "fallbacks", values::target),
        then: items(table, "then", |value| value.as_str().map(Into::into)),
        class: text(table, "class").and_then(|name| Class::from_name(&name)).unwrap_or_default(),
        deadline: table.get("deadline").and_then(|value| values::duration(value.get_ref())),
        regions: items(table, "regions", |value| value.as_str().map(str::to_owned)),
        deny: items(table, "deny", |value| value.as_str().map(str::to_owned)),
        cache,
        optimize: match text(table, "optimize").as_deref() {
            Some("identical") => Rewrite::Identical,
            Some("equivalent") => Rewrite::Equivalent,
            _ => Rewrite::Off,
        },
        breakpoints: truth(table, "breakpoints").unwrap_or(true),
        expected_output: count(table, "expected-output"),
    })
}
