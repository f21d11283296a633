//! Files into prompts. A reader is a file under `lint/read/` with a [`Reader`] and a line in [`READERS`]; which one reads a
//! file is told by its name and, where several share an extension, by its text.

mod baml;
mod batch;
mod dotprompt;
mod github_models;
mod jsonl;
mod markdown;
mod poml;
mod promptfoo;
mod prompty;
mod request;
#[cfg(feature = "source")]
mod source;
mod template_file;
mod tools;
mod yaml_prompts;

mod parts;
mod yaml;
mod yaml_text;

use super::file::File;
use super::template::SlotKind;

/// One kind of file.
pub struct Reader {
    /// Its name, as in reports.
    pub name: &'static str,
    /// What it reads, in a line.
    pub about: &'static str,
    /// How well a file fits it.
    pub fits: fn(&Candidate<'_>) -> Fit,
    /// Takes the file apart: fills in prompts, mistakes and free comments. Never fails: what it cannot read is a mistake.
    pub read: fn(&mut File),
}

/// A file to be read.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// The path, with `/`.
    pub path: &'a str,
    /// The file's name in lower case.
    pub name: &'a str,
    /// What follows the last dot of the name, in lower case; empty if there is none.
    pub extension: &'a str,
    /// The text.
    pub text: &'a str,
}

/// How well a file fits a reader. The best fit reads; among equals the first in [`READERS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fit {
    /// Not at all.
    No,
    /// Could be read so if somebody names the file: it is not looked for.
    Plain,
    /// Its text says so.
    Sniffed,
    /// Its name says so.
    Named,
}

/// The readers.
pub static READERS: &[&Reader] = &[
    &batch::READER,
    &jsonl::READER,
    &request::READER,
    &tools::READER,
    &dotprompt::READER,
    &prompty::READER,
    &github_models::READER,
    &promptfoo::READER,
    &baml::READER,
    &poml::READER,
    &yaml_prompts::READER,
    &template_file::READER,
    &markdown::READER,
    #[cfg(feature = "source")]
    &source::READER,
];

/// The reader that fits a file best, if any does.
pub fn reader(path: &str, text: &str) -> Option<(&'static Reader, Fit)> {
    let name = path.rsplit('/').next().unwrap_or(path).to_lowercase();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let candidate = Candidate { path, name: &name, extension, text };
    let fits = READERS.iter().map(|reader| (*reader, (reader.fits)(&candidate))).filter(|(_, fit)| *fit > Fit::No);
    fits.reduce(|best, next| if next.1 > best.1 { next } else { best })
}

/// Reads a file with the reader that fits; without prompts if none does.
pub fn read(path: &str, text: &str) -> File {
    take_apart(path, text.to_owned())
}

fn take_apart(path: &str, text: String) -> File {
    let reader = reader(path, &text);
    let mut file = File::new(path, text);
    if let Some((reader, _)) = reader {
        file.format = reader.name;
        (reader.read)(&mut file);
    }
    // A comment of the template language is free wherever it stands.
    let comments = file.prompts.iter().flat_map(|prompt| &prompt.pieces).flat_map(|piece| {
        let comments = piece.slots.iter().filter(|slot| slot.kind == SlotKind::Comment);
        comments.map(|slot| piece.text.in_file(&slot.span))
    });
    let comments: Vec<_> = comments.collect();
    file.free_comments.extend(comments);
    file.free_comments.sort_by_key(|span| (span.start, span.end));
    file
}

/// Reads the bytes of a file. What is not UTF-8 is a mistake; the rest is read with `�` in its place, and
/// [`File::is_lossy`] says that the text is not what stands in the file.
pub fn read_bytes(path: &str, bytes: Vec<u8>) -> File {
    let is_utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    let is_binary = memchr::memchr(0, &bytes[..bytes.len().min(8192)]).is_some();
    if is_utf16 || is_binary {
        let mut file = File::new(path, "");
        file.is_lossy = true;
        file.mistake(0..0, if is_utf16 { "UTF-16, where UTF-8 is expected" } else { "a binary file, not a text" });
        return file;
    }
    let error = match String::from_utf8(bytes) {
        Ok(text) => return take_apart(path, text),
        Err(error) => error,
    };
    let at = error.utf8_error().valid_up_to();
    let mut file = read(path, &String::from_utf8_lossy(error.as_bytes()));
    file.is_lossy = true;
    file.mistake(at..at + '\u{fffd}'.len_utf8(), format!("not UTF-8: byte {at}"));
    file
}
