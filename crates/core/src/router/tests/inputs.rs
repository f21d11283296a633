//! Requests and answers of any bytes: they are refused in words, passed on as they are, or told as an error; nothing panics, and
//! whatever comes, the money that was reserved is settled or given back.

use std::borrow::Cow;

use proptest::prelude::*;

use super::*;
use crate::router::body::Body;
use crate::router::prepare::{Prepared, prepare};
use crate::router::pump::Pump;
use crate::router::reads::Reads;
use crate::text::json::Json;

fn read(request: Request) -> Result<Prepared> {
    prepare(request, &Arc::new(caller()), None, 16 << 20, &Reads::new(0))
}

fn with_content(content: &str) -> String {
    format!(r#"{{"model":"gpt-4o-mini","messages":[{{"role":"user","content":{content}}}]}}"#)
}

#[test]
fn hostile_requests_are_refused_in_words() {
    let nested = |open: &str, close: &str, n: usize| {
        format!(r#"{{"model":"m","messages":[],"x":{}1{}}}"#, open.repeat(n), close.repeat(n))
    };
    for (body, part) in [
        (nested("[", "]", 100_000).into_bytes(), "fewer than 128 arrays and objects"),
        (nested("{\"a\":", "}", 100_000).into_bytes(), "fewer than 128 arrays and objects"),
        ("[".repeat(100_000).into_bytes(), "no JSON"),
        ("{\"a\":".repeat(100_000).into_bytes(), "no JSON"),
        (with_content(r#""\ud800""#).into_bytes(), "not half a surrogate"),
        (with_content(r#""\ud800\u0041""#).into_bytes(), "not half a surrogate"),
        (with_content("\"\0\"").into_bytes(), "an escaped control character"),
        (with_content("\"\n\"").into_bytes(), "an escaped control character"),
        (with_content("NaN").into_bytes(), "no JSON"),
        (with_content("-Infinity").into_bytes(), "no JSON"),
        (with_content("01").into_bytes(), "no JSON"),
        (with_content("\"x\",").into_bytes(), "no JSON"),
        (format!("\u{feff}{}", with_content("\"x\"")).into_bytes(), "no JSON"),
        (format!("{}{}", with_content("\"x\""), with_content("\"x\"")).into_bytes(), "no JSON"),
        ([with_content("\"x\"").as_bytes(), &[0xc3, 0x28]].concat(), "not UTF-8 at byte"),
        (with_content("\"x\"").replace('x', "\u{1}").into_bytes(), "an escaped control character"),
        (br#"{"model":"m","messages":[],"\u006dodel":"n"}"#.to_vec(), "stands twice"),
        (b"null".to_vec(), "no JSON object"),
        (b"\"x\"".to_vec(), "no JSON object"),
        (b"1".to_vec(), "no JSON object"),
        (Vec::new(), "no JSON"),
        (b" \n\t".to_vec(), "no JSON"),
        (br#"{"model":5,"messages":[]}"#.to_vec(), "model"),
        (br#"{"model":null,"messages":[]}"#.to_vec(), "no model is named"),
    ] {
        for request in [Request::detect(body.clone()), Request::chat(body.clone()), Request::messages(body.clone())] {
            let shown = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
            let error = read(request).err().unwrap_or_else(|| panic!("{shown} is taken"));
            assert_eq!(error.kind(), Kind::Input, "{shown}: {error}");
            assert!(error.to_string().contains(part), "{shown}: {error}");
        }
    }
}

#[tokio::test]
async fn odd_requests_are_passed_on_byte_for_byte() {
    let digits = "9".repeat(400);
    let bodies = [
        with_content(r#""a\u0000b\uFEFF\ud83d\ude00""#),
        format!(r#"{{"model":"gpt-4o-mini","seed":1e400,"x":{digits},"messages":[]}}"#),
        format!(r#"{{"model":"gpt-4o-mini","max_tokens":{digits},"temperature":-1E+400,"messages":[]}}"#),
        format!(r#"{{"model":"gpt-4o-mini","x":{}{},"messages":[]}}"#, "[".repeat(120), "]".repeat(120)),
        r#"{"model":"gpt-4o-mini","messages":[{"role":"user","content":"a","content":"b"}]}"#.to_owned(),
        r#"{"model":"gpt-4o-mini","messages":[{"role":7},"x",null,[[]]],"tools":{"a":1},"stop":{}}"#.to_owned(),
        format!(
            r#"{{"model":"gpt-4o-mini","messages":[{}]}}"#,
            vec!["{\"role\":\"user\",\"content\":\"x\"}"; 20_000].join(",")
        ),
    ];
    for body in bodies {
        let (router, sent, records) = router(settings(), vec![Ok(chat_answer("hello"))]);
        let answer = router.chat(Request::chat(body.clone()), &caller()).await;
        let shown: String = body.chars().take(80).collect();
        // What no model could take is refused; nothing in between.
        match answer {
            Ok(_) => {
                assert_eq!(sent.lock().unwrap()[0].body, body, "{shown}");
                assert_eq!(records.lock().unwrap().len(), 1, "{shown}");
            }
            Err(error) => assert!(matches!(error.kind(), Kind::NoTarget | Kind::Input), "{shown}: {error}"),
        }
    }
}

#[tokio::test]
async fn what_values_do_not_say_is_not_kept() {
    let odd = |content: &str| {
        format!(r#"{{"model":"gpt-4o-mini","temperature":0,"messages":[{{"role":"user",{content}}}]}}"#)
    };
    let plain = odd(r#""content":"b""#);
    for other in [
        odd(r#""content":"a","content":"b""#),
        odd(r#""content":"a","\u0063ontent":"b""#),
        odd(r#""content":{"$serde_json::private::RawValue":"\"b\""}"#),
    ] {
        let answers = vec![Ok(chat_answer("one")), Ok(chat_answer("two"))];
        let (router, sent, _) = router(settings(), answers);
        router.chat(Request::chat(other.clone()), &caller()).await.unwrap();
        let answer = router.chat(Request::chat(plain.clone()), &caller()).await.unwrap();
        assert_eq!((answer.report.cache, sent.lock().unwrap().len()), (CacheStatus::Miss, 2), "{other}");
    }
}

/// Pieces that mean something to a reader of streams, or nearly.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let known = [
        "data: ",
        "data:",
        "event: ",
        "\n",
        "\r\n",
        "\n\n",
        "[DONE]",
        "{}",
        "[]",
        "null",
        "{\"choices\":",
        "[{\"index\":0,\"delta\":",
        "{\"content\":\"x\"}",
        "\"finish_reason\":\"stop\"",
        "}",
        "]",
        ",",
        "{\"error\":{\"message\":\"overloaded\"}}",
        "\u{feff}",
        "{\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hi\"},\"finish_reason\":null}]}",
        "{\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}",
        "{\"choices\":[],\"usage\":{\"prompt_tokens\":18446744073709551615,\"completion_tokens\":1,\"total_tokens\":0}}",
        "{\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":1,\"total_tokens\":6}}",
        "{\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"usage\":{\"input_tokens\":1}}}",
        "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"x\"}}",
        "{\"type\":\"message_stop\"}",
    ];
    let piece = prop_oneof![
        6 => prop::sample::select(known.to_vec()).prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..6),
    ];
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

/// An answer of any kind.
fn incoming() -> impl Strategy<Value = (u16, bool, Vec<u8>)> {
    let status =
        prop_oneof![6 => Just(200_u16), 1 => prop::sample::select(vec![204, 301, 400, 401, 404, 429, 500, 529, 999])];
    (status, any::<bool>(), pieces())
}

fn arrives((status, is_stream, body): &(u16, bool, Vec<u8>)) -> Incoming {
    let kind = if *is_stream { "text/event-stream" } else { "application/json" };
    let pieces: Vec<Bytes> = body.chunks(17).map(Bytes::copy_from_slice).collect();
    Incoming::of(*status, &[("content-type", kind)], pieces)
}

proptest! {
    #[test]
    fn no_bytes_panic_when_read(bytes in prop::collection::vec(any::<u8>(), 0..80), text in "\\PC{0,40}") {
        let _ = read(Request::detect(bytes));
        let _ = read(Request::chat(text.clone()));
        let _ = Body::of(&text);
        // Cut in the middle of a string that is no ASCII, so that the place of the mistake is counted in characters.
        let _ = Body::of(&format!("{{\"{text}"));
        let _ = Body::of(&format!("{{\"a\":\"{text}\"\u{e4}"));
    }

    #[test]
    fn a_member_that_is_set_changes_no_other_byte(
        before in "[ \\n]{0,2}", names in prop::collection::btree_set("[a-e]{1,2}|model|stream", 0..5), value in "[0-9]{1,3}",
    ) {
        let members: Vec<String> = names.iter().map(|name| format!("{before}\"{name}\" : \"{name} ä\"")).collect();
        let text = format!("{before}{{{}{before}}}", members.join(","));
        let mut body = Body::of(&text).unwrap();
        let value = value.trim_start_matches('0');
        let value = if value.is_empty() { "0" } else { value };
        body.set("model", value.to_owned());
        body.set("stream", "true".to_owned());
        let written = body.finish();
        let json = Json::parse(&written).unwrap();
        prop_assert_eq!(json.root().get("model").map(|model| model.raw()), Some(value));
        for member in json.root().children() {
            let name = member.key().unwrap_or(Cow::Borrowed(""));
            if !matches!(&*name, "model" | "stream") {
                prop_assert_eq!(member.raw(), format!("\"{name} ä\""));
            }
        }
        prop_assert_eq!(json.root().children().count(), names.iter().filter(|name| !matches!(name.as_str(), "model" | "stream")).count() + 2);
        let at = text.find("\"model\"").or_else(|| text.find("\"stream\"")).unwrap_or(0);
        prop_assert_eq!(&written.as_bytes()[..at], &text.as_bytes()[..at]);
    }

    #[test]
    fn no_frames_panic(
        frames in prop::collection::vec((prop::option::of("[a-z_.]{0,12}"), pieces()), 0..6), from in 0_usize..5, to in 0_usize..3,
    ) {
        let dialects = [Dialect::Chat, Dialect::Responses, Dialect::Messages, Dialect::GenerateContent, Dialect::Converse];
        let wanted = crate::translate::model::Request::default();
        let mut pump = Pump::new(dialects[from], dialects[to], &wanted, true).unwrap();
        for (name, data) in &frames {
            let data = String::from_utf8_lossy(data);
            let raw = Bytes::from(format!("data: {data}\n\n"));
            if let Ok(Some(out)) = pump.frame(name.as_deref(), &data, &raw) {
                prop_assert!(from == to || std::str::from_utf8(&out).is_ok());
            }
        }
    }
}

proptest! {
    // Each case builds a router.
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn whatever_a_provider_sends_the_call_ends_and_the_money_is_settled(
        answers in prop::collection::vec(incoming(), 1..4), is_stream in any::<bool>(), is_other_dialect in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let to = if is_other_dialect { ("anthropic", "claude-haiku-4-5") } else { ("openai", "gpt-4o-mini") };
            let budget = BudgetSpec {
                name: "b".to_owned(), by: By::Tenant, only: Vec::new(), period: Period::Month,
                hard: Some(Usd::parse("100").unwrap()), soft: None, unpriced_as: None,
            };
            let settings = RouterSettings { routes: vec![route(&[to])], budgets: vec![budget], ..settings() };
            // The last answer comes as often as it is asked for.
            let mut all: Vec<Result<Incoming>> = answers.iter().map(|answer| Ok(arrives(answer))).collect();
            all.extend((0..8).map(|_| Ok(arrives(&answers[answers.len() - 1]))));
            let (router, sent, records) = router(settings, all);
            let mut delivered = Vec::new();
            if is_stream {
                if let Ok(mut stream) = router.stream(ask("gpt-4o-mini"), &caller()).await {
                    while let Some(Ok(chunk)) = stream.next().await {
                        delivered.extend_from_slice(&chunk);
                    }
                }
            } else if let Ok(answer) = router.chat(ask("gpt-4o-mini"), &caller()).await {
                assert!(answer.json().unwrap().is_object(), "{answer:?}");
            }
            // A caller's end of a stream may come before its settlement.
            for _ in 0..50 {
                tokio::task::yield_now().await;
            }
            let n_sent = sent.lock().unwrap().len();
            assert!(n_sent > 0);
            let is_clean = {
                let records = records.lock().unwrap();
                assert_eq!(records.len(), n_sent, "a record for each attempt: {records:?}");
                for spent in router.status().budgets {
                    let cost: Usd = records.iter().filter_map(|record| record.cost).sum();
                    assert_eq!((spent.reserved, spent.settled), (Usd::ZERO, cost));
                }
                records.last().is_some_and(|record| record.outcome == Outcome::Answered)
            };
            // What was no whole answer is not given again.
            let again = router.chat(ask("gpt-4o-mini"), &caller()).await;
            let was_kept = again.is_ok_and(|again| again.report.cache != CacheStatus::Miss);
            assert!(is_clean || !was_kept, "kept after {n_sent} attempts");
        });
    }
}
