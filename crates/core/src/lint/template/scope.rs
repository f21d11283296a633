//! Which variables a template wants from outside: those that it names, without those that it binds itself (`{% for x in
//! xs %}`, `{% set x %}`, macros, block parameters) and without what the language brings along.

use super::{Slot, SlotKind, Syntax, first_name, handlebars, jinja};

/// What Jinja, its kin and common hosts of chat templates define.
const JINJA_BUILTINS: &[&str] = &[
    "loop",
    "range",
    "namespace",
    "dict",
    "lipsum",
    "cycler",
    "joiner",
    "self",
    "super",
    "caller",
    "varargs",
    "kwargs",
    "debug",
    "forloop",
    "tablerowloop",
    "raise_exception",
    "strftime_now",
    "_",
];

/// The variables that slots want from outside, each with the index of its slot, in their order; a name as often as it is
/// used. The slots must be all of one template, in their order. O(code).
pub fn free_variables(syntax: Syntax, slots: &[Slot]) -> Vec<(usize, String)> {
    match syntax {
        Syntax::None => Vec::new(),
        Syntax::Jinja => of_jinja(slots),
        Syntax::Handlebars => of_handlebars(slots),
        Syntax::Braces | Syntax::Dollar => {
            let named = |(index, slot): (usize, &Slot)| Some((index, slot.name.clone()?));
            slots.iter().enumerate().filter_map(named).collect()
        }
    }
}

/// Names bound at a place; those of the outermost last until the end.
#[derive(Default)]
struct Scopes<'a> {
    stack: Vec<Vec<&'a str>>,
    whole: Vec<&'a str>,
}

impl Scopes<'_> {
    fn has(&self, name: &str) -> bool {
        self.whole.contains(&name) || self.stack.iter().flatten().any(|bound| *bound == name)
    }
}

fn of_jinja(slots: &[Slot]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut scopes = Scopes::default();
    for (index, slot) in slots.iter().enumerate() {
        let code = &*slot.code;
        let (used, bound, is_opened) = match slot.kind {
            SlotKind::Comment => continue,
            SlotKind::Output => (code, Vec::new(), false),
            SlotKind::Control => {
                let (word, rest) = code.split_once(|c: char| c.is_whitespace() || c == '(').unwrap_or((code, ""));
                match word {
                    "for" | "tablerow" => {
                        let (targets, subject) = rest.split_once(" in ").unwrap_or((rest, ""));
                        // What stands after `if` in a loop sees the loop's names.
                        let (subject, test) = subject.split_once(" if ").unwrap_or((subject, ""));
                        free(subject, &scopes, index, &mut found);
                        (
                            test,
                            targets.split([',', '(', ')']).filter_map(|name| first_name(name.trim())).collect(),
                            true,
                        )
                    }
                    "macro" => {
                        let (name, arguments) = rest.split_once('(').unwrap_or((rest, ""));
                        scopes.whole.extend(first_name(name.trim()));
                        ("", arguments.split(',').filter_map(|name| first_name(name.trim())).collect(), true)
                    }
                    "with" => {
                        free(rest, &scopes, index, &mut found);
                        let names = rest.split(',').filter_map(|part| first_name(part.split_once('=')?.0.trim()));
                        ("", names.collect(), true)
                    }
                    "call" => {
                        let called = rest.rsplit_once(") ").map_or(rest, |(_, called)| called);
                        (called, names_before(rest, ") "), true)
                    }
                    "set" | "assign" | "capture" => {
                        let (targets, value) = rest.split_once('=').unwrap_or((rest, ""));
                        free(value, &scopes, index, &mut found);
                        // An attribute of a namespace is bound already.
                        let names = targets.split(',').filter_map(|name| first_name(name.trim()));
                        scopes.whole.extend(names);
                        continue;
                    }
                    "import" | "from" => {
                        let names = rest.rsplit_once("import ").map_or(rest, |(_, names)| names);
                        let own_names =
                            names.split(',').map(|name| name.rsplit_once(" as ").map_or(name, |(_, own)| own));
                        scopes.whole.extend(own_names.filter_map(|name| first_name(name.trim())));
                        continue;
                    }
                    "endfor" | "endmacro" | "endwith" | "endcall" | "endtablerow" => {
                        scopes.stack.pop();
                        continue;
                    }
                    "if" | "elif" | "elsif" | "elseif" | "unless" | "case" | "when" | "print" | "do" | "echo" => {
                        (rest, Vec::new(), false)
                    }
                    _ => continue,
                }
            }
        };
        if is_opened {
            scopes.stack.push(bound);
        }
        free(used, &scopes, index, &mut found);
    }
    found
}

fn free(code: &str, scopes: &Scopes<'_>, index: usize, found: &mut Vec<(usize, String)>) {
    for name in jinja::names(code).filter(|name| !JINJA_BUILTINS.contains(name) && !scopes.has(name)) {
        found.push((index, name.to_owned()));
    }
}

fn names_before<'a>(text: &'a str, end: &str) -> Vec<&'a str> {
    let Some((names, _)) = text.split_once(end) else { return Vec::new() };
    names.split(',').filter_map(|name| first_name(name.trim())).collect()
}

/// A block of Handlebars that is open.
struct Block<'a> {
    bound: Vec<&'a str>,
    /// Names inside are looked for in another value first: they may be its fields.
    is_other_context: bool,
}

fn of_handlebars(slots: &[Slot]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut blocks: Vec<Block<'_>> = Vec::new();
    for (index, slot) in slots.iter().enumerate() {
        let code = &*slot.code;
        let first = code.chars().next();
        let used: Vec<&str> = match (slot.kind, first) {
            (SlotKind::Comment, _) | (_, Some('>' | '=')) => continue,
            (_, Some('/')) => {
                blocks.pop();
                continue;
            }
            (SlotKind::Control, Some('#' | '^')) => {
                let inner = code[1..].trim_start();
                let (word, rest) = inner.split_once(char::is_whitespace).unwrap_or((inner, ""));
                let used: Vec<&str> = handlebars::names(if rest.is_empty() { word } else { rest }).collect();
                report(&used, &blocks, index, code, &mut found);
                let parameters = rest.split_once(" as |").map(|(_, names)| names.trim_end_matches('|'));
                let bound: Vec<&str> = parameters.map(|names| names.split_whitespace().collect()).unwrap_or_default();
                let is_other_context = first == Some('#') && !matches!(word, "if" | "unless");
                blocks.push(Block { is_other_context: is_other_context && bound.is_empty(), bound });
                continue;
            }
            (SlotKind::Control, _) => slot.name.as_deref().into_iter().collect(),
            (SlotKind::Output, _) => handlebars::names_of_output(code).collect(),
        };
        report(&used, &blocks, index, code, &mut found);
    }
    found
}

fn report(used: &[&str], blocks: &[Block<'_>], index: usize, code: &str, found: &mut Vec<(usize, String)>) {
    let is_elsewhere = blocks.iter().any(|block| block.is_other_context);
    let is_outer = code.contains("../") || code.contains("@root.");
    for name in used {
        let is_bound = blocks.iter().any(|block| block.bound.contains(name));
        if !is_bound && (!is_elsewhere || is_outer) {
            found.push((index, (*name).to_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(syntax: Syntax, text: &str, expected: &[&str]) {
        let found = free_variables(syntax, &syntax.slots(text));
        assert_eq!(found.iter().map(|(_, name)| &**name).collect::<Vec<_>>(), expected, "{text}");
    }

    #[test]
    fn jinja_binds_by_loops_sets_and_macros() {
        check(
            Syntax::Jinja,
            "{% for x in xs if x.ok and y %}{{ x.a }}{{ loop.index }}{% endfor %}{{ x }}",
            &["xs", "y", "x"],
        );
        check(Syntax::Jinja, "{% set n = total + 1 %}{{ n }}{% set ns = namespace(a=b) %}{{ ns.a }}", &["total", "b"]);
        check(Syntax::Jinja, "{% macro f(a, b=1) %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ f(d) }}", &["c", "d"]);
        check(Syntax::Jinja, "{% with a=b %}{{ a }}{% endwith %}{% from 'x' import g as h %}{{ h(i) }}", &["b", "i"]);
        check(Syntax::Jinja, "{% for k, v in t.items() %}{{ k }}{{ v }}{% endfor %}", &["t"]);
    }

    #[test]
    fn handlebars_binds_by_block_parameters_and_contexts() {
        check(Syntax::Handlebars, "{{#each xs as |x|}}{{x.a}}{{y}}{{/each}}{{x}}", &["xs", "y", "x"]);
        check(
            Syntax::Handlebars,
            "{{#each xs}}{{name}}{{../title}}{{/each}}{{#if a}}{{b}}{{/if}}",
            &["xs", "title", "a", "b"],
        );
        check(Syntax::Handlebars, "{{role \"system\"}}{{helper a k=b}}{{> part x}}", &["a", "b"]);
    }

    #[test]
    fn other_languages_bind_nothing() {
        check(Syntax::Braces, "{a} {b.c} {{d}}", &["a", "b"]);
        check(Syntax::Dollar, "${a:x} ${b}", &["a", "b"]);
    }
}
