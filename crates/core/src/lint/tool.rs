//! Tool definitions in the forms in which dialects write them: name, description and schema, each with its place.

use super::file::Piece;
use crate::text::json::{Json, Kind, Value};

/// A function that a model may call.
#[derive(Clone, Copy)]
pub(super) struct Definition<'j, 'a> {
    /// The object that holds its name.
    pub(super) value: Value<'j, 'a>,
    /// The schema of its parameters.
    pub(super) schema: Option<Value<'j, 'a>>,
}

impl<'j, 'a> Definition<'j, 'a> {
    /// The text of a member.
    pub(super) fn text(&self, member: &str) -> Option<String> {
        Some(self.value.get(member)?.string()?.into_owned())
    }

    /// The value of a member.
    pub(super) fn get(&self, member: &str) -> Option<Value<'j, 'a>> {
        self.value.get(member)
    }

    /// Its name, or a word for it.
    pub(super) fn name(&self) -> String {
        self.text("name").unwrap_or_else(|| "the tool".to_owned())
    }
}

/// Shows the functions that a piece defines. Tools of the provider's own (web search, a sandbox) are none.
pub(super) fn each(piece: &Piece, mut show: impl FnMut(Definition<'_, '_>)) {
    if !piece.is_tool() {
        return;
    }
    let Ok(json) = Json::parse(piece.as_str()) else { return };
    let root = json.root();
    let wrapped = ["function", "toolSpec"].into_iter().filter_map(|name| root.get(name)).map(|value| (value, true));
    let lists = ["functionDeclarations", "function_declarations"].into_iter().filter_map(|name| root.get(name));
    let listed = lists.flat_map(|list| list.children()).map(|value| (value, true));
    for (value, is_function) in std::iter::once((root, false)).chain(wrapped).chain(listed) {
        if value.kind() != Kind::Object {
            continue;
        }
        let names = ["parameters", "input_schema", "inputSchema", "parametersJsonSchema", "parameter_definitions"];
        let schema = names.into_iter().find_map(|name| value.get(name));
        // Bedrock wraps it once more.
        let schema = schema.map(|schema| schema.get("json").unwrap_or(schema));
        if value.get("name").is_some_and(|name| name.kind() == Kind::String) && (is_function || schema.is_some()) {
            show(Definition { value, schema });
        }
    }
}
