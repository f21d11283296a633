//! Reads catalogue files: the schema as written ([`File`]), and its resolution into the catalogue's types. One schema for
//! the embedded files, for overlays and for what `import` writes. Every mistake names file, line, column, row and key.

mod resolve;
mod schema;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

pub(super) use resolve::DAYS;
use schema::File;

use super::hosts::HOSTS;
use super::{CacheRule, Catalog, ModelSpec, Source};
use crate::error::{Error, Kind, Result};
use crate::text::did_you_mean;

/// Rows, rules and sources of one or more files, before they are joined into a [`Catalog`].
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// Rows, in the order of their files.
    pub models: Vec<ModelSpec>,
    /// Prompt-cache rules by name.
    pub cache_rules: BTreeMap<Arc<str>, CacheRule>,
    /// Sources by name.
    pub sources: BTreeMap<Arc<str>, Source>,
    /// Where each row stands, for messages about several rows.
    pub(super) places: Vec<Option<(Arc<str>, u64)>>,
}

/// The catalogue from the files in the binary.
pub(super) fn embedded() -> Result<Catalog> {
    let mut all = Part::default();
    let mut words = Words::default();
    let shared = [
        ("sources.toml", include_str!(concat!(env!("OUT_DIR"), "/catalog/sources.json"))),
        ("cache_rules.toml", include_str!(concat!(env!("OUT_DIR"), "/catalog/cache_rules.json"))),
    ];
    let hosts = HOSTS.iter().map(|host| (host.name, host.rows));
    for (name, json) in shared.into_iter().chain(hosts) {
        let file: File = serde_json::from_str(json).map_err(|error| {
            Error::new(Kind::Catalog, "the embedded file cannot be read").in_file(name).because(error)
        })?;
        all.append(resolve(file, name, &[], &mut words)?);
    }
    all.into_catalog()
}

/// Reads one file. Names of sources and cache rules are looked up later, by [`Part::into_catalog`].
pub fn parse(file: &str, text: &str) -> Result<Part> {
    let raw: File = toml::from_str(text).map_err(|error| syntax_error(file, text, &error))?;
    resolve(raw, file, &row_lines(text), &mut Words::default())
}

impl Part {
    /// Rows that stand in no file.
    pub fn new(models: Vec<ModelSpec>, sources: BTreeMap<Arc<str>, Source>) -> Part {
        let places = vec![None; models.len()];
        Part { models, sources, places, ..Part::default() }
    }

    /// Adds a row that stands in no file.
    pub(super) fn push(&mut self, model: ModelSpec) {
        self.models.push(model);
        self.places.push(None);
    }

    /// Adds another file's rows behind these.
    pub fn append(&mut self, other: Part) {
        self.models.extend(other.models);
        self.places.extend(other.places);
        self.cache_rules.extend(other.cache_rules);
        self.sources.extend(other.sources);
    }

    /// Checks what needs all files: that sources and cache rules exist, and that no id is given twice.
    pub fn into_catalog(self) -> Result<Catalog> {
        let mut seen: HashMap<(&str, &str), usize> = HashMap::with_capacity(self.models.len() * 2);
        for (at, model) in self.models.iter().enumerate() {
            self.check_names(model).map_err(|error| self.place(error, at))?;
            for id in std::iter::once(&model.id).chain(&model.aliases) {
                if let Some(first) = seen.insert((&*model.host, &**id), at) {
                    let other = &self.models[first].id;
                    let error = Error::new(
                        Kind::Catalog,
                        format!("`{id}` on `{}` names two rows: `{other}` and `{}`", model.host, model.id),
                    );
                    return Err(self.place(error.help("remove one of them, or one of their aliases"), at));
                }
            }
        }
        for (name, rule) in &self.cache_rules {
            if !self.sources.contains_key(&rule.source) {
                let message = format!("cache rule `{name}`: there is no source `{}`", rule.source);
                return Err(Error::new(Kind::Catalog, message).help("define it under [source]"));
            }
        }
        Ok(Catalog::new(self.models, self.cache_rules, self.sources))
    }

    fn check_names(&self, model: &ModelSpec) -> Result<()> {
        let missing = |what: &str, name: &str, known: Option<String>| {
            let error = Error::new(Kind::Catalog, format!("model `{}`: there is no {what} `{name}`", model.id));
            error.help(known.unwrap_or_else(|| format!("define it, or use a {what} that exists")))
        };
        if let Some(rule) = model.cache.as_deref()
            && !self.cache_rules.contains_key(rule)
        {
            return Err(missing("cache rule", rule, did_you_mean(rule, self.cache_rules.keys().map(|k| &**k))));
        }
        for cell in model.cells() {
            if !self.sources.contains_key(&cell.source) {
                let known = did_you_mean(&cell.source, self.sources.keys().map(|k| &**k));
                return Err(missing("source", &cell.source, known));
            }
        }
        Ok(())
    }

    fn place(&self, error: Error, at: usize) -> Error {
        match self.places.get(at) {
            Some(Some((file, line))) => error.in_file(&**file).at_line(*line),
            _ => error,
        }
    }
}

/// From the schema as written to the types. `lines` says where the rows stand, as far as that is known.
fn resolve(raw: File, file: &str, lines: &[u64], words: &mut Words) -> Result<Part> {
    let name = words.intern(file);
    let mut part = Part::default();
    for (key, source) in raw.source {
        part.sources.insert(words.intern(&key), Source { url: source.url, note: source.note });
    }
    for (key, rule) in raw.cache_rule {
        let rule = rule.resolve(words).map_err(|error| error.in_field(&key).in_file(file))?;
        part.cache_rules.insert(words.intern(&key), rule);
    }
    for (at, row) in raw.model.into_iter().enumerate() {
        let line = lines.get(at).copied().unwrap_or(1);
        let id = row.id.clone();
        let model =
            row.resolve(raw.host.as_deref(), words).map_err(|error| prefix(&id, error).in_file(file).at_line(line))?;
        part.models.push(model);
        part.places.push(Some((Arc::clone(&name), line)));
    }
    Ok(part)
}

fn prefix(id: &str, error: Error) -> Error {
    let mut named = Error::new(Kind::Catalog, format!("model `{id}`: {}", error.message()));
    if let Some(advice) = error.advice() {
        named = named.help(advice);
    }
    named
}

/// A mistake in the TOML or in a key or value, with its line, column, row, and what was probably meant.
fn syntax_error(file: &str, text: &str, error: &toml::de::Error) -> Error {
    let message = error.message().trim().replace('\n', ", ");
    let start = error.span().map_or(0, |span| span.start.min(text.len()));
    let before = &text.as_bytes()[..start];
    let line = before.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
    let line_start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let column = text.get(line_start..start).map_or(0, |part| part.chars().count()) as u64 + 1;
    let row = row_around(text, start).map(|id| format!("model `{id}`: ")).unwrap_or_default();
    let placed = |message: String| Error::new(Kind::Catalog, message).in_file(file).at_line(line).at_column(column);

    // serde lists what it would have accepted: "unknown field `inptu`, expected one of `input`, `output`".
    if let Some(rest) = message.strip_prefix("unknown field `")
        && let Some((key, expected)) = rest.split_once('`')
    {
        let known: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
        let help = did_you_mean(key, known.iter().copied())
            .unwrap_or_else(|| format!("the keys here are {}", known.join(", ")));
        return placed(format!("{row}unknown key `{key}`")).help(help);
    }
    placed(format!("{row}{message}"))
}

/// The id of the row in which a byte stands, read from the text because the file did not parse.
fn row_around(text: &str, at: usize) -> Option<&str> {
    let start = text.get(..at)?.rfind("[[model]]")?;
    let row = &text[start + "[[model]]".len()..];
    let row = row.find("[[model]]").map_or(row, |end| &row[..end]);
    let line = row.lines().find_map(|line| line.trim().strip_prefix("id"))?;
    line.trim_start().strip_prefix('=')?.trim().split('"').nth(1)
}

/// The line on which each row begins.
fn row_lines(text: &str) -> Vec<u64> {
    let headers = text.lines().enumerate().filter(|(_, line)| line.trim() == "[[model]]");
    headers.map(|(at, _)| at as u64 + 1).collect()
}

/// One allocation for each word that rows repeat.
#[derive(Default)]
struct Words(BTreeSet<Arc<str>>);

impl Words {
    fn intern(&mut self, word: &str) -> Arc<str> {
        if let Some(known) = self.0.get(word) {
            return Arc::clone(known);
        }
        let new: Arc<str> = Arc::from(word);
        self.0.insert(Arc::clone(&new));
        new
    }

    fn sorted(&mut self, words: &[String]) -> Vec<Arc<str>> {
        let mut list: Vec<Arc<str>> = words.iter().map(|word| self.intern(word)).collect();
        list.sort();
        list.dedup();
        list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_files_parse() {
        let catalog = embedded().unwrap();
        assert!(catalog.models.len() > 400, "{}", catalog.models.len());
    }

    /// The binary holds JSON that was made from the TOML; both must say the same, and the TOML has the better messages.
    #[test]
    fn every_file_parses_as_it_is_written() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("data/catalog");
        let mut all = Part::default();
        let shared = ["sources", "cache_rules"];
        for name in shared.into_iter().chain(HOSTS.iter().map(|host| host.name)) {
            let path = folder.join(name).with_extension("toml");
            let text = std::fs::read_to_string(&path).unwrap();
            all.append(parse(&path.to_string_lossy(), &text).unwrap());
        }
        let written = all.into_catalog().unwrap();
        assert_eq!(written.models, embedded().unwrap().models);
    }

    fn check_error(text: &str, expected: &str) {
        let error = parse("my.toml", text).and_then(Part::into_catalog).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }

    #[test]
    fn a_mistake_is_named_with_its_place() {
        check_error(
            "host = \"x\"\n[[model]]\nid = \"m\"\ntokenizer = \"claude\"\n[[model.prices]]\nstandard = { inptu = \"1\" }\n",
            "my.toml:6:14: model `m`: unknown key `inptu` (did you mean `input`?)",
        );
        check_error(
            "host = \"x\"\n[[model]]\nid = \"m\"\ntokenizer = \"cluade\"\n",
            "my.toml:2: model `m`: there is no tokenizer `cluade` (did you mean `claude`?)",
        );
        check_error(
            "host = \"x\"\n[[model]]\nid = \"m\"\ntokenizer = \"claude\"\n[[model.prices]]\nstandard = { input = \"1\" }\n",
            "my.toml:2: model `m`: key `input`: the price has no source (write `source = \"…\"` in the row, in the sheet, or in the cell)",
        );
        check_error(
            "host = \"x\"\n[[model]]\nid = \"m\"\naliases = [\"M2\"]\ntokenizer = \"claude\"\n[[model]]\nid = \"M2\"\ntokenizer = \"claude\"\n",
            "my.toml:6: `M2` on `x` names two rows: `m` and `M2` (remove one of them, or one of their aliases)",
        );
    }

    #[test]
    fn a_missing_comma_is_found() {
        let text = "host = \"x\"\n[[model]]\nid = \"m\"\ntokenizer = \"claude\"\n[[model.prices]]\nstandard = { input = \"1\" output = \"2\" }\n";
        let error = parse("my.toml", text).unwrap_err().to_string();
        assert!(error.starts_with("my.toml:6:"), "{error}");
    }
}
