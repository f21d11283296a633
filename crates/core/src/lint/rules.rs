//! The lint rules: only a list. A rule is a file under `lint/rules/`, `<family>_<name>.rs`, and stands here twice: as a
//! module and in [`RULES`].

use super::rule::Rule;

mod cac_compression_below_floor;
mod fmt_padded_table;
mod mdl_unknown_model;
mod syn_syntax;
mod tpl_mixed_syntax;
mod tpl_no_sample_data;
mod tpl_template_syntax_error;
mod tpl_unbounded_variable;
mod tpl_undefined_variable;
mod tpl_unescaped_brace;
mod tpl_unrendered_placeholder;
mod tpl_unused_variable;

/// Made by the run, which refuses the fix.
pub(super) static COMPRESSION_BELOW_FLOOR: &Rule = &cac_compression_below_floor::RULE;

/// The rules, in the order of the manual: by code.
pub static RULES: &[&Rule] = &[
    &syn_syntax::RULE,
    &cac_compression_below_floor::RULE,
    &fmt_padded_table::RULE,
    &mdl_unknown_model::RULE,
    &tpl_undefined_variable::RULE,
    &tpl_unused_variable::RULE,
    &tpl_mixed_syntax::RULE,
    &tpl_unescaped_brace::RULE,
    &tpl_unrendered_placeholder::RULE,
    &tpl_unbounded_variable::RULE,
    &tpl_template_syntax_error::RULE,
    &tpl_no_sample_data::RULE,
];
