//! Tool definitions without what no model needs.

use super::{Parts, Proposal, Transform, View};
use crate::compress::edit::Guarantee;
use crate::compress::segment::SegmentKind;
use crate::text::json::{Json, Kind, Value};

transform! {
    /// Tool definitions lose `$schema`, `title`, and descriptions that say what stands beside them.
    ///
    /// ## What it does
    /// In the JSON schemas of tools, `$schema`, `$id` and `title` go, and a `description` that is the name of its own
    /// property, or word for word that of the schema around it.
    ///
    /// ## Why
    /// Generators write a title for every property; it repeats the property's name. Definitions are sent with every call.
    ///
    /// ## What it promises
    /// Equivalent: names, types, bounds and every description that says something stay. A property that is called `title`
    /// is no title and stays.
    ///
    /// ## When it stays out
    /// Where the model's provider leaves these fields out itself (OpenAI writes titles into the prompt, but no `$schema`):
    /// then nothing is saved, and nothing is changed.
    tool_schema,
    guarantee: Guarantee::Equivalent,
    is_default: true,
    parts: Parts::Alone,
    min_saving: 1,
    propose,
    decode: None,
}

fn propose(view: &View<'_>, out: &mut Vec<Proposal>) {
    if view.kind != SegmentKind::ToolSchema {
        return;
    }
    let Ok(json) = Json::parse(view.text) else { return };
    let mut spans = Vec::new();
    for definition in definitions(json.root()) {
        for name in ["parameters", "input_schema", "inputSchema"] {
            let Some(schema) = definition.get(name) else { continue };
            // Bedrock wraps it once more.
            let schema = schema.get("json").unwrap_or(schema);
            if schema.get("type").is_some() {
                visit(schema, None, None, &mut spans, 0);
            }
        }
    }
    spans.sort_unstable_by_key(|span: &std::ops::Range<usize>| span.start);
    spans.dedup();
    if spans.is_empty() {
        return;
    }
    let mut replacement = String::with_capacity(view.text.len());
    let mut at = 0;
    for span in spans {
        if span.start < at {
            continue;
        }
        replacement.push_str(&view.text[at..span.start]);
        at = span.end;
    }
    replacement.push_str(&view.text[at..]);
    // One edit for the tool: a provider counts it as a whole.
    if Json::parse(&replacement).is_ok() {
        let note = "what other fields of the definition say".to_owned();
        out.push(Proposal { span: 0..view.text.len(), replacement, note });
    }
}

/// Where dialects write a function's definition: what stands anywhere else is data.
fn definitions<'j, 'a>(tool: Value<'j, 'a>) -> impl Iterator<Item = Value<'j, 'a>> {
    let inner = ["function", "toolSpec"].into_iter().filter_map(move |name| tool.get(name));
    let lists = ["functionDeclarations", "function_declarations"].into_iter().filter_map(move |name| tool.get(name));
    std::iter::once(tool).chain(inner).chain(lists.flat_map(|list| list.children()))
}

/// Deeper schemas stay as they are.
const MAX_DEPTH: usize = 24;

fn visit(
    schema: Value<'_, '_>,
    name: Option<&str>,
    around: Option<&str>,
    spans: &mut Vec<std::ops::Range<usize>>,
    depth: usize,
) {
    if schema.kind() != Kind::Object || depth > MAX_DEPTH {
        return;
    }
    let description = schema.get("description").and_then(|text| text.string());
    let members: Vec<Value<'_, '_>> = schema.children().collect();
    let mut n_left = members.len();
    for (index, member) in members.iter().enumerate() {
        let key = member.key().unwrap_or_default();
        let is_text = member.kind() == Kind::String;
        let is_needless = match &*key {
            "$schema" | "$id" | "title" => is_text,
            "description" => {
                is_text
                    && description.as_deref().is_some_and(|text| {
                        Some(text) == around
                            || name.is_some_and(|name| folded(text).is_some_and(|said| Some(said) == folded(name)))
                    })
            }
            _ => false,
        };
        if is_needless && n_left > 1 {
            n_left -= 1;
            // With the comma behind, or, for the last one, the comma before.
            let span = match members.get(index + 1) {
                Some(next) => member.member_span().start..next.member_span().start,
                None => members[index - 1].member_span().end..member.member_span().end,
            };
            spans.push(span);
            continue;
        }
        match &*key {
            "properties" | "$defs" | "definitions" | "patternProperties" => {
                for property in member.children() {
                    let name = property.key();
                    visit(property, name.as_deref(), description.as_deref(), spans, depth + 1);
                }
            }
            "items" | "additionalProperties" | "not" => visit(*member, None, description.as_deref(), spans, depth + 1),
            "anyOf" | "oneOf" | "allOf" | "prefixItems" => {
                for option in member.children() {
                    visit(option, None, description.as_deref(), spans, depth + 1);
                }
            }
            _ => {}
        }
    }
}

/// `User Id`, `user_id` and `userId` say the same; a text with any other sign (`%`, `$`, `°`) says more than a name.
fn folded(text: &str) -> Option<String> {
    let is_known = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-');
    let folded: String = text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    (text.chars().all(is_known) && !folded.is_empty()).then_some(folded)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compress::repeats::Seen;

    fn check(schema: &str, expected: &str) {
        let text = format!("{{\"type\":\"function\",\"function\":{{\"name\":\"f\",\"parameters\":{schema}}}}}");
        let seen = Seen::default();
        let view = View { text: &text, kind: SegmentKind::ToolSchema, kept: &[], fences: &[], json: &[], seen: &seen };
        let mut found = Vec::new();
        propose(&view, &mut found);
        let after = found.first().map_or(text.clone(), |proposal| proposal.replacement.clone());
        assert!(after.contains(&format!("\"parameters\":{expected}}}")), "{after}");
        assert!(serde_json::from_str::<serde_json::Value>(&after).is_ok());
    }

    #[test]
    fn only_what_repeats_goes() {
        let says_more = r#"{"type":"object","properties":{"discount":{"description":"Discount (%)","default":{"parameters":{"type":"t","title":"T"}}}}}"#;
        check(says_more, says_more);
        check(
            r#"{"$schema":"x","title":"F","type":"object","properties":{"title":{"title":"Title","type":"string"},"user_id":{"type":"string","description":"User ID"}}}"#,
            r#"{"type":"object","properties":{"title":{"type":"string"},"user_id":{"type":"string"}}}"#,
        );
        check(
            r#"{"type":"object","description":"d","properties":{"a":{"description":"d","anyOf":[{"type":"null","title":"N"}]}}}"#,
            r#"{"type":"object","description":"d","properties":{"a":{"anyOf":[{"type":"null"}]}}}"#,
        );
        check(
            r#"{"type":"object","properties":{"a":{"title":"A"}}}"#,
            r#"{"type":"object","properties":{"a":{"title":"A"}}}"#,
        );
    }
}
