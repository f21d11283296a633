//! What a call is known by where money and limits are kept: who asks, for what, and where it goes. Limits, budgets, the ledger
//! and reports all select by these labels, so that one word means the same in each of them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The tenant whose data this is, from the caller's authenticated identity: never from a header or field that the caller
/// writes. Cache keys of two partitions never meet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Partition(pub Arc<str>);

/// Names and values that a service attaches to its calls: `feature=search`.
pub type Tags = BTreeMap<Arc<str>, Arc<str>>;

/// Who asks, as the embedding service has authenticated them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Caller {
    /// Whose data it is.
    pub tenant: Partition,
    /// The person, service or key; `None` if there is only one.
    pub id: Option<Arc<str>>,
    /// Their team.
    pub team: Option<Arc<str>>,
    /// What the call is for.
    pub tags: Tags,
}

/// A call's labels: those of its caller, and where it goes as far as that is decided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels {
    /// Who asks.
    pub caller: Arc<Caller>,
    /// The route's name.
    pub route: Option<Arc<str>>,
    /// The provider's name in the configuration.
    pub provider: Option<Arc<str>>,
    /// The model's id in the catalogue.
    pub model: Option<Arc<str>>,
}

/// By which label calls are told apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum By {
    /// Not at all: all calls together.
    All,
    /// By tenant.
    Tenant,
    /// By caller (within the tenant).
    Caller,
    /// By team (within the tenant).
    Team,
    /// By a tag's value.
    Tag(Arc<str>),
    /// By route.
    Route,
    /// By provider.
    Provider,
    /// By model, on whatever provider.
    Model,
    /// By provider and model.
    Target,
}

impl Default for Partition {
    fn default() -> Self {
        Partition("".into())
    }
}

impl Caller {
    /// A caller of one tenant.
    pub fn of(tenant: impl Into<Arc<str>>) -> Caller {
        Caller { tenant: Partition(tenant.into()), ..Caller::default() }
    }

    /// With an id.
    #[must_use]
    pub fn id(mut self, id: impl Into<Arc<str>>) -> Caller {
        self.id = Some(id.into());
        self
    }

    /// In a team.
    #[must_use]
    pub fn team(mut self, team: impl Into<Arc<str>>) -> Caller {
        self.team = Some(team.into());
        self
    }

    /// With a tag.
    #[must_use]
    pub fn tag(mut self, name: impl Into<Arc<str>>, value: impl Into<Arc<str>>) -> Caller {
        self.tags.insert(name.into(), value.into());
        self
    }
}

impl Labels {
    /// Whether these labels have all of these values, as `only` of a limit or budget names them.
    pub fn have(&self, only: &[(By, String)]) -> bool {
        only.iter().all(|(by, value)| by.name_of(self).as_deref() == Some(value.as_str()))
    }
}

impl By {
    /// From its name: `all`, `tenant`, `caller`, `team`, `tag:NAME`, `route`, `provider`, `model`, `target`.
    pub fn from_name(name: &str) -> Option<By> {
        Some(match name {
            "all" => By::All,
            "tenant" => By::Tenant,
            "caller" => By::Caller,
            "team" => By::Team,
            "route" => By::Route,
            "provider" => By::Provider,
            "model" => By::Model,
            "target" => By::Target,
            _ => By::Tag(name.strip_prefix("tag:").filter(|tag| !tag.is_empty())?.into()),
        })
    }

    /// The label alone, as configurations name it: `support` for a team, whatever the tenant.
    pub fn name_of(&self, labels: &Labels) -> Option<Arc<str>> {
        match self {
            By::Caller => labels.caller.id.clone(),
            By::Team => labels.caller.team.clone(),
            By::Target => Some(format!("{}/{}", labels.provider.as_ref()?, labels.model.as_ref()?).into()),
            other => other.of(labels),
        }
    }

    /// Whether the label is known before a call has a target.
    pub fn is_of_caller(&self) -> bool {
        !matches!(self, By::Provider | By::Model | By::Target)
    }

    /// Whose share a call counts to; `None` if it has no such label. Parts are joined with a character that labels cannot
    /// hold, so that `a`+`bc` and `ab`+`c` are two.
    pub fn of(&self, labels: &Labels) -> Option<Arc<str>> {
        let caller = &labels.caller;
        let within = |name: &Option<Arc<str>>| name.as_ref().map(|name| joined(&caller.tenant.0, name));
        match self {
            By::All => Some("".into()),
            By::Tenant => Some(Arc::clone(&caller.tenant.0)),
            By::Caller => within(&caller.id),
            By::Team => within(&caller.team),
            By::Tag(name) => caller.tags.get(name).cloned(),
            By::Route => labels.route.clone(),
            By::Provider => labels.provider.clone(),
            By::Model => labels.model.clone(),
            By::Target => Some(joined(labels.provider.as_ref()?, labels.model.as_ref()?)),
        }
    }
}

/// Unit separator: a control character, which names may not hold.
const JOINT: char = '\u{1f}';

/// A share's name ([`By::of`]) as people read it: parts stand with a slash between them.
pub fn readable(share: &str) -> String {
    share.replace(JOINT, "/")
}

fn joined(one: &Arc<str>, other: &Arc<str>) -> Arc<str> {
    if one.is_empty() { Arc::clone(other) } else { format!("{one}{JOINT}{other}").into() }
}

impl fmt::Display for By {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            By::All => f.pad("all"),
            By::Tenant => f.pad("tenant"),
            By::Caller => f.pad("caller"),
            By::Team => f.pad("team"),
            By::Tag(name) => write!(f, "tag:{name}"),
            By::Route => f.pad("route"),
            By::Provider => f.pad("provider"),
            By::Model => f.pad("model"),
            By::Target => f.pad("target"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for name in ["all", "tenant", "caller", "team", "tag:feature", "route", "provider", "model", "target"] {
            assert_eq!(By::from_name(name).map(|by| by.to_string()).as_deref(), Some(name));
        }
        assert_eq!(By::from_name("tag:"), None);
        assert_eq!(By::from_name("user"), None);
    }

    #[test]
    fn two_tenants_never_share_and_parts_do_not_run_together() {
        let labels = |caller: Caller| Labels { caller: Arc::new(caller), ..Labels::default() };
        let of = |tenant: &str, id: &str| By::Caller.of(&labels(Caller::of(tenant).id(id)));
        assert_ne!(of("a", "bc"), of("ab", "c"));
        assert_eq!(of("a", "b"), of("a", "b"));
        assert_eq!(By::Team.of(&labels(Caller::of("a"))), None);
        let tagged = labels(Caller::of("a").tag("feature", "search"));
        assert_eq!(By::Tag("feature".into()).of(&tagged).as_deref(), Some("search"));
    }
}
