//! placeholder
use promptopt::error::Result;
use super::Outcome;
use crate::args::DiffArgs;
use crate::settings::Settings;
pub(crate) fn run(_a: &DiffArgs, _s: &Settings) -> Result<Outcome> { Ok(Outcome::default()) }
