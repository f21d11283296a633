//! What shows only when all that a file and those under it say is seen together: names that are not there or twice, routes that are
//! never reached, circles, limits that nothing can reach.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use toml::de::DeTable;

use super::super::check::Checker;
use super::super::values;
use super::RouterSettings;
use super::fields::{tables, text};
use crate::catalog::Catalog;
use crate::route::settings::{CandidateSpec, ObjectiveSpec, RouteSpec};

/// Checks the sections of one file that hold: those that no nearer file replaces.
pub(super) fn check(
    settings: &RouterSettings,
    table: &DeTable<'_>,
    holds: &dyn Fn(&str) -> bool,
    checker: &mut Checker<'_>,
    catalog: &Catalog,
) {
    for section in ["limits", "budgets", "routes", "alerts"] {
        let Some(list) = tables(table, section).filter(|_| holds(section)) else { continue };
        unique(list.iter().map(|(entry, _)| *entry), section, checker);
        match section {
            "budgets" => check_budgets(&list, settings, checker),
            "routes" => check_routes(&list, settings, checker, catalog),
            "alerts" => check_alerts(&list, settings, checker),
            _ => {}
        }
    }
}

fn check_budgets(list: &[(&DeTable<'_>, Range<usize>)], settings: &RouterSettings, checker: &mut Checker<'_>) {
    for (table, span) in list {
        let name = text(table, "name").unwrap_or_default();
        let Some(spec) = settings.budgets.iter().find(|spec| spec.name == name) else { continue };
        if spec.hard.is_none() && spec.soft.is_none() {
            let help = "set `hard`, `soft`, or both".to_owned();
            checker.tell(span, "budgets", format!("`{name}` sets no limit"), Some(help));
        }
        if let (Some(hard), Some(soft), Some(value)) = (spec.hard, spec.soft, table.get("soft"))
            && soft > hard
        {
            let message = format!("the soft limit of `{name}` is above its hard one, and never reached");
            checker.tell(&value.span(), "budgets.soft", message, None);
        }
    }
}

fn check_alerts(list: &[(&DeTable<'_>, Range<usize>)], settings: &RouterSettings, checker: &mut Checker<'_>) {
    let known = || settings.budgets.iter().map(|budget| budget.name.as_str());
    for (table, span) in list {
        let watch = text(table, "watch").unwrap_or_default();
        if let (Some(name), Some(value)) = (text(table, "budget"), table.get("budget"))
            && known().all(|budget| budget != name)
        {
            let help = crate::text::did_you_mean(&name, known());
            checker.tell(&value.span(), "alerts.budget", format!("no budget is called `{name}`"), help);
        } else if ["spent", "burn-rate"].contains(&&*watch) && settings.budgets.is_empty() {
            let help = "add a [[budgets]]".to_owned();
            checker.tell(span, "alerts.watch", format!("there is no budget for `{watch}` to watch"), Some(help));
        }
    }
}

/// What shows only when routes, providers and models are seen together.
fn check_routes(
    list: &[(&DeTable<'_>, Range<usize>)],
    settings: &RouterSettings,
    checker: &mut Checker<'_>,
    catalog: &Catalog,
) {
    let mut open: Option<String> = None;
    let named: BTreeSet<&str> = settings.routes.iter().flat_map(|route| &route.then).map(|name| &**name).collect();
    for (table, span) in list {
        let name = text(table, "name").unwrap_or_default();
        // Those that others go on to may stand anywhere.
        if let Some(before) = open.as_ref().filter(|_| !named.contains(&*name)) {
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
    let mut met: BTreeSet<&str> = BTreeSet::new();
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
