//! The key under which an answer is kept: BLAKE3 over a canonical, length-prefixed, versioned form of the request. Prompt
//! text goes in byte for byte; JSON goes in with sorted keys and numbers as written. `stream` and the like are not in it.

use serde_json::Value;

use crate::chat::{
    AnswerFormat, ChatRequest, Content, Image, MediaId, Message, Part, Reasoning, Role, Tool, ToolChoice,
};
use crate::text::half;
use crate::text::keyed::Secret;
use crate::text::letters::push_letters;
use crate::text::scratch::with_scratch;

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
    let last_user = form.request(request, partition, &mut |form, index| form.message(&request.messages[index]));
    let mut folded = Form { hasher: form.hasher.clone() };
    if let Some(index) = last_user {
        form.message(&request.messages[index]);
        folded.folded(&request.messages[index]);
    }
    (form.finish(), folded.finish())
}

/// What stands for a message in [`known_keys`]: of itself, and folded.
pub type MessageDigests = ([u8; 16], [u8; 16]);

/// The digests of a message, for [`known_keys`].
pub fn message_digests(message: &Message, secret: &Secret) -> MessageDigests {
    with_scratch(|form| {
        let mut form = Form { hasher: Short { form, secret } };
        form.message(message);
        let whole = form.hasher.digest();
        if message.role != Role::User {
            // Only a user's message is ever folded.
            return (whole, whole);
        }
        form.hasher.form.clear();
        form.folded(message);
        (whole, form.hasher.digest())
    })
}

/// As [`keys`], for one run of one program: equal where those are equal, and not equal where they are not, but made of
/// digests of the messages, so that a message that comes again need not be gone through again. `digests` answers those of
/// the request's messages, by index, under the same secret.
pub fn known_keys<'d>(
    request: &ChatRequest,
    secret: &Secret,
    digests: impl Fn(usize) -> &'d MessageDigests,
) -> (CacheKey, CacheKey) {
    with_scratch(|form| {
        let mut form = Form { hasher: Short { form, secret } };
        let last_user = form.request(request, "", &mut |form, index| form.hasher.take(&digests(index).0));
        let n_before = form.hasher.form.len();
        if let Some(index) = last_user {
            form.hasher.take(&digests(index).0);
        }
        let whole = form.hasher.digest();
        form.hasher.form.truncate(n_before);
        if let Some(index) = last_user {
            form.hasher.take(&digests(index).1);
        }
        (CacheKey(whole), CacheKey(form.hasher.digest()))
    })
}

/// Appends the letters and digits of a text in lower case.
fn fold(text: &str, folded: &mut Vec<u8>) {
    let bytes = text.as_bytes();
    if text.is_ascii() {
        return push_letters(folded, bytes);
    }
    let n_ascii = bytes.iter().position(|byte| !byte.is_ascii()).unwrap_or(bytes.len());
    push_letters(folded, &bytes[..n_ascii]);
    fold_any(&text[n_ascii..], folded);
}

fn fold_any(text: &str, folded: &mut Vec<u8>) {
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
}

/// Takes the canonical form, piece by piece.
trait Take {
    fn take(&mut self, bytes: &[u8]);
}

impl Take for blake3::Hasher {
    fn take(&mut self, bytes: &[u8]) {
        self.update(bytes);
    }
}

/// The canonical form as it stands for a request within one run of one program: a long text by its digest, so that it
/// is not copied. Its length stands before it, which tells a digest from a text.
struct Short<'a> {
    form: &'a mut Vec<u8>,
    secret: &'a Secret,
}

/// Longer texts are told by their digests.
const LONG: usize = 64;

impl Short<'_> {
    fn digest(&self) -> [u8; 16] {
        self.secret.digest(self.form)
    }
}

impl Take for Short<'_> {
    fn take(&mut self, bytes: &[u8]) {
        if bytes.len() <= LONG {
            self.form.extend_from_slice(bytes);
        } else {
            self.form.extend_from_slice(&self.secret.digest(bytes));
        }
    }
}

struct Form<H> {
    hasher: H,
}

impl Form<blake3::Hasher> {
    fn finish(self) -> CacheKey {
        CacheKey(half(&self.hasher.finalize()))
    }
}

impl<H: Take> Form<H> {
    /// Takes in all but the last user message, whose index is returned; the messages by `each`, which is given their
    /// index. Every field is named: a new one does not compile until
    /// somebody decides whether it belongs to the key.
    fn request(
        &mut self,
        request: &ChatRequest,
        partition: &str,
        each: &mut dyn FnMut(&mut Self, usize),
    ) -> Option<usize> {
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
        self.tag(VERSION);
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
        for index in 0..messages.len() {
            if Some(index) != last_user {
                each(self, index);
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
        last_user
    }

    /// A message without its role and name, its texts folded.
    fn folded(&mut self, message: &Message) {
        for part in &message.parts {
            match &part.content {
                Content::Text(text) => with_scratch(|folded| {
                    fold(text, folded);
                    self.bytes(folded);
                }),
                _ => self.part(part),
            }
        }
        self.media(&message.media);
    }

    fn tool(&mut self, tool: &Tool) {
        let Tool { name, description, parameters, strict, json: _, cache_mark: _ } = tool;
        self.bytes(name.as_bytes());
        self.optional(description.as_deref());
        self.json(parameters);
        self.tag(strict.map_or(2, u8::from));
    }

    fn message(&mut self, message: &Message) {
        let Message { role, name, parts, is_multipart: _, media, notes: _ } = message;
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
        self.hasher.take(bytes);
    }

    fn number(&mut self, number: u64) {
        self.hasher.take(&number.to_le_bytes());
    }

    fn tag(&mut self, tag: u8) {
        self.hasher.take(&[tag]);
    }
}

#[cfg(test)]
mod tests;
