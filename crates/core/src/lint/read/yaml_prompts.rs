//! Prompts in other YAML files: texts under keys that say so (`system_prompt: |`), lists of messages.

use super::github_models::messages_into;
use super::parts::{named, piece, take_over};
use super::yaml::{Value, Yaml};
use super::yaml_text::mapped;
use super::{Candidate, Fit, Reader};
use crate::compress::SegmentKind;
use crate::lint::file::{File, Prompt};
use crate::lint::template::Syntax;

pub(super) static READER: Reader =
    Reader { name: "yaml", about: "YAML with texts under keys such as system_prompt, template, messages", fits, read };

/// Keys that mean a prompt wherever they stand.
const CERTAIN: &[&str] = &[
    "prompt",
    "prompt_template",
    "promptTemplate",
    "system_prompt",
    "systemPrompt",
    "system_message",
    "systemMessage",
    "system_template",
    "user_prompt",
    "userPrompt",
    "user_message",
    "user_template",
    "assistant_message",
    "system_instruction",
    "systemInstruction",
    "instance_template",
];

/// Keys that mean one in a file that is about prompts: by its path, or because it has a certain one.
const LIKELY: &[&str] = &[
    "template",
    "body",
    "prefix",
    "suffix",
    "instruction",
    "instructions",
    "system",
    "user",
    "assistant",
    "text",
    "content",
    "query",
    "question",
    "few_shot",
    "examples",
    "preamble",
    "body_user",
    "body_assistant",
    "prefix_user",
    "prefix_assistant",
    "suffix_user",
    "suffix_assistant",
];

/// Shorter texts are names of prompts, or file names.
const MIN_WORDS: usize = 3;

/// Shorter texts under `prompt` are questions to a person (`prompt: Enter your name`), unless the file is about prompts.
const MIN_WORDS_OF_PROMPT: usize = 8;

fn is_about_prompts(path: &str) -> bool {
    path.to_lowercase().contains("prompt")
}

fn fits(candidate: &Candidate<'_>) -> Fit {
    if !matches!(candidate.extension, "yaml" | "yml") {
        return Fit::No;
    }
    let is_likely = is_about_prompts(candidate.path);
    let mut lines = candidate.text.lines();
    let says_so = lines.any(|line| {
        let line = line.trim_start().trim_start_matches("- ").trim_start();
        let Some((key, value)) = line.split_once(':') else { return false };
        let key = key.trim_matches(['"', '\'']);
        let value = value.trim();
        let is_key = is_certain(key) || (is_likely && LIKELY.contains(&key));
        let is_block = value.starts_with(['|', '>']) && value.len() <= 3;
        is_key && (is_block || is_prose(key, value, is_likely))
    });
    if says_so { Fit::Sniffed } else { Fit::Plain }
}

fn is_certain(key: &str) -> bool {
    CERTAIN.contains(&key) || key.ends_with("_prompt") || key.ends_with("_prompt_template")
}

fn read(file: &mut File) {
    let text = std::mem::take(&mut file.text);
    let mut yaml = Yaml::parse(&text, 0);
    let mut found = Walk { text: &text, is_likely: is_about_prompts(&file.path), prompts: Vec::new() };
    for document in yaml.documents() {
        found.walk(document, "", 0);
    }
    file.prompts.append(&mut found.prompts);
    // What is not read as a prompt may be anything: a template that becomes YAML later is no mistake.
    if file.prompts.is_empty() {
        yaml.mistake = None;
    }
    take_over(file, &mut yaml);
    file.text = text;
}

struct Walk<'a> {
    text: &'a str,
    is_likely: bool,
    prompts: Vec<Prompt>,
}

/// Prompts are not kept deeper.
const MAX_DEPTH: usize = 12;

impl Walk<'_> {
    /// Every mapping with texts in it is one prompt: its texts go out together.
    fn walk(&mut self, value: Value<'_>, name: &str, depth: usize) {
        if depth > MAX_DEPTH {
            return;
        }
        for (index, item) in value.items().enumerate() {
            self.walk(item, &join(name, &index.to_string()), depth + 1);
        }
        if !value.is_map() {
            return;
        }
        let has_certain = value.entries().any(|(key, value)| {
            let key = key.text().filter(|key| is_certain(key));
            key.is_some_and(|key| value.text().is_some_and(|text| is_prose(key, text, self.is_likely)))
        });
        let mut prompt = Prompt { span: value.span(), ..Prompt::default() };
        for (key, inner) in value.entries() {
            let Some(key) = key.text() else { continue };
            let is_key = is_certain(key) || ((self.is_likely || has_certain) && LIKELY.contains(&key));
            if is_key
                && let Some(written) = inner.text().filter(|text| is_prose(key, text, self.is_likely || has_certain))
            {
                let kind = kind(key);
                let Some(mapped) = mapped(self.text, inner) else { continue };
                let syntax = Syntax::detect(written);
                if prompt.syntax == Syntax::None {
                    prompt.syntax = syntax;
                }
                prompt.pieces.push(piece(kind, key.to_owned(), 0, mapped, syntax));
            } else if key == "messages" && is_messages(inner) {
                let joined: String = inner.items().filter_map(|message| message.get("content")?.text()).collect();
                prompt.syntax = Syntax::detect(&joined);
                messages_into(self.text, inner, &mut prompt);
            } else {
                self.walk(inner, &join(name, key), depth + 1);
            }
        }
        if prompt.pieces.is_empty() {
            return;
        }
        // One prompt is filled in by one language: where another was told from a part alone, all is looked at together.
        let syntax = prompt.syntax;
        for piece in &mut prompt.pieces {
            piece.slots = syntax.slots(&piece.text.text);
        }
        prompt.name = (!name.is_empty()).then(|| name.to_owned());
        prompt.model = value.get("model").and_then(|model| named(self.text, model));
        let keys: Vec<&str> = prompt.pieces.iter().map(|piece| &*piece.path).collect();
        let left_out: Vec<&str> = keys.into_iter().chain(["messages"]).collect();
        prompt.fields = super::parts::fields(self.text, value, &left_out);
        self.prompts.push(prompt);
    }
}

fn join(name: &str, key: &str) -> String {
    if name.is_empty() { key.to_owned() } else { format!("{name}.{key}") }
}

fn is_messages(value: Value<'_>) -> bool {
    value.items().next().is_some_and(|first| first.get("role").is_some() && first.get("content").is_some())
}

/// Whether it is text for a model, not a name, a path, a number or a question to a person.
fn is_prose(key: &str, text: &str, is_likely: bool) -> bool {
    let n_words = text.split_whitespace().count();
    let is_surely = is_likely || key.starts_with("system") || text.contains(['{', '\n']);
    n_words >= if is_surely { MIN_WORDS } else { MIN_WORDS_OF_PROMPT }
}

fn kind(key: &str) -> SegmentKind {
    if key.starts_with("system") || key == "preamble" {
        SegmentKind::System
    } else if key.ends_with("assistant") || key == "assistant_message" {
        SegmentKind::Assistant
    } else if key.ends_with("user") || key.starts_with("user") {
        SegmentKind::User
    } else {
        SegmentKind::Prompt
    }
}

#[cfg(test)]
mod tests {
    use super::super::{read as read_file, reader};
    use super::*;

    #[test]
    fn texts_under_telling_keys_are_pieces_of_one_prompt() {
        let text = "method: listwise\nsystem_message: \"You rank passages by relevance.\"\nprefix: |\n  I will provide {num} passages.\n\
                    body: |\n  [{rank}] the passage {candidate}\noutput_regex: r\"^x$\"\n";
        let file = read_file("prompt_templates/rank.yaml", text);
        assert_eq!((file.format, file.prompts.len()), ("yaml", 1));
        let prompt = &file.prompts[0];
        assert_eq!(prompt.syntax, Syntax::Braces);
        let pieces: Vec<_> = prompt.pieces.iter().map(|piece| (&*piece.path, piece.slots.len())).collect();
        assert_eq!(pieces, [("system_message", 0), ("prefix", 1), ("body", 2)]);
        assert_eq!(prompt.field("method").unwrap().value, "listwise");
    }

    #[test]
    fn other_yaml_is_not_looked_at() {
        let fit = |path, text| reader(path, text).map(|(_, fit)| fit);
        assert_eq!(fit("docker-compose.yml", "services:\n  web:\n    image: nginx\n"), Some(Fit::Plain));
        assert_eq!(fit("a.yaml", "prompt: yes\nsystem: linux amd64 gnu\n"), Some(Fit::Plain));
        assert_eq!(fit("play.yml", "vars_prompt:\n  - prompt: Enter the user's name\n"), Some(Fit::Plain));
        assert_eq!(fit("a.yaml", "agent:\n  system_prompt: |\n    Be brief.\n"), Some(Fit::Sniffed));
    }

    #[test]
    fn prompts_have_their_place_as_name() {
        let file = read_file(
            "a.yaml",
            "agents:\n  one:\n    model: gpt-4o\n    system_prompt: |\n      You are brief today.\n",
        );
        assert_eq!(file.prompts[0].name.as_deref(), Some("agents.one"));
        assert_eq!(file.prompts[0].model.as_ref().unwrap().text, "gpt-4o");
    }
}
