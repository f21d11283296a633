//! The router's sections, read from a file that was checked key by key; then what only shows when they are seen together: names that
//! are not there, routes that are never reached, circles.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::super::check::{self, Checker};
use super::super::values;
use super::{RouterSettings, hosts};
use crate::budget::settings::{BudgetSpec, Period};
use crate::cache::settings::CachePolicy;
use crate::catalog::Catalog;
use crate::chat::Dialect;
use crate::labels::By;
use crate::limit::settings::{Class, LimitSpec};
use crate::route::settings::{CandidateSpec, ObjectiveSpec, Rewrite, RouteSpec};
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
        settings.budgets = list.iter().filter_map(|(entry, span)| budget(entry, span, checker)).collect();
        unique(list.iter().map(|(entry, _)| *entry), "budgets", checker);
    }
    if let Some(list) = tables(table, "routes") {
        settings.routes = list.iter().filter_map(|(entry, _)| route(entry)).collect();
        unique(list.iter().map(|(entry, _)| *entry), "routes", checker);
        check_routes(&list, settings, checker, catalog);
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
    let is_own_machine =
        ["http://127.", "http://localhost", "http://[::1]"].iter().any(|begin| base_url.starts_with(begin));
    if auth != Auth::None
        && base_url.starts_with("http://")
        && !is_own_machine
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

fn budget(table: &DeTable<'_>, span: &Range<usize>, checker: &mut Checker<'_>) -> Option<BudgetSpec> {
    let money = |name: &str| check::usd(table.get(name)?.get_ref())?.ok();
    let spec = BudgetSpec {
        name: text(table, "name")?,
        by: table.get("by").map_or(Some(By::All), |value| values::by(value.get_ref()))?,
        only: only(table),
        period: table.get("period").map_or(Some(Period::Month), |value| values::period(value.get_ref()))?,
        hard: money("hard"),
        soft: money("soft"),
        unpriced_as: money("unpriced-as"),
    };
    if spec.hard.is_none() && spec.soft.is_none() {
        checker.tell(
            span,
            "budgets",
            format!("`{}` sets no limit", spec.name),
            Some("set `hard`, `soft`, or both".to_owned()),
        );
    }
    Some(spec)
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

/// What shows only when routes, providers and models are seen together.
fn check_routes(
    list: &[(&DeTable<'_>, Range<usize>)],
    settings: &RouterSettings,
    checker: &mut Checker<'_>,
    catalog: &Catalog,
) {
    let mut open: Option<String> = None;
    for (table, span) in list {
        let name = text(table, "name").unwrap_or_default();
        if let Some(before) = &open {
            checker.tell(
                span,
                "routes",
                format!("`{name}` is never reached: `{before}` before it takes every request"),
                Some("give that one a condition, or put it last".to_owned()),
            );
        }
        if !table.contains_key("when") {
            open.get_or_insert_with(|| name.clone());
        }
        for key in ["candidates", "fallbacks"] {
            for value in
                table.get(key).and_then(|value| value.get_ref().as_array()).into_iter().flat_map(|list| list.iter())
            {
                if let Some(spec) = values::target(value.get_ref()) {
                    check_target(&spec, &value.span(), &format!("routes.{key}"), settings, checker, catalog);
                }
            }
        }
        for value in
            table.get("then").and_then(|value| value.get_ref().as_array()).into_iter().flat_map(|list| list.iter())
        {
            let next = value.get_ref().as_str().unwrap_or_default();
            if settings.routes.iter().all(|route| *route.name != *next) {
                checker.tell(&value.span(), "routes.then", format!("no route is called `{next}`"), None);
            }
        }
        let Some(read) = settings.routes.iter().find(|route| *route.name == *name) else { continue };
        if let Some(circle) = circle(settings, read) {
            checker.tell(span, "routes.then", format!("it goes in a circle: {circle}"), None);
        }
        let is_denied = |spec: &CandidateSpec| {
            let full = format!("{}/{}", spec.provider, spec.model.as_deref().unwrap_or("*"));
            read.deny.iter().any(|entry| **entry == *spec.provider || *entry == full)
        };
        if !read.candidates.is_empty() && read.candidates.iter().all(is_denied) {
            checker.tell(span, "routes.deny", format!("`{name}` denies all of its candidates"), None);
        }
        if matches!(read.objective, ObjectiveSpec::QualityThenCheapest(_))
            && read.candidates.iter().all(|spec| spec.quality.is_none())
        {
            let help = "write candidates as { target = \"…\", quality = 0.9 }".to_owned();
            checker.tell(span, "routes.objective", format!("no candidate of `{name}` has a quality"), Some(help));
        }
    }
}

fn check_target(
    spec: &CandidateSpec,
    span: &Range<usize>,
    field: &str,
    settings: &RouterSettings,
    checker: &mut Checker<'_>,
    catalog: &Catalog,
) {
    let Some(provider) = settings.providers.iter().find(|provider| provider.name == spec.provider) else {
        let known = settings.providers.iter().map(|provider| &*provider.name);
        let help = crate::text::did_you_mean(&spec.provider, known)
            .unwrap_or_else(|| format!("add a [providers.{}]", spec.provider));
        return checker.tell(span, field, format!("no provider is called `{}`", spec.provider), Some(help));
    };
    if let Some(model) = &spec.model
        && catalog.find(Some(&provider.host), model).is_none()
    {
        let error = catalog.unknown_model(Some(&provider.host), model);
        checker.tell(span, field, error.message().to_owned(), error.advice().map(str::to_owned));
    }
    if let Some(tier) = spec.tier
        && tier != crate::usage::ServiceTier::Standard
        && !provider.tiers.contains(&tier)
    {
        let help = format!("add it to `tiers` under [providers.{}]", provider.name);
        checker.tell(span, field, format!("`{}` does not allow the tier `{tier}`", provider.name), Some(help));
    }
}

/// The way from a route back to itself.
fn circle(settings: &RouterSettings, from: &RouteSpec) -> Option<String> {
    let by_name: BTreeMap<&str, &RouteSpec> = settings.routes.iter().map(|route| (&*route.name, route)).collect();
    let mut ways: Vec<Vec<&str>> = vec![vec![&from.name]];
    let mut met: std::collections::BTreeSet<&str> = std::collections::BTreeSet::new();
    while let Some(way) = ways.pop() {
        let last = way.last().and_then(|name| by_name.get(name))?;
        for next in &last.then {
            let mut longer = way.clone();
            longer.push(next);
            if **next == *from.name {
                return Some(longer.join(" → "));
            }
            if met.insert(next) && by_name.contains_key(&**next) {
                ways.push(longer);
            }
        }
    }
    None
}

fn unique<'t, 'i: 't>(list: impl Iterator<Item = &'t DeTable<'i>>, field: &str, checker: &mut Checker<'_>) {
    let mut seen: Vec<String> = Vec::new();
    for table in list {
        let (Some(name), Some(value)) = (text(table, "name"), table.get("name")) else { continue };
        if seen.contains(&name) {
            checker.tell(&value.span(), field, format!("two are called `{name}`"), None);
        }
        seen.push(name);
    }
}

fn tables<'t, 'i>(table: &'t DeTable<'i>, name: &str) -> Option<Vec<(&'t DeTable<'i>, Range<usize>)>> {
    let array = table.get(name)?.get_ref().as_array()?;
    Some(array.iter().filter_map(|item| Some((item.get_ref().as_table()?, item.span()))).collect())
}

fn items<T>(table: &DeTable<'_>, name: &str, read: impl Fn(&DeValue<'_>) -> Option<T>) -> Vec<T> {
    let array = table.get(name).and_then(|value| value.get_ref().as_array());
    array.into_iter().flat_map(|array| array.iter()).filter_map(|item| read(item.get_ref())).collect()
}

fn pairs(table: &DeTable<'_>, name: &str) -> Vec<(String, String)> {
    let inner = table.get(name).and_then(|value| value.get_ref().as_table());
    inner
        .into_iter()
        .flatten()
        .filter_map(|(name, value)| Some((name.get_ref().to_string(), value.get_ref().as_str()?.to_owned())))
        .collect()
}

fn only(table: &DeTable<'_>) -> Vec<(By, String)> {
    pairs(table, "only").into_iter().filter_map(|(name, value)| Some((By::from_name(&name)?, value))).collect()
}

fn text(table: &DeTable<'_>, name: &str) -> Option<String> {
    table.get(name)?.get_ref().as_str().map(str::to_owned)
}

fn count(table: &DeTable<'_>, name: &str) -> Option<u64> {
    check::whole(table.get(name)?.get_ref()).and_then(|n| u64::try_from(n).ok())
}

fn truth(table: &DeTable<'_>, name: &str) -> Option<bool> {
    table.get(name)?.get_ref().as_bool()
}
