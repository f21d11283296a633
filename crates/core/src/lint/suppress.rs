//! Findings that somebody decided to live with.

use super::file::File;
use super::run::Linted;
use super::settings::Settings;

/// Leaves out what is suppressed.
pub(super) fn apply(_file: &File, _settings: &Settings, _linted: &mut Linted) {}
