//! The key under which an answer is kept: BLAKE3 over a canonical, length-prefixed, versioned form of the request. Prompt
//! text goes in byte for byte; JSON goes in with sorted keys and numbers as written. `stream` and the like are not in it.

use serde_json::Value;

use crate::chat::{
    AnswerFormat, ChatRequest, Content, Image, MediaId, Message, Part, Reasoning, Role, Tool, ToolChoice,
};
use crate::text::half;

/// A request's key: equal only for requests that ask for the same answer within one partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CacheKey(pub [u8; 16]);

/// Rises when the canonical form changes.
const VERSION: u8 = 2;

/// The key of a request within a partition (a tenant; `""` where there is one only). Linear in the request.
pub fn request_key(request: &ChatRequest, partition: &str) -> CacheKey {
    keys(request, partition).0
}

/// The key of a request, and its folded key: the same with case, blanks and punctuation of the last user message folded.
/// Requests with the same folded key are near duplicates. For reports only: folding joins `C` and `C++`, so an answer
/// must never be found by it.
pub fn keys(request: &ChatRequest, partition: &str) -> (CacheKey, CacheKey) {
    let mut form = Form { hasher: blake3::Hasher::new() };
    let last_user = form.request(request, partition);
    let mut folded = Form { hasher: form.hasher.clone() };
    if let Some(message) = last_user {
        form.message(message);
        for part in &message.parts {
            match &part.content {
                Content::Text(text) => folded.bytes(&fold(text)),
                _ => folded.part(part),
            }
        }
        folded.media(&message.media);
    }
    (form.finish(), folded.finish())
}

/// Letters and digits in lower case.
fn fold(text: &str) -> Vec<u8> {
    let mut folded = Vec::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            if c.is_ascii_alphanumeric() {
                folded.push((c as u8).to_ascii_lowercase());
            }
        } else if c.is_alphanumeric() {
            let mut buffer = [0; 4];
            for lower in c.to_lowercase() {
                folded.extend_from_slice(lower.encode_utf8(&mut buffer).as_bytes());
            }
        }
    }
    folded
}

struct Form {
    hasher: blake3::Hasher,
}

impl Form {
    fn finish(self) -> CacheKey {
        CacheKey(half(&self.hasher.finalize()))
    }

    /// Takes in all but the last user message, which is returned. Every field is named: a new one does not compile until
    /// somebody decides whether it belongs to the key.
    fn request<'a>(&mut self, request: &'a ChatRequest, partition: &str) -> Option<&'a Message> {
        let ChatRequest {
            dialect,
            model,
            tools,
            tool_choice,
            messages,
            answer_format,
            max_output,
            n_answers,
            service_tier: _,
            reasoning,
            cache_key: _,
            cache_mark: _,
            has_stored_context,
            server_tools,
            server_tool_json,
            parameters,
        } = request;
        self.hasher.update(&[VERSION]);
        self.bytes(partition.as_bytes());
        self.bytes(dialect.name().as_bytes());
        self.optional(model.as_deref());
        self.number(tools.len() as u64);
        for tool in tools.iter() {
            self.tool(tool);
        }
        match tool_choice {
            ToolChoice::Unset => self.tag(0),
            ToolChoice::Auto => self.tag(1),
            ToolChoice::None => self.tag(2),
            ToolChoice::Required => self.tag(3),
            ToolChoice::Named(name) => {
                self.tag(4);
                self.bytes(name.as_bytes());
            }
        }
        self.number(messages.len() as u64);
        let last_user = messages.iter().rposition(|message| message.role == Role::User);
        self.number(last_user.map_or(u64::MAX, |index| index as u64));
        for (index, message) in messages.iter().enumerate() {
            if Some(index) != last_user {
                self.message(message);
            }
        }
        match answer_format {
            AnswerFormat::Text => self.tag(0),
            AnswerFormat::JsonObject => self.tag(1),
            AnswerFormat::JsonSchema { name, description, schema, strict } => {
                self.tag(2);
                self.optional(name.as_deref());
                self.optional(description.as_deref());
                self.json(schema);
                self.tag(strict.map_or(2, u8::from));
            }
        }
        self.number(max_output.map_or(u64::MAX, |n| n));
        self.number(u64::from(*n_answers));
        match reasoning {
            None => self.tag(0),
            Some(Reasoning::Effort(effort)) => {
                self.tag(1);
                self.bytes(effort.as_bytes());
            }
            Some(Reasoning::Budget(n_tokens)) => {
                self.tag(2);
                self.number(*n_tokens);
            }
            Some(Reasoning::On) => self.tag(3),
            Some(Reasoning::Off) => self.tag(4),
        }
        self.tag(u8::from(*has_stored_context));
        self.number(server_tools.len() as u64);
        for tool in server_tools {
            self.bytes(tool.as_bytes());
        }
        self.number(server_tool_json.len() as u64);
        for definition in server_tool_json.iter() {
            self.json(definition);
        }
        self.number(parameters.len() as u64);
        for (name, value) in parameters {
            self.bytes(name.as_bytes());
            self.json(value);
        }
        last_user.map(|index| &*messages[index])
    }

    fn tool(&mut self, tool: &Tool) {
        let Tool { name, description, parameters, strict, json: _, cache_mark: _ } = tool;
        self.bytes(name.as_bytes());
        self.optional(description.as_deref());
        self.json(parameters);
        self.tag(strict.map_or(2, u8::from));
    }

    fn message(&mut self, message: &Message) {
        let Message { role, name, parts, is_multipart: _, media } = message;
        self.tag(*role as u8);
        self.optional(name.as_deref());
        self.number(parts.len() as u64);
        for part in parts {
            self.part(part);
        }
        self.media(media);
    }

    fn media(&mut self, media: &[MediaId]) {
        self.number(media.len() as u64);
        for MediaId(id) in media {
            self.bytes(id);
        }
    }

    fn part(&mut self, part: &Part) {
        let Part { content, cache_mark: _ } = part;
        match content {
            Content::Text(text) => {
                self.tag(0);
                self.bytes(text.as_bytes());
            }
            Content::Reasoning { text, n_opaque_bytes } => {
                self.tag(1);
                self.bytes(text.as_bytes());
                self.number(*n_opaque_bytes);
            }
            Content::Refusal(text) => {
                self.tag(2);
                self.bytes(text.as_bytes());
            }
            Content::ToolCall { id, name, arguments } => {
                self.tag(3);
                self.bytes(id.as_bytes());
                self.bytes(name.as_bytes());
                self.bytes(arguments.as_bytes());
            }
            Content::ToolResult { id, name, parts, is_error } => {
                self.tag(4);
                self.bytes(id.as_bytes());
                self.optional(name.as_deref());
                self.tag(u8::from(*is_error));
                self.number(parts.len() as u64);
                for part in parts {
                    self.part(part);
                }
            }
            Content::Document { title, text } => {
                self.tag(5);
                self.optional(title.as_deref());
                self.bytes(text.as_bytes());
            }
            Content::Image(image) => {
                self.tag(6);
                let Image { size, detail, is_remote } = image;
                self.tag(u8::from(size.is_some()));
                let (width, height) = size.unwrap_or_default();
                self.number(u64::from(width) << 32 | u64::from(height));
                self.optional(detail.as_deref());
                self.tag(u8::from(*is_remote));
            }
            Content::Audio { n_bytes } => {
                self.tag(7);
                self.number(n_bytes.unwrap_or(u64::MAX));
            }
            Content::File { media_type, n_bytes } => {
                self.tag(8);
                self.optional(media_type.as_deref());
                self.number(n_bytes.unwrap_or(u64::MAX));
            }
            Content::Other { kind, json } => {
                self.tag(9);
                self.bytes(kind.as_bytes());
                self.bytes(json.as_bytes());
            }
        }
    }

    fn json(&mut self, value: &Value) {
        match value {
            Value::Null => self.tag(0),
            Value::Bool(b) => self.tag(1 + u8::from(*b)),
            Value::Number(number) => {
                self.tag(3);
                self.bytes(number.to_string().as_bytes());
            }
            Value::String(text) => {
                self.tag(4);
                self.bytes(text.as_bytes());
            }
            Value::Array(items) => {
                self.tag(5);
                self.number(items.len() as u64);
                for item in items {
                    self.json(item);
                }
            }
            Value::Object(members) => {
                self.tag(6);
                self.number(members.len() as u64);
                let mut sorted: Vec<_> = members.iter().collect();
                sorted.sort_by_key(|(name, _)| name.as_str());
                for (name, value) in sorted {
                    self.bytes(name.as_bytes());
                    self.json(value);
                }
            }
        }
    }

    fn optional(&mut self, text: Option<&str>) {
        self.tag(u8::from(text.is_some()));
        self.bytes(text.unwrap_or("").as_bytes());
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.hasher.update(bytes);
    }

    fn number(&mut self, number: u64) {
        self.hasher.update(&number.to_le_bytes());
    }

    fn tag(&mut self, tag: u8) {
        self.hasher.update(&[tag]);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn ask(text: &str) -> ChatRequest {
        ChatRequest {
            model: Some("m".into()),
            messages: vec![Arc::new(Message::text(Role::User, text))],
            ..ChatRequest::default()
        }
    }

    #[test]
    fn the_same_request_has_the_same_key_and_another_partition_another() {
        assert_eq!(request_key(&ask("a"), "t"), request_key(&ask("a"), "t"));
        assert_ne!(request_key(&ask("a"), "t"), request_key(&ask("a"), "u"));
    }

    #[test]
    fn any_byte_of_the_prompt_and_any_parameter_splits_keys() {
        let plain = request_key(&ask("a"), "");
        assert_ne!(plain, request_key(&ask("a "), ""));
        let mut warmer = ask("a");
        warmer.parameters.push(("temperature".into(), serde_json::json!(1)));
        assert_ne!(plain, request_key(&warmer, ""));
    }

    #[test]
    fn fields_cannot_run_into_each_other() {
        let mut one = ask("a");
        one.model = Some("mx".into());
        let mut two = ask("xa");
        two.model = Some("m".into());
        assert_ne!(request_key(&one, ""), request_key(&two, ""));
    }

    #[test]
    fn json_keys_may_come_in_any_order() {
        let mut one = ask("a");
        one.parameters.push(("x".into(), serde_json::json!({"a": 1, "b": 2})));
        let mut two = ask("a");
        two.parameters.push(("x".into(), serde_json::json!({"b": 2, "a": 1})));
        assert_eq!(request_key(&one, ""), request_key(&two, ""));
    }

    type Way<'a> = &'a dyn Fn(&str) -> (CacheKey, CacheKey);

    #[test]
    fn another_picture_is_another_request() {
        let chat = |part: Value| {
            let body = serde_json::json!({"model": "m", "messages": [{"role": "user", "content": [part]}]});
            keys(&crate::dialect::read_request(&body).unwrap(), "")
        };
        let url = |url: &str| chat(serde_json::json!({"type": "image_url", "image_url": {"url": url}}));
        let data = |data: &str| chat(serde_json::json!({"type": "input_audio", "input_audio": {"data": data}}));
        let file = |id: &str| chat(serde_json::json!({"type": "file", "file": {"file_id": id}}));
        let block = |data: &str| {
            chat(
                serde_json::json!({"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}),
            )
        };
        let ways: [Way<'_>; 4] = [&url, &data, &file, &block];
        for way in ways {
            let (one, two) = (way("https://e.org/AAAA"), way("https://e.org/BBBB"));
            assert_ne!(one.0, two.0);
            assert_ne!(one.1, two.1);
            assert_eq!(one, way("https://e.org/AAAA"));
        }
    }

    #[test]
    fn a_server_tool_is_more_than_its_name() {
        let search = |domain: &str, ttl: &str| {
            let tool = serde_json::json!({"type": "web_search_20250305", "name": "web_search",
                "allowed_domains": [domain], "cache_control": {"type": "ephemeral", "ttl": ttl}});
            let body = serde_json::json!({"model": "claude-sonnet-5", "max_tokens": 9, "system": "s", "tools": [tool],
                "messages": [{"role": "user", "content": "news?"}]});
            request_key(&crate::dialect::read_request(&body).unwrap(), "")
        };
        assert_ne!(search("a.org", "5m"), search("b.org", "5m"));
        assert_eq!(search("a.org", "5m"), search("a.org", "1h"));
    }

    #[test]
    fn folding_joins_case_and_punctuation_but_not_words() {
        assert_eq!(keys(&ask("Hello, world!"), "").1, keys(&ask("hello world"), "").1);
        assert_ne!(keys(&ask("hello word"), "").1, keys(&ask("hello world"), "").1);
    }
}
