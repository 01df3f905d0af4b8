//! `chiron completions`: what a shell needs to complete the command line.

use std::process::ExitCode;

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::output;
use crate::cli::Cli;

pub(super) fn completions(shell: Shell) -> ExitCode {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "chiron", &mut script);
    output::print(&script).map_or_else(|code| code, |()| ExitCode::SUCCESS)
}
