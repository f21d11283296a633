//! Reading session logs, whose lines depend on each other, one after another.

use std::io::BufRead;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::format::json;

/// A longer line is no event of a session.
const LONGEST_LINE: u64 = 256 << 20;

/// Gives each line parsed, with its number; blank lines are left out. `take` answers false to stop.
pub(super) fn each_line(reader: &mut dyn BufRead, mut take: impl FnMut(u64, Result<Value>) -> bool) -> Result<()> {
    let mut bytes = Vec::new();
    for number in 1.. {
        bytes.clear();
        let n = std::io::Read::take(&mut *reader, LONGEST_LINE)
            .read_until(b'\n', &mut bytes)
            .map_err(|error| super::chunk::broken(error, number))?;
        if n == 0 {
            return Ok(());
        }
        if n as u64 == LONGEST_LINE && !bytes.ends_with(b"\n") {
            return Err(super::chunk::too_long(n).at_line(number));
        }
        let line = bytes.trim_ascii();
        if line.is_empty() {
            continue;
        }
        let value = std::str::from_utf8(line)
            .map_err(|error| {
                Error::input(format!("the text is not UTF-8 at byte {} of the line", error.valid_up_to() + 1))
            })
            .and_then(json::parse)
            .map_err(|error| error.at_line(number));
        if !take(number, value) {
            return Ok(());
        }
    }
    Ok(())
}

/// The last part of a path: the project that a session works in.
pub(super) fn last_part(path: &str) -> &str {
    path.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next().unwrap_or(path)
}
