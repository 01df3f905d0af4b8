//! Progress out, cancellation in. Long loops ask [`check`] now and then; the host's deadline does not depend on it.

use crate::PluginError;

/// Says how far the work has come.
pub fn report(done: u64, total: Option<u64>, note: &str) {
    host::report(done, total, note);
}

/// Whether the run was cancelled.
#[must_use]
pub fn cancelled() -> bool {
    host::cancelled()
}

/// Stops a loop once the run was cancelled: `progress::check()?`.
///
/// # Errors
/// [`PluginError::Cancelled`].
pub fn check() -> Result<(), PluginError> {
    if cancelled() { Err(PluginError::Cancelled) } else { Ok(()) }
}

#[cfg(target_arch = "wasm32")]
use crate::bindings::imports::chiron::telemetry::progress as host;

#[cfg(not(target_arch = "wasm32"))]
mod host {
    pub(super) fn report(_done: u64, _total: Option<u64>, _note: &str) {}

    pub(super) fn cancelled() -> bool {
        crate::fake::telemetry::is_cancelled()
    }
}
