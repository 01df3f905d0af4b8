//! The database from the outside: what is imported, what it answers, what it refuses.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "clippy allows them in test functions, but not in what those call"
)]

mod accuracy;
mod damage;
mod distributions;
mod importing;
mod languages;
mod looking;
mod scratch;
mod truth;
