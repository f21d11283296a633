//! The lint rules: only a list. A rule is a file under `lint/rules/`, `<family>_<name>.rs`, and stands here twice: as a
//! module and in [`RULES`].

use super::rule::Rule;

mod cac_compression_below_floor;
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
mod mdl_unknown_model;
mod syn_syntax;
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

/// The rules, in the order of the manual: by code.
pub static RULES: &[&Rule] = &[
    &syn_syntax::RULE,
    &cac_compression_below_floor::RULE,
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
];
