//! Plain text and Markdown: one file is one prompt, sent as a user message. The first bytes of a file say little, so the name
//! must: a file in a folder is read if its extension is one of text or of a prompt.

use std::io::BufRead;
use std::sync::Arc;

use crate::chat::Role;
use crate::error::{Error, Result};
use crate::format::turns::Turns;
use crate::format::{Format, Head, Origin, Reader, Record, Sink, sniff};

pub(super) static FORMAT: Format =
    Format { name: "text", about: "Plain text or Markdown, one prompt a file", sniff, reader: Reader::Stream(read) };

/// No context window holds more.
const LONGEST: u64 = 64 << 20;

const EXTENSIONS: &[&str] = &[
    "txt", "text", "md", "markdown", "mdx", "mdc", "prompt", "prompty", "poml", "j2", "jinja", "jinja2", "mustache",
    "hbs", "tmpl", "tpl", "liquid",
];

fn sniff(head: &Head<'_>) -> u8 {
    let name = head.path.rsplit(['/', '\\']).next().unwrap_or(head.path);
    // A compressed file keeps its own extension before that of the compression.
    let name = [".gz", ".zst"].iter().find_map(|tail| name.strip_suffix(tail)).unwrap_or(name);
    match name.rsplit_once('.') {
        Some((_, extension)) if EXTENSIONS.contains(&extension.to_lowercase().as_str()) => sniff::GUESS + 5,
        Some((stem, _)) if !stem.is_empty() => 0,
        // Standard input, or a name without an extension.
        _ if head.first.is_none() => sniff::GUESS,
        _ => 0,
    }
}

fn read(reader: &mut dyn BufRead, file: &Arc<str>, sink: &mut Sink<'_>) -> Result<()> {
    let bytes = sniff::read_whole(reader, LONGEST)?;
    let text = std::str::from_utf8(&bytes).map_err(|error| {
        Error::input(format!("the text is not UTF-8 at byte {}", error.valid_up_to() + 1))
            .help("convert the file to UTF-8")
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim().is_empty() {
        return Err(Error::input("the file has no text"));
    }
    let (request, _) = Turns::of_texts([(Role::User, text)].into_iter(), None).call(1);
    let origin = Origin { file: Arc::clone(file), line: 1 };
    let _ = sink(Ok(Record { origin, request: Some(request), is_prompt: true, ..Record::default() }));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::testing::{check_detected, read as read_all, read_one};

    #[test]
    fn a_file_is_one_prompt() {
        let sample = "# Night watch\n\nCount the parcels.\n";
        check_detected(&FORMAT, "prompts/watch.md", sample);
        check_detected(&FORMAT, "watch.txt.gz", sample);
        check_detected(&FORMAT, "<stdin>", sample);
        let record = read_one(&FORMAT, sample);
        assert!(record.is_prompt && record.request.is_some_and(|request| request.messages.len() == 1));
    }

    #[test]
    fn source_code_is_no_prompt() {
        assert_eq!(sniff(&Head { path: "src/main.rs", bytes: b"fn main() {}", first: None, is_whole: true }), 0);
    }

    #[test]
    fn a_blank_file_is_an_error() {
        assert!(read_all(&FORMAT, " \n").remove(0).is_err());
    }
}
