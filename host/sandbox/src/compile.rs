//! Compiling, bounded: the compiler cannot be interrupted, so what is compiled is bounded before (`inspect`), how many
//! compile at a time is bounded here, and after a deadline the host goes on without the plugin.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use wasmtime::component::Component;

use crate::engine::{Core, Engine};
use crate::error::LoadError;

/// How many compilations may run at one time: as many as the machine has cores. One that was given up keeps its slot
/// until it ends, so that hostile components cannot pile up threads.
#[derive(Clone)]
pub(crate) struct Slots(Arc<(Mutex<usize>, Condvar)>);

/// The right to compile; given back when dropped.
struct Slot(Slots);

impl Slots {
    pub(crate) fn one_per_core() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        Self(Arc::new((Mutex::new(cores), Condvar::new())))
    }

    /// Waits for a slot; None when none came free for the whole of `patience`.
    fn take(&self, patience: Duration) -> Option<Slot> {
        let (free, changed) = &*self.0;
        let mut count = free.lock().unwrap_or_else(PoisonError::into_inner);
        while *count == 0 {
            let (waited, timeout) = changed.wait_timeout(count, patience).unwrap_or_else(PoisonError::into_inner);
            count = waited;
            if timeout.timed_out() && *count == 0 {
                return None;
            }
        }
        *count -= 1;
        Some(Slot(self.clone()))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let (free, changed) = &*self.0.0;
        *free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        changed.notify_one();
    }
}

/// Compiles on a thread of its own, which is left to end by itself when `limit_ms` have passed.
///
/// # Errors
/// [`LoadError::Compile`] from the compiler, [`LoadError::CompileDeadline`] when it does not end in time.
pub(crate) fn compile(engine: &Engine, core: &Core, bytes: &[u8], limit_ms: u64) -> Result<Component, LoadError> {
    let late = || LoadError::CompileDeadline { limit_ms };
    let patience = Duration::from_millis(limit_ms);
    let slot = engine.slots.take(patience).ok_or_else(late)?;
    let (inner, bytes) = (core.inner.clone(), bytes.to_vec());
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let compiled = Component::from_binary(&inner, &bytes);
        drop(slot);
        // Nobody listens any more once the deadline has passed.
        let _ = sender.send(compiled);
    });
    match receiver.recv_timeout(patience) {
        Ok(compiled) => compiled.map_err(|error| LoadError::Compile { reason: format!("{error:#}") }),
        Err(RecvTimeoutError::Timeout) => Err(late()),
        Err(RecvTimeoutError::Disconnected) => {
            Err(LoadError::Compile { reason: "the compiler ended without an answer".to_owned() })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_given_back_and_none_is_waited_for_without_end() {
        let slots = Slots(Arc::new((Mutex::new(1), Condvar::new())));
        let held = slots.take(Duration::from_millis(1)).unwrap();
        assert!(slots.take(Duration::from_millis(1)).is_none());
        drop(held);
        assert!(slots.take(Duration::from_millis(1)).is_some());
    }

    #[test]
    fn a_component_that_takes_too_long_is_given_up_and_the_next_one_compiles() {
        let functions: String = (0..3_000)
            .map(|n| format!("(func (param i32) (result i32) (i32.add (local.get 0) (i32.const {n})))"))
            .collect();
        let bytes = wat::parse_str(format!("(component (core module {functions}))")).unwrap();
        let engine = Engine::new().unwrap();
        let core = engine.core(chiron_compiler::Tasks::Off).unwrap();
        let error = compile(&engine, &core, &bytes, 1).unwrap_err();
        assert!(matches!(error, LoadError::CompileDeadline { limit_ms: 1 }), "{error:?}");
        assert!(compile(&engine, &core, &bytes, 600_000).is_ok());
    }
}
