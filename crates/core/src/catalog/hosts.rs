//! The hosts: where models are called and billed. The order is the order in which a model without a host is looked for:
//! makers first, then those who serve other makers' models.

/// One host.
pub(super) struct Host {
    /// The name in the catalogue.
    pub name: &'static str,
    /// Other names in logs, OpenTelemetry attributes and model prefixes.
    pub aliases: &'static [&'static str],
    /// The host's rows, embedded.
    pub file: &'static str,
}

macro_rules! host {
    ($name:literal, $aliases:expr) => {
        Host { name: $name, aliases: &$aliases, file: include_str!(concat!("../../data/catalog/", $name, ".toml")) }
    };
}

/// Every host, makers first.
pub(super) static HOSTS: &[Host] = &[
    host!("openai", ["text-completion-openai", "chatgpt"]),
    host!("anthropic", ["claude"]),
    host!("gemini", ["google", "google_ai_studio", "google-ai-studio", "google_genai", "gcp.gemini", "googleai"]),
    host!("xai", ["x-ai", "x_ai", "grok"]),
    host!("deepseek", ["deepseek-ai"]),
];

/// The catalogue's name of a host, from any of its names.
pub(super) fn canonical(name: &str) -> Option<&'static str> {
    let name = name.trim().to_ascii_lowercase();
    HOSTS.iter().find(|host| host.name == name || host.aliases.contains(&name.as_str())).map(|host| host.name)
}

/// Place in the order of looking for a model without a host.
pub(super) fn rank(name: &str) -> usize {
    HOSTS.iter().position(|host| host.name == name).unwrap_or(HOSTS.len())
}
