//! Names of variables that leave no doubt that somebody else wrote what they hold.

use std::borrow::Cow;
use std::ops::Range;

use super::file::Piece;
use super::template::{SlotKind, Syntax};

/// Who wrote it.
const WHO: &[&str] = &["user", "customer", "visitor", "caller", "sender"];

/// What they wrote.
const WHAT: &[&str] =
    &["input", "message", "msg", "query", "question", "text", "comment", "review", "reply", "utterance", "submission"];

/// Names of what tools and the web brought.
const BROUGHT: &[&str] = &[
    "tooloutput",
    "toolresult",
    "toolresults",
    "toolresponse",
    "functionresult",
    "searchresults",
    "webpage",
    "webcontent",
    "pagecontent",
    "scrapedcontent",
    "emailbody",
    "retrieveddocuments",
    "retrieveddocs",
];

/// Whether a variable's name says that its value comes from outside: `user_input`, `customerMessage`, `web_page`.
pub(super) fn is_untrusted(name: &str) -> bool {
    let folded: String = name.chars().filter(|c| *c != '_' && *c != '-').flat_map(char::to_lowercase).collect();
    BROUGHT.contains(&&*folded)
        || WHO.iter().any(|who| folded.strip_prefix(who).is_some_and(|rest| WHAT.contains(&rest)))
}

/// Variables that are put into a piece, with their names. Requests are read without a template language, but may be templates
/// all the same: `{{ x }}` is a variable in most of them.
pub(super) fn outputs(piece: &Piece) -> Vec<(Range<usize>, String)> {
    let text = piece.as_str();
    let is_unread = piece.slots.is_empty() && memchr::memmem::find(text.as_bytes(), b"{{").is_some();
    let slots = if is_unread { Cow::Owned(Syntax::Jinja.slots(text)) } else { Cow::Borrowed(&piece.slots) };
    let outputs = slots.iter().filter(|slot| slot.kind == SlotKind::Output);
    outputs.filter_map(|slot| Some((slot.span.clone(), slot.name.clone()?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_without_doubt() {
        assert!(["user_input", "userMessage", "customer_query", "web_page"].into_iter().all(is_untrusted));
        assert!(!["user_name", "user_id", "context", "query", "text", "user_language"].into_iter().any(is_untrusted));
    }
}
