//! By time to the first byte, as seen lately. What was not asked yet comes first, once: nobody knows how fast it is.

use super::Objective;
use crate::route::settings::ObjectiveSpec;

pub(super) static OBJECTIVE: Objective = Objective {
    name: "fastest",
    fits: |spec| *spec == ObjectiveSpec::Fastest,
    order: |_, choices, _| {
        choices.sort_by_key(|choice| (choice.latency, choice.expected.as_ref().ok().copied(), choice.index));
    },
};
