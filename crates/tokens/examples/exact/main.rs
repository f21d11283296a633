//! Compares counts with the references on as many documents as wanted: every character in 18 contexts, and generated
//! documents. Prints each difference.
//!
//! `cargo run --release -p promptopt-tokens --example exact -- [documents] [seed] [files …]`

#![allow(clippy::print_stdout, clippy::expect_used, reason = "a program for the developer")]

mod texts;

use promptopt_tokens::Encoding;
use texts::{N_KINDS, Random, contexts, document};
use tiktoken_rs::CoreBPE;

struct Check {
    n_documents: u64,
    n_differences: u64,
}

impl Check {
    fn document(&mut self, text: &str, thorough: bool) {
        self.n_documents += 1;
        for (encoding, bpe) in
            [(Encoding::O200kBase, bpe_openai::o200k_base()), (Encoding::Cl100kBase, bpe_openai::cl100k_base())]
        {
            let same = encoding.count(text) == bpe.count(text) as u64;
            let same = same && (!thorough || encoding.encode(text) == reference(encoding).encode_ordinary(text));
            if !same {
                self.difference(encoding, text);
            }
        }
        if thorough {
            for encoding in [Encoding::P50kBase, Encoding::R50kBase] {
                let ids = reference(encoding).encode_ordinary(text);
                if encoding.encode(text) != ids || encoding.count(text) != ids.len() as u64 {
                    self.difference(encoding, text);
                }
            }
        }
    }

    fn difference(&mut self, encoding: Encoding, text: &str) {
        self.n_differences += 1;
        if self.n_differences < 20 {
            println!("{}: {:?}", encoding.name(), text.chars().take(200).collect::<String>());
        }
    }
}

fn reference(encoding: Encoding) -> &'static CoreBPE {
    match encoding {
        Encoding::O200kBase => tiktoken_rs::o200k_base_singleton(),
        Encoding::Cl100kBase => tiktoken_rs::cl100k_base_singleton(),
        Encoding::P50kBase => tiktoken_rs::p50k_base_singleton(),
        Encoding::R50kBase => tiktoken_rs::r50k_base_singleton(),
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let n_documents: usize = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(200_000);
    let seed = arguments.next().and_then(|n| n.parse().ok()).unwrap_or(1);
    let mut check = Check { n_documents: 0, n_differences: 0 };
    for path in arguments {
        let bytes = std::fs::read(path).expect("a readable file");
        check.document(&String::from_utf8_lossy(&bytes), false);
    }
    println!("files: {} documents, {} differences", check.n_documents, check.n_differences);
    let mut random = Random(seed);
    for n in 0..n_documents {
        let longest = if n % 16 == 0 { 600 } else { 60 };
        check.document(&document(n % N_KINDS, longest, &mut random), n % 8 == 0);
    }
    println!("generated: {} documents, {} differences", check.n_documents, check.n_differences);
    if seed == 1 {
        for c in '\0'..=char::MAX {
            let all = contexts(c);
            // One text for each ending, and one with all of them.
            check.document(&all.concat(), false);
            for text in &all {
                check.document(text, false);
            }
        }
    }
    println!("in all: {} documents, {} differences", check.n_documents, check.n_differences);
}
