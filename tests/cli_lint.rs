//! `promptopt lint` where a table of commands is not enough: SARIF against its schema, files that are mended in place, what a
//! terminal would obey, a broken file among good ones; and the committed reference of the rules.
#![allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and is told by a variable to bless"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

const TABLE: &str = "| name          | colour    |\n|---------------|-----------|\n| apple         | red       |\n| banana        | yellow    |\n| cherry        | red       |\n| plum          | blue      |\n| lime          | green     |\n| grape         | violet    |\n";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn promptopt(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_promptopt"))
        .args(args)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .env("COLUMNS", "100")
        .env("PROMPTOPT_CONFIG_DIR", "no-such-folder")
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// A folder with what gives trouble: odd names, odd characters, several encodings, long lines.
fn trouble() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let prompts = folder.path().join("prompts");
    fs::create_dir(&prompts).unwrap();
    fs::write(prompts.join("a b#1%é.md"), format!("\u{feff}{}", TABLE.replace('\n', "\r\n"))).unwrap();
    fs::write(prompts.join("latin.md"), b"caf\xe9\n").unwrap();
    fs::write(prompts.join("utf16.md"), b"\xff\xfea\0b\0").unwrap();
    fs::write(prompts.join("empty.md"), "").unwrap();
    fs::write(prompts.join("broken.json"), "{\"model\": \"gpt-6-luna\", \"messages\": [").unwrap();
    let long = format!("{}\u{202e}\u{1b}[31m🦀", "All orders leave from Ulm. ".repeat(4_000));
    let request =
        format!(r#"{{"messages": [{{"role": "user", "content": {long:?}}}], "model": "gpt-6-lunna\u{{202e}}"}}"#);
    fs::write(prompts.join("long.json"), request.replace("\\u{1b}", "\\u001b").replace("\\u{202e}", "\u{202e}"))
        .unwrap();
    folder
}

#[test]
fn sarif_keeps_its_schema_also_of_files_that_give_trouble() {
    // As published, the pattern of a language is no regular expression: a bracket closes nothing.
    let schema = fs::read_to_string(root().join("tests/data/sarif-schema-2.1.0.json"))
        .unwrap()
        .replace("^[a-zA-Z]{2}|^[a-zA-Z]{2}-[a-zA-Z]{2}]?$", "^[a-zA-Z]{2}(-[a-zA-Z]{2})?$");
    let schema: Value = serde_json::from_str(&schema).unwrap();
    let schema = jsonschema::validator_for(&schema).unwrap();
    let folder = trouble();
    for args in [
        vec!["lint", "prompts", "-o", "sarif", "--model", "gpt-6-luna"],
        vec!["lint", "prompts", "no-such-file", "-o", "sarif", "--select", "ALL"],
        vec!["lint", "prompts/empty.md", "-o", "sarif"],
    ] {
        let output = promptopt(folder.path(), &args);
        let log: Value = serde_json::from_str(&stdout(&output)).unwrap();
        let problems: Vec<String> =
            schema.iter_errors(&log).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(problems.is_empty(), "{args:?}: {}", problems.join("\n"));
        let run = &log["runs"][0];
        for result in run["results"].as_array().unwrap() {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
        }
        assert_eq!(run["invocations"][0]["executionSuccessful"], !args.contains(&"no-such-file"));
    }
}

#[test]
fn nothing_that_a_terminal_would_obey_reaches_it() {
    let folder = trouble();
    for form in ["text", "concise", "json", "sarif", "github", "gitlab", "junit", "markdown"] {
        let output = promptopt(folder.path(), &["lint", "prompts", "-o", form, "--model", "gpt-6-luna"]);
        let text = stdout(&output);
        assert!(text.contains("FMT006") && text.contains("MDL001"), "{form}: {text}");
        let odd = text.chars().find(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}');
        assert_eq!(odd, None, "{form}: {text}");
        let longest = text.lines().map(str::len).max().unwrap();
        assert!(longest < 4_000, "{form}: a line of {longest} bytes");
    }
}

#[test]
fn a_mended_file_keeps_its_mark_its_line_ends_and_its_permissions() {
    let folder = trouble();
    let path = folder.path().join("prompts/a b#1%é.md");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    }
    let others: Vec<PathBuf> = ["latin.md", "utf16.md", "broken.json", "long.json"]
        .iter()
        .map(|name| folder.path().join("prompts").join(name))
        .collect();
    let before: Vec<Vec<u8>> = others.iter().map(|path| fs::read(path).unwrap()).collect();
    let edits: Value = serde_json::from_str(&stdout(&promptopt(
        folder.path(),
        &["lint", "prompts", "-o", "json", "--select", "FMT006"],
    )))
    .unwrap();
    let original = fs::read(&path).unwrap();

    let output = promptopt(folder.path(), &["lint", "prompts", "--fix", "--select", "SYN001,FMT006,MDL001"]);
    assert_eq!(output.status.code(), Some(1), "what is left fails still");
    assert!(stdout(&output).contains("Fixed 1 finding in 1 file"), "{}", stdout(&output));
    let fixed = fs::read(&path).unwrap();
    let text = String::from_utf8(fixed.clone()).unwrap();
    assert!(text.starts_with("\u{feff}|") && !text.contains("    "), "{text}");
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o640);
    }
    for (path, before) in others.iter().zip(before) {
        assert_eq!(fs::read(path).unwrap(), before, "{}", path.display());
    }
    // The edits of the JSON report are bytes of the file: they come to the same.
    let mut by_hand = original;
    for edit in edits["findings"][0]["fix"]["edits"].as_array().unwrap().iter().rev() {
        let at = |key: &str| usize::try_from(edit["span"][key].as_u64().unwrap()).unwrap();
        by_hand.splice(at("start")..at("end"), edit["text"].as_str().unwrap().bytes());
    }
    assert_eq!(by_hand, fixed);
}

#[test]
fn a_patch_can_be_applied() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("prompts")).unwrap();
    let path = folder.path().join("prompts/a.md");
    fs::write(&path, format!("Before.\r\n\r\n{}\nno end", TABLE.replace('\n', "\r\n"))).unwrap();
    let output = promptopt(folder.path(), &["lint", "prompts", "--diff"]);
    assert_eq!(output.status.code(), Some(1));
    fs::write(folder.path().join("fix.patch"), &output.stdout).unwrap();
    let applied = Command::new("git").args(["apply", "fix.patch"]).current_dir(folder.path()).output().unwrap();
    assert!(applied.status.success(), "{}\n{}", String::from_utf8_lossy(&applied.stderr), stdout(&output));
    let again = promptopt(folder.path(), &["lint", "prompts", "--diff"]);
    assert_eq!((again.status.code(), stdout(&again)), (Some(0), String::new()));
}

#[test]
fn a_finding_keeps_its_fingerprint_when_lines_come_above_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.md");
    let prints = |text: String| -> Vec<String> {
        fs::write(&path, text).unwrap();
        let output = promptopt(folder.path(), &["lint", "a.md", "-o", "gitlab", "--select", "FMT006"]);
        let issues: Value = serde_json::from_str(&stdout(&output)).unwrap();
        issues.as_array().unwrap().iter().map(|issue| issue["fingerprint"].as_str().unwrap().to_owned()).collect()
    };
    let twice = format!("{TABLE}\n\n{TABLE}");
    let before = prints(twice.clone());
    assert_eq!(before.len(), 2);
    assert_ne!(before[0], before[1], "the same text twice is two findings");
    assert_eq!(prints(format!("New.\n\n{twice}")), before);
}

#[test]
fn hundreds_of_findings_are_shown_in_every_form() {
    let folder = tempfile::tempdir().unwrap();
    let line = r#"{"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "gpt-6-lunna", "messages": [{"role": "user", "content": "hi"}]}}"#;
    fs::write(folder.path().join("batch.jsonl"), format!("{line}\n").repeat(500)).unwrap();
    for form in ["text", "json", "sarif", "markdown"] {
        let output = promptopt(folder.path(), &["lint", "batch.jsonl", "-o", form, "--select", "MDL001"]);
        assert!(output.status.code().is_some_and(|code| code < 2), "{form}");
    }
}

#[test]
fn the_reference_of_the_rules_is_what_the_rules_say() {
    let path = root().join("corpora/lint/RULES.md");
    let made = stdout(&promptopt(&root(), &["rules", "--output", "markdown"]));
    if std::env::var_os("PROMPTOPT_BLESS").is_some() {
        fs::write(&path, made).unwrap();
    } else {
        let committed = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
        assert!(committed == made, "corpora/lint/RULES.md is not what the rules say: PROMPTOPT_BLESS=1 writes it anew");
    }
}
