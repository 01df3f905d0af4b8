//! `wasi:random`: a stream of numbers made from the call's inputs. Nothing in it is secret, and a plugin needs no secrets.

use wasmtime::component::LinkerInstance;

use crate::error::CallError;
use crate::state::State;

/// Most bytes of one answer: making them is the host's time, which no budget counts. Runtimes ask for 16 to 256 at a time.
const BYTES_MAX: u64 = 64 * 1024;

/// Links one function; false when it is none of these.
pub(super) fn link(interface: &str, name: &str, at: &mut LinkerInstance<'_, State>) -> wasmtime::Result<bool> {
    match (interface, name) {
        ("wasi:random/random", "get-random-bytes") | ("wasi:random/insecure", "get-insecure-random-bytes") => {
            at.func_wrap(name, |mut store, (len,): (u64,)| {
                store.data_mut().answering(|state| Ok((bytes(state, len)?,)))
            })?;
        }
        ("wasi:random/random", "get-random-u64") | ("wasi:random/insecure", "get-insecure-random-u64") => {
            at.func_wrap(name, |mut store, (): ()| {
                store.data_mut().answering(|state| Ok((state.surroundings.draw(),)))
            })?;
        }
        ("wasi:random/insecure-seed", "insecure-seed" | "get-insecure-seed") => {
            at.func_wrap(name, |mut store, (): ()| {
                store.data_mut().answering(|state| Ok(((state.surroundings.draw(), state.surroundings.draw()),)))
            })?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn bytes(state: &mut State, len: u64) -> wasmtime::Result<Vec<u8>> {
    if len > BYTES_MAX {
        return Err(wasmtime::Error::new(CallError::AskedTooMuch {
            what: "random bytes",
            wanted: len,
            limit: BYTES_MAX,
        }));
    }
    let mut bytes = Vec::new();
    while (bytes.len() as u64) < len {
        bytes.extend(state.surroundings.draw().to_le_bytes());
    }
    bytes.truncate(usize::try_from(len).unwrap_or(usize::MAX));
    Ok(bytes)
}
