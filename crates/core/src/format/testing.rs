//! What the tests of the formats share: reading a sample in memory, and checking that a sample is detected as its own.

use std::io::Cursor;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::error::Result;
use crate::format::open::Source;
use crate::format::read::{ReadOptions, read_to_vec};
use crate::format::sniff::{Beginning, detect};
use crate::format::walk::Input;
use crate::format::{Format, Record};

/// Reads a sample in a format.
pub(crate) fn read(format: &'static Format, sample: impl AsRef<[u8]>) -> Vec<Result<Record>> {
    read_with(sample, &ReadOptions { format: Some(format), ..ReadOptions::default() })
}

/// Reads a sample through the driver.
pub(crate) fn read_with(sample: impl AsRef<[u8]>, options: &ReadOptions) -> Vec<Result<Record>> {
    let path = written(sample);
    let records = read_to_vec(&Input { source: Source::File(path.clone()), is_named: true }, options);
    std::fs::remove_file(path).unwrap();
    records
}

/// A file with a name of its own, in the folder for temporary files.
pub(crate) fn written(sample: impl AsRef<[u8]>) -> std::path::PathBuf {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("promptopt-format-{}-{number}", std::process::id()));
    std::fs::write(&path, sample).unwrap();
    path
}

/// Reads a sample that is one record.
pub(crate) fn read_one(format: &'static Format, sample: &str) -> Record {
    let mut records = read(format, sample);
    assert_eq!(records.len(), 1, "{records:?}");
    records.remove(0).unwrap()
}

/// Checks that a sample under that name is detected as the format.
pub(crate) fn check_detected(format: &'static Format, path: &str, sample: &str) {
    let beginning = Beginning::read(&mut Cursor::new(sample));
    let found = detect(&beginning.head(path)).map(|format| format.name);
    assert_eq!(found, Some(format.name), "{sample}");
}
