//! Keys and passwords in text: found by the shapes that providers give them, and hidden wherever a finding would show them.
//! The same search serves the rule and the reports: a secret never reaches a log, whichever rule is on.

use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use super::diagnostic::Finding;
use crate::text::floor;

/// A secret in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Secret {
    /// Its bytes.
    pub span: Range<usize>,
    /// What it is: `Anthropic API key`.
    pub what: &'static str,
}

/// Beginning of a key, what it is, and the rest of its shape.
const SHAPES: &[(&str, &str, &str)] = &[
    ("sk-ant-", "Anthropic API key", r"[A-Za-z0-9]{3,12}-[A-Za-z0-9_-]{40,}"),
    ("sk-proj-", "OpenAI API key", r"[A-Za-z0-9_-]{40,}"),
    ("sk-svcacct-", "OpenAI API key", r"[A-Za-z0-9_-]{40,}"),
    ("sk-admin-", "OpenAI API key", r"[A-Za-z0-9_-]{40,}"),
    ("sk-or-v1-", "OpenRouter API key", r"[0-9a-f]{64}"),
    ("sk-", "API key", r"[A-Za-z0-9]{32,}"),
    ("AIza", "Google API key", r"[0-9A-Za-z_-]{35}"),
    ("AKIA", "AWS access key id", r"[A-Z2-7]{16}"),
    ("ASIA", "AWS access key id", r"[A-Z2-7]{16}"),
    ("github_pat_", "GitHub token", r"[A-Za-z0-9]{22}_[A-Za-z0-9]{59}"),
    ("ghp_", "GitHub token", r"[A-Za-z0-9]{36}"),
    ("gho_", "GitHub token", r"[A-Za-z0-9]{36}"),
    ("ghu_", "GitHub token", r"[A-Za-z0-9]{36}"),
    ("ghs_", "GitHub token", r"[A-Za-z0-9]{36}"),
    ("ghr_", "GitHub token", r"[A-Za-z0-9]{36}"),
    ("glpat-", "GitLab token", r"[A-Za-z0-9_-]{20,}"),
    ("xoxb-", "Slack token", r"[0-9]{8,}-[A-Za-z0-9-]{16,}"),
    ("xoxp-", "Slack token", r"[0-9]{8,}-[A-Za-z0-9-]{16,}"),
    ("xoxa-", "Slack token", r"[0-9]{8,}-[A-Za-z0-9-]{16,}"),
    ("https://hooks.slack.com/services/", "Slack webhook", r"T[A-Z0-9]{8,}/B[A-Z0-9]{8,}/[A-Za-z0-9]{20,}"),
    ("sk_live_", "Stripe secret key", r"[A-Za-z0-9]{24,}"),
    ("rk_live_", "Stripe restricted key", r"[A-Za-z0-9]{24,}"),
    ("hf_", "Hugging Face token", r"[A-Za-z]{34}"),
    ("gsk_", "Groq API key", r"[A-Za-z0-9]{48,}"),
    ("xai-", "xAI API key", r"[A-Za-z0-9]{70,}"),
    ("pplx-", "Perplexity API key", r"[A-Za-z0-9]{48}"),
    ("r8_", "Replicate token", r"[A-Za-z0-9]{37}"),
    ("npm_", "npm token", r"[A-Za-z0-9]{36}"),
    ("pypi-AgEI", "PyPI token", r"[A-Za-z0-9_-]{50,}"),
    ("SG.", "SendGrid API key", r"[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"),
    ("eyJ", "JSON web token", r"[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{40,}\.[A-Za-z0-9_-]{20,}"),
    ("-----BEGIN ", "private key", r"(?:[A-Z]{2,10} ){0,2}PRIVATE KEY(?: BLOCK)?-----"),
];

static KEYS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let shapes: Vec<String> =
        SHAPES.iter().map(|(prefix, _, rest)| format!("(?:{}{rest})", regex::escape(prefix))).collect();
    Regex::new(&shapes.join("|")).ok()
});

/// Ends of names that may say that a value is secret; [`says_secret`] looks at what stands before.
static NAMES: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let words = ["key", "secret", "token", "password", "passwort", "passwd", "authorization"];
    let cases = words.iter().flat_map(|word| {
        let (first, rest) = word.split_at(1);
        [format!("[{}{first}]{rest}", first.to_uppercase()), word.to_uppercase()]
    });
    Regex::new(&cases.collect::<Vec<_>>().join("|")).ok()
});

/// What follows such a name: a sign, and a value.
static VALUE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"^["'`\\]{0,3}[ \t]{0,3}(?:=>|:=|[:=])[ \t]{0,3}["'`\\]{0,2}(?:[Bb]earer )?"#,
        r"([A-Za-z0-9+/_\-]{20,200}={0,2})"
    ))
    .ok()
});

/// What stands before `key`, `secret` and `token` where the value is one that opens something.
const BEFORE: &[&str] = &["api", "secret", "private", "access", "client", "app", "auth", "bot", "bearer", "refresh"];

/// The secrets in a text, in rising order, without overlaps. O(n), and near the speed of memory where there are none.
pub fn find(text: &str) -> Vec<Secret> {
    let mut found = Vec::new();
    if let Some(keys) = &*KEYS {
        for shape in keys.find_iter(text) {
            let Some((prefix, what, _)) = SHAPES.iter().find(|(prefix, ..)| shape.as_str().starts_with(prefix)) else {
                continue;
            };
            if *what == "private key" {
                found.extend(block(text, shape.range()).map(|span| Secret { span, what }));
            } else if stands_alone(text, &shape.range()) && is_real(&shape.as_str()[prefix.len()..]) {
                found.push(Secret { span: shape.range(), what });
            }
        }
    }
    let n_keys = found.len();
    if let (Some(names), Some(shape)) = (&*NAMES, &*VALUE) {
        for name in names.find_iter(text) {
            let is_followed = text.as_bytes().get(name.end()).is_some_and(|byte| b"\"'`\\:= ".contains(byte));
            if !is_followed || !says_secret(text, &name.range()) {
                continue;
            }
            let near = &text[name.end()..floor(text, name.end() + 240)];
            let Some(value) = shape.captures(near).and_then(|captures| captures.get(1)) else { continue };
            let span = name.end() + value.start()..name.end() + value.end();
            let next = found[..n_keys].partition_point(|key| key.span.end <= span.start);
            let is_new = found[..n_keys].get(next).is_none_or(|key| span.end <= key.span.start);
            if is_new && stands_alone(text, &span) && is_random(value.as_str()) {
                found.push(Secret { span, what: "secret" });
            }
        }
        found.sort_by_key(|secret| secret.span.start);
    }
    found
}

/// Whether a name that ends in `key`, `token` and the like is that of something that opens a door: an `api_key`, not a
/// `cache_key` or a `page_token`.
fn says_secret(text: &str, end: &Range<usize>) -> bool {
    let word = text[end.clone()].to_ascii_lowercase();
    if word.starts_with("pass") || word == "authorization" {
        return true;
    }
    let before = text[floor(text, end.start.saturating_sub(8))..end.start].to_ascii_lowercase();
    let before = before.trim_end_matches(['_', '-']);
    BEFORE.iter().any(|kind| before.ends_with(kind))
}

/// The whole of a PEM block whose first line stands in `head`; `None` if no key follows it.
fn block(text: &str, head: Range<usize>) -> Option<Range<usize>> {
    let rest = text.get(head.end..)?;
    let is_part = |c: char| c.is_ascii_alphanumeric() || c.is_ascii_whitespace() || "+/=\\:,\"'".contains(c);
    let body = &rest[..rest.find(|c: char| !is_part(c)).unwrap_or(rest.len())];
    let is_key = body.split(|c: char| !c.is_ascii_alphanumeric() && !"+/=".contains(c)).any(|line| {
        let line = line.strip_prefix('n').unwrap_or(line);
        line.len() >= 40 && is_real(line)
    });
    let tail = &rest[body.len()..];
    let end = match tail.starts_with("-----END ").then(|| tail[9..].find("-----")).flatten() {
        Some(end) if end < 40 => head.end + body.len() + 9 + end + 5,
        _ => head.end + body.trim_end().len(),
    };
    is_key.then_some(head.start..end)
}

/// Not the middle of a longer word, and not cut off with dots.
fn stands_alone(text: &str, span: &Range<usize>) -> bool {
    let before = &text[..span.start];
    let after = &text[span.end..];
    let is_inside = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    // In a string of JSON or a program the letter before may be an escape's: `\nsk-…`.
    let is_escape = ["\\n", "\\t", "\\r"].iter().any(|escape| before.ends_with(escape));
    (is_escape || !before.ends_with(is_inside))
        && !after.starts_with(is_inside)
        && !["...", "…", "***"].iter().any(|mark| after.starts_with(mark))
}

/// Their bytes alone, for who hides them.
pub fn spans(text: &str) -> impl Iterator<Item = Range<usize>> {
    find(text).into_iter().map(|secret| secret.span)
}

/// A text with every secret in it replaced by `…`, for what is shown.
pub fn hidden(text: &str) -> std::borrow::Cow<'_, str> {
    let found = find(text);
    if found.is_empty() {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len());
    let mut at = 0;
    for secret in found {
        shown.push_str(&text[at..secret.span.start]);
        shown.push('…');
        at = secret.span.end;
    }
    shown.push_str(&text[at..]);
    shown.into()
}

/// What stands in for a key in examples.
const STAND_INS: &[&str] = &[
    "example",
    "xxxx",
    "your",
    "placeholder",
    "redacted",
    "dummy",
    "fake",
    "sample",
    "changeme",
    "replace",
    "insert",
    "abcdef",
    "123456",
    "987654",
    "0000",
    "aaaa",
    "1111",
    "qwerty",
    "secret",
    "mykey",
    "apikey",
    "api-key",
    "api_key",
    // The token with which the format is explained everywhere: its payload has the subject 1234567890.
    "eyjzdwiioiixmjm0nty3odkw",
];

/// Whether the body of a key could be one: no stand-in, and as varied as random text is.
fn is_real(body: &str) -> bool {
    let lower = body.to_ascii_lowercase();
    !STAND_INS.iter().any(|word| lower.contains(word)) && bits(body) >= if body.len() < 24 { 2.9 } else { 3.2 }
}

/// Whether a value that only its name calls secret is one: letters and digits in turns, not words.
fn is_random(value: &str) -> bool {
    let bytes = value.as_bytes();
    let n_digits = bytes.iter().filter(|b| b.is_ascii_digit()).count();
    let n_turns = bytes.windows(2).filter(|pair| pair[0].is_ascii_digit() != pair[1].is_ascii_digit()).count();
    let is_hex = bytes.iter().all(u8::is_ascii_hexdigit);
    let is_uuid =
        bytes.len() == 36 && bytes.iter().enumerate().all(|(at, b)| (*b == b'-') == [8, 13, 18, 23].contains(&at));
    let has_cases = bytes.iter().any(u8::is_ascii_lowercase) && bytes.iter().any(u8::is_ascii_uppercase);
    let is_varied = if is_hex { bytes.len() >= 32 } else { has_cases && bits(value) >= 3.6 };
    n_digits >= 3 && n_turns >= 5 && !is_uuid && is_varied && is_real(value)
}

/// Shannon entropy of a text's bytes, in bits a byte.
fn bits(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in text.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let total = text.len().max(1) as f64;
    let share = |count: &u32| f64::from(*count) / total;
    counts.iter().filter(|count| **count > 0).map(|count| -share(count) * share(count).log2()).sum()
}

/// As it may be shown: its first four characters.
pub fn shown(secret: &str) -> String {
    let first: String = secret.chars().take(4).collect();
    format!("{first}…")
}

/// Hides a file's secrets in what rules say of it: a message may quote the text that it is about.
pub(super) fn scrub<'f>(text: &str, findings: impl Iterator<Item = &'f mut Finding>) {
    let mut findings = findings.peekable();
    if findings.peek().is_none() {
        return;
    }
    let secrets = find(text);
    if secrets.is_empty() {
        return;
    }
    for finding in findings {
        let strings = std::iter::once(&mut finding.message)
            .chain(finding.labels.iter_mut().map(|(_, label)| label))
            .chain(&mut finding.notes)
            .chain(&mut finding.help)
            .chain(finding.fix.as_mut().map(|fix| &mut fix.title));
        for string in strings {
            for secret in &secrets {
                hide(string, text.get(secret.span.clone()).unwrap_or_default());
            }
        }
    }
}

/// Hides a secret, or as much of it as is quoted from its beginning.
fn hide(string: &mut String, secret: &str) {
    let Some(beginning) = secret.get(..secret.len().min(10)) else { return };
    while let Some(start) = string.find(beginning) {
        let n_same = string[start..].bytes().zip(secret.bytes()).take_while(|(a, b)| a == b).count();
        string.replace_range(start..start + n_same, &shown(secret));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Put together here, so that no scanner takes the test for a leak.
    fn key() -> String {
        format!("sk-{}-{}", "proj", "Zk3vQ9tLr7WmXc2Hs8BnPd4YfGj6TeAu5RoEiKwVxMhCbDqS")
    }

    fn check(text: &str, expected: &[&str]) {
        let found: Vec<&str> = find(text).into_iter().map(|secret| secret.what).collect();
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn keys_stand_between_marks_and_behind_escapes() {
        let key = format!("sk-proj-{}", "Zq8mW2rT7xK4vB9nL3pD6hF1sG5jC0yA8uE2iO7tR4wM");
        for text in [
            format!("<key>{key}</key>"),
            format!("**{key}**"),
            format!("{key}{{% endif %}}"),
            format!(r"Use\n{key} please"),
            format!("header({key})"),
        ] {
            assert_eq!(find(&text).len(), 1, "{text}");
            assert!(!hidden(&text).contains(&key), "{text}");
        }
        assert!(find(&format!("{key}...")).is_empty(), "cut off");
    }

    #[test]
    fn keys_are_known_by_their_shape_and_stand_ins_are_none() {
        check(&format!("key: {}", key()), &["OpenAI API key"]);
        check(&format!("task-{}", &key()[3..]), &[]);
        check("OPENAI_API_KEY=sk-... or sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", &[]);
        check("AKIAIOSFODNN7EXAMPLE", &[]);
        check("export OPENAI_API_KEY=sk-abcdefghijklmnopqrstuvwxyz0123456789abcdefghijkl", &[]);
        check("-----BEGIN RSA PRIVATE KEY-----\n...\n-----END RSA PRIVATE KEY-----", &[]);
    }

    #[test]
    fn other_values_need_a_name_that_says_so() {
        let value = "q8Zt3LmX0vB7nR2kW5yC9dHs4JfG";
        check(&format!("client_secret = \"{value}\""), &["secret"]);
        check(&format!("next_page = \"{value}\""), &[]);
        check("api_key = process.env.TRELLO_API_KEY_2024_PRODUCTION", &[]);
        check("password: generateTemporaryPassword2(user1)", &[]);
        check("api_key: 550e8400-e29b-41d4-a716-446655440000", &[]);
    }

    #[test]
    fn what_is_shown_has_four_characters_of_it() {
        let text = format!("a\n{}\nb", key());
        let mut finding = Finding::at(0..1, format!("`{}` is said twice", &key()[..30]));
        scrub(&text, std::iter::once(&mut finding));
        assert_eq!(finding.message, "`sk-p…` is said twice");
    }
}
