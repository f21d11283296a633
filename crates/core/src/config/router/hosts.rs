//! What is known of each host: where it is, what it speaks, how it knows us. Addresses from the providers' own documentation.

use crate::chat::Dialect;

/// A host's defaults.
pub(in super::super) struct Host {
    pub name: &'static str,
    pub base_url: &'static str,
    pub dialect: Dialect,
    /// The header that carries the key, if not `Authorization: Bearer`.
    pub key_header: Option<&'static str>,
}

macro_rules! host {
    ($name:literal, $url:literal, $dialect:ident) => {
        Host { name: $name, base_url: $url, dialect: Dialect::$dialect, key_header: None }
    };
    ($name:literal, $url:literal, $dialect:ident, $header:literal) => {
        Host { name: $name, base_url: $url, dialect: Dialect::$dialect, key_header: Some($header) }
    };
}

/// Hosts without an address of their own (Azure, Vertex, one's own servers) need `base-url`.
pub(super) static HOSTS: &[Host] = &[
    host!("openai", "https://api.openai.com/v1", Chat),
    host!("azure", "", Chat, "api-key"),
    host!("anthropic", "https://api.anthropic.com/v1", Messages, "x-api-key"),
    host!("gemini", "https://generativelanguage.googleapis.com/v1beta", GenerateContent, "x-goog-api-key"),
    host!("vertex", "", GenerateContent),
    host!("bedrock", "", Converse),
    host!("groq", "https://api.groq.com/openai/v1", Chat),
    host!("mistral", "https://api.mistral.ai/v1", Chat),
    host!("deepseek", "https://api.deepseek.com/v1", Chat),
    host!("xai", "https://api.x.ai/v1", Chat),
    host!("openrouter", "https://openrouter.ai/api/v1", Chat),
    host!("together", "https://api.together.xyz/v1", Chat),
    host!("fireworks", "https://api.fireworks.ai/inference/v1", Chat),
    host!("cerebras", "https://api.cerebras.ai/v1", Chat),
    host!("perplexity", "https://api.perplexity.ai", Chat),
    host!("cohere", "https://api.cohere.ai/compatibility/v1", Chat),
    host!("ollama", "http://127.0.0.1:11434/v1", Chat),
    host!("vllm", "", Chat),
];

pub(in super::super) fn of(name: &str) -> Option<&'static Host> {
    HOSTS.iter().find(|host| host.name == name)
}
