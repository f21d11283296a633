//! How prompts leave room for variables: the template languages, and where in a text their slots are. A scanner, not an
//! engine: what it cannot make out it leaves alone, and it never fails. O(n).

use std::ops::Range;

/// A template language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Syntax {
    /// No variables.
    #[default]
    None,
    /// Jinja, minijinja, Nunjucks, Liquid: `{{ x }}`, `{% if %}`, `{# … #}`.
    Jinja,
    /// Handlebars, Mustache, dotprompt: `{{x}}`, `{{#if}}`, `{{! … }}`.
    Handlebars,
    /// Python's `str.format`, f-strings, `LangChain`: `{x}`, `{{` for a brace.
    Braces,
    /// `${x}`.
    Dollar,
}

/// A place that the template language fills in or acts on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Its bytes in the text, delimiters included.
    pub span: Range<usize>,
    /// What it does.
    pub kind: SlotKind,
    /// What stands between the delimiters, trimmed.
    pub code: String,
    /// The variable that it begins with (`user` of `user.name | trim`), if it names one.
    pub name: Option<String>,
}

/// What a slot does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SlotKind {
    /// Puts a value there.
    Output,
    /// Decides or repeats: `{% if x %}`, `{{#each xs}}`.
    Control,
    /// A comment: never reaches the model.
    Comment,
}

impl Syntax {
    /// The name in reports and settings.
    pub const fn name(self) -> &'static str {
        match self {
            Syntax::None => "none",
            Syntax::Jinja => "jinja",
            Syntax::Handlebars => "handlebars",
            Syntax::Braces => "braces",
            Syntax::Dollar => "dollar",
        }
    }

    /// The slots in a text, in rising order, without overlaps.
    pub fn slots(self, text: &str) -> Vec<Slot> {
        match self {
            Syntax::Jinja => jinja(text),
            Syntax::None | Syntax::Handlebars | Syntax::Braces | Syntax::Dollar => Vec::new(),
        }
    }
}

fn jinja(text: &str) -> Vec<Slot> {
    let mut slots = Vec::new();
    let mut at = 0;
    while let Some(found) = memchr::memchr(b'{', &text.as_bytes()[at..]) {
        let start = at + found;
        let (close, kind) = match text.as_bytes().get(start + 1) {
            Some(b'{') => ("}}", SlotKind::Output),
            Some(b'%') => ("%}", SlotKind::Control),
            Some(b'#') => ("#}", SlotKind::Comment),
            _ => {
                at = start + 1;
                continue;
            }
        };
        let Some(length) = text[start + 2..].find(close) else {
            at = start + 2;
            continue;
        };
        let inner = &text[start + 2..start + 2 + length];
        let code = inner.trim_matches(['-', '+', '~']).trim().to_owned();
        let name = if kind == SlotKind::Output { first_name(&code) } else { None };
        at = start + 4 + length;
        slots.push(Slot { span: start..at, kind, code, name });
    }
    slots
}

/// The identifier at the beginning of an expression.
fn first_name(code: &str) -> Option<String> {
    let end = code.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(code.len());
    let name = &code[..end];
    (!name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit())).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jinja_has_outputs_blocks_and_comments() {
        let text = "a {{ user.name | trim }} {% if x %}b{% endif %} {# note #} {{ broken";
        let found: Vec<_> =
            Syntax::Jinja.slots(text).into_iter().map(|slot| (slot.kind, slot.code, slot.name)).collect();
        assert_eq!(
            found,
            [
                (SlotKind::Output, "user.name | trim".to_owned(), Some("user".to_owned())),
                (SlotKind::Control, "if x".to_owned(), None),
                (SlotKind::Control, "endif".to_owned(), None),
                (SlotKind::Comment, "note".to_owned(), None),
            ]
        );
    }
}
