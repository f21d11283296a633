//! In the order in which they are listed.

use super::Objective;
use crate::route::settings::ObjectiveSpec;

pub(super) static OBJECTIVE: Objective = Objective {
    name: "ordered",
    fits: |spec| *spec == ObjectiveSpec::Ordered,
    order: |_, choices, _| choices.sort_by_key(|choice| choice.index),
};
