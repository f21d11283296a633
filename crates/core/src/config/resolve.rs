//! Layers into what holds. The farthest first: what a nearer file sets replaces values and lists, and adds to what is keyed
//! by path. Within a layer rules are chosen in this order: `select`, `ignore`, `extend-select`, `severity`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::layer::{IgnoreEntry, Layer};
use super::paths::{Base, Globs};
use super::{Config, check};
use crate::lint::settings::{Budget, Ignore, select};
use crate::lint::{RULES, Settings, Severity};

/// Another model for some prompts.
#[derive(Clone, Debug)]
pub(crate) struct Override {
    pub(super) paths: Globs,
    model: Option<String>,
    host: Option<String>,
    fallbacks: Option<Vec<String>>,
}

/// The configuration of layers, the nearest first, with the command line over them.
pub(super) fn resolve(
    base: &Settings,
    layers: &[Layer],
    command_line: &Layer,
    root: &Path,
    files: Vec<PathBuf>,
) -> Config {
    let mut settings = base.clone();
    let mut config = Config {
        settings: Arc::new(base.clone()),
        include: Globs::default(),
        exclude: Globs::default(),
        fail_on: Some(Severity::Warning),
        baseline: None,
        files,
        overrides: Vec::new(),
    };
    let mut chosen = Chosen::of(base);
    for layer in layers.iter().rev().chain([command_line]) {
        let from = Base::new(&layer.folder, root);
        chosen.add(layer);
        set(&mut settings.model, layer.model.as_ref());
        set(&mut settings.host, layer.host.as_ref());
        if layer.model.is_some() && layer.host.is_none() {
            // The host below is that of another model.
            settings.host = None;
        }
        settings.fallbacks = layer.fallbacks.clone().unwrap_or(settings.fallbacks);
        for (rule, options) in &layer.options {
            settings.options.entry(rule.clone()).or_default().extend(options.clone());
        }
        for (pattern, entry) in &layer.ignores {
            settings.ignores.extend(ignore(pattern, entry, layer, &from));
        }
        for budget in &layer.budgets {
            settings.budgets.extend(budget.paths.iter().filter_map(|pattern| {
                Some(Budget {
                    pattern: pattern.clone(),
                    paths: from.matcher(pattern).ok()?,
                    max_tokens: budget.max_tokens,
                    max_usd_per_1k: budget.max_usd_per_1k,
                })
            }));
        }
        let traffic = layer.traffic.iter().filter_map(|(pattern, n)| Some((from.matcher(pattern).ok()?, *n)));
        settings.traffic.by_path.extend(traffic);
        let globs = |patterns: &[String]| Globs(patterns.iter().filter_map(|glob| from.matcher(glob).ok()).collect());
        if let Some(patterns) = &layer.include {
            config.include = globs(patterns);
        }
        if let Some(patterns) = &layer.exclude {
            config.exclude = globs(patterns);
        }
        config.fail_on = layer.fail_on.unwrap_or(config.fail_on);
        set(&mut config.baseline, layer.baseline.as_ref());
        config.overrides.extend(layer.overrides.iter().map(|one| Override {
            paths: globs(&one.paths),
            model: one.model.clone(),
            host: one.host.clone(),
            fallbacks: one.fallbacks.clone(),
        }));
    }
    if command_line.model.is_some() {
        // Who names a model on the command line means all prompts.
        config.overrides.clear();
    }
    settings.rules = chosen.finish();
    config.settings = Arc::new(settings);
    config
}

impl Config {
    /// The settings with some of the overrides.
    pub(super) fn overridden(&self, indices: &[usize]) -> Settings {
        let mut settings = (*self.settings).clone();
        for one in indices.iter().filter_map(|index| self.overrides.get(*index)) {
            if one.model.is_some() {
                settings.host = None;
            }
            set(&mut settings.model, one.model.as_ref());
            set(&mut settings.host, one.host.as_ref());
            set_value(&mut settings.fallbacks, one.fallbacks.as_ref());
        }
        settings
    }
}

/// What a sidecar leaves out in its file.
pub(super) fn of_one_file(entry: &IgnoreEntry, shown: &str, sidecar: &str) -> Option<Ignore> {
    let paths = globset::Glob::new(&globset::escape(shown)).ok()?.compile_matcher();
    Some(Ignore {
        pattern: shown.to_owned(),
        paths,
        rules: codes(&entry.rules),
        until: entry.until,
        reason: entry.reason.clone(),
        from: format!("{sidecar}:{}", entry.line),
        is_sidecar: true,
    })
}

fn ignore(pattern: &str, entry: &IgnoreEntry, layer: &Layer, from: &Base) -> Option<Ignore> {
    Some(Ignore {
        pattern: pattern.to_owned(),
        paths: from.matcher(pattern).ok()?,
        rules: codes(&entry.rules),
        until: entry.until,
        reason: entry.reason.clone(),
        from: if layer.file.is_empty() {
            "the command line".to_owned()
        } else {
            format!("{}:{}", layer.file, entry.line)
        },
        is_sidecar: false,
    })
}

fn codes(selectors: &[String]) -> Vec<&'static str> {
    selectors.iter().flat_map(|selector| select(selector).unwrap_or_default()).map(|rule| rule.code).collect()
}

fn set<T: Clone>(slot: &mut Option<T>, value: Option<&T>) {
    if value.is_some() {
        *slot = value.cloned();
    }
}

fn set_value<T: Clone>(slot: &mut T, value: Option<&T>) {
    if let Some(value) = value {
        slot.clone_from(value);
    }
}

/// Which rules are on, and the severities that were set.
struct Chosen {
    on: BTreeMap<&'static str, Severity>,
    levels: BTreeMap<&'static str, Severity>,
}

impl Chosen {
    fn of(base: &Settings) -> Chosen {
        Chosen { on: base.rules.clone(), levels: BTreeMap::new() }
    }

    fn add(&mut self, layer: &Layer) {
        if let Some(selectors) = &layer.select {
            self.on.clear();
            self.turn_on(selectors);
        }
        // The more exact one holds: a rule of a family that is left out can be kept, and one that is added be left out.
        let (exact, families): (Vec<String>, Vec<String>) =
            layer.ignore.iter().cloned().partition(|selector| check::by_name(selector).is_some());
        for code in codes(&families) {
            self.on.remove(code);
        }
        self.turn_on(&layer.extend_select);
        for code in codes(&exact) {
            self.on.remove(code);
        }
        for (selector, level) in &layer.severity {
            let is_single = check::by_name(selector).is_some();
            for rule in select(selector).unwrap_or_default() {
                match level {
                    None => {
                        self.on.remove(rule.code);
                    }
                    Some(level) => {
                        self.levels.insert(rule.code, *level);
                        if is_single {
                            self.on.entry(rule.code).or_insert(*level);
                        }
                    }
                }
            }
        }
    }

    fn turn_on(&mut self, selectors: &[String]) {
        for rule in RULES.iter().filter(|rule| codes(selectors).contains(&rule.code)) {
            self.on.entry(rule.code).or_insert(rule.severity);
        }
    }

    fn finish(self) -> BTreeMap<&'static str, Severity> {
        let Chosen { on, levels } = self;
        on.into_iter().map(|(code, severity)| (code, levels.get(code).copied().unwrap_or(severity))).collect()
    }
}
