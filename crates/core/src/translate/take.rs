//! Members taken out of a JSON object one by one; what is left is what the model has no word for.

use serde_json::{Map, Number, Value};

use super::model::Own;
use crate::chat::CacheMark;
use crate::error::{Error, Result};
use crate::text::shorten;

/// An object that is being taken apart. An explicit `null` stays in it, as does, when it is read leniently, what has another form than
/// expected: both are written back as they were.
pub(super) struct Take {
    fields: Map<String, Value>,
    is_strict: bool,
    /// Where it stands in what is read: errors name it.
    at: String,
}

/// Bounds of a number, both within, and their words.
pub(super) struct Bounds(f64, f64, &'static str);

pub(super) const SHARE: Bounds = Bounds(0.0, 1.0, "a number from 0 to 1");
pub(super) const UP_TO_2: Bounds = Bounds(0.0, 2.0, "a number from 0 to 2");
pub(super) const NOT_NEGATIVE: Bounds = Bounds(0.0, f64::MAX, "a number, 0 or more");
pub(super) const PENALTY: Bounds = Bounds(-2.0, 2.0, "a number from -2 to 2");

impl Take {
    /// Strict: for requests, whose mistakes the caller has to learn.
    pub(super) fn strict(value: &Value) -> Result<Take> {
        match value {
            Value::Object(fields) => Ok(Take::of(fields.clone(), true)),
            other => Err(expected("an object", other)),
        }
    }

    /// Lenient: for answers, which are taken as they come.
    pub(super) fn lenient(value: &Value) -> Take {
        Take::of(value.as_object().cloned().unwrap_or_default(), false)
    }

    fn of(fields: Map<String, Value>, is_strict: bool) -> Take {
        Take { fields: shifted(fields), is_strict, at: String::new() }
    }

    /// The place of a member, for an error.
    fn place(&self, name: &str) -> String {
        if self.at.is_empty() { name.to_owned() } else { format!("{}.{name}", self.at) }
    }

    /// An error at a member, as seen from the outermost object that was read by [`Take::strict`].
    pub(super) fn error(&self, error: Error, name: &str) -> Error {
        error.in_field(&self.place(name))
    }

    /// The error for a member that is missing or has another form.
    pub(super) fn wrong(&self, name: &str, wanted: &str) -> Error {
        let error = match self.get(name) {
            Some(found) => expected(wanted, found),
            None => Error::input(format!("`{name}` is missing, which is to be {wanted}")),
        };
        self.error(error, name)
    }

    fn take<T>(&mut self, name: &str, wanted: &str, read: impl FnOnce(&Value) -> Option<T>) -> Result<Option<T>> {
        let Some(value) = self.fields.get(name).filter(|value| !value.is_null()) else { return Ok(None) };
        match read(value) {
            Some(read) => {
                self.fields.shift_remove(name);
                Ok(Some(read))
            }
            None if self.is_strict => Err(self.wrong(name, wanted)),
            None => Ok(None),
        }
    }

    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>> {
        self.take(name, "a text", |value| value.as_str().map(str::to_owned))
    }

    /// A text that has to be there; empty if it is not and that is taken.
    pub(super) fn needed_text(&mut self, name: &str) -> Result<String> {
        match self.text(name)? {
            Some(text) => Ok(text),
            None if self.is_strict => Err(self.wrong(name, "a text")),
            None => Ok(String::new()),
        }
    }

    /// `type`, which stays; empty if there is none.
    pub(super) fn kind(&self) -> Result<String> {
        match self.get("type") {
            Some(Value::String(kind)) => Ok(kind.clone()),
            Some(other) if self.is_strict && !other.is_null() => Err(self.wrong("type", "a text")),
            _ => Ok(String::new()),
        }
    }

    pub(super) fn truth(&mut self, name: &str) -> Result<Option<bool>> {
        self.take(name, "true or false", Value::as_bool)
    }

    /// A number within bounds, as written. One that is larger than any `f64` is within none.
    pub(super) fn number(&mut self, name: &str, bounds: &Bounds) -> Result<Option<Number>> {
        self.take(name, bounds.2, |value| match value {
            Value::Number(number) if (bounds.0..=bounds.1).contains(&number.as_f64()?) => Some(number.clone()),
            _ => None,
        })
    }

    /// A whole number as written, `40.0` too.
    pub(super) fn whole_number(&mut self, name: &str) -> Result<Option<Number>> {
        self.take(name, "a whole number", |value| match value {
            Value::Number(number) if number.as_f64()?.fract() == 0.0 => Some(number.clone()),
            _ => None,
        })
    }

    /// A whole number, 0 or more, in JSON's spelling of it.
    pub(super) fn count(&mut self, name: &str) -> Result<Option<u64>> {
        self.take(name, "a whole number, 0 or more", Value::as_u64)
    }

    /// A whole number, 1 or more.
    pub(super) fn positive(&mut self, name: &str) -> Result<Option<u64>> {
        self.take(name, "a whole number, 1 or more", |value| value.as_u64().filter(|number| *number > 0))
    }

    pub(super) fn whole(&mut self, name: &str) -> Result<Option<i64>> {
        self.take(name, "a whole number", Value::as_i64)
    }

    pub(super) fn list(&mut self, name: &str) -> Result<Option<Vec<Value>>> {
        self.take(name, "a list", |value| value.as_array().cloned())
    }

    pub(super) fn object(&mut self, name: &str) -> Result<Option<Map<String, Value>>> {
        self.take(name, "an object", |value| value.as_object().cloned())
    }

    /// An object, to be taken apart as well: its errors name it, and it is as strict.
    pub(super) fn inner(&mut self, name: &str) -> Result<Option<Take>> {
        let (at, is_strict) = (self.place(name), self.is_strict);
        Ok(self.object(name)?.map(|fields| Take { fields: shifted(fields), is_strict, at }))
    }

    /// Texts of a list; `None` also for a list that holds anything else.
    pub(super) fn texts(&mut self, name: &str) -> Result<Option<Vec<String>>> {
        if self.is_strict
            && let Some(Value::Array(list)) = self.get(name)
            && let Some((index, other)) = (0..).zip(list).find(|(_, item)| !item.is_string())
        {
            return Err(self.error(expected("a text", other), &format!("{name}[{index}]")));
        }
        self.take(name, "a list of texts", |value| {
            value.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
        })
    }

    /// A list, each element read; errors name the element.
    pub(super) fn each<T>(&mut self, name: &str, read: impl Fn(&Value) -> Result<T>) -> Result<Option<Vec<T>>> {
        let Some(list) = self.list(name)? else { return Ok(None) };
        each(&list, &self.place(name), read).map(Some)
    }

    /// Whether all is taken.
    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    pub(super) fn is_strict(&self) -> bool {
        self.is_strict
    }

    /// Any value but `null`.
    pub(super) fn any(&mut self, name: &str) -> Option<Value> {
        self.fields.get(name).filter(|value| !value.is_null())?;
        self.fields.shift_remove(name)
    }

    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.fields.get(name)
    }

    pub(super) fn str(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    /// Removes a member that has exactly this value: it is written again by itself.
    pub(super) fn drop_if(&mut self, name: &str, value: &str) -> bool {
        let is_it = self.str(name) == Some(value);
        if is_it {
            self.fields.shift_remove(name);
        }
        is_it
    }

    pub(super) fn put_back(&mut self, name: &str, value: Value) {
        self.fields.insert(name.to_owned(), value);
    }

    /// `cache_control`, if it is one that the model has a word for.
    pub(super) fn cache_control(&mut self) -> Option<CacheMark> {
        let mark = match self.get("cache_control")? {
            Value::Object(fields) if fields.get("type").and_then(Value::as_str) == Some("ephemeral") => {
                match (fields.len(), fields.get("ttl").and_then(Value::as_str)) {
                    (1, None) => CacheMark::Short,
                    (2, Some("1h")) => CacheMark::Long,
                    _ => return None,
                }
            }
            _ => return None,
        };
        self.fields.shift_remove("cache_control");
        Some(mark)
    }

    /// What is left.
    pub(super) fn rest(self) -> Own {
        self.fields
    }
}

/// Members whose names begin as our notes do get one more `~`, so that nobody can write us notes; [`Put::own`] takes it off.
fn shifted(fields: Map<String, Value>) -> Map<String, Value> {
    if !fields.keys().any(|name| name.starts_with('~')) {
        return fields;
    }
    let shift = |name: String| if name.starts_with('~') { format!("~{name}") } else { name };
    fields.into_iter().map(|(name, value)| (shift(name), value)).collect()
}

/// What is left of an object that is kept whole, as it was written.
pub(super) fn as_written(own: &Own) -> Value {
    let mut put = Put::default();
    put.own(own, true);
    put.done()
}

/// `cache_control` of a mark.
pub(super) fn cache_control(mark: CacheMark) -> Value {
    match mark {
        CacheMark::Short => serde_json::json!({"type": "ephemeral"}),
        CacheMark::Long => serde_json::json!({"type": "ephemeral", "ttl": "1h"}),
    }
}

/// The error for a value of another form.
pub(super) fn expected(wanted: &str, found: &Value) -> Error {
    let kind = match found {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => format!("\"{}\"", shorten(text, 40)),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
    };
    Error::input(format!("expected {wanted}, found {kind}"))
}

/// An object that is being written: members that are `None` are left out.
#[derive(Default)]
pub(super) struct Put(pub Map<String, Value>);

impl Put {
    pub(super) fn set(&mut self, name: &str, value: impl Into<Value>) -> &mut Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    pub(super) fn maybe<V: Into<Value>>(&mut self, name: &str, value: Option<V>) -> &mut Self {
        if let Some(value) = value {
            self.set(name, value);
        }
        self
    }

    /// What belongs to this dialect alone. Notes on spelling (`~…`) are not written; what is set already stays.
    pub(super) fn own(&mut self, own: &Own, is_same_dialect: bool) -> &mut Self {
        if is_same_dialect {
            for (name, value) in own {
                let name = match name.strip_prefix('~') {
                    // See `shifted`.
                    Some(shifted) if shifted.starts_with('~') => shifted,
                    Some(_) => continue,
                    None => name,
                };
                if !self.0.contains_key(name) {
                    self.0.insert(name.to_owned(), value.clone());
                }
            }
        }
        self
    }

    pub(super) fn done(self) -> Value {
        Value::Object(self.0)
    }
}

/// A note on spelling.
pub(super) fn note<'a>(own: &'a Own, name: &str) -> Option<&'a str> {
    own.get(name)?.as_str()
}

/// `data:image/png;base64,…` as its media type and data.
pub(super) fn data_url(url: &str) -> Option<(&str, &str)> {
    url.strip_prefix("data:")?.split_once(";base64,")
}

/// A list's element by element, errors with their index.
pub(super) fn each<T>(items: &[Value], name: &str, read: impl Fn(&Value) -> Result<T>) -> Result<Vec<T>> {
    items
        .iter()
        .enumerate()
        .map(|(index, item)| read(item).map_err(|error| error.in_field(&format!("{name}[{index}]"))))
        .collect()
}

/// How deep arguments may be nested to be written as JSON in a body. Most readers of JSON stop at 128, serde's and so ours among them, and
/// the body around them has its own depth.
const MAX_DEPTH: usize = 96;

/// JSON text of arguments as a value; `None` if it is none, or nested too deep for another dialect.
pub(super) fn parsed(arguments: &str, is_own: bool) -> Option<Value> {
    if arguments.trim().is_empty() {
        return Some(Value::Object(Map::new()));
    }
    serde_json::from_str(arguments).ok().filter(|value| is_own || is_shallow(value, MAX_DEPTH))
}

/// Recursion is bounded by what serde's reader let through.
fn is_shallow(value: &Value, depth: usize) -> bool {
    match value {
        Value::Array(items) => depth > 0 && items.iter().all(|item| is_shallow(item, depth - 1)),
        Value::Object(fields) => depth > 0 && fields.values().all(|field| is_shallow(field, depth - 1)),
        _ => true,
    }
}
