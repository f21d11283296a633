//! Whole corpora of a few lines, and the promise that a skeleton's words are in every text.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::chat::{ChatRequest, Message, Role};

fn text(system: &str, user: &str) -> KindText {
    let roles = [(Role::System, system), (Role::User, user)];
    let said = roles.iter().filter(|(_, text)| !text.is_empty());
    let messages = said.map(|(role, text)| Arc::new(Message::text(*role, *text))).collect();
    kind_text(&ChatRequest { messages, ..ChatRequest::default() })
}

/// The skeletons found in a corpus, with their calls, in the order of their first calls.
fn skeletons(texts: &[KindText]) -> Vec<(usize, String)> {
    let mut kinds = Kinds::default();
    let ids: Vec<u32> = texts.iter().map(|text| kinds.observe(text)).collect();
    kinds.finish();
    let mut found: Vec<(u32, usize)> = Vec::new();
    for id in ids.iter().map(|id| kinds.resolve(*id)) {
        match found.iter_mut().find(|(other, _)| *other == id) {
            Some((_, n_calls)) => *n_calls += 1,
            None => found.push((id, 1)),
        }
    }
    found.iter().map(|(id, n_calls)| (*n_calls, kinds.skeleton(*id).text)).collect()
}

#[track_caller]
fn check(users: &[&str], expected: &[(usize, &str)]) {
    let texts: Vec<KindText> = users.iter().map(|user| text("", user)).collect();
    let found = skeletons(&texts);
    let found: Vec<(usize, &str)> = found.iter().map(|(n_calls, text)| (*n_calls, &**text)).collect();
    assert_eq!(found, expected);
}

#[test]
fn one_variable_wherever_it_stands() {
    check(
        &["Name the capital of France in one word.", "Name the capital of the Faroe Islands in one word."],
        &[(2, "Name the capital of {…} in one word.")],
    );
    check(
        &["Is this review kind or harsh? Lovely.", "Is this review kind or harsh? Never again!"],
        &[(2, "Is this review kind or harsh? {…}")],
    );
    check(
        &["Monday morning: write the daily report now.", "Tuesday evening: write the daily report now."],
        &[(2, "{…} write the daily report now.")],
    );
}

#[test]
fn data_never_splits_a_kind() {
    check(
        &[
            "2026-10-05T09:12:31Z order 17 of ann@shop.example: where is it?",
            "2026-10-06T10:00:00Z order 5512 of bob@shop.example: where is it?",
        ],
        &[(2, "{…} order {…} of {…} where is it?")],
    );
    // What looks like data but never varies is constant.
    check(&["Give 3 names for a cat.", "Give 3 names for a dog."], &[(2, "Give 3 names for a {…}")]);
}

#[test]
fn a_template_with_a_long_variable_shows_when_there_are_several() {
    let articles = [
        "Rain fell all night on the coast and the river rose by a hand.",
        "Our club has won its third match, though nobody had hoped for it.",
        "Bread gets dearer because two mills closed their doors in spring.",
        "A comet will be seen above northern towns until the end of May.",
        "Old trams return to service while new ones wait for spare parts.",
    ];
    let prompts = articles.map(|article| format!("Summarise this article:\n{article}\nSummary:"));
    let prompts: Vec<&str> = prompts.iter().map(|prompt| &**prompt).collect();
    check(&prompts, &[(5, "Summarise this article:\n{…}\nSummary:")]);
    check(&articles, &articles.map(|article| (1, article)));
}

#[test]
fn choices_are_a_form() {
    check(
        &[
            "Which bird can not fly?\nA. the emu\nB. the wren\nAnswer:",
            "How far is the sun?\nA. eight light minutes\nB. a day on foot\nAnswer:",
            "What melts first when it gets warm?\nA. butter\nB. lead\nAnswer:",
            "Name a noble gas, please.\nA. argon\nB. nitrogen, which fills the air\nAnswer:",
        ],
        &[(4, "{…}\nA. {…}\nB. {…}\nAnswer:")],
    );
}

#[test]
fn one_system_text_with_free_questions_is_one_kind() {
    let system = "You are the assistant of a garden shop. Answer briefly, kindly and in the language of the question.";
    let questions = ["When do I sow beans?", "My roses have spots, what now", "Öffnungszeiten?", "hi"];
    let texts = questions.map(|question| text(system, question));
    assert_eq!(skeletons(&texts), [(4, format!("{system}\n\n{{…}}"))]);
    // The same questions under another system text are another kind.
    let other = "Sort the message into one of: complaint, praise, question, other. Give the word alone, without a dot.";
    let both: Vec<KindText> = questions.iter().flat_map(|user| [text(system, user), text(other, user)]).collect();
    assert_eq!(skeletons(&both), [(4, format!("{system}\n\n{{…}}")), (4, format!("{other}\n\n{{…}}"))]);
}

#[test]
fn a_system_text_beyond_its_head_is_known_as_constant() {
    let system = "Be kind and exact in all you say. ".repeat(200);
    let mut kinds = Kinds::default();
    let id = kinds.observe(&text(&system, "Why?"));
    assert_eq!(kinds.observe(&text(&system, "How?")), id);
    assert!(kinds.skeleton(id).is_system_constant);
    assert_eq!(kinds.observe(&text(&format!("{system} Today is Monday."), "How?")), id);
    assert!(!kinds.skeleton(id).is_system_constant);
}

#[test]
fn kinds_are_bounded_and_what_is_frequent_stays() {
    let mut kinds = Kinds::default();
    let word =
        |n: usize| format!("w{}", "abcdefghij".chars().cycle().skip(n % 10).take(1 + n / 10 % 40).collect::<String>());
    let frequent = text("", "Which colour has the flag?");
    let id = kinds.observe(&frequent);
    for n in 0..MAX_KINDS * 3 {
        kinds.observe(&frequent);
        let stranger: Vec<String> = (0..5).map(|i| word(n * 7 + i * n + i)).collect();
        kinds.observe(&text("", &format!("{} {n:x}q", stranger.join(" "))));
        assert!(kinds.held.len() <= MAX_KINDS);
    }
    assert_eq!(kinds.resolve(id), id);
    assert_eq!(kinds.skeleton(id).text, "Which colour has the flag?");
    assert_eq!(kinds.skeleton(u32::MAX).text, "(other)");
}

/// Sentences from few words: much in common, in every order.
fn sentence() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "sort", "the", "list", "Text:", "\n", "7", "8", "<a>", "</a>", "id=", "A.", "-", "of", "翻", "訳", "x",
        "\"k-1\"",
    ]);
    let joint = prop::sample::select(vec![" ", " ", " ", "\n", ""]);
    prop::collection::vec((word, joint), 0..24).prop_map(|words| words.iter().flat_map(|(a, b)| [*a, *b]).collect())
}

fn system() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), sentence()]
}

fn words_of(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    words::split(text, 0, &mut words);
    words.iter().map(|word| word.of(text)).collect()
}

proptest! {
    #[test]
    fn constant_words_are_in_every_text(corpus in prop::collection::vec((system(), sentence()), 1..40)) {
        let texts: Vec<KindText> = corpus.iter().map(|(system, user)| text(system, user)).collect();
        let mut kinds = Kinds::default();
        let ids: Vec<u32> = texts.iter().map(|text| kinds.observe(text)).collect();
        let again: Vec<u32> = texts.iter().map(|text| kinds.observe(text)).collect();
        prop_assert_eq!(&ids, &again, "the same text is of the same kind");
        kinds.finish();
        for (text, id) in texts.iter().zip(&ids) {
            prop_assert_eq!({ let id = kinds.observe(text); kinds.resolve(id) }, kinds.resolve(*id));
            let skeleton = kinds.skeleton(*id);
            // A constant line is a run of whole words, so that words are looked for in the text without its spaces.
            let squeezed: String = words_of(&text.text).concat();
            let mut rest = &*squeezed;
            for word in words_of(&skeleton.constant) {
                let found = rest.find(word);
                prop_assert!(found.is_some(), "{:?} is not in order in {:?}", skeleton.constant, text.text);
                rest = &rest[found.unwrap() + word.len()..];
            }
            prop_assert_eq!(skeleton.n_variables, skeleton.text.matches("{…}").count() as u64);
        }
    }

    #[test]
    fn never_panics(corpus in prop::collection::vec(("\\PC{0,80}", any::<String>()), 0..12), cut in any::<usize>()) {
        let mut kinds = Kinds::default();
        for (system, user) in &corpus {
            let mut text = text(system, user);
            kinds.observe(&text);
            // Fields are public: any value must do.
            text.n_system_bytes = cut % 200;
            text.digest ^= 1;
            let id = kinds.observe(&text);
            kinds.skeleton(id);
        }
        kinds.finish();
    }
}
