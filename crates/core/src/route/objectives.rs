//! How a target is chosen among those that may answer. One file an objective.

mod cheapest;
mod fastest;
mod ordered;
mod quality;
mod weighted;

use super::plan::Choice;
use super::settings::ObjectiveSpec;

/// An objective.
pub(super) struct Objective {
    /// The name in explanations.
    pub name: &'static str,
    /// Whether this is the one that is configured.
    pub fits: fn(&ObjectiveSpec) -> bool,
    /// Puts the choices in order, the best first. Those at the end may be left: each has a reason then.
    pub order: fn(&ObjectiveSpec, &mut Vec<Choice>, seed: u64),
}

/// All of them.
pub(super) static OBJECTIVES: &[&Objective] =
    &[&cheapest::OBJECTIVE, &fastest::OBJECTIVE, &ordered::OBJECTIVE, &quality::OBJECTIVE, &weighted::OBJECTIVE];

/// The one that is configured.
pub(super) fn of(spec: &ObjectiveSpec) -> &'static Objective {
    OBJECTIVES.iter().find(|objective| (objective.fits)(spec)).copied().unwrap_or(&cheapest::OBJECTIVE)
}
