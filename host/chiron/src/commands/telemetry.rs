//! What is told of a run beside its report: a summary, files, export. Nothing here decides: whatever fails costs a warning.

mod metrics_file;

use std::path::Path;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use chiron_archive::write_atomically;
use chiron_pipeline::ExitCode as Code;
use chiron_pipeline::event::{Event, Outcome};
#[cfg(feature = "otlp")]
use chiron_telemetry::otlp::{Exporter, Settings};
use chiron_telemetry::summary::{self, Look};
use chiron_telemetry::{Kept, Parent, Recorder, SpanId, chrome};

use crate::cli::{Global, LogFormat, TelemetryArgs};
use crate::door;

/// Hears a run. Times are taken here, and nowhere below.
pub(super) struct Telemetry {
    clock: Instant,
    args: TelemetryArgs,
    summary: bool,
    quiet: bool,
    state: Mutex<State>,
}

struct State {
    recorder: Recorder,
    #[cfg(feature = "otlp")]
    exporter: Option<Exporter>,
    /// What is said at the end.
    warnings: Vec<String>,
    /// How the run ended, where `--exit-code` hides it.
    outcome: Option<(Outcome, u8)>,
}

impl Telemetry {
    /// None where nobody wants to know.
    ///
    /// # Errors
    /// A file that cannot be written, as far as it shows before the run.
    pub(super) fn new(
        command: &'static str,
        args: &TelemetryArgs,
        global: &Global,
        offline: bool,
    ) -> Result<Option<Self>, String> {
        for file in [&args.metrics_file, &args.trace_file].into_iter().flatten() {
            check(file)?;
        }
        let mut warnings = Vec::new();
        let (parent, wrong) = parent();
        warnings.extend(wrong);
        #[cfg(feature = "otlp")]
        let settings = export(offline, &mut warnings);
        #[cfg(feature = "otlp")]
        let exports = settings.is_some();
        #[cfg(not(feature = "otlp"))]
        let exports = refuse_export(offline, &mut warnings);
        let summary = global.verbose > 0 && !global.quiet;
        let files = args.metrics_file.is_some() || args.trace_file.is_some();
        if !(exports || summary || files || global.log_format == LogFormat::Json || !warnings.is_empty()) {
            return Ok(None);
        }
        let kept = if summary || args.trace_file.is_some() { Kept::Whole } else { Kept::Counts };
        let recorder = Recorder::new(SystemTime::now(), parent, kept);
        door::log_within(&recorder.trace().to_string());
        let state = State {
            #[cfg(feature = "otlp")]
            exporter: settings.map(|settings| {
                let sampled = recorder.parent().map(|parent| parent.sampled);
                Exporter::start(&settings, recorder.trace(), sampled, recorder.started(), env!("CARGO_PKG_VERSION"))
            }),
            recorder,
            warnings,
            outcome: None,
        };
        let (args, quiet) = (args.clone(), global.quiet);
        let telemetry = Self { clock: Instant::now(), args, summary, quiet, state: Mutex::new(state) };
        telemetry.on(&Event::RunStarted { command, version: env!("CARGO_PKG_VERSION") });
        Ok(Some(telemetry))
    }

    /// Something happened. Returns the span that a line belongs to.
    pub(super) fn on(&self, event: &Event) -> Option<SpanId> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        // After the lock: two threads must not be told in another order than that of their times.
        let at = self.clock.elapsed();
        let (spans, logs) = state.recorder.on(event, at);
        let span = logs.last().and_then(|log| log.span);
        #[cfg(feature = "otlp")]
        if let Some(exporter) = &mut state.exporter {
            exporter.take(spans, logs);
        }
        #[cfg(not(feature = "otlp"))]
        drop((spans, logs));
        span
    }

    /// The run ends with this code, which `--exit-code` may have changed to `exit`.
    pub(super) fn ends(&self, code: Code, exit: u8) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).outcome = Some((code.outcome(), exit));
    }

    /// Writes and sends everything.
    pub(super) async fn finish(&self, code: ExitCode) {
        let known = self.state.lock().unwrap_or_else(PoisonError::into_inner).outcome;
        let (outcome, exit) = known.unwrap_or_else(|| meaning(code));
        let took = self.clock.elapsed();
        self.on(&Event::RunEnded { exit, outcome });
        let written = self.write();
        #[cfg(feature = "otlp")]
        let sent = self.send(took).await;
        #[cfg(not(feature = "otlp"))]
        let sent: Vec<String> = Vec::new();
        let mut warnings = std::mem::take(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner).warnings);
        warnings.extend(written.into_iter().chain(sent));
        if !self.quiet {
            warnings.iter().for_each(|warning| door::say(&format!("warning: {warning}")));
        }
        let _: Duration = took;
    }

    fn write(&self) -> Vec<String> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let mut warnings = Vec::new();
        if let Some(file) = &self.args.trace_file {
            let document = chrome::document(&state.recorder, env!("CARGO_PKG_VERSION"));
            let written = write_atomically(file, document.as_bytes());
            warnings.extend(written.err().map(|error| format!("the trace was not written: {error}")));
        }
        if let Some(file) = &self.args.metrics_file {
            let written = metrics_file::add(file, state.recorder.metrics(), state.recorder.pipeline());
            warnings.extend(written.err().map(|reason| format!("metrics were not written: {reason}")));
        }
        if self.summary {
            let look = Look { width: door::width().into(), blocks: door::blocks() };
            for line in summary::lines(state.recorder.spans(), look) {
                door::say_faint(&line);
            }
        }
        warnings
    }

    #[cfg(feature = "otlp")]
    async fn send(&self, took: Duration) -> Vec<String> {
        let (exporter, metrics) = {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            (state.exporter.take(), state.recorder.metrics().clone())
        };
        match exporter {
            Some(exporter) => exporter.finish(metrics, took).await.warnings,
            None => Vec::new(),
        }
    }
}

/// A folder that is not there is a slip of the pen, and told before anything runs.
fn check(file: &Path) -> Result<(), String> {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => {
            Err(format!("the folder {} is not there", folder.display()))
        }
        _ if file.is_dir() => Err(format!("{} is a folder", file.display())),
        _ => Ok(()),
    }
}

/// Whoever started the run, by `TRACEPARENT`.
fn parent() -> (Option<Parent>, Option<String>) {
    let text = std::env::var("TRACEPARENT").unwrap_or_default();
    if text.is_empty() {
        return (None, None);
    }
    match Parent::parse(text.trim()) {
        Ok(parent) => (Some(parent), None),
        Err(error) => (None, Some(format!("TRACEPARENT is not used: {error}"))),
    }
}

#[cfg(feature = "otlp")]
fn export(offline: bool, warnings: &mut Vec<String>) -> Option<Settings> {
    match Settings::read(&|name| std::env::var(name).ok(), env!("CARGO_PKG_VERSION")) {
        Ok(Some(_)) if offline => {
            warnings.push("telemetry is not exported: --offline says to make no network connection".to_owned());
            None
        }
        Ok(settings) => settings,
        Err(warning) => {
            warnings.push(warning.to_string());
            None
        }
    }
}

/// A build without export that is asked to export says so.
#[cfg(not(feature = "otlp"))]
fn refuse_export(_offline: bool, warnings: &mut Vec<String>) -> bool {
    if std::env::var_os("OTEL_EXPORTER_OTLP_ENDPOINT").is_some_and(|value| !value.is_empty()) {
        warnings.push("telemetry is not exported: this build of chiron does not speak OTLP".to_owned());
    }
    false
}

/// What an exit code means that nobody changed.
fn meaning(code: ExitCode) -> (Outcome, u8) {
    let known = Code::ALL.into_iter().find(|known| ExitCode::from(known.number()) == code);
    known.map_or((Outcome::Bug, Code::Bug.number()), |known| (known.outcome(), known.number()))
}
