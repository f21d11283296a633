//! Markdown and plain text: the whole file is the prompt. AGENTS.md and its kind are known by name.

use super::{Candidate, Fit, Reader};
use crate::lint::file::{File, Prompt, PromptKind};
use crate::lint::mapped::Mapped;
use crate::lint::template::Syntax;

pub(super) static READER: Reader = Reader {
    name: "markdown",
    about: "Markdown and plain text: AGENTS.md, CLAUDE.md, SKILL.md, *.prompt.md, prompts as text",
    fits,
    read,
};

/// Instructions that agents read at the beginning of every session.
const AGENT_FILES: &[&str] = &[
    "agents.md",
    "claude.md",
    "gemini.md",
    "copilot-instructions.md",
    ".cursorrules",
    ".windsurfrules",
    ".clinerules",
];

fn fits(candidate: &Candidate<'_>) -> Fit {
    match candidate.name {
        name if AGENT_FILES.contains(&name) || name == "skill.md" => Fit::Named,
        name if name.ends_with(".prompt.md") || name.ends_with(".prompt.txt") => Fit::Named,
        _ => match candidate.extension {
            "md" | "markdown" | "txt" | "mdc" => Fit::Plain,
            _ => Fit::No,
        },
    }
}

fn read(file: &mut File) {
    let name = file.name().to_lowercase();
    let kind = match &*name {
        "skill.md" => PromptKind::Skill,
        name if AGENT_FILES.contains(&name) => PromptKind::AgentInstructions,
        _ => PromptKind::Template,
    };
    file.prompts.push(Prompt::bare(kind, Mapped::plain(&file.text, 0), Syntax::None));
}
