//! Known findings, which are not shown again: so that a team can begin with prompts as they are. A finding is known by its
//! file, its rule and the text it points at, not by its line, which moves; so often as it stood there. A baseline only
//! shrinks: what is mended goes, nothing new comes in.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::diagnostic::Diagnostic;
use crate::error::{Error, Kind, Result};

/// Version of the file's form.
const VERSION: u32 = 1;

/// Known findings, and how often each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    known: BTreeMap<Entry, u64>,
}

/// What a finding is known by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The file, seen from the baseline's folder, with `/`.
    pub path: String,
    /// Code of the rule.
    pub rule: String,
    /// Digest of the text that the finding points at.
    pub text: String,
}

/// What a baseline left of findings.
#[derive(Debug, Default)]
pub struct Filtered {
    /// New ones, in their order.
    pub fresh: Vec<Diagnostic>,
    /// How many were known.
    pub n_known: usize,
    /// Entries that match nothing any more, and how often: `--write-baseline` drops them.
    pub stale: Vec<(Entry, u64)>,
}

/// How a run sees its findings.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The text of a file, by the path as shown.
    pub text_of: &'a dyn Fn(&str) -> Option<Arc<str>>,
    /// The path as shown, seen from the baseline's folder.
    pub path_of: &'a dyn Fn(&str) -> String,
    /// Whether the run looked for a rule in a file (seen from the baseline's folder), or the file is gone: only then can an
    /// entry be stale.
    pub is_judged: &'a dyn Fn(&str, &str) -> bool,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    path: String,
    rule: String,
    text: String,
    #[serde(default = "one", skip_serializing_if = "is_one")]
    n: u64,
}

#[derive(Deserialize)]
struct Document {
    version: u32,
    findings: Vec<Row>,
}

impl Baseline {
    /// Reads a file's text; `file` is its name for errors.
    pub fn parse(text: &str, file: &str) -> Result<Baseline> {
        let bad = |message: String| {
            Error::new(Kind::Config, message).in_file(file).help("`promptopt lint --write-baseline` writes such a file")
        };
        let document: Document = serde_json::from_str(text).map_err(|cause| {
            let line = cause.line() as u64;
            bad("this is no baseline".to_owned()).at_line(line).because(cause)
        })?;
        if document.version != VERSION {
            return Err(bad(format!("version {} of the baseline is not known, {VERSION} is", document.version)));
        }
        let mut known = BTreeMap::new();
        for row in document.findings {
            let n: &mut u64 = known.entry(Entry { path: row.path, rule: row.rule, text: row.text }).or_default();
            *n = n.saturating_add(row.n);
        }
        Ok(Baseline { known })
    }

    /// All of these findings.
    pub fn of(diagnostics: &[Diagnostic], scene: &Scene<'_>) -> Baseline {
        let mut known = BTreeMap::new();
        for diagnostic in diagnostics {
            *known.entry(entry(diagnostic, scene)).or_default() += 1;
        }
        Baseline { known }
    }

    /// Leaves out what is known. Of findings that are alike, those that stand first are the known ones.
    pub fn filter(&self, diagnostics: Vec<Diagnostic>, scene: &Scene<'_>) -> Filtered {
        let mut left = self.known.clone();
        let mut filtered = Filtered::default();
        for diagnostic in diagnostics {
            match left.get_mut(&entry(&diagnostic, scene)) {
                Some(n) if *n > 0 => {
                    *n -= 1;
                    filtered.n_known += 1;
                }
                _ => filtered.fresh.push(diagnostic),
            }
        }
        filtered.stale =
            left.into_iter().filter(|(entry, n)| *n > 0 && (scene.is_judged)(&entry.path, &entry.rule)).collect();
        filtered
    }

    /// The baseline without what is stale.
    #[must_use]
    pub fn without(mut self, stale: &[(Entry, u64)]) -> Baseline {
        for (entry, n) in stale {
            if let Some(known) = self.known.get_mut(entry) {
                *known = known.saturating_sub(*n);
            }
        }
        self.known.retain(|_, n| *n > 0);
        self
    }

    /// Findings in it.
    pub fn len(&self) -> u64 {
        self.known.values().sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    /// The file's text: sorted, a line an entry, so that a change is a line in a review.
    pub fn to_json(&self) -> String {
        let rows = self.known.iter().map(|(entry, n)| Row {
            path: entry.path.clone(),
            rule: entry.rule.clone(),
            text: entry.text.clone(),
            n: *n,
        });
        // Texts and numbers: writing them cannot fail.
        let lines: Vec<String> = rows.filter_map(|row| serde_json::to_string(&row).ok()).collect();
        let inner = if lines.is_empty() { String::new() } else { format!("\n    {}\n  ", lines.join(",\n    ")) };
        format!("{{\n  \"version\": {VERSION},\n  \"findings\": [{inner}]\n}}\n")
    }
}

/// What a finding is known by.
pub fn entry(diagnostic: &Diagnostic, scene: &Scene<'_>) -> Entry {
    let text = (scene.text_of)(&diagnostic.path);
    Entry {
        path: (scene.path_of)(&diagnostic.path),
        rule: diagnostic.rule.code.to_owned(),
        text: digest(text.as_deref().unwrap_or_default(), diagnostic.finding.span.clone()),
    }
}

/// The digest of what stands in the span, blanks at line ends and the kind of line ends left out. Where the span is empty,
/// of its line.
fn digest(text: &str, span: std::ops::Range<usize>) -> String {
    let mut span = span;
    if span.is_empty() {
        let at = crate::text::floor(text, span.start);
        let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
        span = start..text[at..].find('\n').map_or(text.len(), |end| at + end);
    }
    let mut hasher = blake3::Hasher::new();
    for line in text.get(span).unwrap_or_default().lines() {
        hasher.update(line.trim_end().as_bytes());
        hasher.update(b"\n");
    }
    hasher.finalize().to_hex().chars().take(16).collect()
}

fn one() -> u64 {
    1
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_one(n: &u64) -> bool {
    *n == 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::{Finding, RULES, Severity};

    /// A finding of the first rule for each word `bad`.
    fn found(path: &str, text: &str) -> Vec<Diagnostic> {
        let rule = RULES.first().copied().unwrap();
        let spans = text.match_indices("bad").map(|(at, _)| {
            let end = text[at..].find('.').map_or(text.len(), |end| at + end);
            at..end
        });
        let diagnostic = |span| Diagnostic {
            rule,
            severity: Severity::Error,
            path: path.to_owned(),
            finding: Finding::at(span, "x"),
            calls_per_month: None,
        };
        spans.map(diagnostic).collect()
    }

    fn filter(baseline: &Baseline, path: &str, text: &str) -> (usize, usize, u64, Baseline) {
        let text_of = |_: &str| Some(Arc::from(text));
        let scene = Scene { text_of: &text_of, path_of: &str::to_owned, is_judged: &|of, _| of == path };
        let filtered = baseline.filter(found(path, text), &scene);
        let n_stale = filtered.stale.iter().map(|(_, n)| n).sum();
        (filtered.fresh.len(), filtered.n_known, n_stale, baseline.clone().without(&filtered.stale))
    }

    fn baseline(path: &str, text: &str) -> Baseline {
        let text_of = |_: &str| Some(Arc::from(text));
        let scene = Scene { text_of: &text_of, path_of: &str::to_owned, is_judged: &|_, _| true };
        Baseline::of(&found(path, text), &scene)
    }

    #[test]
    fn known_findings_stay_known_where_they_move_and_no_others_do() {
        let first = baseline("a.md", "bad one. bad two. bad two.");
        assert_eq!(first.len(), 3);
        for (path, text, fresh, known, stale) in [
            ("a.md", "bad one. bad two. bad two.", 0, 3, 0),
            ("a.md", "new line\r\n\nbad two. x bad one. bad two.", 0, 3, 0),
            ("a.md", "bad two. bad two. bad two. bad one.", 1, 3, 0),
            ("a.md", "bad one. bad three.", 1, 1, 2),
            ("a.md", "", 0, 0, 3),
            ("b.md", "bad one.", 1, 0, 0),
        ] {
            let (n_fresh, n_known, n_stale, _) = filter(&first, path, text);
            assert_eq!((n_fresh, n_known, n_stale), (fresh, known, stale), "{path} {text}");
        }
        let (.., smaller) = filter(&first, "a.md", "bad two. bad three.");
        assert_eq!(smaller.len(), 1);
        assert_eq!(filter(&smaller, "a.md", "bad one. bad two.").0, 1, "what went does not come back");
    }

    #[test]
    fn the_file_is_sorted_and_read_as_it_was_written() {
        let both = baseline("b/ä \"x\".md", "bad one. bad two. bad one.");
        let text = both.to_json();
        assert_eq!(Baseline::parse(&text, "base.json").unwrap(), both);
        assert_eq!(text.lines().count(), 7, "{text}");
        assert!(text.contains(r#","n":2}"#), "{text}");
        assert_eq!(Baseline::parse(&Baseline::default().to_json(), "x").unwrap(), Baseline::default());
        for wrong in ["", "{}", r#"{"version": 2, "findings": []}"#, r#"{"version": 1, "findings": [{"path": "x"}]}"#] {
            let error = Baseline::parse(wrong, "base.json").unwrap_err();
            assert!(error.to_string().starts_with("base.json"), "{error}");
        }
    }
}
