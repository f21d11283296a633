//! `[[alerts]]`: each watch has the keys that say something to it.

use std::ops::Range;
use std::path::Path;
use std::time::Duration;

use toml::de::DeTable;

use super::super::check::Checker;
use super::super::values;
use super::fields::{count, items, text};
use crate::alert::settings::{AlertSpec, Receiver, Watch};

/// What can be watched.
pub(super) static WATCHES: &[&str] = &["spent", "burn-rate", "spike", "shutdown", "stale-price", "hit-rate-falls"];

/// Keys that only some watches have.
static OF_WATCH: &[(&str, &[&str])] = &[
    ("budget", &["spent", "burn-rate"]),
    ("percent", &["spent", "hit-rate-falls"]),
    ("times", &["burn-rate", "spike"]),
    ("days", &["shutdown", "stale-price"]),
];

/// Told again not more often than this.
const LEAST_REPEAT: Duration = Duration::from_secs(60);

/// Reads one, files seen from the folder.
pub(super) fn read(
    table: &DeTable<'_>,
    span: &Range<usize>,
    folder: &Path,
    checker: &mut Checker<'_>,
) -> Option<AlertSpec> {
    let Some(watch) = text(table, "watch") else {
        if !table.contains_key("watch") {
            checker.tell(span, "alerts", "`watch` is missing".to_owned(), None);
        }
        return None;
    };
    for (key, watches) in OF_WATCH {
        if let Some(value) = table.get(*key).filter(|_| WATCHES.contains(&&*watch) && !watches.contains(&&*watch)) {
            let help = format!("it belongs to {}", watches.join(" and "));
            checker.tell(&value.span(), &format!("alerts.{key}"), format!("says nothing to `{watch}`"), Some(help));
        }
    }
    let repeat = table.get("repeat").and_then(|value| Some((values::duration(value.get_ref())?, value.span())));
    if let Some((_, span)) = repeat.as_ref().filter(|(repeat, _)| *repeat < LEAST_REPEAT) {
        checker.tell(span, "alerts.repeat", "expected at least a minute".to_owned(), None);
    }
    let small = |name: &str, default: u32| count(table, name).map_or(default, |n| u32::try_from(n).unwrap_or(u32::MAX));
    let times = |default: u32| table.get("times").and_then(|value| values::times(value.get_ref())).unwrap_or(default);
    let budget = text(table, "budget");
    let in_folder = |receiver| match receiver {
        Receiver::Log(path) => Receiver::Log(folder.join(path)),
        other => other,
    };
    Some(AlertSpec {
        name: text(table, "name")?,
        watch: match watch.as_str() {
            "spent" => Watch::Spent { budget, permille: small("percent", 80).saturating_mul(10) },
            "burn-rate" => Watch::BurnRate { budget, permille: times(1_500) },
            "spike" => Watch::Spike { permille: times(5_000) },
            "shutdown" => Watch::Shutdown { days: small("days", 30) },
            "stale-price" => Watch::StalePrice { days: small("days", 60) },
            "hit-rate-falls" => Watch::HitRateFalls { permille: small("percent", 50).saturating_mul(10) },
            _ => return None,
        },
        to: items(table, "to", values::receiver).into_iter().map(in_folder).collect(),
        repeat: repeat.map_or(Duration::from_secs(86_400), |(repeat, _)| repeat),
    })
}
