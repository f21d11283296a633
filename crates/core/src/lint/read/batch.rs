//! Batch files: a request a line, with an id by which its answer is found. `OpenAI`: `custom_id`, `method`, `url`, `body`;
//! Anthropic: `custom_id`, `params`; Gemini: `key`, `request`; Bedrock: `recordId`, `modelInput`.

use super::{Candidate, Fit, Reader, jsonl, request};
use crate::lint::file::{File, Prompt, PromptKind};
use crate::text::json::{Json, Kind, Value};

pub(super) static READER: Reader =
    Reader { name: "batch", about: "batch files: JSON Lines with custom_id and a request each", fits, read };

/// Ids and the requests that go with them.
const ENVELOPES: &[(&str, &[&str])] =
    &[("custom_id", &["body", "params"]), ("key", &["request"]), ("recordId", &["modelInput"])];

fn fits(candidate: &Candidate<'_>) -> Fit {
    let is_batch = jsonl::first_line(candidate).is_some_and(|line| {
        let is_named = |name: &str| line.contains(&format!("\"{name}\""));
        let has_both = ENVELOPES.iter().any(|(id, bodies)| is_named(id) && bodies.iter().any(|body| is_named(body)));
        // A file of which the first line lacks its id is a batch file all the same.
        let is_request_line = is_named("method") && is_named("url") && is_named("body");
        has_both || is_request_line
    });
    if is_batch { Fit::Named } else { Fit::No }
}

fn read(file: &mut File) {
    jsonl::lines(file, |json, span, prompts| {
        let mut found = request::prompts(json, span.start, PromptKind::BatchRequest);
        // What is no request that is known (embeddings, a body of another endpoint) is one of the batch all the same.
        let mut prompt = if found.is_empty() { of_body(json, span.start) } else { found.swap_remove(0) };
        prompt.span = span.clone();
        envelope(json.root(), span.start, &mut prompt);
        prompts.push(prompt);
    });
}

/// Names a request by its envelope's id, and adds the envelope's own members to its fields.
pub(super) fn envelope(root: Value<'_, '_>, base: usize, prompt: &mut Prompt) {
    prompt.kind = PromptKind::BatchRequest;
    let id = ENVELOPES.iter().find_map(|(id, _)| root.get(id)?.string());
    prompt.name = id.map(std::borrow::Cow::into_owned);
    let is_body = |name: &str| ENVELOPES.iter().any(|(_, bodies)| bodies.contains(&name));
    let own = request::fields_of(root, base);
    prompt.fields.extend(own.into_iter().filter(|field| !is_body(field.path.split('.').next().unwrap_or_default())));
}

fn of_body(json: &Json<'_>, base: usize) -> Prompt {
    let root = json.root();
    let bodies = ENVELOPES.iter().flat_map(|(_, bodies)| *bodies);
    let body = bodies.filter_map(|name| root.get(name)).find(|body| body.kind() == Kind::Object);
    let mut prompt = Prompt::default();
    if let Some(body) = body {
        prompt.fields = request::fields_of(body, base);
        prompt.model = request::model(body, base);
    }
    prompt
}

#[cfg(test)]
mod tests {
    use super::super::read as read_file;
    use super::*;

    #[test]
    fn requests_are_called_by_their_id() {
        let text = r#"{"custom_id": "a", "method": "POST", "url": "/v1/chat/completions", "body": {"model": "gpt-4o", "messages": [{"role": "user", "content": "Hi"}]}}
{"custom_id": "b", "params": {"model": "claude-opus-5-5", "max_tokens": 5, "messages": [{"role": "user", "content": "Hi"}]}}
{"method": "POST", "url": "/v1/embeddings", "body": {"model": "text-embedding-3-small", "input": ["x"]}}
"#;
        let file = read_file("batch.jsonl", text);
        assert_eq!((file.format, file.mistakes.len()), ("batch", 0));
        let names: Vec<_> = file.prompts.iter().map(|prompt| prompt.name.as_deref()).collect();
        assert_eq!(names, [Some("a"), Some("b"), None]);
        assert!(file.prompts.iter().all(|prompt| prompt.kind == PromptKind::BatchRequest && prompt.model.is_some()));
        assert_eq!(file.prompts[0].field("url").unwrap().value, "/v1/chat/completions");
        assert_eq!(file.prompts[1].field("max_tokens").unwrap().value, 5);
        assert!(text[file.prompts[1].span.clone()].starts_with("{\"custom_id\": \"b\""));
    }
}
