//! A run as Chrome trace events, for Perfetto (ui.perfetto.dev) and about:tracing: the "JSON Object Format" of the Trace Event Format.
//!
//! Complete events (`X`) of one thread have to nest. Calls run side by side, so that each span is put on the first lane where it lies
//! within its parent or beside everything; a lane is shown as a thread.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::log::LogRecord;
use crate::recorder::Recorder;
use crate::span::{Attribute, Span};
use crate::summary::order;

/// The document.
#[must_use]
pub fn document(recorder: &Recorder, version: &str) -> String {
    // What contains others first: it ends last, and where it begins with them, that tells.
    let mut spans: Vec<_> = recorder.spans().iter().rev().collect();
    spans.sort_by(|a, b| order(a, b));
    let mut lanes = Lanes::default();
    let mut events = vec![metadata("process_name", 0, "chiron")];
    let mut placed = Vec::new();
    for span in spans {
        let lane = lanes.place(span);
        placed.push((span.id, lane));
        events.push(event(span, lane));
    }
    for log in recorder.logs() {
        let lane = log.span.and_then(|id| placed.iter().find(|(known, _)| *known == id)).map_or(0, |(_, lane)| *lane);
        events.push(instant(log, lane));
    }
    for lane in 0..lanes.0.len() {
        events.push(metadata(
            "thread_name",
            lane,
            &if lane == 0 { "run".to_owned() } else { format!("side by side {lane}") },
        ));
    }
    let other = json!({
        "chiron": version,
        "trace_id": recorder.trace().to_string(),
        "spans_left_out": recorder.dropped(),
    });
    let document = json!({ "traceEvents": events, "displayTimeUnit": "ms", "otherData": other });
    format!("{document}\n")
}

/// For each lane, the spans that are open, outermost first.
#[derive(Default)]
struct Lanes(Vec<Vec<(u64, crate::id::SpanId)>>);

impl Lanes {
    fn place(&mut self, span: &Span) -> usize {
        let (start, end) = (micros(span.start), micros(span.end));
        for lane in &mut self.0 {
            while lane.last().is_some_and(|(ends, _)| *ends <= start) {
                lane.pop();
            }
        }
        let fits = |lane: &Vec<(u64, crate::id::SpanId)>| match lane.last() {
            Some((ends, id)) => *ends >= end && span.parent == Some(*id),
            None => false,
        };
        let lane = self.0.iter().position(fits).or_else(|| self.0.iter().position(Vec::is_empty));
        let lane = lane.unwrap_or_else(|| {
            self.0.push(Vec::new());
            self.0.len() - 1
        });
        self.0[lane].push((end, span.id));
        lane
    }
}

fn event(span: &Span, lane: usize) -> Value {
    let (start, end) = (micros(span.start), micros(span.end));
    let mut args: Map<String, Value> = span
        .attributes()
        .into_iter()
        .map(|(name, value)| {
            let value = match value {
                Attribute::Text(text) => Value::from(text),
                Attribute::Number(number) => Value::from(number),
            };
            (name.to_owned(), value)
        })
        .collect();
    args.insert("span_id".to_owned(), span.id.to_string().into());
    if let Some(parent) = span.parent {
        args.insert("parent_id".to_owned(), parent.to_string().into());
    }
    let category = span.name().split(' ').next().unwrap_or_default().to_owned();
    json!({
        "name": span.name(), "cat": category, "ph": "X", "ts": start, "dur": end - start, "pid": 1, "tid": lane + 1, "args": args,
    })
}

fn instant(log: &LogRecord, lane: usize) -> Value {
    json!({
        "name": log.message, "cat": "log", "ph": "i", "s": "t", "ts": micros(log.at), "pid": 1, "tid": lane + 1,
        "args": { "level": log.level.word(), "step": log.step },
    })
}

fn metadata(name: &str, lane: usize, value: &str) -> Value {
    json!({ "name": name, "ph": "M", "pid": 1, "tid": lane + 1, "args": { "name": value } })
}

fn micros(at: Duration) -> u64 {
    u64::try_from(at.as_micros()).unwrap_or(u64::MAX)
}
