//! What the tests with hostile guests share.
#![allow(dead_code, reason = "each test binary uses a part")]

#[path = "../../../guests/active.rs"]
pub mod active;
#[path = "../../../guests/behaviours.rs"]
pub mod behaviours;
pub mod bench;
pub mod database;
pub mod guests;
pub mod host;
pub mod process;
pub mod raw;
pub mod server;
pub mod stage;
