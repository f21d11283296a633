//! How prompts leave room for variables: the template languages, and where in a text their slots are. A scanner, not an
//! engine: what it cannot make out it leaves alone, and it never fails. O(n). A file a language in `template/`.

use std::ops::Range;

mod braces;
mod detect;
mod dollar;
mod handlebars;
mod jinja;
mod scope;

pub use scope::free_variables;

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
            Syntax::None => Vec::new(),
            Syntax::Jinja => jinja::slots(text),
            Syntax::Handlebars => handlebars::slots(text),
            Syntax::Braces => braces::slots(text),
            Syntax::Dollar => dollar::slots(text),
        }
    }

    /// The language in which a bare text leaves room for variables. Cautious: what stands in code (fences, backquotes) says
    /// nothing, as prose about templates is not one; braces in paths (`/users/{id}`) do not either.
    pub fn detect(text: &str) -> Syntax {
        detect::detect(text)
    }
}

/// Where code that opened at `from` closes: the offset of `close`, quoted strings passed over, braces balanced if they are
/// to be. `None` if it does not close.
fn end_of_code(text: &str, from: usize, close: &str, is_balanced: bool) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut at, mut depth) = (from, 0_usize);
    while let Some(byte) = bytes.get(at) {
        if depth == 0 && bytes[at..].starts_with(close.as_bytes()) {
            return Some(at);
        }
        match byte {
            // A quote right after a letter is an apostrophe: `{{ the user's name }}`.
            b'"' | b'\'' if at == from || !bytes[at - 1].is_ascii_alphanumeric() => {
                at = end_of_string(bytes, at)?;
                continue;
            }
            b'{' if is_balanced => depth += 1,
            b'}' if is_balanced => depth = depth.saturating_sub(1),
            _ => {}
        }
        at += 1;
    }
    None
}

/// The offset after the closing quote of the string that opens at `start`.
fn end_of_string(bytes: &[u8], start: usize) -> Option<usize> {
    let quote = *bytes.get(start)?;
    let mut at = start + 1;
    loop {
        at += memchr::memchr2(quote, b'\\', bytes.get(at..)?)?;
        if bytes[at] == quote {
            return Some(at + 1);
        }
        at += 2;
    }
}

/// Finds where code closes, in linear time over a whole text: strings are heeded until once they lead nowhere, and a
/// delimiter that was not found is not looked for again.
#[derive(Default)]
struct Closer {
    is_plain: bool,
    missing: Vec<&'static str>,
}

impl Closer {
    fn find(&mut self, text: &str, from: usize, close: &'static str, is_balanced: bool) -> Option<usize> {
        if self.missing.contains(&close) {
            return None;
        }
        let Some(first) = text.get(from..)?.find(close) else {
            self.missing.push(close);
            return None;
        };
        if self.is_plain {
            return Some(from + first);
        }
        let end = end_of_code(text, from, close, is_balanced);
        self.is_plain = end.is_none();
        end.or(Some(from + first))
    }
}

/// The identifier at the beginning of an expression.
pub(super) fn first_name(code: &str) -> Option<&str> {
    let end = code.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(code.len());
    let name = &code[..end];
    (!name.is_empty() && !name.starts_with(|c: char| c.is_ascii_digit())).then_some(name)
}
