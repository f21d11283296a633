//! House rules that a compiler does not hold: floors, registries, doors, file sizes. `crates/README.md` explains them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking; helpers of integration tests are not seen as tests")]

use std::fs;
use std::path::{Path, PathBuf};

/// The modules of `crates/core`, ground floor first. A module may use those before it, never those after it.
const FLOORS: &[(u8, &[&str])] = &[
    (0, &["error", "text", "usd", "clock"]),
    (1, &["chat", "labels", "secret", "usage", "target", "tokens"]),
    (2, &["catalog"]),
    (3, &["dialect", "framing", "dedup"]),
    (4, &["format", "compress", "translate"]),
    (5, &["ledger", "limit", "budget", "health", "prefix_cache", "cache", "upstream", "route", "alert"]),
    (7, &["accuracy", "optimize", "lint", "config", "estimate", "router"]),
];

/// Files of `crates/core` that may ask for the time, the environment or a socket, for all others.
const DOORS: &[&str] =
    &["src/clock.rs", "upstream/http.rs", "upstream/secrets.rs", "upstream/sigv4.rs", "upstream/webhook.rs"];

/// Lines of a file, tests included. A file that needs more has more than one idea.
const MAX_LINES: usize = 450;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return files };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            // A peer that was built leaves a folder of its own.
            if !path.ends_with("target") {
                files.extend(rust_files(&path));
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The code of a file without its comments and without its tests.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let body = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    body.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

fn is_test_file(path: &Path) -> bool {
    path.file_stem().is_some_and(|stem| stem == "tests") || path.components().any(|part| part.as_os_str() == "tests")
}

#[test]
fn modules_use_only_the_floors_below() {
    let order: Vec<&str> = FLOORS.iter().flat_map(|(_, modules)| modules.iter().copied()).collect();
    let source = root().join("crates/core/src");
    let mut problems = Vec::new();
    for path in rust_files(&source) {
        let inside = path.strip_prefix(&source).unwrap();
        let module = inside.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs").to_owned();
        if module == "lib" || is_test_file(inside) {
            continue;
        }
        let Some(height) = order.iter().position(|known| *known == module) else {
            problems.push(format!("`{module}` stands on no floor: add it to FLOORS and to crates/README.md"));
            continue;
        };
        for (at, _) in code(&path).match_indices("crate::") {
            let rest = &code(&path)[at + "crate::".len()..];
            let used: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            if let Some(below) = order.iter().position(|known| *known == used)
                && below > height
            {
                problems.push(format!("{}: `{module}` uses `{used}`, which stands above it", inside.display()));
            }
        }
    }
    problems.dedup();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn the_code_map_names_every_module() {
    let map = fs::read_to_string(root().join("crates/README.md")).unwrap();
    for (floor, modules) in FLOORS {
        let row = map
            .lines()
            .find(|line| line.starts_with(&format!("| {floor} ")))
            .unwrap_or_else(|| panic!("crates/README.md has no row for floor {floor}"));
        for module in *modules {
            assert!(row.contains(&format!("`{module}`")), "crates/README.md does not name `{module}` on floor {floor}");
        }
    }
}

#[test]
fn every_leaf_stands_in_its_registry() {
    let source = root().join("crates/core/src");
    let mut n_leaves = 0;
    for (registry, marks) in [
        ("dialect", ["static WIRE: Wire", "pub(super) static WIRE"]),
        ("format", ["static FORMAT: Format", "pub(super) static FORMAT"]),
        ("framing", ["impl Frame for ", "impl super::Frame for "]),
        ("lint/read", ["static READER: Reader", "pub(super) static READER"]),
        ("lint/rules", ["\nrule! {", "pub(super) static RULE"]),
        ("compress/transforms", ["\ntransform! {", "pub(super) static TRANSFORM"]),
    ] {
        let list = code(&source.join(format!("{registry}.rs")));
        for path in rust_files(&source.join(registry)) {
            let text = code(&path);
            let stem = path.file_stem().unwrap().to_str().unwrap();
            if marks.iter().any(|mark| text.contains(mark)) {
                n_leaves += 1;
                assert!(list.contains(&format!("{stem}::")), "{} is missing in {registry}.rs", path.display());
            }
        }
    }
    assert!(n_leaves > 20, "only {n_leaves} leaves found: has a registry's form changed?");
}

#[test]
fn every_file_belongs_to_a_module() {
    for folder in ["crates/core/src", "crates/cli/src"] {
        for path in rust_files(&root().join(folder)) {
            let stem = path.file_stem().unwrap().to_str().unwrap();
            if matches!(stem, "lib" | "main") {
                continue;
            }
            let parent = path.parent().unwrap();
            let above = if parent.ends_with("src") {
                [parent.join("lib.rs"), parent.join("main.rs")].into_iter().find(|path| path.exists()).unwrap()
            } else {
                parent.with_extension("rs")
            };
            let text = fs::read_to_string(&above).unwrap_or_default();
            assert!(
                text.lines().any(|line| line.trim_end().ends_with(&format!("mod {stem};"))),
                "{} is not declared in {}",
                path.display(),
                above.display()
            );
        }
    }
}

#[test]
fn files_hold_one_idea() {
    let mut long = Vec::new();
    for folder in ["crates", "benches", "tests"] {
        for path in rust_files(&root().join(folder)) {
            let n_lines = fs::read_to_string(&path).unwrap().lines().count();
            if n_lines > MAX_LINES {
                long.push(format!("{}: {n_lines} lines", path.display()));
            }
        }
    }
    assert!(long.is_empty(), "split these:\n{}", long.join("\n"));
}

#[test]
fn the_library_opens_no_socket_and_reads_no_environment() {
    for path in rust_files(&root().join("crates/core/src")) {
        // The doors: what tells the time, and what speaks to providers.
        if DOORS.iter().any(|door| path.ends_with(door)) || is_test_file(&path) {
            continue;
        }
        // Tokio's clock is the one that tests pause.
        let text = code(&path).replace("tokio::time::Instant::now", "");
        for banned in ["std::net", "env::var", "env::args", "SystemTime::now", "Instant::now"] {
            assert!(!text.contains(banned), "{} uses {banned}", path.display());
        }
    }
}

#[test]
fn files_begin_with_their_purpose() {
    for folder in ["crates", "benches", "tests"] {
        for path in rust_files(&root().join(folder)) {
            let text = fs::read_to_string(&path).unwrap();
            assert!(text.starts_with("//!"), "{} does not say what it is for", path.display());
        }
    }
}
