//! Values that are written as texts: times, sizes, shares, targets. One reading for the checks and for what is gone by.

use std::time::Duration;

use toml::de::DeValue;

use super::check::{usd, whole};
use crate::alert::settings::Receiver;
use crate::budget::settings::Period;
use crate::labels::By;
use crate::route::settings::{CandidateSpec, ObjectiveSpec};
use crate::secret::SecretRef;
use crate::usage::ServiceTier;

/// `250ms`, `10s`, `5m`, `1h`, `7d`.
pub(super) fn duration(value: &DeValue<'_>) -> Option<Duration> {
    let text = value.as_str()?.trim();
    let n_digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number: u64 = text[..n_digits].parse().ok()?;
    let unit_ms: u64 = match text[n_digits..].trim() {
        "ms" => 1,
        "s" => 1_000,
        "m" | "min" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.checked_mul(unit_ms).map(Duration::from_millis)
}

/// `256 KiB`, `16 MiB`, `1 GiB`, `1000 B`.
pub(super) fn size(value: &DeValue<'_>) -> Option<u64> {
    let text = value.as_str()?.trim();
    let n_digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number: u64 = text[..n_digits].parse().ok()?;
    let unit: u64 = match text[n_digits..].trim() {
        "B" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        "kB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        _ => return None,
    };
    number.checked_mul(unit)
}

/// A number from 0 to 1 in thousandths, by way of decimal text.
pub(super) fn permille(value: &DeValue<'_>) -> Option<u16> {
    let share = usd(value)?.ok()?;
    let permille = share.pico() / 1_000_000_000;
    (permille * 1_000_000_000 == share.pico() && permille <= 1000).then(|| u16::try_from(permille).ok())?
}

/// `day`, `month`, `rolling 7d`.
pub(super) fn period(value: &DeValue<'_>) -> Option<Period> {
    match value.as_str()?.trim() {
        "day" => Some(Period::Day),
        "month" => Some(Period::Month),
        other => {
            let length = DeValue::String(other.strip_prefix("rolling ")?.into());
            Some(Period::Rolling(duration(&length)?.as_secs())).filter(|period| *period != Period::Rolling(0))
        }
    }
}

/// `cheapest`, `quality>=0.8 then cheapest`.
pub(super) fn objective(value: &DeValue<'_>) -> Option<ObjectiveSpec> {
    match value.as_str()?.trim() {
        "cheapest" => Some(ObjectiveSpec::Cheapest),
        "fastest" => Some(ObjectiveSpec::Fastest),
        "weighted" => Some(ObjectiveSpec::Weighted),
        "ordered" => Some(ObjectiveSpec::Ordered),
        other => {
            let rest = other.strip_prefix("quality")?.trim_start().strip_prefix(">=")?;
            let number = rest.trim().strip_suffix("then cheapest").unwrap_or(rest).trim();
            permille(&DeValue::String(number.into())).map(ObjectiveSpec::QualityThenCheapest)
        }
    }
}

/// By which label.
pub(super) fn by(value: &DeValue<'_>) -> Option<By> {
    By::from_name(value.as_str()?)
}

/// A tier.
pub(super) fn tier(value: &DeValue<'_>) -> Option<ServiceTier> {
    let name = value.as_str()?;
    ServiceTier::ALL.into_iter().find(|tier| tier.name() == name)
}

/// A reference to a secret.
pub(super) fn secret(value: &DeValue<'_>) -> Option<SecretRef> {
    SecretRef::from_text(value.as_str()?)
}

/// `provider/model`, or a table with `target`, `tier`, `weight`, `quality`.
pub(super) fn target(value: &DeValue<'_>) -> Option<CandidateSpec> {
    let of = |text: &str| {
        let (provider, model) = text.split_once('/')?;
        let is_filled = !provider.is_empty() && !model.is_empty();
        let model = (model != "*").then(|| model.into());
        is_filled.then(|| CandidateSpec { provider: provider.into(), model, tier: None, weight: 1, quality: None })
    };
    match value {
        DeValue::String(text) => of(text),
        DeValue::Table(table) => {
            let known = ["target", "tier", "weight", "quality"];
            if table.keys().any(|key| !known.contains(&&**key.get_ref())) {
                return None;
            }
            let mut spec = of(table.get("target")?.get_ref().as_str()?)?;
            if let Some(tier) = table.get("tier") {
                spec.tier = Some(self::tier(tier.get_ref())?);
            }
            if let Some(weight) = table.get("weight") {
                spec.weight = u32::try_from(whole(weight.get_ref())?).ok()?;
            }
            if let Some(quality) = table.get("quality") {
                spec.quality = Some(permille(quality.get_ref())?);
            }
            Some(spec)
        }
        _ => None,
    }
}

/// A day, as a date or as a text.
pub(super) fn date(value: &DeValue<'_>) -> Option<jiff::civil::Date> {
    match value {
        DeValue::Datetime(when) if when.time.is_none() => when.to_string().parse().ok(),
        DeValue::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// Why an address is none.
pub(super) fn bad_address(url: &str) -> Option<&'static str> {
    let Some(rest) = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")) else {
        return Some("is not http or https");
    };
    let host = rest.split('/').next().unwrap_or_default();
    if host.is_empty() {
        return Some("has no host");
    }
    if host.contains('@') {
        return Some("holds a name or password");
    }
    (rest.contains('?') || rest.contains('#')).then_some("has a query")
}

/// Whether an address is of this machine, so that nobody hears what goes there.
pub(super) fn is_own_machine(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = rest.split('/').next().unwrap_or_default();
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
    let name = name.map_or(host, |(name, _)| name);
    let parts: Vec<&str> = name.split('.').collect();
    let is_loopback = parts.len() == 4 && parts[0] == "127" && parts.iter().all(|part| part.parse::<u8>().is_ok());
    is_loopback || name == "[::1]" || name == "localhost"
}

/// A number from 0 to 1,000,000 in thousandths, by way of decimal text: how many times.
pub(super) fn times(value: &DeValue<'_>) -> Option<u32> {
    let number = usd(value)?.ok()?;
    let permille = number.pico() / 1_000_000_000;
    (permille * 1_000_000_000 == number.pico() && permille <= 1_000_000_000).then(|| u32::try_from(permille).ok())?
}

/// Who is told of an alert. Paths are as they are written.
pub(super) fn receiver(value: &DeValue<'_>) -> Option<Receiver> {
    match value {
        DeValue::String(text) => match text.split_once(':')? {
            ("webhook", reference) => SecretRef::from_text(reference).map(Receiver::Webhook),
            ("log", file) if !file.is_empty() => Some(Receiver::Log(file.into())),
            _ => None,
        },
        DeValue::Table(table) if table.len() == 1 => {
            let words = table.get("command")?.get_ref().as_array()?;
            let words = words.iter().map(|word| word.get_ref().as_str().map(str::to_owned));
            let words = words.collect::<Option<Vec<_>>>()?;
            words.first().is_some_and(|program| !program.is_empty()).then_some(Receiver::Command(words))
        }
        _ => None,
    }
}

/// What a value is, for messages.
pub(super) fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "the text",
        DeValue::Integer(_) | DeValue::Float(_) => "the number",
        DeValue::Boolean(_) => "the value",
        DeValue::Datetime(_) => "the date",
        DeValue::Array(_) => "the list",
        DeValue::Table(_) => "the table",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> DeValue<'static> {
        DeValue::String(text.to_owned().into())
    }

    #[test]
    fn times_sizes_and_shares_are_read() {
        for (written, millis) in [
            ("250ms", Some(250)),
            ("10s", Some(10_000)),
            ("1 h", Some(3_600_000)),
            ("7d", Some(604_800_000)),
            ("10", None),
            ("-1s", None),
            ("", None),
        ] {
            assert_eq!(duration(&text(written)), millis.map(Duration::from_millis), "{written}");
        }
        assert_eq!(size(&text("16 MiB")), Some(16 << 20));
        assert_eq!(size(&text("16")), None);
        assert_eq!(permille(&text("0.915")), Some(915));
        assert_eq!(permille(&text("0.9155")), None);
        assert_eq!(permille(&text("1.5")), None);
        assert_eq!(period(&text("rolling 7d")), Some(Period::Rolling(604_800)));
        assert_eq!(period(&text("rolling 0s")), None);
        assert_eq!(objective(&text("quality>=0.8 then cheapest")), Some(ObjectiveSpec::QualityThenCheapest(800)));
        assert_eq!(objective(&text("best")), None);
    }

    #[test]
    fn an_address_that_begins_like_this_machine_is_not_this_machine() {
        for (url, is_own) in [
            ("http://127.0.0.1:8000/v1", true),
            ("http://127.8.0.1/v1", true),
            ("http://localhost:11434/v1", true),
            ("http://[::1]:80/v1", true),
            ("http://127.0.0.1.example.com/v1", false),
            ("http://127.example.com/v1", false),
            ("http://localhost.example.com/v1", false),
            ("http://localhosts/v1", false),
            ("http://10.0.0.1/v1", false),
        ] {
            assert_eq!(is_own_machine(url), is_own, "{url}");
        }
    }

    #[test]
    fn targets_name_a_provider_and_a_model() {
        assert_eq!(target(&text("openai/gpt-5")).and_then(|spec| spec.model).as_deref(), Some("gpt-5"));
        assert_eq!(target(&text("openrouter/meta/llama")).and_then(|spec| spec.model).as_deref(), Some("meta/llama"));
        assert_eq!(target(&text("openai/*")).map(|spec| spec.model), Some(None));
        assert_eq!(target(&text("gpt-5")), None);
    }
}
