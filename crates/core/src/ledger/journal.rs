//! The journal of reservations: what was set aside for attempts that have no row yet. A slot a reservation, written before the request is
//! sent; what a process that was killed had under way is found there, and settled at what was set aside.
//!
//! A file a process, held by a lock of the operating system's, beside the ledger. A write to it reaches the kernel and so survives the
//! end of the process, however it ends; it does not wait for the disk (a power cut may lose the newest slots). Slots are used again, so
//! that the file is as long as the most that was ever under way at once.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::record::{AttemptId, Outcome, UsageRecord, UsageSource};
use crate::clock::Timestamp;
use crate::labels::Tags;
use crate::text::half;
use crate::usage::{ServiceTier, Usage};
use crate::usd::Usd;

/// Bytes of a slot: state, length, checksum, and JSON.
const SLOT: usize = 1024;
const HEAD: usize = 1 + 2 + 16;
const USED: u8 = 1;

/// What is known of an attempt when money is set aside for it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[allow(missing_docs, reason = "as in UsageRecord")]
pub struct Open {
    pub id: String,
    pub call: String,
    pub at_us: i64,
    pub tenant: Arc<str>,
    pub caller: Option<Arc<str>>,
    pub team: Option<Arc<str>>,
    pub tags: Tags,
    pub route: Option<Arc<str>>,
    pub asked: Option<Arc<str>>,
    pub provider: Arc<str>,
    pub host: Arc<str>,
    pub model: Arc<str>,
    /// The most that it can cost, in pico-dollars; `None` if there is no price.
    pub upper_pico: Option<i64>,
}

/// A slot that is held until the attempt's row is in the ledger.
#[derive(Debug)]
pub struct Ticket {
    journal: Option<Arc<Journal>>,
    slot: usize,
}

/// This process's journal.
#[derive(Debug)]
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    slots: Mutex<Slots>,
}

#[derive(Debug, Default)]
struct Slots {
    n_slots: usize,
    free: Vec<usize>,
}

/// What dead processes left behind.
#[derive(Debug, Default)]
pub(super) struct Left {
    pub attempts: Vec<Open>,
    /// Slots that were cut off in the middle of being written: nothing had been sent for them.
    pub n_torn: usize,
    /// The files, locked for as long as this is held: nobody else reads them meanwhile.
    files: Vec<(PathBuf, File)>,
}

impl Left {
    /// What was found is in the ledger: the files can go.
    pub(super) fn remove(self) -> io::Result<()> {
        for (path, _locked) in &self.files {
            match std::fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        Ok(())
    }
}

impl Open {
    /// As a record, for an attempt whose process was killed.
    pub(super) fn crashed(&self) -> Option<UsageRecord> {
        Some(UsageRecord {
            id: AttemptId::from_text(&self.id)?,
            call: AttemptId::from_text(&self.call)?,
            at: Timestamp::from_microsecond(self.at_us).ok()?,
            request: [0; 16],
            template: [0; 16],
            tenant: Arc::clone(&self.tenant),
            caller: self.caller.clone(),
            team: self.team.clone(),
            tags: self.tags.clone(),
            route: self.route.clone(),
            asked: self.asked.clone(),
            provider: Arc::clone(&self.provider),
            host: Arc::clone(&self.host),
            model: Arc::clone(&self.model),
            tier: ServiceTier::Standard,
            usage: Usage::default(),
            source: UsageSource::Reserved,
            cost: self.upper_pico.map(|pico| Usd::from_pico(i128::from(pico))),
            saved: Usd::ZERO,
            saved_by: None,
            queued_us: 0,
            first_byte_us: None,
            total_us: 0,
            outcome: Outcome::Crashed,
            status: None,
            error: None,
        })
    }
}

impl Journal {
    /// Begins this process's journal beside a ledger.
    pub(super) fn begin(ledger: &Path) -> io::Result<Journal> {
        loop {
            let mut name = ledger.file_name().unwrap_or_default().to_owned();
            name.push(format!("-open-{:016x}", fastrand::u64(..)));
            let path = ledger.with_file_name(name);
            let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path)?;
            file.lock()?;
            // Another process that started between these two lines took it for one left behind, and removed it. Names do not
            // repeat: what stands there is ours.
            if path.try_exists()? {
                return Ok(Journal { path, file, slots: Mutex::default() });
            }
        }
    }

    /// Writes a reservation. One positioned write of a kilobyte.
    pub(super) fn reserve(self: &Arc<Self>, open: &Open) -> io::Result<Ticket> {
        let mut body = serde_json::to_vec(open).map_err(io::Error::other)?;
        if body.len() > SLOT - HEAD {
            // Labels of extreme length: the money is what must not be forgotten.
            let short = Open { tags: Tags::new(), route: None, asked: None, ..open.clone() };
            body = serde_json::to_vec(&short).map_err(io::Error::other)?;
        }
        if body.len() > SLOT - HEAD {
            return Err(io::Error::other("the names of caller, provider and model are too long for the journal"));
        }
        let mut bytes = [0; SLOT];
        bytes[0] = USED;
        bytes[1..3].copy_from_slice(&(body.len() as u16).to_le_bytes());
        bytes[3..HEAD].copy_from_slice(&half(&blake3::hash(&body)));
        bytes[HEAD..HEAD + body.len()].copy_from_slice(&body);
        let slot = {
            let mut slots = self.slots();
            slots.free.pop().unwrap_or_else(|| {
                slots.n_slots += 1;
                slots.n_slots - 1
            })
        };
        match write_at(&self.file, &bytes, slot * SLOT) {
            Ok(()) => Ok(Ticket { journal: Some(Arc::clone(self)), slot }),
            Err(error) => {
                self.slots().free.push(slot);
                Err(error)
            }
        }
    }

    fn free(&self, slot: usize) {
        // A slot that cannot be cleared is not used again: after a crash its attempt has a row, which holds.
        if write_at(&self.file, &[0; HEAD], slot * SLOT).is_ok() {
            self.slots().free.push(slot);
        }
    }

    /// Removes the file if nothing is under way.
    pub(super) fn remove_if_empty(&self) {
        let slots = self.slots();
        if slots.free.len() == slots.n_slots {
            let _gone_already = std::fs::remove_file(&self.path);
        }
    }

    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ticket {
    /// For a ledger in memory, which has no journal.
    pub(super) const NONE: Ticket = Ticket { journal: None, slot: 0 };

    /// The row is in: the slot is free.
    pub(super) fn release(self) {
        if let Some(journal) = &self.journal {
            journal.free(self.slot);
        }
    }
}

/// What processes that are dead have left beside a ledger. A journal whose lock is held belongs to one that lives.
pub(super) fn left_behind(ledger: &Path) -> io::Result<Left> {
    let mut left = Left::default();
    let folder = ledger.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let begin = format!("{}-open-", ledger.file_name().unwrap_or_default().to_string_lossy());
    let mut paths: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(&begin) {
            paths.push(entry.path());
        }
    }
    paths.sort();
    for path in paths {
        let Ok(mut file) = OpenOptions::new().read(true).write(true).open(&path) else { continue };
        if file.try_lock().is_err() {
            continue;
        }
        // Through this handle: on some systems a lock keeps even its own process's other handles away.
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        for slot in bytes.chunks(SLOT) {
            if slot.first().is_none_or(|state| *state != USED) {
                continue;
            }
            match read_slot(slot) {
                Some(open) => left.attempts.push(open),
                None => left.n_torn += 1,
            }
        }
        left.files.push((path, file));
    }
    Ok(left)
}

/// What a slot that is in use holds; `None` for one that was cut off.
fn read_slot(slot: &[u8]) -> Option<Open> {
    let length = usize::from(u16::from_le_bytes([*slot.get(1)?, *slot.get(2)?]));
    let body = slot.get(HEAD..HEAD + length)?;
    if half(&blake3::hash(body)) != *slot.get(3..HEAD)? {
        return None;
    }
    serde_json::from_slice(body).ok()
}

#[cfg(unix)]
fn write_at(file: &File, bytes: &[u8], offset: usize) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, offset as u64)
}

#[cfg(windows)]
fn write_at(file: &File, mut bytes: &[u8], offset: usize) -> io::Result<()> {
    use std::os::windows::fs::FileExt;
    let mut at = offset as u64;
    while !bytes.is_empty() {
        let n = file.seek_write(bytes, at)?;
        bytes = &bytes[n..];
        at += n as u64;
    }
    Ok(())
}
