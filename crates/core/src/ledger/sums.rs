//! Sums over attempts: what one row adds, and the group that comes of it.

use rusqlite::Row;
use rusqlite::types::ValueRef;

use super::histogram::Histogram;
use super::report::{Group, Quantiles, Rating};
use crate::usd::Usd;

/// What a row of the query adds to sums.
pub(super) struct Seen {
    /// Fresh, read, written short, written long, visible, reasoning.
    pub tokens: [u64; 6],
    cost: Option<i64>,
    saved: i64,
    first_byte_us: Option<u64>,
    total_us: u64,
    end: End,
    is_reserved: bool,
    /// Sum of the scores of its call, and how many there are.
    pub scores: Option<(u64, u64)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Answered,
    FromCache,
    Coalesced,
    Failed,
}

/// Sums.
#[derive(Default)]
pub(super) struct Sums {
    group: Group,
    cost_pico: i128,
    reserved_pico: i128,
    saved_pico: i128,
    latency: Histogram,
    first_byte: Histogram,
    scores: (u64, u64),
}

impl Seen {
    /// Reads a row of the query's columns.
    pub(super) fn read(row: &Row<'_>, cost: Option<i64>) -> rusqlite::Result<Seen> {
        let mut tokens = [0; 6];
        for (i, count) in tokens.iter_mut().enumerate() {
            *count = row.get::<_, i64>(10 + i)?.unsigned_abs();
        }
        Ok(Seen {
            tokens,
            cost,
            saved: row.get(17)?,
            first_byte_us: row.get::<_, Option<i64>>(18)?.map(i64::unsigned_abs),
            total_us: row.get::<_, i64>(19)?.unsigned_abs(),
            end: match row.get_ref(20)? {
                ValueRef::Text(b"answered") => End::Answered,
                ValueRef::Text(b"from_cache") => End::FromCache,
                ValueRef::Text(b"coalesced") => End::Coalesced,
                _ => End::Failed,
            },
            is_reserved: row.get_ref(21)? == ValueRef::Text(b"reserved"),
            scores: None,
        })
    }

    /// Whether somebody got an answer of it.
    pub(super) fn is_answer(&self) -> bool {
        self.end != End::Failed
    }

    /// Whether no provider was asked.
    pub(super) fn is_saved(&self) -> bool {
        matches!(self.end, End::FromCache | End::Coalesced)
    }

    pub(super) fn input(&self) -> u64 {
        self.tokens[..4].iter().sum()
    }

    pub(super) fn output(&self) -> u64 {
        self.tokens[4..].iter().sum()
    }
}

impl Sums {
    pub(super) fn add(&mut self, seen: &Seen) {
        let group = &mut self.group;
        group.attempts += 1;
        match seen.end {
            End::Answered => group.answered += 1,
            End::FromCache => group.from_cache += 1,
            End::Coalesced => group.coalesced += 1,
            End::Failed => group.failed += 1,
        }
        group.input_tokens += seen.input();
        group.cache_read_tokens += seen.tokens[1];
        group.cache_write_tokens += seen.tokens[2] + seen.tokens[3];
        group.output_tokens += seen.output();
        group.reasoning_tokens += seen.tokens[5];
        match seen.cost {
            Some(pico) => {
                self.cost_pico += i128::from(pico);
                self.reserved_pico += if seen.is_reserved { i128::from(pico) } else { 0 };
            }
            None => group.unpriced += 1,
        }
        self.saved_pico += i128::from(seen.saved);
        if seen.end == End::Answered {
            self.latency.add(seen.total_us);
            if let Some(micros) = seen.first_byte_us {
                self.first_byte.add(micros);
            }
        }
        if let Some((sum, n)) = seen.scores {
            self.scores.0 += sum;
            self.scores.1 += n;
        }
    }

    pub(super) fn group(self, name: Option<String>) -> Group {
        let quantiles = |histogram: &Histogram| {
            let at = |percent| histogram.percentile(percent).map(|micros| (micros + 500) / 1000);
            Some(Quantiles { p50_ms: at(50)?, p95_ms: at(95)? })
        };
        let (sum, n) = self.scores;
        Group {
            name,
            cost_usd: Usd::from_pico(self.cost_pico),
            reserved_usd: Usd::from_pico(self.reserved_pico),
            saved_usd: Usd::from_pico(self.saved_pico),
            latency: quantiles(&self.latency),
            first_byte: quantiles(&self.first_byte),
            feedback: (n > 0).then(|| Rating { n, mean_permille: (sum + n / 2) / n }),
            ..self.group
        }
    }
}
