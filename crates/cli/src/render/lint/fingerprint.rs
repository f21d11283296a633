//! What tells a finding from others between two runs: the rule, the file, what stands there, and the how-manieth of its like
//! it is. Lines that come or go above it do not change it.

use std::collections::HashMap;

use promptopt::lint::Diagnostic;

use super::Findings;
use promptopt::text::floor;

/// Bytes of what stands there that count: enough to tell, few enough for a finding over a whole file.
const MAX_BYTES: usize = 512;

/// Fingerprints of findings.
#[derive(Debug, Default)]
pub(super) struct Fingerprints(HashMap<(String, usize, usize, &'static str), String>);

impl Fingerprints {
    pub(super) fn of(findings: &Findings<'_>) -> Fingerprints {
        let mut n_seen: HashMap<[u8; 32], u64> = HashMap::new();
        let mut all = HashMap::with_capacity(findings.all.len());
        // By place, not in the order shown: a sorted report has the same ones.
        for diagnostic in &findings.report.diagnostics {
            let source = findings.source(diagnostic);
            let span = &diagnostic.finding.span;
            let end = floor(source.text, span.end.min(span.start.saturating_add(MAX_BYTES)));
            let mut hasher = blake3::Hasher::new();
            for part in [diagnostic.rule.code, &diagnostic.path, &source.shown(&(span.start..end.max(span.start)))] {
                hasher.update(part.as_bytes()).update(&[0]);
            }
            let digest = *hasher.finalize().as_bytes();
            let n = n_seen.entry(digest).or_default();
            let hex = blake3::Hasher::new().update(&digest).update(&n.to_le_bytes()).finalize().to_hex();
            *n += 1;
            all.insert(key(diagnostic), hex[..32].to_owned());
        }
        Fingerprints(all)
    }

    /// Of one finding.
    pub(super) fn get(&self, diagnostic: &Diagnostic) -> &str {
        self.0.get(&key(diagnostic)).map_or("", String::as_str)
    }
}

fn key(diagnostic: &Diagnostic) -> (String, usize, usize, &'static str) {
    let span = &diagnostic.finding.span;
    (diagnostic.path.clone(), span.start, span.end, diagnostic.rule.code)
}
