//! Writes a ledger for measuring: `cargo run --release --example generate_ledger -- FILE [RECORDS]`, a record every second.

#![allow(clippy::expect_used, reason = "a tool for measuring may panic")]

#[path = "../tests/support/ledger.rs"]
mod ledger;

use std::path::Path;

fn main() {
    let mut args = std::env::args().skip(1);
    let path = args.next().expect("a file to write");
    let n = args.next().map_or(1_000_000, |n| n.parse().expect("a number of records"));
    ledger::write(Path::new(&path), n, 1);
}
