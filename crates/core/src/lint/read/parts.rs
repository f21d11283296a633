//! What several readers put together in the same way: pieces, fields, names, front matter.

use std::ops::Range;

use super::yaml::{self, Value, Yaml};
use super::yaml_text::mapped;
use crate::compress::SegmentKind;
use crate::lint::file::{Field, File, Named, Piece, Prompt, Variable};
use crate::lint::mapped::{Builder, Codec, Mapped};
use crate::lint::template::Syntax;

/// Who speaks, by the role's name.
pub(super) fn role(name: &str) -> SegmentKind {
    match name {
        "system" | "developer" => SegmentKind::System,
        "assistant" | "model" => SegmentKind::Assistant,
        "tool" | "function" => SegmentKind::ToolResult,
        _ => SegmentKind::User,
    }
}

/// A piece with its slots found.
pub(super) fn piece(kind: SegmentKind, path: String, message: usize, text: Mapped, syntax: Syntax) -> Piece {
    let slots = syntax.slots(&text.text);
    Piece { kind: Some(kind), path, message, text, slots, cache_mark: None }
}

/// A range of the file as it stands there, without the white space around it.
pub(super) fn trimmed(file: &str, range: Range<usize>) -> Mapped {
    let text = file.get(range.clone()).unwrap_or_default();
    let start = range.start + (text.len() - text.trim_start().len());
    let mut builder = Builder::default();
    builder.same(text.trim(), start);
    builder.finish(Codec::Plain)
}

/// A scalar as a name: its bytes are those of its text, without quotes.
pub(super) fn named(file: &str, value: Value<'_>) -> Option<Named> {
    let text = mapped(file, value)?;
    let span = text.in_file(&(0..text.text.len()));
    (!text.text.trim().is_empty()).then(|| Named { text: text.text.clone(), span })
}

/// Everything under a mapping, nested ones by dotted path, but what stands under keys to be left out.
pub(super) fn fields(file: &str, map: Value<'_>, left_out: &[&str]) -> Vec<Field> {
    let mut out = Vec::new();
    push_fields(file, map, "", left_out, &mut out);
    out
}

/// Deeper settings are data.
const MAX_DEPTH: usize = 4;

fn push_fields(file: &str, map: Value<'_>, prefix: &str, left_out: &[&str], out: &mut Vec<Field>) {
    let n_entries = map.entries().count();
    for (key, value) in map.entries() {
        let Some(name) = key.text() else { continue };
        if prefix.is_empty() && left_out.contains(&name) {
            continue;
        }
        let path = if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") };
        let is_deep = path.matches('.').count() >= MAX_DEPTH;
        out.push(Field {
            path: path.clone(),
            value: value.to_json(),
            key: named(file, key).map_or_else(|| key.span(), |key| key.span),
            span: value.span(),
            removal: removal(file, map, n_entries, key, value),
        });
        if value.is_map() && !is_deep {
            push_fields(file, value, &path, &[], out);
        }
    }
}

/// The lines of an entry, if they can go without leaving something that is no YAML: in a mapping of lines, if it is not the
/// only entry and nothing else stands on its lines.
pub(super) fn removal(
    file: &str,
    map: Value<'_>,
    n_entries: usize,
    key: Value<'_>,
    value: Value<'_>,
) -> Option<Range<usize>> {
    if map.is_flow() || n_entries < 2 {
        return None;
    }
    let start = file[..key.span().start].rfind('\n').map_or(0, |end| end + 1);
    if !file[start..key.span().start].trim_matches(' ').is_empty() {
        return None;
    }
    let last = value.span().end.max(key.span().end);
    let end = if last > start && file[..last].ends_with('\n') {
        last
    } else {
        let line_end = file[last..].find('\n').map_or(file.len(), |end| last + end + 1);
        let rest = file[last..line_end].trim();
        if !(rest.is_empty() || rest == ":" || rest.starts_with('#')) {
            return None;
        }
        line_end
    };
    Some(start..end)
}

/// The keys of a mapping as declared variables.
pub(super) fn variables(file: &str, map: Value<'_>, has_sample: impl Fn(&str, Value<'_>) -> bool) -> Vec<Variable> {
    let n_entries = map.entries().count();
    let variable = |(key, value): (Value<'_>, Value<'_>)| {
        let name = key.text()?.to_owned();
        Some(Variable {
            span: named(file, key).map_or_else(|| key.span(), |key| key.span),
            has_sample: has_sample(&name, value),
            is_bounded: ["maxLength", "max_length", "maxItems", "enum"].iter().any(|limit| value.get(limit).is_some()),
            removal: removal(file, map, n_entries, key, value),
            name,
        })
    };
    map.entries().filter_map(variable).collect()
}

/// Takes over what a YAML text has beside its values: its mistake and its comments.
pub(super) fn take_over(file: &mut File, yaml: &mut Yaml) {
    file.mistakes.extend(yaml.mistake.take());
    file.free_comments.append(&mut yaml.comments);
}

/// Where the front matter stands between its lines of `---`, and where the body begins; `None` if there is none.
pub(super) fn front_matter(text: &str) -> Option<(Range<usize>, usize)> {
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let mut at = start;
    let mut first = None;
    for line in text[start..].split_inclusive('\n') {
        let next = at + line.len();
        match first {
            None if line.trim_end() == "---" => first = Some(next),
            None => return None,
            Some(first) if line.trim_end() == "---" => return Some((first..at, next)),
            Some(_) => {}
        }
        at = next;
    }
    None
}

/// Fields of a front matter that is no YAML, line by line, as lenient hosts read it (`globs: **/*`).
pub(super) fn lines_as_fields(text: &str, range: Range<usize>) -> Vec<Field> {
    let mut fields = Vec::new();
    let mut at = range.start;
    for line in text.get(range).unwrap_or_default().split_inclusive('\n') {
        if let Some((key, value)) = line.split_once(':')
            && !key.is_empty()
            && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
        {
            let written = value.trim();
            let start = at + key.len() + 1 + (value.len() - value.trim_start().len());
            fields.push(Field {
                path: key.to_owned(),
                value: yaml::plain(written.trim_matches(['"', '\''])),
                key: at..at + key.len(),
                span: start.min(at + line.len())..start.min(at + line.len()) + written.len(),
                removal: Some(at..at + line.len()),
            });
        }
        at += line.len();
    }
    fields
}

impl Prompt {
    /// The value of a parameter of the model, wherever its format keeps it: `temperature` of a request,
    /// `config.temperature` of dotprompt, `model.parameters.temperature` of Prompty.
    pub fn parameter(&self, name: &str) -> Option<&Field> {
        const GROUPS: &[&str] = &[
            "config",
            "modelParameters",
            "model.parameters",
            "model.options",
            "parameters",
            "generationConfig",
            "generation_config",
            "inferenceConfig",
        ];
        self.field(name).or_else(|| {
            self.fields.iter().find(|field| {
                let group = field.path.strip_suffix(name).and_then(|group| group.strip_suffix('.'));
                group.is_some_and(|group| GROUPS.contains(&group))
            })
        })
    }

    /// The variables that it wants from outside, each with the indices of its piece and of the slot in it: see
    /// [`free_variables`](crate::lint::template::free_variables). What one piece binds the next ones know.
    pub fn free_variables(&self) -> Vec<(usize, usize, String)> {
        let places: Vec<(usize, usize)> = self
            .pieces
            .iter()
            .enumerate()
            .flat_map(|(piece, of)| (0..of.slots.len()).map(move |slot| (piece, slot)))
            .collect();
        let slots: Vec<_> = self.pieces.iter().flat_map(|piece| piece.slots.iter().cloned()).collect();
        let found = crate::lint::template::free_variables(self.syntax, &slots);
        found.into_iter().filter_map(|(index, name)| places.get(index).map(|(p, s)| (*p, *s, name))).collect()
    }
}
