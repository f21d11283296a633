//! Finds the row for a model as requests and logs spell it: with a host's prefix, a region, a version, a date, in other
//! letters. The row's own id and its aliases come first; each rewriting is tried only when nothing before it matched, and
//! none leads from one price to another (a fine-tuned model is not its base; `:free` is not the paid model).

use std::collections::{BTreeSet, HashMap};

use super::{Catalog, ModelSpec, hosts};
use crate::error::{Error, Kind};
use crate::text::{did_you_mean, shorten};

/// From lower-case spellings to rows.
#[derive(Clone, Debug, Default)]
pub(super) struct Index(HashMap<String, Vec<u32>>);

impl Index {
    pub(super) fn new(models: &[ModelSpec]) -> Index {
        let mut map: HashMap<String, Vec<u32>> = HashMap::with_capacity(models.len() * 3);
        let mut add = |key: String, row: usize| {
            let rows = map.entry(key).or_default();
            if !rows.contains(&(row as u32)) {
                rows.push(row as u32);
            }
        };
        for (row, model) in models.iter().enumerate() {
            for id in std::iter::once(&model.id).chain(&model.aliases) {
                add(id.to_lowercase(), row);
            }
        }
        // Shortened forms stand behind every spelled-out one.
        for (row, model) in models.iter().enumerate() {
            if let Some(short) = without_version(&model.id.to_lowercase()) {
                add(short.to_owned(), row);
            }
        }
        Index(map)
    }

    fn rows(&self, key: &str) -> &[u32] {
        self.0.get(key).map_or(&[], Vec::as_slice)
    }
}

impl Catalog {
    /// The row for a model, as written in a request or log. Without a host, the maker's own host comes first.
    pub fn find(&self, host: Option<&str>, model: &str) -> Option<&ModelSpec> {
        self.models.get(self.find_row(host, model)? as usize)
    }

    /// As [`find`](Self::find): the row's place in `models`.
    pub fn find_row(&self, host: Option<&str>, model: &str) -> Option<u32> {
        let written = model.trim().to_lowercase();
        if let Some(host) = host {
            return self.find_on(Some(&hosts::canonical(host)), &written);
        }
        // `vertex_ai/gemini-2.5-pro`, `openrouter/anthropic/claude-…`: the prefix is the host.
        if let Some((prefix, rest)) = written.split_once('/')
            && let Some(host) = hosts::known(prefix)
            && let Some(found) = self.find_on(Some(host), rest)
        {
            return Some(found);
        }
        self.find_on(None, &written)
    }

    /// The error for a model that [`find`](Self::find) does not know, with the nearest names.
    pub fn unknown_model(&self, host: Option<&str>, model: &str) -> Error {
        let on = host.map(|host| format!(" on `{}`", shorten(host, 40))).unwrap_or_default();
        let known = self
            .models
            .iter()
            .filter(|spec| host.is_none_or(|host| hosts::canonical(host) == *spec.host))
            .flat_map(|spec| std::iter::once(&*spec.id).chain(spec.aliases.iter().map(|alias| &**alias)));
        let error =
            Error::new(Kind::UnknownModel, format!("model `{}`{on} is not in the catalogue", shorten(model, 80)));
        error.help(did_you_mean(model, known).unwrap_or_else(|| {
            "list what is there with `promptopt models list`, or add the model to an overlay".to_owned()
        }))
    }

    /// The catalogue's name of a host that has rows here, from any of its names.
    pub fn host(&self, name: &str) -> Option<String> {
        let host = hosts::canonical(name);
        self.models.iter().any(|spec| *spec.host == *host).then(|| host.into_owned())
    }

    /// The error for a host without rows, with the nearest names.
    pub fn unknown_host(&self, name: &str) -> Error {
        let known: BTreeSet<&str> = self.models.iter().map(|spec| &*spec.host).collect();
        let all = || format!("the hosts are {}", known.iter().copied().collect::<Vec<_>>().join(", "));
        let error = Error::new(Kind::Config, format!("no model in the catalogue is on `{}`", shorten(name, 40)));
        error.help(did_you_mean(name, known.iter().copied()).unwrap_or_else(all))
    }

    fn find_on(&self, host: Option<&str>, written: &str) -> Option<u32> {
        // Mostly it is written as it is known: the other spellings need not be made.
        let known = self.exact(host, written);
        known.or_else(|| spellings(host, written).iter().find_map(|spelling| self.exact(host, spelling)))
    }

    fn exact(&self, host: Option<&str>, key: &str) -> Option<u32> {
        let mut rows =
            self.index.rows(key).iter().filter_map(|row| Some((*row, &*self.models.get(*row as usize)?.host)));
        let found = match host {
            Some(host) => rows.find(|(_, on)| *on == host),
            None => rows.filter(|(_, on)| *on != hosts::OWN_MACHINE).min_by_key(|(_, on)| hosts::rank(on)),
        };
        found.map(|(row, _)| row)
    }
}

/// The written name, then its rewritings, the closest first.
fn spellings(host: Option<&str>, written: &str) -> Vec<String> {
    let mut list: Vec<String> = vec![written.to_owned()];
    let mut push = |spelling: &str| {
        if !spelling.is_empty() && !list.iter().any(|known| known == spelling) {
            list.push(spelling.to_owned());
        }
    };
    let bare = without_path(host, written);
    push(bare);
    let bare = without_variant(host, bare);
    push(bare);
    if let Some(fine_tuned) = fine_tuned_base(bare) {
        // `ft:gpt-4o-2024-08-06:org::id`: fine-tuned models have rows of their own.
        push(fine_tuned);
        if let Some(undated) = without_date(fine_tuned) {
            push(undated);
        }
        return list;
    }
    let (bare, at) = bare.split_once('@').map_or((bare, None), |(name, date)| (name, Some(date)));
    if let Some(date) = at {
        push(&format!("{bare}-{date}"));
        push(bare);
    }
    let unversioned = without_version(bare).unwrap_or(bare);
    push(unversioned);
    let regionless = without_region(unversioned);
    push(without_region(bare));
    push(regionless);
    let undated = without_date(regionless).unwrap_or(regionless);
    push(undated);
    let floating = undated.strip_suffix("-latest").unwrap_or(undated);
    push(floating);
    push(&format!("{floating}-latest"));
    // `claude-haiku-4.5` for `claude-haiku-4-5`.
    push(&floating.replace('.', "-"));
    list
}

/// Without an ARN, a resource path or a maker's prefix in front.
fn without_path<'a>(host: Option<&str>, written: &'a str) -> &'a str {
    if written.starts_with("arn:") {
        return written.rsplit('/').next().unwrap_or(written);
    }
    if let Some(at) = written.find("/models/") {
        return &written[at + "/models/".len()..];
    }
    let Some((prefix, rest)) = written.split_once('/') else { return written };
    // On OpenRouter and its like the maker's name is part of the id, and stays.
    let is_host = hosts::known(prefix).is_some_and(|known| host.is_none_or(|host| host == known));
    if prefix == "models" || is_host { rest } else { written }
}

/// Without OpenRouter's routing wishes (`:free` stays: it is another price) and without Ollama's tags.
fn without_variant<'a>(host: Option<&str>, written: &'a str) -> &'a str {
    const WISHES: [&str; 6] = [":nitro", ":floor", ":online", ":exacto", ":extended", ":thinking"];
    if host == Some(hosts::OWN_MACHINE) {
        // `qwen3:8b` is a size of `qwen3`; `gpt-oss:120b-cloud` runs elsewhere and is billed.
        return written.split_once(':').filter(|(_, tag)| !tag.contains("cloud")).map_or(written, |(name, _)| name);
    }
    if host.is_some_and(|host| host != "openrouter") {
        return written;
    }
    WISHES.iter().find_map(|wish| written.strip_suffix(wish)).unwrap_or(written)
}

/// `ft:gpt-4o:org::id` → `ft:gpt-4o`.
fn fine_tuned_base(written: &str) -> Option<&str> {
    let base = written.strip_prefix("ft:")?.split(':').next()?;
    written.get(..base.len() + "ft:".len())
}

/// Without Bedrock's `-v1:0` or `:0`.
fn without_version(id: &str) -> Option<&str> {
    let (name, revision) = id.rsplit_once(':')?;
    if revision.is_empty() || !revision.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    match name.rsplit_once("-v") {
        Some((stem, version)) if version.bytes().all(|byte| byte.is_ascii_digit()) && !version.is_empty() => Some(stem),
        _ => Some(name),
    }
}

/// Without Bedrock's region in front: `us.anthropic.claude-…`.
fn without_region(id: &str) -> &str {
    const REGIONS: [&str; 8] = ["us.", "eu.", "apac.", "global.", "jp.", "au.", "ca.", "us-gov."];
    REGIONS.iter().find_map(|region| id.strip_prefix(region)).unwrap_or(id)
}

/// Without a snapshot's date: `-2025-04-14`, `_2025-12-11` or `-20250929`.
pub(super) fn without_date(id: &str) -> Option<&str> {
    let bytes = id.as_bytes();
    let is_date = |tail: &[u8]| match tail.len() {
        11 => {
            matches!(tail[0], b'-' | b'_')
                && tail[1..]
                    .iter()
                    .enumerate()
                    .all(|(i, b)| if i == 4 || i == 7 { *b == b'-' } else { b.is_ascii_digit() })
        }
        9 => tail[0] == b'-' && tail[1] == b'2' && tail[1..].iter().all(u8::is_ascii_digit),
        _ => false,
    };
    [11, 9].into_iter().find_map(|n| {
        let start = bytes.len().checked_sub(n)?;
        (start > 0 && is_date(&bytes[start..])).then(|| &id[..start])
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(host: Option<&str>, written: &str, expected: Option<(&str, &str)>) {
        let found = Catalog::embedded().find(host, written).map(|spec| (&*spec.host, &*spec.id));
        assert_eq!(found, expected, "{host:?} {written}");
    }

    #[test]
    fn models_are_found_as_they_are_spelled() {
        check(None, "gpt-4o", Some(("openai", "gpt-4o")));
        check(None, "GPT-4o ", Some(("openai", "gpt-4o")));
        check(None, "openai/gpt-4o", Some(("openai", "gpt-4o")));
        check(Some("openai"), "gpt-4o-2024-11-20", Some(("openai", "gpt-4o")));
        check(Some("openai"), "gpt-4o-2024-05-13", Some(("openai", "gpt-4o-2024-05-13")));
        check(Some("anthropic"), "claude-sonnet-4-5-20250929", Some(("anthropic", "claude-sonnet-4-5")));
        check(None, "anthropic/claude-haiku-4.5", Some(("anthropic", "claude-haiku-4-5")));
        check(Some("google"), "models/gemini-2.5-flash", Some(("gemini", "gemini-2.5-flash")));
        check(Some("x-ai"), "grok-4.3-latest", Some(("xai", "grok-4.3")));
        check(Some("vertex_ai"), "publishers/google/models/gemini-2.5-flash", Some(("vertex", "gemini-2.5-flash")));
        check(None, "vertex_ai/claude-opus-4-8@20260528", Some(("vertex", "claude-opus-4-8")));
        check(
            Some("aws"),
            "anthropic.claude-3-haiku-20240307-v1:0",
            Some(("bedrock", "anthropic.claude-3-haiku-20240307-v1:0")),
        );
        check(
            Some("bedrock"),
            "arn:aws:bedrock:us-east-1:0123:inference-profile/us.anthropic.claude-3-7-sonnet-20250219-v1:0",
            Some(("bedrock", "anthropic.claude-3-7-sonnet-20250219-v1:0")),
        );
        check(Some("azure"), "gpt-5.2_2025-12-11", Some(("azure", "gpt-5.2")));
        check(
            Some("openrouter"),
            "anthropic/claude-haiku-4.5:nitro",
            Some(("openrouter", "anthropic/claude-haiku-4.5")),
        );
        check(None, "openrouter/openai/gpt-4o-mini", Some(("openrouter", "openai/gpt-4o-mini")));
        check(Some("ollama"), "qwen3.6:latest", Some(("ollama", "qwen3.6")));
    }

    #[test]
    fn a_rewriting_never_leads_to_another_price() {
        check(Some("openai"), "ft:gpt-4o-mini-2024-07-18:org::abc", Some(("openai", "ft:gpt-4o-mini-2024-07-18")));
        check(Some("openai"), "ft:gpt-6-luna:org::abc", None);
        check(Some("openai"), "gpt-6", None);
        check(Some("nowhere"), "gpt-4o", None);
        check(Some("openrouter"), "anthropic/claude-haiku-4.5:free", None);
        check(Some("ollama"), "gpt-oss:120b-cloud", None);
        check(None, "llama3.1", None);
        // A region of Bedrock with a price of its own.
        check(
            Some("bedrock"),
            "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
            Some(("bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0")),
        );
    }

    #[test]
    fn an_unknown_model_is_answered_with_the_nearest_names() {
        let error = Catalog::embedded().unknown_model(Some("openai"), "gpt4o-mini");
        assert!(error.to_string().contains("`gpt-4o-mini`"), "{error}");
    }
}
