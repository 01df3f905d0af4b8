//! The powers, one file each. All of them go through [`State::using`] or [`State::waiting_on`], which
//! share the one check.

pub(crate) mod advisories;
pub(crate) mod content;
pub(crate) mod http;
pub(crate) mod log;
pub(crate) mod progress;
pub(crate) mod signing;
pub(crate) mod tools;
pub(crate) mod versions;

#[cfg(test)]
mod tests;

use wasmtime::component::{HasSelf, Linker};

use crate::abi::powers::chiron;
use crate::powers::PowerError;
use crate::state::State;

/// Links every power this host has. Whether a plugin may use one is decided when it does.
pub(crate) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    chiron::core::types::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    chiron::advisory0_1_0::types::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    chiron::sbom::types::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    chiron::scan::types::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    chiron::telemetry::log::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    chiron::telemetry::progress::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    chiron::artifact::content::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    content::window::link(linker)?;
    chiron::advisory0_1_0::db::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    chiron::advisory0_2_0::db::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    chiron::advisory0_1_0::versions::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    chiron::keys::signing::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    chiron::egress::http::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    chiron::tool::runner::add_to_linker::<State, HasSelf<State>>(linker, |state| state)
}

// Interfaces that hold only types.
impl chiron::core::types::Host for State {}
impl chiron::advisory0_1_0::types::Host for State {}
impl chiron::sbom::types::Host for State {}
impl chiron::scan::types::Host for State {}

impl From<PowerError> for chiron::core::types::PluginError {
    fn from(error: PowerError) -> Self {
        match error {
            PowerError::BadInput(message) => Self::BadInput(message),
            PowerError::Unavailable(message) => Self::Unavailable(message),
        }
    }
}
