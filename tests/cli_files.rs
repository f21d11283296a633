//! What a table of commands cannot say: a reader that goes away, a full disk, Git, colours, how fast it starts.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn promptopt(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_promptopt"));
    command.args(args).env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").env("COLUMNS", "100");
    command
}

fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cmd/report.json")
}

fn report(args: &[&str]) -> Output {
    let sample = sample();
    let mut all = vec!["report", sample.to_str().unwrap()];
    all.extend(args);
    promptopt(&all).output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let sample = sample();
    let mut child = promptopt(&["report", sample.to_str().unwrap(), "--output", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut said = String::new();
    child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(child.wait().unwrap().success(), "{said}");
    assert_eq!(said, "");
}

#[test]
fn a_gate_says_no_although_the_reader_went_away() {
    let sample = sample();
    let sample = sample.to_str().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let prompt = folder.path().join("prompt.txt");
    std::fs::write(&prompt, "Say hello.\n").unwrap();
    let later = sample.replace("report.json", "later.json");
    for args in [
        vec!["report", sample, "--output", "json", "--budget", "1"],
        vec!["diff", sample, &later, "--output", "json", "--fail-on-increase", "1"],
        vec!["estimate", prompt.to_str().unwrap(), "--model", "gpt-6-luna", "--max-cost", "0"],
    ] {
        let mut child = promptopt(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{args:?}: {}", stderr(&output));
        assert!(stderr(&output).starts_with("error: "), "{args:?}: {}", stderr(&output));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error_that_names_the_file() {
    let output = report(&["--out", "/dev/full"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).starts_with("error: cannot write `/dev/full`: No space left"), "{}", stderr(&output));

    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let sample = sample();
    let output = promptopt(&["report", sample.to_str().unwrap()]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("cannot write to standard output"), "{}", stderr(&output));
}

#[test]
fn a_report_in_a_file_is_the_report_without_colours() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bill.txt");
    let output = report(&["--out", path.to_str().unwrap(), "--color", "always"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(output.stdout.is_empty());
    assert_eq!(std::fs::read(&path).unwrap(), report(&[]).stdout);
}

#[test]
fn colours_come_when_asked_and_not_into_a_pipe() {
    assert!(!report(&[]).stdout.contains(&0x1b));
    assert!(report(&["--color", "always"]).stdout.contains(&0x1b));
    let sample = sample();
    let forced = promptopt(&["report", sample.to_str().unwrap()]).env("CLICOLOR_FORCE", "1").output().unwrap();
    assert!(forced.stdout.contains(&0x1b));
    let mut refused = promptopt(&["report", sample.to_str().unwrap()]);
    assert!(!refused.env("CLICOLOR_FORCE", "1").env("NO_COLOR", "1").output().unwrap().stdout.contains(&0x1b));
}

#[test]
fn a_saved_report_reads_back_byte_for_byte() {
    assert_eq!(report(&["--output", "json"]).stdout, std::fs::read(sample()).unwrap());
}

#[test]
fn without_git_the_error_says_what_to_do() {
    let output = promptopt(&["diff", "--git", "main"]).env("PATH", "/nowhere").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).starts_with("error: cannot run `git`"), "{}", stderr(&output));
    assert!(stderr(&output).contains("help: "), "{}", stderr(&output));
}

#[test]
fn a_revision_that_is_not_there_is_an_error_and_no_option_of_git() {
    for revision in ["no-such-revision", "--upload-pack=x"] {
        let flag = format!("--git={revision}");
        let output = promptopt(&["diff", &flag]).output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains(&format!("there is no Git revision `{revision}`")), "{}", stderr(&output));
    }
}

fn git(folder: &Path, args: &[&str]) -> Vec<u8> {
    let mut all = vec!["-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false"];
    all.extend(args);
    let output = Command::new("git").args(&all).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    output.stdout
}

#[test]
fn a_revision_is_compared_with_the_working_tree_and_nothing_staged_is_touched() {
    let folder = tempfile::tempdir().unwrap();
    let git = |args: &[&str]| git(folder.path(), args);
    let prompts = folder.path().join("sub/prompts");
    std::fs::create_dir_all(&prompts).unwrap();
    let write = |name: &str, text: &str| std::fs::write(prompts.join(name), text).unwrap();
    git(&["init", "--quiet"]);
    write("review.md", "Review this change. Say what is wrong with it.\n");
    git(&["add", "."]);
    git(&["commit", "--quiet", "--message", "a prompt"]);
    write("review.md", "Review this change. Say what is wrong with it, and say it kindly, in full sentences.\n");
    write("tests.md", "Suggest tests for this change.\n");
    git(&["add", "sub/prompts/tests.md"]);
    let before = git(&["status", "--porcelain"]);

    let output =
        promptopt(&["diff", "--git=HEAD", "--model", "gpt-6-luna", "--fail-on-increase", "5", "--", "prompts"])
            .current_dir(folder.path().join("sub"))
            .output()
            .unwrap();
    let shown = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(shown.contains("HEAD → working tree"), "{shown}");
    assert!(shown.contains("prompts/tests.md") && shown.contains("prompts/review.md"), "{shown}");
    assert_eq!(git(&["status", "--porcelain"]), before);
}

#[test]
fn absolute_paths_and_wildcards_mean_the_same_files_on_both_sides() {
    let folder = tempfile::tempdir().unwrap();
    let prompts = folder.path().join("prompts");
    std::fs::create_dir_all(&prompts).unwrap();
    let write = |name: &str, text: &str| std::fs::write(prompts.join(name), text).unwrap();
    git(folder.path(), &["init", "--quiet"]);
    write("review.txt", "Review this change.\n");
    write("other.md", "Not asked for.\n");
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "--quiet", "--message", "prompts"]);
    write("review.txt", "Review this change, and say kindly what is wrong with it, in full sentences.\n");
    write("other.md", "Not asked for, and not shown.\n");
    write("new.txt", "Suggest tests.\n");
    let diff = |path: &str, from: &Path| {
        promptopt(&["diff", "--git=HEAD", "--model", "gpt-6-luna", "--", path]).current_dir(from).output().unwrap()
    };
    let absolute = prompts.to_str().unwrap();
    let absolute_glob = format!("{absolute}/*.txt");
    for (path, from) in [
        ("prompts/*.txt", folder.path()),
        ("*.txt", &*prompts),
        (&*absolute_glob, folder.path()),
        (absolute, folder.path()),
        ("../prompts", &*prompts),
    ] {
        let output = diff(path, from);
        let shown = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{path}: {}", stderr(&output));
        let row = shown.lines().find(|line| line.contains("review.txt")).unwrap_or_default();
        assert!(row.contains("+57 bytes"), "{path}: {shown}");
        assert!(shown.lines().any(|line| line.contains("new.txt") && line.contains("new ")), "{path}: {shown}");
        assert_eq!(shown.contains("other.md"), !path.contains('*'), "{path}: {shown}");
    }
    for outside in ["..", "/"] {
        let output = diff(outside, folder.path());
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains("is outside of this repository"), "{}", stderr(&output));
    }
    let output = diff("prompts/*.csv", folder.path());
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).starts_with("error: neither side has `prompts/*.csv`"), "{}", stderr(&output));
}
