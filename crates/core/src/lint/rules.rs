//! The lint rules: only a list. A rule is a file under `lint/rules/`, `<family>_<name>.rs`, and stands here twice: as a
//! module and in [`RULES`].

use super::rule::Rule;

mod agt_context_file_cost;
mod agt_directory_tour;
mod agt_skill_body_budget;
mod agt_skill_limits;
mod cac_compression_below_floor;
mod fmt_padded_table;
mod mdl_unknown_model;
mod prt_charcount_budget;
mod prt_fallback_window;
mod prt_provider_only_field;
mod prt_role_order;
mod prt_role_unsupported;
mod prt_schema_unsupported;
mod prt_special_token;
mod sec_bidi_control;
mod sec_exfil_template;
mod sec_injection_phrase;
mod sec_invisible_unicode;
mod sec_mixed_script_confusable;
mod sec_pii_in_prompt;
mod sec_secret;
mod sec_undelimited_input;
mod sec_untrusted_in_system;
mod sec_zero_width;
mod syn_syntax;
mod tol_duplicate_tool;
mod tol_required_unknown;
mod tol_schema_noise;
mod tol_tool_budget;
mod tol_tool_lookalikes;
mod tol_tool_name;
mod tol_undescribed_tool;

/// Made by the run, which refuses the fix.
pub(super) static COMPRESSION_BELOW_FLOOR: &Rule = &cac_compression_below_floor::RULE;

/// The rules, in the order of the manual: by code.
pub static RULES: &[&Rule] = &[
    &syn_syntax::RULE,
    &cac_compression_below_floor::RULE,
    &fmt_padded_table::RULE,
    &mdl_unknown_model::RULE,
    &sec_secret::RULE,
    &sec_invisible_unicode::RULE,
    &sec_bidi_control::RULE,
    &sec_mixed_script_confusable::RULE,
    &sec_untrusted_in_system::RULE,
    &sec_undelimited_input::RULE,
    &sec_pii_in_prompt::RULE,
    &sec_injection_phrase::RULE,
    &sec_exfil_template::RULE,
    &sec_zero_width::RULE,
    &prt_special_token::RULE,
    &prt_role_unsupported::RULE,
    &prt_role_order::RULE,
    &prt_schema_unsupported::RULE,
    &prt_provider_only_field::RULE,
    &prt_fallback_window::RULE,
    &prt_charcount_budget::RULE,
    &agt_context_file_cost::RULE,
    &agt_directory_tour::RULE,
    &agt_skill_limits::RULE,
    &agt_skill_body_budget::RULE,
    &tol_schema_noise::RULE,
    &tol_tool_budget::RULE,
    &tol_tool_lookalikes::RULE,
    &tol_undescribed_tool::RULE,
    &tol_duplicate_tool::RULE,
    &tol_tool_name::RULE,
    &tol_required_unknown::RULE,
];
