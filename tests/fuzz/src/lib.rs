//! Every reader of untrusted bytes on the host, as a function of bytes. It must come back whatever the bytes are; beside
//! that, each target checks what its reader promises. `cargo test` replays `corpus/`, and a fuzzer looks for more:
//! `tests/fuzz/fuzz TARGET SECONDS`.
//!
//! CycloneDX, lock files and packages are read inside a guest; the target `cataloger` runs that guest's code natively.

pub mod target;

pub use target::Target;
