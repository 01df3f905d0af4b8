//! Chiron: runs software supply-chain checks as sandboxed WebAssembly plugins.

mod cli;
mod commands;
mod door;
mod settings;
mod template;
mod time;

use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _};

fn main() -> ExitCode {
    // Before there is a second thread: a launcher becomes another program.
    if let Some(code) = chiron_tools::launched() {
        return code;
    }
    door::on_panic();
    let parsed = cli::Cli::command()
        .try_get_matches()
        .and_then(|matches| Ok((cli::Cli::from_arg_matches(&matches)?, settings::of(&matches))));
    let (cli, settings) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return door::usage(&error),
    };
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return door::fail(&format!("failed to start: {error}"), chiron_pipeline::ExitCode::Bug),
    };
    let code = runtime.block_on(commands::run(cli, settings));
    // A plugin that ignores cancellation must not hold up the end.
    runtime.shutdown_background();
    code
}
