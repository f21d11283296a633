//! Cache breakpoints, for models that keep a prompt only where they are set: at the end of what stands (tools and instructions), and at
//! the end of the prompt. Whether that pays is for the caller to decide.

use std::ops::Range;

use crate::chat::Dialect;
use crate::compress::body::rewritten;
use crate::text::json::{Json, Kind, Value};

const MARK: &str = "\"cache_control\":{\"type\":\"ephemeral\"}";
const POINT: &str = ",{\"cachePoint\":{\"type\":\"default\"}}";

/// The body with breakpoints set; every other byte stays. `None` where there are some already, where the dialect has none, or where there
/// is nothing that can carry one.
pub fn set(dialect: Dialect, body: &str) -> Option<String> {
    let json = Json::parse(body).ok()?;
    let root = json.root();
    let has_some = root.descendants().any(|value| value.is_named("cache_control") || value.is_named("cachePoint"));
    if has_some {
        return None;
    }
    let changes: Vec<(Range<usize>, String)> = match dialect {
        Dialect::Messages => messages(root).into_iter().flatten().collect(),
        Dialect::Converse => converse(root).into_iter().flatten().collect(),
        _ => Vec::new(),
    };
    (!changes.is_empty()).then(|| rewritten(body, changes))
}

type Change = Option<(Range<usize>, String)>;

fn messages(root: Value<'_, '_>) -> [Change; 2] {
    // The instructions' end is the tools' end too: they come after the tools.
    let standing = root.get("system").and_then(mark_content).or_else(|| mark_last(root.get("tools")?));
    let last = root
        .get("messages")
        .and_then(|messages| messages.children().last())
        .and_then(|message| mark_content(message.get("content")?));
    [standing, last]
}

/// Marks content: its last block, or the text made a block.
fn mark_content(content: Value<'_, '_>) -> Change {
    match content.kind() {
        Kind::String if content.raw().len() > 2 => {
            Some((content.span(), format!("[{{\"type\":\"text\",\"text\":{},{MARK}}}]", content.raw())))
        }
        Kind::Array => mark_last(content),
        _ => None,
    }
}

/// Marks the last block of a list, unless it is one that may carry no mark.
fn mark_last(blocks: Value<'_, '_>) -> Change {
    let last = blocks.children().last()?;
    let kind = last.get("type").and_then(|kind| kind.string());
    let is_empty_text = last.get("text").is_some_and(|text| text.raw().len() <= 2);
    if last.kind() != Kind::Object || is_empty_text || matches!(kind.as_deref(), Some("thinking" | "redacted_thinking"))
    {
        return None;
    }
    let end = last.children().last()?.span().end;
    Some((end..end, format!(",{MARK}")))
}

fn converse(root: Value<'_, '_>) -> [Change; 2] {
    let after = |list: Value<'_, '_>| {
        let end = list.children().last()?.span().end;
        Some((end..end, POINT.to_owned()))
    };
    let standing = root.get("system").and_then(after).or_else(|| after(root.get("toolConfig")?.get("tools")?));
    let last = root
        .get("messages")
        .and_then(|messages| messages.children().last())
        .and_then(|message| after(message.get("content")?));
    [standing, last]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_and_what_comes_last_is_marked_and_nothing_else_changes() {
        let body = r#"{"model":"m", "system" : "s","messages":[{"role":"user","content":"a"},{"role":"user","content":[{"type":"text","text":"b"}]}]}"#;
        let expected = r#"{"model":"m", "system" : [{"type":"text","text":"s","cache_control":{"type":"ephemeral"}}],"messages":[{"role":"user","content":"a"},{"role":"user","content":[{"type":"text","text":"b","cache_control":{"type":"ephemeral"}}]}]}"#;
        assert_eq!(set(Dialect::Messages, body).as_deref(), Some(expected));
        assert_eq!(set(Dialect::Messages, expected), None, "there are some already");
        assert_eq!(set(Dialect::Chat, body), None);
    }

    #[test]
    fn points_stand_after_blocks() {
        let body = r#"{"toolConfig":{"tools":[{"toolSpec":{"name":"f"}}]},"messages":[{"role":"user","content":[{"text":"a"}]}]}"#;
        let marked = set(Dialect::Converse, body).unwrap();
        assert_eq!(marked.matches("cachePoint").count(), 2);
        assert!(serde_json::from_str::<serde_json::Value>(&marked).is_ok());
    }

    #[test]
    fn thoughts_and_empty_texts_carry_none() {
        for content in [r#"[{"type":"thinking","thinking":"t"}]"#, r#"[{"type":"text","text":""}]"#, "[]", "\"\""] {
            let body = format!(r#"{{"messages":[{{"role":"user","content":{content}}}]}}"#);
            assert_eq!(set(Dialect::Messages, &body), None, "{content}");
        }
    }
}
