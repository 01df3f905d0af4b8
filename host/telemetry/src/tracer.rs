//! Events to spans: what begins is kept open until its end is told.

use std::collections::BTreeMap;
use std::time::Duration;

use chiron_model::event::{Event, Spent, Work};

use crate::id::{Ids, Parent, SpanId};
use crate::log::LogRecord;
use crate::span::{Span, What};

/// A span that is open.
struct Open {
    id: SpanId,
    parent: Option<SpanId>,
    start: Duration,
    what: What,
    /// For a step: when its last call ended. What the host does afterwards is not the plugin's time.
    last: Option<Duration>,
}

/// Makes spans of events.
pub(crate) struct Tracer {
    ids: Ids,
    run: Option<Open>,
    phase: Option<Open>,
    loads: BTreeMap<String, Open>,
    steps: BTreeMap<String, Open>,
    calls: BTreeMap<(String, u64), Open>,
    works: BTreeMap<Work, Open>,
    /// Spans that have ended, until somebody takes them.
    pub(crate) spans: Vec<Span>,
    /// Lines, likewise.
    pub(crate) logs: Vec<LogRecord>,
}

impl Tracer {
    pub(crate) fn new(ids: Ids) -> Self {
        Self {
            ids,
            run: None,
            phase: None,
            loads: BTreeMap::new(),
            steps: BTreeMap::new(),
            calls: BTreeMap::new(),
            works: BTreeMap::new(),
            spans: Vec::new(),
            logs: Vec::new(),
        }
    }

    pub(crate) fn on(&mut self, event: &Event, at: Duration, parent: Option<&Parent>) {
        match event {
            Event::RunStarted { command, version: _ } => {
                let what = What::Run { command, pipeline: String::new(), outcome: None };
                let parent = parent.map(|parent| parent.span);
                self.run = Some(self.open(parent, at, what));
            }
            Event::Planned { pipeline: name } => {
                if let Some(Open { what: What::Run { pipeline, .. }, .. }) = &mut self.run {
                    pipeline.clone_from(name);
                }
            }
            Event::PhaseStarted(phase) => {
                self.end_phase(at);
                self.phase = Some(self.open(self.run_id(), at, What::Phase(*phase)));
            }
            Event::LoadStarted { step, plugin, digest } => {
                let what =
                    What::Load { step: step.clone(), plugin: plugin.clone(), digest: digest.to_string(), code: None };
                let open = self.open(self.within(), at, what);
                self.loads.insert(step.clone(), open);
            }
            Event::LoadEnded { step, code: from } => {
                if let Some(mut open) = self.loads.remove(step) {
                    if let What::Load { code, .. } = &mut open.what {
                        *code = *from;
                    }
                    self.end(open, at, true);
                }
            }
            Event::StepStarted { step, kind, plugin, version, digest, calls } => {
                let what = What::Step {
                    step: step.clone(),
                    kind: *kind,
                    plugin: plugin.clone(),
                    version: version.clone(),
                    digest: digest.to_string(),
                    calls: *calls,
                    ending: None,
                };
                let open = self.open(self.within(), at, what);
                self.steps.insert(step.clone(), open);
            }
            Event::CallStarted { step, call } => self.begin_call(step, *call, at),
            Event::CallEnded { step, call, spent, failure } => {
                if let Some(begun) = self.steps.get_mut(step) {
                    begun.last = Some(at);
                }
                if let Some(mut open) = self.calls.remove(&(step.clone(), *call)) {
                    if let What::Call { spent: cost, failure: code, .. } = &mut open.what {
                        (*cost, *code) = (*spent, *failure);
                    }
                    self.end(open, at, true);
                }
            }
            Event::StepEnded { step, ending: how, .. } => {
                if let Some(mut open) = self.steps.remove(step) {
                    if let What::Step { ending, .. } = &mut open.what {
                        *ending = Some(how.clone());
                    }
                    let at = open.last.unwrap_or(at);
                    self.end(open, at, true);
                }
            }
            Event::WorkStarted(work) => {
                let open = self.open(self.within(), at, What::Work { work: *work, failure: None });
                self.works.insert(*work, open);
            }
            Event::WorkEnded { work, failure: code } => {
                if let Some(mut open) = self.works.remove(work) {
                    if let What::Work { failure, .. } = &mut open.what {
                        failure.clone_from(code);
                    }
                    self.end(open, at, true);
                }
            }
            Event::RunEnded { exit, outcome: how } => self.end_run(at, *how, *exit),
            Event::Log { step, call, level, message } => {
                let span = self.calls.get(&(step.clone(), *call)).or_else(|| self.steps.get(step)).map(|open| open.id);
                let (step, message) = (step.clone(), message.clone());
                self.logs.push(LogRecord { at, span, step, level: *level, message });
            }
            Event::Verified { .. } | Event::Reported(_) | Event::Written { .. } | Event::Progress { .. } => {}
        }
    }

    fn begin_call(&mut self, step: &str, call: u64, at: Duration) {
        let Some(Open { id, what: What::Step { kind, plugin, digest, .. }, .. }) = self.steps.get(step) else { return };
        let what = What::Call {
            step: step.to_owned(),
            kind: *kind,
            plugin: plugin.clone(),
            digest: digest.clone(),
            call,
            spent: Spent::default(),
            failure: None,
        };
        let parent = Some(*id);
        let open = self.open(parent, at, what);
        self.calls.insert((step.to_owned(), call), open);
    }

    fn end_run(&mut self, at: Duration, how: chiron_model::event::Outcome, exit: u8) {
        // The innermost first: what is cut off ends with what it is part of.
        let calls = std::mem::take(&mut self.calls).into_values();
        let steps = std::mem::take(&mut self.steps).into_values();
        let works = std::mem::take(&mut self.works).into_values();
        let loads = std::mem::take(&mut self.loads).into_values();
        for open in calls.chain(steps).chain(works).chain(loads).collect::<Vec<_>>() {
            self.end(open, at, false);
        }
        self.end_phase(at);
        if let Some(mut run) = self.run.take() {
            if let What::Run { outcome, .. } = &mut run.what {
                *outcome = Some((how, exit));
            }
            self.end(run, at, true);
        }
    }

    fn end_phase(&mut self, at: Duration) {
        if let Some(phase) = self.phase.take() {
            self.end(phase, at, true);
        }
    }

    fn run_id(&self) -> Option<SpanId> {
        self.run.as_ref().map(|run| run.id)
    }

    /// What everything is part of now.
    fn within(&self) -> Option<SpanId> {
        self.phase.as_ref().map(|phase| phase.id).or_else(|| self.run_id())
    }

    fn open(&mut self, parent: Option<SpanId>, start: Duration, what: What) -> Open {
        Open { id: self.ids.span(), parent, start, what, last: None }
    }

    fn end(&mut self, open: Open, end: Duration, ended: bool) {
        let Open { id, parent, start, what, last: _ } = open;
        self.spans.push(Span { id, parent, start, end: end.max(start), what, ended });
    }
}
