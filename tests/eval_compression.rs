//! What survives compression on sets that others wrote, held to the figures that are published: a change of the ranking
//! that loses answers is seen here.

#[path = "support/shared.rs"]
mod shared;

use promptopt::compress::measure::data::{Item, read};
use promptopt::compress::measure::{Method, Row, Setup, measure};
use promptopt::format::open::Source;
use promptopt::tokens::Encoding;

/// The first items of a set, so that the test takes seconds.
fn items(name: &str, n: usize) -> Option<Vec<Item>> {
    let path = shared::shared_data(&format!("qa/{name}.jsonl.gz"))?;
    let mut items = read(&Source::File(path)).expect("a set that can be read");
    items.truncate(n);
    Some(items)
}

fn row(items: &[Item], method: Method, ratio: f64) -> Row {
    // Nobody looks at the time here.
    let setup = Setup { method, ratio, counter: &Encoding::O200kBase, now_ms: &|| 0.0, without: &[] };
    let row = measure(items, &setup).expect("nothing is protected, so every budget can be met");
    assert_eq!(row.over_budget, 0, "{} at {ratio}", method.name());
    row
}

/// At each ratio at least so much must be kept, in per cent, and no less than by whole documents or turns.
fn check(name: &str, n: usize, floors: &[(f64, f64)]) {
    let Some(items) = items(name, n) else { return };
    for (ratio, floor) in floors {
        let ours = row(&items, Method::Ours, *ratio);
        assert!(ours.kept >= *floor, "{name} at {ratio}: {} < {floor}", ours.kept);
        let documents = row(&items, Method::Bm25Docs, *ratio);
        assert!(ours.kept >= documents.kept - 0.6, "{name} at {ratio}: {} < {}", ours.kept, documents.kept);
        let used = ours.tokens_out as f64 * ratio / ours.tokens_in as f64;
        assert!(used > 0.9, "{name} at {ratio} uses {used} of the budget");
    }
}

#[test]
fn documents() {
    check("nq20", 300, &[(2.0, 97.0), (4.0, 95.0), (8.0, 92.0)]);
    check("hotpot10", 234, &[(2.0, 95.0), (4.0, 89.0), (8.0, 72.0)]);
}

#[test]
fn documents_in_other_languages() {
    check("xquad_de", 100, &[(4.0, 97.0), (8.0, 94.0)]);
    check("xquad_hi", 60, &[(4.0, 97.0), (8.0, 94.0)]);
}

#[test]
fn meetings() {
    check("qmsum", 79, &[(2.0, 82.0), (4.0, 67.0), (8.0, 54.0)]);
}

#[test]
fn look_ups() {
    check("kv75", 100, &[(4.0, 100.0), (10.0, 100.0)]);
}
