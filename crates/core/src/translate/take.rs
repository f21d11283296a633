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
}

impl Take {
    /// Strict: for requests, whose mistakes the caller has to learn.
    pub(super) fn strict(value: &Value) -> Result<Take> {
        match value {
            Value::Object(fields) => Ok(Take { fields: fields.clone(), is_strict: true }),
            other => Err(expected("an object", other)),
        }
    }

    /// Lenient: for answers, which are taken as they come.
    pub(super) fn lenient(value: &Value) -> Take {
        let fields = value.as_object().cloned().unwrap_or_default();
        Take { fields, is_strict: false }
    }

    fn take<T>(&mut self, name: &str, wanted: &str, read: impl FnOnce(&Value) -> Option<T>) -> Result<Option<T>> {
        let Some(value) = self.fields.get(name).filter(|value| !value.is_null()) else { return Ok(None) };
        match read(value) {
            Some(read) => {
                self.fields.shift_remove(name);
                Ok(Some(read))
            }
            None if self.is_strict => Err(expected(wanted, value).in_field(name)),
            None => Ok(None),
        }
    }

    pub(super) fn text(&mut self, name: &str) -> Result<Option<String>> {
        self.take(name, "a text", |value| value.as_str().map(str::to_owned))
    }

    pub(super) fn truth(&mut self, name: &str) -> Result<Option<bool>> {
        self.take(name, "true or false", Value::as_bool)
    }

    pub(super) fn number(&mut self, name: &str) -> Result<Option<Number>> {
        self.take(name, "a number", |value| match value {
            Value::Number(number) => Some(number.clone()),
            _ => None,
        })
    }

    /// A whole number, 0 or more, in JSON's spelling of it.
    pub(super) fn count(&mut self, name: &str) -> Result<Option<u64>> {
        self.take(name, "a whole number, 0 or more", Value::as_u64)
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

    /// Texts of a list; `None` also for a list that holds anything else.
    pub(super) fn texts(&mut self, name: &str) -> Result<Option<Vec<String>>> {
        self.take(name, "a list of texts", |value| {
            value.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
        })
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
                if !name.starts_with('~') && !self.0.contains_key(name) {
                    self.0.insert(name.clone(), value.clone());
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

/// JSON text of arguments as a value; `None` if it is none.
pub(super) fn parsed(arguments: &str) -> Option<Value> {
    if arguments.trim().is_empty() {
        return Some(Value::Object(Map::new()));
    }
    serde_json::from_str(arguments).ok()
}
