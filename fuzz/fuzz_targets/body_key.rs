//! Two JSON objects have one key if they are the same but for the order of their members and for what is bookkeeping; no other two do.
#![no_main]

use libfuzzer_sys::fuzz_target;
use promptopt::cache::{BodyKey, KeySecret, Scope};
use promptopt::chat::Dialect;
use promptopt::labels::Partition;
use serde_json::Value;

fn reversed(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            Value::Object(fields.iter().rev().map(|(name, value)| (name.clone(), reversed(value))).collect())
        }
        Value::Array(items) => items.iter().map(reversed).collect(),
        other => other.clone(),
    }
}

fuzz_target!(|input: (&str, &str)| {
    let partition = Partition("t".into());
    let scope = Scope { partition: &partition, user: None, dialect: Dialect::Chat, epoch: 0, rewrite: 0, headers: &[] };
    let secret = KeySecret::of("s");
    let key = |body: &Value| BodyKey::of(&secret, &scope, body);
    // Below a member that is no bookkeeping everything counts.
    let read = |text: &str| serde_json::from_str::<Value>(text).ok().map(|inner| serde_json::json!({"messages": inner}));
    let (Some(one), Some(other)) = (read(input.0), read(input.1)) else { return };
    assert_eq!(key(&one), key(&reversed(&one)));
    assert_eq!(key(&one) == key(&other), one == other);
});
