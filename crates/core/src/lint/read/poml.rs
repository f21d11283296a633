//! POML: elements whose text a model reads, with `{{x}}` in it. Each stretch of text is a piece; marks, attributes and
//! comments are none. A scanner, not an XML parser: it never fails.

use super::{Candidate, Fit, Reader};
use crate::compress::SegmentKind;
use crate::lint::file::{File, Piece, Prompt, PromptKind};
use crate::lint::mapped::{Builder, Codec};
use crate::lint::template::Syntax;

pub(super) static READER: Reader =
    Reader { name: "poml", about: "POML: prompts as elements, with `{{variables}}`", fits, read };

/// Elements whose content is no text for the model.
const NOT_READ: &[&str] = &["stylesheet", "style", "script", "let", "meta", "output-schema", "tool-definition", "tool"];

fn fits(candidate: &Candidate<'_>) -> Fit {
    match candidate.extension {
        "poml" => Fit::Named,
        "xml" if candidate.text.contains("<poml") => Fit::Sniffed,
        _ => Fit::No,
    }
}

fn read(file: &mut File) {
    let text = std::mem::take(&mut file.text);
    let mut prompt =
        Prompt { span: 0..text.len(), kind: PromptKind::Template, syntax: Syntax::Jinja, ..Prompt::default() };
    let mut speakers: Vec<(String, SegmentKind)> = Vec::new();
    let mut silent: Option<String> = None;
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        if rest.starts_with("<!--") {
            let end = rest.find("-->").map_or(text.len(), |end| at + end + 3);
            if !rest.contains("-->") {
                file.mistake(at..at + 4, "a comment that no `-->` closes");
            }
            file.free_comments.push(at..end);
            at = end;
        } else if let Some(tag) = tag(rest) {
            let name = tag.name.to_lowercase();
            if tag.is_closing {
                if silent.as_ref() == Some(&name) {
                    silent = None;
                }
                if let Some(open) = speakers.iter().rposition(|(speaker, _)| *speaker == name) {
                    speakers.truncate(open);
                }
            } else if !tag.is_empty {
                if silent.is_none() && NOT_READ.contains(&&*name) {
                    silent = Some(name.clone());
                }
                match &*name {
                    "system-msg" => speakers.push((name, SegmentKind::System)),
                    "user-msg" | "human-msg" => speakers.push((name, SegmentKind::User)),
                    "ai-msg" => speakers.push((name, SegmentKind::Assistant)),
                    _ => {}
                }
            }
            at += tag.length;
        } else {
            // Up to the next mark; a `<` that opens none is text.
            let mut end = at + usize::from(rest.starts_with('<'));
            while let Some(found) = text.as_bytes().get(end..).and_then(|rest| memchr::memchr(b'<', rest)) {
                end += found;
                if text[end..].starts_with("<!--") || tag(&text[end..]).is_some() {
                    break;
                }
                end += 1;
            }
            if text.as_bytes().get(end) != Some(&b'<') {
                end = text.len();
            }
            if silent.is_none() {
                let kind = speakers.last().map_or(SegmentKind::Prompt, |(_, kind)| *kind);
                prompt.pieces.extend(piece(&text, at, end, kind));
            }
            at = end;
        }
    }
    if prompt.pieces.iter().all(|piece| piece.slots.is_empty()) {
        prompt.syntax = Syntax::None;
    }
    if !prompt.pieces.is_empty() {
        file.prompts.push(prompt);
    }
    file.text = text;
}

struct Tag<'t> {
    name: &'t str,
    is_closing: bool,
    is_empty: bool,
    length: usize,
}

/// The tag at the beginning of a text.
fn tag(text: &str) -> Option<Tag<'_>> {
    let bytes = text.as_bytes();
    let is_closing = bytes.get(1) == Some(&b'/');
    let start = if is_closing { 2 } else { 1 };
    if bytes.first() != Some(&b'<') || !bytes.get(start)?.is_ascii_alphabetic() {
        return None;
    }
    let is_name = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b':' | b'.');
    let name_end = start + bytes[start..].iter().take_while(|b| is_name(b)).count();
    let mut quote = None;
    // A tag is short: what does not close soon is none.
    for (index, byte) in bytes.iter().enumerate().skip(name_end).take(4000) {
        match (quote, byte) {
            (Some(open), byte) if byte == open => quote = None,
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'<') => return None,
            (None, b'>') => {
                let inner = text.get(name_end..index)?;
                return Some(Tag {
                    name: text.get(start..name_end)?,
                    is_closing,
                    is_empty: inner.ends_with('/'),
                    length: index + 1,
                });
            }
            _ => {}
        }
    }
    None
}

/// A stretch of text with its entities decoded; none if there is nothing in it.
fn piece(text: &str, start: usize, end: usize, kind: SegmentKind) -> Option<Piece> {
    let whole = text.get(start..end)?;
    if whole.trim().is_empty() {
        return None;
    }
    let start = start + whole.len() - whole.trim_start().len();
    let inner = whole.trim();
    let mut builder = Builder::default();
    let mut at = 0;
    let mut has_entities = false;
    while let Some(found) = memchr::memchr(b'&', &inner.as_bytes()[at..]) {
        let here = at + found;
        let known = [("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"), ("&quot;", "\""), ("&apos;", "'")];
        let entity = known.iter().find(|(written, _)| inner[here..].starts_with(written));
        let Some((written, decoded)) = entity else {
            builder.same(&inner[at..=here], start + at);
            at = here + 1;
            continue;
        };
        has_entities = true;
        builder.same(&inner[at..here], start + at);
        builder.escape(decoded, start + here..start + here + written.len());
        at = here + written.len();
    }
    builder.same(&inner[at..], start + at);
    // What is written anew would need entities of its own.
    let text = builder.finish(if has_entities { Codec::ReadOnly } else { Codec::Plain });
    let slots = Syntax::Jinja.slots(&text.text);
    Some(Piece { kind: Some(kind), text, slots, ..Piece::default() })
}

#[cfg(test)]
mod tests {
    use crate::compress::SegmentKind;
    use crate::lint::read::read;

    #[test]
    fn elements_have_their_text_in_place() {
        let text = "<poml>\n<!-- note -->\n<let name=\"x\">5</let>\n<role>You are a clerk.</role>\n<user-msg>Is 1 < 2 &amp; {{ x }}?</user-msg>\n</poml>\n";
        let file = read("a.poml", text);
        let prompt = &file.prompts[0];
        let texts: Vec<&str> = prompt.pieces.iter().map(crate::lint::file::Piece::as_str).collect();
        assert_eq!(texts, ["You are a clerk.", "Is 1 < 2 & {{ x }}?"]);
        assert_eq!(prompt.pieces[1].kind, Some(SegmentKind::User));
        assert_eq!(&text[prompt.pieces[0].text.in_file(&(0..3))], "You");
        assert_eq!(&text[file.free_comments[0].clone()], "<!-- note -->");
    }
}
