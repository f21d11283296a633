//! Markdown and plain text: the whole file is the prompt, but for its front matter. AGENTS.md and its kind are known by
//! name.

use super::parts::{fields, front_matter, lines_as_fields, named, take_over};
use super::yaml::Yaml;
use super::{Candidate, Fit, Reader};
use crate::lint::file::{File, Prompt, PromptKind};
use crate::lint::mapped::Mapped;
use crate::lint::template::Syntax;

pub(super) static READER: Reader = Reader {
    name: "markdown",
    about: "Markdown and plain text: AGENTS.md, CLAUDE.md, SKILL.md, *.mdc, *.prompt.md, prompts as text",
    fits,
    read,
};

/// Instructions that agents read at the beginning of every session.
const AGENT_FILES: &[&str] = &[
    "agents.md",
    "agent.md",
    "agents.override.md",
    "claude.md",
    "claude.local.md",
    "gemini.md",
    "copilot-instructions.md",
    ".cursorrules",
    ".windsurfrules",
    ".clinerules",
    ".goosehints",
    ".junie/guidelines.md",
];

/// Folders in which hosts keep such instructions.
const AGENT_FOLDERS: &[&str] = &[
    ".cursor/rules/",
    ".windsurf/rules/",
    ".clinerules/",
    ".roo/rules/",
    ".continue/rules/",
    ".kiro/steering/",
    ".amazonq/rules/",
    ".augment/rules/",
    ".claude/rules/",
];

/// Folders in which hosts keep prompts that are used on demand.
const PROMPT_FOLDERS: &[&str] = &[
    ".claude/commands/",
    ".claude/agents/",
    ".claude/output-styles/",
    ".github/prompts/",
    ".github/agents/",
    ".github/chatmodes/",
    ".codex/prompts/",
    ".opencode/command/",
    ".opencode/agent/",
    ".windsurf/workflows/",
];

fn kind(path: &str) -> Option<PromptKind> {
    let path = path.to_lowercase();
    let name = path.rsplit('/').next().unwrap_or_default();
    let is_in = |folders: &[&str]| {
        folders.iter().any(|folder| path.starts_with(folder) || path.contains(&format!("/{folder}")))
    };
    let is_text = [".md", ".mdc", ".txt", ".markdown"].iter().any(|end| name.ends_with(end));
    if name == "skill.md" {
        return Some(PromptKind::Skill);
    }
    if AGENT_FILES.iter().any(|known| name == *known || path.ends_with(&format!("/{known}")) || path == *known)
        || name.ends_with(".instructions.md")
        || is_cursor_rule(name)
        || (is_text && is_in(AGENT_FOLDERS))
    {
        return Some(PromptKind::AgentInstructions);
    }
    let is_named = [".prompt.md", ".prompt.txt", ".chatmode.md", ".agent.md"].iter().any(|end| name.ends_with(end));
    (is_named || (is_text && is_in(PROMPT_FOLDERS))).then_some(PromptKind::Template)
}

/// Cursor's rules have an extension of their own.
fn is_cursor_rule(name: &str) -> bool {
    name.rsplit_once('.').is_some_and(|(_, extension)| extension.eq_ignore_ascii_case("mdc"))
}

fn fits(candidate: &Candidate<'_>) -> Fit {
    if kind(candidate.path).is_some() {
        return Fit::Named;
    }
    match candidate.extension {
        // What is no dotprompt is a text with variables.
        "prompt" => Fit::Sniffed,
        "md" | "markdown" | "txt" => Fit::Plain,
        "" if !candidate.name.ends_with("file") => Fit::Plain,
        _ => Fit::No,
    }
}

fn read(file: &mut File) {
    let kind = kind(&file.path).unwrap_or_default();
    let text = std::mem::take(&mut file.text);
    let mut prompt = Prompt { kind, span: 0..text.len(), ..Prompt::default() };
    let mut start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    if let Some((range, body)) = front_matter(&text) {
        let mut yaml = Yaml::parse(text.get(range.clone()).unwrap_or_default(), range.start);
        let root = yaml.root().filter(|root| root.is_map());
        if let Some(root) = root.filter(|_| yaml.mistake.is_none()) {
            prompt.fields = fields(&text, root, &[]);
            // Hosts of agents have their own names for models (`sonnet`, `GPT-4.1 (copilot)`).
            let is_host_name =
                file.path.contains(".github/") || file.path.contains(".claude/") || kind != PromptKind::Template;
            prompt.model = root
                .get("model")
                .and_then(|model| named(&text, model))
                .filter(|model| !is_host_name && !model.text.contains(' '));
            // What a host sends for a model of its own choice is its affair.
            if prompt.model.is_none() {
                prompt.fields.retain(|field| !field.value.is_number());
            }
            start = body;
            take_over(file, &mut yaml);
        } else {
            let lenient = lines_as_fields(&text, range.clone());
            let is_blank = text.get(range.clone()).is_some_and(|inner| inner.trim().is_empty());
            // Two rules of Markdown with text between them are no front matter.
            if !lenient.is_empty() || is_blank {
                prompt.fields = lenient;
                start = body;
                // Cursor reads its rules' front matter line by line: `globs: **/*` is no YAML and means what it says.
                if !is_cursor_rule(file.name()) {
                    take_over(file, &mut yaml);
                }
            }
        }
    }
    let body = &text[start..];
    let syntax = if kind == PromptKind::Template { Syntax::detect(body) } else { Syntax::None };
    let bare = Prompt::bare(kind, Mapped::plain(body, start), syntax);
    prompt.pieces = bare.pieces;
    prompt.syntax = syntax;
    file.text = text;
    file.prompts.push(prompt);
}

#[cfg(test)]
mod tests {
    use super::super::read as read_file;
    use super::*;

    #[test]
    fn a_skill_has_its_front_matter_as_fields_and_its_body_as_text() {
        let text = "---\nname: greet\ndescription: |\n  Greets people.\n---\n\n# Greet\nSay {{hello}}.\n";
        let file = read_file("skills/greet/SKILL.md", text);
        let prompt = &file.prompts[0];
        assert_eq!(prompt.kind, PromptKind::Skill);
        assert_eq!(prompt.field("description").unwrap().value, "Greets people.\n");
        assert_eq!(&text[prompt.field("name").unwrap().span.clone()], "greet");
        assert_eq!(prompt.pieces[0].as_str(), "\n# Greet\nSay {{hello}}.\n");
        assert_eq!(prompt.pieces[0].text.in_file(&(1..8)), 53..60);
        assert!(prompt.pieces[0].slots.is_empty(), "a skill is no template");
    }

    #[test]
    fn rules_of_cursor_are_read_as_cursor_does() {
        let file = read_file(
            ".cursor/rules/a.mdc",
            "---\ndescription: Rules: all\nglobs: **/*\nalwaysApply: false\n---\nBe brief.\n",
        );
        assert_eq!(file.mistakes, []);
        assert_eq!(file.prompts[0].field("globs").unwrap().value, "**/*");
        assert_eq!(file.prompts[0].field("alwaysApply").unwrap().value, false);
        assert_eq!(file.prompts[0].pieces[0].as_str(), "Be brief.\n");
        assert_eq!(file.prompts[0].kind, PromptKind::AgentInstructions);
    }

    #[test]
    fn a_text_between_rules_is_no_front_matter() {
        let text = "---\nSome words.\n---\nMore.\n";
        assert_eq!(read_file("a.md", text).prompts[0].pieces[0].as_str(), text);
    }

    #[test]
    fn a_bare_text_with_variables_is_a_template() {
        let file = read_file("prompts/a.txt", "Act as ${role:a poet}.");
        assert_eq!(file.prompts[0].syntax, Syntax::Dollar);
        assert_eq!(file.prompts[0].pieces[0].slots.len(), 1);
    }
}
