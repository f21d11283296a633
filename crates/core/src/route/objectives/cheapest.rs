//! By effective price. A target where this prompt is cached is left only for one that is a tenth cheaper: two that cost nearly the same
//! would else take turns, and each turn pays for writing the cache again.

use super::Objective;
use crate::route::plan::Choice;
use crate::route::settings::ObjectiveSpec;

/// Thousandths of the price at home that another must be below.
const SWITCH_PERMILLE: i128 = 900;

pub(super) static OBJECTIVE: Objective = Objective {
    name: "cheapest",
    fits: |spec| *spec == ObjectiveSpec::Cheapest,
    order: |_, choices, _| order(choices),
};

pub(super) fn order(choices: &mut [Choice]) {
    // What has no price comes last, in the order in which it is listed.
    choices.sort_by_key(|choice| (choice.expected.is_err(), choice.expected.as_ref().ok().copied(), choice.index));
    let home = choices.iter().enumerate().max_by_key(|(place, choice)| (choice.cache_read, std::cmp::Reverse(*place)));
    let Some((place, home)) = home.filter(|(_, home)| home.cache_read > 0) else { return };
    let (Some(cheapest), Ok(at_home)) =
        (choices.first().and_then(|first| first.expected.as_ref().ok()), &home.expected)
    else {
        return;
    };
    if cheapest.pico() * 1000 > at_home.pico() * SWITCH_PERMILLE {
        choices[..=place].rotate_right(1);
    }
}
