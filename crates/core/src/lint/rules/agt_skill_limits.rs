//! `skill-limits`: a skill that is not loaded.

use crate::lint::diagnostic::{Finding, Severity};
use crate::lint::file::PromptKind;
use crate::lint::front_matter::FrontMatter;
use crate::lint::rule::{Check, Default, Evidence, OptionSpec};
use crate::lint::sink::Sink;
use crate::lint::view::FileView;

rule! {
    /// A skill without a description, or with a name or description that agents do not take.
    ///
    /// ## Why
    ///
    /// An agent sees a skill's name and description only, and loads the rest when they fit the task. A skill without a description
    /// is not found; one that breaks the limits of the format is refused.
    ///
    /// ## Example
    ///
    /// ```markdown
    /// ---
    /// name: Invoice Checker (v2)
    /// ---
    /// ```
    ///
    /// has no description, and a name that is not in small letters, digits and hyphens.
    ///
    /// ## Options
    ///
    /// - `max_name`: characters of a name.
    /// - `max_description`: characters of a description.
    ///
    /// ## Limits
    ///
    /// Only files called SKILL.md. A missing name is no finding: the folder's is taken.
    "skill-limits",
    code: "AGT003",
    severity: Severity::Error,
    is_default: true,
    is_cost: false,
    evidence: Evidence { source: "agentskills/agentskills, docs/specification.mdx", date: "2026-11-26" },
    options: &[
        OptionSpec { name: "max_name", default: Default::Int(64), about: "characters of a name" },
        OptionSpec { name: "max_description", default: Default::Int(1024), about: "characters of a description" },
    ],
    check: Check::File(check),
}

fn check(view: &FileView<'_>, sink: &mut Sink<'_>) {
    let text = &view.file.text;
    let is_skill = view.prompts.iter().any(|prompt| prompt.prompt.kind == PromptKind::Skill);
    if !is_skill || !view.file.name().eq_ignore_ascii_case("skill.md") || text.trim().is_empty() {
        return;
    }
    let limit = |option| usize::try_from(view.settings.int(view.rule, option)).unwrap_or(usize::MAX);
    let first_line = 0..text.find('\n').unwrap_or(text.len());
    let Some(head) = FrontMatter::of(text) else {
        sink.report(
            Finding::at(
                first_line,
                "a skill begins with a front matter: without a `description` no agent knows when to load it",
            )
            .help("put `name` and `description` between two lines of `---` at the beginning"),
        );
        return;
    };
    // Without one an agent takes the folder's name.
    if let Some(name) = head.get("name") {
        let n = name.value.chars().count();
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if n > limit("max_name") {
            let message = format!("the name has {n} characters, {} are the most", limit("max_name"));
            sink.report(Finding::at(name.span.clone(), message).help("shorten it"));
        } else if !name.value.chars().all(is_plain) && !name.value.contains(['{', '$', '#']) {
            sink.report(
                Finding::at(name.span.clone(), format!("`{}` is no name of a skill", name.value))
                    .help("small letters, digits and hyphens only"),
            );
        }
    }
    match head.get("description").filter(|description| !description.value.is_empty()) {
        None => sink.report(
            Finding::at(first_line, "the skill has no `description`: no agent knows when to load it")
                .help("say what it does and when to use it"),
        ),
        Some(description) => {
            let n = description.value.chars().count();
            if n > limit("max_description") {
                let message = format!("the description has {n} characters, {} are the most", limit("max_description"));
                sink.report(
                    Finding::at(description.span.clone(), message)
                        .help("say what it does and when to use it, and leave the rest to the body"),
                );
            }
        }
    }
}
