//! Every reader of untrusted bytes on the host, as a function of bytes. It must come back whatever the bytes are; beside
//! that, each target checks what its reader promises. `cargo test` replays `corpus/`, and a fuzzer looks for more:
//! `tests/fuzz/fuzz TARGET SECONDS`.
//!
//! CycloneDX and lock files of package managers are read inside guests, and have no target here.

pub mod target;

pub use target::Target;
