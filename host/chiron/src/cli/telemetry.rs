//! Flags about what is told of a run. None of them changes what the run decides.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// Files that tell of a run. Export to a collector is asked for by `OTEL_EXPORTER_OTLP_ENDPOINT`.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct TelemetryArgs {
    /// Add what the run counted to a file for the textfile collector of Prometheus' node exporter
    #[arg(long, env = "CHIRON_METRICS_FILE", value_name = "FILE")]
    pub(crate) metrics_file: Option<PathBuf>,
    /// Write the run as Chrome trace events, to be looked at with ui.perfetto.dev
    #[arg(long, env = "CHIRON_TRACE_FILE", value_name = "FILE")]
    pub(crate) trace_file: Option<PathBuf>,
}

/// How messages are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// Lines for people.
    #[default]
    Human,
    /// An object on each line.
    Json,
}
