//! `qicai schema`: the GraphQL schema as text.

use std::io::Write;
use std::process::ExitCode;

use crate::graphql;

/// Prints the sorted SDL.
#[must_use]
pub fn run() -> ExitCode {
    // A reader that has seen enough closes the pipe; that is no fault.
    let _ = std::io::stdout().write_all(graphql::sdl().as_bytes());
    ExitCode::SUCCESS
}
