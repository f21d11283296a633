//! From one model to another: for every place that names a model, when it ends, what replaces it, and what changes with that:
//! price, tokens, the provider's cache, limits, parameters that are refused or renamed. The changes are those of the rules,
//! asked about a copy of the prompt with the new model.

mod compare;
mod edits;
mod select;

use serde::Serialize;

use super::diagnostic::{Change, Diagnostic};
use super::file::{File, Prompt};
use super::lifecycle;
use super::run::Linter;
use super::settings::Settings;
use super::view::PromptView;
use crate::catalog::ModelSpec;
use crate::error::Result;

pub use compare::{CacheChange, InputChange, LimitChange, PriceChange};
pub use select::From;

/// What a move to another model means for one prompt.
#[derive(Clone, Debug, Serialize)]
pub struct Migration {
    /// The file, as shown.
    pub path: String,
    /// Line of the model's name, from 1.
    pub line: usize,
    /// Its column in characters, from 1.
    pub column: usize,
    /// What the prompt is called in its file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
    /// The model now.
    pub from: Model,
    /// The model then; `None` if no successor is known and none was asked for: then the rest is empty.
    pub to: Option<Model>,
    /// Prices per million tokens that differ, by class.
    pub prices: Vec<PriceChange>,
    /// Input tokens of this prompt and what they cost.
    pub input: Option<InputChange>,
    /// The provider's prompt cache, if either model has one.
    pub cache: Option<CacheChange>,
    /// Context window and most output, where they differ.
    pub limits: Vec<LimitChange>,
    /// What the new model refuses or renames in this prompt, and what else the rules say of it there.
    pub parameters: Vec<Remark>,
    /// What is to be changed in the file, in rising order.
    pub edits: Vec<Edit>,
    /// What else is to be known.
    pub notes: Vec<String>,
}

/// A model of a migration.
#[derive(Clone, Debug, Serialize)]
pub struct Model {
    /// As the prompt writes it, or as it is to be written.
    pub name: String,
    /// Its id in the catalogue.
    pub id: String,
    /// Its host.
    pub host: String,
    /// The day of its shutdown, if announced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shutdown: Option<String>,
    /// Days until then; negative if it has passed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_left: Option<i64>,
    /// How its tokens are counted.
    pub tokenizer: String,
}

/// What a rule says of the prompt with the new model.
#[derive(Clone, Debug, Serialize)]
pub struct Remark {
    /// The rule's code.
    pub code: &'static str,
    /// What it says.
    pub message: String,
    /// What the edits do about it; `None` if that is left to a person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
}

/// Bytes of the file and what is to stand there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Edit {
    /// First byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
    /// What is to stand there.
    pub text: String,
}

/// Rules that are asked about the new model.
const RULES: &[&str] = &[
    "max-tokens-renamed",
    "sampling-rejected",
    "gemini3-low-temperature",
    "thinking-level-and-budget",
    "effort-unsupported",
    "prefill-rejected",
    "forced-tool-rejected",
    "tools-on-chat-completions",
    "max-output-too-large",
    "hidden-thinking-truncation",
];

impl Migration {
    /// What is to be changed, as the fixes of rules have it.
    pub fn changes(&self) -> Vec<Change> {
        self.edits.iter().map(|edit| Change { span: edit.start..edit.end, text: edit.text.clone() }).collect()
    }
}

impl Linter {
    /// What moving away from a model means for each prompt of a file that names it. `to` is a model of the catalogue, or none
    /// for the successor that the provider names.
    pub fn migrate(&self, file: &File, from: &From, to: Option<&str>, settings: &Settings) -> Result<Vec<Migration>> {
        if let Some(to) = to
            && settings.catalog.find(None, to).is_none()
        {
            return Err(settings.catalog.unknown_model(None, to));
        }
        let prompts = self.prompts(file, settings);
        let mut aside = Aside::of(file, settings);
        let mut found = Vec::new();
        for view in prompts.iter().filter(|view| view.target.is_named) {
            let Some(spec) = view.target.spec.filter(|spec| from.matches(spec, &settings.catalog)) else { continue };
            let new = match to {
                // On the same host, where it has the model: who calls Azure stays there.
                Some(to) => settings.catalog.find(Some(&spec.host), to).or_else(|| settings.catalog.find(None, to)),
                None => lifecycle::successor(&settings.catalog, spec),
            };
            found.extend(self.migration(&mut aside, view, spec, new.filter(|new| !same(new, spec))));
        }
        Ok(found)
    }

    fn migration(
        &self,
        aside: &mut Aside,
        view: &PromptView<'_>,
        old: &ModelSpec,
        new: Option<&ModelSpec>,
    ) -> Option<Migration> {
        let (file, settings) = (view.file, view.settings);
        let named = view.prompt.model.as_ref()?;
        let position = file.lines.position(&file.text, named.span.start);
        let mut migration = Migration {
            path: file.path.clone(),
            line: position.line,
            column: position.column,
            prompt: view.prompt.name.clone(),
            from: model(named.text.clone(), old, settings),
            to: None,
            prices: Vec::new(),
            input: None,
            cache: None,
            limits: Vec::new(),
            parameters: Vec::new(),
            edits: Vec::new(),
            notes: Vec::new(),
        };
        let Some(new) = new else { return Some(migration) };
        let name = if new.host == old.host { lifecycle::renamed(&named.text, new) } else { new.id.to_string() };
        let host = view.prompt.host.as_ref().map(|_| new.host.to_string());
        aside.file.prompts = vec![view.prompt.clone()];
        let known = self.lint(&aside.file, &aside.settings).diagnostics;
        aside.file.prompts = vec![with_model(view.prompt, &name, host)];
        let copies = self.prompts(&aside.file, settings);
        let then = copies.first()?;
        migration.prices = compare::prices(&view.target, &then.target);
        migration.input = Some(compare::input(view, then));
        migration.cache = compare::cache(view, then);
        migration.limits = compare::limits(old, new);
        migration.edits.push(Edit { start: named.span.start, end: named.span.end, text: name.clone() });
        migration.to = Some(model(name, new, settings));
        if new.host != old.host {
            let note = format!(
                "`{}` is called at {} instead of {}: the request may have to be written for another interface",
                new.id, new.host, old.host
            );
            migration.notes.push(note);
        }
        if lifecycle::ending(&settings.catalog, new).is_some() {
            migration.notes.push(format!("`{}` ends too, see its day of shutdown", new.id));
        }
        remarks(&known, self.lint(&aside.file, &aside.settings).diagnostics, &file.text, &mut migration);
        migration.edits.sort_by_key(|edit| (edit.start, edit.end));
        Some(migration)
    }
}

/// A file with one of the prompts alone, and the rules that are asked about it. Places stay those of the file as it is.
struct Aside {
    file: File,
    settings: Settings,
}

impl Aside {
    fn of(file: &File, settings: &Settings) -> Aside {
        let alone = File {
            path: file.path.clone(),
            text: file.text.clone(),
            lines: file.lines.clone(),
            format: file.format,
            ..File::default()
        };
        // The names are those of rules, a test holds it: none is unknown.
        Aside { file: alone, settings: settings.clone().only(RULES).unwrap_or_else(|_| settings.clone()) }
    }
}

fn same(a: &ModelSpec, b: &ModelSpec) -> bool {
    a.host == b.host && a.id == b.id
}

/// A prompt for another model.
fn with_model(prompt: &Prompt, name: &str, host: Option<String>) -> Prompt {
    let mut prompt = prompt.clone();
    if let Some(model) = &mut prompt.model {
        name.clone_into(&mut model.text);
    }
    if let Some(request) = &mut prompt.request {
        request.model = Some(name.into());
    }
    prompt.host = host;
    prompt
}

/// What the rules say of the prompt with the new model, with the edits that would mend it. What they said before too is in
/// the way all the same.
fn remarks(known: &[Diagnostic], found: Vec<Diagnostic>, text: &str, migration: &mut Migration) {
    for Diagnostic { rule, finding, .. } in found {
        let is_known = known.iter().any(|old| std::ptr::eq(old.rule, rule) && old.finding.span == finding.span);
        let fix = finding.fix.filter(|fix| edits::add(text, &mut migration.edits, &fix.changes));
        let message = finding.message;
        migration.parameters.push(Remark {
            code: rule.code,
            message: if is_known { format!("{message}, as before") } else { message },
            fix: fix.map(|fix| fix.title),
        });
    }
}

fn model(name: String, spec: &ModelSpec, settings: &Settings) -> Model {
    Model {
        name,
        id: spec.id.to_string(),
        host: spec.host.to_string(),
        shutdown: spec.shutdown.map(|date| date.to_string()),
        days_left: spec.shutdown.map(|date| lifecycle::days(settings.today, date)),
        tokenizer: spec.tokenizer.name().to_owned(),
    }
}

#[cfg(test)]
mod tests;
