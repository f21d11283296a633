//! Messages met before. In a log of conversations each request repeats all that was said so far; such a message is known by
//! its bytes, before anything of it is parsed, and what was read the first time is shared.
//!
//! Of a line with a request body the messages are cut out ([`cut_messages`]), looked up, and stubs of the same form
//! without their texts ([`stub`]) put in their places. What is left is short, mostly the same in many lines, and looked
//! up as well; if it is new, it goes through the ordinary reader, which also judges it. Whatever is out of the ordinary
//! takes the ordinary way as a whole, so that records and errors are the same with and without this memo.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use serde_json::Value;
use smallvec::SmallVec;

use crate::chat::{Dialect, Message, Role};
use crate::dialect;
use crate::error::Result;
use crate::format::scan::end_of_value;
use crate::format::{Line, Origin, Record};
use crate::text::json::push_unescaped;
use crate::text::keyed::Secret;
use crate::text::recent::Recent;
use crate::text::scratch::with_scratch_text;

/// What the remembered messages may weigh, in bytes of memory, about.
const MAX_MESSAGE_BYTES: usize = 48 << 20;
/// The same of lines without their messages.
const MAX_REST_BYTES: usize = 4 << 20;
/// What a message with its notes, a part of one and a record take in memory besides their texts.
const PER_MESSAGE: usize = 512;
const PER_PART: usize = 160;
const PER_RECORD: usize = 1024;
/// A value nested deeper than this is not remembered: where it stands counts against the parser's limit.
const MAX_DEPTH: usize = 32;
/// What looking up may lose before it ends.
const CREDIT: i64 = 8 << 20;
/// Looking up a byte in vain costs about this part of what finding one saves.
const LOSS: usize = 8;
/// When looking up has ended, one line in so many is looked up all the same: what follows may be of another kind.
const PROBE: u64 = 64;

type Digest = [u8; 16];

/// Where messages stand in a line; as many as this without asking for memory.
type Cuts = SmallVec<[Range<usize>; 12]>;

/// Messages and the rests of lines, by digest.
pub(crate) struct Known {
    secret: Secret,
    messages: Recent<Digest, Told>,
    rests: Recent<Digest, Arc<Record>>,
    /// What is won by looking up: bytes found, less a part of those not found.
    gain: AtomicI64,
    /// Lines that were not looked up.
    n_passed: AtomicU64,
}

/// A message as it was read, and what stands for it.
#[derive(Clone)]
struct Told {
    message: Arc<Message>,
    stub: Stub,
}

/// A message without its texts.
#[derive(Clone)]
enum Stub {
    /// Of a message that is a role and a text.
    Plain(&'static str),
    /// Of another.
    Own(Arc<str>),
}

impl Stub {
    fn text(&self) -> &str {
        match self {
            Stub::Plain(text) => text,
            Stub::Own(text) => text,
        }
    }
}

impl Told {
    /// The memory that it takes, about; `n_bytes` is the length of its JSON.
    fn weight(&self, n_bytes: usize) -> usize {
        n_bytes + self.stub.text().len() + PER_MESSAGE + PER_PART * self.message.parts.len()
    }
}

impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Known").finish_non_exhaustive()
    }
}

impl Default for Known {
    fn default() -> Self {
        Known {
            secret: Secret::default(),
            messages: Recent::new(MAX_MESSAGE_BYTES),
            rests: Recent::new(MAX_REST_BYTES),
            gain: AtomicI64::new(CREDIT),
            n_passed: AtomicU64::new(0),
        }
    }
}

impl Known {
    /// Reads a request body of which something may be known; `None` if it must be read in the ordinary way.
    /// `read` is that way, of which the record is asked if the rest of the line is new.
    pub(crate) fn read(&self, line: &Line<'_>, read: impl Fn(&Line<'_>) -> Result<Record>) -> Option<Record> {
        if self.gain.load(Ordering::Relaxed) < 0 && !self.n_passed.fetch_add(1, Ordering::Relaxed).is_multiple_of(PROBE)
        {
            return None;
        }
        let record = self.look_up(line, read);
        if record.is_none() {
            self.weigh(0, line.text.len());
        }
        record
    }

    fn look_up(&self, line: &Line<'_>, read: impl Fn(&Line<'_>) -> Result<Record>) -> Option<Record> {
        with_scratch_text(|rest| self.look_up_in(line, rest, read))
    }

    /// `rest` is room for what is left of the line.
    fn look_up_in(
        &self,
        line: &Line<'_>,
        rest: &mut String,
        read: impl Fn(&Line<'_>) -> Result<Record>,
    ) -> Option<Record> {
        let cuts = cut_messages(line.text)?;
        let mut messages = Vec::with_capacity(cuts.len());
        let mut copied = 0;
        let (mut n_found, mut n_new) = (0, 0);
        for cut in cuts {
            let text = &line.text[cut.clone()];
            let key = self.secret.digest(text.as_bytes());
            let told = match self.messages.get(&key, key[15]) {
                Some(told) => {
                    n_found += text.len();
                    told
                }
                None => {
                    n_new += text.len();
                    let told = tell(text)?;
                    self.messages.keep(key, key[15], told.clone(), told.weight(text.len()));
                    told
                }
            };
            rest.push_str(&line.text[copied..cut.start]);
            rest.push_str(told.stub.text());
            copied = cut.end;
            messages.push(told.message);
        }
        rest.push_str(&line.text[copied..]);
        let key = self.secret.digest(rest.as_bytes());
        let known = match self.rests.get(&key, key[15]) {
            Some(known) => known,
            None => {
                let mut record = read(&Line { text: rest, ..*line }).ok()?;
                let request = record.request.as_mut()?;
                if request.dialect != Dialect::Chat || request.messages.len() != messages.len() {
                    return None;
                }
                request.messages = Vec::new();
                let record = Arc::new(record);
                self.rests.keep(key, key[15], Arc::clone(&record), rest.len() + PER_RECORD);
                record
            }
        };
        self.weigh(n_found, n_new);
        let mut record = Record { origin: Origin::of(line), ..(*known).clone() };
        record.request.as_mut()?.messages = messages;
        Some(record)
    }

    /// Notes what looking up has brought.
    fn weigh(&self, n_found: usize, n_new: usize) {
        let bytes = |n: usize| i64::try_from(n).unwrap_or(CREDIT);
        let gain = self.gain.load(Ordering::Relaxed) + bytes(n_found) - bytes(n_new / LOSS);
        // Approximately, if several threads note at once: nothing but the time taken depends on it.
        self.gain.store(gain.clamp(-CREDIT / 64, 4 * CREDIT), Ordering::Relaxed);
    }
}

/// Reads a message for the first time; `None` if it is not one that can be remembered.
fn tell(text: &str) -> Option<Told> {
    if let Some(plain) = tell_plain(text) {
        return Some(plain);
    }
    let value: Value = serde_json::from_str(text).ok()?;
    let message = dialect::read_chat_message(&value).ok()?;
    let stub = Stub::Own(Arc::from(stub(value, MAX_DEPTH)?.to_string()));
    Some(Told { message: Arc::new(message), stub })
}

/// Most messages are a role and a text: they are read without a tree of values between.
fn tell_plain(text: &str) -> Option<Told> {
    let bytes = text.as_bytes();
    let (role, at) = string_member(text, after(bytes, 0, b'{')?, br#""role""#, b',')?;
    let (content, at) = string_member(text, at, br#""content""#, b'}')?;
    // A control character is an error. Not by `any`, which looks at one byte after the other.
    let least = content.bytes().fold(u8::MAX, u8::min);
    if least < b' ' || at != text.len() {
        return None;
    }
    let (stub, role) = match role {
        r#""system""# => (r#"{"role":"system","content":""}"#, Role::System),
        r#""developer""# => (r#"{"role":"developer","content":""}"#, Role::Developer),
        r#""user""# => (r#"{"role":"user","content":""}"#, Role::User),
        r#""assistant""# => (r#"{"role":"assistant","content":""}"#, Role::Assistant),
        _ => return None,
    };
    let message = with_scratch_text(|text| {
        push_unescaped(text, content)?;
        Some(Message::text(role, text.as_str()))
    })?;
    Some(Told { message: Arc::new(message), stub: Stub::Plain(stub) })
}

/// The member of an object that begins here, if it has this name and is a string: the string in its quotes, and where
/// the byte that ends the member has been passed. What stands between the quotes is not judged.
fn string_member<'t>(text: &'t str, at: usize, name: &[u8], end: u8) -> Option<(&'t str, usize)> {
    let bytes = text.as_bytes();
    let at = blank(bytes, at);
    let at = after(bytes, at + bytes[at..].starts_with(name).then_some(name.len())?, b':')?;
    let at = blank(bytes, at);
    let value = at..at + end_of_value(&bytes[at..])?;
    let past = after(bytes, value.end, end)?;
    Some((text.get(value).filter(|value| value.starts_with('"'))?, past))
}

/// The same value with empty strings, but for `role` and `type`: dialects are told apart by the fields that are there, and
/// by these two. `None` for a value nested too deep.
fn stub(value: Value, depth: usize) -> Option<Value> {
    let depth = depth.checked_sub(1)?;
    Some(match value {
        Value::String(_) => Value::String(String::new()),
        Value::Array(values) => {
            Value::Array(values.into_iter().map(|value| stub(value, depth)).collect::<Option<Vec<_>>>()?)
        }
        Value::Object(mut fields) => {
            for (name, value) in &mut fields {
                if !(value.is_string() && matches!(name.as_str(), "role" | "type")) {
                    *value = stub(value.take(), depth)?;
                }
            }
            Value::Object(fields)
        }
        plain => plain,
    })
}

/// Where the elements of the member `messages` stand in the text of an object; `None` unless there is one such member, an
/// array of objects. What stands around them is not judged.
fn cut_messages(text: &str) -> Option<Cuts> {
    let bytes = text.as_bytes();
    let mut found = None;
    let mut at = after(bytes, 0, b'{')?;
    loop {
        at = blank(bytes, at);
        if bytes.get(at) != Some(&b'"') {
            return None;
        }
        let end = at + end_of_value(&bytes[at..])?;
        let name = &bytes[at + 1..end - 1];
        if name.contains(&b'\\') {
            return None;
        }
        at = blank(bytes, after(bytes, end, b':')?);
        if name == b"messages" {
            if found.is_some() {
                return None;
            }
            let (cuts, end) = elements(bytes, at)?;
            (found, at) = (Some(cuts), end);
        } else {
            at += end_of_value(&bytes[at..])?;
        }
        at = blank(bytes, at);
        match bytes.get(at)? {
            b',' => at += 1,
            b'}' => break,
            _ => return None,
        }
    }
    found
}

/// The elements of the array that begins here, all of them objects, and where it ends.
fn elements(bytes: &[u8], at: usize) -> Option<(Cuts, usize)> {
    let mut cuts = Cuts::new();
    let mut at = blank(bytes, after(bytes, at, b'[')?);
    loop {
        if bytes.get(at) != Some(&b'{') {
            return None;
        }
        let end = at + end_of_value(&bytes[at..])?;
        cuts.push(at..end);
        at = blank(bytes, end);
        match bytes.get(at)? {
            b',' => at = blank(bytes, at + 1),
            b']' => return Some((cuts, at + 1)),
            _ => return None,
        }
    }
}

/// Past blanks and this byte.
fn after(bytes: &[u8], at: usize, byte: u8) -> Option<usize> {
    let at = blank(bytes, at);
    (bytes.get(at) == Some(&byte)).then_some(at + 1)
}

fn blank(bytes: &[u8], mut at: usize) -> usize {
    while matches!(bytes.get(at), Some(b' ' | b'\t' | b'\r' | b'\n')) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests;
