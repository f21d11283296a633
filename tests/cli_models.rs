//! Price lists on disk: import, the overlay that comes of it, a mistake in it, and comparing.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::path::Path;
use std::process::{Command, Output};

const API: &str = r#"{"acme": {"id": "acme", "models": {"acme-1": {"id": "acme-1", "tool_call": true,
    "limit": {"context": 64000, "output": 4000}, "cost": {"input": 0.5, "output": 1.5, "cache_read": -1}}}},
    "openai": {"id": "openai", "models": {"gpt-4o": {"id": "gpt-4o", "cost": {"input": 9, "output": 9}}}}}"#;

fn models(config: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_promptopt"));
    command.arg("models").args(args).env("PROMPTOPT_CONFIG_DIR", config).env("NO_COLOR", "1").env("COLUMNS", "100");
    command.output().unwrap()
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn an_imported_list_lies_over_the_catalogue() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("api.json");
    std::fs::write(&list, API).unwrap();
    let list = list.to_str().unwrap();

    let said = stdout(&models(folder.path(), &["import", list, "--observed", "2026-11-20"]));
    assert!(said.starts_with("1 model written to"), "{said}");
    assert!(said.contains("acme/acme-1: `cache_read` is left out: -1 is negative"), "{said}");
    let shown = stdout(&models(folder.path(), &["show", "acme-1"]));
    assert!(shown.contains("0.50") && shown.contains("1.50") && shown.contains("api on 2026-11-20"), "{shown}");
    assert!(stdout(&models(folder.path(), &["show", "gpt-4o"])).contains("2.50"));

    stdout(&models(folder.path(), &["import", list, "--replace"]));
    assert!(stdout(&models(folder.path(), &["show", "gpt-4o"])).contains("9.00"));
    let own = folder.path().join("catalog/api.toml");
    let changed = stdout(&models(folder.path(), &["diff", "embedded", own.to_str().unwrap(), "--output", "json"]));
    assert!(changed.contains("\"percent\": 260.0"), "{changed}");

    // Two prices differ from the list, and nobody wrote down why.
    let checked = models(&folder.path().join("elsewhere"), &["crosscheck", list]);
    assert_eq!(checked.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&checked.stderr).contains("2 prices differ without a known reason"));

    let broken = std::fs::read_to_string(&own).unwrap().replace("input =", "inptu =");
    std::fs::write(&own, broken).unwrap();
    let failed = models(folder.path(), &["list"]);
    assert_eq!(failed.status.code(), Some(2));
    let said = String::from_utf8_lossy(&failed.stderr).into_owned();
    assert!(said.contains("catalog/api.toml:") && said.contains("did you mean `input`?"), "{said}");
}

#[test]
fn the_list_can_go_to_stdout_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("api.json");
    std::fs::write(&list, API).unwrap();
    let text = stdout(&models(folder.path(), &["import", list.to_str().unwrap(), "--out", "-"]));
    assert!(text.contains("id = \"acme-1\"") && !text.contains("gpt-4o"), "{text}");
    assert!(!folder.path().join("catalog").exists());
}

#[test]
fn the_embedded_catalogue_passes_its_audit() {
    let folder = tempfile::tempdir().unwrap();
    let said = stdout(&models(folder.path(), &["audit"]));
    assert!(said.contains(": 0 errors"), "{said}");
}
