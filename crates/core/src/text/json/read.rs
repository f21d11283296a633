//! The reader: one pass over the bytes, a stack of open containers, no recursion.

use super::{Kind, Mistake, NO_KEY, Node, THE_END, string_end};

pub(super) struct Reader<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) at: usize,
    pub(super) nodes: Vec<Node>,
    /// Arrays and objects not closed yet.
    pub(super) open: Vec<u32>,
}

impl Reader<'_> {
    pub(super) fn read(&mut self) -> Result<(), Mistake> {
        let mut key = (NO_KEY, 0);
        loop {
            // A value is due.
            self.blanks();
            let start = self.at;
            let kind = self.begin()?;
            let index = self.nodes.len() as u32;
            let end = self.at as u32;
            self.nodes.push(Node { start: start as u32, end, key: key.0, key_end: key.1, after: index + 1, kind });
            key = (NO_KEY, 0);
            if matches!(kind, Kind::Array | Kind::Object) {
                self.blanks();
                let close = if kind == Kind::Array { b']' } else { b'}' };
                self.open.push(index);
                if self.peek() != Some(close) {
                    if kind == Kind::Object {
                        key = self.key()?;
                    }
                    continue;
                }
            }
            // A value is complete, or an empty container waits for its end: close what closes, or go on to the next.
            loop {
                self.blanks();
                let Some(&parent) = self.open.last() else {
                    return if self.at == self.bytes.len() { Ok(()) } else { Err(self.mistake(THE_END)) };
                };
                let is_array = self.nodes[parent as usize].kind == Kind::Array;
                let is_empty = self.nodes.len() as u32 == parent + 1;
                match self.peek() {
                    Some(b',') if !is_empty => {
                        self.at += 1;
                        if !is_array {
                            key = self.key()?;
                        }
                        break;
                    }
                    Some(b']') if is_array => self.close(parent),
                    Some(b'}') if !is_array => self.close(parent),
                    _ => return Err(self.mistake(if is_array { "`,` or `]`" } else { "`,` or `}`" })),
                }
            }
        }
    }

    fn close(&mut self, index: u32) {
        self.at += 1;
        let after = self.nodes.len() as u32;
        let node = &mut self.nodes[index as usize];
        node.end = self.at as u32;
        node.after = after;
        self.open.pop();
    }

    fn key(&mut self) -> Result<(u32, u32), Mistake> {
        self.blanks();
        if self.peek() != Some(b'"') {
            return Err(self.mistake("a key in quotes"));
        }
        let start = self.at;
        self.string()?;
        let span = (start as u32, self.at as u32);
        self.blanks();
        if self.peek() != Some(b':') {
            return Err(self.mistake("`:`"));
        }
        self.at += 1;
        Ok(span)
    }

    fn begin(&mut self) -> Result<Kind, Mistake> {
        match self.peek() {
            Some(b'"') => self.string().map(|()| Kind::String),
            Some(b'[') => {
                self.at += 1;
                Ok(Kind::Array)
            }
            Some(b'{') => {
                self.at += 1;
                Ok(Kind::Object)
            }
            Some(b'-' | b'0'..=b'9') => self.number().map(|()| Kind::Number),
            Some(b't') => self.word(b"true", Kind::Bool),
            Some(b'f') => self.word(b"false", Kind::Bool),
            Some(b'n') => self.word(b"null", Kind::Null),
            _ => Err(self.mistake("a value")),
        }
    }

    fn word(&mut self, word: &[u8], kind: Kind) -> Result<Kind, Mistake> {
        if !self.bytes[self.at..].starts_with(word) {
            return Err(self.mistake("a value"));
        }
        self.at += word.len();
        Ok(kind)
    }

    fn string(&mut self) -> Result<(), Mistake> {
        let start = self.at;
        let end = string_end(self.bytes, start).ok_or(Mistake { offset: start, expected: "a closing quote" })?;
        let inner = &self.bytes[start + 1..end - 1];
        // Folded without a way out: a loop that the compiler makes wide, several times faster than `position`.
        if inner.iter().fold(u8::MAX, |least, byte| least.min(*byte)) < 0x20 {
            let control = inner.iter().position(|byte| *byte < 0x20).unwrap_or(0);
            return Err(Mistake { offset: start + 1 + control, expected: "an escaped control character" });
        }
        let mut at = 0;
        while let Some(escape) = memchr::memchr(b'\\', &inner[at..]) {
            at += escape;
            let is_good = match inner.get(at + 1) {
                Some(b'u') => inner.get(at + 2..at + 6).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)),
                Some(byte) => b"\"\\/bfnrt".contains(byte),
                None => false,
            };
            if !is_good {
                return Err(Mistake { offset: start + 1 + at, expected: "an escape that JSON knows" });
            }
            at += 2;
        }
        self.at = end;
        Ok(())
    }

    fn number(&mut self) -> Result<(), Mistake> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            _ => self.digits()?,
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), Mistake> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start { Err(self.mistake("a digit")) } else { Ok(()) }
    }

    fn blanks(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn mistake(&self, expected: &'static str) -> Mistake {
        Mistake { offset: self.at, expected }
    }
}
