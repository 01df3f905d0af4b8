//! Programs that misbehave, run for real: what they see, what they can do, and what is left of them.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests: a failed unwrap is the test's message")]

mod confined;
mod ground;
mod pinned;
mod unconfined;
