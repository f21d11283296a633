//! What a rule says: where, what, what it costs, what to do, and the change that would do it.

use std::ops::Range;

use super::rule::Rule;
use crate::usd::Usd;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// Money or quality is lost.
    Warning,
    /// It fails, leaks, or will.
    Error,
}

/// Whether a fix may be applied without being asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Applicability {
    /// Shown only: a person has to finish it.
    Display,
    /// May change what the model does: `--unsafe-fixes`.
    Unsafe,
    /// Says the same: `--fix`.
    Safe,
}

/// A change that mends what was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as an order: `remove the padding`.
    pub title: String,
    /// Whether it may be applied without being asked for.
    pub applicability: Applicability,
    /// What is changed, in rising order, without overlaps.
    pub changes: Vec<Change>,
}

/// Bytes of the file and what is to stand there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The bytes replaced.
    pub span: Range<usize>,
    /// What stands there then, in the file's own notation.
    pub text: String,
}

/// What following a finding saves. Tokens are counted with the model's tokenizer; money is what they cost at the
/// catalogue's price of the day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Saving {
    /// Input tokens a call; `None` where the saving is not one of tokens.
    pub tokens: Option<i64>,
    /// Money per 1,000 calls at the price of fresh input; `None` if no model or no price is known.
    pub usd_per_1k: Option<Usd>,
    /// The same if all of it is read from the provider's prompt cache: the least that it saves.
    pub usd_per_1k_cached: Option<Usd>,
}

/// What a rule found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Its bytes in the file.
    pub span: Range<usize>,
    /// What is wrong, with the figures: lower case, without a full stop.
    pub message: String,
    /// Other places that belong to it, each with what it is.
    pub labels: Vec<(Range<usize>, String)>,
    /// What else is to be known.
    pub notes: Vec<String>,
    /// What to do.
    pub help: Option<String>,
    /// What following it saves.
    pub saving: Option<Saving>,
    /// The change that would do it.
    pub fix: Option<Fix>,
    /// Bytes of the file that no report may show: secrets. Shown as `…`.
    pub redact: Vec<Range<usize>>,
}

/// A finding with its rule and its place.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    /// The rule.
    pub rule: &'static Rule,
    /// How bad it is here: the rule's own severity or the configured one.
    pub severity: Severity,
    /// The file, as shown.
    pub path: String,
    /// What was found.
    pub finding: Finding,
    /// Calls a month of the prompt, where traffic is known.
    pub calls_per_month: Option<u64>,
}

impl Finding {
    /// A finding about some bytes of the file.
    pub fn at(span: Range<usize>, message: impl Into<String>) -> Finding {
        Finding {
            span,
            message: message.into(),
            labels: Vec::new(),
            notes: Vec::new(),
            help: None,
            saving: None,
            fix: None,
            redact: Vec::new(),
        }
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Finding {
        self.help = Some(help.into());
        self
    }

    /// Says what else is to be known.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Finding {
        self.notes.push(note.into());
        self
    }

    /// Points at another place that belongs to it.
    #[must_use]
    pub fn label(mut self, span: Range<usize>, text: impl Into<String>) -> Finding {
        self.labels.push((span, text.into()));
        self
    }

    /// Keeps bytes of the file out of every report.
    #[must_use]
    pub fn redact(mut self, span: Range<usize>) -> Finding {
        self.redact.push(span);
        self
    }

    /// Says what following it saves.
    #[must_use]
    pub fn saves(mut self, saving: Saving) -> Finding {
        self.saving = Some(saving);
        self
    }

    /// Adds the change that would do it; nothing if there is none.
    #[must_use]
    pub fn fix(mut self, title: &str, applicability: Applicability, changes: Option<Vec<Change>>) -> Finding {
        self.fix = changes.filter(|changes| !changes.is_empty()).map(|mut changes| {
            changes.sort_by_key(|change| (change.span.start, change.span.end));
            Fix { title: title.to_owned(), applicability, changes }
        });
        self
    }
}

impl Severity {
    /// Every severity with its name in options and reports.
    pub const ALL: [(Severity, &'static str); 3] =
        [(Severity::Error, "error"), (Severity::Warning, "warning"), (Severity::Info, "info")];

    /// The name in options and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Info => "info",
        }
    }

    /// By its name.
    pub fn from_name(name: &str) -> Option<Severity> {
        Severity::ALL.iter().find(|(_, known)| *known == name).map(|(severity, _)| *severity)
    }
}

impl Applicability {
    /// The name in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Applicability::Safe => "safe",
            Applicability::Unsafe => "unsafe",
            Applicability::Display => "display",
        }
    }
}

impl Diagnostic {
    /// What following it saves in a month: where both the saving of a call and the traffic are known.
    pub fn usd_per_month(&self) -> Option<Usd> {
        let per_1k = self.finding.saving?.usd_per_1k?;
        per_1k.checked_scale(i128::from(self.calls_per_month?), 1000).ok()
    }
}
