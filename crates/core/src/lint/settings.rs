//! What a lint run goes by, resolved: which rules, their options, the model where a prompt names none, prices, the day.
//! `config` makes it from `promptopt.toml`; a caller of the library may make it directly.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use toml::Value;

use super::diagnostic::Severity;
use super::rule::{Default as Standard, Rule};
use super::rules::RULES;
use crate::catalog::Catalog;
use crate::error::{Error, Kind, Result};
use crate::text::did_you_mean;

/// What a run goes by.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Models, prices, cache rules.
    pub catalog: Arc<Catalog>,
    /// The day: for days left until a shutdown, and prices.
    pub today: Date,
    /// The model of prompts that name none.
    pub model: Option<String>,
    /// Its host, where several offer it.
    pub host: Option<String>,
    /// The rules that are on, each with its severity, by code.
    pub rules: BTreeMap<&'static str, Severity>,
    /// Options that were set, by rule name, then by option.
    pub options: BTreeMap<String, BTreeMap<String, Value>>,
    /// Models that a prompt may be sent to instead, by preference: what must work there too.
    pub fallbacks: Vec<String>,
    /// Calls a month, where known.
    pub traffic: Traffic,
    /// Most tokens and most money a call, for prompts whose path matches.
    pub budgets: Vec<Budget>,
    /// Rules that are left out in files whose path matches.
    pub ignores: Vec<Ignore>,
}

/// Calls a month.
#[derive(Clone, Debug, Default)]
pub struct Traffic {
    /// Calls a month of each prompt, by path pattern; the last that matches holds.
    pub by_path: Vec<(globset::GlobMatcher, u64)>,
    /// Calls a month as a log has them, by path; what is measured beats what is set.
    pub by_file: BTreeMap<String, u64>,
}

/// Rules that are left out in some files.
#[derive(Clone, Debug)]
pub struct Ignore {
    /// As written.
    pub pattern: String,
    /// The files, by path.
    pub paths: globset::GlobMatcher,
    /// The rules, by code.
    pub rules: Vec<&'static str>,
    /// The last day on which they are left out.
    pub until: Option<Date>,
    /// Why.
    pub reason: Option<String>,
    /// Where that is set: `promptopt.toml:12`.
    pub from: String,
    /// Whether it is set for this one file, in a file beside it.
    pub is_sidecar: bool,
}

/// The most that a prompt may weigh.
#[derive(Clone, Debug)]
pub struct Budget {
    /// As written.
    pub pattern: String,
    /// The prompts, by path.
    pub paths: globset::GlobMatcher,
    /// Most input tokens a call.
    pub max_tokens: Option<u64>,
    /// Most money per 1,000 calls.
    pub max_usd_per_1k: Option<crate::usd::Usd>,
}

impl Settings {
    /// The default rules with the embedded catalogue, as of a day.
    pub fn new(today: Date) -> Settings {
        Settings {
            catalog: Catalog::shared(),
            today,
            model: None,
            host: None,
            rules: RULES.iter().filter(|rule| rule.is_default).map(|rule| (rule.code, rule.severity)).collect(),
            options: BTreeMap::new(),
            fallbacks: Vec::new(),
            traffic: Traffic::default(),
            budgets: Vec::new(),
            ignores: Vec::new(),
        }
    }

    /// Only these rules, by code or name, whether they are on by default or not.
    pub fn only(mut self, names: &[&str]) -> Result<Settings> {
        self.rules = BTreeMap::new();
        for name in names {
            for rule in select(name)? {
                self.rules.insert(rule.code, rule.severity);
            }
        }
        Ok(self)
    }

    /// Whether a rule is on, and how bad its findings are.
    pub fn severity(&self, rule: &Rule) -> Option<Severity> {
        self.rules.get(rule.code).copied()
    }

    /// A whole number that a rule takes: as set, else its default.
    pub fn int(&self, rule: &Rule, option: &str) -> i64 {
        match self.set(rule, option).and_then(Value::as_integer) {
            Some(value) => value,
            None => match default(rule, option) {
                Some(Standard::Int(value)) => value,
                _ => 0,
            },
        }
    }

    /// A yes or no that a rule takes.
    pub fn flag(&self, rule: &Rule, option: &str) -> bool {
        match self.set(rule, option).and_then(Value::as_bool) {
            Some(value) => value,
            None => matches!(default(rule, option), Some(Standard::Bool(true))),
        }
    }

    /// A text that a rule takes.
    pub fn text<'a>(&'a self, rule: &Rule, option: &str) -> &'a str {
        match self.set(rule, option).and_then(Value::as_str) {
            Some(value) => value,
            None => match default(rule, option) {
                Some(Standard::Text(value)) => value,
                _ => "",
            },
        }
    }

    /// A list of texts that a rule takes.
    pub fn list<'a>(&'a self, rule: &Rule, option: &str) -> Vec<&'a str> {
        match self.set(rule, option).and_then(Value::as_array) {
            Some(values) => values.iter().filter_map(Value::as_str).collect(),
            None => match default(rule, option) {
                Some(Standard::List(values)) => values.to_vec(),
                _ => Vec::new(),
            },
        }
    }

    /// Calls a month of prompts in a file, where known.
    pub fn calls_per_month(&self, path: &str) -> Option<u64> {
        let measured = self.traffic.by_file.get(path).copied();
        measured.or_else(|| self.traffic.by_path.iter().rev().find(|(paths, _)| paths.is_match(path)).map(|(_, n)| *n))
    }

    fn set(&self, rule: &Rule, option: &str) -> Option<&Value> {
        self.options.get(rule.name)?.get(option)
    }
}

fn default(rule: &Rule, option: &str) -> Option<Standard> {
    rule.options.iter().find(|spec| spec.name == option).map(|spec| spec.default)
}

/// The rules that a selector names: a code (`FMT001`), a name (`pretty-json`), the beginning of codes (`FMT`), `ALL`, or
/// `DEFAULT`.
pub fn select(selector: &str) -> Result<Vec<&'static Rule>> {
    let written = selector.trim();
    let upper = written.to_ascii_uppercase();
    let found: Vec<&'static Rule> = RULES
        .iter()
        .filter(|rule| match &*upper {
            "ALL" => true,
            "DEFAULT" => rule.is_default,
            _ => rule.name == written || (!written.is_empty() && rule.code.starts_with(&*upper)),
        })
        .copied()
        .collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let known = RULES.iter().flat_map(|rule| [rule.code, rule.name]);
    let error = Error::new(Kind::Config, format!("there is no lint rule `{}`", crate::text::shorten(written, 40)));
    Err(error.help(did_you_mean(written, known).unwrap_or_else(|| "`promptopt rules` lists them".to_owned())))
}
