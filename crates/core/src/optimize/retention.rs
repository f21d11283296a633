//! What shortening kept, measured on answers that were given: of what an answer takes from its prompt, how much still
//! stands there.

use std::collections::HashSet;

use unicode_segmentation::UnicodeSegmentation;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::chat::{Answer, ChatRequest, Content};
use crate::compress::request::Segments;

/// Words in a row that are looked for: fewer stand anywhere.
const WORDS: usize = 3;

/// Runs of words that an answer has in common with its prompt …
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// … as it was sent …
    pub n_before: u64,
    /// … and of them those in common with it as it was shortened.
    pub n_after: u64,
}

impl Retention {
    /// Adds another.
    pub fn add(&mut self, other: Retention) {
        self.n_before += other.n_before;
        self.n_after += other.n_after;
    }

    /// Of a thousand runs of words, those that are still there; `None` if answers took nothing from prompts.
    pub fn permille(&self) -> Option<u64> {
        (self.n_before > 0).then(|| self.n_after * 1000 / self.n_before)
    }
}

/// How much of what the answer shares with the prompt (runs of three words, letter case aside) a shorter prompt still has.
/// O(words of all three).
pub fn retention(answer: &Answer, before: &ChatRequest, after: &ChatRequest) -> Retention {
    let mut said = HashSet::new();
    for part in &answer.parts {
        match &part.content {
            Content::Text(text) => runs(text, &mut |run| _ = said.insert(run)),
            Content::ToolCall { arguments, .. } => runs(arguments, &mut |run| _ = said.insert(run)),
            _ => {}
        }
    }
    let shared = |request: &ChatRequest| {
        let mut found = HashSet::new();
        for segment in Segments::of(request).segments {
            runs(&segment.text, &mut |run| {
                if said.contains(&run) {
                    found.insert(run);
                }
            });
        }
        found
    };
    let (before, after) = (shared(before), shared(after));
    Retention { n_before: before.len() as u64, n_after: before.intersection(&after).count() as u64 }
}

fn runs(text: &str, take: &mut dyn FnMut(u64)) {
    let mut last = [0_u64; WORDS];
    let mut n_words = 0;
    for word in text.unicode_words() {
        last.rotate_left(1);
        last[WORDS - 1] = xxh3_64_with_seed(word.to_lowercase().as_bytes(), 0);
        n_words += 1;
        if n_words >= WORDS {
            take(last.iter().fold(0, |hash, word| hash.rotate_left(21).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ word));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::chat::{Message, Part, Role};

    #[test]
    fn what_an_answer_takes_from_its_prompt_is_counted() {
        let request = |text: &str| ChatRequest {
            messages: vec![Arc::new(Message::text(Role::User, text))],
            ..ChatRequest::default()
        };
        let answer = Answer { parts: vec![Part::text("The red house stands alone there")], ..Answer::default() };
        let (long, short) = (request("the red house stands by a lake"), request("… house stands by a lake"));
        assert_eq!(retention(&answer, &long, &long), Retention { n_before: 2, n_after: 2 });
        assert_eq!(retention(&answer, &long, &short), Retention { n_before: 2, n_after: 0 });
        assert_eq!(Retention::default().permille(), None);
    }
}
