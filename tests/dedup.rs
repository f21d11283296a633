//! The deduplicator: what must never be merged and what must be, on built-in sentences, on mutants of real ones, on made-up
//! texts against all pairs compared by hand, and on input made to cost quadratic time.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking; helpers of integration tests are not seen as tests")]
#![allow(clippy::format_collect, reason = "texts of a test are made once")]

use std::collections::HashSet;

use promptopt::dedup::{Deduplicator, Duplicates, Guard, Level, Options};
use proptest::prelude::*;

#[path = "support/shared.rs"]
mod shared;

fn find<T: AsRef<str>>(texts: &[T], level: Level, threshold: f64) -> Duplicates {
    let mut deduplicator = Deduplicator::new(Options { level, threshold });
    for text in texts {
        deduplicator.push(text.as_ref());
    }
    deduplicator.finish()
}

/// Which cluster each text is in.
fn owners(found: &Duplicates) -> Vec<Option<usize>> {
    let mut owners = vec![None; found.n_documents];
    for cluster in &found.clusters {
        for member in &cluster.members {
            owners[member.document] = Some(cluster.representative);
        }
    }
    owners
}

fn are_merged(a: &str, b: &str) -> bool {
    !find(&[a, b], Level::Near, 0.3).clusters.is_empty()
}

#[test]
fn what_differs_in_meaning_is_never_merged() {
    for (a, b) in [
        ("Answer in at most 3 sentences and cite the source.", "Answer in at most 5 sentences and cite the source."),
        ("Answer in at most three sentences and cite it.", "Answer in at most four sentences and cite it."),
        ("Wait for 5 minutes before you try it again.", "Wait for 5 hours before you try it again."),
        ("You must reply to the customer at once.", "You must not reply to the customer at once."),
        ("Reply with the address of the customer.", "Never reply with the address of the customer."),
        ("You should tell the user what it costs.", "You shouldn't tell the user what it costs."),
        ("Antworte dem Kunden immer mit dem Preis.", "Antworte dem Kunden nicht immer mit dem Preis."),
        ("Il faut répondre au client avec le prix.", "Il ne faut pas répondre au client avec le prix."),
        ("Responde al cliente con el precio total.", "No responde al cliente con el precio total."),
        ("यह उत्तर ग्राहक को भेजना सही है आज", "यह उत्तर ग्राहक को भेजना सही नहीं है आज"),
        ("Отвечай клиенту сразу и с указанием цены.", "Не отвечай клиенту сразу и с указанием цены."),
        ("请把这个答案马上发给客户看看", "请不把这个答案马上发给客户看看"),
        ("この答えを今日お客様に送ります", "この答えを今日お客様に送りません"),
        ("Call get_user for the name of the caller.", "Call get_users for the name of the caller."),
        ("Call getUser for the name of the caller.", "Call getTeam for the name of the caller."),
        ("Read /etc/hosts and say what stands in it.", "Read /etc/passwd and say what stands in it."),
        ("See https://a.example/x for more about this.", "See https://a.example/y for more about this."),
        ("Translate the word \"bank\" in this sentence now.", "Translate the word \"bench\" in this sentence now."),
        ("Greet {{first_name}} with a short kind word.", "Greet {{last name}} with a short kind word."),
        ("Keep rows where x <= y in this table here.", "Keep rows where x >= y in this table here."),
        ("It costs € 5 for each of the users here.", "It costs $ 5 for each of the users here."),
        ("Commit deadbeef is the one to look at now.", "Commit deadbeaf is the one to look at now."),
        ("Run it with --force and see what it says.", "Run it with --quiet and see what it says."),
    ] {
        assert!(!are_merged(a, b), "merged:\n  {a}\n  {b}");
    }
}

#[test]
fn a_negation_that_moves_is_another_negation() {
    let filler = "Then read what the customer has written and find out what the order was about and where it went wrong \
                  and who had sent it and what became of the parcel on its way to the house of the customer";
    let a = format!("Do not open the door for them. {filler}. Do answer the phone for them.");
    let b = format!("Do open the door for them. {filler}. Do not answer the phone for them.");
    assert_eq!(Guard::of(&a), Guard::of(&b));
    assert!(!are_merged(&a, &b));
}

#[test]
fn what_differs_in_other_words_is_merged() {
    for (a, b) in [
        (
            "Summarise the text below in plain words for a reader who is new to the field of law.",
            "Summarise the text below in plain words for a reader who is new to the field of physics.",
        ),
        ("I want you to act as a linux terminal for me.", "I WANT you to act as a Linux terminal, for me!"),
    ] {
        assert!(are_merged(a, b), "not merged:\n  {a}\n  {b}");
    }
}

/// Sentences of twelve words and more, no more than so many a file.
fn sentences(path: &str, n: usize) -> Vec<String> {
    use std::io::BufRead;
    let Some(path) = shared::shared_data(path) else { return Vec::new() };
    let file = flate2::read::MultiGzDecoder::new(std::fs::File::open(path).unwrap());
    let mut sentences = Vec::new();
    let mut seen = HashSet::new();
    for line in std::io::BufReader::new(file).lines() {
        let value: serde_json::Value = serde_json::from_str(&line.unwrap()).unwrap();
        let documents =
            value["documents"].as_array().into_iter().flatten().filter_map(|document| document["text"].as_str());
        let turns = value["turns"].as_array().into_iter().flatten().filter_map(|turn| turn.as_str());
        let whole = value["text"].as_str();
        for text in documents.chain(turns).chain(whole) {
            for sentence in text.split_inclusive(['.', '।', '\n']) {
                let sentence = sentence.trim();
                if sentence.split_whitespace().count() >= 12 && seen.insert(sentence.to_owned()) {
                    sentences.push(sentence.to_owned());
                }
            }
        }
        if sentences.len() >= n {
            break;
        }
    }
    sentences.truncate(n);
    sentences
}

/// Sentences for those who have no others: made up, in the manner of prompts.
const BUILT_IN: &[&str] = &[
    "Summarise the following article in 3 bullet points of no more than 20 words each, and name the author.",
    "You are a support agent: look up order 48213 with get_order and tell the customer when it will arrive.",
    "Translate the text between the quotation marks into German and keep the formatting of the 2 tables as it is.",
    "Between 1901 and 1956 the prize was awarded 48 times, and on 6 occasions it was shared by three people.",
    "Wenn der Kunde nach dem Preis fragt, nenne ihm immer den Preis von 19,90 Euro und die Lieferzeit von 3 Tagen.",
    "Si le client demande le prix, donnez-lui le prix de 25 euros et le délai de livraison de 4 jours ouvrables.",
    "ग्राहक को बताइए कि उसका सामान 3 दिन में पहुँच जाएगा और कीमत 450 रुपये है जो पहले से दी गई है।",
];

/// Every one-digit mutant (one digit a sentence) and one-negation mutant, at a threshold far below the default.
fn check_mutants(sentences: &[String], negation: &str) -> usize {
    let mut texts: Vec<String> = Vec::new();
    let mut of: Vec<usize> = Vec::new();
    for (number, sentence) in sentences.iter().enumerate() {
        let original = texts.len();
        texts.push(sentence.clone());
        of.push(original);
        let digits: Vec<(usize, char)> = sentence.char_indices().filter(|(_, c)| c.is_ascii_digit()).collect();
        if let Some((at, digit)) = digits.get(number % digits.len().max(1)) {
            let other = char::from(b'0' + (digit.to_digit(10).unwrap() as u8 + 1 + (number % 9) as u8) % 10);
            texts.push(format!("{}{other}{}", &sentence[..*at], &sentence[at + 1..]));
            of.push(original);
        }
        let words: Vec<&str> = sentence.split(' ').collect();
        let at = 1 + number % (words.len() - 1);
        texts.push(format!("{} {negation} {}", words[..at].join(" "), words[at..].join(" ")));
        of.push(original);
    }
    let found = find(&texts, Level::Near, 0.5);
    let owners = owners(&found);
    let merged: Vec<&String> = (0..texts.len())
        .filter(|number| of[*number] != *number && owners[*number].is_some() && owners[*number] == owners[of[*number]])
        .map(|number| &texts[number])
        .collect();
    assert!(merged.is_empty(), "{} of {} mutants merged: {merged:#?}", merged.len(), texts.len() - sentences.len());
    texts.len() - sentences.len()
}

#[test]
fn no_mutant_of_a_built_in_sentence_is_merged() {
    let sentences: Vec<String> = BUILT_IN.iter().map(|text| (*text).to_owned()).collect();
    for negation in ["not", "never", "nicht", "pas", "no", "नहीं", "не"] {
        assert!(check_mutants(&sentences, negation) > sentences.len());
    }
}

#[test]
fn no_mutant_of_a_real_sentence_is_merged() {
    for (path, negation) in [
        ("qa/hotpot10.jsonl.gz", "not"),
        ("qa/nq20.jsonl.gz", "never"),
        ("qa/qmsum.jsonl.gz", "not"),
        ("qa/xquad_de.jsonl.gz", "nicht"),
        ("qa/xquad_hi.jsonl.gz", "नहीं"),
        ("corpora/agent_instructions.jsonl.gz", "not"),
    ] {
        let sentences = sentences(path, 4_000);
        assert!(sentences.is_empty() || check_mutants(&sentences, negation) > sentences.len(), "{path}");
    }
}

#[test]
fn crowds_and_monsters_cost_no_quadratic_time() {
    let base = "please read the report about the river and tell the reader of the paper what became of the old bridge";
    // The same text over and over; the same text with one word changed; halves of one vocabulary, alike but not enough.
    let same: Vec<String> = (0..30_000).map(|_| base.to_owned()).collect();
    assert_eq!(find(&same, Level::Near, 0.8).clusters[0].members.len(), same.len());
    let letters = |n: usize| -> String {
        let letter = |at: u32| char::from(b'a' + (n / 26_usize.pow(at) % 26) as u8);
        ["x", "y", "z", "w"].iter().enumerate().map(|(at, end)| format!("{}{end}", letter(at as u32))).collect()
    };
    let alike: Vec<String> = (0..10_000).map(|n| format!("{base} {} over there", letters(n))).collect();
    let found = find(&alike, Level::Near, 0.5);
    assert_eq!(found.clusters.iter().map(|cluster| cluster.members.len()).max(), Some(alike.len()));
    let template: Vec<String> = (0..60).map(|n| format!("t{}", letters(n))).collect();
    let mut crowd: Vec<String> = (0..4_000)
        .map(|n| {
            let own: Vec<String> = (0..30).map(|at| format!("o{}", letters(n * 30 + at))).collect();
            format!("{} {}", template.join(" "), own.join(" "))
        })
        .collect();
    let found = find(&crowd, Level::Near, 0.8);
    assert_eq!((found.clusters.len(), found.n_capped), (0, 0));
    // Those that are near duplicates are found in the crowd.
    for n in 0..40 {
        crowd.push(format!("{} indeed", crowd[n * 90]));
    }
    let found = find(&crowd, Level::Near, 0.8);
    assert_eq!((found.pairs.len(), found.clusters.len(), found.n_capped), (40, 40, 0));

    let monsters = [
        "word ".repeat(2_000_000),
        "not ".repeat(500_000),
        "\"".repeat(1_000_000),
        "\"\\".repeat(500_000),
        "“".repeat(300_000),
        "«".repeat(300_000),
        "「".repeat(300_000),
        "`".repeat(1_000_001),
        "` ``".repeat(200_000),
        "{".repeat(1_000_000),
        "[<{".repeat(300_000),
        "*".repeat(1_000_000),
        "-".repeat(1_000_000),
        "a'".repeat(500_000),
        "不".repeat(300_000),
        "a".repeat(3_000_000),
        "€".repeat(300_000),
        "\u{301}".repeat(300_000),
    ];
    let found = find(&monsters, Level::Near, 0.8);
    assert_eq!(found.clusters.len(), 0);
}

#[test]
fn odd_texts_are_taken_as_they_are() {
    let texts = ["", " ", "", "…", "?!", "…", "\u{202e}\u{feff}", "a", "A", "a b", "A, b"];
    let found = find(&texts, Level::Near, 0.8);
    let clusters: Vec<Vec<usize>> =
        found.clusters.iter().map(|cluster| cluster.members.iter().map(|member| member.document).collect()).collect();
    assert_eq!(clusters, [vec![0, 2], vec![3, 5], vec![7, 8], vec![9, 10]]);
}

/// Words without any that a guard keeps.
const WORDS: &[&str] =
    &["alpha", "beta", "gamma", "delta", "tree", "house", "river", "bridge", "green", "Blue", "old,", "new."];

fn soft_text() -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select(WORDS), 3..14).prop_map(|words| words.join(" "))
}

fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => proptest::sample::select(WORDS).prop_map(str::to_owned),
        1 => proptest::sample::select(&["not", "3", "4", "\"", "“", "”", "`x`", "{y}", "a_b", "<=", "no", "不", "नहीं", "—", "\n"][..])
            .prop_map(str::to_owned),
        1 => any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.join(" "))
}

fn trigrams(text: &str) -> HashSet<Vec<String>> {
    let words: Vec<String> = text.split(' ').map(|word| word.trim_end_matches([',', '.']).to_lowercase()).collect();
    words.windows(3).map(<[String]>::to_vec).collect()
}

fn jaccard(a: &str, b: &str) -> f64 {
    let (a, b) = (trigrams(a), trigrams(b));
    let n_shared = a.intersection(&b).count();
    n_shared as f64 / (a.len() + b.len() - n_shared) as f64
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn the_pairs_are_those_that_comparing_all_finds(
        texts in proptest::collection::vec(soft_text(), 0..14),
        threshold in proptest::sample::select(&[0.3, 0.5, 0.75, 0.8, 1.0][..]),
    ) {
        let normalised = |text: &str| text.to_lowercase().replace([',', '.'], "");
        let mut forms: Vec<&String> = Vec::new();
        for text in &texts {
            if forms.iter().all(|form| normalised(form) != normalised(text)) {
                forms.push(text);
            }
        }
        let found = find(&forms, Level::Near, threshold);
        let pairs: HashSet<(usize, usize)> = found.pairs.iter().map(|pair| (pair.a, pair.b)).collect();
        for b in 0..forms.len() {
            for a in 0..b {
                prop_assert_eq!(pairs.contains(&(a, b)), jaccard(forms[a], forms[b]) >= threshold, "{} / {}", forms[a], forms[b]);
            }
        }
        for pair in &found.pairs {
            prop_assert!((pair.similarity - jaccard(forms[pair.a], forms[pair.b])).abs() < 1e-12);
        }
    }

    #[test]
    fn members_are_verified_against_their_representative_and_share_its_guard(
        texts in proptest::collection::vec(any_text(), 0..20),
    ) {
        let found = find(&texts, Level::Near, 0.4);
        prop_assert_eq!(&found, &find(&texts, Level::Near, 0.4));
        let mut seen = HashSet::new();
        for cluster in &found.clusters {
            prop_assert!(cluster.members.len() > 1);
            prop_assert_eq!(cluster.members[0].document, cluster.representative);
            for member in &cluster.members {
                prop_assert!(seen.insert(member.document));
                prop_assert_eq!(Guard::of(&texts[member.document]), Guard::of(&texts[cluster.representative]));
                prop_assert!(member.similarity >= 0.4);
                let is_same = texts[member.document] == texts[cluster.representative];
                prop_assert_eq!(member.level == Level::Exact, is_same);
            }
        }
    }

    #[test]
    fn each_level_holds_those_before_it(texts in proptest::collection::vec(any_text(), 0..20)) {
        let levels = [Level::Exact, Level::Normalised, Level::Near].map(|level| owners(&find(&texts, level, 0.5)));
        for pair in levels.windows(2) {
            for a in 0..texts.len() {
                for b in 0..a {
                    let is_merged = pair[0][a].is_some() && pair[0][a] == pair[0][b];
                    prop_assert!(!is_merged || pair[1][a].is_some() && pair[1][a] == pair[1][b]);
                }
            }
        }
    }

    #[test]
    fn the_guard_reads_any_text(text in any::<String>()) {
        prop_assert_eq!(Guard::of(&text), Guard::of(&text));
        let mut last = 0;
        for token in promptopt::dedup::hard_tokens(&text) {
            prop_assert!(token.range.start >= last && token.range.end > token.range.start);
            prop_assert!(text.get(token.range.clone()).is_some());
            last = token.range.end;
        }
    }
}
