//! The end of models: when one is shut down, what replaces it, and how its name is replaced.

use jiff::civil::Date;

use super::diagnostic::{Applicability, Change, Finding};
use super::file::{Field, Named};
use super::parameters::{self, PARAMETERS};
use super::view::PromptView;
use crate::catalog::{Catalog, ModelSpec};

/// A shutdown that concerns a prompt.
#[derive(Clone, Debug)]
pub(super) struct Shutdown<'v> {
    /// The model.
    pub spec: &'v ModelSpec,
    /// The day.
    pub date: Date,
    /// Days until then; negative if it has passed.
    pub days_left: i64,
    /// Whether the host says only that it is not before that day.
    pub is_earliest: bool,
    /// The name that the prompt writes.
    pub named: &'v Named,
    /// What replaces it on the same host.
    pub successor: Option<&'v ModelSpec>,
    /// Parameters of the prompt that the successor would refuse.
    pub refused: Vec<&'v Field>,
    /// Whether another host serves the model, and the prompt does not say where it goes.
    pub is_elsewhere: bool,
}

/// The announced shutdown of the model that a prompt names, if it is of the catalogue.
pub(super) fn shutdown<'v>(view: &'v PromptView<'_>) -> Option<Shutdown<'v>> {
    if !view.target.is_named {
        return None;
    }
    let named = view.prompt.model.as_ref()?;
    let spec = view.target.spec?;
    let date = ending(view.target.catalog, spec)?;
    // `azure/…` says where it goes, `openai/…` may be a gateway's name for the maker.
    let is_elsewhere = view.prompt.host.is_none()
        && !is_earliest(spec)
        && named.text.contains('/')
        && view.target.catalog.models.iter().any(|other| lives_on(other, spec, view.settings.today));
    let successor = successor(view.target.catalog, spec);
    Some(Shutdown {
        spec,
        date,
        days_left: days(view.settings.today, date),
        is_earliest: is_earliest(spec),
        named,
        successor,
        refused: successor.map(|next| parameters::refused_by(next, view.prompt)).unwrap_or_default(),
        is_elsewhere,
    })
}

/// The day of a model's end, if it is on its way out. Some hosts name a day before which no model ends, for new ones too:
/// that day counts only if the maker ends the model as well, or is not known.
pub(crate) fn ending(catalog: &Catalog, spec: &ModelSpec) -> Option<Date> {
    let date = spec.shutdown?;
    let is_kept_by_maker = || maker(catalog, spec).is_some_and(|maker| maker.shutdown.is_none());
    (!is_earliest(spec) || !is_kept_by_maker()).then_some(date)
}

fn is_earliest(spec: &ModelSpec) -> bool {
    parameters::is_of(spec, &PARAMETERS.earliest)
}

/// The row of the same model at its maker's.
pub(super) fn maker<'c>(catalog: &'c Catalog, spec: &ModelSpec) -> Option<&'c ModelSpec> {
    let id = spec.id.rsplit('/').next().unwrap_or(&spec.id);
    let bare = ["anthropic.", "openai."].iter().find_map(|maker| id.split_once(maker)).map_or(id, |(_, rest)| rest);
    catalog.find(None, bare).filter(|found| found.host != spec.host)
}

/// Whether another host still serves the model under the same name, with or without a maker in front.
fn lives_on(other: &ModelSpec, spec: &ModelSpec, today: Date) -> bool {
    let id = other.id.rsplit('/').next().unwrap_or(&other.id);
    other.host != spec.host && id == &*spec.id && other.shutdown.is_none_or(|date| date >= today)
}

/// Days from one day to another.
pub(super) fn days(from: Date, to: Date) -> i64 {
    from.until(to).map_or(0, |span| i64::from(span.get_days()))
}

/// What replaces a model on its host: the successor that its row names, else the one that its maker names for a model of the
/// same id, if this host has it and it is not ending itself.
pub(super) fn successor<'c>(catalog: &'c Catalog, spec: &ModelSpec) -> Option<&'c ModelSpec> {
    let name = match &spec.successor {
        Some(name) => name,
        None => maker(catalog, spec)?.successor.as_ref()?,
    };
    let on_host = catalog.find(Some(&spec.host), name);
    // On Bedrock and OpenRouter ids have the maker in front.
    let prefixed = || {
        let end = ["anthropic.", "openai.", "/"].iter().find_map(|maker| Some(spec.id.find(maker)? + maker.len()))?;
        Some(format!("{}{name}", spec.id.get(..end)?))
    };
    on_host
        .or_else(|| catalog.find(Some(&spec.host), &prefixed()?))
        .filter(|found| *found.id != *spec.id && *found.host == *spec.host)
}

/// The name of another model, written as the first one was: with the same host in front, if there was one.
pub(super) fn renamed(written: &str, spec: &ModelSpec) -> String {
    match written.rsplit_once('/') {
        Some((prefix, _)) if !spec.id.contains('/') && !written.starts_with("arn:") => format!("{prefix}/{}", spec.id),
        _ => spec.id.to_string(),
    }
}

impl Shutdown<'_> {
    /// A finding with the successor and the change of the name.
    pub(super) fn finding(&self, message: String, applicability: Applicability) -> Finding {
        let finding = Finding::at(self.named.span.clone(), message);
        let finding = match self.successor {
            Some(successor) => {
                let name = renamed(&self.named.text, successor);
                if parameters::is_host_of(&successor.host, &PARAMETERS.own_names) {
                    return finding.help(format!(
                        "its successor is `{}`, to be deployed first; `promptopt migrate` shows what changes with it",
                        successor.id
                    ));
                }
                let mut changes = Some(vec![Change { span: self.named.span.clone(), text: name.clone() }]);
                let mut finding = finding;
                for field in &self.refused {
                    finding = finding.note(format!("`{}` refuses `{}` of {}", successor.id, field.path, field.value));
                    let removal = field.removal.clone().map(|span| Change { span, text: String::new() });
                    changes = changes.zip(removal).map(|(mut changes, removal)| {
                        changes.push(removal);
                        changes
                    });
                }
                finding.help(format!("its successor is `{name}`; `promptopt migrate` shows what changes with it")).fix(
                    &format!("use `{name}`"),
                    applicability,
                    changes,
                )
            }
            None => finding.help("`promptopt migrate --to MODEL` shows what another model would change"),
        };
        if self.is_elsewhere {
            return finding.note("through a gateway the model may be served by another host for longer");
        }
        finding
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_successor_is_of_the_same_host() {
        let catalog = Catalog::embedded();
        let check = |host: &str, model: &str, expected: Option<&str>| {
            let spec = catalog.find(Some(host), model).unwrap();
            assert_eq!(successor(catalog, spec).map(|spec| &*spec.id), expected, "{host} {model}");
        };
        check("openai", "gpt-4o", Some("gpt-6-luna"));
        check("azure", "gpt-4o", Some("gpt-6-luna"));
        check("gemini", "gemini-2.5-flash", Some("gemini-3.5-flash-lite"));
        check("openai", "o3", Some("gpt-5.6-sol"));
        check("openai", "gpt-6-luna", None);
    }

    #[test]
    fn every_openai_model_that_ends_soon_has_a_successor_and_the_published_day() {
        let catalog = Catalog::embedded();
        for (model, day) in [
            ("gpt-5", "2026-12-11"),
            ("gpt-5-mini", "2026-12-11"),
            ("gpt-5-nano", "2026-12-11"),
            ("gpt-5-pro", "2026-12-11"),
            ("o3", "2026-12-11"),
            ("o3-pro", "2026-12-11"),
            ("gpt-4o", "2027-01-14"),
            ("gpt-4o-mini", "2027-01-14"),
            ("gpt-4.1", "2027-01-14"),
            ("gpt-4.1-mini", "2027-01-14"),
        ] {
            let spec = catalog.find(Some("openai"), model).unwrap();
            assert_eq!(spec.shutdown.map(|date| date.to_string()).as_deref(), Some(day), "{model}");
            assert!(successor(catalog, spec).is_some(), "{model} has no successor");
        }
        assert_eq!(
            &*successor(catalog, catalog.find(None, "claude-sonnet-4-5").unwrap()).unwrap().id,
            "claude-sonnet-5-5"
        );
    }

    #[test]
    fn a_day_before_which_nothing_ends_counts_only_if_the_maker_ends_the_model() {
        let catalog = Catalog::embedded();
        let check = |host: &str, model: &str, expected: bool| {
            assert_eq!(ending(catalog, catalog.find(Some(host), model).unwrap()).is_some(), expected, "{host} {model}");
        };
        check("azure", "gpt-4o", true);
        check("azure", "gpt-5.6-luna", false);
        check("bedrock", "us.anthropic.claude-haiku-4-5-20251001-v1:0", false);
        check("bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", true);
        check("openai", "gpt-4o", true);
        check("openai", "gpt-6-luna", false);
    }

    #[test]
    fn names_keep_their_prefix() {
        let luna = Catalog::embedded().find(Some("openai"), "gpt-6-luna").unwrap();
        assert_eq!(renamed("gpt-4o", luna), "gpt-6-luna");
        assert_eq!(renamed("openai/gpt-4o", luna), "openai/gpt-6-luna");
        assert_eq!(days("2026-11-26".parse().unwrap(), "2026-12-11".parse().unwrap()), 15);
        assert_eq!(days("2026-11-26".parse().unwrap(), "2027-12-11".parse().unwrap()), 380);
    }
}
