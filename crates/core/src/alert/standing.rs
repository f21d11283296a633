//! Which alerts stand. One begins when its value is over the threshold and ends only when it is well below, so that a value that
//! goes to and fro around the threshold is told once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::{Alert, Figures, Kind, State};
use crate::clock::Timestamp;

/// A value is well below when it is so many thousandths of the threshold.
const CLEAR_PERMILLE: i128 = 900;

/// Where a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Level {
    /// Over the threshold: an alert begins, or goes on.
    Over,
    /// Between: what stands stays, nothing begins. Also where too little is known to say.
    Near,
    /// Well below: an alert ends.
    Under,
}

impl Level {
    /// Of a value that is bad when it is high.
    pub(super) fn of(value: i128, threshold: i128) -> Level {
        if value >= threshold {
            Level::Over
        } else if value.saturating_mul(1000) > threshold.saturating_mul(CLEAR_PERMILLE) {
            Level::Near
        } else {
            Level::Under
        }
    }

    /// Of a value that is bad when it is low.
    pub(super) fn of_low(value: i128, threshold: i128) -> Level {
        if value < threshold {
            Level::Over
        } else if value.saturating_mul(CLEAR_PERMILLE) < threshold.saturating_mul(1000) {
            Level::Near
        } else {
            Level::Under
        }
    }
}

/// What a watch saw of one subject.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    /// Tells subjects apart: names whole, however long.
    pub key: Arc<str>,
    /// As it is shown.
    pub subject: Arc<str>,
    pub level: Level,
    pub text: String,
    pub figures: Figures,
}

/// Whose readings they are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Owner<'a> {
    /// Of one's own: alerts that nobody configured do not meet those of the same name that somebody did.
    pub is_built_in: bool,
    pub name: &'a Arc<str>,
    pub kind: Kind,
    pub repeat: Duration,
}

/// All that stand.
#[derive(Debug, Default)]
pub(super) struct Board(BTreeMap<(bool, Arc<str>), BTreeMap<Arc<str>, Standing>>);

#[derive(Debug)]
struct Standing {
    subject: Arc<str>,
    told: Timestamp,
    text: String,
    figures: Figures,
}

impl Board {
    /// Takes all that a watch sees now. A subject that is not among it is well below. Returns what is to be told, by subject.
    pub(super) fn step(&mut self, owner: Owner<'_>, now: Timestamp, readings: Vec<Reading>) -> Vec<Alert> {
        let standing = self.0.entry((owner.is_built_in, Arc::clone(owner.name))).or_default();
        let alert = |state, subject: &Arc<str>, text, figures| Alert {
            name: Arc::clone(owner.name),
            kind: owner.kind,
            state,
            subject: Arc::clone(subject),
            text,
            figures,
            at: now,
        };
        let mut told = Vec::new();
        let mut gone = std::mem::take(standing);
        for Reading { key, subject, level, text, figures } in readings {
            let known = gone.remove(&key);
            let mut keep = |told, text, figures| {
                let subject = Arc::clone(&subject);
                standing.insert(Arc::clone(&key), Standing { subject, told, text, figures });
            };
            match (known, level) {
                (None, Level::Over) => {
                    keep(now, text.clone(), figures.clone());
                    told.push(alert(State::Raised, &subject, text, figures));
                }
                (None, _) => {}
                (Some(_), Level::Under) => {
                    told.push(alert(State::Cleared, &subject, format!("over: {text}"), figures));
                }
                (Some(before), _) => {
                    // A clock that was set back must not silence what holds.
                    let since = now.duration_since(before.told.min(now)).unsigned_abs();
                    let is_again = since >= owner.repeat;
                    keep(if is_again { now } else { before.told.min(now) }, text.clone(), figures.clone());
                    if is_again {
                        told.push(alert(State::Repeated, &subject, text, figures));
                    }
                }
            }
        }
        for (_, before) in gone {
            told.push(alert(State::Cleared, &before.subject, format!("over: {}", before.text), before.figures));
        }
        told.sort_by(|one, other| one.subject.cmp(&other.subject));
        told
    }

    /// Forgets the alerts of all owners but these, without a word: nobody watches them any more.
    pub(super) fn keep_only(&mut self, is_kept: impl Fn(bool, &str) -> bool) {
        self.0.retain(|(is_built_in, name), _| is_kept(*is_built_in, name));
    }

    /// How many stand.
    pub(super) fn len(&self) -> usize {
        self.0.values().map(BTreeMap::len).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + second).unwrap()
    }

    /// The states told for values against a threshold of 100, one each 60 seconds, repeated after 150.
    fn check(values: &[Option<i128>], expected: &[Option<State>]) {
        let (mut board, name) = (Board::default(), Arc::from("a"));
        let owner = Owner { is_built_in: false, name: &name, kind: Kind::Spent, repeat: Duration::from_secs(150) };
        for (i, (value, expected)) in (0..).zip(values.iter().zip(expected)) {
            let reading = value.map(|value| Reading {
                key: "k".into(),
                subject: "s".into(),
                level: Level::of(value, 100),
                text: String::new(),
                figures: Figures::new(),
            });
            let told = board.step(owner, at(i * 60), reading.into_iter().collect());
            assert_eq!(told.first().map(|alert| alert.state), *expected, "{i} of {values:?}");
            assert!(told.len() <= 1);
        }
    }

    #[test]
    fn told_once_again_after_a_while_and_at_the_end() {
        use State::{Cleared, Raised, Repeated};
        check(&[Some(99), Some(100), Some(95), Some(101), Some(90)], &[None, Some(Raised), None, None, Some(Cleared)]);
        // What goes to and fro is told once; what holds is told again.
        check(
            &[Some(100), Some(99), Some(100), Some(99), Some(100)],
            &[Some(Raised), None, None, Some(Repeated), None],
        );
        // Gone is well below.
        check(&[Some(200), None, None, Some(100)], &[Some(Raised), Some(Cleared), None, Some(Raised)]);
    }

    #[test]
    fn a_clock_set_back_silences_nothing() {
        let (mut board, name) = (Board::default(), Arc::from("a"));
        let owner = Owner { is_built_in: false, name: &name, kind: Kind::Spent, repeat: Duration::from_secs(100) };
        let over = || Reading {
            key: "k".into(),
            subject: "s".into(),
            level: Level::Over,
            text: String::new(),
            figures: Figures::new(),
        };
        let mut states = Vec::new();
        for second in [1_000_000, 0, 99, 100] {
            states.extend(board.step(owner, at(second), vec![over()]).iter().map(|alert| alert.state));
        }
        assert_eq!(states, [State::Raised, State::Repeated]);
    }

    #[test]
    fn low_values_have_their_margin_too() {
        for (value, level) in [(49, Level::Over), (50, Level::Near), (55, Level::Near), (56, Level::Under)] {
            assert_eq!(Level::of_low(value, 50), level, "{value}");
        }
        assert_eq!(Level::of(i128::MAX, i128::MAX), Level::Over);
        assert_eq!(Level::of(0, 1), Level::Under);
    }
}
