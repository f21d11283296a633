//! Cuts a stream into chunks of whole lines, or of whole JSON values, that can be parsed apart. Memory holds one chunk at a
//! time, or one line if a line is longer than a chunk; a line above the limit is passed over, not kept.

use std::io::{self, BufRead};
use std::ops::Range;

use crate::error::{Error, Result};
use crate::format::open::BUFFERED;
use crate::format::scan::Scanner;
use crate::format::sniff::Layout;
use crate::format::spare::{Buffer, Spare};

/// A chunk holds about so many bytes: large enough that handing it over costs nothing, small enough to balance.
const CHUNK: usize = 1 << 20;
/// And at most so many lines or values: each becomes a record, however short it is.
const MOST_VALUES: usize = 4096;
/// Read at once, mostly, and less than twice as much at most: of a compressed file that is damaged, what was read together
/// with the damaged place is lost. Not less than a buffered reader holds, through which a smaller piece would be copied.
const READ: usize = BUFFERED;
/// A buffer for a chunk, and for the end of a value that begins in it.
pub(crate) const BUFFER: usize = CHUNK + READ;

/// Lines or values that belong together in one piece of work.
pub(crate) enum Chunk {
    /// Whole lines, and where they end; the last may lack its end.
    Lines { bytes: Buffer, first_line: u64, ends: Vec<usize> },
    /// Whole values, cut out.
    Values { bytes: Buffer, values: Vec<Cut> },
}

/// A value cut out of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cut {
    pub(crate) range: Range<usize>,
    /// Its number among the values, from 1.
    pub(crate) number: u64,
    /// The line it begins on, from 1.
    pub(crate) line: u64,
}

impl Chunk {
    /// About how many values it holds.
    pub(crate) fn n_values(&self) -> usize {
        match self {
            Chunk::Lines { ends, .. } => ends.len() + 1,
            Chunk::Values { values, .. } => values.len(),
        }
    }
}

/// Cuts a stream. `give` takes a chunk, or an error about one place; it answers false to stop.
pub(crate) fn cut(
    reader: &mut dyn BufRead,
    layout: Layout,
    max_bytes: usize,
    spare: &Spare,
    give: &mut dyn FnMut(Result<Chunk>) -> bool,
) {
    match layout {
        Layout::Lines => Lines { reader, max_bytes, chunk: spare.take(BUFFER), line: 1, spare }.cut(give),
        Layout::Array | Layout::Values => Values {
            reader,
            max_bytes,
            is_array: layout == Layout::Array,
            spare,
            bytes: spare.take(BUFFER),
            at: 0,
            line: 1,
            number: 1,
            is_end: false,
        }
        .cut(give),
    }
}

struct Lines<'a> {
    reader: &'a mut dyn BufRead,
    max_bytes: usize,
    chunk: Buffer,
    /// The number of the line that `chunk` begins with.
    line: u64,
    spare: &'a Spare,
}

impl Lines<'_> {
    fn cut(mut self, give: &mut dyn FnMut(Result<Chunk>) -> bool) {
        // How much of the chunk is known to hold no end of a line, as seen from its last line.
        let mut n_whole = 0;
        loop {
            match fill(self.reader, &mut self.chunk) {
                Err(error) => {
                    // The last line is cut off: what it says would only be a second complaint.
                    self.chunk.truncate(n_whole);
                    let n_lines = memchr::memchr_iter(b'\n', &self.chunk).count() as u64;
                    let line = self.line + n_lines;
                    let _ = (self.chunk.is_empty() || self.hand_over(n_whole, give)) && give(Err(broken(error, line)));
                    return;
                }
                Ok(0) => {
                    let n = self.chunk.len();
                    if n > 0 {
                        self.hand_over(n, give);
                    }
                    return;
                }
                Ok(n) => {
                    let from = self.chunk.len() - n;
                    if let Some(end) = memchr::memrchr(b'\n', &self.chunk[from..]) {
                        n_whole = from + end + 1;
                    }
                }
            }
            if n_whole > 0 && self.chunk.len() >= CHUNK {
                if !self.hand_over(n_whole, give) {
                    return;
                }
                n_whole = 0;
            } else if n_whole == 0 && self.chunk.len() > self.max_bytes {
                if !give(Err(too_long(self.max_bytes).at_line(self.line))) {
                    return;
                }
                self.chunk.truncate(0);
                self.line += 1;
                if let Err(error) = skip_line(self.reader) {
                    give(Err(broken(error, self.line)));
                    return;
                }
            }
        }
    }

    /// Gives the first `n` bytes and keeps the rest.
    fn hand_over(&mut self, n: usize, give: &mut dyn FnMut(Result<Chunk>) -> bool) -> bool {
        let bytes = split(&mut self.chunk, n, self.spare);
        let first_line = self.line;
        let ends: Vec<usize> = memchr::memchr_iter(b'\n', &bytes).collect();
        self.line += ends.len() as u64;
        if ends.len() <= MOST_VALUES {
            return give(Ok(Chunk::Lines { bytes, first_line, ends }));
        }
        // Very short ones: handed over by copies.
        let (mut from, mut first_line) = (0, first_line);
        for ends in ends.chunks(MOST_VALUES).chain(std::iter::once(&[][..])) {
            let to = ends.last().map_or(bytes.len(), |end| end + 1);
            if to > from {
                let mut part = Buffer::default();
                part.extend(&bytes[from..to]);
                let ends = ends.iter().map(|end| end - from).collect();
                if !give(Ok(Chunk::Lines { bytes: part, first_line, ends })) {
                    return false;
                }
            }
            (from, first_line) = (to, first_line + ends.len() as u64);
        }
        true
    }
}

struct Values<'a> {
    reader: &'a mut dyn BufRead,
    max_bytes: usize,
    is_array: bool,
    spare: &'a Spare,
    bytes: Buffer,
    /// Everything before is cut or passed over.
    at: usize,
    line: u64,
    number: u64,
    is_end: bool,
}

impl Values<'_> {
    fn cut(mut self, give: &mut dyn FnMut(Result<Chunk>) -> bool) {
        let mut values = Vec::new();
        let mut is_open = self.is_array;
        loop {
            match self.next_value(&mut is_open) {
                Ok(Some(cut)) => values.push(cut),
                Ok(None) => break,
                Err(error) => {
                    if self.hand_over(&mut values, give) {
                        give(Err(error));
                    }
                    return;
                }
            }
            if (self.at >= CHUNK || values.len() >= MOST_VALUES) && !self.hand_over(&mut values, give) {
                return;
            }
        }
        let line = self.line;
        if self.hand_over(&mut values, give) && is_open {
            give(Err(Error::input("the file ends inside its array: the rest is missing").at_line(line)));
        }
    }

    /// The next value. `is_open` turns false at the bracket that closes the array.
    fn next_value(&mut self, is_open: &mut bool) -> Result<Option<Cut>> {
        loop {
            let Some(byte) = self.bytes.get(self.at).copied() else {
                if self.more()? {
                    continue;
                }
                return Ok(None);
            };
            match byte {
                b'\n' => self.line += 1,
                b' ' | b'\t' | b'\r' | b',' => {}
                b'[' if self.is_array && self.number == 1 && *is_open && self.at == self.first() => {}
                b']' if *is_open => *is_open = false,
                _ => return self.value().map(Some),
            }
            self.at += 1;
        }
    }

    /// Where the array's own bracket stands: at the first byte that is not white space, before any value.
    fn first(&self) -> usize {
        self.bytes.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(0)
    }

    fn value(&mut self) -> Result<Cut> {
        let start = self.at;
        let mut scanner = Scanner::default();
        let mut n_seen = 0;
        let end = loop {
            if let Some(n) = scanner.feed(&self.bytes[start + n_seen..]) {
                break start + n_seen + n;
            }
            n_seen = self.bytes.len() - start;
            if n_seen > self.max_bytes {
                // Where it ends cannot be trusted, so there is nothing to go on with.
                return Err(too_long(self.max_bytes).at_line(self.line));
            }
            if !self.more()? {
                break self.bytes.len();
            }
        };
        let cut = Cut { range: start..end, number: self.number, line: self.line };
        self.line += memchr::memchr_iter(b'\n', &self.bytes[start..end]).count() as u64;
        self.number += 1;
        self.at = end;
        Ok(cut)
    }

    fn more(&mut self) -> Result<bool> {
        if self.is_end {
            return Ok(false);
        }
        let n = fill(self.reader, &mut self.bytes).map_err(|error| broken(error, self.line))?;
        self.is_end = n == 0;
        Ok(n > 0)
    }

    fn hand_over(&mut self, values: &mut Vec<Cut>, give: &mut dyn FnMut(Result<Chunk>) -> bool) -> bool {
        let bytes = split(&mut self.bytes, self.at, self.spare);
        self.at = 0;
        values.is_empty() || give(Ok(Chunk::Values { bytes, values: std::mem::take(values) }))
    }
}

/// The first `n` bytes; the rest stays.
fn split(buffer: &mut Buffer, n: usize, spare: &Spare) -> Buffer {
    // If nothing is left, this is mostly the end, and no further buffer is needed.
    let mut rest = if n < buffer.len() { spare.take(BUFFER) } else { Buffer::default() };
    rest.extend(&buffer[n..]);
    buffer.truncate(n);
    std::mem::replace(buffer, rest)
}

/// Reads once, at most what a chunk lacks; 0 is the end. A line or value that is longer than a chunk goes on in the next.
fn fill(reader: &mut dyn BufRead, bytes: &mut Buffer) -> io::Result<usize> {
    let lacks = CHUNK - bytes.len() % CHUNK;
    bytes.read_from(reader, if lacks < 2 * READ { lacks } else { READ })
}

/// Passes over the rest of a line, its end included.
fn skip_line(reader: &mut dyn BufRead) -> io::Result<()> {
    reader.skip_until(b'\n').map(|_| ())
}

pub(crate) fn broken(error: io::Error, line: u64) -> Error {
    let message = match error.kind() {
        io::ErrorKind::UnexpectedEof => "the compressed data ends too early: the rest is missing",
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
            "the compressed data is damaged: the rest is missing"
        }
        _ => "reading failed: the rest is missing",
    };
    Error::new(crate::error::Kind::Io, message).at_line(line).because(error)
}

pub(crate) fn too_long(max_bytes: usize) -> Error {
    Error::input(format!("the line is longer than {max_bytes} bytes")).help("raise the limit, or split the record")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::{BufReader, Read};

    /// Gives a few bytes at a time, so that every border falls everywhere.
    struct Drops<'a>(&'a [u8]);

    impl Read for Drops<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let n = buffer.len().min(3);
            self.0.read(&mut buffer[..n])
        }
    }

    fn cut_all(text: &[u8], layout: Layout, max_bytes: usize) -> Vec<Result<Chunk>> {
        let mut given = Vec::new();
        cut(&mut BufReader::with_capacity(3, Drops(text)), layout, max_bytes, &Spare::default(), &mut |chunk| {
            given.push(chunk);
            true
        });
        given
    }

    fn values(text: &str, layout: Layout) -> Vec<(String, u64, u64)> {
        let mut found = Vec::new();
        for chunk in cut_all(text.as_bytes(), layout, 1 << 20) {
            let Ok(Chunk::Values { bytes, values }) = chunk else { panic!() };
            found.extend(
                values
                    .into_iter()
                    .map(|cut| (String::from_utf8(bytes[cut.range].to_vec()).unwrap(), cut.number, cut.line)),
            );
        }
        found
    }

    #[test]
    fn values_are_cut_out_of_arrays_and_sequences() {
        let expected = [("{\"a\":[1]}".to_owned(), 1, 2), ("\"x, y\"".to_owned(), 2, 3), ("[2]".to_owned(), 3, 3)];
        assert_eq!(values("[\n {\"a\":[1]},\n\"x, y\" , [2]\n]\n", Layout::Array), expected);
        let expected = [("{\n\"a\":1}".to_owned(), 1, 1), ("{}".to_owned(), 2, 2)];
        assert_eq!(values("{\n\"a\":1}{}\n", Layout::Values), expected);
        assert_eq!(values(" [ [1], [2] ]", Layout::Array).len(), 2);
        assert_eq!(values("[]", Layout::Array), []);
    }

    #[test]
    fn an_array_without_its_end_is_an_error_after_its_values() {
        let given = cut_all(b"[{\"a\":1},\n{\"a\":2}", Layout::Array, 1 << 20);
        assert!(matches!(&given[0], Ok(Chunk::Values { values, .. }) if values.len() == 2));
        assert_eq!(given[1].as_ref().err().unwrap().place().and_then(|place| place.line), Some(2));
    }

    #[test]
    fn a_line_above_the_limit_is_passed_over() {
        let given = cut_all(b"aaaaaaaaaaaaaaaaaaaa\nbb\n", Layout::Lines, 8);
        assert_eq!(given[0].as_ref().err().unwrap().place().and_then(|place| place.line), Some(1));
        let Ok(Chunk::Lines { bytes, first_line: 2, ends }) = &given[1] else { panic!() };
        assert_eq!((&**bytes, &**ends), (&b"bb\n"[..], &[2][..]));
    }

    #[test]
    fn very_short_lines_do_not_make_one_large_piece_of_work() {
        for n_lines in [MOST_VALUES, MOST_VALUES + 1, 3 * MOST_VALUES, 3 * MOST_VALUES + 7] {
            for end in ["\n", "\nx"] {
                let text = "\n".repeat(n_lines - 1) + end;
                let (mut again, mut n_seen) = (Vec::new(), 0);
                for chunk in cut_all(text.as_bytes(), Layout::Lines, 1 << 20) {
                    let Ok(Chunk::Lines { bytes, first_line, ends }) = chunk else { panic!() };
                    assert!(ends.iter().copied().eq(memchr::memchr_iter(b'\n', &bytes)) && first_line == n_seen + 1);
                    assert!(ends.len() <= MOST_VALUES && !bytes.is_empty());
                    n_seen += ends.len() as u64;
                    again.extend_from_slice(&bytes);
                }
                assert_eq!(again, text.as_bytes());
            }
            let values = "7\n".repeat(n_lines);
            for chunk in cut_all(values.as_bytes(), Layout::Values, 1 << 20) {
                assert!(chunk.unwrap().n_values() <= MOST_VALUES);
            }
            assert_eq!(self::values(&values, Layout::Values).len(), n_lines);
        }
    }

    proptest! {
        #[test]
        fn lines_are_neither_lost_nor_split(text in "[a-c\\n]{0,300}") {
            let mut again = Vec::new();
            for chunk in cut_all(text.as_bytes(), Layout::Lines, 1 << 20) {
                let Ok(Chunk::Lines { bytes, first_line, .. }) = chunk else { panic!() };
                prop_assert_eq!(first_line, 1 + memchr::memchr_iter(b'\n', &again).count() as u64);
                again.extend_from_slice(&bytes);
            }
            prop_assert_eq!(again, text.as_bytes());
        }

        #[test]
        fn any_bytes_come_to_an_end(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            for layout in [Layout::Lines, Layout::Array, Layout::Values] {
                cut_all(&bytes, layout, 64);
            }
        }
    }
}
