//! The kinds of plugins: one typed work call each.

pub(crate) mod content_scanner;
pub(crate) mod generator;
pub(crate) mod policy;
pub(crate) mod scanner;
pub(crate) mod signer;

use crate::error::CallError;

/// The component does not have the shape of the kind it was inspected as.
fn shape(error: wasmtime::Error) -> CallError {
    CallError::Host { reason: format!("{error:#}") }
}
