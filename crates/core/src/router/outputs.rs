//! How long answers of each template usually are: a moving average, for plans. It ranks targets; no money rests on it.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Templates that are remembered; beyond, the table begins anew.
const MAX_TEMPLATES: usize = 10_000;

#[derive(Default)]
pub(super) struct Outputs(Mutex<BTreeMap<[u8; 16], u64>>);

impl Outputs {
    /// Usual output tokens.
    pub(super) fn expected(&self, template: &[u8; 16]) -> Option<u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(template).copied()
    }

    /// An answer had so many.
    pub(super) fn seen(&self, template: [u8; 16], n_tokens: u64) {
        let mut table = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if table.len() >= MAX_TEMPLATES && !table.contains_key(&template) {
            table.clear();
        }
        table.entry(template).and_modify(|usual| *usual = *usual - *usual / 8 + n_tokens / 8).or_insert(n_tokens);
    }
}
