//! promptfoo's configuration: prompts with Nunjucks variables, the providers that they are sent to, tests with values.

use super::github_models::messages_into;
use super::parts::{fields, named, piece, take_over, variables};
use super::yaml::{Value, Yaml};
use super::yaml_text::mapped;
use super::{Candidate, Fit, Reader};
use crate::compress::SegmentKind;
use crate::lint::file::{File, Named, Prompt, Variable};
use crate::lint::template::Syntax;

pub(super) static READER: Reader = Reader {
    name: "promptfoo",
    about: "promptfoo: promptfooconfig.yaml, YAML with prompts, providers and tests",
    fits,
    read,
};

fn fits(candidate: &Candidate<'_>) -> Fit {
    if !matches!(candidate.extension, "yaml" | "yml") {
        return Fit::No;
    }
    let has = |key: &str| candidate.text.lines().any(|line| line.starts_with(key));
    if candidate.name.starts_with("promptfooconfig.") {
        Fit::Named
    } else if has("prompts:") && (has("providers:") || has("targets:")) {
        Fit::Sniffed
    } else {
        Fit::No
    }
}

fn read(file: &mut File) {
    let text = std::mem::take(&mut file.text);
    let mut yaml = Yaml::parse(&text, 0);
    if let Some(root) = yaml.root().filter(|root| root.is_map()) {
        let shared = Prompt {
            syntax: Syntax::Jinja,
            fields: fields(&text, root, &["prompts", "tests", "scenarios", "defaultTest"]),
            variables: declared(&text, root),
            ..Prompt::default()
        };
        let (model, host) = provider(&text, root);
        if let Some(prompts) = root.get("prompts") {
            let one = [prompts];
            let listed: Vec<Value<'_>> = prompts.items().collect();
            for prompt in if listed.is_empty() { &one[..] } else { &listed } {
                if let Some(mut prompt) = read_prompt(&text, *prompt, &shared) {
                    prompt.model.clone_from(&model);
                    prompt.host.clone_from(&host);
                    file.prompts.push(prompt);
                }
            }
        }
    }
    take_over(file, &mut yaml);
    file.text = text;
}

/// A prompt in the file itself; what is named only (`file://…`) is read where it stands.
fn read_prompt(text: &str, value: Value<'_>, shared: &Prompt) -> Option<Prompt> {
    let mut prompt = shared.clone();
    prompt.span = value.span();
    let written = if value.is_map() {
        prompt.name = value.get("label").or_else(|| value.get("id")).and_then(Value::text).map(str::to_owned);
        if let Some(messages) = value.get("messages") {
            messages_into(text, messages, &mut prompt);
            return (!prompt.pieces.is_empty()).then_some(prompt);
        }
        value.get("raw")?
    } else {
        value
    };
    let mapped = mapped(text, written).filter(|mapped| !is_reference(&mapped.text))?;
    prompt.pieces.push(piece(SegmentKind::Prompt, String::new(), 0, mapped, prompt.syntax));
    Some(prompt)
}

fn is_reference(text: &str) -> bool {
    let text = text.trim();
    let is_path =
        !text.contains(char::is_whitespace) && (text.contains('/') || text.contains('.')) && !text.contains("{{");
    text.is_empty() || text.starts_with("file://") || text.starts_with("exec:") || is_path
}

/// The model and the host of the first provider: `openai:chat:gpt-4o`, `anthropic:messages:claude-…`.
fn provider(text: &str, root: Value<'_>) -> (Option<Named>, Option<String>) {
    let listed = root.get("providers").or_else(|| root.get("targets"));
    let Some(first) = listed.and_then(|listed| listed.items().next().or(Some(listed))) else { return (None, None) };
    let id = if first.is_map() {
        first.get("id").or_else(|| first.entries().next().map(|(key, _)| key))
    } else {
        Some(first)
    };
    let Some(id) = id.and_then(|id| named(text, id)) else { return (None, None) };
    let Some((host, rest)) = id.text.split_once(':') else { return (None, None) };
    let host = match host {
        "openai" | "anthropic" | "azure" | "bedrock" | "vertex" | "openrouter" | "groq" | "mistral" | "deepseek"
        | "xai" | "cohere" | "perplexity" | "ollama" => host.to_owned(),
        "google" | "palm" => "gemini".to_owned(),
        // A script or an address is no model.
        _ => return (None, None),
    };
    let model = rest
        .split_once(':')
        .filter(|(kind, _)| {
            matches!(*kind, "chat" | "completion" | "responses" | "messages" | "deployment" | "assistant")
        })
        .map_or(rest, |(_, model)| model);
    if model.is_empty() {
        return (None, None);
    }
    let start = id.span.start + (id.text.len() - model.len());
    (Some(Named { text: model.to_owned(), span: start..id.span.end }), Some(host))
}

/// The variables for which tests have values; none if the tests are elsewhere.
fn declared(text: &str, root: Value<'_>) -> Option<Vec<Variable>> {
    let mut found: Vec<Variable> = Vec::new();
    let mut add = |vars: Value<'_>| {
        for mut variable in variables(text, vars, |_, _| true) {
            if !found.iter().any(|known| known.name == variable.name) {
                variable.removal = None;
                found.push(variable);
            }
        }
    };
    if let Some(vars) = root.path(&["defaultTest", "vars"]) {
        add(vars);
    }
    let tests = root.get("tests")?;
    for test in tests.items() {
        if !test.is_map() {
            return None;
        }
        if let Some(vars) = test.get("vars") {
            if !vars.is_map() {
                return None;
            }
            add(vars);
        }
    }
    (!found.is_empty()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::super::read as read_file;

    #[test]
    fn prompts_in_the_file_go_to_its_first_provider() {
        let text = "prompts:\n  - 'Translate to {{language}}: {{input}}'\n  - file://other.txt\n  - label: long\n    raw: |\n      Say {{input}}\n\
                    providers:\n  - openai:chat:gpt-4o-mini\n  - anthropic:messages:claude-opus-5-5\ntests:\n  - vars:\n      language: French\n      \
                    input: Hello\n";
        let file = read_file("evals/promptfooconfig.yaml", text);
        assert_eq!((file.format, file.mistakes.len(), file.prompts.len()), ("promptfoo", 0, 2));
        let model = file.prompts[0].model.as_ref().unwrap();
        assert_eq!((&*model.text, &text[model.span.clone()]), ("gpt-4o-mini", "gpt-4o-mini"));
        assert_eq!(file.prompts[1].name.as_deref(), Some("long"));
        assert_eq!(file.prompts[1].pieces[0].as_str(), "Say {{input}}\n");
        let names: Vec<_> = file.prompts[0].variables.iter().flatten().map(|variable| &*variable.name).collect();
        assert_eq!(names, ["language", "input"]);
    }
}
