//! Named inputs for the benches: deterministic texts and logs, made from a seeded generator so that anybody can make the
//! same bytes. `chat` logs repeat what real logs repeat (system prompts, histories) and nothing else.

#![allow(dead_code, reason = "each bench uses some of the inputs")]

use std::fmt::Write as _;

/// A seeded generator (`SplitMix64`).
pub(crate) struct Seed(pub(crate) u64);

impl Seed {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
}

const SYLLABLES: &[&str] = &[
    "ta", "re", "in", "co", "ment", "ful", "ver", "ing", "est", "pro", "al", "un", "der", "st", "ra", "ble", "tion",
    "s", "ed", "ly", "per", "on", "me", "ca", "lo", "ri", "th", "e", "an", "de",
];

const COMMON: &[&str] = &[
    "the", "of", "and", "to", "a", "in", "that", "is", "was", "he", "for", "it", "with", "as", "his", "on", "be", "at",
    "by", "i", "this", "had", "not", "are", "but", "from", "or", "have", "an", "they", "which", "one", "you", "were",
    "her", "all", "she", "there", "would", "their", "we", "him", "been", "has", "when", "who", "will", "more", "no",
    "if", "out", "so", "said", "what", "up", "its", "about", "into", "than", "them", "can", "only", "other", "new",
    "some", "could", "time", "these", "two", "may", "then", "do", "first", "any", "my", "now", "such", "like", "our",
    "over", "man", "me", "even", "most", "made", "after", "also", "did", "many", "before", "must", "through", "back",
    "years", "where", "much", "your", "way", "well", "down", "should", "because", "each", "just", "those", "people",
    "order", "parcel", "invoice", "request", "server", "customer", "account", "error", "please", "address", "number",
];

/// English-like prose: half common words, half coined ones of a vocabulary of 20,000, with punctuation and numbers.
pub(crate) fn prose(seed: &mut Seed, n_bytes: usize) -> String {
    let mut text = String::with_capacity(n_bytes + 32);
    let mut in_sentence = 0;
    while text.len() < n_bytes {
        let capital = in_sentence == 0;
        let start = text.len();
        match seed.below(20) {
            0 => {
                let _ = write!(text, "{}", seed.below(100_000));
            }
            1..=8 => {
                let mut word = Seed(seed.below(20_000) as u64);
                for _ in 0..2 + word.below(3) {
                    text.push_str(SYLLABLES[word.below(SYLLABLES.len())]);
                }
            }
            _ => text.push_str(COMMON[seed.below(COMMON.len())]),
        }
        if capital {
            let upper = text[start..=start].to_uppercase();
            text.replace_range(start..=start, &upper);
        }
        in_sentence += 1;
        if in_sentence > 6 + seed.below(14) {
            text.push_str(if seed.below(5) == 0 { ".\n\n" } else { ". " });
            in_sentence = 0;
        } else {
            text.push_str(if seed.below(12) == 0 { ", " } else { " " });
        }
    }
    text
}

/// Source code in the shape of a C-like language.
pub(crate) fn code(seed: &mut Seed, n_bytes: usize) -> String {
    let mut text = String::with_capacity(n_bytes + 128);
    while text.len() < n_bytes {
        let (a, b, c) = (seed.below(400), seed.below(400), seed.below(90_000));
        let name = SYLLABLES[a % SYLLABLES.len()];
        let _ = write!(
            text,
            "/// Reads `{name}_{a}` and checks it.\npub fn read_{name}_{a}(input: &[u8], limit: usize) -> Result<u64, Error> {{\n    \
             let mut n_{b} = 0x{c:x};\n    for (i, byte) in input.iter().enumerate() {{\n        if i >= limit {{\n            \
             return Err(Error::TooLong {{ limit, at: i }});\n        }}\n        n_{b} = n_{b} * 31 + u64::from(*byte);\n    }}\n    Ok(n_{b})\n}}\n\n"
        );
    }
    text
}

/// JSON as tools return it.
pub(crate) fn json(seed: &mut Seed, n_bytes: usize) -> String {
    let mut text = String::from("[");
    while text.len() < n_bytes {
        let (a, b) = (seed.next(), seed.below(1_000));
        let _ = write!(
            text,
            "{{\"id\":\"{a:016x}\",\"status\":\"{}\",\"amount\":{}.{:02},\"tags\":[\"{}\",\"{}\"],\"nested\":{{\"ok\":{},\"n\":{b}}}}},",
            ["open", "closed", "pending"][b % 3],
            b * 7,
            b % 100,
            COMMON[b % COMMON.len()],
            COMMON[(b * 7) % COMMON.len()],
            b % 2 == 0,
        );
    }
    text.push_str("null]");
    text
}

/// A chat log as JSONL, one chat-completions request a line: 12 shared system prompts, conversations of one to six turns
/// logged turn by turn with their whole history, 3 % exact repeats.
pub(crate) fn chat_log(seed: &mut Seed, n_bytes: usize) -> String {
    let systems: Vec<String> = (0..12).map(|_| prose(seed, 3_000)).collect();
    let mut log = String::with_capacity(n_bytes + 65_536);
    let mut last = String::new();
    while log.len() < n_bytes {
        if !last.is_empty() && seed.below(33) == 0 {
            log.push_str(&last);
            continue;
        }
        let system = &systems[seed.below(systems.len())];
        let mut messages = format!("{{\"role\":\"system\",\"content\":{}}}", quoted(system));
        for turn in 0..=seed.below(6) {
            let n_user = 40 + seed.below(2_000);
            let user = if seed.below(8) == 0 { code(seed, n_user) } else { prose(seed, n_user) };
            let _ = write!(messages, ",{{\"role\":\"user\",\"content\":{}}}", quoted(&user));
            last = format!("{{\"model\":\"gpt-4o-mini\",\"messages\":[{messages}],\"max_tokens\":{}}}\n", 200 + turn);
            log.push_str(&last);
            let n_answer = 200 + seed.below(1_500);
            let answer = prose(seed, n_answer);
            let _ = write!(messages, ",{{\"role\":\"assistant\",\"content\":{}}}", quoted(&answer));
        }
    }
    log
}

fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 16);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}
