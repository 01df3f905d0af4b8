//! One compiler and one clock per process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use chiron_compiler::{Tasks, settings};
use chiron_model::digest::Digest;
use wasmtime::component::{Component, Linker};

use crate::cache::Cache;
use crate::capability;
use crate::compile::Slots;
use crate::error::LoadError;
use crate::limits::TICK_MS;
use crate::state::State;

/// The compiler, the linker that holds every power this host has, and the clock that interrupts guests.
#[derive(Clone)]
pub struct Engine {
    plain: Core,
    /// For components that are built with tasks of the component model; started by the first of them.
    tasks: Arc<OnceLock<Core>>,
    pub(crate) cache: Option<Arc<Cache>>,
    /// What was compiled with the program.
    compiled: Arc<[Compiled]>,
    /// What was loaded, for a process that loads the same again.
    pub(crate) kept: Option<Arc<Kept>>,
    pub(crate) slots: Slots,
}

/// Compiled components by the digest of their bytes, and by which of the two compilers they are for.
pub(crate) type Kept = Mutex<HashMap<(String, bool), Component>>;

/// A compiler with one setting of [`Tasks`], and the linker made for it.
#[derive(Clone)]
pub(crate) struct Core {
    pub(crate) inner: wasmtime::Engine,
    pub(crate) linker: Arc<Linker<State>>,
}

/// The code of a component that is part of the program: whoever can change it can change the program.
#[derive(Clone, Copy, Debug)]
pub struct Compiled {
    /// Of the component, in hex: for no other is the code taken.
    pub digest: &'static str,
    /// Made by [`chiron_compiler::native`]; empty where the build could not make it for this processor.
    pub code: &'static [u8],
}

impl Engine {
    /// Starts the engine. Its clock is a thread that ends with the last clone.
    ///
    /// # Errors
    /// When this machine cannot run compiled WebAssembly.
    pub fn new() -> Result<Self, LoadError> {
        let (plain, tasks) = (Core::start(Tasks::Off)?, Arc::new(OnceLock::new()));
        Ok(Self { plain, tasks, cache: None, compiled: Arc::default(), kept: None, slots: Slots::one_per_core() })
    }

    /// Keeps compiled plugins in `cache` between runs.
    #[must_use]
    pub fn with_cache(self, cache: Cache) -> Self {
        Self { cache: Some(Arc::new(cache)), ..self }
    }

    /// Takes the code of these components from the program, and compiles none of them.
    #[must_use]
    pub fn with_compiled(self, compiled: impl IntoIterator<Item = Compiled>) -> Self {
        Self { compiled: compiled.into_iter().collect(), ..self }
    }

    /// The code of a component, where the program has it.
    pub(crate) fn compiled(&self, digest: &Digest) -> Option<&'static [u8]> {
        let found = self.compiled.iter().find(|compiled| compiled.digest == digest.hex())?;
        Some(found.code).filter(|code| !code.is_empty())
    }

    /// Keeps loaded plugins in memory too, for as long as the engine lives: for a process that runs again and again.
    #[must_use]
    pub fn keeping_plugins(self) -> Self {
        Self { kept: Some(Arc::default()), ..self }
    }

    /// The compiler for components that use tasks or do not.
    pub(crate) fn core(&self, tasks: Tasks) -> Result<Core, LoadError> {
        match (tasks, self.tasks.get()) {
            (Tasks::Off, _) => Ok(self.plain.clone()),
            (Tasks::On, Some(core)) => Ok(core.clone()),
            (Tasks::On, None) => {
                let started = Core::start(Tasks::On)?;
                Ok(self.tasks.get_or_init(|| started).clone())
            }
        }
    }
}

impl Core {
    fn start(tasks: Tasks) -> Result<Self, LoadError> {
        let compile = |error: wasmtime::Error| LoadError::Compile { reason: format!("{error:#}") };
        let inner = wasmtime::Engine::new(&settings(tasks)).map_err(compile)?;
        let mut linker = Linker::new(&inner);
        capability::link(&mut linker).map_err(compile)?;
        start_clock(&inner);
        Ok(Self { inner, linker: Arc::new(linker) })
    }
}

/// Epochs are the only clock that can interrupt a guest that never calls the host.
fn start_clock(engine: &wasmtime::Engine) {
    let weak = engine.weak();
    std::thread::spawn(move || {
        while let Some(engine) = weak.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(Duration::from_millis(TICK_MS));
        }
    });
}
