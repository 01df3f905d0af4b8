//! Runs one untrusted component under fixed grants.
//!
//! This is the only crate that runs WebAssembly; what it is compiled with is `chiron-compiler`'s. A component is inspected before it
//! is compiled ([`inspect`]), approved against what the operator allows ([`grants`]), compiled once ([`plugin::Plugin`]), and then
//! called: each call gets a fresh store with its limits, its grants and the host's [`powers`], and the store is dropped whatever happens.
//!
//! Types generated from WIT stay inside this crate; everything public speaks `chiron-model`.

mod abi;
pub mod cache;
mod call;
mod capability;
mod compile;
pub mod engine;
pub mod error;
pub mod grants;
pub mod inspect;
mod kind;
mod limiter;
pub mod limits;
pub mod plugin;
pub mod powers;
mod state;
mod trap;
mod wasi;
mod weigh;

pub use cache::Cache;
pub use chiron_compiler::encode;
pub use engine::{Compiled, Engine};
pub use error::{CallError, LoadError};
pub use grants::{GrantError, Grants, approve};
pub use inspect::{Inspection, inspect, inspect_within};
pub use kind::policy::{DatabaseSummary, Needs, PolicyInput};
pub use kind::signer::{SignRequest, Signed};
pub use limits::Limits;
pub use plugin::{Call, Plugin, Source};
pub use wasi::Foreign;
