//! The lint rules: only a list. A rule is a file under `lint/rules/`, `<family>_<name>.rs`, and stands here twice: as a
//! module and in [`RULES`].

use super::rule::Rule;

mod cac_compression_below_floor;
mod fmt_padded_table;
mod mdl_unknown_model;
mod syn_billed_suppression;
mod syn_expired_suppression;
mod syn_syntax;
mod syn_unknown_suppression;
mod syn_unused_suppression;

/// Made by the run, which refuses the fix.
pub(super) static COMPRESSION_BELOW_FLOOR: &Rule = &cac_compression_below_floor::RULE;

/// Made by the run, which knows what was hidden.
pub(super) static UNUSED_SUPPRESSION: &Rule = &syn_unused_suppression::RULE;
/// Made by the run, which knows the day.
pub(super) static EXPIRED_SUPPRESSION: &Rule = &syn_expired_suppression::RULE;
/// Made by the run, which reads the comments.
pub(super) static UNKNOWN_SUPPRESSION: &Rule = &syn_unknown_suppression::RULE;
/// Made by the run, which reads the comments.
pub(super) static BILLED_SUPPRESSION: &Rule = &syn_billed_suppression::RULE;

/// The rules, in the order of the manual: by code.
pub static RULES: &[&Rule] = &[
    &syn_syntax::RULE,
    &syn_unused_suppression::RULE,
    &syn_expired_suppression::RULE,
    &syn_unknown_suppression::RULE,
    &syn_billed_suppression::RULE,
    &cac_compression_below_floor::RULE,
    &fmt_padded_table::RULE,
    &mdl_unknown_model::RULE,
];
