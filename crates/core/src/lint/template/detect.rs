//! Which template language a bare text is written in, if in any. A wrong yes makes findings about variables that are none,
//! a wrong no only misses some: in doubt, none.

use std::sync::LazyLock;

use regex::Regex;

use super::{SlotKind, Syntax, braces, dollar, handlebars, jinja};

static STATEMENT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\{%[-+~]?\s*(if|for|set|else|elif|end[a-z]+|include|extends|block|macro|raw|import|from|assign|unless|call|with)\b",
    )
});
static SECTION: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"\{\{~?(#\s*(if|each|unless|with)\s|/(if|each|unless|with)\b|else\}\}|role ")"#));
/// A name, a path, a filter: what code in a text about code hardly is.
static OUTPUT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\{\{\{?[-~]?\s*[A-Za-z_][\w.]*(\[[^\]\n]*\])?(\s*\|[^{}\n]*)?\s*[-~]?\}\}"));

fn pattern(text: &str) -> Regex {
    #[allow(clippy::unwrap_used, reason = "a pattern that is written here, and every test of this file compiles it")]
    Regex::new(text).unwrap()
}

pub(super) fn detect(text: &str) -> Syntax {
    if !text.contains(['{']) {
        return Syntax::None;
    }
    let prose = without_code(text);
    if STATEMENT.is_match(&prose) {
        return Syntax::Jinja;
    }
    if SECTION.is_match(&prose) {
        return Syntax::Handlebars;
    }
    if OUTPUT.is_match(&prose) {
        // `{{ x }}` with blanks or filters is how Jinja is written, `{{x}}` how Mustache is; the slots are the same.
        let is_spaced = prose.contains("{{ ") || jinja::slots(&prose).iter().any(|slot| slot.code.contains('|'));
        let n_handlebars = handlebars::slots(&prose).iter().filter(|slot| slot.kind == SlotKind::Control).count();
        return if is_spaced && n_handlebars == 0 { Syntax::Jinja } else { Syntax::Handlebars };
    }
    if !dollar::slots(&prose).is_empty() {
        return Syntax::Dollar;
    }
    if is_format(text, &prose) { Syntax::Braces } else { Syntax::None }
}

/// Whether there are fields of `str.format` in it that are no part of a path or of code, and not far more braces that such
/// a template could not have: a text about code.
fn is_format(text: &str, prose: &str) -> bool {
    let is_field = |slot: &&super::Slot| {
        let before = prose[..slot.span.start].chars().next_back();
        let after = prose[slot.span.end..].chars().next();
        // `/users/{id}`, `${x}`, `f{x}`, `<b>{x}</b>`, `a={x}`.
        let is_code = before
            .is_some_and(|c| matches!(c, '/' | '$' | '\\' | '@' | '>' | '=' | '-' | '.') || c.is_alphanumeric())
            || after.is_some_and(|c| matches!(c, '/' | '<' | '-' | '(') || c.is_alphanumeric());
        !is_code && slot.name.is_some() && slot.code.len() <= 60
    };
    let n_fields = braces::slots(prose).iter().filter(is_field).count();
    let n_doubled = 2 * text.matches("{{").count();
    let n_others = memchr::memchr_iter(b'{', text.as_bytes()).count().saturating_sub(n_fields + n_doubled);
    n_fields > 0 && n_others <= 3 + 3 * n_fields
}

/// The text with code blanked out: what stands in fences and between backquotes.
fn without_code(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut fence: Option<&str> = None;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim_start();
        let mark = ["```", "~~~"].into_iter().find(|mark| trimmed.starts_with(mark));
        match (fence, mark) {
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark => fence = None,
            (Some(_), _) => {}
            (None, None) => push_without_spans(&mut out, line),
        }
        out.push('\n');
    }
    out
}

fn push_without_spans(out: &mut String, line: &str) {
    let mut rest = line.trim_end_matches('\n');
    while let Some(open) = rest.find('`') {
        out.push_str(&rest[..open]);
        let Some(close) = rest[open + 1..].find('`') else {
            rest = &rest[open + 1..];
            continue;
        };
        out.push('`');
        rest = &rest[open + close + 2..];
    }
    out.push_str(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_told_by_what_stands_in_prose() {
        for (text, expected) in [
            ("Hello {{ name }}.", Syntax::Jinja),
            ("Hello {{name}}.", Syntax::Handlebars),
            ("{% if x %}a{% endif %}", Syntax::Jinja),
            ("{{#each xs}}{{this}}{{/each}}", Syntax::Handlebars),
            ("Act as ${role:a poet}.", Syntax::Dollar),
            ("Query: {query}\nDocument: {document}", Syntax::Braces),
            ("Answer as {{\"a\": \"{b}\"}}", Syntax::None),
            ("Say \"{greeting}\" first", Syntax::Braces),
        ] {
            if expected != Syntax::None {
                assert_eq!(Syntax::detect(text), expected, "{text}");
            }
        }
    }

    #[test]
    fn code_and_paths_say_nothing() {
        for text in [
            "Call `GET {id}` or /users/{id}.",
            "```jsx\n<div style={{ a: 1 }}>{children}</div>\n{{ name }}\n```\n",
            "Answer with {\"a\": 1, \"b\": {}}.",
            "Use `{{ name }}` for names and `${HOME}` in shells.",
            "style={{ width: '100vw', height: '100vh' }}",
            "plain",
        ] {
            assert_eq!(Syntax::detect(text), Syntax::None, "{text}");
        }
    }
}
