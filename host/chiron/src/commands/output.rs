//! Reports on their way out: to standard output, or to files that are whole or not there.

use std::io::Write as _;
use std::process::ExitCode;

use chiron_archive::write_atomically;
use chiron_formats::cyclonedx::Contents;
use chiron_formats::table::{TableOptions, Verbosity};
use chiron_formats::{Format, Options, encode};
use chiron_model::report::Report;
use chiron_pipeline::ExitCode as Code;

use crate::cli::{Form, Global, Output};
use crate::door;

/// What is asked for where no `-o` is given.
pub(super) fn or_default(outputs: Vec<Output>, format: Format) -> Vec<Output> {
    if outputs.is_empty() { vec![Output { form: Form::Format(format), file: None }] } else { outputs }
}

/// Refuses what could not be told apart, before anything runs.
pub(super) fn check(outputs: &[Output]) -> Result<(), String> {
    if outputs.iter().filter(|output| output.file.is_none()).count() > 1 {
        return Err("only one -o can go to standard output: give the others a file, -o FORMAT=FILE".to_owned());
    }
    for (index, output) in outputs.iter().enumerate() {
        if let Some(file) =
            output.file.as_ref().filter(|file| outputs[..index].iter().any(|other| other.file.as_ref() == Some(file)))
        {
            return Err(format!("two outputs go to {}: give each a file of its own", file.display()));
        }
        if let Some(folder) = output.file.as_ref().and_then(|file| file.parent())
            && !folder.as_os_str().is_empty()
            && !folder.is_dir()
        {
            return Err(format!("the folder {} is not there", folder.display()));
        }
    }
    Ok(())
}

/// What a person wants to see of a table.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    pub(super) global: &'a Global,
    /// `--tree`
    pub(super) tree: bool,
}

/// Writes a report in every format asked for, and tells of each whether it was written.
///
/// # Errors
/// The exit code, after the error was said.
pub(super) fn write(
    report: &Report,
    outputs: &[Output],
    contents: Contents,
    look: Look<'_>,
    told: &dyn Fn(&Output, bool),
) -> Result<(), ExitCode> {
    for output in outputs {
        let written = write_one(report, output, contents, look);
        told(output, written.is_ok());
        written?;
    }
    Ok(())
}

fn write_one(report: &Report, output: &Output, contents: Contents, look: Look<'_>) -> Result<(), ExitCode> {
    let options = Options { table: table_options(output, look), contents };
    let bytes = match &output.form {
        Form::Format(format) => encode(report, *format, &options)
            .map_err(|error| door::fail(&format!("failed to write {format}: {error}"), Code::Bug))?,
        Form::Template(template) => template
            .render(report)
            .map_err(|error| door::fail(&format!("failed to write {}: {error}", output.form), Code::Usage))?,
    };
    match &output.file {
        Some(file) => write_atomically(file, &bytes)
            .map_err(|error| door::fail(&format!("failed to write {}: {error}", file.display()), Code::Io))?,
        None => print(&bytes)?,
    }
    Ok(())
}

/// Writes to standard output. A reader that has gone away (`| head`) is no failure.
pub(super) fn print(bytes: &[u8]) -> Result<(), ExitCode> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(door::fail(&format!("failed to write to standard output: {error}"), Code::Io))
        }
        _ => Ok(()),
    }
}

fn table_options(output: &Output, look: Look<'_>) -> TableOptions {
    let verbosity = match (look.global.quiet, look.global.verbose) {
        (true, _) => Verbosity::Quiet,
        (false, 0) => Verbosity::Normal,
        (false, _) => Verbosity::Verbose,
    };
    let color = output.file.is_none() && door::colour_on_stdout();
    TableOptions { width: door::width(), color, verbosity, tree: look.tree }
}
