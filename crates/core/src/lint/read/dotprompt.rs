//! Dotprompt (`.prompt`): YAML front matter and a Handlebars body in which `{{role "system"}}` says who speaks.

use super::parts::{fields, front_matter, named, piece, role, take_over, trimmed, variables};
use super::yaml::{Value, Yaml};
use super::{Candidate, Fit, Reader};
use crate::compress::SegmentKind;
use crate::lint::file::{File, Prompt, Variable};
use crate::lint::template::{SlotKind, Syntax};

pub(super) static READER: Reader =
    Reader { name: "dotprompt", about: "dotprompt: *.prompt with front matter and a Handlebars body", fits, read };

/// Front-matter keys of dotprompt.
const KEYS: &[&str] = &["model:", "input:", "output:", "config:", "tools:", "variant:", "metadata:"];

fn fits(candidate: &Candidate<'_>) -> Fit {
    if candidate.extension != "prompt" {
        return Fit::No;
    }
    let text = candidate.text;
    let has_front_matter = front_matter(text).is_some_and(|(range, _)| {
        let inner = text.get(range).unwrap_or_default();
        inner.lines().any(|line| KEYS.iter().any(|key| line.starts_with(key)))
    });
    if has_front_matter || text.contains("{{role ") || text.contains("{{media ") { Fit::Named } else { Fit::No }
}

fn read(file: &mut File) {
    let text = std::mem::take(&mut file.text);
    let mut prompt = Prompt { span: 0..text.len(), syntax: Syntax::Handlebars, ..Prompt::default() };
    let mut start = 0;
    if let Some((range, body)) = front_matter(&text) {
        start = body;
        let mut yaml = Yaml::parse(text.get(range.clone()).unwrap_or_default(), range.start);
        if let Some(root) = yaml.root() {
            prompt.fields = fields(&text, root, &[]);
            prompt.model = root.get("model").and_then(|model| named(&text, model));
            prompt.variables = root.get("input").and_then(|input| declared(&text, input));
        }
        take_over(file, &mut yaml);
    }
    split(&text, start, &mut prompt);
    file.text = text;
    file.prompts.push(prompt);
}

/// The variables of an `input:`: the keys of its Picoschema or JSON Schema, with its defaults as samples.
fn declared(text: &str, input: Value<'_>) -> Option<Vec<Variable>> {
    let schema = input.get("schema");
    let default = input.get("default");
    let has_default = |name: &str| default.is_some_and(|default| default.get(name).is_some());
    let Some(schema) = schema.filter(|schema| schema.is_map()) else {
        // A named schema is elsewhere.
        return default.filter(|_| schema.is_none()).map(|default| variables(text, default, |_, _| true));
    };
    let properties = schema.get("properties").filter(|properties| properties.is_map());
    let mut found = variables(text, properties.unwrap_or(schema), |_, value| value.get("default").is_some());
    for variable in &mut found {
        // `tags?(array, what they are)`: a mark for "may be missing", then the type.
        let name = variable.name.split(['?', '(']).next().unwrap_or_default().trim_end();
        variable.span.end = (variable.span.start + name.len()).min(variable.span.end);
        variable.name = name.to_owned();
        variable.has_sample |= has_default(&variable.name);
    }
    Some(found)
}

/// The body, piece by piece: each begins after the mark that says who speaks.
fn split(text: &str, start: usize, prompt: &mut Prompt) {
    let body = &text[start..];
    let marks = Syntax::Handlebars.slots(body);
    let marks = marks.iter().filter(|slot| slot.kind == SlotKind::Control).filter_map(|slot| {
        let kind = match slot.code.split_once(char::is_whitespace) {
            Some(("role", name)) => role(name.trim().trim_matches(['"', '\''])),
            // What was said before comes here; what follows is the user's.
            None if slot.code == "history" => SegmentKind::User,
            _ => return None,
        };
        Some((slot.span.clone(), kind))
    });
    let mut from = start;
    let mut kind = None;
    let marks: Vec<_> = marks.chain([(body.len()..body.len(), SegmentKind::User)]).collect();
    let has_roles = marks.len() > 1;
    for (span, next) in marks {
        let inner = trimmed(text, from..start + span.start);
        if !inner.text.is_empty() {
            let n = prompt.pieces.len() + 1;
            let unmarked = if has_roles { SegmentKind::User } else { SegmentKind::Prompt };
            let path = if has_roles { format!("messages.{}.content", n - 1) } else { String::new() };
            let message = if has_roles { n } else { 0 };
            prompt.pieces.push(piece(kind.unwrap_or(unmarked), path, message, inner, Syntax::Handlebars));
        }
        from = start + span.end;
        kind = Some(next);
    }
}

#[cfg(test)]
mod tests {
    use super::super::read as read_file;
    use super::*;

    const TEXT: &str = "---\nmodel: googleai/gemini-2.5-flash\nconfig:\n  temperature: 0.3\ninput:\n  schema:\n    name: string\n    \
                        age?: number, in years\n  default:\n    name: Ann\n---\n{{role \"system\"}}\nBe brief.\n\n{{role \"user\"}}\nI am {{name}}{{! note }}.\n";

    #[test]
    fn roles_split_the_body_and_inputs_are_variables() {
        let file = read_file("a.prompt", TEXT);
        assert_eq!((file.format, file.mistakes.len()), ("dotprompt", 0));
        let prompt = &file.prompts[0];
        assert_eq!(prompt.model.as_ref().unwrap().text, "googleai/gemini-2.5-flash");
        assert_eq!(prompt.parameter("temperature").unwrap().value, 0.3);
        let pieces: Vec<_> = prompt.pieces.iter().map(|piece| (piece.kind, piece.as_str())).collect();
        assert_eq!(
            pieces,
            [(Some(SegmentKind::System), "Be brief."), (Some(SegmentKind::User), "I am {{name}}{{! note }}."),]
        );
        assert_eq!(&TEXT[prompt.pieces[1].text.in_file(&(0..4))], "I am");
        let variables: Vec<_> = prompt.variables.iter().flatten().map(|v| (&*v.name, v.has_sample)).collect();
        assert_eq!(variables, [("name", true), ("age", false)]);
        assert_eq!(prompt.free_variables(), [(1, 0, "name".to_owned())]);
        assert_eq!(&TEXT[file.free_comments[0].clone()], "{{! note }}");
    }

    #[test]
    fn other_prompt_files_are_texts() {
        let file = read_file("qa.prompt", "Question: {question}\nAnswer:");
        assert_eq!((file.format, file.prompts[0].syntax), ("markdown", Syntax::Braces));
    }
}
