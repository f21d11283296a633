//! A line on stderr while a long input is read: how far, how fast, how long still. It appears after half a second, is
//! drawn at most ten times a second, takes itself away at the end, and is not there at all when nobody watches.

use std::io::Write;
use std::sync::Mutex;

use promptopt::clock::{Clock, SystemClock, Timestamp};

const APPEARS_AFTER_MS: i64 = 500;
const DRAWN_EVERY_MS: i64 = 100;

/// How far a reading is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Done {
    /// Bytes read of the files as they lie on disk.
    pub(crate) bytes: u64,
    /// Bytes in all; 0 if not known (stdin).
    pub(crate) total_bytes: u64,
    /// Records found so far.
    pub(crate) records: u64,
}

/// The line. Shared by the reading threads.
pub(crate) struct Progress {
    clock: Box<dyn Clock>,
    state: Option<Mutex<State>>,
    width: usize,
}

struct State {
    began: Timestamp,
    drawn: Option<Timestamp>,
}

impl Progress {
    /// Begins now. If nobody watches, nothing is ever written.
    pub(crate) fn begin(watched: bool, width: usize) -> Self {
        let clock = SystemClock;
        let state = watched.then(|| Mutex::new(State { began: clock.now(), drawn: None }));
        Progress { clock: Box::new(clock), state, width }
    }

    /// Draws the line if it is time to. A thread that finds another one drawing goes on with its work.
    pub(crate) fn tell(&self, done: Done) {
        let Some(Ok(mut state)) = self.state.as_ref().map(Mutex::try_lock) else { return };
        let now = self.clock.now();
        let since_begin = now.as_millisecond() - state.began.as_millisecond();
        let is_due = state.drawn.is_none_or(|drawn| now.as_millisecond() - drawn.as_millisecond() >= DRAWN_EVERY_MS);
        if since_begin < APPEARS_AFTER_MS || !is_due {
            return;
        }
        state.drawn = Some(now);
        let text = line(done, since_begin, self.width);
        let mut stderr = std::io::stderr().lock();
        let _closed = write!(stderr, "\r{text}\x1b[K").and_then(|()| stderr.flush());
    }

    fn wipe(&self) {
        let was_drawn = self.state.as_ref().is_some_and(|state| state.lock().is_ok_and(|state| state.drawn.is_some()));
        if was_drawn {
            let _closed = write!(std::io::stderr().lock(), "\r\x1b[K");
        }
    }
}

/// The report or the error message follows on a clean line, whichever way the reading ended.
impl Drop for Progress {
    fn drop(&mut self) {
        self.wipe();
    }
}

/// `reading  34 %  1.2 of 3.6 GB  120 MB/s  84,210 records  20 s left`
fn line(done: Done, elapsed_ms: i64, width: usize) -> String {
    let seconds = elapsed_ms.max(1) as f64 / 1000.0;
    let rate = done.bytes as f64 / seconds;
    let mut parts = vec!["reading".to_owned()];
    if done.total_bytes > 0 {
        let share = (done.bytes as f64 / done.total_bytes as f64).min(1.0);
        parts.push(format!("{:3.0} %", share * 100.0));
    }
    parts.push(format!("{}/s", bytes(rate)));
    parts.push(format!("{} records", promptopt::usd::group_thousands(done.records.into())));
    let left = done.total_bytes.saturating_sub(done.bytes) as f64;
    if left > 0.0 && rate > 0.0 {
        parts.push(format!("{} left", duration(left / rate)));
    }
    let mut text = parts.join("  ");
    while text.chars().count() >= width.max(8) && parts.len() > 2 {
        parts.pop();
        text = parts.join("  ");
    }
    text
}

fn bytes(n: f64) -> String {
    let (scaled, unit) = match n {
        n if n >= 1e9 => (n / 1e9, "GB"),
        n if n >= 1e6 => (n / 1e6, "MB"),
        n => (n / 1e3, "kB"),
    };
    if scaled < 10.0 { format!("{scaled:.1} {unit}") } else { format!("{scaled:.0} {unit}") }
}

fn duration(seconds: f64) -> String {
    let seconds = seconds.ceil() as u64;
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {:02} s", seconds / 60, seconds % 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_says_how_far_how_fast_and_how_long_still() {
        let done = Done { bytes: 1_200_000_000, total_bytes: 3_600_000_000, records: 84_210 };
        assert_eq!(line(done, 10_000, 100), "reading   33 %  120 MB/s  84,210 records  20 s left");
        assert_eq!(line(done, 10_000, 40), "reading   33 %  120 MB/s");
        let piped = Done { bytes: 5_000, total_bytes: 0, records: 3 };
        assert_eq!(line(piped, 1_000, 100), "reading  5.0 kB/s  3 records");
    }

    #[test]
    fn durations_are_told_in_two_units_at_most() {
        assert_eq!(duration(59.2), "1 min 00 s");
        assert_eq!(duration(3_725.0), "1 h 02 min");
    }

    #[test]
    fn nobody_watching_means_nothing_is_drawn() {
        let progress = Progress::begin(false, 80);
        progress.tell(Done::default());
        assert!(progress.state.is_none());
    }
}
