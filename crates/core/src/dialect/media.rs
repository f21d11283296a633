//! Sizes of images from their first bytes: PNG, JPEG, GIF and WebP, as base64 text. Only the bytes looked at are decoded:
//! a photograph of megabytes costs as much as a thumbnail.

use std::borrow::Cow;
use std::sync::Arc;

use serde_json::Value;

use super::read::Fields;
use crate::chat::{Image, MediaId, Message};
use crate::text::half;

/// An image from a URL: a `data:` URL is looked into, anything else is remote.
pub fn image_from_url(url: &str, detail: Option<Arc<str>>) -> Image {
    match data_url(url) {
        Some((_, data)) => Image { size: image_size(data), detail, is_remote: false },
        None => Image { size: None, detail, is_remote: true },
    }
}

/// Keys under which a string stands for an image, audio clip or file, in any dialect.
const SOURCES: [&str; 17] = [
    "url",
    "uri",
    "image_url",
    "file_url",
    "document_url",
    "fileUri",
    "file_uri",
    "file_id",
    "fileId",
    "file_data",
    "data",
    "bytes",
    "input_audio",
    "image",
    "images",
    "inputImage",
    "file",
];

/// Fills in which images, audio clips and files a message holds, from the fields it was read from.
pub(super) fn identify(mut message: Message, written: &Fields) -> Message {
    message.media.clear();
    if message.n_media() > 0 {
        collect_members(written, &mut message.media);
    }
    message
}

/// Names a source by its text; nothing is decoded.
pub(super) fn media_id(source: &str) -> MediaId {
    MediaId(half(&blake3::hash(source.as_bytes())))
}

fn collect_members(fields: &Fields, ids: &mut Vec<MediaId>) {
    for (key, value) in fields {
        // The audio of an earlier answer is sent back by its id alone.
        if key == "audio" && value.get("data").is_none_or(Value::is_null) {
            ids.extend(value.get("id").and_then(Value::as_str).map(media_id));
        }
        collect(SOURCES.contains(&key.as_str()), value, ids);
    }
}

fn collect(is_source: bool, value: &Value, ids: &mut Vec<MediaId>) {
    match value {
        Value::String(source) if is_source => ids.push(media_id(source)),
        Value::Array(values) => values.iter().for_each(|value| collect(is_source, value, ids)),
        Value::Object(fields) => collect_members(fields, ids),
        _ => {}
    }
}

/// Media type and base64 data of a `data:` URL.
pub fn data_url(url: &str) -> Option<(&str, &str)> {
    let (head, data) = url.strip_prefix("data:")?.split_once(',')?;
    Some((head.split(';').next().unwrap_or(head), data))
}

/// Width and height of a base64-encoded image, if its header can be read.
pub fn image_size(base64: &str) -> Option<(u32, u32)> {
    let bytes = Base64::new(base64);
    let size = match (bytes.get(0)?, bytes.get(1)?, bytes.get(2)?, bytes.get(3)?) {
        (0x89, b'P', b'N', b'G') => png(&bytes),
        (b'G', b'I', b'F', b'8') => Some((bytes.little(6, 2)?, bytes.little(8, 2)?)),
        (b'R', b'I', b'F', b'F') => webp(&bytes),
        (0xFF, 0xD8, 0xFF, _) => jpeg(&bytes),
        _ => None,
    };
    size.filter(|(width, height)| *width > 0 && *height > 0)
}

/// How many bytes base64 text decodes to.
pub fn n_decoded_bytes(base64: &str) -> u64 {
    let n_digits = base64.bytes().filter(|b| digit(*b).is_some()).count() as u64;
    n_digits * 3 / 4
}

fn png(bytes: &Base64<'_>) -> Option<(u32, u32)> {
    Some((bytes.big(16, 4)?, bytes.big(20, 4)?))
}

/// Segments are skipped until one that starts a frame: its payload begins with precision, height, width.
fn jpeg(bytes: &Base64<'_>) -> Option<(u32, u32)> {
    let mut at = 2;
    loop {
        if bytes.get(at)? != 0xFF {
            return None;
        }
        match bytes.get(at + 1)? {
            // Padding before a marker.
            0xFF => at += 1,
            // Frame headers; C4, C8 and CC are tables.
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                return Some((bytes.big(at + 7, 2)?, bytes.big(at + 5, 2)?));
            }
            // Markers without a payload.
            0x01 | 0xD0..=0xD8 => at += 2,
            // The picture's data or its end, before any frame header.
            0xD9 | 0xDA => return None,
            _ => at += 2 + (bytes.big(at + 2, 2)?.max(2) as usize),
        }
    }
}

fn webp(bytes: &Base64<'_>) -> Option<(u32, u32)> {
    if bytes.big(8, 4)? != u32::from_be_bytes(*b"WEBP") {
        return None;
    }
    match &bytes.big(12, 4)?.to_be_bytes() {
        b"VP8 " => Some((bytes.little(26, 2)? & 0x3FFF, bytes.little(28, 2)? & 0x3FFF)),
        b"VP8L" => {
            // 14 bits of width less one, then 14 bits of height less one.
            let bits = bytes.little(21, 4)?;
            Some(((bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1))
        }
        b"VP8X" => Some((bytes.little(24, 3)? + 1, bytes.little(27, 3)? + 1)),
        _ => None,
    }
}

/// Base64 text, decoded byte by byte on demand. Both alphabets are read.
struct Base64<'a>(Cow<'a, [u8]>);

impl<'a> Base64<'a> {
    fn new(text: &'a str) -> Self {
        let bytes = text.as_bytes();
        // Some senders wrap lines; then positions have to be counted without the line ends.
        if bytes.iter().take(200).any(u8::is_ascii_whitespace) {
            Base64(bytes.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect())
        } else {
            Base64(Cow::Borrowed(bytes))
        }
    }

    fn get(&self, at: usize) -> Option<u8> {
        let group = (at / 3).checked_mul(4)?;
        let (first, shift) = match at % 3 {
            0 => (group, 2),
            1 => (group + 1, 4),
            _ => (group + 2, 6),
        };
        let high = digit(*self.0.get(first)?)?;
        let low = digit(*self.0.get(first + 1)?)?;
        Some((high << shift) | (low >> (6 - shift)))
    }

    /// `n` bytes from `at`, the most significant first.
    fn big(&self, at: usize, n: usize) -> Option<u32> {
        (at..at + n).try_fold(0, |value: u32, i| Some((value << 8) | u32::from(self.get(i)?)))
    }

    /// `n` bytes from `at`, the least significant first.
    fn little(&self, at: usize, n: usize) -> Option<u32> {
        (at..at + n).rev().try_fold(0, |value: u32, i| Some((value << 8) | u32::from(self.get(i)?)))
    }
}

/// Decodes base64 text as a whole; `None` if a character is no base64.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> =
        text.bytes().filter(|b| !b.is_ascii_whitespace() && *b != b'=').map(digit).collect::<Option<_>>()?;
    let mut bytes = Vec::with_capacity(digits.len() * 3 / 4);
    for group in digits.chunks(4) {
        let bits = group.iter().fold(0_u32, |bits, d| (bits << 6) | u32::from(*d)) << (6 * (4 - group.len()));
        bytes.extend_from_slice(&bits.to_be_bytes()[1..group.len()]);
    }
    Some(bytes)
}

const fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn encode(bytes: &[u8]) -> String {
        const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        bytes
            .chunks(3)
            .flat_map(|group| {
                let bits = group.iter().fold(0_u32, |bits, b| (bits << 8) | u32::from(*b)) << (8 * (3 - group.len()));
                (0..4_usize).map(move |i| {
                    if i <= group.len() { DIGITS[(bits >> (18 - 6 * i) & 63) as usize] as char } else { '=' }
                })
            })
            .collect()
    }

    fn check(bytes: &[u8], expected: Option<(u32, u32)>) {
        assert_eq!(image_size(&encode(bytes)), expected);
    }

    #[test]
    fn png_says_it_in_its_first_chunk() {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        png.extend([0, 0, 4, 0, 0, 0, 3, 0]);
        check(&png, Some((1024, 768)));
        check(&png[..20], None);
    }

    #[test]
    fn gif_says_it_in_its_header() {
        check(b"GIF89a\x40\x01\xf0\x00", Some((320, 240)));
    }

    #[test]
    fn jpeg_says_it_in_its_frame_header_after_other_segments() {
        let mut jpeg = b"\xFF\xD8\xFF\xE0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0".to_vec();
        jpeg.extend(b"\xFF\xC4\x00\x03\x00\xFF\xC2\x00\x11\x08\x02\x58\x03\x20\x03");
        check(&jpeg, Some((800, 600)));
    }

    #[test]
    fn webp_has_three_layouts() {
        check(b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\xff\x01\x00\x7f\x02\x00", Some((512, 640)));
        check(b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x10\x00\x20\x00", Some((16, 32)));
        check(b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f\x0f\xc0\x07\x00", Some((16, 32)));
    }

    #[test]
    fn wrapped_lines_and_data_urls_are_read() {
        let text = encode(b"GIF89a\x40\x01\xf0\x00");
        let wrapped = format!("{}\r\n{}", &text[..5], &text[5..]);
        assert_eq!(image_size(&wrapped), Some((320, 240)));
        let image = image_from_url(&format!("data:image/gif;base64,{text}"), None);
        assert_eq!((image.size, image.is_remote), (Some((320, 240)), false));
        assert!(image_from_url("https://example.com/a.gif", None).is_remote);
    }

    proptest! {
        #[test]
        fn decoding_inverts_encoding(bytes: Vec<u8>) {
            let text = encode(&bytes);
            prop_assert_eq!(n_decoded_bytes(&text), bytes.len() as u64);
            let lazy = Base64::new(&text);
            for (i, byte) in bytes.iter().enumerate() {
                prop_assert_eq!(lazy.get(i), Some(*byte));
            }
            prop_assert_eq!(decode(&text), Some(bytes));
        }

        #[test]
        fn no_header_panics(kind in 0_usize..5, rest: Vec<u8>) {
            let heads: [&[u8]; 5] = [b"\x89PNG", b"GIF8", b"RIFF\0\0\0\0WEBP", b"\xFF\xD8\xFF", b""];
            let mut bytes = heads[kind].to_vec();
            bytes.extend(rest);
            let _ = image_size(&encode(&bytes));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,80}") {
            let _ = image_size(&text);
            let _ = decode(&text);
            let _ = data_url(&text);
        }
    }
}
