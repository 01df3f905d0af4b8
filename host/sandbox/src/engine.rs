//! One compiler and one clock per process.

use std::sync::Arc;
use std::time::Duration;

use wasmtime::component::Linker;
use wasmtime::{Config, OptLevel};

use crate::cache::Cache;
use crate::capability;
use crate::error::LoadError;
use crate::limits::TICK_MS;
use crate::state::State;

/// The compiler, the linker that holds every power this host has, and the clock that interrupts guests.
#[derive(Clone)]
pub struct Engine {
    pub(crate) inner: wasmtime::Engine,
    pub(crate) linker: Arc<Linker<State>>,
    pub(crate) cache: Option<Arc<Cache>>,
}

impl Engine {
    /// Starts the engine. Its clock is a thread that ends with the last clone.
    ///
    /// # Errors
    /// When this machine cannot run compiled WebAssembly.
    pub fn new() -> Result<Self, LoadError> {
        let compile = |error: wasmtime::Error| LoadError::Compile { reason: format!("{error:#}") };
        let inner = wasmtime::Engine::new(&config()).map_err(compile)?;
        let mut linker = Linker::new(&inner);
        capability::link(&mut linker).map_err(compile)?;
        start_clock(&inner);
        Ok(Self { inner, linker: Arc::new(linker), cache: None })
    }

    /// Keeps compiled plugins in `cache` between runs.
    #[must_use]
    pub fn with_cache(self, cache: Cache) -> Self {
        Self { cache: Some(Arc::new(cache)), ..self }
    }
}

pub(crate) fn config() -> Config {
    let mut config = Config::new();
    config
        .cranelift_opt_level(OptLevel::Speed)
        .epoch_interruption(true)
        // No guest needs component-model async yet; without it a call costs a fifth.
        .concurrency_support(false)
        // Same inputs, same bytes, on every machine.
        .cranelift_nan_canonicalization(true)
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
