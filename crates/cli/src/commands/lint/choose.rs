//! What the options of `promptopt lint` set: a layer over every configuration file, checked as one.

use promptopt::catalog::Catalog;
use promptopt::config::Layer;
use promptopt::error::{Error, Kind, Result};
use promptopt::lint::Rule;
use promptopt::lint::settings::select;

use crate::args::LintRulesArgs;

/// The options as a layer; what does not exist is an error.
pub(super) fn layer(args: &LintRulesArgs, catalog: &Catalog) -> Result<Layer> {
    for selector in args.select.iter().chain(&args.extend_select).chain(&args.ignore) {
        select(selector)?;
    }
    check_models(args, catalog)?;
    Ok(Layer {
        model: args.model.clone(),
        host: args.host.clone(),
        fallbacks: (!args.fallback.is_empty()).then(|| args.fallback.clone()),
        select: (!args.select.is_empty()).then(|| args.select.clone()),
        ignore: args.ignore.clone(),
        extend_select: args.extend_select.clone(),
        ..Layer::default()
    })
}

fn check_models(args: &LintRulesArgs, catalog: &Catalog) -> Result<()> {
    if let Some(host) = &args.host
        && catalog.host(host).is_none()
    {
        return Err(catalog.unknown_host(host));
    }
    for model in args.model.iter().chain(&args.fallback) {
        let host = if Some(model) == args.model.as_ref() { args.host.as_deref() } else { None };
        if catalog.find(host, model).is_none() {
            return Err(catalog.unknown_model(host, model));
        }
    }
    if args.host.is_some() && args.model.is_none() {
        return Err(Error::new(Kind::Config, "--host says where a model is used, but no --model is named"));
    }
    Ok(())
}

/// The rule of a code or a name; the beginning of a code is not enough, if it names several.
pub(super) fn one(name: &str) -> Result<&'static Rule> {
    match select(&name.to_uppercase()).or_else(|_| select(&name.to_lowercase())).or_else(|_| select(name))?.as_slice() {
        [rule] => Ok(rule),
        several => {
            let codes: Vec<&str> = several.iter().map(|rule| rule.code).collect();
            Err(Error::new(Kind::Config, format!("`{name}` names {} rules", several.len()))
                .help(format!("name one: {}", codes.join(", "))))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use promptopt::config::Configs;
    use promptopt::lint::{RULES, Settings};

    fn chosen(args: &LintRulesArgs) -> Vec<&'static str> {
        let base = Settings::new("2026-11-22".parse().unwrap());
        let layer = layer(args, &base.catalog).unwrap();
        let configs = Configs::new(base, "/r", |_| Err(std::io::ErrorKind::NotFound.into())).with_command_line(layer);
        configs.settings_for("x.md").unwrap().rules.keys().copied().collect()
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
            extend_select: names(&["SYN001", "MDL002"]),
            ignore: names(&["MDL"]),
            ..LintRulesArgs::default()
        };
        assert_eq!(chosen(&more), ["FMT006", "MDL002", "SYN001"], "the more exact one holds");
        let fewer = LintRulesArgs { ignore: names(&["MDL002"]), ..more };
        assert_eq!(chosen(&fewer), ["FMT006", "MDL001", "SYN001"]);
    }

    #[test]
    fn what_does_not_exist_is_an_error() {
        let catalog = Catalog::embedded();
        let wrong = LintRulesArgs { select: names(&["FTM006"]), ..LintRulesArgs::default() };
        assert!(layer(&wrong, catalog).is_err());
        let wrong = LintRulesArgs { model: Some("gpt-6-lunna".to_owned()), ..LintRulesArgs::default() };
        assert!(layer(&wrong, catalog).unwrap_err().to_string().contains("gpt-6-luna"));
        let wrong = LintRulesArgs { host: Some("openai".to_owned()), ..LintRulesArgs::default() };
        assert!(layer(&wrong, catalog).is_err());
    }

    #[test]
    fn a_rule_is_named_by_its_code_or_its_name() {
        assert_eq!(one("fmt006").unwrap().name, "padded-table");
        assert_eq!(one("Padded-Table").unwrap().code, "FMT006");
        assert!(one("padded-tabel").unwrap_err().to_string().contains("padded-table"));
        assert!(RULES.len() < 2 || one("ALL").is_err());
    }
}
