//! The run: a file is read, every rule that is on looks at it, what is no saving by measure is dropped, what is suppressed
//! is left out. O(text) a rule; files do not know of each other until [`Linter::across`] judges the marks they left.

use std::sync::Arc;

use jiff::tz::TimeZone;

use super::diagnostic::{Diagnostic, Finding};
use super::file::{File, Prompt};
use super::rule::{Check, Mark, Rule, Within};
use super::rules::RULES;
use super::settings::Settings;
use super::sink::Sink;
use super::target::Target;
use super::view::{FileView, PromptView, View};
use super::{fix, rules, secrets, suppress};
use crate::catalog::TokenClass;
use crate::optimize::Weigher;
use crate::tokens::memo::Memo;
use crate::usd::Usd;

/// Lints files. Cheap to share between threads.
#[derive(Debug, Default)]
pub struct Linter {
    memo: Memo,
}

/// What came of a file.
#[derive(Debug, Default)]
pub struct Linted {
    /// Findings, by place.
    pub diagnostics: Vec<Diagnostic>,
    /// What is compared with other files.
    pub marks: Vec<(&'static Rule, Mark)>,
    /// Prompts in the file.
    pub n_prompts: usize,
    /// Their input tokens a call, each with its model's tokenizer.
    pub n_tokens: u64,
    /// What those cost per 1,000 calls, of the prompts whose model has a price.
    pub usd_per_1k: Usd,
    /// Prompts without a price: no model is known, or none with a price.
    pub n_unpriced: usize,
    /// Findings that a suppression left out.
    pub n_suppressed: usize,
}

impl Linter {
    /// A linter with nothing counted yet.
    pub fn new() -> Linter {
        Linter { memo: Memo::new() }
    }

    /// Reads and lints a text. The path decides how it is read.
    pub fn lint_text(&self, path: &str, text: &str, settings: &Settings) -> Linted {
        self.lint(&super::read::read(path, text), settings)
    }

    /// Lints a file that was read.
    pub fn lint(&self, file: &File, settings: &Settings) -> Linted {
        self.lint_among(file, settings, true)
    }

    /// The same. `has_neighbours` says whether other files of its folder are linted too: without, what is compared within a
    /// folder is not looked at.
    pub fn lint_among(&self, file: &File, settings: &Settings, has_neighbours: bool) -> Linted {
        let prompts = self.prompts(file, settings);
        let mut linted = Linted { n_prompts: prompts.len(), ..Linted::default() };
        for prompt in &prompts {
            let tokens = prompt.total();
            linted.n_tokens += tokens;
            match prompt.target.usd_per_1k(TokenClass::Input, tokens, tokens) {
                Some(usd) => linted.usd_per_1k = linted.usd_per_1k.saturating_add(usd),
                None => linted.n_unpriced += 1,
            }
        }
        let calls_per_month = settings.calls_per_month(&file.path);
        for rule in RULES {
            let Some(severity) = settings.severity(rule) else { continue };
            let mut found = Vec::new();
            match rule.check {
                Check::File(check) => {
                    check(&FileView { rule, file, prompts: &prompts, settings }, &mut Sink::new(&mut found));
                }
                Check::Prompt(check) => {
                    for prompt in &prompts {
                        let before = found.len();
                        check(&View { rule, of: prompt }, &mut Sink::new(&mut found));
                        if rule.is_cost {
                            gate(prompt, settings, &mut found, before, &mut linted, file);
                        }
                    }
                }
                Check::Across { mark, within, .. } if has_neighbours || within == Within::Run => {
                    for prompt in &prompts {
                        let mut marks = Vec::new();
                        mark(&View { rule, of: prompt }, &mut marks);
                        linted.marks.extend(marks.into_iter().map(|mark| (*rule, mark)));
                    }
                }
                Check::Across { .. } | Check::ByTheRun => {}
            }
            linted.diagnostics.extend(found.into_iter().map(|finding| Diagnostic {
                rule,
                severity,
                path: file.path.clone(),
                finding,
                calls_per_month,
            }));
        }
        suppress::apply(file, &prompts, settings, &mut linted);
        secrets::scrub(&file.text, linted.diagnostics.iter_mut().map(|diagnostic| &mut diagnostic.finding));
        fix::keep_line_ends(&file.text, &mut linted.diagnostics);
        sort(&mut linted.diagnostics);
        linted
    }

    /// Judges what the files left to be compared. `settings_of` says by which settings a file goes.
    pub fn across(
        &self,
        marks: &[(&'static Rule, Mark)],
        settings_of: &dyn Fn(&str) -> Arc<Settings>,
    ) -> Vec<Diagnostic> {
        let mut diagnostics = Vec::new();
        for rule in RULES {
            let Check::Across { judge, .. } = rule.check else { continue };
            let mut own: Vec<Mark> =
                marks.iter().filter(|(of, _)| std::ptr::eq(*of, *rule)).map(|(_, mark)| mark.clone()).collect();
            own.sort_by(|a, b| (&a.path, a.span.start).cmp(&(&b.path, b.span.start)));
            let mut found = Vec::new();
            judge(&own, &mut found);
            for (index, finding) in found {
                let path = own[index].path.clone();
                let settings = settings_of(&path);
                let Some(severity) = settings.severity(rule) else { continue };
                let calls_per_month = settings.calls_per_month(&path);
                diagnostics.push(Diagnostic { rule, severity, path, finding, calls_per_month });
            }
        }
        sort(&mut diagnostics);
        diagnostics
    }

    /// The prompts of a file, each with its model.
    pub fn prompts<'a>(&'a self, file: &'a File, settings: &'a Settings) -> Vec<PromptView<'a>> {
        file.prompts
            .iter()
            .map(|prompt| PromptView::new(file, prompt, self.target(prompt, settings), settings))
            .collect()
    }

    fn target<'a>(&'a self, prompt: &'a Prompt, settings: &'a Settings) -> Target<'a> {
        let named = prompt.model.as_ref().map(|model| &*model.text).filter(|name| !name.contains(['{', '$', '<']));
        let name = named.or(settings.model.as_deref());
        let host = if named.is_some() { prompt.host.as_deref() } else { settings.host.as_deref() };
        let weigher = Weigher::new(&settings.catalog, host, name, &self.memo);
        let at = settings.today.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
        Target { catalog: &settings.catalog, name, is_named: named.is_some(), spec: weigher.spec(), weigher, at }
    }
}

/// Drops claims of cost that are none by measure, and fixes that would cost the provider's cache.
fn gate(
    prompt: &PromptView<'_>,
    settings: &Settings,
    found: &mut Vec<Finding>,
    from: usize,
    linted: &mut Linted,
    file: &File,
) {
    let fresh = found.split_off(from);
    for finding in fresh {
        let saving = finding.saving.unwrap_or_default();
        let saves_money = saving.usd_per_1k.is_some_and(|usd| usd.pico() > 0);
        if !saves_money && saving.tokens.is_none_or(|tokens| tokens <= 0) {
            continue;
        }
        match below_minimum(prompt, &finding) {
            None => found.push(finding),
            Some(minimum) => {
                let rule = rules::COMPRESSION_BELOW_FLOOR;
                let Some(severity) = settings.severity(rule) else { continue };
                let message = format!(
                    "shortening this would push the cacheable prefix of {} tokens below the model's minimum of {minimum}",
                    prompt.prefix().tokens
                );
                linted.diagnostics.push(Diagnostic {
                    rule,
                    severity,
                    path: file.path.clone(),
                    finding: Finding::at(finding.span, message)
                        .note(format!("what would be saved otherwise: {}", finding.message))
                        .help("leave it, or cut so much that the prefix no longer matters"),
                    calls_per_month: settings.calls_per_month(&file.path),
                });
            }
        }
    }
}

/// The model's smallest cacheable prefix, if following the finding would push this prompt's prefix below it.
fn below_minimum(prompt: &PromptView<'_>, finding: &Finding) -> Option<u64> {
    let saved = finding.saving?.tokens.filter(|tokens| *tokens > 0)? as u64;
    let minimum = prompt.target.cache()?.min_tokens;
    let prefix = prompt.prefix();
    let is_cached = prefix.is_ended && prefix.tokens >= minimum && prefix.tokens.saturating_sub(saved) < minimum;
    // What is left may cost less fresh than all of it did from the cache: then nothing is lost.
    let usd = |class, tokens| prompt.target.usd_per_1k(class, tokens, prompt.total());
    let after = usd(TokenClass::Input, prefix.tokens.saturating_sub(saved));
    let is_cheaper = after.zip(usd(TokenClass::CacheRead, prefix.tokens)).is_some_and(|(after, before)| after < before);
    (is_cached && !is_cheaper && prompt.is_span_in_prefix(&finding.span)).then_some(minimum)
}

/// By file, then by place.
pub(super) fn sort(diagnostics: &mut [Diagnostic]) {
    diagnostics.sort_by(|a, b| {
        let key = |d: &Diagnostic| (d.finding.span.start, d.finding.span.end, d.rule.code);
        a.path.cmp(&b.path).then_with(|| key(a).cmp(&key(b)))
    });
}
