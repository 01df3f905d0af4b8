//! What a run makes of plugins that misbehave: the built binary, a pipeline that names the hostile component by its path,
//! and honest steps beside it whose results must stand.

mod adapters;
mod clients;
mod generators;
#[path = "../hostile/mod.rs"]
mod hostile;
mod policies;
mod readers;
mod running;
mod scanners;
mod schemas;
mod signers;
