//! What is wrong with a configuration file, all of it at once: unknown keys, values of the wrong kind, rules, models and
//! patterns that are none. Goes by the table of keys (`keys.rs`).

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::keys::{self, Key, Shape};
use super::{paths, values};
use crate::catalog::Catalog;
use crate::error::{Error, Kind};
use crate::lint::lines::Lines;
use crate::lint::rule::{Default as Standard, OptionSpec};
use crate::lint::settings::select;
use crate::lint::{RULES, Rule, Severity};
use crate::text::{did_you_mean, shorten};
use crate::usd::Usd;

/// Names that a severity may have in `[lint.severity]`.
const LEVELS: [&str; 4] = ["error", "warning", "info", "off"];
/// And in `fail-on`.
const FAIL_ON: [&str; 4] = ["error", "warning", "info", "never"];

/// Checks one file.
pub(super) struct Checker<'a> {
    /// The file, as shown.
    file: &'a str,
    text: &'a str,
    lines: Lines,
    catalog: &'a Catalog,
    /// What was found so far.
    pub(super) problems: Vec<Error>,
}

impl<'a> Checker<'a> {
    pub(super) fn new(file: &'a str, text: &'a str, catalog: &'a Catalog) -> Checker<'a> {
        Checker { file, text, lines: Lines::of(text), catalog, problems: Vec::new() }
    }

    /// Reads the text as TOML; what could be read, where not all could.
    pub(super) fn parse(&mut self) -> DeTable<'a> {
        let (table, errors) = DeTable::parse_recoverable(self.text);
        for error in errors {
            let span = error.span().unwrap_or(0..0);
            self.problem(span, "", error.message().trim().replace('\n', ", "), None);
        }
        table.into_inner()
    }

    /// Line of an offset, from 1.
    pub(super) fn line(&self, offset: usize) -> usize {
        self.lines.index(offset) + 1
    }

    /// An error at a place of the file.
    pub(super) fn error_at(&self, span: &Range<usize>, field: &str, message: impl Into<String>) -> Error {
        let position = self.lines.position(self.text, span.start);
        let error = Error::new(Kind::Config, message)
            .in_file(self.file)
            .at_line(position.line as u64)
            .at_column(position.column as u64);
        if field.is_empty() { error } else { error.in_field(field) }
    }

    /// Tells a problem that a later look has found.
    pub(super) fn tell(&mut self, span: &Range<usize>, field: &str, message: String, help: Option<String>) {
        self.problem(span.clone(), field, message, help);
    }

    pub(super) fn problem(
        &mut self,
        span: Range<usize>,
        field: &str,
        message: impl Into<String>,
        help: Option<String>,
    ) {
        let error = self.error_at(&span, field, message);
        self.problems.push(match help {
            Some(help) => error.help(help),
            None => error,
        });
    }

    /// Checks a table against its keys. `field` is its own name, empty for the file.
    pub(super) fn table(&mut self, field: &str, span: Range<usize>, table: &DeTable<'_>, keys: &'static [Key]) {
        self.members(field, span, table, &keys.iter().collect::<Vec<_>>());
    }

    /// The same for keys that stand in several tables.
    pub(super) fn members(&mut self, field: &str, span: Range<usize>, table: &DeTable<'_>, keys: &[&'static Key]) {
        for (name, value) in table {
            let path = joined(field, name.get_ref());
            match keys.iter().find(|key| key.name == name.get_ref()) {
                Some(key) => self.value(&path, &key.shape, value),
                None => self.unknown_key(field, name, keys),
            }
        }
        for name in keys::required(keys).iter().filter(|name| !table.contains_key(**name)) {
            self.problem(span.clone(), field, format!("`{name}` is missing"), None);
        }
    }

    fn unknown_key(&mut self, field: &str, name: &Spanned<std::borrow::Cow<'_, str>>, keys: &[&'static Key]) {
        let written = name.get_ref();
        let place = if field.is_empty() { "the file".to_owned() } else { format!("[{field}]") };
        let elsewhere = keys::file().iter().find_map(|section| match section.shape {
            Shape::Table(inner) if section.name != field => {
                inner.iter().find(|key| key.name == &**written).map(|key| (section.name, key.name))
            }
            _ => None,
        });
        let help = match elsewhere {
            Some((section, key)) => format!("`{key}` belongs under [{section}]"),
            None => did_you_mean(written, keys.iter().map(|key| key.name)).unwrap_or_else(|| {
                let known: Vec<String> = keys.iter().map(|key| format!("`{}`", key.name)).collect();
                format!("known keys are {}", known.join(", "))
            }),
        };
        self.problem(name.span(), "", format!("{place} has no key `{}`", shorten(written, 40)), Some(help));
    }

    pub(super) fn value(&mut self, field: &str, shape: &Shape, value: &Spanned<DeValue<'_>>) {
        let span = value.span();
        match shape {
            Shape::Text | Shape::Path => {
                self.text(field, value);
            }
            Shape::Model => {
                if let Some(name) = self.text(field, value)
                    && self.catalog.find(None, &name).is_none()
                {
                    self.passed_on(&span, field, &self.catalog.unknown_model(None, &name));
                }
            }
            Shape::Host => {
                if let Some(name) = self.text(field, value)
                    && self.catalog.host(&name).is_none()
                    && !(field.starts_with("providers.") && super::router::hosts::of(&name).is_some())
                {
                    self.passed_on(&span, field, &self.catalog.unknown_host(&name));
                }
            }
            Shape::Models => self.each(field, value, &Shape::Model),
            Shape::Globs => {
                for (pattern, span) in self.texts(field, value) {
                    self.pattern(field, &pattern, span);
                }
            }
            Shape::Selectors => {
                for (selector, span) in self.texts(field, value) {
                    self.selector(field, &selector, &span);
                }
            }
            Shape::Count => {
                if whole(value.get_ref()).and_then(|n| u64::try_from(n).ok()).is_none() {
                    self.wrong(field, value, "a whole number, 0 or more");
                }
            }
            Shape::Usd => match usd(value.get_ref()) {
                Some(Ok(_)) => {}
                _ => self.wrong(field, value, "an amount such as \"2.50\""),
            },
            Shape::Date => {
                if values::date(value.get_ref()).is_none() {
                    self.wrong(field, value, "a day such as 2027-03-31");
                }
            }
            Shape::FailOn => self.one_of(field, value, &FAIL_ON),
            Shape::Level => self.one_of(field, value, &LEVELS),
            Shape::Ignore => match value.get_ref() {
                DeValue::Table(table) => self.table(field, span, table, keys::IGNORE),
                DeValue::Array(_) => self.value(field, &Shape::Selectors, value),
                _ => self.wrong(field, value, "a list of rules, or a table with `rules`, `until`, `reason`"),
            },
            Shape::Table(keys) => match value.get_ref() {
                DeValue::Table(table) => self.table(field, span, table, keys),
                _ => self.wrong(field, value, "a table"),
            },
            Shape::Tables(keys) => self.tables(field, value, keys),
            Shape::ByRule(inner) => {
                for (name, value) in self.entries(field, value) {
                    self.selector(field, name.get_ref(), &name.span());
                    self.value(&joined(field, name.get_ref()), inner, value);
                }
            }
            Shape::ByGlob(inner) => {
                for (name, value) in self.entries(field, value) {
                    self.pattern(field, name.get_ref(), name.span());
                    self.value(&joined(field, name.get_ref()), inner, value);
                }
            }
            Shape::Options => {
                for (name, value) in self.entries(field, value) {
                    match by_name(name.get_ref()) {
                        Some(rule) => self.options(&joined(field, name.get_ref()), rule, value),
                        None => self.selector_error(field, name.get_ref(), &name.span()),
                    }
                }
            }
            _ => self.routed(field, shape, value),
        }
    }

    fn tables(&mut self, field: &str, value: &Spanned<DeValue<'_>>, keys: &'static [Key]) {
        let DeValue::Array(array) = value.get_ref() else {
            return self.wrong(field, value, &format!("tables, each under [[{field}]]"));
        };
        for item in array {
            match item.get_ref() {
                DeValue::Table(table) => self.table(field, item.span(), table, keys),
                _ => self.wrong(field, item, "a table"),
            }
        }
    }

    fn options(&mut self, field: &str, rule: &'static Rule, value: &Spanned<DeValue<'_>>) {
        for (name, value) in self.entries(field, value) {
            let written = name.get_ref();
            let Some(spec) = rule.options.iter().find(|spec| spec.name == &**written) else {
                let help = did_you_mean(written, rule.options.iter().map(|spec| spec.name));
                let none = if rule.options.is_empty() { "it takes none" } else { "`promptopt rule NAME` lists them" };
                let message = format!("`{}` has no option `{}`", rule.name, shorten(written, 40));
                self.problem(name.span(), "", message, help.or_else(|| Some(none.to_owned())));
                continue;
            };
            if option(spec, value.get_ref()).is_none() {
                let expected = match spec.default {
                    Standard::Int(_) => "a whole number",
                    Standard::Bool(_) => "true or false",
                    Standard::Text(_) => "a text",
                    Standard::List(_) => "a list of texts",
                };
                self.wrong(&joined(field, written), value, expected);
            }
        }
    }

    fn selector(&mut self, field: &str, selector: &str, span: &Range<usize>) {
        if select(selector).is_err() {
            self.selector_error(field, selector, span);
        }
    }

    fn selector_error(&mut self, field: &str, selector: &str, span: &Range<usize>) {
        match select(selector) {
            Err(error) => self.passed_on(span, field, &error),
            Ok(_) => self.problem(span.clone(), field, format!("`{selector}` is not a single rule"), None),
        }
    }

    fn pattern(&mut self, field: &str, pattern: &str, span: Range<usize>) {
        if let Err(why) = paths::check(pattern) {
            self.problem(span, field, format!("`{}` is no path pattern: {why}", shorten(pattern, 60)), None);
        }
    }

    pub(super) fn one_of(&mut self, field: &str, value: &Spanned<DeValue<'_>>, names: &[&str]) {
        let Some(text) = self.text(field, value) else { return };
        if !names.contains(&&*text) {
            let help = did_you_mean(&text, names.iter().copied());
            let message = format!("expected {}, found `{}`", names.join(", "), shorten(&text, 40));
            self.problem(value.span(), field, message, help);
        }
    }

    fn each(&mut self, field: &str, value: &Spanned<DeValue<'_>>, shape: &Shape) {
        let Some(array) = self.array(field, value) else { return };
        for item in array {
            self.value(field, shape, item);
        }
    }

    pub(super) fn texts(&mut self, field: &str, value: &Spanned<DeValue<'_>>) -> Vec<(String, Range<usize>)> {
        let Some(array) = self.array(field, value) else { return Vec::new() };
        array.iter().filter_map(|item| Some((self.text(field, item)?, item.span()))).collect()
    }

    pub(super) fn array<'v>(&mut self, field: &str, value: &'v Spanned<DeValue<'_>>) -> Option<&'v DeArray<'v>> {
        let array = value.get_ref().as_array();
        if array.is_none() {
            self.wrong(field, value, "a list of texts, such as [\"…\"]");
        }
        array
    }

    pub(super) fn text(&mut self, field: &str, value: &Spanned<DeValue<'_>>) -> Option<String> {
        let text = value.get_ref().as_str().map(str::to_owned);
        if text.is_none() {
            self.wrong(field, value, "a text in quotes");
        }
        text
    }

    pub(super) fn entries<'v, 'i>(
        &mut self,
        field: &str,
        value: &'v Spanned<DeValue<'i>>,
    ) -> Vec<(&'v Spanned<std::borrow::Cow<'i, str>>, &'v Spanned<DeValue<'i>>)> {
        if let DeValue::Table(table) = value.get_ref() {
            return table.iter().collect();
        }
        self.wrong(field, value, "a table");
        Vec::new()
    }

    pub(super) fn wrong(&mut self, field: &str, value: &Spanned<DeValue<'_>>, expected: &str) {
        let found = self.text.get(value.span()).unwrap_or_default();
        let message = format!("expected {expected}, found {} `{}`", values::kind(value.get_ref()), shorten(found, 40));
        self.problem(value.span(), field, message, None);
    }

    fn passed_on(&mut self, span: &Range<usize>, field: &str, error: &Error) {
        self.problem(span.clone(), field, error.message(), error.advice().map(str::to_owned));
    }
}

/// The one rule of that code or name.
pub(super) fn by_name(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.name == name || rule.code == name).copied()
}

/// A severity; `None` for `off` and `never`.
pub(super) fn level(name: &str) -> Option<Severity> {
    Severity::from_name(name)
}

/// The value of an option, if it is of its kind.
pub(super) fn option(spec: &OptionSpec, value: &DeValue<'_>) -> Option<toml::Value> {
    match spec.default {
        Standard::Int(_) => whole(value).map(toml::Value::Integer),
        Standard::Bool(_) => value.as_bool().map(toml::Value::Boolean),
        Standard::Text(_) => value.as_str().map(|text| toml::Value::String(text.to_owned())),
        Standard::List(_) => {
            let texts = value.as_array()?.iter().map(|item| Some(toml::Value::String(item.get_ref().as_str()?.into())));
            texts.collect::<Option<Vec<_>>>().map(toml::Value::Array)
        }
    }
}

/// A whole number.
pub(super) fn whole(value: &DeValue<'_>) -> Option<i64> {
    let integer = value.as_integer()?;
    i64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

/// Money, from a text or a number as it is written: never by way of a float.
pub(super) fn usd(value: &DeValue<'_>) -> Option<Result<Usd, Error>> {
    let text = match value {
        DeValue::String(text) => text.trim().trim_start_matches('$'),
        DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
        DeValue::Float(number) => number.as_str(),
        _ => return None,
    };
    let amount = Usd::parse(text);
    Some(amount.and_then(|usd| if usd < Usd::ZERO { Err(Error::input("below 0")) } else { Ok(usd) }))
}

pub(super) fn joined(field: &str, name: &str) -> String {
    if field.is_empty() { name.to_owned() } else { format!("{field}.{name}") }
}
