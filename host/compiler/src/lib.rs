//! How plugins become native code. The host compiles with these settings while it runs, and its build compiles first-party plugins
//! ahead with the same ones, so that their code can be part of the program: nobody waits for a compiler at the first start.
//!
//! This crate makes code and runs none.

mod ahead;
pub mod encode;
mod settings;

pub use ahead::{NativeError, native};
pub use settings::{Tasks, settings};
