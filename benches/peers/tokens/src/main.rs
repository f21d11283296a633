//! One token counter on corpora, in a fresh process: prints the time to the first count, resident memory, then for each
//! corpus MB (10^6 bytes) a second of CPU time in the first pass and in the median of the later ones, and the tokens.
//!
//!     peers-tokens COUNTER ENCODING PASSES VOCABULARIES FILE.docs …
//!
//! `VOCABULARIES` is a folder with `o200k_base.tiktoken` and `cl100k_base.tiktoken`. `compare.py` calls this.

use std::time::Instant;

use promptopt_tokens::Encoding;

type Counter = Box<dyn Fn(&str) -> u64 + Send + Sync>;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, name, encoding, n_passes, folder, paths @ ..] = arguments.as_slice() else { panic!("five arguments") };
    let n_passes: usize = n_passes.parse().expect("a number of passes");
    let began = Instant::now();
    let count = counter(name, encoding, folder);
    count("Hello, world! The first count of a process.");
    println!("start {:.2} ms {:.1} MB", began.elapsed().as_secs_f64() * 1e3, resident());
    for path in paths {
        let documents = documents(path);
        let n_bytes: usize = documents.iter().map(String::len).sum();
        let mut figures = Vec::new();
        let mut n_tokens = 0;
        for _ in 0..n_passes {
            let began = cpu_seconds();
            n_tokens = documents.iter().map(|text| count(text)).sum::<u64>();
            figures.push(n_bytes as f64 / 1e6 / (cpu_seconds() - began));
        }
        let cold = figures[0];
        let mut warm = if figures.len() > 1 { figures.split_off(1) } else { figures };
        warm.sort_by(f64::total_cmp);
        println!("{path} {cold:.1} {:.1} {n_tokens} {:.1}", warm[warm.len() / 2], resident());
    }
}

fn counter(name: &str, encoding: &str, folder: &str) -> Counter {
    let is_o200k = encoding == "o200k_base";
    match name {
        "promptopt" => {
            let encoding = Encoding::from_name(encoding).expect("an encoding");
            Box::new(move |text| encoding.count(text))
        }
        "bpe-openai" => {
            let bpe = if is_o200k { bpe_openai::o200k_base() } else { bpe_openai::cl100k_base() };
            Box::new(move |text| bpe.count(text) as u64)
        }
        "tiktoken-rs" => {
            let bpe = if is_o200k { tiktoken_rs::o200k_base() } else { tiktoken_rs::cl100k_base() }.expect("an encoding");
            Box::new(move |text| bpe.encode_ordinary(text).len() as u64)
        }
        "splintr" => {
            let tokenizer = splintr::from_pretrained(encoding).expect("an encoding");
            Box::new(move |text| tokenizer.encode(text).len() as u64)
        }
        "fastokens" => {
            let config = if is_o200k { fastokens::TiktokenConfig::o200k_base() } else { fastokens::TiktokenConfig::cl100k_base() };
            let config = fastokens::TiktokenConfig::new(config.pattern, Vec::new());
            let path = std::path::Path::new(folder).join(format!("{encoding}.tiktoken"));
            let tokenizer = fastokens::Tokenizer::from_tiktoken_file(&path, config).expect("a vocabulary");
            Box::new(move |text| tokenizer.encode(text).expect("text").len() as u64)
        }
        _ => panic!("no counter {name}"),
    }
}

fn documents(path: &str) -> Vec<String> {
    let bytes = std::fs::read(path).expect("a readable file");
    let (mut documents, mut rest) = (Vec::new(), bytes.as_slice());
    while let Some((length, tail)) = rest.split_first_chunk() {
        let (document, tail) = tail.split_at(u32::from_le_bytes(*length) as usize);
        documents.push(String::from_utf8_lossy(document).into_owned());
        rest = tail;
    }
    documents
}

/// Of the process, all threads.
fn cpu_seconds() -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the call writes to the struct that it is given.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut time) };
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// MB.
fn resident() -> f64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<f64>().ok()).unwrap_or(0.0) * 4096.0 / 1e6
}
