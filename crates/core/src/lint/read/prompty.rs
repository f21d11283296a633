//! Prompty: YAML front matter and a Jinja body under headings that say who speaks (`system:`, `user:`).

use std::sync::LazyLock;

use regex::Regex;

use super::parts::{fields, front_matter, named, piece, role, take_over, trimmed, variables};
use super::yaml::{Value, Yaml};
use super::{Candidate, Fit, Reader};
use crate::compress::SegmentKind;
use crate::lint::file::{File, Named, Prompt, Variable};
use crate::lint::template::Syntax;

pub(super) static READER: Reader =
    Reader { name: "prompty", about: "Prompty: *.prompty with front matter and a Jinja body by roles", fits, read };

static ROLE: LazyLock<Regex> = LazyLock::new(|| {
    #[allow(clippy::unwrap_used, reason = "a pattern that is written here, and the tests of this file compile it")]
    Regex::new(
        r"(?mi)^[ \t]*#?[ \t]*(system|user|assistant|developer|function|tool)[ \t]*(\[[^\]\n]*\])?[ \t]*:[ \t]*\r?$",
    )
    .unwrap()
});

fn fits(candidate: &Candidate<'_>) -> Fit {
    if candidate.extension == "prompty" { Fit::Named } else { Fit::No }
}

fn read(file: &mut File) {
    let text = std::mem::take(&mut file.text);
    let mut prompt = Prompt { span: 0..text.len(), syntax: Syntax::Jinja, ..Prompt::default() };
    let mut start = 0;
    if let Some((range, body)) = front_matter(&text) {
        start = body;
        let mut yaml = Yaml::parse(text.get(range.clone()).unwrap_or_default(), range.start);
        if let Some(root) = yaml.root() {
            prompt.fields = fields(&text, root, &["sample"]);
            prompt.model = root.get("model").and_then(|model| model_of(&text, model));
            let kind = root.path(&["model", "configuration", "type"]).or_else(|| root.path(&["model", "provider"]));
            prompt.host = kind.and_then(|kind| host(kind.text()?));
            prompt.variables = declared(&text, root);
            if root.get("template").is_some_and(|template| is_mustache(template)) {
                prompt.syntax = Syntax::Handlebars;
            }
        }
        take_over(file, &mut yaml);
    } else {
        file.mistake(0..0, "a Prompty file begins with front matter between lines of `---`");
    }
    split(&text, start, &mut prompt);
    file.text = text;
    file.prompts.push(prompt);
}

fn is_mustache(template: Value<'_>) -> bool {
    let name = template.text().or_else(|| template.get("format")?.text()).or_else(|| template.get("type")?.text());
    name.is_some_and(|name| name == "mustache" || name == "handlebars")
}

fn model_of(text: &str, model: Value<'_>) -> Option<Named> {
    if !model.is_map() {
        return named(text, model);
    }
    let places: [&[&str]; 5] = [
        &["configuration", "azure_deployment"],
        &["configuration", "model"],
        &["configuration", "name"],
        &["id"],
        &["parameters", "model"],
    ];
    places.iter().find_map(|path| named(text, model.path(path)?))
}

fn host(kind: &str) -> Option<String> {
    match kind {
        "azure_openai" | "azure" => Some("azure".to_owned()),
        "openai" | "anthropic" => Some(kind.to_owned()),
        _ => None,
    }
}

/// `inputs:` as a mapping, or as a list of names; `sample:` has an example of each.
fn declared(text: &str, root: Value<'_>) -> Option<Vec<Variable>> {
    let inputs = root.get("inputs")?;
    let sample = root.get("sample");
    let has_sample = |name: &str, value: Value<'_>| {
        // A sample may be a file with values.
        let is_elsewhere = sample.is_some_and(|sample| sample.text().is_some_and(|text| !text.is_empty()));
        is_elsewhere
            || sample.is_some_and(|sample| sample.get(name).is_some())
            || ["sample", "default"].iter().any(|key| value.get(key).is_some())
    };
    if inputs.is_map() {
        return Some(variables(text, inputs, has_sample));
    }
    let of_item = |item: Value<'_>| {
        let name = named(text, item.get("name")?)?;
        let has_sample = has_sample(&name.text, item);
        Some(Variable { name: name.text, span: name.span, has_sample, is_bounded: false, removal: None })
    };
    Some(inputs.items().filter_map(of_item).collect())
}

fn split(text: &str, start: usize, prompt: &mut Prompt) {
    let body = &text[start..];
    let heads: Vec<_> = ROLE
        .captures_iter(body)
        .filter_map(|found| Some((found.get(0)?.range(), role(&found.get(1)?.as_str().to_lowercase()))))
        .chain([(body.len()..body.len(), SegmentKind::User)])
        .collect();
    let has_roles = heads.len() > 1;
    let mut from = start;
    let mut kind = if has_roles { SegmentKind::System } else { SegmentKind::Prompt };
    for (span, next) in heads {
        let inner = trimmed(text, from..start + span.start);
        if !inner.text.is_empty() {
            let n = prompt.pieces.len() + 1;
            let path = if has_roles { format!("messages.{}.content", n - 1) } else { String::new() };
            prompt.pieces.push(piece(kind, path, if has_roles { n } else { 0 }, inner, prompt.syntax));
        }
        from = start + span.end;
        kind = next;
    }
}

#[cfg(test)]
mod tests {
    use super::super::read as read_file;
    use super::*;

    #[test]
    fn roles_split_the_body() {
        let text = "---\nname: Chat\nmodel:\n  api: chat\n  configuration:\n    type: azure_openai\n    azure_deployment: gpt-4o\n  \
                    parameters:\n    max_tokens: 10\ninputs:\n  question:\n    type: string\nsample:\n  question: Why?\n---\n\
                    system:\nBe brief.\n\n{% for item in history %}\n{{item.role}}:\n{{item.content}}\n{% endfor %}\n\nuser:\n{{question}}\n";
        let file = read_file("chat.prompty", text);
        assert_eq!(file.mistakes, []);
        let prompt = &file.prompts[0];
        assert_eq!(prompt.pieces.len(), 2);
        assert_eq!(prompt.pieces[1].as_str(), "{{question}}");
        assert_eq!(prompt.pieces[0].kind, Some(SegmentKind::System));
        assert_eq!((prompt.model.as_ref().unwrap().text.as_str(), prompt.host.as_deref()), ("gpt-4o", Some("azure")));
        assert_eq!(prompt.parameter("max_tokens").unwrap().value, 10);
        assert!(prompt.variables.as_ref().unwrap()[0].has_sample);
        let free: Vec<_> = prompt.free_variables().into_iter().map(|(.., name)| name).collect();
        assert_eq!(free, ["history", "question"]);
    }
}
