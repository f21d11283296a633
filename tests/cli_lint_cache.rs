//! The result cache of `promptopt lint`, from outside: a run that remembers says to the byte what a run without says, whatever
//! changed in between; and where the cache lies.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const TABLE: &str = "| name          | colour    |\n|---------------|-----------|\n| apple         | red       |\n\
                     | banana        | yellow    |\n| cherry        | red       |\n";

fn lint(folder: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_promptopt"))
        .arg("lint")
        .args(args)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .env("PROMPTOPT_CONFIG_DIR", "no-such-folder")
        .env("XDG_CACHE_HOME", folder.join("home"))
        .output()
        .unwrap()
}

fn prompts() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let prompts = folder.path().join("prompts");
    fs::create_dir(&prompts).unwrap();
    fs::write(prompts.join("table.md"), TABLE).unwrap();
    fs::write(prompts.join("marked.md"), format!("\u{feff}{}", TABLE.replace('\n', "\r\n"))).unwrap();
    fs::write(prompts.join("latin.md"), b"caf\xe9\n").unwrap();
    fs::write(prompts.join("empty.md"), "").unwrap();
    let request = r#"{"model": "gpt-4", "messages": [{"role": "user", "content": "Say it."}]}"#;
    fs::write(prompts.join("request.json"), request).unwrap();
    // What is compared over files is compared whether or not a file was linted again.
    let shared = "Orders leave from Ulm every day but Sunday, and parcels of more than 30 kg go by freight. ".repeat(9);
    for name in ["a", "b", "c"] {
        fs::write(prompts.join(format!("{name}.md")), format!("# Part {name}\n\n{shared}\n")).unwrap();
    }
    folder
}

/// What is said with a cache is what is said without one, twice.
fn hold(folder: &Path, args: &[&str], what: &str) {
    let day: &[&str] = if args.contains(&"--as-of") { &[] } else { &["--as-of", "2026-11-22"] };
    let with = |more: &[&str]| lint(folder, &[&["-o", "json"], day, args, more].concat());
    let expected = with(&["--no-cache"]);
    assert_ne!(expected.status.code(), Some(2), "{what}: {}", String::from_utf8_lossy(&expected.stderr));
    for round in ["first", "second"] {
        let found = with(&["--cache-dir", "kept"]);
        assert_eq!(found.status.code(), expected.status.code(), "{what}, {round} run");
        let [found, expected] = [&found.stdout, &expected.stdout].map(|out| String::from_utf8_lossy(out));
        assert!(found == expected, "{what}, {round} run:\n{found}\n{expected}");
    }
}

fn kept(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().path()).filter(|path| path.extension().is_some_and(|e| e == "bin")).collect()
}

#[test]
fn what_is_remembered_is_what_would_be_found() {
    let folder = prompts();
    let folder = folder.path();
    hold(folder, &["prompts"], "a new cache");
    let across = ["prompts", "--extend-select", "DUP003"];
    assert!(
        String::from_utf8(lint(folder, &[&across[..], &["-o", "concise"]].concat()).stdout).unwrap().contains("DUP003")
    );
    hold(folder, &across, "a rule over several files");
    hold(folder, &["prompts", "--model", "gpt-6-luna"], "another model");
    hold(folder, &["prompts", "--model", "gpt-6-luna", "--fallback", "gpt-4o"], "a fallback");
    hold(folder, &["prompts", "--select", "FMT006"], "other rules");
    hold(folder, &["prompts", "--severity", "error"], "a severity");
    hold(folder, &["prompts", "--as-of", "2027-06-01"], "another day");
    hold(folder, &["prompts/table.md"], "a file alone");
    fs::write(folder.join("promptopt.toml"), "[lint.rules.padded-table]\nmin_tokens = 900\n").unwrap();
    hold(folder, &["prompts"], "an option");
    fs::write(folder.join("prompts/table.md"), format!("{TABLE}\nBe brief.\n")).unwrap();
    hold(folder, &["prompts"], "another text");
    let sidecar = "[[ignore]]\nrules = [\"FMT006\"]\n";
    fs::write(folder.join("prompts/marked.md.promptopt.toml"), sidecar).unwrap();
    hold(folder, &["prompts"], "a suppression");
}

#[test]
fn a_damaged_cache_is_made_anew() {
    let folder = prompts();
    let folder = folder.path();
    hold(folder, &["prompts"], "a new cache");
    let [file] = &kept(&folder.join("kept"))[..] else { panic!("a file for each folder that the command runs in") };
    let good = fs::read(file).unwrap();
    for bytes in [&b""[..], b"promptopt lint cache 0\n", &good[..good.len() / 2], b"\xff\xff\xff"] {
        fs::write(file, bytes).unwrap();
        hold(folder, &["prompts"], "damaged bytes");
        assert!(fs::read(file).unwrap() == good, "the same findings are the same bytes");
    }
    let before = file.metadata().unwrap().modified().unwrap();
    hold(folder, &["prompts"], "nothing new");
    assert_eq!(file.metadata().unwrap().modified().unwrap(), before, "it is not written again");
    // A folder where the file should be: nothing can be kept, and nobody is told.
    fs::remove_file(file).unwrap();
    fs::create_dir(file).unwrap();
    hold(folder, &["prompts"], "no place");
}

#[test]
fn it_lies_beside_the_configuration_or_with_the_user_and_git_does_not_see_it() {
    let folder = prompts();
    let folder = folder.path();
    lint(folder, &["prompts", "--no-cache"]);
    lint(folder, &["prompts", "--fix"]);
    lint(folder, &["prompts", "--diff"]);
    assert!(kept(&folder.join("home/promptopt")).is_empty() && !folder.join(".promptopt_cache").exists());
    lint(folder, &["prompts"]);
    assert_eq!(kept(&folder.join("home/promptopt")).len(), 1);
    fs::write(folder.join("promptopt.toml"), "").unwrap();
    lint(folder, &["."]);
    assert_eq!(kept(&folder.join(".promptopt_cache")).len(), 1);
    assert!(fs::read_to_string(folder.join(".promptopt_cache/.gitignore")).unwrap().lines().any(|line| line == "*"));
}
