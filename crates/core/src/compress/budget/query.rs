//! What is asked: its terms, how much each says, and what kind of answer it wants.

use super::background::{Asks, Language};
use super::words::{Shape, words};

/// A question read.
#[derive(Debug, Default)]
pub(crate) struct Query {
    pub(crate) terms: Vec<Term>,
    /// What it asks for.
    pub(crate) asks: Vec<Asks>,
    /// All its words in order, folded, for titles that it names.
    pub(crate) sequence: Vec<(String, Shape)>,
}

/// A word of the question.
#[derive(Debug)]
pub(crate) struct Term {
    pub(crate) text: String,
    /// Share of the sentences of the language that hold it; none for content words.
    pub(crate) share: Option<f32>,
    /// How often the question says it.
    pub(crate) weight: f32,
    pub(crate) shape: Shape,
}

/// Terms of a question: they are kept as bits of a mask. Of a longer one the rarest are taken.
pub(crate) const MOST_TERMS: usize = 64;

impl Query {
    /// Reads a question in a language.
    pub(crate) fn read(text: &str, language: &Language) -> Query {
        let mut query = Query::default();
        let mut n_asking = 0;
        words(text, &mut String::new(), |word, shape| query.sequence.push((word.to_owned(), shape)));
        let mut seen = std::collections::HashMap::new();
        for (at, (word, shape)) in query.sequence.iter().enumerate() {
            let two = query.sequence.get(at + 1).map(|(next, _)| format!("{word}_{next}"));
            for ask in language.asks(word).iter().chain(two.iter().flat_map(|two| language.asks(two))) {
                // "What did they think of it when …": after such a verb the other question words ask for nothing.
                if !query.asks.contains(ask) && !query.asks.contains(&Asks::Broad) {
                    query.asks.push(*ask);
                }
            }
            if language.is_asking(word) {
                n_asking += 1;
                continue;
            }
            if let Some(place) = seen.get(word) {
                let term: &mut Term = &mut query.terms[*place];
                // Saying it again stresses it, but a user's tic must not drown the rest.
                term.weight = (term.weight + 0.25).min(2.0);
                continue;
            }
            seen.insert(word.clone(), query.terms.len());
            query.terms.push(Term { text: word.clone(), share: language.share(word), weight: 1.0, shape: *shape });
        }
        // "Summarise what the group discussed about X" asks for X: the rest says what to do with it, and the talk is full of
        // such words.
        if query.is_broad() && query.terms.iter().any(|term| term.share.is_none() && !language.is_frame(&term.text)) {
            query.terms.retain(|term| !language.is_frame(&term.text));
        }
        // "How many" is a number even if "many" alone is nothing.
        if query.terms.iter().all(|term| term.share.is_some()) && n_asking > 0 {
            for (word, shape) in query.sequence.iter().filter(|(word, _)| language.is_asking(word)) {
                let term = Term { text: word.clone(), share: Some(0.05), weight: 0.5, shape: *shape };
                if !query.terms.iter().any(|term| term.text == *word) {
                    query.terms.push(term);
                }
            }
        }
        if query.terms.len() > MOST_TERMS {
            // Content first, in the order of the question: its end is what it comes to.
            query.terms.reverse();
            query.terms.sort_by(|a, b| a.share.unwrap_or(0.0).total_cmp(&b.share.unwrap_or(0.0)));
            query.terms.truncate(MOST_TERMS);
        }
        query.asks.sort();
        query
    }

    /// Whether it asks for this.
    pub(crate) fn wants(&self, ask: Asks) -> bool {
        self.asks.contains(&ask)
    }

    /// Whether the answer is spread over a passage. A question for a name, a time, a place or a number is not broad
    /// whatever its verb.
    pub(crate) fn is_broad(&self) -> bool {
        self.wants(Asks::Broad) && !self.asks.iter().any(|ask| matches!(ask, Asks::When | Asks::Number))
    }
}

#[cfg(test)]
mod tests {
    use super::super::background::language_of;
    use super::*;

    fn read(text: &str) -> Query {
        Query::read(text, language_of(&[text]))
    }

    #[test]
    fn question_words_carry_what_is_asked_but_no_content() {
        let query = read("How many points did the Panthers defense surrender?");
        assert!(query.wants(Asks::Number) && !query.is_broad());
        let content: Vec<&str> =
            query.terms.iter().filter(|term| term.share.is_none()).map(|term| term.text.as_str()).collect();
        assert_eq!(content, ["points", "panthers", "defense", "surrender"]);
        assert!(read("Summarize the discussion about the remote control.").is_broad());
        assert!(read("What did they think of the buttons when discussing how many there are?").is_broad());
        assert!(!read("When did Caroline discuss the plan?").is_broad());
    }

    #[test]
    fn a_question_of_question_words_alone_is_still_one() {
        assert!(!read("who is who").terms.is_empty());
        assert!(read("").terms.is_empty());
    }
}
