//! The seam for a tier that answers by likeness. Nothing of this crate implements it: without a model that embeds texts there is no likeness
//! that may answer. On 80,854 pairs of questions (QQP), likeness by letters and words reached 90 % right answers only where it answered 1 %
//! of the questions.
//!
//! What a tier has to keep to:
//!
//! - Everything but the last user message is a wall, never a distance: [`Question::ground`] must be equal. It holds tenant, target, system
//!   prompt, tools, parameters and the whole history.
//! - Texts that differ in a number, a negation, a symbol, a quotation, code, a language or a date word are not alike.
//! - An answer is used only once its own rate of wrong answers is known to be low: the model is asked anyway now and then, and the answers
//!   compared. A threshold for all is not enough.
//! - What was learnt knows whose it was, so that it can be forgotten.
//!
//! What the router holds to: the exact cache and the second level are asked first; an answer found by likeness is given to those who ask
//! the same at that moment, and never kept or learnt again; one past its time to live is not given.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde_json::Value;

use super::body_key::{BodyDigest, BodyKey, KeySecret, Scope};
use super::store::Entry;
use crate::chat::Dialect;
use crate::labels::Partition;
use crate::target::Target;

/// A question that may be near another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question<'a> {
    /// Whose it is.
    pub partition: &'a Partition,
    /// A digest of all but the text: equal, or the answer is another.
    pub ground: [u8; 32],
    /// The last user message.
    pub text: &'a str,
}

/// Answers by likeness.
pub trait SemanticTier: Send + Sync {
    /// How long it is waited for.
    fn budget(&self) -> Duration;

    /// The answer to a question that is near enough.
    fn find<'a>(&'a self, question: Question<'a>) -> BoxFuture<'a, Option<Arc<Entry>>>;

    /// Takes in a question that a provider has answered.
    fn learn<'a>(&'a self, question: Question<'a>, entry: &'a Arc<Entry>) -> BoxFuture<'a, ()>;
}

impl<'a> Question<'a> {
    /// The question that a request ends in; `None` if it does not end in a user message of one text alone. Linear in the body.
    pub(crate) fn of(secret: &KeySecret, scope: &Scope<'a>, body: &'a Value) -> Option<Question<'a>> {
        let at = last_text(scope.dialect, body)?;
        let text = body.pointer(&at)?.as_str()?;
        let mut ground = body.clone();
        *ground.pointer_mut(&at)? = Value::Null;
        let ground = BodyKey::of(secret, scope, &BodyDigest::of(secret, &ground)).0;
        Some(Question { partition: scope.partition, ground, text })
    }

    /// The question to one target: an answer is that of the model that gave it.
    pub(crate) fn at(self, target: &Target) -> Question<'a> {
        Question { ground: BodyKey(self.ground).at(target).0, ..self }
    }
}

/// Where the last user message has its text.
fn last_text(dialect: Dialect, body: &Value) -> Option<String> {
    let list = match dialect {
        Dialect::Chat | Dialect::Messages => "messages",
        Dialect::Responses => "input",
        _ => return None,
    };
    let value = body.get(list)?;
    if value.is_string() {
        return Some(format!("/{list}"));
    }
    let items = value.as_array()?;
    let last = items.last().filter(|last| last.get("role").and_then(Value::as_str) == Some("user"))?;
    let at = format!("/{list}/{}/content", items.len() - 1);
    match last.get("content")? {
        Value::String(_) => Some(at),
        Value::Array(blocks) => match blocks.as_slice() {
            [block] if block.get("text").is_some_and(Value::is_string) => Some(format!("{at}/0/text")),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn question<'a>(partition: &'a Partition, dialect: Dialect, body: &'a Value) -> Option<Question<'a>> {
        let scope = Scope { partition, user: None, dialect, epoch: 0, rewrite: 0, headers: &[] };
        Question::of(&KeySecret::of("s"), &scope, body)
    }

    #[test]
    fn a_question_is_the_last_users_text_alone() {
        let tenant = Partition("t".into());
        let said = |content: Value| json!([{"role": "system", "content": "s"}, {"role": "user", "content": content}]);
        for (dialect, body) in [
            (Dialect::Chat, json!({"messages": said("hi".into())})),
            (Dialect::Messages, json!({"messages": said(json!([{"type": "text", "text": "hi"}]))})),
            (Dialect::Responses, json!({"input": "hi"})),
            (Dialect::Responses, json!({"input": said(json!([{"type": "input_text", "text": "hi"}]))})),
        ] {
            assert_eq!(question(&tenant, dialect, &body).map(|question| question.text), Some("hi"), "{body}");
        }
        for (dialect, body) in [
            (Dialect::Chat, json!({"messages": [{"role": "assistant", "content": "hi"}]})),
            (Dialect::Chat, json!({"messages": []})),
            (
                Dialect::Chat,
                json!({"messages": said(json!([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]))}),
            ),
            (Dialect::Chat, json!({"messages": said(json!([{"type": "image_url", "image_url": {"url": "u"}}]))})),
            (Dialect::Embeddings, json!({"input": "hi"})),
        ] {
            assert_eq!(question(&tenant, dialect, &body), None, "{body}");
        }
    }

    #[test]
    fn all_but_that_text_is_ground() {
        let (tenant, other) = (Partition("t".into()), Partition("u".into()));
        let body = |system: &str, text: &str, model: &str| json!({"model": model, "messages": [{"role": "system", "content": system}, {"role": "user", "content": text}]});
        let ground = |partition, body: &Value| question(partition, Dialect::Chat, body).unwrap().ground;
        let plain = ground(&tenant, &body("s", "hi", "m"));
        assert_eq!(plain, ground(&tenant, &body("s", "hello", "m")));
        assert_ne!(plain, ground(&tenant, &body("s2", "hi", "m")));
        assert_ne!(plain, ground(&tenant, &body("s", "hi", "n")));
        assert_ne!(plain, ground(&other, &body("s", "hi", "m")));
    }
}
