//! One compiler and one clock per process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use wasmtime::component::{Component, Linker};
use wasmtime::{Config, OptLevel, WasmBacktraceDetails};

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

/// Whether guests may use the component model's own tasks. Some toolchains emit them whether or not they wait for
/// anything; all other guests go without, which makes each call of theirs a fifth of the price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tasks {
    /// They do not exist.
    Off,
    /// They exist.
    On,
}

impl Engine {
    /// Starts the engine. Its clock is a thread that ends with the last clone.
    ///
    /// # Errors
    /// When this machine cannot run compiled WebAssembly.
    pub fn new() -> Result<Self, LoadError> {
        let (plain, tasks) = (Core::start(Tasks::Off)?, Arc::new(OnceLock::new()));
        Ok(Self { plain, tasks, cache: None, kept: None, slots: Slots::one_per_core() })
    }

    /// Keeps compiled plugins in `cache` between runs.
    #[must_use]
    pub fn with_cache(self, cache: Cache) -> Self {
        Self { cache: Some(Arc::new(cache)), ..self }
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
        let inner = wasmtime::Engine::new(&config(tasks)).map_err(compile)?;
        let mut linker = Linker::new(&inner);
        capability::link(&mut linker).map_err(compile)?;
        start_clock(&inner);
        Ok(Self { inner, linker: Arc::new(linker) })
    }
}

pub(crate) fn config(tasks: Tasks) -> Config {
    let mut config = Config::new();
    config
        .cranelift_opt_level(OptLevel::Speed)
        .epoch_interruption(true)
        .concurrency_support(tasks == Tasks::On)
        .wasm_component_model_async(tasks == Tasks::On)
        // Same inputs, same bytes, on every machine.
        .cranelift_nan_canonicalization(true)
        // Files and lines of a crash, where its author left them in. Said here, or a variable of the environment decides.
        .wasm_backtrace_details(WasmBacktraceDetails::Enable)
        .max_wasm_stack(1024 * 1024)
        .async_stack_size(2 * 1024 * 1024);
    config
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
