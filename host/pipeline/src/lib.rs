//! What pipeline.toml means: configuration, lock, plan, execution, judgement, attestation. This crate never prints.

mod advice;
mod assess;
pub mod attest;
pub mod config;
mod databases;
mod enrich;
pub mod error;
pub mod event;
mod evidence;
mod execute;
pub mod exit;
pub mod explain;
mod findings;
pub mod house;
pub mod inputs;
mod keyless;
pub mod lock;
pub mod mistake;
pub mod operator;
pub mod plan;
mod powers;
pub mod registry;
mod run;
pub mod standing;
pub mod subjects;
pub mod update;
mod verified;
pub mod vouched;

pub use chiron_egress::Endpoint;
pub use error::Error;
pub use exit::ExitCode;
pub use house::{Builtin, DatabaseChoice, House, LockMode, Time, Walking, Words};
pub use inputs::Inputs;
pub use operator::Operator;
pub use plan::Plan;
pub use run::{Run, lock_of, plan, plan_config, run};
