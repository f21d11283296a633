//! Values out of a JSON text that is read already: what [`serde_json::from_str`] gives, without reading the text again.

use serde_json::{Map, Number, Value as Built};

use super::{Json, Kind, Mistake, Value};

/// Containers inside one another: `serde_json`'s own bound. Values beyond it could not be dropped or written without overflowing the stack.
const MAX_DEPTH: usize = 127;

impl Json<'_> {
    /// The values, as `serde_json` would read them; a member that stands twice has its last value. Objects whose only member has a name
    /// that `serde_json` keeps for itself (`$serde_json::private::Number`) stay objects.
    ///
    /// Errors where a text is none (a surrogate that stands alone), and beyond 127 containers inside one another.
    pub fn to_value(&self) -> Result<Built, Mistake> {
        build(self.root(), MAX_DEPTH)
    }
}

fn build(value: Value<'_, '_>, depth: usize) -> Result<Built, Mistake> {
    let mistake = |expected| Mistake { offset: value.span().start, expected };
    let deeper = || depth.checked_sub(1).ok_or(mistake("fewer than 128 arrays and objects inside one another"));
    Ok(match value.kind() {
        Kind::Null => Built::Null,
        Kind::Bool => Built::Bool(value.raw() == "true"),
        Kind::Number => Built::Number(value.raw().parse::<Number>().map_err(|_| mistake("a number"))?),
        Kind::String => Built::String(value.string().ok_or(mistake("text, not half a surrogate"))?.into_owned()),
        Kind::Array => {
            let depth = deeper()?;
            Built::Array(value.children().map(|item| build(item, depth)).collect::<Result<_, _>>()?)
        }
        Kind::Object => {
            let depth = deeper()?;
            let mut members = Map::new();
            for member in value.children() {
                let name = member.key().ok_or(mistake("names that are text, not half a surrogate"))?;
                members.insert(name.into_owned(), build(member, depth)?);
            }
            Built::Object(members)
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(text: &str) {
        let ours = Json::parse(text).ok().and_then(|json| json.to_value().ok());
        assert_eq!(ours, serde_json::from_str(text).ok(), "{text}");
    }

    #[test]
    fn values_are_those_of_serde_json() {
        for text in [
            r#"{"a": [1, -2.50e+3, 1E5, -0, 0.0, 1e400], "b": {}, "a": null, "": [true, false]}"#,
            r#""\u00e9\n\ud83d\ude00 \/""#,
            r#""\ud83d""#,
            r#"{"\ud83d": 1}"#,
            "123456789012345678901234567890",
        ] {
            check(text);
        }
        for depth in [126, 127, 128, 129, 5_000] {
            check(&format!("{}{}", "[".repeat(depth), "]".repeat(depth)));
            check(&format!("{}1{}", "{\"a\":".repeat(depth), "}".repeat(depth)));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_alike(text in r#"[\[\]{}:,"a\\u0d8 \n.\-+eE1-9tfnr]{0,40}"#) {
            check(&text);
        }

        #[test]
        fn any_value_is_read_alike(text in r#"(\{"[a-c\\n]{0,2}":(\[("[é\\t]{0,3}",)?-?[1-9][0-9]{0,20}(\.[0-9]{1,3})?([eE][+-]?[0-9]{1,3})?\]|null|true)\})"#) {
            check(&text);
        }
    }
}
