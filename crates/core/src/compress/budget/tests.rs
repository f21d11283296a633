//! What holds for every selection, and small cases of each step in several languages.

use proptest::prelude::*;

use super::*;
use crate::tokens::Encoding;

fn counter() -> &'static dyn Counter {
    &Encoding::O200kBase
}

fn document<'a>(title: Option<&'a str>, text: &'a str, header: &'a str) -> Source<'a> {
    Source { text, kind: SourceKind::Document { title }, header, ..Source::default() }
}

/// Everything that must hold whatever is asked.
fn check(sources: &[Source<'_>], options: &Options<'_>) -> Option<Selection> {
    let selection = match select(sources, options, counter()) {
        Ok(selection) => selection,
        Err(error) => {
            assert!(sources.iter().any(|source| !source.keep.is_empty()), "{error}");
            assert!(error.to_string().contains("more than the budget"), "{error}");
            return None;
        }
    };
    assert!(selection.tokens <= options.budget, "{} > {}", selection.tokens, options.budget);
    assert_eq!(selection.tokens, count(sources, &selection.kept, options, counter()));
    assert_eq!(selection, select(sources, options, counter()).unwrap(), "not deterministic");
    let is_whole = count(sources, &sources.iter().map(whole).collect::<Vec<_>>(), options, counter()) <= options.budget;
    for (source, kept) in sources.iter().zip(&selection.kept) {
        let mut at = 0;
        for range in kept {
            assert!(range.start < range.end && range.end <= source.text.len());
            assert!(range.start > at || (at == 0 && range.start == 0), "{kept:?} is not merged");
            assert!(source.text.is_char_boundary(range.start) && source.text.is_char_boundary(range.end));
            at = range.end;
        }
        for keep in &source.keep {
            assert!(
                kept.iter().any(|range| range.start <= keep.start && keep.end <= range.end),
                "{keep:?} of {kept:?}"
            );
        }
        let rendered = render(source, kept, options.marker);
        if matches!(source.kind, SourceKind::Json) && crate::text::json::Json::parse(source.text).is_ok() {
            assert!(rendered.is_empty() || crate::text::json::Json::parse(&rendered).is_ok(), "{rendered}");
        }
        if is_whole {
            assert_eq!(rendered, source.text);
        }
    }
    for decision in selection.decisions.iter().filter(|decision| decision.kept) {
        let kept = &selection.kept[decision.source];
        let text = &sources[decision.source].text[decision.span.clone()];
        let end = decision.span.start + text.trim_end().len();
        let is_there = kept.iter().any(|range| range.start <= decision.span.start && end <= range.end);
        assert!(is_there || text.trim().is_empty(), "{decision:?} is not in {kept:?}");
    }
    Some(selection)
}

fn kept(sources: &[Source<'_>], query: &str, budget: u64) -> String {
    let options = Options { query: Some(query), budget, layout: Layout::Joined("\n\n"), ..Options::default() };
    let selection = check(sources, &options).unwrap();
    join(sources, &selection.kept, "\n\n", None)
}

#[test]
fn the_answer_is_kept_in_many_languages() {
    for (question, answer, texts) in [
        (
            "谁发明了电话？",
            "贝尔",
            [
                "贝尔在1876年发明了电话。他出生在苏格兰。",
                "北京是中国的首都。人口超过两千万。",
                "长江是亚洲最长的河流。全长六千多公里。",
            ],
        ),
        (
            "เมืองหลวงของญี่ปุ่นคือเมืองอะไร",
            "โตเกียว",
            [
                "ประเทศไทยมีภูเขาและทะเลที่สวยงามมาก",
                "โตเกียวเป็นเมืองหลวงของประเทศญี่ปุ่น มีประชากรมาก",
                "แม่น้ำโขงไหลผ่านหลายประเทศในเอเชีย",
            ],
        ),
        (
            "Кто написал роман «Война и мир»?",
            "Толстой",
            [
                "Лев Толстой является автором романа «Война и мир».",
                "Москва стоит на реке. Это столица страны.",
                "Зимой здесь холодно и идёт снег.",
            ],
        ),
        (
            "من كتب رواية أولاد حارتنا؟",
            "محفوظ",
            [
                "الطقس حار في الصيف والسماء صافية.",
                "نجيب محفوظ هو كاتب رواية أولاد حارتنا الشهيرة.",
                "القاهرة مدينة كبيرة على نهر النيل.",
            ],
        ),
        (
            "¿Quién pintó el Guernica?",
            "Picasso",
            [
                "Madrid es la capital de España y tiene parques.",
                "El cuadro Guernica fue pintado por Pablo Picasso en 1937.",
                "La paella es un plato de arroz de Valencia.",
            ],
        ),
        (
            "Wer gewann das Endspiel?",
            "Ajax",
            [
                "Das Wetter blieb den ganzen Tag über schlecht.",
                "Im Europapokalendspiel siegte Ajax mit zwei Toren.",
                "Die Stadt liegt an einem Fluss und hat einen Hafen.",
            ],
        ),
    ] {
        let sources: Vec<Source<'_>> = texts.iter().map(|text| document(None, text, "")).collect();
        let tokens = counter().text(&texts.join("\n\n"));
        let out = kept(&sources, question, tokens / 2);
        assert!(out.contains(answer), "{question}: {out}");
    }
}

#[test]
fn a_title_named_in_a_strong_sentence_is_the_second_step() {
    let filler = "Many other things were filmed there in those years. Nothing more is known about them now.";
    let sources = [
        document(
            Some("Blue Harbour (film)"),
            "Blue Harbour is a film directed by Ann Example. It was shot in winter.",
            "Blue Harbour (film)\n",
        ),
        document(Some("List of winters"), filler, "List of winters\n"),
        document(Some("Ann Example"), "She grew up on a farm near Turku. Later she taught there.", "Ann Example\n"),
        document(Some("Green Harbour"), filler, "Green Harbour\n"),
    ];
    let out = kept(&sources, "Where did the director of the film Blue Harbour grow up?", 52);
    assert!(out.contains("Turku") && out.contains("directed by Ann Example"), "{out}");
}

#[test]
fn json_is_cut_by_members_and_stays_json() {
    let row = |n: usize| {
        let note = format!("note number {n} says that nothing of interest happened to this order on that day");
        format!(
            "{{\"id\": \"order-{n}\", \"status\": \"{}\", \"note\": \"{note}\", \"lines\": [{{\"sku\": \"A{n}\", \"n\": 1}}, {{\"sku\": \"B{n}\", \"n\": 2}}], \"tags\": [\"{n}\", \"{}\"]}}",
            ["open", "lost"][n % 2],
            "x".repeat(120)
        )
    };
    let text =
        format!("{{\n  \"total\": 40,\n  \"orders\": [{}]\n}}\n", (0..40).map(row).collect::<Vec<_>>().join(", "));
    let source = Source { text: &text, kind: SourceKind::Json, ..Source::default() };
    let options = Options {
        query: Some("What is the status of order-17?"),
        budget: counter().text(&text) / 10,
        ..Options::default()
    };
    let selection = check(std::slice::from_ref(&source), &options).unwrap();
    let out = render(&source, &selection.kept[0], None);
    assert!(out.contains("\"order-17\"") && out.contains("\"lost\""), "{out}");
}

#[test]
fn protected_spans_stay_or_the_error_says_by_how_much() {
    let text = "First one. Keep <this very thing> here. Last one, which asks about cats.";
    let start = text.find('<').unwrap();
    let end = text.find('>').unwrap() + 1;
    let source = Source { text, keep: std::iter::once(start..end).collect(), ..Source::default() };
    let options = Options { query: Some("cats"), budget: 12, ..Options::default() };
    let selection = check(std::slice::from_ref(&source), &options).unwrap();
    assert!(render(&source, &selection.kept[0], Some("[…]")).contains("<this very thing>"));
    let error =
        select(std::slice::from_ref(&source), &Options { budget: 2, ..Options::default() }, counter()).unwrap_err();
    assert!(error.to_string().contains("more than the budget of 2"), "{error}");
}

#[test]
fn without_a_question_errors_are_kept() {
    let mut log: String = (0..200)
        .fold(String::new(), |log, n| log + &format!("2026-11-25 10:00:{:02} INFO request {n} served\n", n % 60));
    log.insert_str(log.len() / 2 / 40 * 40, "\n2026-11-25 10:00:30 ERROR disk /dev/sdb failed with EIO\n");
    let source = Source { text: &log, kind: SourceKind::Log, ..Source::default() };
    let selection = check(std::slice::from_ref(&source), &Options { budget: 200, ..Options::default() }).unwrap();
    assert!(render(&source, &selection.kept[0], None).contains("EIO"));
}

#[test]
fn markers_stand_where_something_is_missing_and_are_charged() {
    let text = "Cats sleep a lot. Dogs bark at night. Birds sing in spring. Cats purr when fed. Fish swim.";
    let source = document(None, text, "");
    let options = Options { query: Some("cats"), budget: 16, marker: Some("[…]"), ..Options::default() };
    let selection = check(std::slice::from_ref(&source), &options).unwrap();
    let out = render(&source, &selection.kept[0], Some("[…]"));
    assert!(out.contains("[…]") && out.contains("Cats"), "{out}");
    assert_eq!(counter().text(&out), selection.tokens);
}

#[test]
fn degenerate_sources_and_budgets_are_no_trouble() {
    for text in ["", " ", "\n\n", "a", "\u{301}", "🇩🇪", "{", "[]", "{}", "\u{feff}"] {
        for kind in [SourceKind::Auto, SourceKind::Json, SourceKind::Turns, SourceKind::Log, SourceKind::Code] {
            let sources = [Source { text, kind, ..Source::default() }, document(None, text, "H\n")];
            for budget in [0, 1, 5, 1000] {
                for query in [None, Some(""), Some("a"), Some("who is who")] {
                    check(&sources, &Options { query, budget, ..Options::default() });
                }
            }
        }
    }
    check(&[], &Options::default());
}

#[test]
fn a_megabyte_of_one_kind_takes_one_pass() {
    // No clock: a quadratic step would keep the test running for hours.
    let long: String = "the same words again. ".repeat(50_000);
    let short: String = "A: b\n".repeat(200_000);
    let json = format!("[{}]", vec!["{\"a\":1}"; 100_000].join(","));
    let nested = "[1,".repeat(60_000) + "2" + &"]".repeat(60_000);
    for text in [long, short, json, nested] {
        let source = Source { text: &text, ..Source::default() };
        for query in [None, Some("Summarize the same words"), Some("which words b a")] {
            let options = Options { query, budget: 5000, ..Options::default() };
            assert!(select(std::slice::from_ref(&source), &options, counter()).unwrap().tokens <= 5000);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 160, ..ProptestConfig::default() })]

    #[test]
    fn any_selection_holds_what_is_promised(
        texts in prop::collection::vec("(?s)([A-Za-z]{1,8} |[A-Z][a-z]{2,6}\\. |[0-9]{1,4} |。|।|\n|Ann: |# Head\n|\\{\"a\": [0-9]\\}|[ก\u{301}日本🇩👩\u{200d}]{0,3}|.){0,60}", 0..5),
        kinds in prop::collection::vec(0..6_usize, 5),
        keeps in prop::collection::vec((0.0..1.0_f64, 0.0..0.2_f64), 5),
        query in "([a-z]{1,6} ){0,5}|Summarize [a-z]{2,5}",
        share in 0.0..1.3_f64,
        protect in any::<bool>(),
        marker in any::<bool>(),
        joined in any::<bool>(),
    ) {
        let sources: Vec<Source<'_>> = texts.iter().zip(&kinds).zip(&keeps).map(|((text, kind), (from, length))| {
            let kind = [SourceKind::Auto, SourceKind::Document { title: Some("Ann") }, SourceKind::Turns, SourceKind::Log, SourceKind::Code, SourceKind::Json][*kind];
            let mut start = (text.len() as f64 * from) as usize;
            let mut end = (text.len() as f64 * (from + length).min(1.0)) as usize;
            while !text.is_char_boundary(start) { start -= 1; }
            while !text.is_char_boundary(end) { end -= 1; }
            let is_json = matches!(kind, SourceKind::Json);
            let keep = if protect && start < end && !is_json { std::iter::once(start..end).collect() } else { Vec::new() };
            Source { text, kind, keep, header: "Document [1]\n", header_tokens: 3 }
        }).collect();
        let layout = if joined { Layout::Joined("\n\n") } else { Layout::Apart };
        let mut options = Options { query: Some(&query), marker: marker.then_some("[…]"), layout, ..Options::default() };
        let all = count(&sources, &sources.iter().map(whole).collect::<Vec<_>>(), &options, counter());
        options.budget = (all as f64 * share) as u64;
        check(&sources, &options);
        options.query = None;
        check(&sources, &options);
    }

    #[test]
    fn any_json_stays_json(
        value in r#"\[(\{"id": ?[0-9]{1,3}, "name": "[a-z ]{0,40}", "more": \[[0-9](, [0-9]){0,3}\], "text": "[a-z ]{0,300}"\},? ?\n?){1,6}|\{("[a-z]{1,5}": ?("[a-z\\n ]{0,60}"|[0-9]{1,5}|null|\{"x": "[a-z]{0,200}", "y": \[\]\}),?\n? ?){1,12}"#,
        share in 0.0..1.0_f64,
    ) {
        let value = value.trim_end_matches([',', ' ', '\n']);
        let text = format!("{value}{}", if value.starts_with('[') { "]" } else { "}" });
        let source = Source { text: &text, kind: SourceKind::Json, ..Source::default() };
        let budget = (counter().text(&text) as f64 * share) as u64;
        check(std::slice::from_ref(&source), &Options { query: Some("name 12 x"), budget, ..Options::default() });
    }
}
