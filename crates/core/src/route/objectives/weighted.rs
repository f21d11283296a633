//! By chance, in proportion to weights. The same prompt always falls the same way, so that its cache is met again. (Weighted rendezvous
//! hashing: each choice draws −ln(u)/weight from the prompt's digest and its own name, and the least comes first.)

use super::Objective;
use crate::route::settings::ObjectiveSpec;

pub(super) static OBJECTIVE: Objective = Objective {
    name: "weighted",
    fits: |spec| *spec == ObjectiveSpec::Weighted,
    order: |_, choices, seed| {
        choices.sort_by_cached_key(|choice| {
            let name = format!("{}/{}", choice.target.provider, choice.target.model);
            let drawn = xxhash_rust::xxh3::xxh3_64_with_seed(name.as_bytes(), seed);
            // Uniform in (0, 1]: 53 bits fit a float exactly.
            let uniform = ((drawn >> 11) + 1) as f64 / (1_u64 << 53) as f64;
            let score = if choice.weight == 0 { f64::INFINITY } else { -uniform.ln() / f64::from(choice.weight) };
            // Non-negative floats order as their bits do.
            (score.to_bits(), choice.index)
        });
    },
};
