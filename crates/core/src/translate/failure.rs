//! Errors of providers, told apart by what one does about them. The words come before the status: several providers answer 400 for a
//! wrong key, and 429 for an account without money.

use serde_json::Value;

use super::model::FailureClass;

/// Words in a code, type or message, in lower case, and what they say. The most particular first.
const WORDS: &[(&str, FailureClass)] = &[
    ("context_length_exceeded", FailureClass::ContextOverflow),
    ("maximum context length", FailureClass::ContextOverflow),
    ("context window", FailureClass::ContextOverflow),
    ("prompt is too long", FailureClass::ContextOverflow),
    ("input is too long", FailureClass::ContextOverflow),
    ("too many input tokens", FailureClass::ContextOverflow),
    ("input token count", FailureClass::ContextOverflow),
    ("reduce the length of the messages", FailureClass::ContextOverflow),
    ("model_context_window_exceeded", FailureClass::ContextOverflow),
    ("request_too_large", FailureClass::TooLarge),
    ("insufficient_quota", FailureClass::QuotaExhausted),
    ("billing_not_active", FailureClass::QuotaExhausted),
    ("billing_hard_limit", FailureClass::QuotaExhausted),
    ("credit balance", FailureClass::QuotaExhausted),
    ("insufficient balance", FailureClass::QuotaExhausted),
    ("insufficient credits", FailureClass::QuotaExhausted),
    ("exceeded your current quota, please check your plan and billing", FailureClass::QuotaExhausted),
    ("content_filter", FailureClass::ContentFilter),
    ("content_policy", FailureClass::ContentFilter),
    ("content management policy", FailureClass::ContentFilter),
    ("responsibleaipolicyviolation", FailureClass::ContentFilter),
    ("invalid_api_key", FailureClass::Authentication),
    ("incorrect api key", FailureClass::Authentication),
    ("invalid x-api-key", FailureClass::Authentication),
    ("api key not valid", FailureClass::Authentication),
    ("api_key_invalid", FailureClass::Authentication),
    ("authentication_error", FailureClass::Authentication),
    ("unrecognizedclientexception", FailureClass::Authentication),
    ("expiredtoken", FailureClass::Authentication),
    ("unauthenticated", FailureClass::Authentication),
    ("permission_error", FailureClass::Permission),
    ("permission_denied", FailureClass::Permission),
    ("accessdenied", FailureClass::Permission),
    ("model_not_found", FailureClass::NotFound),
    ("deploymentnotfound", FailureClass::NotFound),
    ("not_found_error", FailureClass::NotFound),
    ("resourcenotfound", FailureClass::NotFound),
    ("rate_limit", FailureClass::RateLimited),
    ("too many requests", FailureClass::RateLimited),
    ("throttling", FailureClass::RateLimited),
    ("resource_exhausted", FailureClass::RateLimited),
    ("toomanyrequests", FailureClass::RateLimited),
    ("overloaded", FailureClass::Overloaded),
    ("capacity", FailureClass::Overloaded),
    ("serviceunavailable", FailureClass::Overloaded),
    ("modeltimeout", FailureClass::Timeout),
    ("deadline_exceeded", FailureClass::Timeout),
];

/// What kind of error it is, by the provider's codes, its words, and the status.
pub(super) fn classify(status: u16, codes: &[&str], message: &str) -> FailureClass {
    let by_words = |text: &str| {
        let text = text.to_lowercase();
        WORDS.iter().find(|(word, _)| text.contains(word)).map(|(_, class)| *class)
    };
    // Only where the status leaves room for it: a message may quote anything.
    let is_possible = |class: &FailureClass| match class {
        FailureClass::Overloaded | FailureClass::Timeout => !matches!(status, 400..=407 | 422),
        FailureClass::RateLimited => !matches!(status, 401 | 403 | 404 | 422),
        FailureClass::Authentication | FailureClass::Permission => status < 500 && status != 429,
        _ => true,
    };
    if let Some(class) = codes.iter().find_map(|code| by_words(code)).filter(is_possible) {
        // `rate_limit_exceeded` with a message about money, `invalid_request_error` with one about length.
        let told = by_words(message).filter(is_possible);
        return match told {
            Some(
                told @ (FailureClass::QuotaExhausted | FailureClass::ContextOverflow | FailureClass::ContentFilter),
            ) => told,
            _ => class,
        };
    }
    by_words(message).filter(is_possible).unwrap_or_else(|| by_status(status))
}

fn by_status(status: u16) -> FailureClass {
    match status {
        401 => FailureClass::Authentication,
        402 => FailureClass::QuotaExhausted,
        403 | 407 | 451 => FailureClass::Permission,
        404 | 405 | 410 => FailureClass::NotFound,
        408 | 504 => FailureClass::Timeout,
        413 => FailureClass::TooLarge,
        429 => FailureClass::RateLimited,
        503 | 529 => FailureClass::Overloaded,
        400..=499 => FailureClass::InvalidRequest,
        500..=599 => FailureClass::Server,
        _ => FailureClass::Unknown,
    }
}

/// A status that an error object carries.
pub(super) fn status_in(error: &Value) -> Option<u16> {
    let code = error.get("code").or_else(|| error.get("status"))?;
    let code = code.as_u64().or_else(|| code.as_str()?.parse().ok())?;
    u16::try_from(code).ok().filter(|code| (400..600).contains(code))
}

/// `retryDelay: "7s"` in Google's error details, in milliseconds.
pub(super) fn retry_delay(error: &Value) -> Option<u64> {
    let details = error.get("details")?.as_array()?;
    let delay = details.iter().find_map(|detail| detail.get("retryDelay")?.as_str())?;
    let seconds = delay.strip_suffix('s')?;
    let (whole, part) = seconds.split_once('.').unwrap_or((seconds, ""));
    let millis: u64 = format!("{part:0<3}").get(..3)?.parse().ok()?;
    whole.parse::<u64>().ok()?.checked_mul(1000)?.checked_add(millis)
}

/// The beginning of a body that holds no message.
pub(super) fn excerpt(body: &Value) -> String {
    let text = body.as_str().map_or_else(|| body.to_string(), str::to_owned);
    crate::text::shorten(&text, 300)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_before_the_status_where_they_can_be_true() {
        use FailureClass::{
            Authentication, ContentFilter, ContextOverflow, InvalidRequest, NotFound, Overloaded, QuotaExhausted,
            RateLimited, Server, Timeout,
        };
        for (status, codes, message, expected) in [
            (400, &["context_length_exceeded"][..], "", ContextOverflow),
            (400, &["invalid_request_error"], "prompt is too long: 210000 tokens > 200000 maximum", ContextOverflow),
            (
                429,
                &["insufficient_quota"],
                "You exceeded your current quota, please check your plan and billing details.",
                QuotaExhausted,
            ),
            (429, &["rate_limit_exceeded"], "Rate limit reached for gpt-4o", RateLimited),
            (400, &["API_KEY_INVALID"], "API key not valid. Please pass a valid API key.", Authentication),
            (400, &["content_filter"], "The response was filtered", ContentFilter),
            (404, &["model_not_found"], "The model `x` does not exist", NotFound),
            (400, &["invalid_request_error"], "'overloaded' is no tool", InvalidRequest),
            (529, &["overloaded_error"], "Overloaded", Overloaded),
            (500, &["api_error"], "Internal server error", Server),
            (504, &[], "", Timeout),
            (400, &[], "", InvalidRequest),
        ] {
            assert_eq!(classify(status, codes, message), expected, "{status} {codes:?} {message}");
        }
    }

    #[test]
    fn googles_delay_is_read() {
        let error = serde_json::json!({"details": [{"@type": "x"}, {"retryDelay": "7.5s"}]});
        assert_eq!(retry_delay(&error), Some(7500));
    }
}
