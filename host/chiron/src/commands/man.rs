//! `chiron man`: manual pages, made from what `--help` says.

use std::path::Path;
use std::process::ExitCode;

use chiron_archive::write_atomically;
use chiron_pipeline::ExitCode as Code;
use clap::{Command, CommandFactory as _};
use clap_mangen::Man;

use super::output;
use crate::cli::{Cli, Global};
use crate::door;

pub(super) fn man(dir: Option<&Path>, global: &Global) -> ExitCode {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let Some(dir) = dir else {
        return match page(command) {
            Ok(text) => output::print(&text).map_or_else(|code| code, |()| ExitCode::SUCCESS),
            Err(error) => door::fail(&format!("failed to make the manual page: {error}"), Code::Bug),
        };
    };
    if !dir.is_dir() {
        return door::fail(&format!("the folder {} is not there", dir.display()), Code::Usage);
    }
    let mut written = 0;
    match all(command, dir, &mut written) {
        Ok(()) => {
            if !global.quiet {
                door::say(&format!(
                    "wrote {written} pages into {}; look at one: man -l {}",
                    dir.display(),
                    dir.join("chiron.1").display()
                ));
            }
            ExitCode::SUCCESS
        }
        Err(error) => door::fail(&format!("failed to write into {}: {error}", dir.display()), Code::Io),
    }
}

/// The pages of a command and of those below it, in files that are whole or not there.
fn all(command: Command, dir: &Path, written: &mut usize) -> std::io::Result<()> {
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        all(below.clone(), dir, written)?;
    }
    let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
    write_atomically(&dir.join(format!("{name}.1")), &page(command)?).map_err(std::io::Error::other)?;
    *written += 1;
    Ok(())
}

fn page(command: Command) -> std::io::Result<Vec<u8>> {
    let name = command.get_display_name().unwrap_or(command.get_name()).to_owned();
    let mut text = Vec::new();
    Man::new(command).title(name.to_uppercase()).render(&mut text)?;
    Ok(text)
}
