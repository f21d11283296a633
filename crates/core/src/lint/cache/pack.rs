//! What was found in a file as bytes, and back: numbers in seven-bit groups, texts with their length before them. The path
//! is not among them, as who asks for a file knows it. Whatever is not as it was written is `None`.

use std::ops::Range;

use crate::lint::diagnostic::{Applicability, Change, Diagnostic, Finding, Fix, Saving, Severity};
use crate::lint::rule::{Mark, Rule};
use crate::lint::rules::RULES;
use crate::lint::run::Linted;
use crate::usd::Usd;

/// As bytes.
pub(super) fn pack(linted: &Linted) -> Vec<u8> {
    let mut out = Writer::default();
    out.number(linted.n_prompts as u64);
    out.number(linted.n_tokens);
    out.usd(linted.usd_per_1k);
    out.number(linted.n_unpriced as u64);
    out.number(linted.n_suppressed as u64);
    out.list(&linted.diagnostics, |out, diagnostic| {
        out.text(diagnostic.rule.code);
        out.number(diagnostic.severity as u64);
        out.maybe(diagnostic.calls_per_month.as_ref(), |out, n| out.number(*n));
        finding(out, &diagnostic.finding);
    });
    out.list(&linted.marks, |out, (rule, mark)| {
        out.text(rule.code);
        out.range(&mark.span);
        out.number(mark.line as u64);
        out.0.extend(mark.key.to_le_bytes());
        out.number(mark.tokens);
        out.text(&mark.words);
        out.maybe(mark.saving.as_ref(), saving);
    });
    out.0
}

fn finding(out: &mut Writer, finding: &Finding) {
    out.range(&finding.span);
    out.text(&finding.message);
    out.list(&finding.labels, |out, (span, label)| {
        out.range(span);
        out.text(label);
    });
    out.list(&finding.notes, |out, note| out.text(note));
    out.maybe(finding.help.as_ref(), |out, help| out.text(help));
    out.maybe(finding.saving.as_ref(), saving);
    out.maybe(finding.fix.as_ref(), |out, fix| {
        out.text(&fix.title);
        out.number(fix.applicability as u64);
        out.list(&fix.changes, |out, change| {
            out.range(&change.span);
            out.text(&change.text);
        });
    });
    out.list(&finding.redact, Writer::range);
}

fn saving(out: &mut Writer, saving: &Saving) {
    out.maybe(saving.tokens.as_ref(), |out, tokens| out.0.extend(tokens.to_le_bytes()));
    out.maybe(saving.usd_per_1k.as_ref(), |out, usd| out.usd(*usd));
    out.maybe(saving.usd_per_1k_cached.as_ref(), |out, usd| out.usd(*usd));
}

#[derive(Default)]
struct Writer(Vec<u8>);

impl Writer {
    fn number(&mut self, mut n: u64) {
        while n >= 0x80 {
            self.0.push(n as u8 | 0x80);
            n >>= 7;
        }
        self.0.push(n as u8);
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.extend(text.as_bytes());
    }

    fn range(&mut self, range: &Range<usize>) {
        self.number(range.start as u64);
        self.number(range.end as u64);
    }

    fn usd(&mut self, usd: Usd) {
        self.0.extend(usd.pico().to_le_bytes());
    }

    fn list<T>(&mut self, all: &[T], one: impl Fn(&mut Writer, &T)) {
        self.number(all.len() as u64);
        for item in all {
            one(self, item);
        }
    }

    fn maybe<T>(&mut self, it: Option<&T>, one: impl Fn(&mut Writer, &T)) {
        self.number(u64::from(it.is_some()));
        if let Some(it) = it {
            one(self, it);
        }
    }
}

/// Back from bytes.
pub(super) fn unpack(bytes: &[u8], shown: &str) -> Option<Linted> {
    let mut of = Reader(bytes);
    let linted = Linted {
        n_prompts: of.size()?,
        n_tokens: of.number()?,
        usd_per_1k: of.usd()?,
        n_unpriced: of.size()?,
        n_suppressed: of.size()?,
        diagnostics: of.list(|of| {
            let rule = of.rule()?;
            let severity = of.severity()?;
            let calls_per_month = of.maybe(Reader::number)?;
            Some(Diagnostic { rule, severity, path: shown.to_owned(), finding: of.finding()?, calls_per_month })
        })?,
        marks: of.list(|of| {
            let rule = of.rule()?;
            let mark = Mark {
                path: shown.to_owned(),
                span: of.range()?,
                line: of.size()?,
                key: u128::from_le_bytes(of.bytes()?),
                tokens: of.number()?,
                words: of.text()?,
                saving: of.maybe(Reader::saving)?,
            };
            Some((rule, mark))
        })?,
    };
    of.0.is_empty().then_some(linted)
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*bytes)
    }

    fn number(&mut self) -> Option<u64> {
        let mut n = 0_u64;
        for shift in (0..64).step_by(7) {
            let [byte] = self.bytes()?;
            n |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Some(n);
            }
        }
        None
    }

    fn size(&mut self) -> Option<usize> {
        self.number()?.try_into().ok()
    }

    fn text(&mut self) -> Option<String> {
        let n = self.size()?;
        let (text, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(std::str::from_utf8(text).ok()?.to_owned())
    }

    fn range(&mut self) -> Option<Range<usize>> {
        let start = self.size()?;
        Some(start..self.size()?)
    }

    fn usd(&mut self) -> Option<Usd> {
        Some(Usd::from_pico(i128::from_le_bytes(self.bytes()?)))
    }

    fn list<T>(&mut self, one: impl Fn(&mut Self) -> Option<T>) -> Option<Vec<T>> {
        let n = self.size()?;
        (0..n).map(|_| one(self)).collect()
    }

    /// Outer `None` for damage, inner for nothing.
    #[allow(clippy::option_option, reason = "damaged, or not there")]
    fn maybe<T>(&mut self, one: impl Fn(&mut Self) -> Option<T>) -> Option<Option<T>> {
        match self.number()? {
            0 => Some(None),
            1 => Some(Some(one(self)?)),
            _ => None,
        }
    }

    fn rule(&mut self) -> Option<&'static Rule> {
        let code = self.text()?;
        RULES.iter().find(|rule| rule.code == code).copied()
    }

    fn severity(&mut self) -> Option<Severity> {
        let n = self.number()?;
        [Severity::Info, Severity::Warning, Severity::Error].into_iter().find(|severity| *severity as u64 == n)
    }

    fn applicability(&mut self) -> Option<Applicability> {
        let n = self.number()?;
        [Applicability::Display, Applicability::Unsafe, Applicability::Safe].into_iter().find(|one| *one as u64 == n)
    }

    fn saving(&mut self) -> Option<Saving> {
        Some(Saving {
            tokens: self.maybe(|of| Some(i64::from_le_bytes(of.bytes()?)))?,
            usd_per_1k: self.maybe(Self::usd)?,
            usd_per_1k_cached: self.maybe(Self::usd)?,
        })
    }

    fn finding(&mut self) -> Option<Finding> {
        Some(Finding {
            span: self.range()?,
            message: self.text()?,
            labels: self.list(|of| Some((of.range()?, of.text()?)))?,
            notes: self.list(Self::text)?,
            help: self.maybe(Self::text)?,
            saving: self.maybe(Self::saving)?,
            fix: self.maybe(|of| {
                Some(Fix {
                    title: of.text()?,
                    applicability: of.applicability()?,
                    changes: of.list(|of| Some(Change { span: of.range()?, text: of.text()? }))?,
                })
            })?,
            redact: self.list(Self::range)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_comes_back() {
        let saving = Saving {
            tokens: Some(-3),
            usd_per_1k: Some(Usd::from_pico(-7)),
            usd_per_1k_cached: Some(Usd::from_pico(1 << 70)),
        };
        let changes = vec![Change { span: 1..300, text: "é".to_owned() }];
        let finding = Finding::at(5..700, "why")
            .label(2..3, "here")
            .note("what else")
            .help("do")
            .saves(saving)
            .redact(9..10)
            .fix("mend", Applicability::Unsafe, Some(changes));
        let path = "a/b.md".to_owned();
        let mark = Mark {
            path: path.clone(),
            span: 3..4,
            line: 2,
            key: u128::MAX - 5,
            tokens: u64::MAX,
            words: "w".to_owned(),
            saving: None,
        };
        let of = |rule: usize, severity, finding: &Finding, calls_per_month| Diagnostic {
            rule: RULES[rule],
            severity,
            path: path.clone(),
            finding: finding.clone(),
            calls_per_month,
        };
        let linted = Linted {
            diagnostics: vec![
                of(0, Severity::Error, &finding, Some(128)),
                of(1, Severity::Warning, &Finding::at(0..0, ""), None),
                of(RULES.len() - 1, Severity::Info, &finding, Some(0)),
            ],
            marks: vec![(RULES[2], mark)],
            n_prompts: 3,
            n_tokens: 1 << 40,
            usd_per_1k: Usd::from_pico(123),
            n_unpriced: 1,
            n_suppressed: 2,
        };
        let bytes = pack(&linted);
        assert_eq!(format!("{:?}", unpack(&bytes, &path).unwrap()), format!("{linted:?}"));
        for at in 0..bytes.len() {
            assert!(unpack(&bytes[..at], &path).is_none(), "{at}");
        }
    }
}
