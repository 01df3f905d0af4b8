//! `wasi:clocks`: the run's time, moved on by what the guest sleeps. No real clock is read.

use std::time::Duration;

use wasmtime::component::{ComponentType, Lift, LinkerInstance, Lower, Resource};

use super::streams::Pollable;
use crate::state::State;

/// As `wasi:clocks/wall-clock` has it.
#[derive(ComponentType, Lift, Lower)]
#[component(record)]
struct Datetime {
    seconds: u64,
    nanoseconds: u32,
}

impl From<Duration> for Datetime {
    fn from(since_1970: Duration) -> Self {
        Self { seconds: since_1970.as_secs(), nanoseconds: since_1970.subsec_nanos() }
    }
}

/// Links one function; false when it is none of these.
pub(super) fn link(interface: &str, name: &str, at: &mut LinkerInstance<'_, State>) -> wasmtime::Result<bool> {
    match (interface, name) {
        ("wasi:clocks/wall-clock", "now") => at.func_wrap(name, |mut store, (): ()| {
            store.data_mut().answering(|state| Ok((Datetime::from(state.surroundings.wall_clock()),)))
        })?,
        ("wasi:clocks/wall-clock", "resolution") => at.func_wrap(name, |mut store, (): ()| {
            store.data_mut().answering(|_| Ok((Datetime { seconds: 0, nanoseconds: 1 },)))
        })?,
        ("wasi:clocks/monotonic-clock", "now") => at.func_wrap(name, |mut store, (): ()| {
            store.data_mut().answering(|state| Ok((state.surroundings.monotonic_ns(),)))
        })?,
        ("wasi:clocks/monotonic-clock", "resolution") => {
            at.func_wrap(name, |mut store, (): ()| store.data_mut().answering(|_| Ok((1_u64,))))?;
        }
        ("wasi:clocks/monotonic-clock", "subscribe-instant") => {
            at.func_wrap(name, |mut store, (at,): (u64,)| store.data_mut().answering(|state| alarm(state, at)))?
        }
        ("wasi:clocks/monotonic-clock", "subscribe-duration") => {
            at.func_wrap(name, |mut store, (nanoseconds,): (u64,)| {
                store.data_mut().answering(|state| {
                    let at = state.surroundings.monotonic_ns().saturating_add(nanoseconds);
                    alarm(state, at)
                })
            })?;
        }
        _ => return Ok(false),
    }
    Ok(true)
}

fn alarm(state: &mut State, at: u64) -> wasmtime::Result<(Resource<Pollable>,)> {
    Ok((state.hold(Pollable { monotonic_ns: at })?,))
}
