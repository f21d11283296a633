//! The lint rules: only a list. A rule is a file under `lint/rules/`, `<family>_<name>.rs`, and stands here twice: as a
//! module and in [`RULES`].

use super::rule::Rule;

mod cac_breakpoint_after_volatile;
mod cac_cache_floor_per_fallback;
mod cac_cache_near_miss;
mod cac_compression_below_floor;
mod cac_conflicting_cache_params;
mod cac_dynamic_before_static;
mod cac_lookback_overflow;
mod cac_missing_cache_key;
mod cac_nondeterministic_prefix;
mod cac_prefix_below_minimum;
mod cac_shuffled_fewshot;
mod cac_too_many_breakpoints;
mod cac_tools_vary;
mod cac_ttl_order;
mod cac_unmarked_cacheable;
mod cac_volatile_literal_in_prefix;
mod cac_write_premium_one_shot;
mod cst_batch_eligible;
mod cst_budget_exceeded;
mod cst_context_overflow;
mod cst_dominated_model;
mod cst_flex_eligible;
mod cst_inline_base64;
mod cst_long_context_cliff;
mod cst_premium_tier_pinned;
mod cst_regional_uplift;
mod cst_server_tool_fee;
mod cst_tokenizer_inflation;
mod fmt_padded_table;
mod mdl_unknown_model;
mod syn_syntax;

/// Made by the run, which refuses the fix.
pub(super) static COMPRESSION_BELOW_FLOOR: &Rule = &cac_compression_below_floor::RULE;

/// The rules, in the order of the manual: by code.
pub static RULES: &[&Rule] = &[
    &syn_syntax::RULE,
    &cst_context_overflow::RULE,
    &cst_long_context_cliff::RULE,
    &cst_budget_exceeded::RULE,
    &cst_batch_eligible::RULE,
    &cst_flex_eligible::RULE,
    &cst_premium_tier_pinned::RULE,
    &cst_dominated_model::RULE,
    &cst_tokenizer_inflation::RULE,
    &cst_regional_uplift::RULE,
    &cst_inline_base64::RULE,
    &cst_server_tool_fee::RULE,
    &cac_dynamic_before_static::RULE,
    &cac_volatile_literal_in_prefix::RULE,
    &cac_prefix_below_minimum::RULE,
    &cac_cache_near_miss::RULE,
    &cac_compression_below_floor::RULE,
    &cac_unmarked_cacheable::RULE,
    &cac_too_many_breakpoints::RULE,
    &cac_breakpoint_after_volatile::RULE,
    &cac_ttl_order::RULE,
    &cac_write_premium_one_shot::RULE,
    &cac_missing_cache_key::RULE,
    &cac_conflicting_cache_params::RULE,
    &cac_nondeterministic_prefix::RULE,
    &cac_tools_vary::RULE,
    &cac_lookback_overflow::RULE,
    &cac_shuffled_fewshot::RULE,
    &cac_cache_floor_per_fallback::RULE,
    &fmt_padded_table::RULE,
    &mdl_unknown_model::RULE,
];
