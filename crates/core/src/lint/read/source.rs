//! Programs: string literals that are prompts, and the calls that send them, in Python, TypeScript, JavaScript and Rust.
//!
//! A literal is a prompt if its variable, argument or member is called one and its text is prose, if it stands in a message
//! of a request, or if a comment `promptopt: prompt` stands on its line or the one before. A call that names a model is a
//! prompt too, with the literals in it, so that every place is found where a model is named. `source/names.rs` says what
//! names tell, `source/gather.rs` makes the prompts; a file a language, whose syntax trees `source/grammar.rs` makes alike.
//!
//! Most sources of a repository hold no prompt: a search for clues goes before parsing.

mod decode;
mod gather;
mod grammar;
mod names;
mod python;
mod requests;
mod rust;
mod slots;
#[cfg(test)]
mod tests;
mod typescript;
mod written;

use tree_sitter::{Parser, TreeCursor};

use self::gather::Gather;
use self::grammar::Grammar;
use super::{Candidate, Fit, Reader};
use crate::lint::file::File;

pub(super) static READER: Reader = Reader {
    name: "source",
    about: "programs in Python, TypeScript, JavaScript and Rust: string literals that are prompts, calls that name a model",
    fits,
    read,
};

/// Larger files are generated or bundled.
const MAX_BYTES: usize = 2 << 20;

fn fits(candidate: &Candidate<'_>) -> Fit {
    if grammar_of(candidate.extension).is_none() {
        Fit::No
    } else if is_worth_parsing(candidate.text) {
        Fit::Sniffed
    } else {
        Fit::Plain
    }
}

fn grammar_of(extension: &str) -> Option<&'static dyn Grammar> {
    match extension {
        "py" | "pyi" => Some(&python::Python),
        "ts" | "tsx" | "mts" | "cts" | "js" | "jsx" | "mjs" | "cjs" => Some(&typescript::TypeScript),
        "rs" => Some(&rust::Rust),
        _ => None,
    }
}

fn is_worth_parsing(text: &str) -> bool {
    text.len() <= MAX_BYTES && !is_minified(text) && names::may_hold(text)
}

/// Whether a program is one that tools wrote for machines: its lines are longer than anybody's.
fn is_minified(text: &str) -> bool {
    let head = &text.as_bytes()[..text.len().min(1 << 16)];
    let n_lines = memchr::memchr_iter(b'\n', head).count() + 1;
    head.len() > 2000 && head.len() / n_lines > 500
}

fn read(file: &mut File) {
    let extension = file.name().rsplit_once('.').map_or("", |(_, extension)| extension).to_lowercase();
    let Some(grammar) = grammar_of(&extension) else { return };
    file.format = grammar.name();
    if !is_worth_parsing(&file.text) {
        return;
    }
    let mut parser = Parser::new();
    // The grammars are compiled into this program: their version fits or a test fails.
    if parser.set_language(&grammar.language(&extension)).is_err() {
        return;
    }
    let Some(tree) = parser.parse(&file.text, None) else { return };
    let mut gather = Gather::new(grammar, &file.text);
    let mut cursor = tree.walk();
    loop {
        gather.see(cursor.node());
        if !next(&mut cursor) {
            break;
        }
    }
    let (prompts, comments) = gather.finish();
    file.prompts = prompts;
    file.free_comments = comments;
}

/// To the next node in document order, parents first: no recursion, so that no program is too deep.
fn next(cursor: &mut TreeCursor<'_>) -> bool {
    if cursor.goto_first_child() {
        return true;
    }
    while !cursor.goto_next_sibling() {
        if !cursor.goto_parent() {
            return false;
        }
    }
    true
}
