//! The lint rules: only a list. A rule is a file under `lint/rules/`, `<family>_<name>.rs`, and stands here twice: as a
//! module and in [`RULES`].

use super::rule::Rule;

mod agt_context_file_cost;
mod agt_directory_tour;
mod agt_skill_body_budget;
mod agt_skill_limits;
mod bat_custom_id;
mod bat_finetune_schema;
mod bat_forbidden_param;
mod bat_invalid_line;
mod bat_limits;
mod bat_mixed_models;
mod bat_prefix_unsorted;
mod bat_url_body_mismatch;
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
mod dup_context_file_duplicates_docs;
mod dup_duplicate_example;
mod dup_duplicate_request;
mod dup_near_duplicate_instruction;
mod dup_repeated_block;
mod dup_schema_restated;
mod dup_shared_block_across_files;
mod dup_system_repeated_in_user;
mod fmt_ascii_escaped;
mod fmt_default_separators;
mod fmt_float_noise;
mod fmt_html_payload;
mod fmt_odd_whitespace;
mod fmt_opaque_id;
mod fmt_padded_table;
mod fmt_pretty_json;
mod fmt_tracking_url;
mod fmt_unbalanced_fence;
mod fmt_unclosed_tag;
mod fmt_uniform_array_json;
mod fmt_xml_records;
mod mdl_deprecated_model;
mod mdl_effort_unsupported;
mod mdl_floating_alias;
mod mdl_forced_tool_rejected;
mod mdl_gemini3_low_temperature;
mod mdl_hidden_thinking_truncation;
mod mdl_hosted_prompt_object;
mod mdl_max_output_too_large;
mod mdl_max_tokens_renamed;
mod mdl_missing_max_output;
mod mdl_overspent_effort;
mod mdl_prefill_rejected;
mod mdl_retired_model;
mod mdl_sampling_rejected;
mod mdl_thinking_level_and_budget;
mod mdl_tools_on_chat_completions;
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
mod syn_billed_suppression;
mod syn_expired_suppression;
mod syn_syntax;
mod syn_unknown_suppression;
mod syn_unused_suppression;
mod tol_duplicate_tool;
mod tol_required_unknown;
mod tol_schema_noise;
mod tol_tool_budget;
mod tol_tool_lookalikes;
mod tol_tool_name;
mod tol_undescribed_tool;
mod tpl_mixed_syntax;
mod tpl_no_sample_data;
mod tpl_template_syntax_error;
mod tpl_unbounded_variable;
mod tpl_undefined_variable;
mod tpl_unescaped_brace;
mod tpl_unrendered_placeholder;
mod tpl_unused_variable;
mod vrb_absolutes_inflation;
mod vrb_comment_billed;
mod vrb_contradictory_length;
mod vrb_costly_glyphs;
mod vrb_cot_on_reasoning_model;
mod vrb_empty_persona;
mod vrb_filler_courtesy;
mod vrb_over_emphasis;
mod vrb_unbounded_output;
mod vrb_wordy_phrase;

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
    &dup_repeated_block::RULE,
    &dup_near_duplicate_instruction::RULE,
    &dup_shared_block_across_files::RULE,
    &dup_duplicate_example::RULE,
    &dup_duplicate_request::RULE,
    &dup_schema_restated::RULE,
    &dup_system_repeated_in_user::RULE,
    &dup_context_file_duplicates_docs::RULE,
    &vrb_filler_courtesy::RULE,
    &vrb_wordy_phrase::RULE,
    &vrb_empty_persona::RULE,
    &vrb_over_emphasis::RULE,
    &vrb_absolutes_inflation::RULE,
    &vrb_cot_on_reasoning_model::RULE,
    &vrb_comment_billed::RULE,
    &vrb_unbounded_output::RULE,
    &vrb_costly_glyphs::RULE,
    &vrb_contradictory_length::RULE,
    &fmt_pretty_json::RULE,
    &fmt_default_separators::RULE,
    &fmt_uniform_array_json::RULE,
    &fmt_ascii_escaped::RULE,
    &fmt_html_payload::RULE,
    &fmt_padded_table::RULE,
    &fmt_xml_records::RULE,
    &fmt_odd_whitespace::RULE,
    &fmt_opaque_id::RULE,
    &fmt_float_noise::RULE,
    &fmt_tracking_url::RULE,
    &fmt_unclosed_tag::RULE,
    &fmt_unbalanced_fence::RULE,
    &mdl_unknown_model::RULE,
    &mdl_deprecated_model::RULE,
    &mdl_retired_model::RULE,
    &mdl_floating_alias::RULE,
    &mdl_missing_max_output::RULE,
    &mdl_max_tokens_renamed::RULE,
    &mdl_sampling_rejected::RULE,
    &mdl_gemini3_low_temperature::RULE,
    &mdl_thinking_level_and_budget::RULE,
    &mdl_effort_unsupported::RULE,
    &mdl_prefill_rejected::RULE,
    &mdl_forced_tool_rejected::RULE,
    &mdl_tools_on_chat_completions::RULE,
    &mdl_overspent_effort::RULE,
    &mdl_max_output_too_large::RULE,
    &mdl_hosted_prompt_object::RULE,
    &mdl_hidden_thinking_truncation::RULE,
    &tpl_undefined_variable::RULE,
    &tpl_unused_variable::RULE,
    &tpl_mixed_syntax::RULE,
    &tpl_unescaped_brace::RULE,
    &tpl_unrendered_placeholder::RULE,
    &tpl_unbounded_variable::RULE,
    &tpl_template_syntax_error::RULE,
    &tpl_no_sample_data::RULE,
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
    &bat_invalid_line::RULE,
    &bat_custom_id::RULE,
    &bat_url_body_mismatch::RULE,
    &bat_limits::RULE,
    &bat_forbidden_param::RULE,
    &bat_mixed_models::RULE,
    &bat_prefix_unsorted::RULE,
    &bat_finetune_schema::RULE,
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
