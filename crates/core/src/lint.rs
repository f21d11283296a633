//! Prompts checked as code is: what makes them dear, uncacheable, outdated, ambiguous or unsafe, with what it costs and
//! what would mend it.
//!
//! `read.rs` takes files apart into prompts whose text keeps its way back to the file (`file.rs`, `mapped.rs`); `run.rs` has
//! every rule look at them (`rules.rs`, `view.rs`), drops claims of cost that are none by measure, and `fix.rs` applies what
//! may be applied. Linting never fails: what cannot be read is a finding.
//!
//! ```
//! use promptopt::lint::{Linter, Settings};
//!
//! let settings = Settings::new("2026-11-22".parse().unwrap());
//! let table = "| name          | colour    |\n|---------------|-----------|\n| apple         | red       |\n\
//!     | banana        | yellow    |\n| cherry        | red       |\n| plum          | blue      |\n";
//! let found = Linter::new().lint_text("prompts/fruit.md", table, &settings);
//! assert_eq!(found.diagnostics[0].rule.name, "padded-table");
//! ```

pub mod baseline;
pub mod cache;
pub mod diagnostic;
pub mod discover;
pub mod explain;
pub mod file;
pub mod fix;
pub mod lines;
pub mod mapped;
pub mod migrate;
pub mod prose;
pub mod read;
#[macro_use]
pub mod rule;
pub mod rules;
pub mod run;
pub mod runner;
pub mod secrets;
pub mod settings;
pub mod since;
pub mod sink;
pub mod target;
pub mod template;
pub mod traffic;
pub mod view;

mod batch;
mod caching;
mod code_spans;
mod data;
mod fixed;
mod front_matter;
mod lifecycle;
mod parameters;
mod personal;
mod phrases;
mod requests;
mod scripts;
mod suppress;
mod tool;
mod untrusted;
mod volatile;
mod wire;

pub use diagnostic::{Applicability, Change, Diagnostic, Finding, Fix, Saving, Severity};
pub use file::{File, Prompt, PromptKind};
#[cfg(feature = "router")]
pub(crate) use lifecycle::ending;
pub use rule::Rule;
pub use rules::RULES;
pub use run::{Linted, Linter};
pub use settings::Settings;

/// What a prompt file's name is followed by in the name of its sidecar.
pub const SIDECAR_SUFFIX: &str = ".promptopt.toml";
