//! `wasi:io` and the standard streams: output becomes lines of the log within its budget, input is at its end.

use wasmtime::component::{ComponentType, Lift, LinkerInstance, Lower, Resource};

use super::Never;
use crate::powers::Level;
use crate::state::State;

/// What a well-behaved guest writes at once, in bytes.
const WRITE_BYTES: u64 = 4096;

/// Where a guest writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// Standard output.
    Out,
    /// Standard error.
    Error,
}

/// Standard input: nothing.
pub(super) struct Input;

/// A moment that is waited for, on the guest's own clock. Streams are always ready.
pub(super) struct Pollable {
    pub(super) monotonic_ns: u64,
}

/// As `wasi:io/streams` has it. Writing to the log never fails, and input is closed from the start.
#[derive(ComponentType, Lift, Lower)]
#[component(variant)]
enum StreamError {
    #[component(name = "last-operation-failed")]
    #[allow(dead_code, reason = "a case of the interface that this host never answers with")]
    LastOperationFailed(Resource<Never>),
    #[component(name = "closed")]
    Closed,
}

type Written = Result<(), StreamError>;

/// Links one function; false when it is none of these.
pub(super) fn link(interface: &str, name: &str, at: &mut LinkerInstance<'_, State>) -> wasmtime::Result<bool> {
    match (interface, name) {
        ("wasi:cli/stdout", "get-stdout") => opened(name, at, || Output::Out)?,
        ("wasi:cli/stderr", "get-stderr") => opened(name, at, || Output::Error)?,
        ("wasi:cli/stdin", "get-stdin") => opened(name, at, || Input)?,
        ("wasi:io/streams", _) => return stream(name, at),
        ("wasi:io/poll", _) => return poll(name, at),
        ("wasi:io/error", "[method]error.to-debug-string") => {
            at.func_wrap(name, |mut store, (_,): (Resource<Never>,)| {
                store.data_mut().answering(|_| Ok((String::new(),)))
            })?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn opened<T: Send + 'static>(
    name: &str,
    at: &mut LinkerInstance<'_, State>,
    make: impl Fn() -> T + Send + Sync + 'static,
) -> wasmtime::Result<()> {
    at.func_wrap(name, move |mut store, (): ()| store.data_mut().answering(|state| Ok((state.hold(make())?,))))
}

fn stream(name: &str, at: &mut LinkerInstance<'_, State>) -> wasmtime::Result<bool> {
    match name {
        "[method]output-stream.check-write" => at.func_wrap(name, |mut store, (_,): (Resource<Output>,)| {
            store.data_mut().answering(|_| Ok((Ok::<u64, StreamError>(WRITE_BYTES),)))
        })?,
        "[method]output-stream.write" | "[method]output-stream.blocking-write-and-flush" => {
            at.func_wrap(name, |mut store, (stream, bytes): (Resource<Output>, Vec<u8>)| {
                store.data_mut().answering(|state| {
                    let output = *state.table.get(&stream)?;
                    state.write(output, &bytes);
                    Ok((Written::Ok(()),))
                })
            })?;
        }
        "[method]output-stream.flush" | "[method]output-stream.blocking-flush" => {
            at.func_wrap(name, |mut store, (_,): (Resource<Output>,)| {
                store.data_mut().answering(|_| Ok((Written::Ok(()),)))
            })?;
        }
        "[method]input-stream.read" | "[method]input-stream.blocking-read" => {
            at.func_wrap(name, |mut store, (_, _): (Resource<Input>, u64)| {
                store.data_mut().answering(|_| Ok((Err::<Vec<u8>, _>(StreamError::Closed),)))
            })?;
        }
        "[method]input-stream.skip" | "[method]input-stream.blocking-skip" => {
            at.func_wrap(name, |mut store, (_, _): (Resource<Input>, u64)| {
                store.data_mut().answering(|_| Ok((Err::<u64, _>(StreamError::Closed),)))
            })?;
        }
        "[method]output-stream.subscribe" => ready::<Output>(name, at)?,
        "[method]input-stream.subscribe" => ready::<Input>(name, at)?,
        _ => return Ok(false),
    }
    Ok(true)
}

fn ready<T: 'static>(name: &str, at: &mut LinkerInstance<'_, State>) -> wasmtime::Result<()> {
    at.func_wrap(name, |mut store, (_,): (Resource<T>,)| {
        store.data_mut().answering(|state| Ok((state.hold(Pollable { monotonic_ns: 0 })?,)))
    })
}

fn poll(name: &str, at: &mut LinkerInstance<'_, State>) -> wasmtime::Result<bool> {
    match name {
        "[method]pollable.ready" => at.func_wrap(name, |mut store, (one,): (Resource<Pollable>,)| {
            store.data_mut().answering(|state| {
                let at = state.table.get(&one)?.monotonic_ns;
                Ok((state.surroundings.has_come(at),))
            })
        })?,
        "[method]pollable.block" => at.func_wrap(name, |mut store, (one,): (Resource<Pollable>,)| {
            store.data_mut().answering(|state| wait(state, &[one]).map(|_| ()))
        })?,
        "poll" => at.func_wrap(name, |mut store, (all,): (Vec<Resource<Pollable>>,)| {
            store.data_mut().answering(|state| Ok((wait(state, &all)?,)))
        })?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// Moves the guest's clocks to the first of these moments; which have come then.
fn wait(state: &mut State, all: &[Resource<Pollable>]) -> wasmtime::Result<Vec<u32>> {
    let moments: Vec<u64> =
        all.iter().map(|one| Ok(state.table.get(one)?.monotonic_ns)).collect::<wasmtime::Result<_>>()?;
    if let Some(&first) = moments.iter().min() {
        state.surroundings.sleep_until(first);
    }
    let come = (0_u32..).zip(moments).filter(|(_, moment)| state.surroundings.has_come(*moment));
    Ok(come.map(|(index, _)| index).collect())
}

impl State {
    /// Cuts what was written into lines of the log. Beyond a line's bound bytes are dropped.
    fn write(&mut self, output: Output, bytes: &[u8]) {
        for byte in bytes {
            if *byte == b'\n' {
                self.end_line(output);
                continue;
            }
            let max = self.limits.log_line_bytes.max(LAST_WORDS_BYTES) as usize;
            let partial = &mut self.surroundings.partial[output as usize];
            // One more than is kept, so that it shows that the line was cut.
            if partial.len() <= max {
                partial.push(*byte);
            }
        }
    }

    /// What was written without a line feed is a line too when the call ends.
    pub(crate) fn end_lines(&mut self) {
        for output in [Output::Out, Output::Error] {
            if !self.surroundings.partial[output as usize].is_empty() {
                self.end_line(output);
            }
        }
    }

    fn end_line(&mut self, output: Output) {
        let line = std::mem::take(&mut self.surroundings.partial[output as usize]);
        let line = String::from_utf8_lossy(&line);
        match output {
            Output::Out => {
                self.limiter.survived();
                self.note(Level::Info, &line, &[]);
            }
            Output::Error => {
                let words = crate::capability::log::tame(&line, LAST_WORDS_BYTES);
                self.surroundings.remember(words);
                self.note(Level::Warn, &line, &[]);
            }
        }
    }
}

/// What is kept of one line of standard error for the message of a trap, in bytes, also where no line is logged.
const LAST_WORDS_BYTES: u32 = 500;
