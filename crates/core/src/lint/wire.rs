//! What providers refuse in a request: `data/lint/wire.toml`, read once.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::view::View;
use crate::catalog::ModelSpec;
use crate::chat::Dialect;

/// Members of a body that an interface does not know.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fields {
    host: String,
    dialect: String,
    names: Vec<String>,
    /// What the provider answers.
    pub(super) answer: String,
    /// Where that is said.
    pub(super) source: String,
    /// When it was read.
    pub(super) observed: String,
    /// What to write instead, by name.
    #[serde(default)]
    pub(super) instead: BTreeMap<String, String>,
}

/// Names of functions that a host accepts: letters, digits and `also`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ToolNames {
    /// The host.
    pub(super) host: String,
    /// Most characters.
    pub(super) max_chars: usize,
    /// What else may stand in them.
    pub(super) also: String,
    /// Where that is said.
    pub(super) source: String,
    /// When it was read.
    pub(super) observed: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    field: Vec<Fields>,
    tool_name: Vec<ToolNames>,
}

static DATA: LazyLock<Data> =
    LazyLock::new(|| toml::from_str(include_str!("../../data/lint/wire.toml")).unwrap_or_default());

/// What an interface says of a member of the body that it does not know; `None` if it may know it.
pub(super) fn refused(host: &str, dialect: Dialect, field: &str) -> Option<&'static Fields> {
    DATA.field
        .iter()
        .find(|row| row.host == host && row.dialect == dialect.name() && row.names.iter().any(|name| name == field))
}

/// Which names of functions a host accepts, where known.
pub(super) fn tool_names(host: &str) -> Option<&'static ToolNames> {
    DATA.tool_name.iter().find(|row| row.host == host)
}

/// The catalogue's rows of the models that a prompt may be sent to instead, but the one that it is sent to.
pub(super) fn fallbacks<'v>(view: &'v View<'_>) -> impl Iterator<Item = &'v ModelSpec> {
    let own = view.target.spec;
    let rows = view.settings.fallbacks.iter().filter_map(|name| view.target.catalog.find(None, name));
    rows.filter(move |row| own.is_none_or(|own| own.id != row.id || own.host != row.host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_can_be_read_and_says_where_it_is_from() {
        let data: Data = toml::from_str(include_str!("../../data/lint/wire.toml")).unwrap();
        let origins = data.field.iter().map(|row| (&row.source, &row.observed));
        for (source, observed) in origins.chain(data.tool_name.iter().map(|row| (&row.source, &row.observed))) {
            assert!(source.starts_with("https://"), "{source}");
            assert!(observed.parse::<jiff::civil::Date>().is_ok(), "{observed}");
        }
        assert!(refused("anthropic", Dialect::Messages, "reasoning_effort").is_some());
        assert!(refused("anthropic", Dialect::Chat, "reasoning_effort").is_none());
        assert_eq!(tool_names("openai").unwrap().max_chars, 64);
    }
}
