//! What a run did, seen from outside.
//!
//! A [`Recorder`] is told every [`Event`](chiron_model::event::Event) of a run, with the time of a clock at the door. It makes spans
//! ([`Span`]), metrics ([`Metrics`]) and log records ([`LogRecord`]) of them, and of nothing else. Encoders turn those into Chrome
//! trace events ([`chrome`]), Prometheus text ([`exposition`]), a summary for a person ([`summary`]) and OTLP ([`otlp`]).
//!
//! What can leave the machine stands in three files: the attributes of spans in `span.rs`, the metrics and their labels in
//! `metric.rs`, log records in `log.rs`. None of it is a secret, a file's content or a value of a configuration.

pub mod chrome;
pub mod exposition;
mod id;
mod log;
mod measure;
mod metric;
#[cfg(feature = "otlp")]
pub mod otlp;
mod recorder;
mod series;
mod span;
pub mod summary;
mod tracer;

pub use id::{Parent, ParentError, SpanId, TraceId};
pub use log::LogRecord;
pub use metric::{Kind, Metric};
pub use recorder::{Kept, Recorder};
pub use series::{Metrics, Value};
pub use span::{Attribute, Span, Status, What};
