//! The door to the providers over real connections: where requests go and with what, what is taken for an answer, and in what every fault ends.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking; helpers of integration tests are not seen as tests")]

#[path = "support/scripted.rs"]
#[allow(dead_code, reason = "shared with the tests of the router")]
mod support;

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use promptopt::chat::Dialect;
use promptopt::error::{Error, Kind};
use promptopt::secret::SecretRef;
use promptopt::upstream::http::HttpUpstream;
use promptopt::upstream::settings::{Auth, ProviderSettings};
use promptopt::upstream::{Outgoing, Upstream};
use promptopt_scripted::{FAULTS, Scripted, Step, answer, chat, chunk, chunked_head, head};
use secrecy::SecretString;
use support::{CANARY, provider};

/// The longest answer that is taken here.
const MAX: usize = 1 << 20;

fn door(settings: &ProviderSettings) -> HttpUpstream {
    HttpUpstream::new(std::slice::from_ref(settings), &|_| Ok(SecretString::from(CANARY))).unwrap()
}

fn outgoing(settings: &ProviderSettings, is_stream: bool) -> Outgoing {
    Outgoing {
        provider: Arc::clone(&settings.name),
        dialect: settings.dialect,
        model: "a/model:1".into(),
        is_stream,
        headers: Vec::new(),
        body: format!(r#"{{"stream":{is_stream}}}"#).into(),
        total: None,
    }
}

async fn send(door: &HttpUpstream, call: Outgoing) -> Result<(u16, Vec<u8>), Error> {
    let whole = async {
        let mut incoming = door.send(call).await?;
        Ok((incoming.status, incoming.body.all(MAX).await?.to_vec()))
    };
    tokio::time::timeout(Duration::from_secs(20), whole).await.expect("the door hangs")
}

fn at(server: &Scripted) -> (HttpUpstream, ProviderSettings) {
    let settings = provider("p", "openai", Dialect::Chat, server);
    (door(&settings), settings)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_ends_in_bytes_or_in_an_error_that_tells_no_address_and_no_key() {
    let mut calls = Vec::new();
    for fault in FAULTS {
        for (is_stream, steps) in [(false, fault.plain), (true, fault.stream)] {
            let Some(steps) = steps else { continue };
            calls.push(async move {
                let server = Scripted::start(move |_| steps()).await.unwrap();
                let (door, settings) = at(&server);
                let seen = send(&door, outgoing(&settings, is_stream)).await;
                assert_eq!(server.n_calls(), 1, "{}: the door asked again", fault.name);
                (fault.name, is_stream, server.address, seen)
            });
        }
    }
    let mut kinds = std::collections::BTreeMap::new();
    let mut calls = futures_util::stream::iter(calls).buffer_unordered(8);
    while let Some((name, is_stream, address, seen)) = calls.next().await {
        kinds
            .insert((name, is_stream), seen.as_ref().map_or_else(|error| Err(error.kind()), |(status, _)| Ok(*status)));
        let Err(error) = seen else { continue };
        let told = format!("{error} {error:?}");
        assert!(!told.contains(CANARY) && !told.contains(&address.to_string()), "{name}: {told}");
        assert!(matches!(error.kind(), Kind::Timeout | Kind::Truncated | Kind::Unreachable), "{name}: {told}");
    }
    for (name, is_stream, expected) in [
        ("429", false, Ok(429)),
        ("529", true, Ok(529)),
        ("a redirect", false, Ok(307)),
        ("429, compressed unasked", true, Ok(429)),
        ("HTML", false, Ok(200)),
        ("no answer at all", false, Err(Kind::Timeout)),
        ("a head a byte at a time", true, Err(Kind::Timeout)),
        ("silence after the head", false, Err(Kind::Timeout)),
        ("silence in the middle", true, Err(Kind::Timeout)),
        ("a body that never ends", true, Err(Kind::Timeout)),
        ("a reset before the head", false, Err(Kind::Truncated)),
        ("an end before the head", true, Err(Kind::Truncated)),
        ("a reset in the middle", true, Err(Kind::Truncated)),
        ("an end in the middle", false, Err(Kind::Truncated)),
        ("a length that is too long", false, Err(Kind::Truncated)),
        ("chunks that are none", true, Err(Kind::Truncated)),
        ("a chunk that is cut off", false, Err(Kind::Truncated)),
        ("no HTTP", false, Err(Kind::Truncated)),
        ("compressed unasked", true, Err(Kind::Truncated)),
        ("a compressed bomb", false, Err(Kind::Truncated)),
        ("a line of 20 MiB", true, Err(Kind::Truncated)),
    ] {
        assert_eq!(kinds.get(&(name, is_stream)), Some(&expected), "{name}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let other = Scripted::start(|_| chat("stolen", 1, 1)).await.unwrap();
    let to = format!("http://{}/v1/chat/completions", other.address);
    for status in [301, 302, 307, 308] {
        let to = to.clone();
        let server = Scripted::start(move |_| answer(status, &[("location", &to)], b"")).await.unwrap();
        let (door, settings) = at(&server);
        assert_eq!(send(&door, outgoing(&settings, false)).await.unwrap().0, status);
    }
    assert_eq!(other.n_calls(), 0);
}

#[tokio::test]
async fn a_connection_is_used_again_until_it_is_closed_or_spoiled() {
    let server = Scripted::start(|asked| match asked.number {
        0 => answer(200, &[], b"0"),
        1 => {
            vec![Step::Bytes([chunked_head(200, &[]), chunk(b"1"), chunk(b"")].concat())]
        }
        2 => [answer(200, &[], b"2"), vec![Step::Close]].concat(),
        // An answer to a question that nobody has asked: the next must not get it.
        3 => vec![Step::Bytes(
            [head(200, &[], Some(1)), b"3".to_vec(), head(200, &[], Some(6)), b"poison".to_vec()].concat(),
        )],
        _ => answer(200, &[], b"4"),
    })
    .await
    .unwrap();
    let (door, settings) = at(&server);
    let mut said = Vec::new();
    for _ in 0..5 {
        said.push(String::from_utf8(send(&door, outgoing(&settings, false)).await.unwrap().1).unwrap());
        // The other side's end is seen only when it has come.
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    assert_eq!(said, ["0", "1", "2", "3", "4"]);
    let connections: Vec<_> = server.asked().iter().map(|asked| asked.connection).collect();
    assert_eq!(connections, [0, 0, 0, 1, 2]);
}

#[tokio::test]
async fn who_is_not_there_or_speaks_no_tls_is_not_reached() {
    let server = Scripted::start(|_| chat("hello", 1, 1)).await.unwrap();
    let mut settings = provider("p", "openai", Dialect::Chat, &server);
    settings.base_url = settings.base_url.replace("http:", "https:");
    // The handshake is part of connecting: the server waits for more of what it takes for a request.
    settings.timeouts.connect = Duration::from_millis(100);
    let error = send(&door(&settings), outgoing(&settings, false)).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unreachable, "{error}");
    // What was written there is no request: the key has not been sent.
    assert_eq!(server.n_calls(), 0);

    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    settings.base_url = format!("http://{}/v1", listener.local_addr().unwrap());
    drop(listener);
    let error = send(&door(&settings), outgoing(&settings, false)).await.unwrap_err();
    assert_eq!(error.kind(), Kind::Unreachable, "{error}");
    assert!(!error.to_string().contains("127.0.0.1"), "{error}");
}

#[tokio::test]
async fn each_time_limit_names_itself_and_a_calls_own_limit_holds() {
    let silent = Scripted::start(|_| vec![Step::Pause(Duration::from_secs(3600))]).await.unwrap();
    let (door, settings) = at(&silent);
    let error = send(&door, outgoing(&settings, false)).await.unwrap_err();
    assert!(error.to_string().contains("did not begin to answer within 1s"), "{error}");
    let hurried = Outgoing { total: Some(Duration::from_millis(50)), ..outgoing(&settings, false) };
    let error = send(&door, hurried).await.unwrap_err();
    assert!(error.to_string().contains("did not begin to answer within 50"), "{error}");

    let stalling =
        Scripted::start(|_| vec![Step::Bytes(head(200, &[], Some(9))), Step::Pause(Duration::from_secs(3600))])
            .await
            .unwrap();
    let (door, settings) = at(&stalling);
    let error = send(&door, outgoing(&settings, false)).await.unwrap_err();
    assert!(error.to_string().contains("was silent in the middle of its answer within 1s"), "{error}");

    let endless = Scripted::start(|_| {
        let drip = [Step::Bytes(b" ".to_vec()), Step::Pause(Duration::from_millis(20))];
        [vec![Step::Bytes(head(200, &[], None))], drip.into_iter().cycle().take(10_000).collect()].concat()
    })
    .await
    .unwrap();
    let (door, settings) = at(&endless);
    let hurried = Outgoing { total: Some(Duration::from_millis(200)), ..outgoing(&settings, true) };
    let error = send(&door, hurried).await.unwrap_err();
    assert!(error.to_string().contains("within the time for the whole call"), "{error}");
}

#[tokio::test]
async fn an_answer_that_is_too_long_is_refused_and_the_rest_not_read() {
    let server = Scripted::start(|_| {
        let pieces = std::iter::repeat_n(Step::Bytes(vec![b'x'; 64 << 10]), 1000);
        [vec![Step::Bytes(head(200, &[], None))], pieces.collect()].concat()
    })
    .await
    .unwrap();
    let (door, settings) = at(&server);
    let error = send(&door, outgoing(&settings, false)).await.unwrap_err();
    assert!(error.kind() == Kind::Truncated && error.to_string().contains("longer than"), "{error}");
}

#[tokio::test]
async fn each_dialect_has_its_address_and_its_way_of_saying_who_asks() {
    let server = Scripted::start(|_| answer(200, &[], b"{}")).await.unwrap();
    let header = |name: &str| Auth::Header(name.to_owned(), SecretRef::Env("K".to_owned()));
    let bearer = Auth::Bearer(SecretRef::Env("K".to_owned()));
    let key = format!("Bearer {CANARY}");
    let cases = [
        (Dialect::Chat, "openai", None, bearer.clone(), false, "/v1/chat/completions", ("authorization", &*key)),
        (Dialect::Responses, "openai", None, bearer.clone(), true, "/v1/responses", ("authorization", &*key)),
        (Dialect::Embeddings, "openai", None, bearer, false, "/v1/embeddings", ("authorization", &*key)),
        (Dialect::Messages, "anthropic", None, header("x-api-key"), true, "/v1/messages", ("x-api-key", CANARY)),
        (
            Dialect::GenerateContent,
            "gemini",
            None,
            header("x-goog-api-key"),
            true,
            "/v1/models/a%2Fmodel%3A1:streamGenerateContent?alt=sse",
            ("x-goog-api-key", CANARY),
        ),
        (
            Dialect::GenerateContent,
            "gemini",
            None,
            header("x-goog-api-key"),
            false,
            "/v1/models/a%2Fmodel%3A1:generateContent",
            ("x-goog-api-key", CANARY),
        ),
        (
            Dialect::Converse,
            "bedrock",
            None,
            Auth::Bearer(SecretRef::Env("K".to_owned())),
            true,
            "/v1/model/a%2Fmodel%3A1/converse-stream",
            ("authorization", &*key),
        ),
        (
            Dialect::Chat,
            "azure",
            Some("2024-10-21"),
            header("api-key"),
            false,
            "/v1/openai/deployments/a%2Fmodel%3A1/chat/completions?api-version=2024-10-21",
            ("api-key", CANARY),
        ),
        (Dialect::Chat, "azure", None, header("api-key"), false, "/v1/chat/completions", ("api-key", CANARY)),
    ];
    for (dialect, host, version, auth, is_stream, path, (name, value)) in cases {
        let mut settings = provider("p", host, dialect, &server);
        settings.auth = auth;
        settings.api_version = version.map(str::to_owned);
        settings.headers = vec![("x-own".to_owned(), "1".to_owned())];
        send(&door(&settings), outgoing(&settings, is_stream)).await.unwrap();
        let asked = server.asked().pop().unwrap();
        assert_eq!((&*asked.method, &*asked.path), ("POST", path));
        assert_eq!(asked.header(name), Some(value), "{path}");
        assert_eq!(asked.header("anthropic-version").is_some(), dialect == Dialect::Messages);
        assert_eq!((asked.header("x-own"), asked.header("accept-encoding")), (Some("1"), Some("identity")));
        // The key is said once, and in no address.
        let n_keys = asked.headers.iter().filter(|(_, value)| value.contains(CANARY)).count();
        assert!(n_keys == 1 && !asked.path.contains(CANARY), "{path}");
    }
}

#[tokio::test]
async fn a_header_that_breaks_its_line_is_not_sent() {
    let server = Scripted::start(|_| answer(200, &[], b"{}")).await.unwrap();
    let (door, settings) = at(&server);
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let headers = vec![header("openai-beta", "a\r\nx-evil: 1"), header("x:y", "1"), header("anthropic-beta", "fine")];
    send(&door, Outgoing { headers, ..outgoing(&settings, false) }).await.unwrap();
    let asked = server.asked().pop().unwrap();
    assert_eq!((asked.header("openai-beta"), asked.header("x-evil")), (None, None));
    assert_eq!(asked.header("anthropic-beta"), Some("fine"));
}

/// What is spoiled in a provider's settings.
type Change = fn(&mut ProviderSettings);

#[test]
fn what_cannot_be_sent_is_said_when_the_door_is_made() {
    let made = |change: fn(&mut ProviderSettings), secret: &'static str| {
        let mut settings = ProviderSettings {
            name: "p".into(),
            host: "openai".into(),
            dialect: Dialect::Chat,
            base_url: "https://api.example.com/v1".to_owned(),
            auth: Auth::Bearer(SecretRef::Env("K".to_owned())),
            headers: Vec::new(),
            api_version: None,
            deployments: Vec::new(),
            region: None,
            tiers: Vec::new(),
            timeouts: promptopt::upstream::settings::Timeouts::default(),
        };
        change(&mut settings);
        HttpUpstream::new(&[settings], &|_| Ok(SecretString::from(secret)))
            .err()
            .map(|error| format!("{error} {error:?}"))
    };
    assert_eq!(made(|_| {}, CANARY), None);
    let wrong: [(Change, &str, &str); 6] = [
        (|settings| settings.base_url = "ftp://example.com".to_owned(), CANARY, "providers.p.base-url"),
        (|settings| settings.base_url = "example.com".to_owned(), CANARY, "providers.p.base-url"),
        (|settings| settings.base_url = format!("https://me:{CANARY}@example.com"), CANARY, "providers.p.base-url"),
        (|settings| settings.headers = vec![("a b".to_owned(), "1".to_owned())], CANARY, "providers.p.headers"),
        (|settings| settings.headers = vec![("a".to_owned(), "1\n2".to_owned())], CANARY, "providers.p.headers"),
        (|_| {}, "sk-canary-4f3a9c\nx", "providers.p.api-key"),
    ];
    for (change, secret, place) in wrong {
        let told = made(change, secret).unwrap_or_else(|| panic!("nothing is said of {place}"));
        assert!(told.contains(place) && !told.contains(CANARY), "{told}");
    }
}
