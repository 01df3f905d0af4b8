//! What an event and a span count for.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use chiron_model::event::{Code, Ended, Event, Facts, Flag, Outcome, Phase, Signed, SubjectKind};
use chiron_model::text::{cut, one_line};
use chiron_model::verdict::Decision;

use crate::metric::Metric;
use crate::series::Metrics;
use crate::span::{Span, What};

/// Characters of a label. Names that operators give are shorter.
const LABEL_CHARS: usize = 100;

/// The pipeline's label where a run ended before its name was known.
const UNKNOWN: &str = "unknown";

/// Text of an operator as a label.
pub(crate) fn label(text: &str) -> String {
    cut(&one_line(text), LABEL_CHARS).into_owned()
}

fn name(pipeline: &str) -> &str {
    if pipeline.is_empty() { UNKNOWN } else { pipeline }
}

/// Counts an event.
pub(crate) fn event(metrics: &mut Metrics, pipeline: &str, event: &Event) {
    let pipeline = name(pipeline);
    match event {
        Event::Reported(facts) => report(metrics, pipeline, facts),
        Event::Written { format, sbom: true, written } => {
            for (status, is) in [("written", *written), ("failed", !*written)] {
                metrics.add(Metric::SbomGeneration, &[pipeline, &label(format), status], f64::from(u8::from(is)));
            }
        }
        Event::Verified { signed, holds } => {
            let status = if *holds { "valid" } else { "invalid" };
            metrics.add(Metric::SignatureVerification, &[pipeline, signed.word(), status], 1.0);
        }
        Event::StepEnded { step, kind, ending, .. } => {
            for how in [Ended::Succeeded, Ended::Skipped, Ended::Failed(String::new())] {
                let is = f64::from(u8::from(how.word() == ending.word()));
                metrics.add(Metric::Steps, &[pipeline, &label(step), kind.word(), how.word()], is);
            }
        }
        Event::RunEnded { exit, outcome } => {
            // Every outcome is there from the first run on: what appears out of nothing has no rate.
            for how in Outcome::ALL {
                let is = f64::from(u8::from(how == *outcome));
                metrics.add(Metric::Build, &[pipeline, how.word()], is);
            }
            metrics.set(Metric::LastRunExit, &[pipeline], f64::from(*exit));
        }
        Event::RunStarted { .. }
        | Event::Planned { .. }
        | Event::PhaseStarted(_)
        | Event::LoadStarted { .. }
        | Event::LoadEnded { .. }
        | Event::StepStarted { .. }
        | Event::CallStarted { .. }
        | Event::CallEnded { .. }
        | Event::WorkStarted(_)
        | Event::WorkEnded { .. }
        | Event::Written { sbom: false, .. }
        | Event::Log { .. }
        | Event::Progress { .. } => {}
    }
}

fn report(metrics: &mut Metrics, pipeline: &str, facts: &Facts) {
    let count = |number: u64| number as f64;
    for (severity, standing, number) in &facts.findings {
        metrics.set(Metric::Vulnerabilities, &[pipeline, severity.word(), standing.word()], count(*number));
    }
    metrics.set(Metric::Dependencies, &[pipeline], count(facts.components));
    metrics.set(Metric::DependenciesAffected, &[pipeline], count(facts.affected));
    for kind in SubjectKind::ALL {
        let (number, bytes) = facts.subjects.get(&kind).copied().unwrap_or_default();
        metrics.set(Metric::Packs, &[pipeline, kind.word()], count(number));
        metrics.set(Metric::PackSize, &[pipeline, kind.word()], count(bytes));
    }
    for (coverage, number) in &facts.files {
        metrics.set(Metric::Files, &[pipeline, coverage.word()], count(*number));
    }
    for (flag, on) in &facts.flags {
        let flag: &Flag = flag;
        metrics.set(Metric::FeatureFlag, &[pipeline, flag.word()], f64::from(u8::from(*on)));
    }
    for policy in &facts.policies {
        for decision in [Decision::Warn, Decision::Deny] {
            // A denial without a reason is one all the same.
            let reasons = if policy.decision == decision { policy.reasons.max(1) } else { 0 };
            metrics.add(Metric::PolicyViolations, &[pipeline, &label(&policy.step), decision.word()], count(reasons));
        }
    }
    for database in &facts.databases {
        let name = label(&database.name);
        if let Some(built) = database.built_s {
            metrics.set(Metric::DatabaseBuilt, &[pipeline, &name], built as f64);
        }
        metrics.set(Metric::DatabaseRecords, &[pipeline, &name], count(database.records));
    }
    // Zero from the first run on, for the same reason as above.
    for signed in [Signed::Subject, Signed::Statement] {
        for status in ["valid", "invalid"] {
            metrics.add(Metric::SignatureVerification, &[pipeline, signed.word(), status], 0.0);
        }
    }
}

/// Counts a span that has ended.
pub(crate) fn span(metrics: &mut Metrics, pipeline: &str, span: &Span) {
    let pipeline = name(pipeline);
    let seconds = span.took().as_secs_f64();
    match &span.what {
        What::Run { .. } => metrics.observe(Metric::BuildDuration, &[pipeline], seconds),
        What::Phase(phase) => {
            let phase: &Phase = phase;
            metrics.observe(Metric::StageDuration, &[pipeline, phase.word()], seconds);
        }
        What::Load { plugin, code, .. } => {
            let cache = code.map_or("failed", Code::word);
            for word in [Code::Cached.word(), Code::Compiled.word(), "failed"] {
                let is = f64::from(u8::from(word == cache));
                metrics.add(Metric::PluginLoads, &[pipeline, &label(plugin), word], is);
            }
        }
        What::Call { plugin, spent, failure, .. } => {
            let plugin = label(plugin);
            let labels = [pipeline, plugin.as_str()];
            let cut_off = if span.ended { None } else { Some("unfinished") };
            metrics.add(
                Metric::PluginCalls,
                &[pipeline, &plugin, "ok"],
                f64::from(u8::from(failure.is_none() && cut_off.is_none())),
            );
            // Always there, so that a first denial has a rate.
            metrics.add(Metric::PluginCalls, &[pipeline, &plugin, "denied"], 0.0);
            if let Some(code) = failure.or(cut_off) {
                metrics.add(Metric::PluginCalls, &[pipeline, &plugin, code], 1.0);
            }
            metrics.observe(Metric::PluginCallDuration, &labels, seconds);
            metrics.add(Metric::PluginCpu, &labels, spent.cpu_us as f64 / 1e6);
            metrics.add(Metric::PluginBytes, &[pipeline, &plugin, "in"], spent.bytes_in as f64);
            metrics.add(Metric::PluginBytes, &[pipeline, &plugin, "out"], spent.bytes_out as f64);
            metrics.add(Metric::PluginHostCalls, &labels, spent.host_calls as f64);
            metrics.raise(Metric::PluginMemory, &labels, spent.memory_bytes as f64);
        }
        What::Step { .. } | What::Work { .. } => {}
    }
}

/// The run has ended, so long after it began.
pub(crate) fn end(metrics: &mut Metrics, pipeline: &str, started: SystemTime, took: Duration) {
    let since = started.duration_since(UNIX_EPOCH).unwrap_or_default() + took;
    metrics.set(Metric::LastRun, &[name(pipeline)], (since.as_millis() as f64) / 1e3);
}
