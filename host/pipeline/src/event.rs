//! What happens while a pipeline runs, for whoever watches. Nothing is decided from an event.

pub use chiron_model::event::*;

/// Watches a run, and can ask it to stop.
pub trait Observer: Send + Sync {
    /// Called from any thread; must be quick. Whoever needs times takes them here.
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

/// Something the host does, told from its beginning to its end: also where it is left by an error.
pub(crate) struct Working<'a> {
    observer: &'a dyn Observer,
    work: Work,
    failure: Option<String>,
}

impl<'a> Working<'a> {
    pub(crate) fn on(work: Work, observer: &'a dyn Observer) -> Self {
        observer.on(Event::WorkStarted(work));
        Self { observer, work, failure: None }
    }

    /// It did not work.
    pub(crate) fn failed(&mut self, code: &str) {
        self.failure = Some(code.to_owned());
    }
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.observer.on(Event::WorkEnded { work: self.work, failure: self.failure.take() });
    }
}
