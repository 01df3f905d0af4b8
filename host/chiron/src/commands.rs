//! The commands, one file each.

mod attest;
mod cache;
mod completions;
mod db;
mod diff;
mod explain;
mod house;
mod ignore;
mod init;
mod key;
mod lock;
mod man;
mod output;
mod pack;
mod pep740;
mod plan;
mod plugin;
mod progress;
mod run;
mod short;
mod stdin;
mod telemetry;
mod token;
mod trust;
mod verify;
mod vex;
mod watch;
mod with;

use std::process::ExitCode;

use crate::cli::{Cli, Command};
use crate::door;

/// Runs what the command line asks for.
pub(crate) async fn run(cli: Cli, settings: Vec<chiron_model::report::Setting>) -> ExitCode {
    let global = cli.global;
    door::log_as(global.log_format);
    match cli.command {
        Command::Run(args) => run::run(args, &global, settings).await,
        Command::Scan(args) => short::scan(args, &global, settings).await,
        Command::Sbom(args) => short::sbom(args, &global, settings).await,
        Command::Diff(args) => diff::diff(args, &global).await,
        Command::Explain(args) => explain::explain(&args),
        Command::Lock(args) => lock::lock(args, &global).await,
        Command::Verify(args) => verify::verify(&args, &global),
        Command::Pack(command) => pack::pack(command, &global),
        Command::Pep740(command) => pep740::pep740(command, &global),
        Command::Attest(args) => attest::attest(*args, &global).await,
        Command::Key(command) => key::key(command, &global),
        Command::Trust(command) => trust::trust(command, &global).await,
        Command::Db(command) => db::db(command, &global).await,
        Command::Ignore(command) => ignore::ignore(command, &global),
        Command::Vex(command) => vex::vex(command, &global),
        Command::Plugin(command) => plugin::plugin(command, &global).await,
        Command::Cache(command) => cache::cache(command, &global),
        Command::Init(args) => init::init(&args, &global).await,
        Command::Completions { shell } => completions::completions(shell),
        Command::Man { dir } => man::man(dir.as_deref(), &global),
    }
}
