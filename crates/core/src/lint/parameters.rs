//! What models do with parameters: refused, renamed, misread. All of it is data (`data/lint/parameters.toml` and `can` and
//! `cannot` of the catalogue); what neither knows is never taken for refused.

use std::sync::LazyLock;

use jiff::civil::Date;
use serde::de::Error;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::file::{Field, Prompt};
use super::view::PromptView;
use crate::catalog::ModelSpec;
use crate::chat::Dialect;

/// The data. A test holds that it parses; should it not, nothing is refused.
pub(super) static PARAMETERS: LazyLock<Parameters> =
    LazyLock::new(|| toml::from_str(include_str!("../../data/lint/parameters.toml")).unwrap_or_default());

/// The data file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Parameters {
    pub refusal: Vec<Refusal>,
    pub thinks: Vec<Row>,
    pub caps: Vec<Row>,
    pub earliest: Vec<Row>,
    pub own_names: Vec<Row>,
    pub maker_names: MakerNames,
    pub ending: Vec<Ending>,
}

/// How the names begin that only their maker serves, in lower case.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MakerNames {
    begin: Vec<String>,
    /// Open models whose names begin like one of those.
    open: Vec<String>,
    #[allow(dead_code, reason = "for those who read the data")]
    source: String,
    #[allow(dead_code, reason = "for those who read the data")]
    observed: String,
}

impl MakerNames {
    /// Whether only its maker serves a model of this name. A tag (`name:tag`) is what runs on one's own machine.
    pub(super) fn is_one(&self, model: &str) -> bool {
        let name = model.to_ascii_lowercase();
        let begins = |with: &[String]| with.iter().any(|beginning| name.starts_with(beginning.as_str()));
        begins(&self.begin) && !begins(&self.open) && !name.contains(':')
    }
}

/// What a row is about: each rule asks for its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Topic {
    Renamed,
    Sampling,
    LowTemperature,
    Effort,
    Tools,
}

/// A parameter that some models refuse.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Refusal {
    pub topic: Topic,
    pub hosts: Vec<String>,
    #[serde(default)]
    pub models: Vec<String>,
    /// Every model whose row in the catalogue cannot do this …
    pub cannot: Option<String>,
    /// … and whose id has this in it.
    pub models_like: Option<String>,
    #[serde(default)]
    pub dialects: Vec<String>,
    pub parameters: Vec<String>,
    #[serde(default)]
    pub accepts: Vec<Value>,
    #[serde(default)]
    pub refuses: Vec<Value>,
    pub effort: Option<When>,
    pub becomes: Option<String>,
    pub why: String,
    #[cfg_attr(not(test), expect(dead_code, reason = "for those who read the data"))]
    pub source: String,
    #[cfg_attr(not(test), expect(dead_code, reason = "for those who read the data"))]
    #[serde(deserialize_with = "day")]
    pub observed: Date,
}

/// Beside which effort a parameter is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum When {
    /// One is set, and it is not `none`.
    Set,
    /// Any but `none`, the model's own default included.
    UnlessNone,
}

/// Models of which something holds; every model of the hosts if none is named.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    pub hosts: Vec<String>,
    #[serde(default)]
    pub models: Vec<String>,
    #[cfg_attr(not(test), expect(dead_code, reason = "for those who read the data"))]
    pub source: String,
    #[cfg_attr(not(test), expect(dead_code, reason = "for those who read the data"))]
    #[serde(deserialize_with = "day")]
    pub observed: Date,
}

/// A feature that ends on a day.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ending {
    pub feature: String,
    #[serde(deserialize_with = "day")]
    pub shutdown: Date,
    #[cfg_attr(not(test), expect(dead_code, reason = "for those who read the data"))]
    pub source: String,
    #[cfg_attr(not(test), expect(dead_code, reason = "for those who read the data"))]
    #[serde(deserialize_with = "day")]
    pub observed: Date,
}

/// Fields of the prompt that its model refuses, each with the first row that says so.
pub(super) fn refused<'v>(view: &'v PromptView<'_>, topic: Topic) -> Vec<(&'static Refusal, &'v Field)> {
    let Some(spec) = direct(view) else { return Vec::new() };
    let rows: Vec<&'static Refusal> =
        PARAMETERS.refusal.iter().filter(|row| row.topic == topic && row.holds(spec, view.prompt)).collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let fields = view.prompt.fields.iter();
    fields.filter_map(|field| Some((*rows.iter().find(|row| row.refuses_field(field))?, field))).collect()
}

/// Sampling parameters of a prompt that another model would refuse.
pub(super) fn refused_by<'v>(spec: &ModelSpec, prompt: &'v Prompt) -> Vec<&'v Field> {
    let is_sampling = |row: &&Refusal| row.topic == Topic::Sampling && row.holds(spec, prompt);
    let rows: Vec<&Refusal> = PARAMETERS.refusal.iter().filter(is_sampling).collect();
    prompt.fields.iter().filter(|field| rows.iter().any(|row| row.refuses_field(field))).collect()
}

/// The first row about something that is no field (tools), if it holds.
pub(super) fn holds(view: &PromptView<'_>, topic: Topic) -> Option<&'static Refusal> {
    let spec = direct(view)?;
    PARAMETERS.refusal.iter().find(|row| row.topic == topic && row.holds(spec, view.prompt))
}

/// The model's row, if the prompt is known to go to that very host: `openai/gpt-5` without a host may go to a gateway, which
/// renames and drops what the host itself would refuse.
pub(super) fn direct<'v>(view: &'v PromptView<'_>) -> Option<&'v ModelSpec> {
    let target = &view.target;
    let host = if target.is_named { view.prompt.host.as_ref() } else { view.settings.host.as_ref() };
    (host.is_some() || !target.name?.contains('/')).then_some(target.spec?)
}

/// Whether the model of the prompt is one of these.
pub(super) fn is_of(spec: &ModelSpec, rows: &[Row]) -> bool {
    rows.iter().any(|row| has(&row.hosts, &spec.host) && (row.models.is_empty() || has(&row.models, &spec.id)))
}

/// Whether a host is one of these.
pub(super) fn is_host_of(host: &str, rows: &[Row]) -> bool {
    rows.iter().any(|row| has(&row.hosts, host))
}

/// The field of that name, wherever the dialect or the file format puts parameters: `generationConfig.topP` is `top_p`.
pub(super) fn field<'p>(prompt: &'p Prompt, name: &str) -> Option<&'p Field> {
    prompt.fields.iter().find(|field| !field.value.is_null() && is_named(field, name))
}

/// The limit of output, however it is called.
pub(super) fn max_output(prompt: &Prompt) -> Option<(&Field, u64)> {
    const NAMES: &[&str] = &["max_tokens", "max_completion_tokens", "max_output_tokens"];
    let field = NAMES.iter().find_map(|name| field(prompt, name))?;
    Some((field, field.value.as_u64()?))
}

/// The effort asked for, with its field.
pub(super) fn effort(prompt: &Prompt) -> Option<(&Field, &str)> {
    let field = field(prompt, "effort")?;
    Some((field, field.value.as_str()?))
}

impl Refusal {
    fn holds(&self, spec: &ModelSpec, prompt: &Prompt) -> bool {
        let is_model = match &self.cannot {
            Some(cannot) => spec.cannot.iter().any(|known| **known == **cannot),
            None => has(&self.models, &spec.id),
        };
        is_model
            && has(&self.hosts, &spec.host)
            && self.models_like.as_ref().is_none_or(|like| spec.id.contains(like.as_str()))
            && self.is_dialect(prompt)
            && match (self.effort, effort(prompt)) {
                (None, _) => true,
                (Some(When::Set), effort) => effort.is_some_and(|(_, effort)| effort != "none"),
                (Some(When::UnlessNone), effort) => effort.is_none_or(|(_, effort)| effort != "none"),
            }
    }

    fn is_dialect(&self, prompt: &Prompt) -> bool {
        if self.dialects.is_empty() {
            return true;
        }
        prompt.dialect().is_some_and(|dialect: Dialect| self.dialects.iter().any(|known| known == dialect.name()))
    }

    fn refuses_field(&self, field: &Field) -> bool {
        let is_plain = !field.value.is_null() && !field.value.is_object();
        // A value that a template fills in is text where a number belongs.
        let is_filled_in = field.value.as_str().is_some_and(|text| text.contains(['{', '$', '<']));
        is_plain
            && !is_filled_in
            && self.parameters.iter().any(|name| is_named(field, name))
            && !self.accepts.iter().any(|value| is_same(value, &field.value))
            && (self.refuses.is_empty() || self.refuses.iter().any(|value| is_same(value, &field.value)))
    }
}

/// Objects that hold parameters, in the dialects and in the front matter of prompt files.
const HOLDERS: &[&str] = &[
    "",
    "generation_config.",
    "generation_config.thinking_config.",
    "inference_config.",
    "config.",
    "parameters.",
    "model.parameters.",
    "model_parameters.",
    "model_config.",
    "model.options.",
];

/// Whether a field is the parameter of that snake-case name.
fn is_named(field: &Field, name: &str) -> bool {
    let path = snake(&field.path);
    if name == "effort" {
        return matches!(&*path, "reasoning_effort" | "reasoning.effort" | "output_config.effort");
    }
    path.strip_suffix(name).is_some_and(|holder| HOLDERS.contains(&holder))
}

/// `generationConfig.topP` as `generation_config.top_p`.
fn snake(path: &str) -> String {
    let mut out = String::with_capacity(path.len() + 4);
    for c in path.chars() {
        if c.is_ascii_uppercase() {
            out.push('_');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

/// Whether two values are the same, 1 and 1.0 being so.
fn is_same(a: &Value, b: &Value) -> bool {
    let plain = |value: &Value| value.to_string().trim_end_matches(".0").to_ascii_lowercase();
    a == b || ((a.is_number() && b.is_number() || a.is_string() && b.is_string()) && plain(a) == plain(b))
}

/// A day as `YYYY-MM-DD`.
pub(super) fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
}

fn has(list: &[String], name: &str) -> bool {
    list.iter().any(|known| known == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;

    #[test]
    fn the_data_parses_and_every_model_in_it_is_in_the_catalogue() {
        let data: Parameters = toml::from_str(include_str!("../../data/lint/parameters.toml")).unwrap();
        assert!(data.refusal.len() > 10 && !data.thinks.is_empty() && !data.caps.is_empty() && !data.ending.is_empty());
        let named = |hosts: &[String], models: &[String]| {
            for model in models {
                let is_known =
                    Catalog::embedded().models.iter().any(|spec| *spec.id == **model && has(hosts, &spec.host));
                assert!(is_known, "`{model}` is on none of {hosts:?}");
            }
            for host in hosts {
                assert!(Catalog::embedded().models.iter().any(|spec| *spec.host == **host), "no host `{host}`");
            }
        };
        for row in &data.refusal {
            named(&row.hosts, &row.models);
            assert!(row.models.is_empty() == row.cannot.is_some(), "models or `cannot`: {row:?}");
            assert!(row.source.len() > 20 && row.why.len() > 10 && row.observed.year() == 2026, "{row:?}");
        }
        for row in data.thinks.iter().chain(&data.caps).chain(&data.earliest).chain(&data.own_names) {
            named(&row.hosts, &row.models);
            assert!(row.source.len() > 20 && row.observed.year() == 2026, "{row:?}");
        }
        for row in &data.ending {
            assert!(row.source.len() > 20 && row.observed.year() == 2026, "{row:?}");
        }
    }

    #[test]
    fn parameters_are_known_by_any_of_their_spellings() {
        let field = |path: &str| Field { path: path.to_owned(), value: 1.into(), key: 0..0, span: 0..0, removal: None };
        for path in ["top_p", "topP", "generationConfig.topP", "inferenceConfig.topP", "model.parameters.top_p"] {
            assert!(is_named(&field(path), "top_p"), "{path}");
        }
        for path in ["metadata.top_p", "stop_p", "tools.top_p"] {
            assert!(!is_named(&field(path), "top_p"), "{path}");
        }
        assert!(is_named(&field("reasoning.effort"), "effort"));
        assert!(is_same(&1.into(), &serde_json::json!(1.0)));
        assert!(!is_same(&1.into(), &serde_json::json!(0.1)));
    }
}
