//! Lines for the run's log. Infallible and cheap, never a reason to fail; not to be called in `describe`.

pub use crate::bindings::imports::chiron::telemetry::log::Level;

/// Writes one line with fields.
pub fn emit(level: Level, message: &str, fields: &[(&str, &str)]) {
    let fields: Vec<(String, String)> =
        fields.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    host::emit(level, message, &fields);
}

/// Whether anyone listens at this level: ask before wording something costly.
#[must_use]
pub fn enabled(level: Level) -> bool {
    host::enabled(level)
}

/// A line for whoever debugs the plugin.
pub fn debug(message: &str) {
    emit(Level::Debug, message, &[]);
}

/// A line about what was done.
pub fn info(message: &str) {
    emit(Level::Info, message, &[]);
}

/// A line about what is odd, but does not stop the work.
pub fn warn(message: &str) {
    emit(Level::Warn, message, &[]);
}

#[cfg(target_arch = "wasm32")]
use crate::bindings::imports::chiron::telemetry::log as host;

/// On a native target lines are kept for the test that asks for them.
#[cfg(not(target_arch = "wasm32"))]
mod host {
    use super::Level;

    pub(super) fn enabled(_level: Level) -> bool {
        true
    }

    pub(super) fn emit(level: Level, message: &str, fields: &[(String, String)]) {
        crate::fake::telemetry::record(level, message, fields);
    }
}
