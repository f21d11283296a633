//! What the surroundings say: terminal, width, colour, folders. The only place of the command line that reads the
//! environment; an option on the command line beats a variable, and a variable beats what the terminal says of itself.

use std::io::IsTerminal;
use std::path::PathBuf;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use promptopt::clock::{Clock, SystemClock};

use crate::args::{ColorChoice, ScreenArgs};

/// Width of what goes to a file or a pipe, where no terminal says how wide it is.
const WIDTH_OF_A_FILE: usize = 100;
/// Beyond this a line is hard to follow with the eye.
const WIDEST: usize = 140;
/// Below this nothing can be aligned.
const NARROWEST: usize = 30;

/// The surroundings, resolved.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is asked of another stream")]
pub(crate) struct Settings {
    /// Columns for text.
    pub(crate) width: usize,
    /// Whether somebody looks at stdout.
    pub(crate) stdout_is_terminal: bool,
    /// Whether the report may have colours when it goes to stdout.
    pub(crate) color_on_stdout: bool,
    /// Whether messages may have colours.
    pub(crate) color_on_stderr: bool,
    /// Whether a progress line would be seen by somebody.
    pub(crate) watched: bool,
    /// Where overlays of the price catalogue are looked for: `$PROMPTOPT_CONFIG_DIR`, `$XDG_CONFIG_HOME/promptopt`,
    /// `~/.config/promptopt`.
    pub(crate) config_dir: Option<PathBuf>,
    /// What can be made again at any time: `$XDG_CACHE_HOME/promptopt`, `~/.cache/promptopt`.
    pub(crate) cache_dir: Option<PathBuf>,
}

impl Settings {
    /// Reads them, once.
    pub(crate) fn read(screen: &ScreenArgs) -> Self {
        let stdout_is_terminal = std::io::stdout().is_terminal();
        let stderr_is_terminal = std::io::stderr().is_terminal();
        Settings {
            width: width(screen.width, variable("COLUMNS").as_deref(), terminal_width()),
            stdout_is_terminal,
            color_on_stdout: color(screen.color, &ColorVariables::read(), stdout_is_terminal),
            color_on_stderr: color(screen.color, &ColorVariables::read(), stderr_is_terminal),
            watched: stderr_is_terminal && !screen.no_progress && variable("TERM").as_deref() != Some("dumb"),
            config_dir: config_dir(),
            cache_dir: cache_dir(),
        }
    }
}

/// The variables by which users say what they think of colours: <https://no-color.org>, <https://bixense.com/clicolors>.
#[derive(Default)]
struct ColorVariables {
    no_color: bool,
    clicolor_force: bool,
    dumb: bool,
}

impl ColorVariables {
    fn read() -> Self {
        let is_set = |name| variable(name).is_some_and(|value| !value.is_empty());
        ColorVariables {
            no_color: is_set("NO_COLOR"),
            clicolor_force: variable("CLICOLOR_FORCE").is_some_and(|value| !value.is_empty() && value != "0"),
            dumb: variable("TERM").as_deref() == Some("dumb"),
        }
    }
}

fn color(choice: ColorChoice, variables: &ColorVariables, is_terminal: bool) -> bool {
    match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto if variables.no_color => false,
        ColorChoice::Auto if variables.clicolor_force => true,
        ColorChoice::Auto => is_terminal && !variables.dumb,
    }
}

fn width(option: Option<usize>, columns: Option<&str>, terminal: Option<usize>) -> usize {
    let said = columns.and_then(|text| text.trim().parse().ok()).filter(|n| *n > 0);
    option.or(said).or(terminal.map(|n| n.min(WIDEST))).unwrap_or(WIDTH_OF_A_FILE).max(NARROWEST)
}

fn terminal_width() -> Option<usize> {
    // Stdout alone: a report that goes to a file must not depend on the window in which it was made.
    std::io::stdout().is_terminal().then(terminal_size::terminal_size).flatten().map(|(width, _)| usize::from(width.0))
}

/// Today, in UTC.
pub(crate) fn today() -> Date {
    SystemClock.now().to_zoned(TimeZone::UTC).date()
}

/// Tells this program from every other build of it, where one lies in the place of another: its version, size and age.
pub(crate) fn program() -> String {
    let file = std::env::current_exe().and_then(|path| path.metadata()).ok();
    let age = file.as_ref().and_then(|file| file.modified().ok());
    format!("{} {:?} {age:?}", env!("CARGO_PKG_VERSION"), file.as_ref().map(std::fs::Metadata::len))
}

fn cache_dir() -> Option<PathBuf> {
    folder("XDG_CACHE_HOME").or_else(|| folder("HOME").map(|home| home.join(".cache"))).map(|dir| dir.join("promptopt"))
}

fn folder(name: &str) -> Option<PathBuf> {
    variable(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

fn config_dir() -> Option<PathBuf> {
    folder("PROMPTOPT_CONFIG_DIR")
        .or_else(|| folder("XDG_CONFIG_HOME").map(|dir| dir.join("promptopt")))
        .or_else(|| folder("HOME").map(|home| home.join(".config").join("promptopt")))
}

#[allow(clippy::disallowed_methods, reason = "this is the door to the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_option_beats_a_variable_and_a_variable_the_terminal() {
        let no_color = ColorVariables { no_color: true, ..ColorVariables::default() };
        let force = ColorVariables { clicolor_force: true, ..ColorVariables::default() };
        assert!(color(ColorChoice::Always, &no_color, false));
        assert!(!color(ColorChoice::Auto, &no_color, true));
        assert!(color(ColorChoice::Auto, &force, false));
        assert!(!color(ColorChoice::Never, &force, true));
        assert!(color(ColorChoice::Auto, &ColorVariables::default(), true));
        assert!(!color(ColorChoice::Auto, &ColorVariables::default(), false));
    }

    #[test]
    fn a_width_is_never_too_small_to_print_in_nor_too_wide_to_read() {
        assert_eq!(width(Some(60), Some("200"), Some(80)), 60);
        assert_eq!(width(None, Some("200"), Some(80)), 200);
        assert_eq!(width(None, Some("0"), Some(300)), WIDEST);
        assert_eq!(width(None, Some("wide"), None), WIDTH_OF_A_FILE);
        assert_eq!(width(Some(3), None, None), NARROWEST);
    }
}
