//! A service in front of the router: takes what OpenAI's SDK sends (`base_url=http://127.0.0.1:8787/v1`), whole or as a stream, tells who
//! asks by their key, and passes on what the router reports as headers.
//!
//! `OPENAI_API_KEY=… cargo run -p promptopt --example axum_service`; without a key answers are made up. Then
//! `curl -i http://127.0.0.1:8787/v1/chat/completions -H 'authorization: Bearer key-of-jo' -d '{"model": "gpt-4o-mini", "messages":
//! [{"role": "user", "content": "Say hello."}]}'`.

#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]

#[path = "common/door.rs"]
mod door;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use promptopt::error::{Error, Kind};
use promptopt::labels::Caller;
use promptopt::router::{Directives, Report, Request, Router};
use serde_json::{Value, json};

const SETTINGS: &str = "
[providers.openai]
api-key = 'env:OPENAI_API_KEY'

[[limits]]
name = 'callers'
by = 'caller'
rpm = 60
";

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let router = door::router(SETTINGS)?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8787").await?;
    println!("listening on http://{}", listener.local_addr()?);
    // Ends with control-C: first no more calls are taken, then those under way are answered and settled.
    let stop = async { _ = tokio::signal::ctrl_c().await };
    axum::serve(listener, service(router.clone())).with_graceful_shutdown(stop).await?;
    router.shutdown().await;
    Ok(())
}

fn service(router: Router) -> axum::Router {
    axum::Router::new().route("/v1/chat/completions", post(chat)).route("/health", get(health)).with_state(router)
}

async fn chat(State(router): State<Router>, headers: HeaderMap, body: Bytes) -> Response {
    let Some(caller) = caller(&headers) else {
        return (StatusCode::UNAUTHORIZED, error_body("invalid_api_key", "this key is not known")).into_response();
    };
    // What is no JSON is told by the router.
    let is_stream = serde_json::from_slice::<Value>(&body).is_ok_and(|body| body["stream"] == true);
    let request = Request::chat(body).with(directives(&headers));
    if is_stream {
        match router.stream(request, &caller).await {
            Ok(stream) => {
                let head = head("text/event-stream", stream.begun());
                (head, Body::from_stream(stream)).into_response()
            }
            Err(error) => failed(&error),
        }
    } else {
        match router.chat(request, &caller).await {
            Ok(answer) => (head("application/json", &answer.report), answer.body).into_response(),
            Err(error) => failed(&error),
        }
    }
}

/// Who asks. A service knows its keys; the tenant never comes from what the caller writes.
fn caller(headers: &HeaderMap) -> Option<Caller> {
    match headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")? {
        "key-of-jo" => Some(Caller::of("acme").id("jo").team("search")),
        "key-of-ann" => Some(Caller::of("zenith").id("ann")),
        _ => None,
    }
}

fn directives(headers: &HeaderMap) -> Directives {
    let control = headers.get(header::CACHE_CONTROL).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Directives {
        no_store: control.contains("no-store"),
        no_cache: control.contains("no-cache"),
        ..Directives::default()
    }
}

/// The type, and what the router reports: target, cache, attempts, cost.
fn head(kind: &str, report: &Report) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in report.headers().into_iter().chain([("content-type", kind.to_owned())]) {
        if let Ok(value) = value.parse() {
            headers.insert(name, value);
        }
    }
    headers
}

/// An error as OpenAI's clients read them. A provider's own answer is passed on as it came.
fn failed(error: &Error) -> Response {
    let status = match error.kind() {
        Kind::Input => StatusCode::BAD_REQUEST,
        Kind::Budget => StatusCode::PAYMENT_REQUIRED,
        Kind::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        Kind::NoTarget => StatusCode::UNPROCESSABLE_ENTITY,
        Kind::Timeout => StatusCode::GATEWAY_TIMEOUT,
        Kind::Unavailable | Kind::Closed => StatusCode::SERVICE_UNAVAILABLE,
        Kind::Provider | Kind::Unreachable | Kind::Truncated => StatusCode::BAD_GATEWAY,
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let mut headers = HeaderMap::new();
    if let Some(pause) = error.pause() {
        headers.insert(header::RETRY_AFTER, pause.as_secs().max(1).into());
    }
    if let Some(told) = error.provider() {
        let status = StatusCode::from_u16(told.status).ok().filter(|told| told.as_u16() >= 400).unwrap_or(status);
        return (status, headers, told.body.clone()).into_response();
    }
    let code = format!("{:?}", error.kind()).to_lowercase();
    (status, headers, error_body(&code, &error.to_string())).into_response()
}

fn error_body(code: &str, message: &str) -> String {
    json!({"error": {"message": message, "type": "router_error", "code": code}}).to_string()
}

async fn health(State(router): State<Router>) -> Response {
    let status = router.status();
    let code = if status.ledger_failing.is_some() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK };
    let body = json!({"calls": status.calls, "cache_hits": status.cache.hits, "ledger": status.ledger_failing});
    (code, body.to_string()).into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use axum::http::Request as Sent;
    use tower_service::Service as _;

    use super::*;

    async fn ask(app: &mut axum::Router, key: &str, body: &str) -> (StatusCode, HeaderMap, String) {
        let request = Sent::post("/v1/chat/completions")
            .header("authorization", format!("Bearer {key}"))
            .body(Body::from(body.to_owned()))
            .unwrap();
        let (head, body) = app.call(request).await.unwrap().into_parts();
        let body = to_bytes(body, 1 << 20).await.unwrap();
        (head.status, head.headers, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn it_runs() {
        let mut app = service(door::router(SETTINGS).unwrap());
        let whole = r#"{"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "hi"}]}"#;
        let (status, headers, body) = ask(&mut app, "key-of-jo", whole).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        assert_eq!(headers["x-promptopt-target"], "openai/gpt-4o-mini");
        assert_eq!(headers["x-promptopt-attempts"], "1");
        assert!(headers.contains_key("x-promptopt-cost-usd") && headers["content-type"] == "application/json");
        let streamed = whole.replacen('{', r#"{"stream": true, "#, 1);
        let (status, headers, body) = ask(&mut app, "key-of-jo", &streamed).await;
        assert!(status == StatusCode::OK && headers["content-type"] == "text/event-stream", "{body}");
        assert!(body.ends_with("data: [DONE]\n\n"), "{body}");
    }

    #[tokio::test]
    async fn errors_have_a_status_and_a_body() {
        let mut app = service(door::router(SETTINGS).unwrap());
        assert_eq!(ask(&mut app, "no-key", "{}").await.0, StatusCode::UNAUTHORIZED);
        let (status, _, body) = ask(&mut app, "key-of-jo", r#"{"model": "gpt-4o-mini", "messages": 7}"#).await;
        assert!(status == StatusCode::BAD_REQUEST && body.contains("messages"), "{body}");
    }
}
