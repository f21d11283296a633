//! `promptopt.toml`: which file holds, what follows from it, what is wrong with it. Files are a table of path and text.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking; helpers of integration tests are not seen as tests")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use promptopt::config::{Configs, Layer, sample, schema};
use promptopt::lint::{Settings, Severity};

fn configs(files: &[(&str, &str)], root: &str) -> Configs<'static> {
    let files: BTreeMap<PathBuf, String> =
        files.iter().map(|(path, text)| (PathBuf::from(path), (*text).to_owned())).collect();
    let read = move |path: &Path| files.get(path).cloned().ok_or_else(|| io::Error::from(io::ErrorKind::NotFound));
    Configs::new(Settings::new("2026-11-22".parse().unwrap()), root, read)
}

fn settings(files: &[(&str, &str)], path: &str) -> std::sync::Arc<Settings> {
    configs(files, "/r").settings_for(path).unwrap_or_else(|problems| panic!("{problems}"))
}

fn problems(files: &[(&str, &str)], path: &str) -> String {
    configs(files, "/r").settings_for(path).map(|_| ()).unwrap_err().to_string()
}

#[test]
fn the_nearest_file_holds_and_extends_lays_another_under_it() {
    let files = [
        ("/r/promptopt.toml", "[lint]\nmodel = 'gpt-6-luna'\nignore = ['FMT006']\nfail-on = 'error'"),
        ("/r/a/promptopt.toml", "[lint]\nhost = 'openai'"),
        ("/r/b/promptopt.toml", "extends = '../promptopt.toml'\n[lint]\nfallbacks = ['claude-haiku-5-5']"),
    ];
    let of = |path| settings(&files, path);
    assert_eq!(of("x/y/z.md").model.as_deref(), Some("gpt-6-luna"));
    assert_eq!((of("a/z.md").model.as_deref(), of("a/z.md").host.as_deref()), (None, Some("openai")));
    assert!(of("a/z.md").rules.contains_key("FMT006"));
    let b = of("b/c/z.md");
    assert_eq!((b.model.as_deref(), &b.fallbacks[..]), (Some("gpt-6-luna"), &["claude-haiku-5-5".to_owned()][..]));
    assert!(!b.rules.contains_key("FMT006"));
    let configs = configs(&files, "/r/b");
    let config = configs.for_file("c/z.md").unwrap_or_else(|problems| panic!("{problems}"));
    assert_eq!(config.files, [Path::new("/r/b/promptopt.toml"), Path::new("/r/promptopt.toml")]);
    assert_eq!(config.fail_on, Some(Severity::Error));
}

#[test]
fn rules_are_chosen_in_order_and_the_command_line_wins() {
    let on = |text: &str, layer: Layer| {
        let configs = configs(&[("/r/promptopt.toml", text)], "/r").with_command_line(layer);
        let settings = configs.settings_for("x.md").unwrap_or_else(|problems| panic!("{problems}"));
        let some = ["SYN001", "FMT006", "MDL001"];
        let rules = some.iter().filter_map(|code| Some(format!("{code}={}", settings.rules.get(code)?.name())));
        rules.collect::<Vec<_>>().join(" ")
    };
    for (text, expected) in [
        ("", "SYN001=error FMT006=info MDL001=error"),
        ("[lint]\nselect = ['FMT', 'unknown-model']", "FMT006=info MDL001=error"),
        ("[lint]\nselect = ['ALL']\nignore = ['FMT', 'SYN']\nextend-select = ['FMT006']", "FMT006=info MDL001=error"),
        ("[lint.severity]\nFMT = 'warning'\nunknown-model = 'off'", "SYN001=error FMT006=warning"),
        ("[lint]\nselect = ['SYN']\n[lint.severity]\nFMT006 = 'error'\nMDL = 'info'", "SYN001=error FMT006=error"),
    ] {
        assert_eq!(on(text, Layer::default()), expected, "{text}");
    }
    let layer = Layer { select: Some(vec!["FMT006".to_owned()]), ..Layer::default() };
    assert_eq!(on("[lint.severity]\nunknown-model = 'info'\nFMT = 'warning'", layer), "FMT006=warning");
}

#[test]
fn what_is_keyed_by_path_is_seen_from_the_folder_of_its_file() {
    let text = "[lint.traffic]\n'prompts/**' = 1000\n'*.txt' = 5\n\
                [[lint.budget]]\npaths = ['prompts']\nmax-tokens = 10\nmax-usd-per-1k = 0.25\n\
                [lint.per-file-ignores]\n'*.txt' = ['FMT']\n\
                'old.md' = { rules = ['padded-table'], until = 2027-01-31, reason = 'soon' }\n\
                [[lint.override]]\npaths = ['batch/']\nmodel = 'gpt-6-luna'";
    let files = [("/r/svc/promptopt.toml", text)];
    for (root, prefix) in
        [("/r", "svc/"), ("/r/svc", ""), ("/r/svc/deep", "../"), ("/r/other", "../svc/"), ("/r/svc", "/r/svc/")]
    {
        let configs = configs(&files, root);
        let of = |path: &str| {
            let path = format!("{prefix}{path}");
            (configs.settings_for(&path).unwrap_or_else(|problems| panic!("{problems}")), path)
        };
        for (path, calls) in [("prompts/a.md", Some(1000)), ("prompts/x/a.txt", Some(5)), ("a.md", None)] {
            let (settings, path) = of(path);
            assert_eq!(settings.calls_per_month(&path), calls, "{path} from {root}");
            assert_eq!(settings.budgets[0].paths.is_match(&path), path.contains("prompts"), "{path} from {root}");
        }
        let (settings, path) = of("old.md");
        let hits: Vec<_> = settings.ignores.iter().filter(|ignore| ignore.paths.is_match(&path)).collect();
        assert_eq!(hits.len(), 1);
        assert_eq!(
            (&hits[0].rules[..], hits[0].until.map(|day| day.to_string())),
            (&["FMT006"][..], Some("2027-01-31".into()))
        );
        assert_eq!(settings.budgets[0].max_usd_per_1k.map(promptopt::usd::Usd::to_decimal).as_deref(), Some("0.25"));
        assert_eq!(of("batch/x.md").0.model.as_deref(), Some("gpt-6-luna"));
        assert_eq!(of("x.md").0.model, None);
    }
}

#[test]
fn a_sidecar_speaks_for_the_file_beside_it() {
    let files = [("/r/a.md.promptopt.toml", "[[ignore]]\nrules = ['FMT006']\nreason = 'a table for people'")];
    let own = |path: &str| settings(&files, path).ignores.iter().map(|ignore| ignore.from.clone()).collect::<Vec<_>>();
    assert_eq!(own("a.md"), ["a.md.promptopt.toml:1"]);
    assert!(own("b.md").is_empty());
    let wrong = problems(&[("/r/a.md.promptopt.toml", "[[ignore]]\nrule = ['FMT006']")], "a.md");
    assert!(wrong.contains("a.md.promptopt.toml:2:1: [ignore] has no key `rule` (did you mean `rules`?)"), "{wrong}");
    assert!(wrong.contains("`rules` is missing"), "{wrong}");
}

#[test]
fn all_mistakes_are_told_at_once_with_place_and_advice() {
    let text = "\
model = 'gpt-6-luna'
[lnt]
[lint]
modle = 'x'
model = 'gpt-6-lunar'
host = 7
select = ['FMT007x', 'padded-tabel', 3]
fail-on = 'warn'
exclude = ['a[', '../b']
[lint.severity]
padded-table = 'warnin'
unknown-modle = 'off'
[lint.rules.unknown-model]
width = 3
[lint.rules.FMT]
[lint.per-file-ignores]
'*.md' = 'FMT006'
'b.md' = { rules = ['FMT006'], until = 'soon' }
[[lint.budget]]
max-tokens = -1
max-usd-per-1k = 'cheap'
[lint.traffic]
'*' = 1.5
";
    let expected = "\
promptopt.toml:1:1: the file has no key `model` (`model` belongs under [lint])
promptopt.toml:2:2: the file has no key `lnt` (did you mean `lint`?)
promptopt.toml:4:1: [lint] has no key `modle` (did you mean `model`?)
promptopt.toml:5:9: `lint.model`: model `gpt-6-lunar` is not in the catalogue (did you mean `gpt-6-luna` or `gpt-6-luna-pro`?)
promptopt.toml:6:8: `lint.host`: expected a text in quotes, found the number `7`
promptopt.toml:7:11: `lint.select`: there is no lint rule `FMT007x`
promptopt.toml:7:22: `lint.select`: there is no lint rule `padded-tabel` (did you mean `padded-table`?)
promptopt.toml:7:38: `lint.select`: expected a text in quotes, found the number `3`
promptopt.toml:8:11: `lint.fail-on`: expected error, warning, info, never, found `warn` (did you mean `warning`?)
promptopt.toml:9:12: `lint.exclude`: `a[` is no path pattern
promptopt.toml:9:18: `lint.exclude`: `../b` is no path pattern: a pattern cannot lead out of the folder of its file
promptopt.toml:11:16: `lint.severity.padded-table`: expected error, warning, info, off, found `warnin` (did you mean `warning`?)
promptopt.toml:12:1: `lint.severity`: there is no lint rule `unknown-modle` (did you mean `unknown-model`?)
promptopt.toml:14:1: `unknown-model` has no option `width` (it takes none)
promptopt.toml:15:13: `lint.rules`: `FMT` is not a single rule
promptopt.toml:17:10: `lint.per-file-ignores.*.md`: expected a list of rules, or a table with `rules`, `until`, `reason`, found the text `'FMT006'`
promptopt.toml:18:40: `lint.per-file-ignores.b.md.until`: expected a day such as 2027-03-31, found the text `'soon'`
promptopt.toml:19:1: `lint.budget`: `paths` is missing
promptopt.toml:20:14: `lint.budget.max-tokens`: expected a whole number, 0 or more, found the number `-1`
promptopt.toml:21:18: `lint.budget.max-usd-per-1k`: expected an amount such as \"2.50\", found the text `'cheap'`
promptopt.toml:23:7: `lint.traffic.*`: expected a whole number, 0 or more, found the number `1.5`
";
    let found = problems(&[("/r/promptopt.toml", text)], "x.md");
    // Names and rules come and go: what is suggested beside the right one is not this test's business.
    let lines = |text: &str| text.lines().map(str::to_owned).collect::<Vec<_>>();
    for (found, expected) in lines(&found).iter().zip(lines(expected)) {
        let stem = expected.split(" (did you mean").next().unwrap().trim_end_matches(')').to_owned();
        assert!(found.starts_with(&stem), "\nfound    {found}\nexpected {expected}");
        if expected.contains("did you mean") {
            assert!(found.contains("did you mean"), "{found}");
        }
    }
    assert_eq!(lines(&found).len(), lines(expected).len(), "{found}");
}

#[test]
fn broken_toml_and_bad_chains_say_where() {
    for (files, expected) in [
        (&[("/r/promptopt.toml", "[lint]\nmodel = \n")][..], "promptopt.toml:2:"),
        (
            &[("/r/promptopt.toml", "extends = 'x.toml'")],
            "promptopt.toml:1:11: `extends`: cannot extend `x.toml` (cannot read `x.toml` (entity not found); promptopt.toml → x.toml)",
        ),
        (
            &[("/r/promptopt.toml", "extends = 'a/b.toml'"), ("/r/a/b.toml", "\nextends = '../promptopt.toml'")],
            "a/b.toml:2:11: `extends`: cannot extend `../promptopt.toml` (it goes in a circle: promptopt.toml → a/b.toml → promptopt.toml)",
        ),
        (
            &[("/r/promptopt.toml", "extends = 'b.toml'\n[lint]\nx = 1"), ("/r/b.toml", "y = 1")],
            "promptopt.toml:3:1: [lint] has no key `x`",
        ),
        (
            &[("/r/promptopt.toml", "extends = 'b.toml'\n[lint]\nx = 1"), ("/r/b.toml", "y = 1")],
            "b.toml:1:1: the file has no key `y`",
        ),
        (
            &[("/r/promptopt.toml", "[lint]\nmodel = 'gpt-6-luna'\nhost = 'anthropic'")],
            "promptopt.toml:2:9: `lint.model`: model `gpt-6-luna` on `anthropic`",
        ),
    ] {
        let found = problems(files, "x.md");
        assert!(found.contains(expected), "{found}\n{expected}");
    }
    let configs = configs(&[], "/r").with_file(Path::new("none.toml"));
    assert!(configs.settings_for("x.md").unwrap_err().to_string().contains("cannot use `none.toml`"));
}

#[test]
fn every_example_of_the_sample_is_accepted_and_conforms_to_the_schema() {
    let validator = jsonschema::validator_for(&schema::schema()).unwrap();
    for text in [sample::text(), sample::uncommented()] {
        assert!(text.lines().all(|line| line.chars().count() <= 120), "{text}");
        let _ = settings(&[("/r/promptopt.toml", &text.replace("extends = \"../promptopt.toml\"", ""))], "x.md");
        let value: toml::Table = text.parse().unwrap();
        let json = as_json(&toml::Value::Table(value));
        let errors: Vec<String> = validator.iter_errors(&json).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}\n{text}");
    }
    assert!(sample::uncommented().contains("[[lint.override]]"), "{}", sample::uncommented());
    for wrong in [
        "[lint]\nmodle = 'x'",
        "[lint.severity]\nFMT = 'bad'",
        "[lint.rules.x]",
        "[[lint.budget]]\nmax-tokens = 1",
        "[lint]\nselect = ['nope']",
    ] {
        let value: toml::Table = wrong.parse().unwrap();
        assert!(!validator.is_valid(&as_json(&toml::Value::Table(value))), "{wrong}");
    }
}

/// As editors' TOML plugins see it: a date is a text.
fn as_json(value: &toml::Value) -> serde_json::Value {
    match value {
        toml::Value::Datetime(when) => when.to_string().into(),
        toml::Value::Array(values) => values.iter().map(as_json).collect(),
        toml::Value::Table(table) => table.iter().map(|(name, value)| (name.clone(), as_json(value))).collect(),
        toml::Value::Integer(number) => (*number).into(),
        toml::Value::Float(number) => (*number).into(),
        toml::Value::Boolean(flag) => (*flag).into(),
        toml::Value::String(text) => text.clone().into(),
    }
}

#[test]
#[allow(clippy::disallowed_methods, reason = "a test asks whether it shall write the file anew")]
fn the_schema_in_the_repository_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../promptopt.schema.json");
    if std::env::var_os("PROMPTOPT_BLESS").is_some() {
        fs::write(&path, schema::text()).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
    assert!(
        committed == schema::text(),
        "promptopt.schema.json is out of date: PROMPTOPT_BLESS=1 cargo test --test config"
    );
}

#[test]
fn no_text_makes_the_readers_panic() {
    use proptest::prelude::*;
    let words = "[lint] [[lint.budget]] [lint.rules.x] = ' \" \n # extends model paths 'gpt-6-luna' ['*'] { } 1.5 -1 0x1f \
                 2027-03-31 07:32:00 ä \u{feff} [lint.per-file-ignores] rules until [lint.traffic] '**' <!-- --> {# #} // \
                 promptopt: ignore ignore-file FMT006 , until padded-table | name |---| \r\n \t";
    let words: Vec<String> = words.split(' ').map(str::to_owned).chain(["\n".to_owned()]).collect();
    let text = proptest::collection::vec(proptest::sample::select(words), 0..30).prop_map(|words| words.join(" "));
    let linter = promptopt::lint::Linter::new();
    let today = Settings::new("2026-11-22".parse().unwrap());
    proptest!(ProptestConfig::with_cases(300), |(text in text)| {
        let _ = configs(&[("/r/promptopt.toml", &text), ("/r/a.md.promptopt.toml", &text)], "/r").settings_for("a.md");
        for path in ["a.md", "a.py", "a.json", "a.j2"] {
            let _ = linter.fix(path, &text, &today, promptopt::lint::Applicability::Unsafe);
        }
    });
}
