//! The command line: parse, call, map the result to an exit code. What a command does stands in `commands/`, what a
//! report looks like in `render/`; the figures come from the library.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use promptopt::error::Error;

mod args;
mod commands;
mod compare;
mod gates;
mod git;
#[cfg(feature = "lsp")]
mod lsp;
mod output;
mod overlay;
mod progress;
mod render;
mod settings;
mod steer;
mod watch;

use args::Cli;
use commands::Outcome;
use settings::Settings;

/// Workers of an estimate take and give back many small pieces of memory, some of them across threads.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Everything went well.
const OK: u8 = 0;
/// A gate that the caller asked for (`--budget`, …) says no, or `lint` found something. The report is written all the same.
const GATE: u8 = 1;
/// The command line, the input or the machine is at fault. clap uses the same code for a wrong option.
const FAILED: u8 = 2;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let settings = Settings::read(&cli.screen);
    let (code, errors) = match commands::run(cli.command, &settings) {
        Ok(Outcome { errors, .. }) if !errors.is_empty() => (FAILED, errors),
        Ok(Outcome { failed_gates, is_failed, .. }) => {
            (if is_failed || !failed_gates.is_empty() { GATE } else { OK }, failed_gates)
        }
        Err(error) => (FAILED, vec![error]),
    };
    for error in errors {
        complain(&error, &settings);
    }
    ExitCode::from(code)
}

/// `error: …`, and `help: …` on a line of its own. Nobody is left to be told if stderr is closed.
fn complain(error: &Error, settings: &Settings) {
    let mut stderr = std::io::stderr().lock();
    let text = render::problem(error, settings.color_on_stderr);
    let _closed = stderr.write_all(text.as_bytes());
}
