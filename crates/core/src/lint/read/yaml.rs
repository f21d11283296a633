//! YAML as a tree whose nodes know their bytes in the file: what the readers of YAML files and of front matter share. What
//! stands before a mistake is kept.

use std::collections::HashMap;
use std::ops::Range;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle};

use crate::lint::file::Mistake;

/// YAML that was read.
#[derive(Debug, Default)]
pub(super) struct Yaml {
    nodes: Vec<Node>,
    documents: Vec<usize>,
    /// Where it stops being YAML.
    pub(super) mistake: Option<Mistake>,
    /// The bytes of comments, with their `#`, without the line end.
    pub(super) comments: Vec<Range<usize>>,
}

#[derive(Debug)]
struct Node {
    span: Range<usize>,
    content: Content,
}

#[derive(Debug)]
enum Content {
    Scalar {
        text: String,
        style: ScalarStyle,
    },
    List(Vec<usize>),
    /// Pairs of a key and a value; `is_flow` if in braces.
    Map {
        entries: Vec<(usize, usize)>,
        is_flow: bool,
    },
    Alias(Option<usize>),
}

/// A node of a [`Yaml`].
#[derive(Clone, Copy, Debug)]
pub(super) struct Value<'y> {
    yaml: &'y Yaml,
    index: usize,
}

impl Yaml {
    /// Reads YAML that stands at `base` in its file; spans are of the file. O(n).
    pub(super) fn parse(text: &str, base: usize) -> Yaml {
        let mut yaml = Yaml::default();
        let offsets = Offsets::of(text, base);
        let mut open: Vec<Open> = Vec::new();
        let mut anchors: HashMap<usize, usize> = HashMap::new();
        for event in Parser::new_from_str(text) {
            let (event, span) = match event {
                Ok((event, span)) => (event, offsets.at(span.start)..offsets.at(span.end)),
                Err(error) => {
                    let at = offsets.at(*error.marker());
                    yaml.mistake = Some(Mistake { span: at..at, message: format!("not YAML: {}", error.info()) });
                    break;
                }
            };
            let (content, anchor, is_container) = match event {
                Event::Scalar(text, style, anchor, _) => {
                    (Content::Scalar { text: text.into_owned(), style }, anchor, false)
                }
                Event::Alias(anchor) => (Content::Alias(anchors.get(&anchor).copied()), 0, false),
                Event::SequenceStart(anchor, _) => (Content::List(Vec::new()), anchor, true),
                Event::MappingStart(anchor, _) => {
                    let is_flow = text.as_bytes().get(span.start - base) == Some(&b'{') && !span.is_empty();
                    (Content::Map { entries: Vec::new(), is_flow }, anchor, true)
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    if let Some(container) = open.pop() {
                        yaml.close(container.node, span.end);
                    }
                    continue;
                }
                Event::DocumentStart(_)
                | Event::DocumentEnd
                | Event::StreamStart
                | Event::StreamEnd
                | Event::Nothing => {
                    continue;
                }
            };
            let index = yaml.nodes.len();
            yaml.nodes.push(Node { span, content });
            if anchor > 0 {
                anchors.insert(anchor, index);
            }
            yaml.attach(open.last_mut(), index);
            if is_container {
                open.push(Open { node: index, key: None });
            }
        }
        while let Some(container) = open.pop() {
            yaml.close(container.node, 0);
        }
        yaml.comments = yaml.find_comments(text, base);
        yaml
    }

    /// The first document.
    pub(super) fn root(&self) -> Option<Value<'_>> {
        self.documents().next()
    }

    /// The documents, in their order.
    pub(super) fn documents(&self) -> impl Iterator<Item = Value<'_>> {
        self.documents.iter().map(|index| Value { yaml: self, index: *index })
    }

    fn attach(&mut self, container: Option<&mut Open>, index: usize) {
        let Some(container) = container else {
            self.documents.push(index);
            return;
        };
        match &mut self.nodes[container.node].content {
            Content::List(items) => items.push(index),
            Content::Map { entries, .. } => match container.key.take() {
                None => container.key = Some(index),
                Some(key) => entries.push((key, index)),
            },
            Content::Scalar { .. } | Content::Alias(_) => {}
        }
    }

    /// A container in brackets ends with them, one without where its last child does.
    fn close(&mut self, index: usize, end: usize) {
        let last = match &self.nodes[index].content {
            Content::List(items) => items.last().copied(),
            Content::Map { entries, .. } => entries.last().map(|(_, value)| *value),
            _ => None,
        };
        let node = &self.nodes[index];
        let last_end = last.map_or(node.span.end, |last| self.nodes[last].span.end);
        let is_bracketed = !node.span.is_empty();
        self.nodes[index].span.end = if is_bracketed { end.max(last_end) } else { last_end.max(node.span.start) };
    }

    /// What `#` begins outside scalars.
    fn find_comments(&self, text: &str, base: usize) -> Vec<Range<usize>> {
        let mut scalars = self
            .nodes
            .iter()
            .filter(|node| matches!(node.content, Content::Scalar { .. }))
            .map(|node| node.span.start - base..node.span.end - base)
            .peekable();
        let bytes = text.as_bytes();
        let mut comments = Vec::new();
        let mut at = 0;
        let end = self.mistake.as_ref().map_or(text.len(), |mistake| (mistake.span.start - base).min(text.len()));
        while let Some(found) = bytes.get(at..end).and_then(|rest| memchr::memchr(b'#', rest)) {
            let start = at + found;
            while scalars.next_if(|span| span.end <= start).is_some() {}
            if let Some(span) = scalars.peek()
                && span.start <= start
            {
                at = span.end.max(start + 1);
                continue;
            }
            if start > 0 && !bytes[start - 1].is_ascii_whitespace() {
                at = start + 1;
                continue;
            }
            let line_end = memchr::memchr(b'\n', &bytes[start..]).map_or(text.len(), |length| start + length);
            comments.push(base + start..base + start + text[start..line_end].trim_end().len());
            at = line_end;
        }
        comments
    }
}

struct Open {
    node: usize,
    /// A key whose value has not come yet.
    key: Option<usize>,
}

impl<'y> Value<'y> {
    fn node(self) -> &'y Node {
        let node = &self.yaml.nodes[self.index];
        match node.content {
            Content::Alias(Some(target)) => &self.yaml.nodes[target],
            _ => node,
        }
    }

    /// Its bytes in the file. A block scalar's begin with its first line that is not blank.
    pub(super) fn span(self) -> Range<usize> {
        self.yaml.nodes[self.index].span.clone()
    }

    /// The bytes where its text is written: an alias's where its anchor is.
    pub(super) fn text_span(self) -> Range<usize> {
        self.node().span.clone()
    }

    /// The text of a scalar, with how it is written.
    pub(super) fn scalar(self) -> Option<(&'y str, ScalarStyle)> {
        match &self.node().content {
            Content::Scalar { text, style } => Some((text, *style)),
            _ => None,
        }
    }

    /// The text of a scalar.
    pub(super) fn text(self) -> Option<&'y str> {
        self.scalar().map(|(text, _)| text)
    }

    /// Whether it is a mapping.
    pub(super) fn is_map(self) -> bool {
        matches!(self.node().content, Content::Map { .. })
    }

    /// Whether it is a mapping in braces.
    pub(super) fn is_flow(self) -> bool {
        matches!(self.node().content, Content::Map { is_flow: true, .. })
    }

    /// The elements of a list; nothing for the rest.
    pub(super) fn items(self) -> impl Iterator<Item = Value<'y>> {
        let items: &[usize] = match &self.node().content {
            Content::List(items) => items,
            _ => &[],
        };
        items.iter().map(move |index| Value { yaml: self.yaml, index: *index })
    }

    /// Keys and values of a mapping; nothing for the rest.
    pub(super) fn entries(self) -> impl Iterator<Item = (Value<'y>, Value<'y>)> {
        let entries: &[(usize, usize)] = match &self.node().content {
            Content::Map { entries, .. } => entries,
            _ => &[],
        };
        let value = move |index: &usize| Value { yaml: self.yaml, index: *index };
        entries.iter().map(move |(key, of_key)| (value(key), value(of_key)))
    }

    /// The value of a key.
    pub(super) fn get(self, key: &str) -> Option<Value<'y>> {
        self.entries().find(|(name, _)| name.text() == Some(key)).map(|(_, value)| value)
    }

    /// The value at a path of keys.
    pub(super) fn path(self, keys: &[&str]) -> Option<Value<'y>> {
        keys.iter().try_fold(self, |value, key| value.get(key))
    }

    /// The same as JSON, as the core schema reads it; what is nested too deep is null.
    pub(super) fn to_json(self) -> serde_json::Value {
        self.to_json_within(16)
    }

    fn to_json_within(self, depth: usize) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.yaml.nodes[self.index].content {
            Content::Scalar { text, style: ScalarStyle::Plain } => plain(text),
            Content::Scalar { text, .. } => Json::String(text.clone()),
            Content::Alias(_) => self.text().map_or(Json::Null, plain),
            _ if depth == 0 => Json::Null,
            Content::List(_) => self.items().map(|item| item.to_json_within(depth - 1)).collect(),
            Content::Map { .. } => {
                let members = self
                    .entries()
                    .filter_map(|(key, value)| Some((key.text()?.to_owned(), value.to_json_within(depth - 1))));
                Json::Object(members.collect())
            }
        }
    }
}

/// A plain scalar as the core schema reads it.
pub(super) fn plain(text: &str) -> serde_json::Value {
    use serde_json::Value as Json;
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Json::Null,
        "true" | "True" | "TRUE" => Json::Bool(true),
        "false" | "False" | "FALSE" => Json::Bool(false),
        _ => serde_json::from_str::<serde_json::Number>(text)
            .map_or_else(|_| Json::String(text.to_owned()), Json::Number),
    }
}

/// Bytes by characters, which is how the parser counts. O(n) to make, O(1) to ask.
struct Offsets<'a> {
    text: &'a str,
    base: usize,
    /// The byte of every so many characters; empty if all characters are a byte.
    marks: Vec<usize>,
}

/// Characters between two marks.
const STEP: usize = 64;

impl<'a> Offsets<'a> {
    fn of(text: &'a str, base: usize) -> Offsets<'a> {
        let marks =
            if text.is_ascii() { Vec::new() } else { text.char_indices().step_by(STEP).map(|(at, _)| at).collect() };
        Offsets { text, base, marks }
    }

    fn at(&self, marker: Marker) -> usize {
        let n_chars = marker.index();
        if self.marks.is_empty() {
            return self.base + n_chars.min(self.text.len());
        }
        let Some(mark) = self.marks.get(n_chars / STEP) else { return self.base + self.text.len() };
        let within = self.text[*mark..].char_indices().nth(n_chars % STEP).map_or(self.text.len(), |(at, _)| mark + at);
        self.base + within
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_know_their_bytes_behind_wide_characters() {
        let text = "# ä\nname: é  # note\nlist:\n  - a # b\n  - {x: 1.5, y: 'z # no'}\nlast: |\n  # text\n  more\n";
        let yaml = Yaml::parse(text, 0);
        let root = yaml.root().unwrap();
        assert_eq!(&text[root.get("name").unwrap().span()], "é");
        let items: Vec<_> = root.get("list").unwrap().items().collect();
        assert_eq!(items[1].to_json(), serde_json::json!({"x": 1.5, "y": "z # no"}));
        assert_eq!(&text[items[1].span()], "{x: 1.5, y: 'z # no'}");
        let comments: Vec<_> = yaml.comments.iter().map(|span| &text[span.clone()]).collect();
        assert_eq!(comments, ["# ä", "# note", "# b"]);
        assert_eq!(root.get("last").unwrap().text(), Some("# text\nmore\n"));
    }

    #[test]
    fn what_stands_before_a_mistake_is_kept() {
        let text = "a: x\nb: [\n";
        let yaml = Yaml::parse(text, 10);
        assert_eq!(yaml.root().unwrap().get("a").unwrap().span(), 13..14);
        assert!(yaml.mistake.is_some());
    }

    #[test]
    fn an_alias_reads_as_what_it_names() {
        let yaml = Yaml::parse("a: &x hello\nb: *x\nc: *x\n", 0);
        assert_eq!(yaml.root().unwrap().get("b").unwrap().text(), Some("hello"));
    }
}
