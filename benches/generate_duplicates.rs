//! Writes prompts of 20 to 80 words with planted near-duplicates, and which they are:
//! `cargo run --release -p promptopt --example generate_duplicates -- 100000 duplicates` makes `duplicates.jsonl` (a prompt a
//! line) and `duplicates.truth.tsv` (two lines, from 0, and the exact Jaccard similarity of their word trigrams).
//!
//! Every fifth prompt is a variant of another one: words substituted, put in, left out. What is changed is no number, no
//! negation and nothing else that a guard keeps: such pairs are no duplicates, and are asked for by the tests instead.

mod inputs;

use std::collections::HashSet;
use std::fmt::Write as _;

use inputs::{Seed, prose};
use promptopt::dedup::Guard;

fn main() -> std::io::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let n_prompts: usize = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(100_000);
    let name = arguments.next().unwrap_or_else(|| "duplicates".to_owned());
    let (prompts, truth) = generate(&mut Seed(7), n_prompts);
    let mut lines = String::new();
    for prompt in &prompts {
        let _ = writeln!(lines, "{{\"prompt\":\"{prompt}\"}}");
    }
    std::fs::write(format!("{name}.jsonl"), lines)?;
    let mut rows = String::new();
    for (a, b, similarity) in truth {
        let _ = writeln!(rows, "{a}\t{b}\t{similarity:.6}");
    }
    std::fs::write(format!("{name}.truth.tsv"), rows)
}

/// Two lines and how similar they are.
type Row = (usize, usize, f64);

fn generate(seed: &mut Seed, n_prompts: usize) -> (Vec<String>, Vec<Row>) {
    // Families: a prompt and its variants, as words.
    let mut families: Vec<Vec<Vec<String>>> = (0..n_prompts - n_prompts / 5).map(|_| vec![prompt(seed)]).collect();
    for _ in 0..n_prompts / 5 {
        let at = seed.below(families.len());
        let variant = variant(seed, &families[at][0]);
        families[at].push(variant);
    }
    let mut places: Vec<usize> = (0..n_prompts).collect();
    for at in (1..n_prompts).rev() {
        places.swap(at, seed.below(at + 1));
    }
    let mut place = places.into_iter();
    let mut prompts = vec![String::new(); n_prompts];
    let mut truth = Vec::new();
    for family in &families {
        let lines: Vec<usize> = place.by_ref().take(family.len()).collect();
        for (words, line) in family.iter().zip(&lines) {
            prompts[*line] = words.join(" ");
        }
        for at in 1..family.len() {
            for before in 0..at {
                let similarity = jaccard(&prompts[lines[at]], &prompts[lines[before]]);
                truth.push((lines[at].min(lines[before]), lines[at].max(lines[before]), similarity));
            }
        }
    }
    truth.sort_by_key(|(a, b, _)| (*a, *b));
    (prompts, truth)
}

fn prompt(seed: &mut Seed) -> Vec<String> {
    let n_words = 20 + seed.below(61);
    prose(seed, n_words * 12).split_whitespace().take(n_words).map(str::to_owned).collect()
}

/// One change in 24 words, at most; several near the threshold, few far from it.
fn variant(seed: &mut Seed, words: &[String]) -> Vec<String> {
    let guard = Guard::of(&words.join(" "));
    loop {
        let mut changed = words.to_vec();
        for _ in 0..=seed.below((words.len() / 24).max(1)) {
            let at = seed.below(changed.len());
            let word = prose(seed, 400).split_whitespace().nth(3).unwrap_or("word").trim_end_matches(',').to_owned();
            match seed.below(10) {
                0 => changed.insert(at, word),
                1 => _ = changed.remove(at),
                _ => changed[at] = word,
            }
        }
        if changed != words && Guard::of(&changed.join(" ")) == guard {
            return changed;
        }
    }
}

/// Over lower-case words without punctuation, as the peers are given them.
fn jaccard(a: &str, b: &str) -> f64 {
    let (a, b) = (trigrams(a), trigrams(b));
    let n_shared = a.intersection(&b).count();
    n_shared as f64 / (a.len() + b.len() - n_shared) as f64
}

fn trigrams(text: &str) -> HashSet<[String; 3]> {
    let bare = |word: &str| word.trim_end_matches([',', '.']).to_lowercase();
    let words: Vec<String> = text.split_whitespace().map(bare).collect();
    words.windows(3).map(|three| [three[0].clone(), three[1].clone(), three[2].clone()]).collect()
}
