//! What findings depend on besides the file, in words: equal words, equal findings.

use std::fmt::Write;

use crate::lint::settings::{Budget, Ignore, Settings, Traffic};

/// Settings in words. Every field is taken apart by name, so that a new one cannot be forgotten. The catalogue is part of
/// the program: what lies over it is in its words.
pub(super) fn of(program: &str, settings: &Settings) -> String {
    let Settings { catalog: _, today, model, host, rules, options, fallbacks, traffic, budgets, ignores } = settings;
    let mut words = format!("{program:?} {today} {model:?} {host:?} {rules:?} {options:?} {fallbacks:?}");
    let Traffic { by_path, by_file } = traffic;
    let _ = write!(words, " {by_file:?}");
    for (paths, n) in by_path {
        let _ = write!(words, " {:?} {n}", paths.glob().glob());
    }
    for budget in budgets {
        let Budget { pattern, paths, max_tokens, max_usd_per_1k } = budget;
        let _ = write!(words, "\n{pattern:?} {:?} {max_tokens:?} {max_usd_per_1k:?}", paths.glob().glob());
    }
    for ignore in ignores {
        let Ignore { pattern, paths, rules, until, reason, from, is_sidecar } = ignore;
        let paths = paths.glob().glob();
        let _ = write!(words, "\n{pattern:?} {paths:?} {rules:?} {until:?} {reason:?} {from:?} {is_sidecar}");
    }
    words
}
