//! What the options of `promptopt lint` change of the settings that a file goes by.

use promptopt::error::{Error, Kind, Result};
use promptopt::lint::Rule;
use promptopt::lint::settings::{Settings, select};

use crate::args::LintRulesArgs;

/// The settings with the options applied: the command line beats what a file says.
pub(crate) fn apply(mut settings: Settings, args: &LintRulesArgs) -> Result<Settings> {
    if !args.select.is_empty() {
        let configured = std::mem::take(&mut settings.rules);
        for rule in all(&args.select)? {
            settings.rules.insert(rule.code, configured.get(rule.code).copied().unwrap_or(rule.severity));
        }
    }
    for rule in all(&args.extend_select)? {
        settings.rules.entry(rule.code).or_insert(rule.severity);
    }
    for rule in all(&args.ignore)? {
        settings.rules.remove(rule.code);
    }
    if let Some(least) = args.severity {
        settings.rules.retain(|_, severity| *severity >= least);
    }
    if let Some(host) = &args.host
        && settings.catalog.host(host).is_none()
    {
        return Err(settings.catalog.unknown_host(host));
    }
    for model in args.model.iter().chain(&args.fallback) {
        let host = if Some(model) == args.model.as_ref() { args.host.as_deref() } else { None };
        if settings.catalog.find(host, model).is_none() {
            return Err(settings.catalog.unknown_model(host, model));
        }
    }
    if args.model.is_some() {
        settings.model.clone_from(&args.model);
        settings.host.clone_from(&args.host);
    } else if args.host.is_some() {
        return Err(Error::new(Kind::Config, "--host says where a model is used, but no --model is named"));
    }
    if !args.fallback.is_empty() {
        settings.fallbacks.clone_from(&args.fallback);
    }
    Ok(settings)
}

/// The rule of a code or a name; the beginning of a code is not enough, if it names several.
pub(crate) fn one(name: &str) -> Result<&'static Rule> {
    match select(&name.to_uppercase()).or_else(|_| select(&name.to_lowercase())).or_else(|_| select(name))?.as_slice() {
        [rule] => Ok(rule),
        several => {
            let codes: Vec<&str> = several.iter().map(|rule| rule.code).collect();
            Err(Error::new(Kind::Config, format!("`{name}` names {} rules", several.len()))
                .help(format!("name one: {}", codes.join(", "))))
        }
    }
}

fn all(selectors: &[String]) -> Result<Vec<&'static Rule>> {
    let mut rules = Vec::new();
    for selector in selectors {
        rules.extend(select(selector)?);
    }
    Ok(rules)
}

#[cfg(test)]
mod tests {
    use super::*;
    use promptopt::lint::{RULES, Severity};

    fn chosen(args: &LintRulesArgs) -> Vec<&'static str> {
        let settings = Settings::new("2026-11-22".parse().unwrap());
        apply(settings, args).unwrap().rules.into_keys().collect()
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn rules_are_selected_added_and_taken_away_in_this_order() {
        let select = names(&["FMT006", "unknown-model"]);
        let only = LintRulesArgs { select: select.clone(), ..LintRulesArgs::default() };
        assert_eq!(chosen(&only), ["FMT006", "MDL001"]);
        let more = LintRulesArgs {
            select,
            extend_select: names(&["SYN001"]),
            ignore: names(&["MDL"]),
            ..LintRulesArgs::default()
        };
        assert_eq!(chosen(&more), ["FMT006", "SYN001"]);
        let errors = LintRulesArgs { severity: Some(Severity::Error), ..LintRulesArgs::default() };
        assert!(chosen(&errors).contains(&"SYN001") && !chosen(&errors).contains(&"FMT006"));
    }

    #[test]
    fn a_rule_is_named_by_its_code_or_its_name() {
        assert_eq!(one("fmt006").unwrap().name, "padded-table");
        assert_eq!(one("Padded-Table").unwrap().code, "FMT006");
        assert!(one("padded-tabel").unwrap_err().to_string().contains("padded-table"));
        assert!(RULES.len() < 2 || one("ALL").is_err());
    }
}
