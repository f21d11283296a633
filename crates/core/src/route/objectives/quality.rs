//! By effective price among those that are good enough for the route. What nobody has judged is not good enough; it comes after all that
//! is, so that a call is answered even if all of those fail.

use super::Objective;
use super::cheapest;
use crate::route::settings::ObjectiveSpec;

pub(super) static OBJECTIVE: Objective = Objective {
    name: "quality, then cheapest",
    fits: |spec| matches!(spec, ObjectiveSpec::QualityThenCheapest(_)),
    order: |spec, choices, _| {
        let ObjectiveSpec::QualityThenCheapest(least) = spec else { return };
        choices.sort_by_key(|choice| choice.quality.is_none_or(|quality| quality < *least));
        let n_good =
            choices.iter().take_while(|choice| choice.quality.is_some_and(|quality| quality >= *least)).count();
        let (good, others) = choices.split_at_mut(n_good);
        cheapest::order(good);
        // The best of the others first.
        others.sort_by_key(|choice| (std::cmp::Reverse(choice.quality), choice.index));
    },
};
