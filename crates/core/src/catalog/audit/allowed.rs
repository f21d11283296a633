//! What is odd but true: `data/catalog/allowed.toml`, each line with its reason.

use std::sync::LazyLock;

use serde::Deserialize;

use super::Finding;

/// One allowance.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Allowance {
    /// The check.
    pub check: String,
    /// The host.
    pub host: String,
    /// The row; `*` at its end stands for anything.
    pub id: String,
    /// Why it is right.
    pub why: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    allow: Vec<Allowance>,
}

/// All allowances. A test holds that the file parses.
pub(super) fn all() -> &'static [Allowance] {
    static ALL: LazyLock<File> = LazyLock::new(|| {
        serde_json::from_str(include_str!(concat!(env!("OUT_DIR"), "/catalog/allowed.json"))).unwrap_or_default()
    });
    &ALL.allow
}

/// Why a finding is right all the same.
pub(super) fn reason(finding: &Finding) -> Option<String> {
    all().iter().find(|allowance| allowance.covers(finding)).map(|allowance| allowance.why.clone())
}

impl Allowance {
    /// True if the allowance is for this finding.
    pub(super) fn covers(&self, finding: &Finding) -> bool {
        self.check == finding.check && self.host == *finding.host && fits(&self.id, &finding.id)
    }
}

/// A name, or the beginning of one followed by `*`.
pub(in crate::catalog) fn fits(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |start| name.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_file_parses() {
        let file: File = serde_json::from_str(include_str!(concat!(env!("OUT_DIR"), "/catalog/allowed.json"))).unwrap();
        assert!(file.allow.iter().all(|allowance| !allowance.why.is_empty()));
    }
}
