//! One call of a step's plugin as events: its beginning, its log and progress, what it cost, how it ended.

use std::sync::{Arc, Mutex, PoisonError};

use chiron_sandbox::CallError;
use chiron_sandbox::powers::{Journal, Level, Spent};

use crate::config::file::Limit;
use crate::event::{Event, Observer};
use crate::plan::PlannedStep;
use crate::plan::budget::advice;

/// Attributes lines and costs to a call.
pub(crate) struct StepJournal {
    step: String,
    /// What an operator lowered for this step.
    capped: Vec<Limit>,
    call: u64,
    observer: Arc<dyn Observer>,
    spent: Mutex<Spent>,
}

impl StepJournal {
    /// The call begins.
    pub(crate) fn begin(step: &PlannedStep, call: u64, observer: &Arc<dyn Observer>) -> Arc<Self> {
        observer.on(Event::CallStarted { step: step.id.clone(), call });
        Arc::new(Self {
            step: step.id.clone(),
            capped: step.capped.clone(),
            call,
            observer: Arc::clone(observer),
            spent: Mutex::default(),
        })
    }

    /// The call has ended so.
    pub(crate) fn end<T>(&self, answer: &Result<T, CallError>) {
        let spent = *self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        let failure = answer.as_ref().err().map(CallError::code);
        self.observer.on(Event::CallEnded { step: self.step.clone(), call: self.call, spent, failure });
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
        self.observer.on(Event::Log { step: self.step.clone(), call: self.call, level, message });
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

    fn advice(&self, key: &'static str) -> String {
        advice(key, &self.step, &self.capped)
    }

    fn spent(&self, spent: &Spent) {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner).add(spent);
    }
}
