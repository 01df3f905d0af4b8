//! What a run gets from outside pipeline.toml: the engine, the builtins, the clock, the operator's choices.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use chiron_model::report::Setting;
use chiron_sandbox::Engine;
use jiff::Timestamp;

use crate::error::Error;
use crate::event::Observer;
use crate::operator::Operator;

/// A first-party plugin that is part of the binary.
#[derive(Clone, Copy, Debug)]
pub struct Builtin {
    /// `osv` of `builtin:osv`.
    pub name: &'static str,
    /// Its own version, by which the lock knows it.
    pub version: &'static str,
    /// The component.
    pub bytes: &'static [u8],
}

/// The machine and the operator's choices.
#[derive(Clone)]
pub struct House {
    /// Compiler and clock of plugins.
    pub engine: Engine,
    /// Plugins that are part of the binary.
    pub builtins: &'static [Builtin],
    /// Version of the binary.
    pub version: &'static str,
    /// Watches.
    pub observer: Arc<dyn Observer>,
    /// Advisory database where pipeline.toml names none; overrides the one it names when `source` is a flag.
    pub database: DatabaseChoice,
    /// Whether chiron.lock must be there.
    pub lock: LockMode,
    /// `--plugin NAME=PATH`, for development.
    pub overrides: BTreeMap<String, PathBuf>,
    /// The clocks of this run.
    pub time: Time,
    /// Calls made side by side.
    pub jobs: usize,
    /// Ceilings on what pipelines may grant, spend or skip; each of them caps.
    pub operators: Vec<Operator>,
    /// Whether no connection is made: every request of a plugin is answered so.
    pub offline: bool,
    /// A program whose `main` begins with [`chiron_tools::launched`]: the binary itself.
    pub launcher: PathBuf,
    /// Where scratch folders are made.
    pub scratch: PathBuf,
    /// What of folders is left out, as decided at the door.
    pub walking: Walking,
    /// Files of what people said, as named at the door.
    pub words: Words,
    /// Settings already decided at the door, with where each came from.
    pub settings: Vec<Setting>,
}

impl House {
    /// Whether the run goes on. What an interrupted one found so far is whole for nobody: it is neither judged, nor signed, nor
    /// written.
    ///
    /// # Errors
    /// [`Error::Interrupted`] once it is to stop.
    pub(crate) fn go_on(&self) -> Result<(), Error> {
        if self.observer.cancelled() { Err(Error::Interrupted) } else { Ok(()) }
    }
}

/// What of folders is left out, beside what pipeline.toml says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Walking {
    /// `--exclude`: patterns as in a `.gitignore`.
    pub exclude: Vec<String>,
    /// `--no-ignore`: what git ignores, and installed copies beside their lock file, are walked too.
    pub no_ignore: bool,
}

/// Files of what people said, beside those that pipeline.toml names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Words {
    /// `--ignore-file`: suppressions.
    pub ignore: Vec<PathBuf>,
    /// `--vex`: VEX documents.
    pub vex: Vec<PathBuf>,
    /// `--baseline`: an earlier report; takes the place of the gate's.
    pub baseline: Option<PathBuf>,
}

/// Where the advisory database is, as decided at the door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DatabaseChoice {
    /// By flag or environment, in order: wins over pipeline.toml. Folders made by `chiron db`, or OSV records.
    Given(Vec<PathBuf>),
    /// Where `chiron db import` puts it unless told otherwise; None where the machine has no home folder.
    Default(Option<PathBuf>),
}

/// Whether chiron.lock must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockMode {
    /// Enforced if there; its absence is noted.
    IfPresent,
    /// `--locked`: must be there and cover everything.
    Required,
    /// For pipelines made from flags: builtins only, nothing to lock.
    NotUsed,
}

/// The clocks of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Time {
    /// Expiry and age are judged at this time: the real clock, or `--at`.
    pub evaluated_at: Timestamp,
    /// The real clock, whatever `--at` says: by it an operator's own conditions are judged.
    pub clock: Timestamp,
    /// Whether `--at` was given.
    pub frozen: bool,
    /// Printed in documents: `SOURCE_DATE_EPOCH`, else the same.
    pub printed_at: Timestamp,
}

impl Time {
    /// The time that is judged at, since 1970; zero for earlier times, which no clock of a plugin can tell.
    pub(crate) fn since_1970(&self) -> std::time::Duration {
        let since = self.evaluated_at.duration_since(Timestamp::UNIX_EPOCH);
        since.try_into().unwrap_or_default()
    }
}
