//! Hears a run, and keeps what somebody wants of it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chiron_model::event::Event;

use crate::id::{Ids, Parent, TraceId};
use crate::log::LogRecord;
use crate::measure;
use crate::series::Metrics;
use crate::span::Span;
use crate::tracer::Tracer;

/// Most spans that are kept for a trace file and the summary; further ones are counted. A run of 10,000 files has about this many calls
/// of two plugins, and a trace viewer does not get along with many more.
const SPANS_MAX: usize = 50_000;

/// Most lines that are kept.
const LOGS_MAX: usize = 10_000;

/// Whether spans and lines stay until the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// They do: for a trace file, or the summary.
    Whole,
    /// Only metrics do.
    Counts,
}

/// Hears a run.
pub struct Recorder {
    kept: Kept,
    parent: Option<Parent>,
    trace: TraceId,
    started: SystemTime,
    tracer: Tracer,
    metrics: Metrics,
    pipeline: String,
    spans: Vec<Span>,
    logs: Vec<LogRecord>,
    dropped: u64,
}

impl Recorder {
    /// A run that began at `started`, in the trace of `parent` where there is one.
    #[must_use]
    pub fn new(started: SystemTime, parent: Option<Parent>, kept: Kept) -> Self {
        let since = started.duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut ids = Ids::new(u64::try_from(since.as_nanos() & u128::from(u64::MAX)).unwrap_or_default());
        let trace = parent.map_or_else(|| ids.trace(), |parent| parent.trace);
        Self {
            kept,
            parent,
            trace,
            started,
            tracer: Tracer::new(ids),
            metrics: Metrics::default(),
            pipeline: String::new(),
            spans: Vec::new(),
            logs: Vec::new(),
            dropped: 0,
        }
    }

    /// Something happened, so long after the run began. Returns what is whole now: spans that have ended, and lines.
    pub fn on(&mut self, event: &Event, at: Duration) -> (Vec<Span>, Vec<LogRecord>) {
        if let Event::Planned { pipeline } = event {
            self.pipeline = measure::label(pipeline);
        }
        self.tracer.on(event, at, self.parent.as_ref());
        measure::event(&mut self.metrics, &self.pipeline, event);
        let (spans, logs) = (std::mem::take(&mut self.tracer.spans), std::mem::take(&mut self.tracer.logs));
        for span in &spans {
            measure::span(&mut self.metrics, &self.pipeline, span);
        }
        if let Event::RunEnded { .. } = event {
            measure::end(&mut self.metrics, &self.pipeline, self.started, at);
        }
        if self.kept == Kept::Whole {
            let room = SPANS_MAX.saturating_sub(self.spans.len());
            self.spans.extend(spans.iter().take(room).cloned());
            self.dropped += spans.len().saturating_sub(room) as u64;
            let room = LOGS_MAX.saturating_sub(self.logs.len());
            self.logs.extend(logs.iter().take(room).cloned());
        }
        (spans, logs)
    }

    /// The trace.
    #[must_use]
    pub fn trace(&self) -> TraceId {
        self.trace
    }

    /// Whether whoever started the run records it; None where nobody did.
    #[must_use]
    pub fn parent(&self) -> Option<Parent> {
        self.parent
    }

    /// When the run began.
    #[must_use]
    pub fn started(&self) -> SystemTime {
        self.started
    }

    /// Counts so far.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Name of the pipeline, as labels have it; empty until it is known.
    #[must_use]
    pub fn pipeline(&self) -> &str {
        &self.pipeline
    }

    /// Spans that were kept, in the order of their ends.
    #[must_use]
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// Lines that were kept.
    #[must_use]
    pub fn logs(&self) -> &[LogRecord] {
        &self.logs
    }

    /// Spans that were not kept, because there were too many.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.dropped
    }
}
