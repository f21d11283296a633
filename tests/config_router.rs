//! The router's part of `promptopt.toml`: what it becomes, and every mistake at once with its place.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking; helpers of integration tests are not seen as tests")]

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use promptopt::alert::settings::{AlertSpec, Receiver, Watch};
use promptopt::budget::settings::Period;
use promptopt::catalog::Catalog;
use promptopt::chat::Dialect;
use promptopt::config::router::{RouterSettings, from_file, from_text};
use promptopt::config::sample;
use promptopt::labels::By;
use promptopt::route::settings::ObjectiveSpec;
use promptopt::secret::SecretRef;
use promptopt::upstream::settings::Auth;
use promptopt::usage::ServiceTier;
use promptopt::usd::Usd;

const PROVIDERS: &str =
    "[providers.openai]\napi-key = 'env:K'\ntiers = ['flex']\n[providers.anthropic]\napi-key = 'env:A'\n";

fn settings(text: &str) -> RouterSettings {
    from_text(text, Catalog::embedded()).unwrap_or_else(|problems| panic!("{problems}"))
}

fn problems(text: &str) -> Vec<String> {
    let problems = from_text(text, Catalog::embedded()).map(|_| ()).unwrap_err();
    problems.0.iter().map(ToString::to_string).collect()
}

#[test]
fn a_file_becomes_settings() {
    let read = settings(&format!(
        "{PROVIDERS}
[[routes]]
name = 'support'
when = 'caller.team == \"support\"'
candidates = ['openai/gpt-5-mini', {{ target = 'anthropic/claude-haiku-4-5', weight = 3, quality = 0.91 }}]
objective = 'quality>=0.8 then cheapest'
deadline = '10m'
cache = {{ ttl = '5m', stale = '1m' }}
[[routes]]
name = 'rest'
cache = false
[[limits]]
name = 'callers'
by = 'caller'
rpm = 60
[[budgets]]
name = 'teams'
by = 'team'
period = 'rolling 7d'
hard = '100.00'
[cache]
max-size = '1 GiB'
[retry]
max-attempts = 2"
    ));
    // By name.
    let [anthropic, openai] = &read.providers[..] else { panic!("{:?}", read.providers) };
    assert_eq!(openai.auth, Auth::Bearer(SecretRef::Env("K".to_owned())));
    assert_eq!(openai.tiers, [ServiceTier::Flex]);
    assert_eq!(
        (anthropic.dialect, &anthropic.auth),
        (Dialect::Messages, &Auth::Header("x-api-key".to_owned(), SecretRef::Env("A".to_owned())))
    );
    assert_eq!(anthropic.base_url, "https://api.anthropic.com/v1");
    let route = &read.routes[0];
    assert_eq!((route.candidates.len(), route.candidates[1].quality, route.candidates[1].weight), (2, Some(910), 3));
    assert_eq!(route.objective, ObjectiveSpec::QualityThenCheapest(800));
    assert_eq!(
        (route.deadline, route.cache.time_to_live, route.cache.stale),
        (Some(Duration::from_secs(600)), Duration::from_secs(300), Duration::from_secs(60))
    );
    assert!(!read.routes[1].cache.is_on);
    assert_eq!((&read.limits[0].by, read.limits[0].rpm), (&By::Caller, Some(60)));
    assert_eq!(
        (read.budgets[0].period, read.budgets[0].hard),
        (Period::Rolling(604_800), Some(Usd::parse("100").unwrap()))
    );
    assert_eq!((read.cache.max_bytes, read.retry.max_attempts, read.max_body), (1 << 30, 2, 16 << 20));
}

#[test]
fn every_mistake_is_told_with_its_place() {
    for (text, expected) in [
        (
            "[providers.openai]\napi-key = 'sk-canary'",
            "promptopt.toml:2:11: `providers.openai.api-key`: expected where the secret is",
        ),
        ("[providers.mine]\napi-key = 'env:K'", "`mine` is no host of the catalogue"),
        ("[providers.azure]\napi-key = 'env:K'", "`base-url` is missing"),
        ("[providers.openai]\nbase-url = 'http://10.0.0.1/v1'\napi-key = 'env:K'", "plain http to another machine"),
        ("[providers.openai]\nbase-url = 'https://u:p@host/v1'", "holds a name or password"),
        ("[providers.openai]\nidle-timeout = 5", "expected a time such as"),
        ("[providers.openai]\nkey = 'x'", "has no key `key`"),
        ("[[routes]]\ncandidates = []", "`name` is missing"),
        ("[[routes]]\nname = 'a'\ncandidates = ['groq/x']", "no provider is called `groq`"),
        ("[providers.openai]\n[[routes]]\nname = 'a'\ncandidates = ['openai/gpt-5-minni']", "did you mean"),
        (
            "[providers.openai]\n[[routes]]\nname = 'a'\ncandidates = [{ target = 'openai/gpt-5-mini', tier = 'flex' }]",
            "does not allow the tier `flex`",
        ),
        ("[[routes]]\nname = 'a'\n[[routes]]\nname = 'b'", "`b` is never reached"),
        ("[[routes]]\nname = 'a'\nwhen = 'true'\n[[routes]]\nname = 'a'", "two are called `a`"),
        ("[[routes]]\nname = 'a'\nwhen = 'request.modle == \"x\"'", "did you mean `model`"),
        ("[[routes]]\nname = 'a'\nwhen = 'true'\nthen = ['b']\n[[routes]]\nname = 'b'\nthen = ['a']", "a → b → a"),
        ("[[routes]]\nname = 'a'\nthen = ['z']", "no route is called `z`"),
        (
            "[providers.openai]\n[[routes]]\nname = 'a'\ncandidates = ['openai/gpt-5-mini']\ndeny = ['openai']",
            "denies all of its candidates",
        ),
        (
            "[providers.openai]\n[[routes]]\nname = 'a'\ncandidates = ['openai/gpt-5-mini']\nobjective = 'quality>=0.5'",
            "no candidate of `a` has a quality",
        ),
        ("[[budgets]]\nname = 'b'", "sets no limit"),
        ("[[budgets]]\nname = 'b'\nhard = '-1'", "expected an amount"),
        ("[[limits]]\nname = 'l'\nby = 'user'", "expected all, tenant, caller"),
        ("[[budgets]]\nname = 'b'\nhard = '1'\nsoft = '2'", "`b` is above its hard one"),
        ("[[budgets]]\nname = 'b'\nhard = '1'\nonly = { tema = 'x' }", "did you mean `team`"),
        ("[[limits]]\nname = 'l'\nrpm = 1\n[[limits]]\nname = 'l'\nrpm = 2", "two are called `l`"),
        ("[[limits]]\nname = 'l'\nrpm = 0", "expected at least 1"),
        ("[[alerts]]\nname = 'a'\nwatch = 'spent'\nbudget = 'none'", "no budget is called `none`"),
        ("[[alerts]]\nname = 'a'\nwatch = 'burn-rate'", "there is no budget for `burn-rate` to watch"),
        ("[[alerts]]\nname = 'a'\nwatch = 'spike'\nto = ['mail:x']", "webhook:env:NAME"),
        (
            "[[alerts]]\nname = 'a'\nwatch = 'spike'\nto = ['webhook:https://hooks.example.com/canary']",
            "webhook:env:NAME",
        ),
        ("[[alerts]]\nname = 'a'\nwatch = 'spike'\nto = [{ command = [] }]", "webhook:env:NAME"),
        ("[[alerts]]\nname = 'a'\nwatch = 'spikes'", "did you mean `spike`"),
        ("[[alerts]]\nname = 'a'", "`watch` is missing"),
        ("[[alerts]]\nname = 'a'\nwatch = 'spike'\ndays = 3", "`alerts.days`: says nothing to `spike`"),
        ("[[alerts]]\nname = 'a'\nwatch = 'spike'\ntimes = 'many'", "expected a number such as 1.5"),
        ("[[alerts]]\nname = 'a'\nwatch = 'spike'\ntimes = 0", "expected more than 0"),
        ("[[alerts]]\nname = 'a'\nwatch = 'spike'\nrepeat = '5s'", "expected at least a minute"),
        ("[[alerts]]\nname = 'a'\nwatch = 'spike'\n[[alerts]]\nname = 'a'\nwatch = 'shutdown'", "two are called `a`"),
        (
            "[providers.openai]\nbase-url = 'http://127.0.0.1.example.com/v1'\napi-key = 'env:K'",
            "plain http to another machine",
        ),
        ("[providers.openai]\ntotal-timeout = '0s'", "expected more than no time"),
        ("[providers.bedrock]\naws-region = 'us-east-1'\naws-key-id = 'env:K'", "`aws-secret` is missing beside it"),
        ("[retry]\nmax-attempts = 0", "expected at least 1"),
        ("[breaker]\nfailure-percent = 101", "expected at most 100"),
        ("[router]\nmax-body = 5", "expected a size"),
        ("[router]\nmax-body = '0 B'", "expected more than nothing"),
        ("[lint]\nselect = ['NOPE']", "NOPE"),
    ] {
        let found = problems(text);
        assert!(found.iter().any(|problem| problem.contains(expected)), "{text}\n→ {found:?}");
        assert!(found.iter().all(|problem| problem.contains(':') && !problem.contains("canary")), "{found:?}");
    }
    assert_eq!(problems("[router]\na = 1\nb = 2\n[queue]\nmax-wait = 1").len(), 3);
}

#[test]
fn alerts_are_read_with_their_defaults() {
    let read = settings(
        "[[budgets]]
name = 'b'
hard = '1'
[[alerts]]
name = 'share'
watch = 'spent'
budget = 'b'
percent = 90
to = ['webhook:env:HOOK', 'log:a.jsonl', { command = ['notify', 'x y'] }]
repeat = '1h'
[[alerts]]
name = 'pace'
watch = 'burn-rate'
times = 2.25
[[alerts]]
name = 'old'
watch = 'stale-price'",
    );
    assert_eq!(
        read.alerts[0],
        AlertSpec {
            name: "share".to_owned(),
            watch: Watch::Spent { budget: Some("b".to_owned()), permille: 900 },
            to: vec![
                Receiver::Webhook(SecretRef::Env("HOOK".to_owned())),
                Receiver::Log("a.jsonl".into()),
                Receiver::Command(vec!["notify".to_owned(), "x y".to_owned()]),
            ],
            repeat: Duration::from_secs(3600),
        }
    );
    assert_eq!(read.alerts[1].watch, Watch::BurnRate { budget: None, permille: 2250 });
    assert_eq!((&read.alerts[2].watch, read.alerts[2].repeat.as_secs()), (&Watch::StalePrice { days: 60 }, 86_400));
}

#[test]
fn what_is_right_is_not_told() {
    for text in [
        // A route that another goes on to may stand behind one that takes all.
        "[[routes]]\nname = 'a'\nthen = ['b']\n[[routes]]\nname = 'b'",
        "[providers.vllm]\nbase-url = 'http://127.0.0.1:8000/v1'\napi-key = 'env:K'",
        "[providers.own]\nhost = 'vllm'\nbase-url = 'https://vllm.example.com/v1'",
        "[[limits]]\nname = 'l'\nonly = { team = 'x', 'tag:feature' = 'y' }\nrpm = 1",
        "[[alerts]]\nname = 'a'\nwatch = 'spike'",
    ] {
        settings(text);
    }
}

#[test]
fn files_of_a_chain_name_what_others_bring() {
    let near = "extends = 'base.toml'\n[providers.openai]\n[[alerts]]\nname = 'a'\nwatch = 'spent'\nbudget = 'b'\nto = ['log:a.jsonl']";
    let base = "[[routes]]\nname = 'r'\ncandidates = ['openai/gpt-5-mini']\n[[budgets]]\nname = 'b'\nhard = '1'\n[[alerts]]\nname = 'gone'\nwatch = 'spent'\nbudget = 'gone'";
    let files = |near: &str, base: &str| {
        let files = BTreeMap::from([
            (PathBuf::from("/r/promptopt.toml"), near.to_owned()),
            (PathBuf::from("/r/base.toml"), base.to_owned()),
        ]);
        let read = move |path: &Path| files.get(path).cloned().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound));
        from_file(Path::new("/r/promptopt.toml"), &read, Catalog::embedded())
    };
    let read = files(near, base).unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!((read.alerts.len(), &read.alerts[0].to), (1, &vec![Receiver::Log("/r/a.jsonl".into())]));
    // What is wrong is told with its own file, once.
    let wrong = files(&near.replace("'b'", "'c'"), &base.replace("gpt-5-mini", "gpt-5-minni")).map(drop).unwrap_err();
    let told: Vec<String> = wrong.0.iter().map(ToString::to_string).collect();
    assert!(
        told.len() == 2 && told[0].starts_with("/r/base.toml:3:") && told[1].starts_with("/r/promptopt.toml:6:"),
        "{told:?}"
    );
}

#[test]
fn a_file_lies_over_those_that_it_extends() {
    let files = BTreeMap::from([
        (
            PathBuf::from("/r/a/promptopt.toml"),
            "extends = '../base.toml'\n[cache]\nmax-size = '1 MiB'\n[providers.groq]\n".to_owned(),
        ),
        (
            PathBuf::from("/r/base.toml"),
            format!("{PROVIDERS}[cache]\nmax-size = '2 MiB'\nmax-entry = '3 KiB'\n[ledger]\npath = 'l.sqlite'"),
        ),
    ]);
    let read = |path: &Path| files.get(path).cloned().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound));
    let settings = from_file(Path::new("/r/a/promptopt.toml"), &read, Catalog::embedded()).unwrap();
    assert_eq!(
        (settings.cache.max_bytes, settings.cache.max_entry_bytes, settings.providers.len()),
        (1 << 20, 3 << 10, 3)
    );
    assert_eq!(settings.ledger.path.as_deref(), Some(Path::new("/r/l.sqlite")));
    let missing = from_file(Path::new("/r/none.toml"), &read, Catalog::embedded()).map(|_| ()).unwrap_err();
    assert!(missing.to_string().contains("/r/none.toml"), "{missing}");
}

#[test]
fn the_sample_says_nothing_wrong() {
    let text = sample::uncommented();
    let found = from_text(&text, Catalog::embedded())
        .map(|_| ())
        .err()
        .map(|problems| problems.to_string())
        .unwrap_or_default();
    // Examples stand for themselves: names in them need not be there.
    let wrong: Vec<&str> = found.lines().filter(|line| !line.contains("no provider is called")).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(text.contains("[providers.openai]") && text.contains("[[routes]]"));
}
