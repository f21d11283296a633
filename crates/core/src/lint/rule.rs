//! What a rule is. A rule is a file under `lint/rules/` with a [`Rule`] and a line in `lint/rules.rs`; its doc comment is
//! its manual page (`promptopt rule CODE`), under fixed headings.

use super::diagnostic::Severity;
use super::sink::Sink;
use super::view::{FileView, View};

/// Declares a rule whose doc comment is its manual page: `rule! { /// … NAME, code: "…", … }`.
macro_rules! rule {
    ($(#[doc = $doc:literal])+ $name:literal, $($fields:tt)*) => {
        $(#[doc = $doc])+
        pub(super) static RULE: $crate::lint::Rule =
            $crate::lint::Rule { name: $name, page: concat!($($doc, "\n"),+), $($fields)* };
    };
}

/// One rule.
pub struct Rule {
    /// Three letters of its family and three digits: stable for ever, never given to another rule.
    pub code: &'static str,
    /// What it flags, in kebab case, so that "allow NAME" reads well.
    pub name: &'static str,
    /// Its manual page, Markdown: a sentence, then the headings `## Why`, `## Example`, and where they apply `## Fix`,
    /// `## Options`, `## Limits`.
    pub page: &'static str,
    /// How bad its findings are unless configured.
    pub severity: Severity,
    /// Whether it is on unless configured.
    pub is_default: bool,
    /// Whether its findings are claims of cost: such a finding counts only if it saves tokens or money as measured, and a
    /// fix that would push a cacheable prefix below the model's minimum is refused.
    pub is_cost: bool,
    /// What it rests on.
    pub evidence: Evidence,
    /// Its options.
    pub options: &'static [OptionSpec],
    /// How it looks.
    pub check: Check,
}

/// What a rule rests on.
#[derive(Clone, Copy, Debug)]
pub struct Evidence {
    /// The page, the measurement or the issue, in a line.
    pub source: &'static str,
    /// When it was read or measured, `YYYY-MM-DD`.
    pub date: &'static str,
}

/// How a rule looks.
#[derive(Clone, Copy)]
pub enum Check {
    /// At each prompt.
    Prompt(fn(&View<'_>, &mut Sink<'_>)),
    /// At each file, with all its prompts.
    File(fn(&FileView<'_>, &mut Sink<'_>)),
    /// At all files together: each prompt leaves marks, which are judged at the end.
    Across {
        /// Leaves marks of a prompt.
        mark: fn(&View<'_>, &mut Vec<Mark>),
        /// Judges the marks of all files; a finding is made with the mark's index.
        judge: fn(&[Mark], &mut Vec<(usize, super::Finding)>),
        /// Which files are compared: a file without another to compare it with need not leave marks.
        within: Within,
    },
    /// Not by itself: the run makes its findings (a fix refused, a suppression without effect).
    ByTheRun,
}

/// Which files a rule compares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// Those of one folder.
    Folder,
    /// All of a run.
    Run,
}

/// What a prompt leaves for a judgement over all files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The file, as shown.
    pub path: String,
    /// The bytes of the file.
    pub span: std::ops::Range<usize>,
    /// Line of its beginning, from 1.
    pub line: usize,
    /// What is compared.
    pub key: u128,
    /// Its tokens.
    pub tokens: u64,
    /// What it is called or says, for messages.
    pub words: String,
    /// What one call saves if it is gone.
    pub saving: Option<super::Saving>,
}

/// An option of a rule, set under `[lint.rules.NAME]`.
#[derive(Clone, Copy, Debug)]
pub struct OptionSpec {
    /// Its name.
    pub name: &'static str,
    /// What holds if it is not set; the kind of value that it takes.
    pub default: Default,
    /// What it does, with its unit.
    pub about: &'static str,
}

/// The default of an option, and by its variant the kind of value.
#[derive(Clone, Copy, Debug)]
pub enum Default {
    /// A whole number.
    Int(i64),
    /// Yes or no.
    Bool(bool),
    /// A text.
    Text(&'static str),
    /// A list of texts.
    List(&'static [&'static str]),
}

/// Families by the letters of their codes, in the order of the manual.
pub const FAMILIES: &[(&str, &str)] = &[
    ("SYN", "files that cannot be read, and the linter's own business"),
    ("CST", "cost and budget"),
    ("CAC", "the provider's prompt cache"),
    ("DUP", "duplication"),
    ("VRB", "verbosity"),
    ("FMT", "structure and format"),
    ("MDL", "model and parameters"),
    ("TPL", "templates"),
    ("SEC", "security"),
    ("PRT", "portability"),
    ("BAT", "batch files"),
    ("AGT", "agent instructions"),
    ("TOL", "tool definitions"),
];

impl Rule {
    /// The first line of its manual page.
    pub fn about(&self) -> &'static str {
        self.page.trim_start().lines().next().unwrap_or_default()
    }

    /// What its family is about.
    pub fn family(&self) -> &'static str {
        FAMILIES.iter().find(|(letters, _)| self.code.starts_with(letters)).map_or("", |(_, about)| about)
    }
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.code, self.name)
    }
}
