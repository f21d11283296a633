//! The `promptopt.toml` that `promptopt init` writes: every key with what it does and an example, commented out, so that
//! the file changes nothing until somebody takes a `#` away.

use std::fmt::Write;

use super::keys::{self, Key, Shape};
use super::schema;
use crate::lint::RULES;
use crate::lint::rule::Default as Standard;

/// Columns of a comment.
const WIDTH: usize = 100;

/// The text.
pub fn text() -> String {
    let mut out = format!("#:schema {}\n", schema::URL);
    comment(
        &mut out,
        "What promptopt goes by in this folder and below; the nearest promptopt.toml holds. `promptopt lint` \
                       works without any of this.",
    );
    let (plain, sections): (Vec<&Key>, Vec<&Key>) = keys::file().into_iter().partition(|key| is_plain(&key.shape));
    for key in plain {
        entry(&mut out, key);
    }
    for table in sections {
        let Shape::Table(inner) = table.shape else {
            outermost(&mut out, table);
            continue;
        };
        let _ = write!(out, "\n[{}]", table.name);
        out.push('\n');
        let (plain, nested): (Vec<&Key>, Vec<&Key>) = inner.iter().partition(|key| is_plain(&key.shape));
        for key in plain {
            entry(&mut out, key);
        }
        for key in nested {
            section(&mut out, table.name, key);
        }
    }
    out
}

/// The text with the examples in force: what a test checks, and the reference shows.
pub fn uncommented() -> String {
    let mut out = String::new();
    for line in text().lines().map(|line| line.strip_prefix('#').unwrap_or(line)) {
        // Comments are `# …`; what is commented out has no blank after the sign.
        if !line.starts_with(' ') && !line.starts_with(":schema") {
            out.push_str(line);
            out.push('\n');
        }
    }
    out
}

fn is_plain(shape: &Shape) -> bool {
    use Shape::{ByGlob, ByName, ByRule, Options, Switch, Table, Tables};
    !matches!(shape, Table(_) | Tables(_) | ByRule(_) | ByGlob(_) | Options | ByName(_) | Switch(_))
}

/// A list of tables, or tables by name: its keys once, each with what it does, in one table that is as long as it can be.
fn outermost(out: &mut String, key: &Key) {
    let (head, keys) = match key.shape {
        Shape::Tables(keys) => (format!("[[{}]]", key.name), keys),
        Shape::ByName(keys) => (format!("[{}.NAME]", key.name), keys),
        _ => return,
    };
    out.push('\n');
    comment(out, &format!("{}:", key.about));
    for line in std::iter::once(head.replace("NAME", "openai").as_str()).chain(key.example.lines()) {
        let _ = writeln!(out, "#{line}");
    }
    let named: Vec<&str> = key.example.lines().filter_map(|line| line.split(" =").next()).collect();
    for key in keys.iter().filter(|key| !named.contains(&key.name)) {
        out.push('\n');
        comment(out, &format!("{} = {}", key.name, key.example));
        comment(out, &format!("{}.", key.about));
    }
}

fn entry(out: &mut String, key: &Key) {
    out.push('\n');
    comment(out, &format!("{}.", key.about));
    let _ = writeln!(out, "#{} = {}", key.name, key.example);
}

fn section(out: &mut String, table: &str, key: &Key) {
    out.push('\n');
    comment(out, &format!("{}.", key.about));
    match key.shape {
        Shape::Tables(_) => {
            let _ = writeln!(out, "#[[{table}.{}]]", key.name);
        }
        Shape::Options => return options(out, table, key.name),
        _ => {
            let _ = writeln!(out, "#[{table}.{}]", key.name);
        }
    }
    for line in key.example.lines() {
        let _ = writeln!(out, "#{line}");
    }
}

/// The first rule of the manual that takes an option, as an example.
fn options(out: &mut String, table: &str, name: &str) {
    let Some((rule, spec)) = RULES.iter().find_map(|rule| Some((rule, rule.options.first()?))) else { return };
    let value = match spec.default {
        Standard::Int(value) => value.to_string(),
        Standard::Bool(value) => value.to_string(),
        Standard::Text(value) => toml::Value::from(value).to_string(),
        Standard::List(values) => toml::Value::from(values.to_vec()).to_string(),
    };
    let _ = writeln!(out, "#[{table}.{name}.{}]\n#{} = {value}", rule.name, spec.name);
}

fn comment(out: &mut String, text: &str) {
    let mut line = String::from("#");
    for word in text.split_whitespace() {
        if line.chars().count() + 1 + word.chars().count() > WIDTH {
            out.push_str(&line);
            out.push('\n');
            line.clear();
            line.push('#');
        }
        line.push(' ');
        line.push_str(word);
    }
    out.push_str(&line);
    out.push('\n');
}
