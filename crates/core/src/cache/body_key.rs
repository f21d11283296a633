//! The key of a live request: keyed BLAKE3 over its body in canonical form (members sorted, numbers as spelt, text byte for byte), and
//! over all that an answer depends on beside it. Everything that is not known to be bookkeeping is in the key: a field that nobody has
//! heard of may bear on the answer.
//!
//! It is finer than the key of an estimate, which reads logs and has no bodies: two spellings of one request (`"hi"` and a list of one
//! text part) are two here.

use serde_json::{Map, Value};

use crate::chat::Dialect;
use crate::labels::Partition;
use crate::target::Target;

/// Rises when the canonical form changes.
const VERSION: u8 = 2;

/// Members of a body that do not bear on the answer: who asks, how it is delivered, what it costs.
const BOOKKEEPING: [&str; 10] = [
    "metadata",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "safety_identifier",
    "service_tier",
    "stream",
    "stream_options",
    "stream_tokens",
    "user",
];

/// Members whose lists hold what may carry a mark for the provider's prompt cache (`cache_control`): there it does not bear on the answer.
/// Within a schema or an argument a member of that name is as good as any other.
const MARKED: [&str; 5] = ["content", "input", "messages", "system", "tools"];

/// A secret by which keys are made: whoever sees a key can neither guess requests by it nor make one.
#[derive(Clone)]
pub struct KeySecret([u8; 32]);

/// What an answer depends on beside the body.
#[derive(Clone, Debug)]
pub struct Scope<'a> {
    /// Whose answers these are: from the caller's authenticated identity. There is no key without one.
    pub partition: &'a Partition,
    /// The end user, where end users do not share.
    pub user: Option<&'a str>,
    /// The dialect of the request, which is that of the answer.
    pub dialect: Dialect,
    /// Rises when what answers depend on changes outside of requests.
    pub epoch: u64,
    /// What is done to prompts on their way (a route's `optimize`), and what its answers may hold.
    pub rewrite: u8,
    /// Headers that bear on the answer.
    pub headers: &'a [(String, String)],
}

/// The key of an answer.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BodyKey(pub [u8; 32]);

impl KeySecret {
    /// A secret that nobody else knows, for keys that do not leave the process.
    pub fn random() -> KeySecret {
        let mut secret = [0; 32];
        fastrand::fill(&mut secret);
        KeySecret(secret)
    }

    /// One that several processes share.
    pub fn of(text: &str) -> KeySecret {
        KeySecret(blake3::derive_key("promptopt response cache key 1", text.as_bytes()))
    }
}

/// A body in canonical form, digested: what is left to be done for its key does not depend on its length.
#[derive(Clone, Copy)]
pub struct BodyDigest([u8; 32]);

impl BodyDigest {
    /// Of a body. Linear in it, but for the sorting of members.
    pub fn of(secret: &KeySecret, body: &Value) -> BodyDigest {
        let mut form = Form::keyed(secret, BITE);
        match body {
            Value::Object(members) => form.members(members, Place::Outermost),
            other => form.value(other, Place::Elsewhere),
        }
        BodyDigest(form.finish())
    }
}

impl BodyKey {
    /// The key of a request, whoever answers it.
    pub fn of(secret: &KeySecret, scope: &Scope<'_>, body: &BodyDigest) -> BodyKey {
        let Scope { partition, user, dialect, epoch, rewrite, headers } = scope;
        let mut form = Form::keyed(secret, 256);
        form.bytes(&[VERSION, *rewrite]);
        form.bytes(&body.0);
        form.text(&partition.0);
        form.bytes(&[u8::from(user.is_some())]);
        form.text(user.unwrap_or_default());
        form.text(dialect.name());
        form.number(*epoch);
        form.number(headers.len() as u64);
        for (name, value) in *headers {
            form.text(name);
            form.text(value);
        }
        BodyKey(form.finish())
    }

    /// The key of one target's answer to it: an answer is kept under the model that gave it.
    #[must_use]
    pub fn at(&self, target: &Target) -> BodyKey {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        for part in [&target.provider, &target.host, &target.model] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        BodyKey(*hasher.finalize().as_bytes())
    }

    /// A number from the key, for jitter that is the same at every look.
    pub(super) fn number(&self) -> u64 {
        self.0.iter().take(8).fold(0, |number, byte| number << 8 | u64::from(*byte))
    }
}

impl std::fmt::Debug for BodyKey {
    /// Keys are not shown: one that is known tells who asked what before.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BodyKey(…)")
    }
}

/// Bytes that are hashed at once: BLAKE3 works on up to sixteen chunks of 1 KiB side by side.
const BITE: usize = 16 << 10;

/// Length-prefixed and tagged: nothing can run into its neighbour. Gathered in a buffer, since hashing in large bites is several times
/// faster.
struct Form {
    hasher: blake3::Hasher,
    buffer: Vec<u8>,
}

impl Form {
    fn keyed(secret: &KeySecret, capacity: usize) -> Form {
        Form { hasher: blake3::Hasher::new_keyed(&secret.0), buffer: Vec::with_capacity(capacity) }
    }

    fn finish(mut self) -> [u8; 32] {
        self.hasher.update(&self.buffer);
        *self.hasher.finalize().as_bytes()
    }

    fn bytes(&mut self, bytes: &[u8]) {
        // What is long enough by itself is not copied.
        if bytes.len() >= BITE {
            self.hasher.update(&self.buffer);
            self.buffer.clear();
            self.hasher.update(bytes);
            return;
        }
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= BITE {
            self.hasher.update(&self.buffer);
            self.buffer.clear();
        }
    }

    fn number(&mut self, number: u64) {
        self.bytes(&number.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.bytes(text.as_bytes());
    }

    fn members(&mut self, members: &Map<String, Value>, place: Place) {
        let is_kept = |name: &str| match place {
            Place::Outermost => name != MARK && !BOOKKEEPING.contains(&name),
            Place::Marked => name != MARK,
            Place::Elsewhere => true,
        };
        let mut sorted: Vec<(&String, &Value)> = members.iter().filter(|(name, _)| is_kept(name)).collect();
        sorted.sort_unstable_by_key(|(name, _)| name.as_str());
        self.bytes(&[6]);
        self.number(sorted.len() as u64);
        for (name, value) in sorted {
            self.text(name);
            let is_marked = place != Place::Elsewhere && value.is_array() && MARKED.contains(&name.as_str());
            self.value(value, if is_marked { Place::Marked } else { Place::Elsewhere });
        }
    }

    fn value(&mut self, value: &Value, place: Place) {
        match value {
            Value::Null => self.bytes(&[0]),
            Value::Bool(value) => self.bytes(&[1 + u8::from(*value)]),
            Value::Number(number) => {
                self.bytes(&[3]);
                self.text(number.as_str());
            }
            Value::String(text) => {
                self.bytes(&[4]);
                self.text(text);
            }
            Value::Array(items) => {
                self.bytes(&[5]);
                self.number(items.len() as u64);
                for item in items {
                    self.value(item, place);
                }
            }
            Value::Object(members) => self.members(members, place),
        }
    }
}

/// The provider's mark of what its prompt cache should keep.
const MARK: &str = "cache_control";

/// Where an object stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The request itself.
    Outermost,
    /// Messages, blocks and tools.
    Marked,
    /// Anywhere else.
    Elsewhere,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::usage::ServiceTier;

    fn scope(partition: &Partition) -> Scope<'_> {
        Scope { partition, user: None, dialect: Dialect::Chat, epoch: 0, rewrite: 0, headers: &[] }
    }

    fn of(secret: &KeySecret, scope: &Scope<'_>, body: &Value) -> BodyKey {
        BodyKey::of(secret, scope, &BodyDigest::of(secret, body))
    }

    fn key(tenant: &str, body: &Value) -> BodyKey {
        of(&KeySecret::of("s"), &scope(&Partition(tenant.into())), body)
    }

    fn bodies() -> Vec<Value> {
        vec![
            json!({"model": "gpt-4o", "messages": [
                {"role": "system", "content": "s"},
                {"role": "user", "name": "n", "content": [{"type": "text", "text": "t"}, {"type": "image_url", "image_url": {"url": "u", "detail": "low"}}]},
                {"role": "assistant", "content": null, "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
                {"role": "tool", "tool_call_id": "1", "content": "r"}],
                "tools": [{"type": "function", "function": {"name": "f", "description": "d", "parameters": {"type": "object"}, "strict": true}}],
                "tool_choice": "auto", "parallel_tool_calls": true, "response_format": {"type": "json_object"}, "temperature": 0, "top_p": 1.0,
                "n": 1, "seed": 7, "stop": ["x"], "max_tokens": 9, "logprobs": true, "reasoning_effort": "low", "verbosity": "low",
                "modalities": ["text"], "frequency_penalty": 0, "field_of_next_year": {"a": [1, 2]}}),
            json!({"model": "claude-sonnet-5", "max_tokens": 9, "system": [{"type": "text", "text": "s"}],
                "messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AA"}}]},
                    {"role": "assistant", "content": [{"type": "thinking", "thinking": "t", "signature": "S"}]}],
                "thinking": {"type": "enabled", "budget_tokens": 1024}, "top_k": 3}),
            json!({"model": "gpt-5", "input": [{"role": "user", "content": [{"type": "input_text", "text": "t"}]},
                {"type": "reasoning", "id": "r", "encrypted_content": "E", "summary": []}], "instructions": "i",
                "text": {"format": {"type": "json_schema", "name": "n", "schema": {}}}, "truncation": "auto"}),
        ]
    }

    /// All ways to leaves of a body.
    fn leaves(value: &Value, at: &str, found: &mut Vec<String>) {
        match value {
            Value::Object(members) if !members.is_empty() => {
                for (name, value) in members {
                    leaves(value, &format!("{at}/{name}"), found);
                }
            }
            Value::Array(items) if !items.is_empty() => {
                for (index, value) in items.iter().enumerate() {
                    leaves(value, &format!("{at}/{index}"), found);
                }
            }
            _ => found.push(at.to_owned()),
        }
    }

    #[test]
    fn every_field_of_every_dialect_is_in_the_key() {
        for body in bodies() {
            let plain = key("t", &body);
            let mut found = Vec::new();
            leaves(&body, "", &mut found);
            assert!(found.len() > 8);
            for place in found {
                let mut changed = body.clone();
                *changed.pointer_mut(&place).unwrap() = json!("another");
                assert_ne!(plain, key("t", &changed), "{place}");
            }
        }
    }

    #[test]
    fn marks_for_the_prompt_cache_are_not_where_they_are_marks() {
        let mark = || json!({"type": "ephemeral"});
        let plain = json!({"model": "m", "system": [{"type": "text", "text": "s"}], "messages": [{"role": "user", "content": [
                {"type": "text", "text": "t"}, {"type": "tool_result", "content": [{"type": "text", "text": "r"}]},
                {"type": "tool_use", "input": {"a": [{}]}}]}],
            "tools": [{"name": "f", "input_schema": {"properties": {"content": [{}]}}}]});
        for (place, is_mark) in [
            ("", true),
            ("/system/0", true),
            ("/messages/0", true),
            ("/messages/0/content/0", true),
            ("/messages/0/content/1/content/0", true),
            ("/tools/0", true),
            ("/messages/0/content/2/input", false),
            ("/messages/0/content/2/input/a/0", false),
            ("/tools/0/input_schema", false),
            ("/tools/0/input_schema/properties", false),
            ("/tools/0/input_schema/properties/content/0", false),
        ] {
            let mut marked = plain.clone();
            marked.pointer_mut(place).unwrap()[MARK] = mark();
            assert_eq!(key("t", &plain) == key("t", &marked), is_mark, "{place}");
        }
    }

    #[test]
    fn bookkeeping_is_not() {
        let plain = json!({"model": "m", "messages": []});
        for name in BOOKKEEPING {
            let mut with = plain.clone();
            with[name] = json!(true);
            assert_eq!(key("t", &plain), key("t", &with), "{name}");
            let inside = json!({"model": "m", "messages": [{name: true}]});
            assert_ne!(
                key("t", &json!({"model": "m", "messages": [{}]})),
                key("t", &inside),
                "{name} inside is content"
            );
        }
    }

    #[test]
    fn what_stands_beside_the_body_is_in_the_key() {
        let (a, secret, body) = (Partition("a".into()), KeySecret::of("s"), json!({"model": "m"}));
        let headers = [("anthropic-beta".to_owned(), "x".to_owned())];
        let plain = of(&secret, &scope(&a), &body);
        for other in [
            Scope { user: Some("u"), ..scope(&a) },
            Scope { user: Some(""), ..scope(&a) },
            Scope { dialect: Dialect::Responses, ..scope(&a) },
            Scope { epoch: 1, ..scope(&a) },
            Scope { rewrite: 1, ..scope(&a) },
            Scope { headers: &headers, ..scope(&a) },
        ] {
            assert_ne!(plain, of(&secret, &other, &body), "{other:?}");
        }
        assert_ne!(plain, of(&KeySecret::of("other"), &scope(&a), &body));
        let target = |model: &str| Target {
            provider: "p".into(),
            host: "h".into(),
            model: model.into(),
            tier: ServiceTier::Standard,
        };
        assert_ne!(plain.at(&target("m")), plain.at(&target("n")));
        let flex = Target { tier: ServiceTier::Flex, ..target("m") };
        assert_eq!(plain.at(&target("m")), plain.at(&flex), "the tier is bookkeeping");
    }

    #[test]
    fn members_may_come_in_any_order_but_numbers_keep_their_spelling() {
        let read = |text: &str| key("t", &serde_json::from_str(text).unwrap());
        assert_eq!(read(r#"{"a":1,"b":{"c":2,"d":3}}"#), read(r#"{"b":{"d":3,"c":2},"a":1}"#));
        assert_ne!(read(r#"{"a":1}"#), read(r#"{"a":1.0}"#));
        assert_ne!(read(r#"{"a":["b","c"]}"#), read(r#"{"a":["bc"]}"#));
    }

    proptest! {
        #[test]
        fn two_tenants_never_meet(one in "[ -~]{0,12}", other in "[ -~]{0,12}", text in "[ -~]{0,40}") {
            prop_assume!(one != other);
            let body = json!({"model": "m", "messages": [{"role": "user", "content": text}]});
            prop_assert_ne!(key(&one, &body), key(&other, &body));
        }
    }
}
