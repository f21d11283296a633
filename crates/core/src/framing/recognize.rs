//! What is known of a model before its request is weighed: from the host's row in the catalogue, else from its maker's
//! row, else from what its name says. Deployments, resellers and new snapshots are weighed as what they are, even where
//! their price is not known.

use super::Profile;
use crate::catalog::{Catalog, ModelSpec};
use crate::tokens::{Encoding, Family, Tokenizer};

impl<'a> Profile<'a> {
    /// A profile of a single name.
    pub fn named(model: &'a str, host: Option<&'a str>, tokenizer: Tokenizer) -> Profile<'a> {
        Profile { model, written: model, asked: model, host, tokenizer }
    }

    /// The profile of a model in the catalogue.
    pub fn of_spec(spec: &'a ModelSpec) -> Profile<'a> {
        Profile::named(&spec.id, Some(&spec.host), spec.tokenizer)
    }

    /// The profile of a model as a host names it.
    pub fn of(catalog: &'a Catalog, host: Option<&'a str>, model: &'a str) -> Profile<'a> {
        let profile = if let Some(spec) = catalog.find(host, model) {
            Profile::of_spec(spec)
        } else if let Some(spec) = catalog.find(None, model) {
            Profile { host, ..Profile::of_spec(spec) }
        } else {
            Profile::named(model, host, tokenizer_by_name(model))
        };
        Profile { written: model, asked: model, ..profile }
    }

    /// The profile of a call, from all names that a log has for its model: as answered first, as asked last. The first
    /// name that tells a vocabulary is taken: a deployment or a router may be called anything.
    pub fn of_call(catalog: &'a Catalog, host: Option<&'a str>, names: &[Option<&'a str>]) -> Profile<'a> {
        let names = || names.iter().flatten().copied().filter(|name| !name.is_empty());
        let profile = names()
            .map(|name| Profile::of(catalog, host, name))
            .find(|profile| profile.tokenizer != Tokenizer::Approx(Family::Unknown))
            .unwrap_or_else(|| Profile::of(catalog, host, names().next().unwrap_or_default()));
        Profile { asked: names().next_back().unwrap_or(profile.asked), ..profile }
    }
}

/// Parts of names, the most particular first.
static NAMES: &[(&str, Tokenizer)] = &[
    ("gpt-oss", Tokenizer::Exact(Encoding::O200kHarmony)),
    ("gpt-4o", Tokenizer::Exact(Encoding::O200kBase)),
    ("gpt-4.", Tokenizer::Exact(Encoding::O200kBase)),
    ("gpt-3.5", Tokenizer::Exact(Encoding::Cl100kBase)),
    ("gpt-35", Tokenizer::Exact(Encoding::Cl100kBase)),
    ("gpt-4", Tokenizer::Exact(Encoding::Cl100kBase)),
    ("gpt-", Tokenizer::Exact(Encoding::O200kBase)),
    ("codex-mini", Tokenizer::Exact(Encoding::O200kBase)),
    ("computer-use-preview", Tokenizer::Exact(Encoding::O200kBase)),
    ("text-embedding-ada-002", Tokenizer::Exact(Encoding::Cl100kBase)),
    ("text-embedding-3", Tokenizer::Exact(Encoding::Cl100kBase)),
    ("text-davinci-00", Tokenizer::Exact(Encoding::P50kBase)),
    ("davinci-002", Tokenizer::Exact(Encoding::Cl100kBase)),
    ("babbage-002", Tokenizer::Exact(Encoding::Cl100kBase)),
    ("deepseek", Tokenizer::Approx(Family::DeepSeek)),
    ("gemini", Tokenizer::Approx(Family::Gemini)),
    ("gemma", Tokenizer::Approx(Family::Gemini)),
    ("qwen", Tokenizer::Approx(Family::Qwen)),
    ("qwq", Tokenizer::Approx(Family::Qwen)),
    ("llama", Tokenizer::Approx(Family::Llama)),
    ("grok", Tokenizer::Approx(Family::Grok)),
    ("mistral", Tokenizer::Approx(Family::Mistral)),
    ("mixtral", Tokenizer::Approx(Family::Mistral)),
    ("ministral", Tokenizer::Approx(Family::Mistral)),
    ("magistral", Tokenizer::Approx(Family::Mistral)),
    ("codestral", Tokenizer::Approx(Family::Mistral)),
    ("devstral", Tokenizer::Approx(Family::Mistral)),
    ("pixtral", Tokenizer::Approx(Family::Mistral)),
    ("voxtral", Tokenizer::Approx(Family::Mistral)),
    ("cohere", Tokenizer::Approx(Family::Command)),
    ("command-", Tokenizer::Approx(Family::Command)),
    ("nova-", Tokenizer::Approx(Family::Nova)),
    ("titan-", Tokenizer::Approx(Family::Titan)),
];

/// How a model's text is counted, told from its name.
fn tokenizer_by_name(model: &str) -> Tokenizer {
    let model = model.to_lowercase();
    if model.contains("claude") {
        return Tokenizer::Approx(if has_new_claude_vocabulary(&model) { Family::Claude47 } else { Family::Claude });
    }
    if let Some((_, tokenizer)) = NAMES.iter().find(|(name, _)| model.contains(name)) {
        return *tokenizer;
    }
    let name = model.rsplit('/').next().unwrap_or(&model);
    let is_o_series = name.starts_with('o') && name[1..].starts_with(|digit: char| digit.is_ascii_digit());
    if is_o_series { Tokenizer::Exact(Encoding::O200kBase) } else { Tokenizer::Approx(Family::Unknown) }
}

/// Opus 4.7 brought a new vocabulary; it and every later version has it.
fn has_new_claude_vocabulary(model: &str) -> bool {
    let mut numbers = model
        .split(|c: char| !c.is_ascii_digit())
        .filter(|digits| !digits.is_empty() && digits.len() < 3)
        .filter_map(|digits| digits.parse::<u32>().ok());
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    version >= (4, 7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_the_vocabulary() {
        check("gpt-35-turbo-16k", "cl100k_base");
        check("my-gpt-4-32k", "cl100k_base");
        check("gpt-4o-realtime", "o200k_base");
        check("gpt-4.5-preview", "o200k_base");
        check("gpt-7", "o200k_base");
        check("openai.gpt-oss-20b-1:0", "o200k_harmony");
        check("o5-mini", "o200k_base");
        check("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude");
        check("claude-opus-4-7@20260101", "claude-4.7");
        check("anthropic/claude-fable-5.1", "claude-4.7");
        check("claude-3-haiku-20240307", "claude");
        check("Mistral-Large-2411", "mistral");
        check("grok-9", "grok");
        check("acme-7b", "unknown");
        check("olmo-2", "unknown");
    }

    #[test]
    fn a_host_without_a_row_is_weighed_as_the_makers_model() {
        let profile = Profile::of(Catalog::embedded(), Some("nobody"), "gpt-4o");
        assert_eq!((profile.model, profile.host), ("gpt-4o", Some("nobody")));
        assert_eq!(profile.tokenizer, Tokenizer::Exact(Encoding::O200kBase));
    }

    #[test]
    fn a_call_keeps_the_names_that_it_was_given() {
        let catalog = Catalog::embedded();
        let names = [Some("deepseek-v4-flash"), None, Some("deepseek-chat")];
        let profile = Profile::of_call(catalog, Some("deepseek"), &names);
        assert_eq!((profile.written, profile.asked), ("deepseek-v4-flash", "deepseek-chat"));
        let names = [Some("claude-3-5-sonnet-20240620"), Some("claude-3-5-sonnet-latest")];
        assert_eq!(Profile::of_call(catalog, Some("anthropic"), &names).written, "claude-3-5-sonnet-20240620");
        // A deployment may be called anything.
        let names = [Some("acme-1"), Some("gpt-4o")];
        assert_eq!(Profile::of_call(catalog, Some("azure"), &names).written, "gpt-4o");
    }

    fn check(model: &str, expected: &str) {
        assert_eq!(tokenizer_by_name(model).name(), expected, "{model}");
    }
}
