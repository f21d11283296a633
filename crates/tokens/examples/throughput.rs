//! How fast a fresh process counts: time to the first count, then the first pass over a corpus and later ones, in MB (10^6
//! bytes) a second of the clock on the wall.
//!
//! `cargo run --release -p promptopt-tokens --example throughput -- o200k_base 5 FILE.docs …`
//!
//! `5x2` instead of `5`: on two threads, new ones in each pass, which take the next few documents when they are done with some.
//!
//! A `.docs` file is a sequence of documents, each after its length (32 bits, little-endian); any other file is one
//! document. `benches/peers/tokens/corpora.py` builds such files.

#![allow(clippy::print_stdout, clippy::expect_used, clippy::disallowed_methods, reason = "a program that measures")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use promptopt_tokens::Encoding;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().expect("the name of an encoding");
    let encoding = Encoding::from_name(&name).expect("the name of an encoding");
    let passes = arguments.next().expect("the number of passes");
    let (n_passes, n_threads) = passes.split_once('x').unwrap_or((&passes, "1"));
    let n_passes: usize = n_passes.parse().expect("the number of passes");
    let n_threads: usize = n_threads.parse().expect("the number of threads");
    let began = Instant::now();
    let first = encoding.count("Hello, world! The first count finds no table in memory.");
    println!("first count: {:.2} ms, {first} tokens", began.elapsed().as_secs_f64() * 1e3);
    for path in arguments {
        let documents = documents(&path);
        let n_bytes: usize = documents.iter().map(String::len).sum();
        let mut figures = Vec::new();
        let mut n_tokens = 0;
        for _ in 0..n_passes {
            let began = Instant::now();
            n_tokens = count(encoding, &documents, n_threads);
            figures.push(n_bytes as f64 / 1e6 / began.elapsed().as_secs_f64());
        }
        let mut warm = figures.split_off(1.min(figures.len() - 1));
        warm.sort_by(f64::total_cmp);
        let file = path.rsplit('/').next().unwrap_or(&path);
        println!(
            "{file}: cold {:.0}, warm {:.0} MB/s, {n_tokens} tokens",
            figures.first().unwrap_or(&warm[0]),
            warm[warm.len() / 2]
        );
    }
}

fn count(encoding: Encoding, documents: &[String], n_threads: usize) -> u64 {
    if n_threads < 2 {
        return documents.iter().map(|text| encoding.count(text)).sum();
    }
    let next = AtomicUsize::new(0);
    let take = || documents.chunks(64).nth(next.fetch_add(1, Ordering::Relaxed));
    let part = || std::iter::from_fn(take).flatten().map(|text| encoding.count(text)).sum::<u64>();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..n_threads).map(|_| scope.spawn(part)).collect();
        threads.into_iter().map(|thread| thread.join().expect("a count")).sum()
    })
}

fn documents(path: &str) -> Vec<String> {
    let bytes = std::fs::read(path).expect("a readable file");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if std::path::Path::new(path).extension().is_none_or(|extension| extension != "docs") {
        return vec![text(&bytes)];
    }
    let (mut documents, mut rest) = (Vec::new(), bytes.as_slice());
    while let Some((length, tail)) = rest.split_first_chunk() {
        let (document, tail) = tail.split_at(u32::from_le_bytes(*length) as usize);
        documents.push(text(document));
        rest = tail;
    }
    documents
}
