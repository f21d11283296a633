//! The hosts: where models are called and billed. The order is the order in which a model without a host is looked for:
//! makers first, then those who serve other makers' models.

use std::borrow::Cow;

/// One host.
pub(super) struct Host {
    /// The name in the catalogue.
    pub name: &'static str,
    /// Other names in logs, OpenTelemetry attributes and model prefixes.
    pub aliases: &'static [&'static str],
    /// The host's rows: `data/catalog/<name>.toml`, made into JSON by `build.rs`.
    pub rows: &'static str,
}

macro_rules! host {
    ($name:literal, $aliases:expr) => {
        Host {
            name: $name,
            aliases: &$aliases,
            rows: include_str!(concat!(env!("OUT_DIR"), "/catalog/", $name, ".json")),
        }
    };
}

/// Every host, makers first.
pub(super) static HOSTS: &[Host] = &[
    host!("openai", ["text-completion-openai", "chatgpt"]),
    host!("anthropic", ["claude"]),
    host!("gemini", ["google", "google_ai_studio", "google-ai-studio", "google_genai", "gcp.gemini", "googleai"]),
    host!("xai", ["x-ai", "x_ai", "grok"]),
    host!("deepseek", ["deepseek-ai"]),
    host!("mistral", ["mistralai", "mistral_ai", "mistral-ai"]),
    host!("cohere", ["cohere_chat", "cohere-chat"]),
    host!("perplexity", ["perplexity-ai", "pplx"]),
    host!(
        "azure",
        ["azure_ai", "azure_openai", "azure-openai", "azure.ai.openai", "azure.ai.inference", "az.ai.openai"]
    ),
    host!("vertex", ["vertex_ai", "vertexai", "google-vertex", "google_vertexai", "gcp.vertex_ai", "vertex-ai"]),
    host!(
        "bedrock",
        ["aws", "aws.bedrock", "amazon-bedrock", "bedrock_converse", "bedrock_mantle", "aws_bedrock", "amazon"]
    ),
    host!("groq", ["groqcloud"]),
    host!("cerebras", []),
    host!("together", ["together_ai", "togetherai", "together-ai"]),
    host!("fireworks", ["fireworks_ai", "fireworks-ai"]),
    host!("openrouter", ["open_router"]),
    host!("ollama", ["ollama_chat"]),
];

/// The catalogue's name of a host, from any of its names.
pub(super) fn known(name: &str) -> Option<&'static str> {
    let name = name.trim();
    let is = |other: &str| other.eq_ignore_ascii_case(name);
    HOSTS.iter().find(|host| is(host.name) || host.aliases.iter().any(|alias| is(alias))).map(|host| host.name)
}

/// As [`known`], or the name as it is: an overlay may bring hosts of its own.
pub(super) fn canonical(name: &str) -> Cow<'static, str> {
    known(name).map_or_else(|| Cow::Owned(name.trim().to_lowercase()), Cow::Borrowed)
}

/// The host whose prices hold only where one says that one calls it: everything is free on one's own machine.
pub(super) const OWN_MACHINE: &str = "ollama";

/// Place in the order of looking for a model without a host.
pub(super) fn rank(name: &str) -> usize {
    HOSTS.iter().position(|host| host.name == name).unwrap_or(HOSTS.len())
}
