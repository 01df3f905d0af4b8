//! Databases updated from real servers on this machine: what is fetched, what is refused, what is left as it was.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "clippy allows them in test functions, but not in what those call"
)]

mod exports;
mod losses;
mod mirrors;
mod resuming;
mod server;
mod side_by_side;
mod work;
