//! An error as the user sees it: what, where, why on one line; what to do on the next.

use promptopt::error::Error;

use super::clean;
use super::page::{Page, Style};

/// `error: …` and `help: …`.
pub(crate) fn problem(error: &Error, color: bool) -> String {
    // A message is not wrapped: it is searched for and copied.
    let mut page = Page::new(usize::MAX, color);
    let mut full = error.to_string();
    if let Some(advice) = error.advice() {
        let in_brackets = format!(" ({advice})");
        full.truncate(full.strip_suffix(in_brackets.as_str()).map_or(full.len(), str::len));
    }
    page.line().add("error: ", Style::Bad).add(clean(&full), Style::Plain);
    if let Some(advice) = error.advice() {
        page.line().add("help: ", Style::Accent).add(clean(advice), Style::Plain);
    }
    page.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_advice_has_a_line_of_its_own() {
        let error = Error::input("no \u{1b}[31mred").in_file("a.jsonl").at_line(3).help("mend it");
        assert_eq!(problem(&error, false), "error: a.jsonl:3: no \\x1b[31mred\nhelp: mend it\n");
    }
}
