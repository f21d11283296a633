//! The rules' manual: one page for a terminal, the list, and the reference that is generated from the rules themselves.

use promptopt::error::Result;
use promptopt::lint::rule::{Default as Standard, FAMILIES};
use promptopt::lint::{RULES, Rule, Severity};
use serde_json::{Value, json};

use super::new_page;
use crate::args::RulesForm;
use crate::render::json::pretty;
use crate::render::page::{Line, Page, Style, cut};
use crate::render::words::plural;
use crate::settings::Settings;

/// A rule's page for a terminal.
pub(crate) fn page(rule: &Rule, settings: &Settings) -> String {
    let mut page = new_page(settings);
    page.line().add(format!("{} {}", rule.code, rule.name), Style::Heading);
    let facts = format!(
        "{}, {}, fix: {}; family: {}",
        rule.severity.name(),
        if rule.is_default { "on by default" } else { "off unless selected" },
        fix(rule),
        rule.family()
    );
    page.paragraph(&facts, 0, Style::Dim);
    page.blank();
    markdown(&mut page, rule);
    if !rule.options.is_empty() {
        page.heading(&format!("Settings: [lint.rules.{}]", rule.name), "");
        for option in rule.options {
            page.line()
                .add(format!("  {}", option.name), Style::Accent)
                .add(format!(" = {}", shown(option.default)), Style::Plain);
            page.paragraph(option.about, 4, Style::Dim);
        }
    }
    page.heading("Evidence", "");
    page.blank();
    page.paragraph(&format!("{}, {}", rule.evidence.source, rule.evidence.date), 0, Style::Plain);
    page.finish()
}

/// Text wraps, code does not.
fn markdown(page: &mut Page, rule: &Rule) {
    let mut paragraph = String::new();
    let mut is_code = false;
    let flush = |page: &mut Page, paragraph: &mut String| {
        if !paragraph.is_empty() {
            let indent = usize::from(paragraph.starts_with("- ")) * 2;
            page.paragraph(paragraph, indent, Style::Plain);
            paragraph.clear();
        }
    };
    for line in lines(rule) {
        if line.starts_with("```") {
            flush(page, &mut paragraph);
            is_code = !is_code;
        } else if is_code {
            page.line().add(format!("    {line}"), Style::Accent);
        } else if let Some(title) = line.strip_prefix("## ") {
            flush(page, &mut paragraph);
            page.line().add(title, Style::Heading);
        } else if line.starts_with('|') {
            flush(page, &mut paragraph);
            page.line().add(line, Style::Plain);
        } else if line.is_empty() {
            flush(page, &mut paragraph);
            page.blank();
        } else {
            if line.starts_with("- ") {
                flush(page, &mut paragraph);
            }
            if !paragraph.is_empty() {
                paragraph.push(' ');
            }
            paragraph.push_str(line.trim_start());
        }
    }
    flush(page, &mut paragraph);
}

/// The page's lines, without the blank that a doc comment begins with.
fn lines(rule: &Rule) -> impl Iterator<Item = &'static str> {
    rule.page.lines().map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end())
}

/// The page as Markdown.
pub(super) fn plain(rule: &Rule) -> String {
    let mut text = lines(rule).collect::<Vec<_>>().join("\n").trim().to_owned();
    text.push_str(&format!("\n\n## Evidence\n\n{}, {}.\n", rule.evidence.source, rule.evidence.date));
    text
}

/// The first paragraph of the page.
pub(super) fn sentence(rule: &Rule) -> String {
    lines(rule).skip_while(|line| line.is_empty()).take_while(|line| !line.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Whether there is a fix: by how its section of the page begins.
fn fix(rule: &Rule) -> &'static str {
    let section = rule.page.split("## Fix").nth(1).unwrap_or_default().trim_start().to_lowercase();
    match section {
        text if text.is_empty() => "none",
        text if text.starts_with("safe") => "safe",
        text if text.starts_with("unsafe") => "unsafe",
        text if text.starts_with("none") || text.starts_with("by hand") || text.starts_with("shown") => "none",
        _ => "some",
    }
}

fn shown(default: Standard) -> String {
    value(default).to_string()
}

fn value(default: Standard) -> Value {
    match default {
        Standard::Int(value) => json!(value),
        Standard::Bool(value) => json!(value),
        Standard::Text(value) => json!(value),
        Standard::List(values) => json!(values),
    }
}

/// The list of rules.
pub(crate) fn rules(form: RulesForm, settings: &Settings) -> Result<String> {
    match form {
        RulesForm::Text => Ok(text(settings)),
        RulesForm::Json => pretty(&RULES.iter().map(|rule| as_json(rule)).collect::<Vec<_>>()),
        RulesForm::Markdown => Ok(reference()),
    }
}

/// Families that have rules, each with them.
fn families() -> impl Iterator<Item = (&'static str, &'static str, Vec<&'static Rule>)> {
    FAMILIES.iter().filter_map(|(letters, about)| {
        let rules: Vec<&Rule> = RULES.iter().copied().filter(|rule| rule.code.starts_with(letters)).collect();
        (!rules.is_empty()).then_some((*letters, *about, rules))
    })
}

fn text(settings: &Settings) -> String {
    let mut page = new_page(settings);
    let names = RULES.iter().map(|rule| rule.name.len()).max().unwrap_or(0);
    for (letters, about, rules) in families() {
        page.heading(letters, about);
        for rule in rules {
            let mut line = Line::default();
            line.add("  ", Style::Plain).add(rule.code, Style::Accent).space(2).add(rule.name, Style::Bold);
            line.pad_to(2 + 6 + 2 + names + 2);
            let style = match rule.severity {
                Severity::Error => Style::Bad,
                Severity::Warning => Style::Plain,
                Severity::Info => Style::Dim,
            };
            line.add(format!("{:<8}", rule.severity.name()), style);
            line.add(format!("{:<4}", if rule.is_default { "on" } else { "off" }), Style::Plain);
            line.add(format!("{:<8}", if fix(rule) == "none" { "" } else { fix(rule) }), Style::Good);
            let room = page.width.saturating_sub(line.width());
            if room >= 20 {
                line.add(cut(rule.about().trim(), room), Style::Dim);
            }
            page.push(line);
        }
    }
    page.blank();
    let n_default = RULES.iter().filter(|rule| rule.is_default).count() as u64;
    let sum = format!(
        "{}, {n_default} of them on by default. Columns: severity, on or off, whether there is a fix. `promptopt rule CODE` \
         shows what one looks for, and why.",
        plural(RULES.len() as u64, "rule", "rules")
    );
    page.paragraph(&sum, 0, Style::Dim);
    page.finish().trim_start_matches('\n').to_owned()
}

fn as_json(rule: &Rule) -> Value {
    let kind = |default| match default {
        Standard::Int(_) => "integer",
        Standard::Bool(_) => "boolean",
        Standard::Text(_) => "string",
        Standard::List(_) => "list",
    };
    let options = rule.options.iter().map(|option| {
        json!({ "name": option.name, "kind": kind(option.default), "default": value(option.default), "about": option.about })
    });
    json!({
        "code": rule.code,
        "name": rule.name,
        "family": rule.family(),
        "about": rule.about().trim(),
        "severity": rule.severity.name(),
        "is_default": rule.is_default,
        "is_cost": rule.is_cost,
        "fix": fix(rule),
        "evidence": { "source": rule.evidence.source, "date": rule.evidence.date },
        "options": options.collect::<Vec<_>>(),
        "page": plain(rule),
    })
}

/// The reference: every rule with its page. `corpora/lint/RULES.md` is this.
fn reference() -> String {
    let mut out = String::from(
        "# Lint rules\n\nMade by `promptopt rules --output markdown` from the rules themselves; not written by hand.\n",
    );
    for (letters, about, rules) in families() {
        out.push_str(&format!("\n## {letters}: {about}\n\n| Code | Name | Severity | Default | Fix | What it finds |\n|---|---|---|---|---|---|\n"));
        for rule in &rules {
            out.push_str(&format!(
                "| [{0}](#{1}) | `{2}` | {3} | {4} | {5} | {6} |\n",
                rule.code,
                anchor(rule),
                rule.name,
                rule.severity.name(),
                if rule.is_default { "on" } else { "off" },
                fix(rule),
                rule.about().trim().replace('|', "\\|"),
            ));
        }
        for rule in &rules {
            out.push_str(&format!("\n### {} {}\n\n", rule.code, rule.name));
            out.push_str(&deeper(&plain(rule)));
            if !rule.options.is_empty() {
                out.push_str(&format!("\n| `[lint.rules.{}]` | default | |\n|---|---|---|\n", rule.name));
            }
            for option in rule.options {
                let (default, about) = (shown(option.default), option.about.replace('|', "\\|"));
                out.push_str(&format!("| `{}` | `{default}` | {about} |\n", option.name));
            }
        }
    }
    out
}

fn anchor(rule: &Rule) -> String {
    format!("{}-{}", rule.code.to_lowercase(), rule.name)
}

/// Headings two levels down, but for what stands in code.
fn deeper(text: &str) -> String {
    let mut is_code = false;
    let mut out = String::new();
    for line in text.lines() {
        is_code ^= line.starts_with("```");
        if !is_code && line.starts_with("## ") {
            out.push_str("##");
        }
        out.push_str(line);
        out.push('\n');
    }
    out
}
