//! `promptopt init`, and the files by which others run `promptopt lint`: the pre-commit hooks and the GitHub Action.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking; helpers of integration tests are not seen as tests")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn promptopt(args: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_promptopt")).args(args).current_dir(folder).output().unwrap()
}

fn repository(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file)
}

#[test]
fn init_writes_the_sample_and_never_over_another() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("promptopt.toml");
    let output = promptopt(&["init"], folder.path());
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stdout), "wrote promptopt.toml: every key is in it, commented out\n");
    let written = fs::read_to_string(&path).unwrap();
    assert!(written.starts_with("#:schema https://") && written.contains("\n[lint]\n"), "{written}");

    fs::write(&path, "[lint]\n").unwrap();
    let output = promptopt(&["init"], folder.path());
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(said, "error: `promptopt.toml` is there already\nhelp: --force replaces it\n");
    assert_eq!(fs::read_to_string(&path).unwrap(), "[lint]\n");
    assert!(promptopt(&["init", "--force"], folder.path()).status.success());
    assert_eq!(fs::read_to_string(&path).unwrap(), written);

    let output = promptopt(&["init", "no/such/folder"], folder.path());
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("cannot write `no/such/folder/promptopt.toml`"));
}

#[test]
fn init_prints_the_schema_that_is_in_the_repository() {
    let output = promptopt(&["init", "--schema"], Path::new("."));
    let committed = fs::read_to_string(repository("promptopt.schema.json")).unwrap().replace("\r\n", "\n");
    assert!(String::from_utf8_lossy(&output.stdout) == committed, "PROMPTOPT_BLESS=1 cargo test --test config");
}

#[test]
fn the_hooks_call_commands_that_are_there() {
    let hooks = fs::read_to_string(repository(".pre-commit-hooks.yaml")).unwrap();
    let values = |key: &str| -> Vec<String> {
        let prefix = format!("{key}: ");
        hooks
            .lines()
            .filter_map(|line| line.trim_start_matches(['-', ' ']).strip_prefix(&prefix).map(str::to_owned))
            .collect()
    };
    assert_eq!(values("entry"), ["promptopt lint", "promptopt lint --fix"]);
    for key in ["name", "description", "language", "files"] {
        assert_eq!(values(key).len(), 2, "{key}");
    }
    assert!(!hooks.contains('\t'));
    let pattern = values("files")[0].trim_start_matches("&prompts ").trim_matches('\'').to_owned();
    let files = regex::Regex::new(&pattern).unwrap();
    for path in
        ["x/a.prompt", "a.prompt.yml", "AGENTS.md", "docs/CLAUDE.md", "prompts/a.txt", "x/prompt/y/z.md", "a.j2"]
    {
        assert!(files.is_match(path), "{path}");
    }
    for path in ["README.md", "src/main.rs", "myagents.md", "prompts.rs", "xprompts/a.md"] {
        assert!(!files.is_match(path), "{path}");
    }
}

#[test]
fn the_action_documents_its_inputs_and_uses_no_others() {
    let action = fs::read_to_string(repository("action.yml")).unwrap();
    assert!(!action.contains('\t'));
    let (head, steps) = action.split_once("\nruns:\n").unwrap();
    let inputs = head.split_once("\ninputs:\n").unwrap().1.split("\noutputs:\n").next().unwrap();
    let names: BTreeSet<&str> = inputs
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .map(|line| line.trim().trim_end_matches(':'))
        .collect();
    assert_eq!(inputs.matches("    description: ").count(), names.len());
    assert_eq!(inputs.matches("    default: ").count(), names.len());
    let mut used = BTreeSet::new();
    for (at, _) in steps.match_indices("inputs.") {
        let rest = &steps[at + "inputs.".len()..];
        used.insert(&rest[..rest.find(|c: char| !c.is_alphanumeric() && c != '-').unwrap()]);
    }
    assert_eq!(used, names);
    // What a pull request's author writes must not reach the shell as code.
    for script in steps.split("run: ").skip(1) {
        let script = script.split("\n\n").next().unwrap();
        assert!(!script.contains("${{"), "{script}");
    }
    assert!(steps.contains("using: composite") && steps.contains("--output sarif"));
}
