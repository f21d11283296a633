//! `promptopt usage` as a user runs it, on a ledger that the library wrote.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may panic")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

#[path = "support/ledger.rs"]
mod ledger;

const N: u64 = 1_000;

struct Folder(tempfile::TempDir);

impl Folder {
    /// A folder with a ledger of N records, twenty days and twenty hours of them.
    fn new() -> Folder {
        let folder = Folder(tempfile::tempdir().unwrap());
        ledger::write(&folder.path("promptopt.sqlite"), N, ledger::EVERY_S);
        folder
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn usage(&self, args: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_promptopt"));
        command
            .arg("usage")
            .args(args)
            .current_dir(self.0.path())
            .env("NO_COLOR", "1")
            .env("PROMPTOPT_CONFIG_DIR", "none");
        command.output().unwrap()
    }

    fn said(&self, args: &[&str]) -> String {
        let output = self.usage(args);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn json(&self, args: &[&str]) -> serde_json::Value {
        serde_json::from_str(&self.said(args)).unwrap()
    }
}

fn complaint(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(2), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Compares with a file under `tests/usage`; `PROMPTOPT_BLESS=1` writes it.
#[allow(clippy::disallowed_methods, reason = "a test has no Settings")]
fn golden(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/usage").join(name);
    if std::env::var("PROMPTOPT_BLESS").is_ok() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, found).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, expected, "{name}: PROMPTOPT_BLESS=1 writes what it is now");
}

#[test]
fn the_screen() {
    let folder = Folder::new();
    std::fs::write(
        folder.path("promptopt.toml"),
        "[[budgets]]\nname = \"everything\"\nhard = \"5\"\n\n[[budgets]]\nname = \"teams\"\nby = \"team\"\nperiod = \"day\"\nsoft = \"0.02\"\n",
    )
    .unwrap();
    let now = ["--as-of", "2026-11-22T12:00:00Z", "--ledger", "promptopt.sqlite"];
    for width in ["60", "80", "120"] {
        let said = folder.said(&[&now[..], &["--width", width]].concat());
        assert!(said.lines().all(|line| line.chars().count() <= width.parse().unwrap()), "{said}");
        golden(&format!("screen-{width}.txt"), &said);
    }
    golden(
        "by-day.txt",
        &folder.said(&[&now[..], &["--by", "day", "--since", "2026-11-16", "--width", "100"]].concat()),
    );
    golden("by-team.md", &folder.said(&[&now[..], &["--by", "team", "-o", "markdown"]].concat()));
    golden("by-hour.csv", &folder.said(&[&now[..], &["--by", "hour", "-o", "csv"]].concat()));
}

#[test]
fn groups_sum_to_the_total_whatever_they_are() {
    let folder = Folder::new();
    let total = folder.json(&["-o", "json"])["total"].clone();
    assert_eq!(total["attempts"], N);
    let sum = |report: &serde_json::Value, field: &str| -> u64 {
        report["groups"].as_array().unwrap().iter().map(|group| group[field].as_u64().unwrap()).sum()
    };
    for by in [
        "model",
        "target",
        "provider",
        "caller",
        "team",
        "tenant",
        "route",
        "tag:feature",
        "tag:x",
        "hour",
        "day",
        "template",
    ] {
        let report = folder.json(&["-o", "json", "--by", by]);
        assert_eq!(report["total"], total, "{by}");
        for field in ["attempts", "answered", "from_cache", "failed", "input_tokens", "output_tokens"] {
            assert_eq!(sum(&report, field), total[field].as_u64().unwrap(), "{by} {field}");
        }
    }
    let support = folder.json(&["-o", "json", "--only", "team=support"]);
    let teams = folder.json(&["-o", "json", "--by", "team"]);
    let group = teams["groups"].as_array().unwrap().iter().find(|group| group["name"] == "support").unwrap().clone();
    assert_eq!(support["total"]["cost_usd"], group["cost_usd"]);
    let days = folder.json(&["-o", "json", "--since", "2026-11-03", "--until", "2026-11-04"]);
    assert_eq!(days["total"]["attempts"], 96);
}

#[test]
fn an_export_is_read_back_by_an_estimate_at_the_same_tokens() {
    let folder = Folder::new();
    let out = folder.path("records.csv");
    folder.said(&["export", "--out", out.to_str().unwrap()]);
    let mut command = Command::new(env!("CARGO_BIN_EXE_promptopt"));
    command.args(["estimate", out.to_str().unwrap(), "-o", "json"]).env("PROMPTOPT_CONFIG_DIR", "none");
    let estimated: serde_json::Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
    let total = folder.json(&["-o", "json"])["total"].clone();
    assert_eq!(estimated["baseline"]["input_tokens"], total["input_tokens"]);
    assert_eq!(estimated["baseline"]["output_tokens"], total["output_tokens"]);
    let lines = folder.said(&["export", "-o", "json"]);
    assert_eq!(lines.lines().count() as u64, N);
    let first: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!((&first["tags"]["feature"], &first["usage"]["cache_read"]), (&"chat".into(), &1024.into()));
}

#[test]
fn the_focus_export_reconciles_with_the_ledger_it_came_from() {
    let folder = Folder::new();
    let bill = folder.path("bill.csv");
    folder.said(&["export", "-o", "focus", "--out", bill.to_str().unwrap()]);
    let said = folder.said(&["reconcile", bill.to_str().unwrap()]);
    assert!(said.starts_with("they agree"), "{said}");

    // A line less, a price changed, and one that the ledger does not know.
    let text = std::fs::read_to_string(&bill).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    lines.remove(3);
    let (_, rest) = lines[1].split_once(',').unwrap();
    lines[1] = format!("9.5,{rest}");
    let stranger = lines[2].replace("claude-sonnet-4-5", "claude-haiku-4-5").replace("gpt-4o-mini", "gpt-4o");
    lines.push(stranger);
    std::fs::write(&bill, lines.join("\n")).unwrap();
    let output = folder.usage(&["reconcile", bill.to_str().unwrap(), "--width", "100"]);
    assert_eq!(output.status.code(), Some(1));
    golden("reconcile-focus.txt", &String::from_utf8(output.stdout).unwrap());
}

#[test]
fn usage_and_costs_reports_are_compared_day_by_day() {
    let folder = Folder::new();
    // What OpenAI would say of the first day, and of the second with calls that went past the router.
    let day = |from: &str, to: &str| {
        let report = folder.json(&["-o", "json", "--since", from, "--until", to, "--only", "model=gpt-4o-mini"]);
        let total = &report["total"];
        let n = |field: &str| total[field].as_u64().unwrap();
        (
            n("input_tokens"),
            n("cache_read_tokens"),
            n("output_tokens"),
            n("answered"),
            total["cost_usd"].as_str().unwrap().to_owned(),
        )
    };
    let start = |day: &str| format!("{day}T00:00:00Z").parse::<jiff::Timestamp>().unwrap().as_second();
    let bucket = |day: &str, results: &str| {
        format!(
            r#"{{"object":"bucket","start_time":{},"end_time":{},"results":[{results}]}}"#,
            start(day),
            start(day) + 86_400
        )
    };
    let usage = |day: &str, (input, cached, output, calls, _): &(u64, u64, u64, u64, String), more: u64| {
        let (input, calls) = (input + more * 100, calls + more);
        bucket(
            day,
            &format!(
                r#"{{"object":"organization.usage.completions.result","input_tokens":{input},"input_cached_tokens":{cached},"output_tokens":{output},"num_model_requests":{calls},"model":"gpt-4o-mini-2024-07-18"}}"#
            ),
        )
    };
    let page = |buckets: &[String], has_more: bool| {
        format!(r#"{{"object":"page","data":[{}],"has_more":{has_more}}}"#, buckets.join(","))
    };
    let (first, second) = (day("2026-11-02", "2026-11-02"), day("2026-11-03", "2026-11-03"));
    let file = folder.path("report.json");
    let path = file.to_str().unwrap();
    std::fs::write(&file, page(&[usage("2026-11-02", &first, 0)], false)).unwrap();
    assert!(folder.said(&["reconcile", path]).starts_with("they agree"));

    let pages = [page(&[usage("2026-11-02", &first, 0)], true), page(&[usage("2026-11-03", &second, 20)], false)];
    std::fs::write(&file, pages.join("\n")).unwrap();
    let output = folder.usage(&["reconcile", path, "--width", "100"]);
    golden("reconcile-usage.txt", &String::from_utf8(output.stdout).unwrap());
    assert_eq!(output.status.code(), Some(1));
    assert!(folder.usage(&["reconcile", path, "--tolerance", "10%"]).status.success());

    std::fs::write(&file, &pages[0]).unwrap();
    assert!(complaint(&folder.usage(&["reconcile", path])).contains("has_more"));

    let cost = |day: &str, total: &str, kind: &str| {
        bucket(
            day,
            &format!(
                r#"{{"object":"organization.costs.result","amount":{{"value":{total},"currency":"usd"}},"line_item":"gpt-4o-mini-2024-07-18, {kind}"}}"#
            ),
        )
    };
    std::fs::write(
        &file,
        page(&[cost("2026-11-02", &first.4, "input"), cost("2026-11-03", &second.4, "input")], false),
    )
    .unwrap();
    assert!(folder.said(&["reconcile", path]).starts_with("they agree"));
    std::fs::write(&file, page(&[cost("2026-11-02", &first.4, "input"), cost("2026-11-03", "0.02", "output")], false))
        .unwrap();
    let report: serde_json::Value =
        serde_json::from_slice(&folder.usage(&["reconcile", path, "-o", "json"]).stdout).unwrap();
    assert_eq!(
        (&report["statement"], &report["rows"][1]["verdict"]),
        (&"openai costs".into(), &"price_differs".into())
    );

    // Anthropic writes cents.
    let total = folder.json(&["-o", "json", "--until", "2026-11-02", "--only", "model=claude-sonnet-4-5"]);
    let cents: f64 = total["total"]["cost_usd"].as_str().unwrap().parse::<f64>().unwrap() * 100.0;
    let bucket = format!(
        r#"{{"data":[{{"starting_at":"2026-11-02T00:00:00Z","ending_at":"2026-11-03T00:00:00Z","results":[{{"currency":"USD","amount":"{cents:.2}","model":"claude-sonnet-4-5-20250929","cost_type":"tokens"}}]}}],"has_more":false}}"#
    );
    std::fs::write(&file, bucket).unwrap();
    let report = folder.json(&["reconcile", path, "-o", "json"]);
    let verdict = report["rows"][0]["verdict"].as_str().unwrap();
    assert!(report["statement"] == "anthropic costs" && (verdict == "rounding" || verdict == "equal"), "{report:#}");
}

#[test]
fn feedback_is_stored_and_shown() {
    let folder = Folder::new();
    let lines = folder.said(&["export", "-o", "json"]);
    let first: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    let call = first["call"].as_str().unwrap();
    folder.said(&["feedback", call, "900", "--label", "helpful"]);
    folder.said(&["feedback", call, "700"]);
    let total = folder.json(&["-o", "json"])["total"].clone();
    assert_eq!((&total["feedback"]["n"], &total["feedback"]["mean_permille"]), (&2.into(), &800.into()));
    assert!(complaint(&folder.usage(&["feedback", "0123", "900"])).contains("32 hexadecimal digits"));
    assert!(complaint(&folder.usage(&["feedback", &"0".repeat(32), "900"])).contains("no call"));
    assert!(complaint(&folder.usage(&["feedback", call, "1001"])).contains("1001"));
}

#[test]
fn what_cannot_be_read_is_named_with_what_to_do_and_left_as_it_is() {
    let folder = Folder(tempfile::tempdir().unwrap());
    assert!(complaint(&folder.usage(&[])).contains("promptopt.sqlite: there is no ledger"));
    let garbage = folder.path("garbage");
    std::fs::write(&garbage, [7_u8; 5_000]).unwrap();
    let said = complaint(&folder.usage(&["garbage"]));
    assert!(said.contains("garbage: it is no ledger") && said.contains("help:"), "{said}");
    assert_eq!(std::fs::read(&garbage).unwrap(), [7_u8; 5_000]);
    std::fs::write(folder.path("empty"), "").unwrap();
    assert!(complaint(&folder.usage(&["empty"])).contains("nothing was ever written to it"));
    assert!(complaint(&folder.usage(&["feedback", &"0".repeat(32), "1", "--ledger", "none"])).contains("no ledger"));
    assert!(!folder.path("none").exists());

    let whole = Folder::new();
    let ledger = whole.path("promptopt.sqlite");
    let bytes = std::fs::read(&ledger).unwrap();
    std::fs::write(&ledger, &bytes[..bytes.len() / 2]).unwrap();
    let said = complaint(&whole.usage(&[]));
    assert!(said.contains("the ledger is damaged") && said.contains(".recover"), "{said}");
    std::fs::write(&ledger, &bytes).unwrap();

    for (name, content, part) in [
        ("a.json", "{", "not valid JSON"),
        ("b.json", r#"{"data": 1}"#, "no usage or cost report"),
        ("c.csv", "a,b\n1,2\n", "BilledCost"),
        ("d.csv", "BilledCost,ChargePeriodStart\n1,yesterday\n", "expected an instant"),
        ("e.csv", "BilledCost,ChargePeriodStart\nmany,2026-11-01\n", "BilledCost"),
        ("f.csv", "BilledCost,ChargePeriodStart,BillingCurrency\n1,2026-11-01,EUR\n", "EUR"),
        ("g.csv", "", "empty"),
        ("h.csv", "BilledCost,ChargePeriodStart\n", "no line"),
        ("i.json", r#"{"data":[{"start_time":1,"results":[{"amount":{"value":1,"currency":"eur"}}]}]}"#, "eur"),
    ] {
        std::fs::write(whole.path(name), content).unwrap();
        let said = complaint(&whole.usage(&["reconcile", name]));
        assert!(said.contains(name) && said.contains(part), "{said}");
    }
    assert!(complaint(&whole.usage(&["--since", "2026-11-05", "--until", "2026-11-01"])).contains("is not before"));
    assert!(complaint(&whole.usage(&["--by", "user"])).contains("tag:NAME"));
}

#[test]
fn a_ledger_in_a_folder_that_cannot_be_written_is_read() {
    let folder = Folder::new();
    let mut rights = folder.0.path().metadata().unwrap().permissions();
    rights.set_readonly(true);
    std::fs::set_permissions(folder.0.path(), rights.clone()).unwrap();
    let report = folder.json(&["-o", "json"]);
    #[allow(clippy::permissions_set_readonly_false, reason = "so that the folder can be removed")]
    rights.set_readonly(false);
    std::fs::set_permissions(folder.0.path(), rights).unwrap();
    assert_eq!(report["total"]["attempts"], N);
}
