//! The house of a run, from flags and environment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chiron_model::report::Setting;
use chiron_pipeline::{Builtin, DatabaseChoice, Error, House, LockMode, Operator, Walking, Words};
use chiron_sandbox::{Cache, Compiled, Engine, cache};

use super::progress::Watch;
use crate::cli::Common;
use crate::time::{self, AtInCi};

/// A plugin that is part of the binary, and what it was compiled to when the binary was.
struct Embedded {
    builtin: Builtin,
    compiled: Compiled,
}

const EMBEDDED: &[Embedded] = include!(concat!(env!("OUT_DIR"), "/builtins.rs"));

/// Plugins that are part of the binary.
pub(super) const BUILTINS: &[Builtin] = &builtins();

const fn builtins() -> [Builtin; EMBEDDED.len()] {
    let mut builtins = [EMBEDDED[0].builtin; EMBEDDED.len()];
    let mut index = 0;
    while index < EMBEDDED.len() {
        builtins[index] = EMBEDDED[index].builtin;
        index += 1;
    }
    builtins
}

/// What `--plugin` gave.
pub(super) type Overrides = Vec<(String, PathBuf)>;

/// Furnishes the house.
///
/// # Errors
/// Settings that are refused, and an engine that does not start.
pub(super) fn furnish(
    common: &Common,
    lock: LockMode,
    overrides: Overrides,
    settings: Vec<Setting>,
    watch: &Arc<Watch>,
) -> Result<House, Error> {
    let engine = engine(|remark| watch.keeps_nothing(remark))?;
    furnish_with(engine, common, lock, overrides, settings, watch)
}

/// As [`furnish`], with an engine that is there.
///
/// # Errors
/// As [`furnish`].
pub(super) fn furnish_with(
    engine: Engine,
    common: &Common,
    lock: LockMode,
    overrides: Overrides,
    settings: Vec<Setting>,
    watch: &Arc<Watch>,
) -> Result<House, Error> {
    let operators = operators(common.operator.as_deref())?;
    if !overrides.is_empty() {
        refuse_overrides(lock)?;
        if let Some(operator) = operators.iter().find(|operator| !operator.file.allow.plugin_overrides) {
            return Err(not_allowed("--plugin", operator, "plugin_overrides"));
        }
    }
    if let Some(operator) = operators.iter().find(|operator| common.at.is_some() && !operator.file.allow.at) {
        return Err(not_allowed("--at", operator, "at"));
    }
    let at_in_ci = if operators.is_empty() { AtInCi::Refused } else { AtInCi::Allowed };
    Ok(House {
        engine,
        builtins: BUILTINS,
        version: env!("CARGO_PKG_VERSION"),
        observer: Arc::clone(watch) as Arc<dyn chiron_pipeline::event::Observer>,
        database: database(common.db.clone()),
        lock,
        overrides: overrides.into_iter().collect::<BTreeMap<_, _>>(),
        time: time::of_run(common.at, at_in_ci)?,
        jobs: jobs(common.jobs),
        operators,
        offline: common.offline,
        launcher: launcher(),
        scratch: scratch(),
        walking: Walking { exclude: common.walking.exclude.clone(), no_ignore: common.walking.no_ignore },
        words: Words {
            ignore: common.words.ignore_file.clone(),
            vex: common.words.vex.clone(),
            baseline: common.words.baseline.clone(),
        },
        settings,
    })
}

/// Where scratch folders are made.
pub(super) fn scratch() -> PathBuf {
    chiron_tools::default_folder().unwrap_or_else(|| std::env::temp_dir().join("chiron-scratch"))
}

/// The ceilings of a run or another command: the machine's, and the one that a flag names. Neither lifts the other.
pub(super) fn operators(named: Option<&Path>) -> Result<Vec<Operator>, Error> {
    let named = named.map(|path| Operator::read(path, "--operator")).transpose()?;
    Ok(Operator::of_the_machine()?.into_iter().chain(named).collect())
}

fn not_allowed(what: &str, operator: &Operator, key: &'static str) -> Error {
    Error::NotAllowed { what: what.to_owned(), operator: operator.name.clone(), key }
}

/// This very binary, also when the file it was started from is replaced meanwhile.
fn launcher() -> PathBuf {
    let own = PathBuf::from("/proc/self/exe");
    if own.exists() { own } else { std::env::current_exe().unwrap_or(own) }
}

/// The engine, with the code of the builtins, and with its cache where there is a folder for one. Without that, plugins of others are
/// compiled each time, which `tell` is told: it costs seconds that nobody could explain.
pub(super) fn engine(tell: impl Fn(&str)) -> Result<Engine, Error> {
    let engine = Engine::new().map_err(|error| Error::Bug(error.to_string()))?;
    let engine = engine.with_compiled(EMBEDDED.iter().map(|embedded| embedded.compiled));
    let why = match cache::default_folder().map(|folder| (Cache::open(&folder), folder)) {
        Some((Ok(cache), _)) => return Ok(engine.with_cache(cache)),
        Some((Err(error), folder)) => format!("{}: {error}", folder.display()),
        None => "HOME is not set".to_owned(),
    };
    tell(&format!(
        "note: compiled plugins are not kept, so each run compiles them anew: {why}; CHIRON_CACHE names another folder"
    ));
    Ok(engine)
}

/// A development flag must not change what CI or a locked run stands on.
fn refuse_overrides(lock: LockMode) -> Result<(), Error> {
    let refused = |why| Err(Error::Refused { setting: "--plugin".to_owned(), why });
    match (lock == LockMode::Required, time::in_ci()) {
        (true, _) => refused("with --locked"),
        (false, true) => refused("when CI=true"),
        (false, false) => Ok(()),
    }
}

fn database(given: Vec<PathBuf>) -> DatabaseChoice {
    if given.is_empty() {
        DatabaseChoice::Default(chiron_advisories::default_dir())
    } else {
        DatabaseChoice::Given(given)
    }
}

fn jobs(given: Option<u16>) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    given.map_or_else(cores, usize::from)
}
