//! GitHub Models' prompt files (`*.prompt.yml`): messages with `{{variables}}`, a model, its parameters, test data.

use super::parts::{fields, named, piece, role, take_over, variables};
use super::yaml::{Value, Yaml};
use super::yaml_text::mapped;
use super::{Candidate, Fit, Reader};
use crate::compress::SegmentKind;
use crate::lint::file::{File, Prompt, Variable};
use crate::lint::template::Syntax;

pub(super) static READER: Reader =
    Reader { name: "github-models", about: "GitHub Models: *.prompt.yml, *.prompt.yaml", fits, read };

fn fits(candidate: &Candidate<'_>) -> Fit {
    let is_named = candidate.name.ends_with(".prompt.yml") || candidate.name.ends_with(".prompt.yaml");
    if is_named { Fit::Named } else { Fit::No }
}

fn read(file: &mut File) {
    let text = std::mem::take(&mut file.text);
    let mut yaml = Yaml::parse(&text, 0);
    if let Some(root) = yaml.root().filter(|root| root.is_map()) {
        let mut prompt = Prompt { span: 0..text.len(), syntax: Syntax::Handlebars, ..Prompt::default() };
        prompt.fields = fields(&text, root, &["messages", "testData", "evaluators"]);
        prompt.model = root.get("model").and_then(|model| named(&text, model));
        if let Some(messages) = root.get("messages") {
            messages_into(&text, messages, &mut prompt);
        }
        prompt.variables = root.get("testData").and_then(|data| declared(&text, data, root));
        file.prompts.push(prompt);
    }
    take_over(file, &mut yaml);
    file.text = text;
}

/// The messages of a list, each with a role and content: a text, or parts with texts.
pub(super) fn messages_into(text: &str, messages: Value<'_>, prompt: &mut Prompt) {
    for (index, message) in messages.items().enumerate() {
        let kind = message.get("role").and_then(Value::text).map_or(SegmentKind::User, role);
        let Some(content) = message.get("content") else { continue };
        if let Some(mapped) = mapped(text, content) {
            let path = format!("messages.{index}.content");
            prompt.pieces.push(piece(kind, path, index + 1, mapped, prompt.syntax));
        }
        for (part, value) in content.items().enumerate() {
            if let Some(mapped) = value.get("text").and_then(|value| mapped(text, value)) {
                let path = format!("messages.{index}.content.{part}.text");
                prompt.pieces.push(piece(kind, path, index + 1, mapped, prompt.syntax));
            }
        }
    }
}

/// The variables for which the test data has values; what only the evaluators compare with is none of the prompt's.
fn declared(text: &str, data: Value<'_>, root: Value<'_>) -> Option<Vec<Variable>> {
    let evaluators = root.get("evaluators").map(|evaluators| evaluators.to_json().to_string()).unwrap_or_default();
    let is_compared = |name: &str| {
        name.starts_with("expected")
            || Syntax::Handlebars.slots(&evaluators).iter().any(|slot| slot.name.as_deref() == Some(name))
    };
    let mut found: Vec<Variable> = Vec::new();
    for row in data.items() {
        for mut variable in variables(text, row, |_, _| true) {
            if !is_compared(&variable.name) && !found.iter().any(|known| known.name == variable.name) {
                // It stands in every row: a row without it is another test.
                variable.removal = None;
                found.push(variable);
            }
        }
    }
    (!found.is_empty()).then_some(found)
}

#[cfg(test)]
mod tests {
    use super::super::read as read_file;

    #[test]
    fn messages_parameters_and_test_data() {
        let text = "name: Sum # note\nmodel: openai/gpt-4o-mini\nmodelParameters:\n  temperature: 0.5\nmessages:\n  - role: system\n    \
                    content: |\n      Sum up.\n      Be brief.\n  - role: user\n    content: 'Text: {{input}}'\ntestData:\n  - input: a\n    \
                    expected: b\nevaluators:\n  - name: same\n    string:\n      contains: '{{expected}}'\n";
        let file = read_file("a.prompt.yml", text);
        let prompt = &file.prompts[0];
        assert_eq!((file.format, file.mistakes.len(), prompt.pieces.len()), ("github-models", 0, 2));
        assert_eq!(prompt.pieces[0].as_str(), "Sum up.\nBe brief.\n");
        assert_eq!(&text[prompt.pieces[0].text.in_file(&(8..10))], "Be");
        assert_eq!(prompt.pieces[1].slots[0].name.as_deref(), Some("input"));
        assert_eq!(prompt.parameter("temperature").unwrap().value, 0.5);
        assert_eq!(&text[prompt.model.as_ref().unwrap().span.clone()], "openai/gpt-4o-mini");
        let names: Vec<_> = prompt.variables.iter().flatten().map(|variable| &*variable.name).collect();
        assert_eq!(names, ["input"]);
        assert_eq!(&text[file.free_comments[0].clone()], "# note");
    }
}
