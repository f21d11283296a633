//! Changes to a request's top-level members. All other bytes stay as they are: providers' prompt caches go by bytes.

use std::borrow::Cow;
use std::ops::Range;

use crate::compress::body::rewritten;
use crate::error::{Error, Kind, Result};
use crate::lint::lines::Lines;
use crate::text::json::{Json, Kind as JsonKind, Mistake};

/// Where the members of a JSON object stand in its text.
pub(super) struct Members {
    list: Vec<Member>,
    /// After the opening bracket.
    inside: usize,
}

struct Member {
    name: Box<str>,
    value: Range<usize>,
}

/// A JSON object's text with changes to its members, made by [`Body::finish`].
pub(super) struct Body<'a> {
    text: &'a str,
    members: Known<'a>,
    changes: Vec<(Range<usize>, String)>,
    added: Vec<(&'static str, String)>,
}

enum Known<'a> {
    Here(Members),
    There(&'a Members),
}

impl std::ops::Deref for Known<'_> {
    type Target = Members;

    fn deref(&self) -> &Members {
        match self {
            Known::Here(members) => members,
            Known::There(members) => members,
        }
    }
}

/// Reads a request's text. Errors tell line and column.
pub(super) fn parse(text: &str) -> Result<Json<'_>> {
    Json::parse(text).map_err(|mistake| misread(text, mistake))
}

/// What a text is no request for, and where.
pub(super) fn misread(text: &str, mistake: Mistake) -> Error {
    let at = Lines::of(text).position(text, mistake.offset);
    Error::input(format!("the request is no JSON: expected {}", mistake.expected))
        .at_line(at.line as u64)
        .at_column(at.column as u64)
}

impl Members {
    /// Errors when the text is no JSON object, or names a member twice: providers differ in which of the two they take.
    pub(super) fn of(json: &Json<'_>) -> Result<Members> {
        let root = json.root();
        if root.kind() != JsonKind::Object {
            return Err(Error::input("the request is no JSON object"));
        }
        let named = root.children().filter_map(|member| Some((member.key()?, member.span())));
        let list: Vec<Member> = named.map(|(name, value)| Member { name: name.into(), value }).collect();
        let mut names: Vec<&str> = list.iter().map(|member| &*member.name).collect();
        names.sort_unstable();
        if let Some((twice, _)) = names.iter().zip(names.iter().skip(1)).find(|(one, next)| one == next) {
            let error = Error::input(format!("the member `{}` stands twice", crate::text::shorten(twice, 60)));
            return Err(error.help("remove one: providers differ in which they take"));
        }
        Ok(Members { list, inside: root.span().start + 1 })
    }

    fn get(&self, name: &str) -> Option<&Range<usize>> {
        self.list.iter().find(|member| *member.name == *name).map(|member| &member.value)
    }
}

impl<'a> Body<'a> {
    /// Of a text that was not read yet. Errors as [`parse`] and [`Members::of`].
    pub(super) fn of(text: &'a str) -> Result<Body<'a>> {
        Ok(Body::with(text, Known::Here(Members::of(&parse(text)?)?)))
    }

    /// Of a text whose members are known.
    pub(super) fn over(text: &'a str, members: &'a Members) -> Body<'a> {
        Body::with(text, Known::There(members))
    }

    fn with(text: &'a str, members: Known<'a>) -> Body<'a> {
        Body { text, members, changes: Vec::new(), added: Vec::new() }
    }

    /// A member's JSON as written.
    pub(super) fn raw(&self, name: &str) -> Option<&'a str> {
        self.text.get(self.members.get(name)?.clone())
    }

    /// Sets a member to a JSON text, in its place or at the end. The same text is no change.
    pub(super) fn set(&mut self, name: &'static str, json: String) {
        match (self.raw(name), self.members.get(name)) {
            (Some(raw), _) if raw == json => {}
            (_, Some(value)) => self.changes.push((value.clone(), json)),
            (_, None) => self.added.push((name, json)),
        }
    }

    /// The text with all changes; borrowed if there is none.
    pub(super) fn finish(mut self) -> Cow<'a, str> {
        if !self.added.is_empty() {
            let mut added = String::new();
            for (name, json) in &self.added {
                added.extend([",\"", name, "\":", json]);
            }
            // After the last member, so that what stands before stays a prefix.
            if let Some(last) = self.members.list.last() {
                self.changes.push((last.value.end..last.value.end, added));
            } else {
                self.changes.push((self.members.inside..self.members.inside, added[1..].to_owned()));
            }
        }
        if self.changes.is_empty() { Cow::Borrowed(self.text) } else { Cow::Owned(rewritten(self.text, self.changes)) }
    }
}

/// Members by which our reader of values is told that an object is a number or a piece of JSON: it gives that in the object's place, a
/// provider sees the object.
const NOT_AS_WRITTEN: &str = "$serde_json::private::";

/// Whether values do not say all that the text says: an object names a member twice, however it is spelt, or by a name that our reader
/// of values takes for itself.
pub(super) fn is_ambiguous(json: &Json<'_>) -> bool {
    json.root().descendants().filter(|value| value.kind() == JsonKind::Object).any(|object| {
        let mut names: Vec<Cow<'_, str>> = object.children().filter_map(|member| member.key()).collect();
        names.sort_unstable();
        names.iter().any(|name| name.starts_with(NOT_AS_WRITTEN)) || names.windows(2).any(|pair| pair[0] == pair[1])
    })
}

/// A text as a JSON string.
pub(super) fn string(text: &str) -> Result<String> {
    serde_json::to_string(text)
        .map_err(|cause| Error::new(Kind::Input, "a text cannot be written as JSON").because(cause))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, changes: &[(&'static str, &str)], expected: &str) {
        let mut body = Body::of(text).unwrap();
        for (name, json) in changes {
            body.set(name, (*json).to_owned());
        }
        assert_eq!(body.finish(), expected);
    }

    #[test]
    fn only_what_is_set_changes() {
        check(r#"{ "model" : "a", "x": 1.0 }"#, &[("model", "\"b\"")], r#"{ "model" : "b", "x": 1.0 }"#);
        check(r#"{ "model" : "a" }"#, &[("stream", "true")], r#"{ "model" : "a","stream":true }"#);
        check("{}", &[("a", "1"), ("b", "2")], r#"{"a":1,"b":2}"#);
        check(r#"{"a":1}"#, &[("a", "1")], r#"{"a":1}"#);
    }

    #[test]
    fn what_values_do_not_say_is_ambiguous() {
        for (text, expected) in [
            (r#"{"a":[{"b":1,"b":2}]}"#, true),
            (r#"{"a":{"b":1,"\u0062":2}}"#, true),
            (r#"{"a":{"$serde_json::private::Number":"1"}}"#, true),
            (r#"{"a":{"\u0024serde_json::private::RawValue":"1"}}"#, true),
            (r#"{"a":{"b":1},"c":{"b":1},"d":["b","b","$serde_json::private::Number"]}"#, false),
        ] {
            assert_eq!(is_ambiguous(&parse(text).unwrap()), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_object_is_an_error_with_a_place() {
        let error = Body::of("{\n  \"a\": oops}").err().unwrap();
        assert_eq!(error.place().and_then(|place| place.line), Some(2));
        assert!(Body::of("[]").is_err());
        let twice = Body::of(r#"{"a":1,"a":2}"#).err().unwrap();
        assert!(twice.to_string().contains("twice"), "{twice}");
    }
}
