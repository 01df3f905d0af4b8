//! What a person sees while a run works: nothing for a second, then a line on standard error. Nothing in a pipe.

use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chiron_pipeline::ExitCode;
use chiron_pipeline::event::{Code, Event, Observer};
use chiron_sandbox::powers::Level;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::signal::unix::{SignalKind, signal};

use super::telemetry::Telemetry;
use crate::cli::{Global, LogFormat};
use crate::door;

/// How long a run may take before progress is shown.
const PATIENCE: Duration = Duration::from_secs(1);

/// Watches a run for a person, and passes on their Ctrl-C.
pub(super) struct Watch {
    started: Instant,
    shows: bool,
    least: Level,
    bar: Mutex<Option<ProgressBar>>,
    cancelled: AtomicBool,
    telemetry: Option<Telemetry>,
    not_kept: Mutex<Option<String>>,
}

impl Watch {
    pub(super) fn new(global: &Global) -> Arc<Self> {
        Self::telling(global, None)
    }

    /// The same, and tells more than progress.
    pub(super) fn telling(global: &Global, telemetry: Option<Telemetry>) -> Arc<Self> {
        let least = match (global.quiet, global.verbose) {
            (true, _) => Level::Error,
            (false, 0) => Level::Warn,
            (false, 1) => Level::Info,
            (false, 2) => Level::Debug,
            (false, _) => Level::Trace,
        };
        Arc::new(Self {
            started: Instant::now(),
            shows: !global.quiet && global.log_format == LogFormat::Human && std::io::stderr().is_terminal(),
            least,
            bar: Mutex::default(),
            cancelled: AtomicBool::new(false),
            telemetry,
            not_kept: Mutex::default(),
        })
    }

    /// The first Ctrl-C asks the run to stop, the second ends at once: on a thread of its own, since those of the run
    /// may all be waiting for something that does not end.
    pub(super) fn listen(self: &Arc<Self>) {
        let watch = Arc::clone(self);
        std::thread::spawn(move || {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_io().build() else { return };
            runtime.block_on(watch.pass_on_interrupts());
        });
    }

    async fn pass_on_interrupts(&self) {
        // One stream for all of them: what arrives between two is not lost.
        let Ok(mut interrupts) = signal(SignalKind::interrupt()) else { return };
        while interrupts.recv().await.is_some() {
            if self.cancelled.swap(true, Ordering::SeqCst) {
                door::quit(ExitCode::Interrupted);
            }
            door::say("stopping; press Ctrl-C again to end at once");
        }
    }

    /// Who tells more than progress.
    pub(super) fn telemetry(&self) -> Option<&Telemetry> {
        self.telemetry.as_ref()
    }

    /// Takes the line away.
    pub(super) fn finish(&self) {
        if let Some(bar) = self.bar.lock().unwrap_or_else(PoisonError::into_inner).take() {
            bar.finish_and_clear();
        }
    }

    /// Shows how far an import is.
    pub(super) fn importing(&self, step: &str, progress: chiron_advisories::Progress) {
        use chiron_advisories::Progress;
        let (done, total, note) = match progress {
            Progress::Reading { source, done, total } => (done, Some(total), source.display().to_string()),
            Progress::Writing { records } => (records, None, "records being written".to_owned()),
        };
        self.on(Event::Progress { step: step.to_owned(), done, total, note });
    }

    /// Shows what is being done.
    pub(super) fn note(&self, text: String) {
        self.show(|bar| bar.set_message(text));
    }

    /// Compiled plugins are not kept, for this reason. Said once, if a plugin is compiled: nobody else waits for it.
    pub(super) fn keeps_nothing(&self, remark: &str) {
        if self.least != Level::Error {
            *self.not_kept.lock().unwrap_or_else(PoisonError::into_inner) = Some(remark.to_owned());
        }
    }

    /// Says a line that stays.
    pub(super) fn say(&self, line: &str) {
        let line = chiron_model::text::inert(line);
        match &*self.bar.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(bar) => bar.suspend(|| door::say(&line)),
            None => door::say(&line),
        }
    }

    fn show(&self, update: impl FnOnce(&ProgressBar)) {
        if !self.shows || self.started.elapsed() < PATIENCE {
            return;
        }
        let mut bar = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        update(bar.get_or_insert_with(new_bar));
    }
}

fn new_bar() -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

impl Observer for Watch {
    fn on(&self, event: Event) {
        let span = self.telemetry.as_ref().and_then(|telemetry| telemetry.on(&event));
        match event {
            Event::PhaseStarted(phase) => self.show(|bar| bar.set_message(phase.doing())),
            Event::StepStarted { step, calls, .. } => self.show(|bar| {
                bar.set_length(calls);
                bar.set_position(0);
                bar.set_message(step);
            }),
            Event::CallEnded { step, .. } => self.show(|bar| {
                bar.inc(1);
                bar.set_message(format!("{step} {}/{}", bar.position(), bar.length().unwrap_or(0)));
            }),
            Event::Log { step, level, message, call: _ } => {
                let say = || door::log(level, &step, &message, span.map(|span| span.to_string()).as_deref());
                match &*self.bar.lock().unwrap_or_else(PoisonError::into_inner) {
                    Some(bar) => bar.suspend(say),
                    None => say(),
                }
            }
            Event::Progress { step, done, total, note } => self.show(|bar| {
                let total = total.map(|total| format!("/{total}")).unwrap_or_default();
                bar.set_message(format!("{step} {done}{total} {note}"));
            }),
            Event::LoadEnded { code: Some(Code::Compiled), .. } => {
                let remark = self.not_kept.lock().unwrap_or_else(PoisonError::into_inner).take();
                remark.iter().for_each(|remark| self.say(remark));
            }
            Event::RunStarted { .. }
            | Event::Planned { .. }
            | Event::LoadStarted { .. }
            | Event::LoadEnded { .. }
            | Event::CallStarted { .. }
            | Event::StepEnded { .. }
            | Event::WorkStarted(_)
            | Event::WorkEnded { .. }
            | Event::Verified { .. }
            | Event::Reported(_)
            | Event::Written { .. }
            | Event::RunEnded { .. } => {}
        }
    }

    fn wants(&self, level: Level) -> bool {
        level >= self.least
    }

    fn cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}
