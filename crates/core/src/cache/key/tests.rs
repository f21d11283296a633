//! Which requests have one key, and which do not.

use std::sync::Arc;

use super::*;

fn ask(text: &str) -> ChatRequest {
    ChatRequest {
        model: Some("m".into()),
        messages: vec![Arc::new(Message::text(Role::User, text))],
        ..ChatRequest::default()
    }
}

#[test]
fn the_same_request_has_the_same_key_and_another_partition_another() {
    assert_eq!(request_key(&ask("a"), "t"), request_key(&ask("a"), "t"));
    assert_ne!(request_key(&ask("a"), "t"), request_key(&ask("a"), "u"));
}

#[test]
fn any_byte_of_the_prompt_and_any_parameter_splits_keys() {
    let plain = request_key(&ask("a"), "");
    assert_ne!(plain, request_key(&ask("a "), ""));
    let mut warmer = ask("a");
    warmer.parameters.push(("temperature".into(), serde_json::json!(1)));
    assert_ne!(plain, request_key(&warmer, ""));
}

#[test]
fn fields_cannot_run_into_each_other() {
    let mut one = ask("a");
    one.model = Some("mx".into());
    let mut two = ask("xa");
    two.model = Some("m".into());
    assert_ne!(request_key(&one, ""), request_key(&two, ""));
}

#[test]
fn json_keys_may_come_in_any_order() {
    let mut one = ask("a");
    one.parameters.push(("x".into(), serde_json::json!({"a": 1, "b": 2})));
    let mut two = ask("a");
    two.parameters.push(("x".into(), serde_json::json!({"b": 2, "a": 1})));
    assert_eq!(request_key(&one, ""), request_key(&two, ""));
}

type Way<'a> = &'a dyn Fn(&str) -> (CacheKey, CacheKey);

#[test]
fn another_picture_is_another_request() {
    let chat = |part: Value| {
        let body = serde_json::json!({"model": "m", "messages": [{"role": "user", "content": [part]}]});
        keys(&crate::dialect::read_request(&body).unwrap(), "")
    };
    let url = |url: &str| chat(serde_json::json!({"type": "image_url", "image_url": {"url": url}}));
    let data = |data: &str| chat(serde_json::json!({"type": "input_audio", "input_audio": {"data": data}}));
    let file = |id: &str| chat(serde_json::json!({"type": "file", "file": {"file_id": id}}));
    let block = |data: &str| {
        chat(
            serde_json::json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}),
        )
    };
    let ways: [Way<'_>; 4] = [&url, &data, &file, &block];
    for way in ways {
        let (one, two) = (way("https://e.org/AAAA"), way("https://e.org/BBBB"));
        assert_ne!(one.0, two.0);
        assert_ne!(one.1, two.1);
        assert_eq!(one, way("https://e.org/AAAA"));
    }
}

#[test]
fn a_server_tool_is_more_than_its_name() {
    let search = |domain: &str, ttl: &str| {
        let tool = serde_json::json!({"type": "web_search_20250305", "name": "web_search",
            "allowed_domains": [domain], "cache_control": {"type": "ephemeral", "ttl": ttl}});
        let body = serde_json::json!({"model": "claude-sonnet-5", "max_tokens": 9, "system": "s", "tools": [tool],
            "messages": [{"role": "user", "content": "news?"}]});
        request_key(&crate::dialect::read_request(&body).unwrap(), "")
    };
    assert_ne!(search("a.org", "5m"), search("b.org", "5m"));
    assert_eq!(search("a.org", "5m"), search("a.org", "1h"));
}

#[test]
fn folding_joins_case_and_punctuation_but_not_words() {
    assert_eq!(keys(&ask("Hello, world!"), "").1, keys(&ask("hello world"), "").1);
    assert_ne!(keys(&ask("hello word"), "").1, keys(&ask("hello world"), "").1);
}

proptest::proptest! {
    #[test]
    fn folding_keeps_letters_and_digits_in_lower_case(text in "[a-zA-Z0-9@\\[`{/:^\u{0}\u{7f}é ßİ.]{0,40}") {
        let of = |c: char| -> String { if c.is_alphanumeric() { c.to_lowercase().collect() } else { String::new() } };
        let expected: String = text.chars().map(of).collect();
        let mut folded = Vec::new();
        fold(&text, &mut folded);
        proptest::prop_assert_eq!(String::from_utf8(folded).unwrap(), expected);
    }

    /// Requests of few texts, so that many are the same, or the same but for case and punctuation.
    #[test]
    fn known_keys_are_equal_where_keys_are(
        requests in proptest::collection::vec((proptest::collection::vec((0_usize..4, 0_usize..10), 0..4), 0_u64..2), 2..8),
    ) {
        let secret = Secret::default();
        let roles = [Role::User, Role::Assistant, Role::System, Role::User];
        // The long ones go in by their digests; some differ at the end, some in what folding leaves out.
        let long = |n: usize, end: &str| "long ".repeat(40)[..n].to_owned() + end;
        let long = [long(64, "."), long(64, "!"), long(199, "x"), long(199, "X")];
        let [a, b, c, d] = long.each_ref().map(String::as_str);
        let texts = ["Hello, world!", "hello world", "hello word", "", "a", "A", a, b, c, d];
        let made: Vec<ChatRequest> = requests
            .iter()
            .map(|(messages, most)| {
                let messages =
                    messages.iter().map(|(role, text)| Arc::new(Message::text(roles[*role], texts[*text]))).collect();
                ChatRequest { messages, max_output: Some(*most), ..ChatRequest::default() }
            })
            .collect();
        let known = |request: &ChatRequest| {
            let digests: Vec<_> =
                request.messages.iter().map(|message| message_digests(message, &secret)).collect();
            known_keys(request, &secret, |index| &digests[index])
        };
        for one in &made {
            for two in &made {
                let (a, b, c, d) = (keys(one, ""), keys(two, ""), known(one), known(two));
                proptest::prop_assert_eq!((a.0 == b.0, a.1 == b.1), (c.0 == d.0, c.1 == d.1));
            }
        }
    }
}
