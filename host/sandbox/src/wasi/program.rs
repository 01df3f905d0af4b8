//! `wasi:cli` and the open folders of `wasi:filesystem`: a program without arguments, environment, terminal or folders.

use wasmtime::component::{LinkerInstance, Resource};

use super::Never;
use crate::error::CallError;
use crate::state::State;

/// Links one function; false when it is none of these.
pub(super) fn link(interface: &str, name: &str, at: &mut LinkerInstance<'_, State>) -> wasmtime::Result<bool> {
    match (interface, name) {
        ("wasi:cli/environment", "get-environment") => at.func_wrap(name, |mut store, (): ()| {
            store.data_mut().answering(|_| Ok((Vec::<(String, String)>::new(),)))
        })?,
        ("wasi:cli/environment", "get-arguments") => {
            at.func_wrap(name, |mut store, (): ()| store.data_mut().answering(|_| Ok((Vec::<String>::new(),))))?;
        }
        ("wasi:cli/environment", "initial-cwd" | "get-initial-cwd") => {
            at.func_wrap(name, |mut store, (): ()| store.data_mut().answering(|_| Ok((None::<String>,))))?;
        }
        ("wasi:cli/terminal-stdin", "get-terminal-stdin")
        | ("wasi:cli/terminal-stdout", "get-terminal-stdout")
        | ("wasi:cli/terminal-stderr", "get-terminal-stderr") => {
            at.func_wrap(name, |mut store, (): ()| store.data_mut().answering(|_| Ok((None::<Resource<Never>>,))))?
        }
        ("wasi:filesystem/preopens", "get-directories") => at.func_wrap(name, |mut store, (): ()| {
            store.data_mut().answering(|_| Ok((Vec::<(Resource<Never>, String)>::new(),)))
        })?,
        ("wasi:cli/exit", "exit") => at.func_wrap(name, |mut store, (status,): (Result<(), ()>,)| {
            store.data_mut().answering(|state| exited::<()>(state, u8::from(status.is_err())))
        })?,
        ("wasi:cli/exit", "exit-with-code") => at.func_wrap(name, |mut store, (code,): (u8,)| {
            store.data_mut().answering(|state| exited::<()>(state, code))
        })?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// A plugin is no program: what exits has not answered, whatever its status.
fn exited<T>(state: &mut State, code: u8) -> wasmtime::Result<T> {
    state.end_lines();
    let words = state.surroundings.last_words().map(|words| format!(": {words}")).unwrap_or_default();
    let message = format!("exited with {code}{words}");
    Err(wasmtime::Error::new(CallError::Trapped { message, backtrace: Vec::new() }))
}
