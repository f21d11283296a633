//! What a model's name tells when nothing else does: its tokenizer, and LiteLLM's names of hosts.

use crate::catalog::hosts;
use crate::tokens::{Encoding, Family, Tokenizer};

/// Beginnings or parts of names, the most particular first.
const TOKENIZERS: [(&str, Tokenizer); 30] = [
    ("gpt-oss", Tokenizer::Exact(Encoding::O200kHarmony)),
    ("text-embedding-3", Tokenizer::Exact(Encoding::Cl100kBase)),
    ("text-embedding-ada", Tokenizer::Exact(Encoding::Cl100kBase)),
    ("gpt-3.5", Tokenizer::Exact(Encoding::Cl100kBase)),
    ("gpt-35", Tokenizer::Exact(Encoding::Cl100kBase)),
    ("davinci-002", Tokenizer::Exact(Encoding::Cl100kBase)),
    ("gpt-4o", Tokenizer::Exact(Encoding::O200kBase)),
    ("gpt-4.", Tokenizer::Exact(Encoding::O200kBase)),
    ("gpt-4", Tokenizer::Exact(Encoding::Cl100kBase)),
    ("gpt-", Tokenizer::Exact(Encoding::O200kBase)),
    ("claude-opus-4-7", Tokenizer::Approx(Family::Claude47)),
    ("claude-opus-4-8", Tokenizer::Approx(Family::Claude47)),
    ("claude-opus-5", Tokenizer::Approx(Family::Claude47)),
    ("claude-sonnet-5", Tokenizer::Approx(Family::Claude47)),
    ("claude-haiku-5", Tokenizer::Approx(Family::Claude47)),
    ("claude-fable", Tokenizer::Approx(Family::Claude47)),
    ("claude-mythos", Tokenizer::Approx(Family::Claude47)),
    ("claude", Tokenizer::Approx(Family::Claude)),
    ("gemini", Tokenizer::Approx(Family::Gemini)),
    ("gemma", Tokenizer::Approx(Family::Gemini)),
    ("grok", Tokenizer::Approx(Family::Grok)),
    ("deepseek", Tokenizer::Approx(Family::DeepSeek)),
    ("stral", Tokenizer::Approx(Family::Mistral)),
    ("mixtral", Tokenizer::Approx(Family::Mistral)),
    ("qwen", Tokenizer::Approx(Family::Qwen)),
    ("llama", Tokenizer::Approx(Family::Llama)),
    ("command", Tokenizer::Approx(Family::Command)),
    ("cohere", Tokenizer::Approx(Family::Command)),
    ("nova", Tokenizer::Approx(Family::Nova)),
    ("titan", Tokenizer::Approx(Family::Titan)),
];

/// The tokenizer that a name suggests.
pub(super) fn tokenizer(id: &str) -> Tokenizer {
    let id = id.to_lowercase();
    let last = id.rsplit('/').next().unwrap_or(&id);
    if ["o1", "o3", "o4"].iter().any(|series| last == *series || last.starts_with(&format!("{series}-"))) {
        return Tokenizer::Exact(Encoding::O200kBase);
    }
    TOKENIZERS
        .iter()
        .find(|(part, _)| id.contains(part))
        .map_or(Tokenizer::Approx(Family::Unknown), |(_, tokenizer)| *tokenizer)
}

/// The catalogue's host for a list's provider, and the prefixes that its entries carry.
pub(super) fn host(provider: &str) -> String {
    if provider.starts_with("vertex_ai") {
        return "vertex".to_owned();
    }
    if provider.starts_with("fireworks_ai") {
        return "fireworks".to_owned();
    }
    let provider = if provider == "azure_text" { "azure" } else { provider };
    hosts::canonical(provider).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_tokenizer() {
        let check = |id: &str, name: &str| assert_eq!(tokenizer(id).name(), name, "{id}");
        check("gpt-4", "cl100k_base");
        check("gpt-4o-mini", "o200k_base");
        check("openrouter/openai/gpt-4.1", "o200k_base");
        check("o3-mini", "o200k_base");
        check("us.anthropic.claude-opus-5-5", "claude-4.7");
        check("anthropic.claude-3-haiku", "claude");
        check("mistral/devstral-latest", "mistral");
        check("phi-4", "unknown");
    }
}
