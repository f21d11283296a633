//! What earlier runs found, so that a file that is as it was is not linted again. A key says all that findings depend on: the
//! path, the text, the settings, the program; whatever differs is another key, so nothing has to be found out of date.
//!
//! No text of a file is kept: places, figures and messages are. What a fix writes is part of it, so a file in which a secret
//! stands is not kept at all. Bytes that are damaged or of another version are as good as none.

mod identity;
mod pack;

use std::collections::{HashMap, HashSet};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::run::Linted;
use super::secrets;
use super::settings::Settings;
use crate::text::half;

/// Findings of earlier runs, and of this one. Shared by all threads.
#[derive(Debug)]
pub struct Cache {
    program: String,
    day: u32,
    bytes: Vec<u8>,
    known: HashMap<Key, Entry>,
    used: Mutex<Used>,
    /// Digests of settings, which many files share. The settings are held, so that no others take their place in memory.
    settings: Mutex<HashMap<usize, (Arc<Settings>, blake3::Hash)>>,
}

/// All that findings depend on, as a digest: BLAKE3, so that no text can be made that borrows the findings of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key([u8; 16]);

/// A file to be looked up.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The path as shown.
    pub shown: &'a str,
    /// Its text, without a byte-order mark.
    pub text: &'a str,
    /// Whether other files of its folder are linted too.
    pub has_neighbours: bool,
}

#[derive(Clone, Debug)]
struct Entry {
    day: u32,
    bytes: Range<usize>,
}

#[derive(Debug, Default)]
struct Used {
    /// Entries that were asked for.
    seen: HashSet<Key>,
    /// New ones.
    fresh: Vec<(Key, Vec<u8>)>,
}

/// The first bytes; the number is that of the layout.
const MAGIC: &[u8] = b"promptopt lint cache 1\n";
/// An entry that no run asked for is dropped after so many days.
const MAX_DAYS: u32 = 7;
/// If the whole would be larger, only what this run asked for stays.
const MAX_BYTES: usize = 32 << 20;
/// Settings whose digest is remembered.
const MAX_SETTINGS: usize = 64;

impl Cache {
    /// `bytes` are what [`Cache::finish`] gave the last time; empty if there was none. `program` tells this build and what it
    /// was given besides settings (price files) from every other; `day` is today's number.
    pub fn new(program: impl Into<String>, day: u32, bytes: Vec<u8>) -> Cache {
        let known = entries(&bytes).unwrap_or_default();
        Cache { program: program.into(), day, bytes, known, used: Mutex::default(), settings: Mutex::default() }
    }

    /// Whether there is nothing to be found in it.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// The key of a file. O(text), at the speed of BLAKE3.
    pub fn key(&self, subject: &Subject<'_>, settings: &Arc<Settings>) -> Key {
        let mut hasher = blake3::Hasher::new();
        hasher.update(self.settings(settings).as_bytes());
        hasher.update(&[u8::from(subject.has_neighbours)]);
        hasher.update(&(subject.shown.len() as u64).to_le_bytes());
        hasher.update(subject.shown.as_bytes());
        hasher.update(subject.text.as_bytes());
        Key(half(&hasher.finalize()))
    }

    fn settings(&self, settings: &Arc<Settings>) -> blake3::Hash {
        let place = Arc::as_ptr(settings) as usize;
        if let Some((_, digest)) = lock(&self.settings).get(&place) {
            return *digest;
        }
        let digest = blake3::hash(identity::of(&self.program, settings).as_bytes());
        let mut known = lock(&self.settings);
        if known.len() < MAX_SETTINGS {
            known.insert(place, (Arc::clone(settings), digest));
        }
        digest
    }

    /// What was found in a file, if that is known.
    pub fn get(&self, key: Key, shown: &str) -> Option<Linted> {
        let entry = self.known.get(&key)?;
        let linted = pack::unpack(self.bytes.get(entry.bytes.clone())?, shown)?;
        lock(&self.used).seen.insert(key);
        Some(linted)
    }

    /// Remembers what was found in a file with this text.
    pub fn put(&self, key: Key, linted: &Linted, text: &str) {
        let fixes = linted.diagnostics.iter().filter_map(|diagnostic| diagnostic.finding.fix.as_ref());
        let is_written = fixes.flat_map(|fix| &fix.changes).any(|change| !change.text.is_empty());
        let is_secret = linted.diagnostics.iter().any(|diagnostic| !diagnostic.finding.redact.is_empty())
            || (is_written && !secrets::find(text).is_empty());
        if !is_secret {
            let packed = pack::pack(linted);
            lock(&self.used).fresh.push((key, packed));
        }
    }

    /// The bytes to keep for the next run; `None` if those that there are do as well.
    pub fn finish(self) -> Option<Vec<u8>> {
        let Used { seen, mut fresh } = self.used.into_inner().unwrap_or_else(PoisonError::into_inner);
        let is_young = |entry: &Entry| self.day.abs_diff(entry.day) <= MAX_DAYS;
        let is_as_it_was = fresh.is_empty()
            && self.known.iter().all(
                |(key, entry)| {
                    if seen.contains(key) { entry.day == self.day } else { is_young(entry) }
                },
            );
        if is_as_it_was {
            return None;
        }
        let size: usize = self.bytes.len() + fresh.iter().map(|(_, packed)| packed.len()).sum::<usize>();
        let mut kept: Vec<(Key, u32, &[u8])> = Vec::new();
        #[allow(clippy::iter_over_hash_type, reason = "they are sorted below")]
        for (key, entry) in &self.known {
            let is_seen = seen.contains(key);
            if (is_seen || (size <= MAX_BYTES && is_young(entry)))
                && let Some(packed) = self.bytes.get(entry.bytes.clone())
            {
                kept.push((*key, if is_seen { self.day } else { entry.day }, packed));
            }
        }
        fresh.retain(|(key, _)| !self.known.contains_key(key));
        kept.extend(fresh.iter().map(|(key, packed)| (*key, self.day, &**packed)));
        // The same findings, the same bytes, whatever the order of the threads.
        kept.sort_unstable_by_key(|(key, ..)| *key);
        kept.dedup_by_key(|(key, ..)| *key);
        let mut out = MAGIC.to_vec();
        out.extend([0; 8]);
        for (key, day, packed) in kept {
            out.extend(key.0);
            out.extend(day.to_le_bytes());
            out.extend((packed.len() as u32).to_le_bytes());
            out.extend(packed);
        }
        let sum = xxhash_rust::xxh3::xxh3_64(&out[MAGIC.len() + 8..]);
        out[MAGIC.len()..MAGIC.len() + 8].copy_from_slice(&sum.to_le_bytes());
        Some(out)
    }
}

/// The entries of a file of the cache; `None` if it is damaged or none.
fn entries(bytes: &[u8]) -> Option<HashMap<Key, Entry>> {
    let rest = bytes.strip_prefix(MAGIC)?;
    let (sum, rest) = rest.split_first_chunk::<8>()?;
    if xxhash_rust::xxh3::xxh3_64(rest) != u64::from_le_bytes(*sum) {
        return None;
    }
    let mut known = HashMap::new();
    let mut at = bytes.len() - rest.len();
    while at < bytes.len() {
        let (key, rest) = bytes[at..].split_first_chunk::<16>()?;
        let (day, rest) = rest.split_first_chunk::<4>()?;
        let (len, rest) = rest.split_first_chunk::<4>()?;
        let len = u32::from_le_bytes(*len) as usize;
        if rest.len() < len {
            return None;
        }
        let start = bytes.len() - rest.len();
        at = start + len;
        known.insert(Key(*key), Entry { day: u32::from_le_bytes(*day), bytes: start..at });
    }
    Some(known)
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    // What is in it is whole at every moment, whoever panicked.
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::super::Linter;
    use super::*;

    const TABLE: &str = "| name          | colour    |\n|---------------|-----------|\n\
         | apple         | red       |\n| banana        | yellow    |\n\
         | cherry        | red       |\n";

    fn settings() -> Settings {
        Settings { model: Some("gpt-6-luna".to_owned()), ..Settings::new("2026-11-22".parse().unwrap()) }
    }

    fn subject(text: &str) -> Subject<'_> {
        Subject { shown: "prompts/a.md", text, has_neighbours: true }
    }

    fn filled(text: &str) -> (Arc<Settings>, Linted, Vec<u8>) {
        let (cache, settings) = (Cache::new("p", 10, Vec::new()), Arc::new(settings()));
        let key = cache.key(&subject(text), &settings);
        assert!(cache.is_empty() && cache.get(key, "prompts/a.md").is_none());
        let linted = Linter::new().lint_text("prompts/a.md", text, &settings);
        cache.put(key, &linted, text);
        (settings, linted, cache.finish().unwrap())
    }

    fn show(linted: &Linted) -> String {
        format!("{linted:?}")
    }

    #[test]
    fn what_was_found_is_found_again_to_the_byte() {
        let text = format!("{TABLE}\nYour answer must be short.\n\n<!-- promptopt: ignore MDL -->\n");
        let (settings, linted, bytes) = filled(&text);
        assert!(!linted.diagnostics.is_empty());
        let cache = Cache::new("p", 10, bytes);
        let found = cache.get(cache.key(&subject(&text), &settings), "prompts/a.md").unwrap();
        assert_eq!(show(&found), show(&linted));
        assert_eq!(cache.finish(), None, "there is nothing new to write");
    }

    #[test]
    fn whatever_findings_depend_on_makes_another_key() {
        let (same, _, bytes) = filled(TABLE);
        let cache = Cache::new("p", 10, bytes.clone());
        let is_known = |cache: &Cache, subject: &Subject<'_>, settings: &Settings| {
            cache.get(cache.key(subject, &Arc::new(settings.clone())), subject.shown).is_some()
        };
        assert!(is_known(&cache, &subject(TABLE), &same));
        assert!(!is_known(&cache, &subject("Another text."), &same));
        assert!(!is_known(&cache, &Subject { shown: "prompts/b.md", ..subject(TABLE) }, &same));
        assert!(!is_known(&cache, &Subject { has_neighbours: false, ..subject(TABLE) }, &same));
        assert!(!is_known(&Cache::new("q", 10, bytes), &subject(TABLE), &same));
        let changes: [fn(&mut Settings); 7] = [
            |settings| settings.today = "2026-11-23".parse().unwrap(),
            |settings| settings.model = None,
            |settings| settings.host = Some("azure".to_owned()),
            |settings| _ = settings.rules.remove("FMT006"),
            |settings| settings.fallbacks.push("gpt-4o".to_owned()),
            |settings| _ = settings.traffic.by_file.insert("prompts/a.md".to_owned(), 7),
            |settings| {
                let least = [("min_tokens".to_owned(), toml::Value::Integer(9))];
                settings.options.insert("padded-table".to_owned(), least.into());
            },
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let mut other = (*same).clone();
            change(&mut other);
            assert!(!is_known(&cache, &subject(TABLE), &other), "{number}");
        }
    }

    #[test]
    fn damaged_bytes_are_as_good_as_none() {
        let (_, _, bytes) = filled(TABLE);
        assert!(!Cache::new("p", 10, bytes.clone()).is_empty());
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            assert!(Cache::new("p", 10, damaged).is_empty(), "{at}");
            assert!(Cache::new("p", 10, bytes[..at].to_vec()).is_empty(), "{at}");
        }
    }

    #[test]
    fn what_nobody_asks_for_is_dropped_after_some_days() {
        let (_, _, bytes) = filled(TABLE);
        assert_eq!(Cache::new("p", 10 + MAX_DAYS, bytes.clone()).finish(), None);
        let dropped = Cache::new("p", 11 + MAX_DAYS, bytes).finish().unwrap();
        assert!(Cache::new("p", 10, dropped).is_empty());
    }

    #[test]
    fn a_file_with_a_secret_is_not_kept() {
        let text = format!("{TABLE}\nThe key is sk-proj-{}.\n", "a8Kd03jfLs92mXqP1vB7".repeat(3));
        let (cache, settings) = (Cache::new("p", 10, Vec::new()), settings());
        let settings = Arc::new(settings);
        let linted = Linter::new().lint_text("prompts/a.md", &text, &settings);
        cache.put(cache.key(&subject(&text), &settings), &linted, &text);
        assert_eq!(cache.finish(), None);
    }
}
