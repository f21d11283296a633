//! Schemas of tools: one unit each, because half a schema is worse than none.

use crate::text::json::{Kind, Value};

/// Whether a value declares a tool, in the form of any of the dialects: `{type: function, function: {name, …}}`,
/// `{name, description, input_schema | parameters | inputSchema}`.
pub(super) fn is_schema(value: Value<'_, '_>) -> bool {
    if value.kind() != Kind::Object {
        return false;
    }
    let (mut has_name, mut has_schema, mut is_function) = (false, false, false);
    // A wide object is data.
    for (n, member) in value.children().enumerate() {
        if n >= 12 {
            return false;
        }
        match member.raw_key() {
            Some("\"name\"") => has_name = member.kind() == Kind::String,
            Some("\"parameters\"" | "\"input_schema\"" | "\"inputSchema\"") => {
                has_schema = member.kind() == Kind::Object;
            }
            Some("\"function\"") => is_function = member.kind() == Kind::Object,
            _ => {}
        }
    }
    (has_name && has_schema) || (is_function && value.get("type").is_some_and(|kind| kind.raw() == "\"function\""))
}
