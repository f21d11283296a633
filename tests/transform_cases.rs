//! Good and bad cases of every transform, as files in `corpora/compress/<transform>/`: `good-N.in` becomes `good-N.out`,
//! `bad-N.in` stays as it is to the byte. With `PROMPTOPT_BLESS=1` the `.out` files are written anew.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking; helpers of integration tests are not seen as tests")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use promptopt::compress::{Options, TRANSFORMS};
use promptopt::optimize::{Optimizer, Settings};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpora/compress")
}

/// The cases of a transform, in their order: names without `.in`, and their texts.
fn cases(transform: &str) -> Vec<(PathBuf, String)> {
    let entries = fs::read_dir(folder().join(transform)).unwrap_or_else(|_| panic!("`{transform}` has no cases"));
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    let inputs = paths.into_iter().filter(|path| path.extension().is_some_and(|extension| extension == "in"));
    inputs.map(|path| (path.with_extension(""), fs::read_to_string(&path).unwrap())).collect()
}

/// As by default, and with this transform.
fn optimizer(transform: &str) -> Optimizer {
    let edits = Options { with: BTreeSet::from([transform.to_owned()]), ..Options::default() };
    Optimizer::new(Settings { edits, ..Settings::default() }).unwrap()
}

#[test]
#[allow(clippy::disallowed_methods, reason = "a test has no Settings; the variable only says to write what came out")]
fn good_cases_become_what_they_should_and_bad_ones_stay() {
    let is_blessing = std::env::var_os("PROMPTOPT_BLESS").is_some();
    let mut problems = Vec::new();
    for transform in TRANSFORMS {
        let optimizer = optimizer(transform.name);
        let cases = cases(transform.name);
        for (path, text) in &cases {
            let name = format!("{}/{}", transform.name, path.file_name().unwrap().to_string_lossy());
            let once = optimizer.optimize(text).unwrap();
            if name.contains("/bad") {
                if once.text != *text {
                    problems.push(format!("{name} is changed:\n{}", once.text));
                }
                continue;
            }
            if !once.edits().any(|edit| edit.transform == transform.name) {
                problems.push(format!("{name}: nothing was done by this transform"));
            }
            let expected = path.with_extension("out");
            if is_blessing {
                fs::write(expected, &once.text).unwrap();
            } else if fs::read_to_string(expected).ok().as_ref() != Some(&once.text) {
                problems.push(format!("{name} becomes something else (PROMPTOPT_BLESS=1 takes it):\n{}", once.text));
            }
        }
        let n = |kind: &str| cases.iter().filter(|(path, _)| path.to_string_lossy().contains(kind)).count();
        assert!(n("good-") >= 2 && n("bad-") >= 2, "`{}` has too few cases", transform.name);
    }
    assert!(problems.is_empty(), "{}", problems.join("\n\n"));
}

#[test]
fn cases_are_no_part_of_the_sample_corpora() {
    let corpora = folder().parent().unwrap().display().to_string();
    let found = promptopt::format::walk::discover(&[corpora]);
    let named = found.inputs.iter().map(|input| format!("{:?}", input.source));
    let skipped = found.skipped.iter().map(|skipped| skipped.file.to_string());
    assert!(!named.chain(skipped).any(|name| name.contains("compress")));
}
