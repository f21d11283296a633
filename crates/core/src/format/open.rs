//! Opens a corpus: a file or standard input, decompressed if its first bytes say that it is compressed (the name is not
//! asked). Bytes are counted as they lie on the disk, so that a progress bar knows its end.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Chain, Cursor, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::{Error, Result};

/// What a reader of a file holds, before and after decompression, in bytes.
pub(crate) const BUFFERED: usize = 256 << 10;

/// Where a corpus is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    /// Standard input.
    Stdin,
    /// A file.
    File(PathBuf),
}

/// An opened corpus.
pub struct Opened {
    /// Its decompressed bytes.
    pub reader: Box<dyn BufRead + Send>,
    /// How it is compressed.
    pub compression: Compression,
}

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    None,
    /// gzip, also several members one after another.
    Gzip,
    /// Zstandard.
    Zstd,
}

impl Source {
    /// The path as given, or `<stdin>`.
    pub fn name(&self) -> Arc<str> {
        match self {
            Source::Stdin => Arc::from("<stdin>"),
            Source::File(path) => Arc::from(path.to_string_lossy()),
        }
    }

    /// Its size on the disk, if that is known before it is read.
    pub fn n_bytes(&self) -> Option<u64> {
        match self {
            Source::Stdin => None,
            Source::File(path) => std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file).map(|m| m.len()),
        }
    }
}

/// Opens a corpus. `n_read` grows with the bytes read, before decompression.
pub fn open(source: &Source, n_read: Option<Arc<AtomicU64>>) -> Result<Opened> {
    let name = source.name();
    let raw: Box<dyn Read + Send> = match source {
        Source::Stdin => Box::new(io::stdin()),
        Source::File(path) => Box::new(open_file(path).map_err(|error| Error::io(&*name, error))?),
    };
    let counted = Counted { inner: raw, n_read: n_read.unwrap_or_default() };
    let mut buffered = BufReader::with_capacity(BUFFERED, counted);
    let magic = first_bytes(&mut buffered).map_err(|error| Error::io(&*name, error))?;
    let unread: Unread = Cursor::new(magic).chain(buffered);
    let io_error = |error| Error::io(&*name, error);
    let magic = unread.get_ref().0.get_ref().as_slice();
    Ok(match compression(magic) {
        Ok(Compression::None) => Opened { reader: Box::new(unread), compression: Compression::None },
        Ok(Compression::Gzip) => {
            let decoder = flate2::bufread::MultiGzDecoder::new(unread);
            Opened { reader: Box::new(BufReader::with_capacity(BUFFERED, decoder)), compression: Compression::Gzip }
        }
        Ok(Compression::Zstd) => {
            let decoder = zstd::stream::read::Decoder::with_buffer(unread).map_err(io_error)?;
            Opened { reader: Box::new(BufReader::with_capacity(BUFFERED, decoder)), compression: Compression::Zstd }
        }
        Err(other) => {
            return Err(Error::input(format!("is compressed with {other}, which is not read"))
                .in_file(&*name)
                .help("decompress it, or compress it with gzip or zstd"));
        }
    })
}

/// The bytes looked at, put back in front of the rest.
type Unread = Chain<Cursor<Vec<u8>>, BufReader<Counted>>;

fn open_file(path: &Path) -> io::Result<File> {
    let file = File::open(path)?;
    if file.metadata()?.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"));
    }
    Ok(file)
}

/// Up to six bytes: a pipe may give them one by one.
fn first_bytes(reader: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut magic = Vec::with_capacity(6);
    reader.by_ref().take(6).read_to_end(&mut magic)?;
    Ok(magic)
}

fn compression(magic: &[u8]) -> Result<Compression, &'static str> {
    match magic {
        [0x1f, 0x8b, ..] => Ok(Compression::Gzip),
        // Zstandard frames, and the skippable frames that some writers put first.
        [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Ok(Compression::Zstd),
        [b'B', b'Z', b'h', b'1'..=b'9', ..] => Err("bzip2"),
        [0xfd, b'7', b'z', b'X', b'Z', ..] => Err("xz"),
        [0x04, 0x22, 0x4d, 0x18, ..] => Err("lz4"),
        [b'7', b'z', 0xbc, 0xaf, ..] => Err("7z"),
        [b'P', b'K', 3, 4, ..] => Err("zip"),
        _ => Ok(Compression::None),
    }
}

struct Counted {
    inner: Box<dyn Read + Send>,
    n_read: Arc<AtomicU64>,
}

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.n_read.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn written(name: &str, bytes: &[u8]) -> Source {
        let path = std::env::temp_dir().join(format!("promptopt-open-{}-{name}", std::process::id()));
        std::fs::write(&path, bytes).unwrap();
        Source::File(path)
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn read(source: &Source) -> io::Result<String> {
        let mut text = String::new();
        open(source, None).unwrap().reader.read_to_string(&mut text).map(|_| text)
    }

    #[test]
    fn compressed_and_plain_files_read_the_same() {
        let two_members = [gzip(b"one\n"), gzip(b"two\n")].concat();
        let zstd = zstd::stream::encode_all(&b"one\ntwo\n"[..], 1).unwrap();
        for (name, bytes) in [("plain", b"one\ntwo\n".to_vec()), ("gzip", two_members), ("zstd", zstd)] {
            assert_eq!(read(&written(name, &bytes)).unwrap(), "one\ntwo\n", "{name}");
        }
        assert_eq!(read(&written("short", b"x")).unwrap(), "x");
        assert_eq!(read(&written("empty", b"")).unwrap(), "");
    }

    #[test]
    fn progress_counts_bytes_on_the_disk() {
        let bytes = gzip(&b"all the same ".repeat(1000));
        let source = written("progress", &bytes);
        let n_read = Arc::new(AtomicU64::new(0));
        let mut text = String::new();
        open(&source, Some(Arc::clone(&n_read))).unwrap().reader.read_to_string(&mut text).unwrap();
        assert_eq!(n_read.load(Ordering::Relaxed), bytes.len() as u64);
        assert_eq!(source.n_bytes(), Some(bytes.len() as u64));
    }

    #[test]
    fn what_cannot_be_read_says_why() {
        let xz = open(&written("xz", b"\xfd7zXZ\0....."), None).err().unwrap().to_string();
        assert!(xz.contains("compressed with xz"), "{xz}");
        assert!(open(&Source::File(std::env::temp_dir()), None).err().unwrap().to_string().contains("folder"));
        assert!(open(&Source::File(PathBuf::from("/no/such/file")), None).is_err());
        let whole = gzip(&b"0123456789abcdef".repeat(64));
        assert!(read(&written("cut", &whole[..whole.len() / 2])).is_err());
    }
}
