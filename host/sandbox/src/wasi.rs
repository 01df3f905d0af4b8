//! WASI, for components of other toolchains: their runtimes import it whether they use it or not.
//!
//! No plugin gets WASI as a power, and no operator can grant it. What runtimes touch while they start, and what harms
//! nobody, is answered from the call's own inputs, the same every time; every other function traps by its name.

mod clocks;
mod program;
mod random;
mod streams;
mod surroundings;

use std::collections::BTreeSet;

use semver::Version;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, Linker, LinkerInstance, ResourceType};

use crate::error::{CallError, LoadError};
use crate::state::{Reach, State};

pub(crate) use streams::Output;
pub(crate) use surroundings::Surroundings;

/// What every interface of WASI begins with.
const PREFIX: &str = "wasi:";

/// The line of versions whose shapes this host knows. Within it interfaces only grow.
const LINE: (u64, u64) = (0, 2);

/// What is answered, by what it stands for. Functions of interfaces that are not in [`TABLE`] trap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Answered {
    /// Time.
    Clocks,
    /// Random numbers.
    Randomness,
    /// Standard input, output and error, and what they are made of.
    Streams,
    /// Arguments, environment, terminals.
    Surroundings,
    /// Ending the program.
    Exit,
    /// Folders that are open from the start.
    Folders,
}

/// THE table: each interface of which functions are answered. One line more here opens one interface more.
const TABLE: [(&str, Answered); 17] = [
    ("wasi:cli/environment", Answered::Surroundings),
    ("wasi:cli/exit", Answered::Exit),
    ("wasi:cli/stderr", Answered::Streams),
    ("wasi:cli/stdin", Answered::Streams),
    ("wasi:cli/stdout", Answered::Streams),
    ("wasi:cli/terminal-input", Answered::Surroundings),
    ("wasi:cli/terminal-output", Answered::Surroundings),
    ("wasi:cli/terminal-stderr", Answered::Surroundings),
    ("wasi:cli/terminal-stdin", Answered::Surroundings),
    ("wasi:cli/terminal-stdout", Answered::Surroundings),
    ("wasi:clocks/monotonic-clock", Answered::Clocks),
    ("wasi:clocks/wall-clock", Answered::Clocks),
    ("wasi:filesystem/preopens", Answered::Folders),
    ("wasi:io/error", Answered::Streams),
    ("wasi:io/poll", Answered::Streams),
    ("wasi:io/streams", Answered::Streams),
    ("wasi:random", Answered::Randomness),
];

impl Answered {
    const fn words(self) -> &'static str {
        match self {
            Self::Clocks => "clocks (the run's time)",
            Self::Randomness => "randomness (made from the call's inputs)",
            Self::Streams => "standard streams (output goes to the log, input is empty)",
            Self::Surroundings => "arguments, environment and terminals (there are none)",
            Self::Exit => "exit (a crash)",
            Self::Folders => "open folders (there are none)",
        }
    }
}

/// What a component that imports WASI meets, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Foreign {
    /// What is answered, and with what.
    pub answered: Vec<&'static str>,
    /// Interfaces of which every function traps, without versions.
    pub traps: Vec<String>,
}

impl Foreign {
    /// Sorts the imports of a component; None when it imports no WASI.
    pub(crate) fn of(imports: &[String]) -> Option<Self> {
        let (mut answered, mut traps) = (BTreeSet::new(), BTreeSet::new());
        for import in imports.iter().filter(|import| is_wasi(import)) {
            let interface = import.split('@').next().unwrap_or(import);
            match answered_by(interface) {
                Some(found) => _ = answered.insert(found),
                None => _ = traps.insert(interface.to_owned()),
            }
        }
        let none = answered.is_empty() && traps.is_empty();
        let words = answered.into_iter().map(Answered::words).collect();
        (!none).then(|| Self { answered: words, traps: traps.into_iter().collect() })
    }
}

/// Whether an import is of WASI.
pub(crate) fn is_wasi(import: &str) -> bool {
    import.starts_with(PREFIX)
}

/// Checks that an import is of the line whose shapes this host knows.
///
/// # Errors
/// [`LoadError::Version`] with the import as `shown`.
pub(crate) fn speak(import: &str, shown: impl Fn(&str) -> String) -> Result<(), LoadError> {
    let version = import.split_once('@').and_then(|(_, text)| Version::parse(text).ok());
    let spoken = version.is_some_and(|found| (found.major, found.minor) == LINE && found.pre.is_empty());
    if spoken {
        return Ok(());
    }
    Err(LoadError::Version { wanted: shown(import), spoken: format!("WASI {}.{}", LINE.0, LINE.1) })
}

fn answered_by(interface: &str) -> Option<Answered> {
    let package = interface.split('/').next();
    TABLE.iter().find(|(name, _)| *name == interface || Some(*name) == package).map(|(_, answered)| *answered)
}

/// Links what this component imports of WASI: what is answered, and a trap by name for all else.
pub(crate) fn link(linker: &mut Linker<State>, component: &Component) -> wasmtime::Result<()> {
    let engine = linker.engine().clone();
    for (import, found) in component.component_type().imports(&engine) {
        let ComponentItem::ComponentInstance(instance) = found.ty else { continue };
        if !is_wasi(import) {
            continue;
        }
        let mut at = linker.instance(import)?;
        for (name, found) in instance.exports(&engine) {
            match found.ty {
                ComponentItem::ComponentFunc(_) => function(import, name, &mut at)?,
                ComponentItem::Resource(_) => resource(name, &mut at)?,
                // Types need no definition. Anything else is no part of WASI: left undefined, it is refused by name.
                ComponentItem::Type(_)
                | ComponentItem::CoreFunc(_)
                | ComponentItem::Module(_)
                | ComponentItem::Component(_)
                | ComponentItem::ComponentInstance(_) => {}
            }
        }
    }
    Ok(())
}

fn function(import: &str, name: &str, at: &mut LinkerInstance<'_, State>) -> wasmtime::Result<()> {
    let interface = import.split('@').next().unwrap_or(import);
    let linked = match answered_by(interface) {
        Some(Answered::Clocks) => clocks::link(interface, name, at)?,
        Some(Answered::Randomness) => random::link(interface, name, at)?,
        Some(Answered::Streams) => streams::link(interface, name, at)?,
        Some(Answered::Surroundings | Answered::Exit | Answered::Folders) => program::link(interface, name, at)?,
        None => false,
    };
    if linked {
        return Ok(());
    }
    let function = crate::inspect::shown(&format!("{import}#{name}"));
    at.func_new(name, move |mut store, _, _, _| {
        store.data_mut().admit(Reach::Never(&function))?;
        // `admit` refuses all of these; should it ever not, the call must still not go on.
        Err(wasmtime::Error::new(CallError::DeniedFunction { function: function.clone() }))
    })
}

/// Nobody ever holds one: for what traps.
struct Never;

fn resource(name: &str, at: &mut LinkerInstance<'_, State>) -> wasmtime::Result<()> {
    match name {
        "output-stream" => held::<Output>(name, at),
        "input-stream" => held::<streams::Input>(name, at),
        "pollable" => held::<streams::Pollable>(name, at),
        _ => at.resource(name, ResourceType::host::<Never>(), |_, _| Ok(())),
    }
}

fn held<T: Send + 'static>(name: &str, at: &mut LinkerInstance<'_, State>) -> wasmtime::Result<()> {
    at.resource(name, ResourceType::host::<T>(), |mut store, rep| {
        let handle = wasmtime::component::Resource::<T>::new_own(rep);
        store.data_mut().table.delete(handle)?;
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_patch_of_the_line_is_spoken_and_no_other() {
        let spoken = |import: &str| speak(import, str::to_owned).is_ok();
        assert!(["0.2.0", "0.2.6", "0.2.99"].iter().all(|version| spoken(&format!("wasi:cli/exit@{version}"))));
        for other in ["0.1.0", "0.3.0", "1.2.0", "0.2.0-rc-1", "0.2", ""] {
            assert!(!spoken(&format!("wasi:cli/exit@{other}")), "{other}");
        }
        assert!(!spoken("wasi:cli/exit"));
    }

    #[test]
    fn what_touches_the_world_is_not_in_the_table() {
        for interface in
            ["wasi:filesystem/types", "wasi:sockets/tcp", "wasi:http/outgoing-handler", "wasi:cli/run", "wasi:clocks"]
        {
            assert_eq!(answered_by(interface), None, "{interface}");
        }
        assert_eq!(answered_by("wasi:random/insecure-seed"), Some(Answered::Randomness));
    }

    #[test]
    fn a_component_without_wasi_meets_nothing_of_it() {
        assert_eq!(Foreign::of(&["chiron:core/types@0.1.0".to_owned()]), None);
        let found = Foreign::of(&["wasi:sockets/tcp@0.2.6".to_owned(), "wasi:cli/exit@0.2.6".to_owned()]).unwrap();
        assert_eq!((found.answered, found.traps), (vec!["exit (a crash)"], vec!["wasi:sockets/tcp".to_owned()]));
    }
}
