//! Export to a collector: OTLP over HTTP with protobuf, or over gRPC. Off unless the environment names an endpoint.

mod encode;
mod export;
mod settings;

pub use export::{Exporter, Sent};
pub use settings::{Protocol, Sampler, Settings, Target, Temporality, Warning};
