//! Every lint rule on its cases: `corpora/lint/<rule>/bad*` is found, `good*` is not. What is said of a bad case, and what
//! its fix makes of it, stands beside it in `<file>.expected`; `PROMPTOPT_BLESS=1` writes it anew, to be read before it is
//! committed. `case.toml` in the folder sets the model, fallbacks and options.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking; helpers of integration tests are not seen as tests")]

use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use promptopt::lint::rule::Check;
use promptopt::lint::{Applicability, Diagnostic, File, Linter, RULES, Rule, Settings, read};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpora/lint")
}

/// Settings of a case's folder.
fn settings(rule: &Rule, folder: &Path) -> Settings {
    let mut settings = Settings::new("2026-11-22".parse().unwrap()).only(&[rule.name]).unwrap();
    let Ok(text) = fs::read_to_string(folder.join("case.toml")) else { return settings };
    let table: toml::Table = text.parse().unwrap();
    let string = |value: &toml::Value| value.as_str().unwrap().to_owned();
    for (key, value) in table {
        match &*key {
            "model" => settings.model = Some(string(&value)),
            "host" => settings.host = Some(string(&value)),
            "fallbacks" => settings.fallbacks = value.as_array().unwrap().iter().map(string).collect(),
            "also" => {
                // Rules whose findings make those of this one.
                for name in value.as_array().unwrap() {
                    let mut with = settings.clone().only(&[name.as_str().unwrap()]).unwrap();
                    settings.rules.append(&mut with.rules);
                }
            }
            "calls_per_month" => {
                let all = globset::Glob::new("**").unwrap().compile_matcher();
                settings.traffic.by_path.push((all, u64::try_from(value.as_integer().unwrap()).unwrap()));
            }
            "budget" => {
                let budget = value.as_table().unwrap();
                settings.budgets.push(promptopt::lint::settings::Budget {
                    pattern: "**".to_owned(),
                    paths: globset::Glob::new("**").unwrap().compile_matcher(),
                    max_tokens: budget.get("tokens").map(|n| u64::try_from(n.as_integer().unwrap()).unwrap()),
                    max_usd_per_1k: budget
                        .get("usd_per_1k")
                        .map(|usd| promptopt::usd::Usd::parse(usd.as_str().unwrap()).unwrap()),
                });
            }
            "options" => {
                let options: BTreeMap<String, toml::Value> = value.as_table().unwrap().clone().into_iter().collect();
                for name in options.keys() {
                    assert!(rule.options.iter().any(|spec| spec.name == name), "{}: no option `{name}`", rule.name);
                }
                settings.options.insert(rule.name.to_owned(), options);
            }
            other => panic!("{}/case.toml: what is `{other}`?", folder.display()),
        }
    }
    settings
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return files };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

fn cases(folder: &Path, kind: &str) -> Vec<(String, String, PathBuf)> {
    let inside = |path: &Path| path.strip_prefix(folder).unwrap().to_str().unwrap().replace('\\', "/");
    files(folder)
        .into_iter()
        .map(|path| (inside(&path), path))
        .filter(|(name, _)| name.starts_with(kind) && !name.ends_with(".expected"))
        .map(|(name, path)| (name, fs::read_to_string(&path).unwrap(), path))
        .collect()
}

fn lint(rule: &'static Rule, settings: &Settings, cases: &[(String, String, PathBuf)]) -> Vec<Diagnostic> {
    let linter = Linter::new();
    let mut all = Vec::new();
    let mut marks = Vec::new();
    for (name, text, _) in cases {
        let mut linted = linter.lint_text(name, text, settings);
        all.append(&mut linted.diagnostics);
        marks.append(&mut linted.marks);
    }
    let shared = Arc::new(settings.clone());
    all.extend(linter.across(&marks, &|_| Arc::clone(&shared)));
    all.retain(|diagnostic| std::ptr::eq(diagnostic.rule, rule));
    all
}

fn shown(diagnostics: &[Diagnostic], text: &str, path: &str, settings: &Settings) -> String {
    let file = File::new(path, text);
    let mut out = String::new();
    for diagnostic in diagnostics.iter().filter(|diagnostic| diagnostic.path == path) {
        let finding = &diagnostic.finding;
        let position = |at| {
            let position = file.lines.position(text, at);
            format!("{}:{}", position.line, position.column)
        };
        writeln!(
            out,
            "{}-{} {} {}: {}",
            position(finding.span.start),
            position(finding.span.end),
            diagnostic.severity.name(),
            diagnostic.rule.code,
            finding.message
        )
        .unwrap();
        for (span, label) in &finding.labels {
            writeln!(out, "  {}-{} {label}", position(span.start), position(span.end)).unwrap();
        }
        for note in &finding.notes {
            writeln!(out, "  note: {note}").unwrap();
        }
        if let Some(help) = &finding.help {
            writeln!(out, "  help: {help}").unwrap();
        }
        if let Some(saving) = finding.saving {
            let usd =
                |usd: Option<promptopt::usd::Usd>| usd.map_or_else(|| "?".to_owned(), promptopt::usd::Usd::to_decimal);
            let tokens = saving.tokens.map_or_else(|| "?".to_owned(), |tokens| tokens.to_string());
            writeln!(
                out,
                "  saves: {tokens} tokens, ${} per 1,000 calls, ${} if cached",
                usd(saving.usd_per_1k),
                usd(saving.usd_per_1k_cached)
            )
            .unwrap();
        }
        if let Some(fix) = &finding.fix {
            writeln!(out, "  fix ({}): {}", fix.applicability.name(), fix.title).unwrap();
        }
    }
    let fixed = Linter::new().fix(path, text, settings, Applicability::Unsafe).text;
    if fixed != text {
        writeln!(out, "--- fixed\n{fixed}").unwrap();
        let after = read::read(path, &fixed);
        assert!(
            after.mistakes.len() <= read::read(path, text).mistakes.len(),
            "{path}: the fix breaks the file: {:?}",
            after.mistakes
        );
    }
    out
}

#[test]
#[allow(clippy::disallowed_methods, reason = "a test has no Settings; the variable only says to write what came out")]
fn bad_cases_are_found_and_good_ones_are_not() {
    let bless = std::env::var_os("PROMPTOPT_BLESS").is_some();
    let mut problems = Vec::new();
    for rule in RULES {
        let folder = folder().join(rule.name);
        let settings = settings(rule, &folder);
        let bad = cases(&folder, "bad");
        let good = cases(&folder, "good");
        if bad.is_empty() || good.is_empty() {
            problems.push(format!("corpora/lint/{}: a rule has a bad case and a good one", rule.name));
            continue;
        }
        let found = lint(rule, &settings, &bad);
        for (name, text, path) in &bad {
            let out = shown(&found, text, name, &settings);
            let is_found = found.iter().any(|diagnostic| diagnostic.path == *name);
            if !is_found && !matches!(rule.check, Check::Across { .. }) {
                problems.push(format!("corpora/lint/{}/{name}: nothing is found", rule.name));
            }
            let mut expected = path.clone().into_os_string();
            expected.push(".expected");
            if bless {
                fs::write(&expected, &out).unwrap();
            } else if fs::read_to_string(&expected).unwrap_or_default().replace("\r\n", "\n") != out {
                problems.push(format!("corpora/lint/{}/{name}: other than expected:\n{out}", rule.name));
            }
        }
        if found.is_empty() {
            problems.push(format!("corpora/lint/{}: nothing is found in the bad cases", rule.name));
        }
        for diagnostic in lint(rule, &settings, &good) {
            problems.push(format!(
                "corpora/lint/{}/{}: a good case, but: {}",
                rule.name, diagnostic.path, diagnostic.finding.message
            ));
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn rules_are_in_order_and_have_a_manual_page() {
    for pair in RULES.windows(2) {
        let family = |rule: &Rule| {
            promptopt::lint::rule::FAMILIES.iter().position(|(letters, _)| rule.code.starts_with(letters)).unwrap()
        };
        let key = |rule: &Rule| (family(rule), rule.code);
        assert!(key(pair[0]) < key(pair[1]), "{:?} stands before {:?}", pair[0], pair[1]);
    }
    let mut names: Vec<&str> = RULES.iter().map(|rule| rule.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), RULES.len(), "names are unique");
    for rule in RULES {
        assert!(rule.about().ends_with('.'), "{}: begins with a sentence", rule.name);
        for heading in ["## Why", "## Example"] {
            assert!(rule.page.contains(heading), "{}: its page has no `{heading}`", rule.name);
        }
        assert!(rule.evidence.date.parse::<jiff::civil::Date>().is_ok(), "{}: a date is YYYY-MM-DD", rule.name);
        assert!(rule.evidence.source.len() > 10, "{}: what does it rest on?", rule.name);
        for option in rule.options {
            assert!(
                rule.page.contains(&format!("`{}`", option.name)),
                "{}: `{}` is not explained",
                rule.name,
                option.name
            );
        }
    }
}

#[test]
fn every_folder_of_cases_belongs_to_a_rule() {
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            assert!(RULES.iter().any(|rule| rule.name == name), "corpora/lint/{name}: there is no such rule");
        }
    }
}
