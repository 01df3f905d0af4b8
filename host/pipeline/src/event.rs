//! What happens while a pipeline runs, for whoever watches. Nothing is decided from an event.

use chiron_sandbox::powers::Level;

/// Something happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Subjects are being hashed, or plugins compiled, ...
    Stage {
        /// What, for a person.
        name: &'static str,
    },
    /// A step begins; so many calls will be made.
    StepStarted {
        /// Id.
        step: String,
        /// Calls.
        calls: u64,
    },
    /// One call of a step has ended.
    CallEnded {
        /// Id of the step.
        step: String,
    },
    /// A step has ended.
    StepEnded {
        /// Id.
        step: String,
    },
    /// A plugin wrote a line. It is inert and cut.
    Log {
        /// Id of the step.
        step: String,
        /// Level.
        level: Level,
        /// The line, with its fields appended as `key=value`.
        message: String,
    },
    /// A plugin reports how far it is.
    Progress {
        /// Id of the step.
        step: String,
        /// Units done.
        done: u64,
        /// Units in all.
        total: Option<u64>,
        /// What it is doing.
        note: String,
    },
}

/// Watches a run, and can ask it to stop.
pub trait Observer: Send + Sync {
    /// Called from any thread; must be quick.
    fn on(&self, event: Event);

    /// Whether log lines of this level are wanted.
    fn wants(&self, level: Level) -> bool {
        level >= Level::Warn
    }

    /// Whether the run is to stop.
    fn cancelled(&self) -> bool {
        false
    }
}

/// Watches nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unwatched;

impl Observer for Unwatched {
    fn on(&self, _: Event) {}
}
