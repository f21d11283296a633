//! Streams cut into frames as their bytes arrive, wherever the network cut them: server-sent events, AWS event streams. A frame
//! keeps its raw bytes, so that a stream in the caller's own dialect is passed on as it came.

use bytes::{Buf, Bytes, BytesMut};

use crate::error::{Error, Kind, Result};

/// The longest event that is taken: a base64 image in one event is some megabytes.
pub const MAX_FRAME: usize = 16 << 20;

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Its `event:` name, if it has one.
    pub name: Option<String>,
    /// Its `data:` lines, joined.
    pub data: String,
    /// Its bytes, the blank line after it included.
    pub raw: Bytes,
}

/// Cuts a body into server-sent events. Tolerant as browsers are: `\n`, `\r\n` and `\r` end lines, a byte order mark is passed over,
/// comments and unknown fields are kept in `raw` only.
#[derive(Debug, Default)]
pub struct SseFramer {
    buffer: BytesMut,
    /// Bytes of the buffer that are known to hold no end of an event.
    scanned: usize,
    has_begun: bool,
}

impl SseFramer {
    /// Takes bytes; gives the events that are whole now. Errors when an event is longer than [`MAX_FRAME`] or no UTF-8.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<Frame>> {
        self.buffer.extend_from_slice(bytes);
        let mut frames = Vec::new();
        while let Some(end) = self.end_of_event(false) {
            let raw = self.buffer.split_to(end).freeze();
            self.scanned = 0;
            frames.extend(self.frame(raw)?);
        }
        if self.buffer.len() > MAX_FRAME {
            return Err(Error::new(
                Kind::Truncated,
                format!("an event of the stream is longer than {MAX_FRAME} bytes"),
            ));
        }
        Ok(frames)
    }

    /// The body has ended: an event without a blank line after it is given all the same.
    pub fn end(&mut self) -> Result<Option<Frame>> {
        if let Some(end) = self.end_of_event(true) {
            let raw = self.buffer.split_to(end).freeze();
            if let Some(frame) = self.frame(raw)? {
                return Ok(Some(frame));
            }
        }
        let raw = self.buffer.split().freeze();
        self.scanned = 0;
        self.frame(raw)
    }

    /// Where the first event ends: after its blank line. A `\r` at the very end may be half of `\r\n`.
    fn end_of_event(&mut self, is_last: bool) -> Option<usize> {
        let bytes = &self.buffer[..];
        let mut at = self.scanned;
        while let Some(found) = memchr::memchr2(b'\n', b'\r', &bytes[at..]) {
            let line_end = at + found;
            let after = after_line_end(bytes, line_end, is_last)?;
            match bytes.get(after) {
                None => {
                    // The next line is not here yet: begin again at this line's end.
                    self.scanned = line_end;
                    return None;
                }
                Some(b'\n' | b'\r') => return after_line_end(bytes, after, is_last),
                Some(_) => at = after,
            }
        }
        self.scanned = at;
        None
    }

    fn frame(&mut self, raw: Bytes) -> Result<Option<Frame>> {
        let text = std::str::from_utf8(&raw)
            .map_err(|cause| Error::new(Kind::Truncated, "an event of the stream is not UTF-8").because(cause))?;
        let text = if self.has_begun { text } else { text.trim_start_matches('\u{feff}') };
        self.has_begun |= !text.is_empty();
        let (mut name, mut data, mut has_data) = (None, String::new(), false);
        for line in text.split(['\n', '\r']) {
            if let Some(value) = field(line, "data") {
                if has_data {
                    data.push('\n');
                }
                has_data = true;
                data.push_str(value);
            } else if let Some(value) = field(line, "event") {
                name = Some(value.to_owned());
            }
        }
        let is_empty = !has_data && name.is_none() && text.trim().is_empty();
        Ok((!is_empty).then_some(Frame { name, data, raw }))
    }
}

fn field<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let rest = line.strip_prefix(name)?;
    if rest.is_empty() {
        return Some("");
    }
    let value = rest.strip_prefix(':')?;
    Some(value.strip_prefix(' ').unwrap_or(value))
}

/// The offset after the line end at `at`; `None` while `\r` stands at the end of what is here.
fn after_line_end(bytes: &[u8], at: usize, is_last: bool) -> Option<usize> {
    match (bytes[at], bytes.get(at + 1)) {
        (b'\r', Some(b'\n')) => Some(at + 2),
        (b'\r', None) if !is_last => None,
        _ => Some(at + 1),
    }
}

/// Cuts a body into messages of AWS' event stream: length, headers, payload, each with its checksum.
#[derive(Debug, Default)]
pub struct EventStreamFramer {
    buffer: BytesMut,
}

impl EventStreamFramer {
    /// Takes bytes; gives the messages that are whole now, named by their event type.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<Frame>> {
        self.buffer.extend_from_slice(bytes);
        let mut frames = Vec::new();
        while self.buffer.len() >= 4 {
            let length = (&self.buffer[..4]).get_u32() as usize;
            if !(16..=MAX_FRAME).contains(&length) {
                let message = format!("a message of the event stream claims {length} bytes");
                return Err(Error::new(Kind::Truncated, message));
            }
            if self.buffer.len() < length {
                break;
            }
            let raw = self.buffer.split_to(length).freeze();
            frames.push(message(raw)?);
        }
        Ok(frames)
    }

    /// The body has ended. Errors when a message is not whole.
    pub fn end(&self) -> Result<()> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        Err(Error::new(
            Kind::Truncated,
            format!("the event stream ends inside a message ({} bytes of it)", self.buffer.len()),
        ))
    }
}

fn message(raw: Bytes) -> Result<Frame> {
    let broken = |cause| Error::new(Kind::Truncated, "a message of the event stream cannot be read").because(cause);
    // One message, so at most one value.
    let data = crate::dialect::eventstream::events(&raw).map_err(broken)?;
    let data = data.first().map(ToString::to_string).unwrap_or_default();
    Ok(Frame { name: None, data, raw })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frames(pieces: &[&[u8]]) -> Vec<(Option<String>, String)> {
        let mut framer = SseFramer::default();
        let mut all = Vec::new();
        for piece in pieces {
            all.extend(framer.push(piece).unwrap());
        }
        while let Some(frame) = framer.end().unwrap() {
            all.push(frame);
        }
        all.into_iter().map(|frame| (frame.name, frame.data)).collect()
    }

    fn data(texts: &[&str]) -> Vec<(Option<String>, String)> {
        texts.iter().map(|text| (None, (*text).to_owned())).collect()
    }

    #[test]
    fn lines_may_end_in_any_way_and_the_last_event_without_a_blank_line() {
        for body in [
            "data: a\n\ndata: b\n\n",
            "data: a\r\n\r\ndata: b\r\n\r\n",
            "data: a\r\rdata: b\r\r",
            "\u{feff}data:a\n\n\ndata: b",
            ": hello\n\ndata: a\nid: 1\n\ndata: b\n",
        ] {
            let found: Vec<_> = frames(&[body.as_bytes()]).into_iter().filter(|(_, data)| !data.is_empty()).collect();
            assert_eq!(found, data(&["a", "b"]), "{body:?}");
        }
    }

    #[test]
    fn several_data_lines_are_one_event_with_its_name() {
        assert_eq!(frames(&[b"event: x\ndata: 1\ndata: 2\n\n"]), [(Some("x".to_owned()), "1\n2".to_owned())]);
    }

    #[test]
    fn what_is_too_long_or_no_text_is_an_error() {
        let mut framer = SseFramer::default();
        let piece = vec![b'x'; 1 << 20];
        let failed = (0..40).any(|_| framer.push(&piece).is_err());
        assert!(failed);
        assert!(SseFramer::default().push(b"data: \xff\n\n").is_err());
    }

    proptest! {
        /// Wherever the network cuts, the events and their bytes are the same.
        #[test]
        fn any_cut_gives_the_same_events(cuts in proptest::collection::vec(0_usize..90, 0..6), kind in 0_usize..3) {
            let end = ["\n", "\r\n", "\r"][kind];
            let body = format!(
                "data: {{\"a\":\"ä€😀\"}}{end}{end}event: x{end}data: 1{end}data: 2{end}{end}: ping{end}{end}data: [DONE]{end}{end}"
            );
            let bytes = body.as_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
            prop_assert_eq!(frames(&pieces), frames(&[bytes]));
            let mut framer = SseFramer::default();
            let mut raw = Vec::new();
            for piece in &pieces {
                for frame in framer.push(piece).unwrap() {
                    raw.extend_from_slice(&frame.raw);
                }
            }
            if let Some(frame) = framer.end().unwrap() {
                raw.extend_from_slice(&frame.raw);
            }
            prop_assert_eq!(raw.as_slice(), bytes);
        }
    }
}
