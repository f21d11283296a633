//! Requests and answers beside their records, for those who ask for them (`keeps_prompts`): each text goes through a hook first, and
//! without a hook none is kept. What is kept goes with its records.

use std::sync::Arc;

use rusqlite::params;

use super::record::AttemptId;
use super::store::Ledger;
use super::writer::Job;

/// What a text goes through before it is kept: it takes out what must not be.
pub type Redaction = Arc<dyn Fn(&str) -> String + Send + Sync>;

/// Texts that may wait: more of them are not kept, so that a slow disk does not fill the memory.
const MAX_WAITING: usize = 256;
/// Bytes of a text that are kept.
const MAX_BYTES: usize = 1 << 20;

impl Ledger {
    /// Sets the hook; the first stays.
    pub fn redact_by(&self, redaction: Redaction) {
        let _first_stays = self.0.redaction.set(redaction);
    }

    /// Whether prompts are kept: they are asked for, and there is a hook.
    pub fn keeps_prompts(&self) -> bool {
        self.0.settings.keeps_prompts && self.0.redaction.get().is_some()
    }

    /// Keeps a call's request and answer (at most a megabyte of each), if prompts are kept. Nobody waits for it, and a text that cannot be
    /// kept is lost: the record is what counts.
    pub fn keep_prompt(&self, call: AttemptId, request: &str, answer: Option<&str>) {
        let Some(redaction) = self.0.redaction.get().filter(|_| self.0.settings.keeps_prompts) else { return };
        if self.0.queue.health().1 >= MAX_WAITING {
            return;
        }
        // Redacted whole, then cut: a secret must not survive because it was cut in two.
        let kept = |text: &str| {
            let mut text = redaction(text);
            let end = (0..=MAX_BYTES.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
            text.truncate(end.unwrap_or(0));
            text
        };
        let (request, answer) = (kept(request), answer.map(kept));
        let at = self.clock().now().as_microsecond();
        self.0.queue.push(Job::Run(Box::new(move |connection| {
            let row = params![call.0.to_be_bytes(), at, request, answer];
            let _lost = connection.execute("INSERT OR REPLACE INTO prompt VALUES (?1, ?2, ?3, ?4)", row);
        })));
    }

    /// What is kept of a call: its request and its answer. Blocks until it is read.
    pub fn prompt(&self, call: AttemptId) -> crate::error::Result<Option<(String, Option<String>)>> {
        self.ask_blocking(move |connection| {
            let mut statement = connection.prepare("SELECT request, answer FROM prompt WHERE call = ?1")?;
            let mut rows = statement.query([call.0.to_be_bytes()])?;
            rows.next()?.map(|row| Ok((row.get(0)?, row.get(1)?))).transpose()
        })
    }
}
