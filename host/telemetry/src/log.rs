//! Lines that plugins wrote, with the call they belong to.

use std::time::Duration;

use chiron_model::event::Level;

use crate::id::SpanId;

/// A line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRecord {
    /// Since the run began.
    pub at: Duration,
    /// The call that wrote it.
    pub span: Option<SpanId>,
    /// Id of the step.
    pub step: String,
    /// Level.
    pub level: Level,
    /// The line; inert and cut by the sandbox.
    pub message: String,
}
