//! A step's log and progress, as events.

use std::sync::Arc;

use chiron_sandbox::powers::{Journal, Level};

use crate::event::{Event, Observer};

/// Attributes lines to a step.
pub(crate) struct StepJournal {
    step: String,
    observer: Arc<dyn Observer>,
}

impl StepJournal {
    pub(crate) fn new(step: &str, observer: &Arc<dyn Observer>) -> Self {
        Self { step: step.to_owned(), observer: Arc::clone(observer) }
    }
}

impl Journal for StepJournal {
    fn log(&self, level: Level, message: &str, fields: &[(String, String)]) {
        if !self.observer.wants(level) {
            return;
        }
        let mut message = message.to_owned();
        for (key, value) in fields {
            message.push_str(&format!(" {key}={value}"));
        }
        self.observer.on(Event::Log { step: self.step.clone(), level, message });
    }

    fn enabled(&self, level: Level) -> bool {
        self.observer.wants(level)
    }

    fn progress(&self, done: u64, total: Option<u64>, note: &str) {
        self.observer.on(Event::Progress { step: self.step.clone(), done, total, note: note.to_owned() });
    }

    fn cancelled(&self) -> bool {
        self.observer.cancelled()
    }
}
