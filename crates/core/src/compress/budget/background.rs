//! What is known of words before a text is read: how often function words stand in sentences, which words ask for what,
//! which forms belong together. The lists are in `data/languages`, one file a language.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use super::words::words;

/// What a question asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Asks {
    Who,
    When,
    Where,
    Number,
    Broad,
}

/// One language.
pub(crate) struct Language {
    /// ISO 639-1.
    #[cfg_attr(not(test), allow(dead_code, reason = "only tests ask which language was found"))]
    pub(crate) name: &'static str,
    /// Share of the sentences that hold the word, in thousandths.
    per_mille: HashMap<String, u16>,
    asking: HashSet<String>,
    asks: HashMap<String, Vec<Asks>>,
    frame: HashSet<String>,
    forms: HashMap<String, u16>,
    /// The words of each number in `forms`, by line of the file.
    of_form: HashMap<u16, Vec<String>>,
    numerals: HashSet<String>,
    times: HashSet<String>,
}

const FILES: &[(&str, &str)] = &[
    ("en", include_str!("../../../data/languages/en.txt")),
    ("de", include_str!("../../../data/languages/de.txt")),
    ("fr", include_str!("../../../data/languages/fr.txt")),
    ("es", include_str!("../../../data/languages/es.txt")),
    ("it", include_str!("../../../data/languages/it.txt")),
    ("pt", include_str!("../../../data/languages/pt.txt")),
    ("nl", include_str!("../../../data/languages/nl.txt")),
    ("pl", include_str!("../../../data/languages/pl.txt")),
    ("tr", include_str!("../../../data/languages/tr.txt")),
    ("ru", include_str!("../../../data/languages/ru.txt")),
    ("ar", include_str!("../../../data/languages/ar.txt")),
    ("hi", include_str!("../../../data/languages/hi.txt")),
    ("zh", include_str!("../../../data/languages/zh.txt")),
    ("th", include_str!("../../../data/languages/th.txt")),
];

static LANGUAGES: LazyLock<Vec<Language>> =
    LazyLock::new(|| FILES.iter().map(|(name, file)| read(name, file)).collect());

/// Words of a text that say in which language it is written; more would say no more.
const SAMPLE: usize = 400;

/// The language of a sample: the one with the most function words.
pub(crate) fn language_of(sample: &[&str]) -> &'static Language {
    let languages = &*LANGUAGES;
    let mut hits = vec![0_u32; languages.len()];
    let mut n_words = 0;
    let mut buffer = String::new();
    for text in sample {
        words(&text[..crate::text::floor(text, 6000)], &mut buffer, |word, _| {
            n_words += 1;
            if n_words > SAMPLE {
                return;
            }
            for (n, language) in hits.iter_mut().zip(languages) {
                *n += language.per_mille.get(word).map_or(0, |per_mille| 1 + u32::from(*per_mille >= 80));
            }
        });
    }
    // The first of equals: English.
    let best = (0..hits.len()).rev().max_by_key(|at| hits[*at]).unwrap_or(0);
    &languages[best]
}

impl Language {
    /// In which share of the sentences the word stands; `None` for words that carry content.
    pub(crate) fn share(&self, word: &str) -> Option<f32> {
        self.per_mille.get(word).map(|per_mille| f32::from(*per_mille) / 1000.0)
    }

    /// Whether the word belongs to asking, not to what is asked about.
    pub(crate) fn is_asking(&self, word: &str) -> bool {
        self.asking.contains(word)
    }

    /// What a word, or two joined by `_`, asks for.
    pub(crate) fn asks(&self, word: &str) -> &[Asks] {
        self.asks.get(word).map_or(&[], Vec::as_slice)
    }

    /// Whether the word belongs to the request for a summary, not to what it is about.
    pub(crate) fn is_frame(&self, word: &str) -> bool {
        self.frame.contains(word) || self.asks(word).contains(&Asks::Broad)
    }

    /// All forms of the word, itself among them.
    pub(crate) fn forms(&self, word: &str) -> &[String] {
        self.forms.get(word).and_then(|form| self.of_form.get(form)).map_or(&[], Vec::as_slice)
    }

    /// Whether the word is a number.
    pub(crate) fn is_numeral(&self, word: &str) -> bool {
        self.numerals.contains(word)
    }

    /// Whether the word names a time.
    pub(crate) fn is_time(&self, word: &str) -> bool {
        self.times.contains(word)
    }
}

fn read(name: &'static str, file: &str) -> Language {
    let mut language = Language {
        name,
        per_mille: HashMap::new(),
        asking: HashSet::new(),
        asks: HashMap::new(),
        frame: HashSet::new(),
        forms: HashMap::new(),
        of_form: HashMap::new(),
        numerals: HashSet::new(),
        times: HashSet::new(),
    };
    for (number, line) in file.lines().enumerate() {
        let Some((class, list)) = line.split_once(' ') else { continue };
        for entry in list.split(' ') {
            // Folded as texts are. Of an unspaced script each gram counts.
            let mut folded = Vec::new();
            for part in entry.split('_') {
                words(part, &mut String::new(), |word, _| folded.push(word.to_owned()));
            }
            let joined = folded.join("_");
            let ask = match class {
                "most" | "many" | "some" | "few" => {
                    let per_mille = match class {
                        "most" => 500,
                        "many" => 200,
                        "some" => 80,
                        _ => 30,
                    };
                    for word in folded {
                        language.per_mille.entry(word).or_insert(per_mille);
                    }
                    continue;
                }
                "ask" => {
                    language.asking.extend(folded);
                    continue;
                }
                "forms" => {
                    language.of_form.entry(number as u16).or_default().push(joined.clone());
                    language.forms.entry(joined).or_insert(number as u16);
                    continue;
                }
                "numeral" | "month" => {
                    let set = if class == "numeral" { &mut language.numerals } else { &mut language.times };
                    set.insert(joined);
                    continue;
                }
                "frame" => {
                    language.frame.extend(folded);
                    continue;
                }
                "who" => Asks::Who,
                "when" => Asks::When,
                "where" => Asks::Where,
                "number" => Asks::Number,
                _ => Asks::Broad,
            };
            language.asks.entry(joined).or_default().push(ask);
        }
    }
    language
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_has_known_classes() {
        for (name, file) in FILES {
            for line in file.lines() {
                let class = line.split(' ').next().unwrap();
                let known = "most many some few ask who when where number broad frame forms numeral month"
                    .split(' ')
                    .any(|known| known == class);
                assert!(known, "{name}: {line}");
            }
        }
    }

    #[test]
    fn languages_are_told_apart() {
        for (text, name) in [
            ("Wie viele Punkte gab die Verteidigung der Panthers ab?", "de"),
            ("Who got the first nobel prize in physics", "en"),
            ("¿Cuántos puntos cedió la defensa de los Panthers?", "es"),
            ("पैंथर्स डिफ़ेंस ने कितने अंक दिए?", "hi"),
            ("Сколько очков пропустила защита в этом сезоне?", "ru"),
            ("谁是第一个获得诺贝尔奖的人？", "zh"),
            ("xyzzy", "en"),
        ] {
            assert_eq!(language_of(&[text]).name, name, "{text}");
        }
    }

    #[test]
    fn function_words_are_frequent_and_forms_belong_together() {
        let english = language_of(&["the of and"]);
        assert!(english.share("the") > english.share("were") && english.share("physics").is_none());
        assert!(english.forms("wrote").contains(&"writer".to_owned()));
        assert_eq!(english.asks("how_many"), [Asks::Number]);
    }
}
