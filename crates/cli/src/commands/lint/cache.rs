//! Where the findings of earlier runs are kept: a file for each folder that the command runs in, read at once, replaced as a
//! whole. It can be made again at any time, so nothing about it is ever an error.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use promptopt::clock::{Clock, SystemClock};
use promptopt::config::{Config, FILE_NAME};
use promptopt::lint::cache::Cache;

use crate::args::CacheArgs;
use crate::overlay;
use crate::settings::{self, Settings};

/// The folder's name beside `promptopt.toml`.
const FOLDER_NAME: &str = ".promptopt_cache";
/// More is not read: it is none of ours.
const MAX_BYTES: u64 = 256 << 20;
const S_PER_DAY: i64 = 86_400;

/// The cache with the file that it is kept in.
pub(super) struct Kept {
    pub(super) cache: Cache,
    file: PathBuf,
}

impl Kept {
    /// Reads it; `None` if there is no place for it, or nobody wants it.
    pub(super) fn open(args: &CacheArgs, settings: &Settings, config: &Config) -> Option<Kept> {
        if args.no_cache {
            return None;
        }
        let beside = || {
            let nearest = config.files.first().filter(|file| file.file_name().is_some_and(|name| name == FILE_NAME))?;
            Some(nearest.parent()?.join(FOLDER_NAME))
        };
        let folder = args.cache_dir.clone().or_else(beside).or_else(|| settings.cache_dir.clone())?;
        // Paths are shown, and so remembered, as they are seen from here.
        let here = std::env::current_dir().ok()?;
        let name = blake3::hash(here.as_os_str().as_encoded_bytes()).to_hex();
        let file = folder.join(format!("lint-{}.bin", &name[..16]));
        let program = format!("{} {:?}", settings::program(), overlay::texts(settings).ok()?);
        let day = u32::try_from(SystemClock.now().as_second() / S_PER_DAY).ok()?;
        let is_small = file.metadata().is_ok_and(|metadata| metadata.len() <= MAX_BYTES);
        let bytes = if is_small { fs::read(&file).unwrap_or_default() } else { Vec::new() };
        Some(Kept { cache: Cache::new(program, day, bytes), file })
    }

    /// Writes what is new. A cache that cannot be written is filled again next time.
    pub(super) fn close(self) {
        if let (Some(bytes), Some(folder)) = (self.cache.finish(), self.file.parent()) {
            let _filled_again = write(folder, &self.file, &bytes);
        }
    }
}

fn write(folder: &Path, file: &Path, bytes: &[u8]) -> std::io::Result<()> {
    fs::create_dir_all(folder)?;
    let ignore = folder.join(".gitignore");
    if folder.file_name().is_some_and(|name| name == FOLDER_NAME) && !ignore.exists() {
        fs::write(ignore, "# Made by promptopt.\n*\n")?;
    }
    // Not forced to the disk: half of a file is known by its sum, and as good as none.
    let mut aside = tempfile::Builder::new().prefix(".lint-").tempfile_in(folder)?;
    aside.write_all(bytes)?;
    aside.persist(file)?;
    Ok(())
}
