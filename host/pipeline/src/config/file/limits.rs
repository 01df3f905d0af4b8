//! `[limits]`, of a pipeline, a step, or the operator's file.

use chiron_sandbox::Limits;
use chiron_sandbox::limits::SCHEMA_DEPTH_MAX;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::units;

/// `[limits]` and `limits = { ... }` of a step.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitsTable {
    /// Wall clock of one call, e.g. "30s".
    #[serde(default)]
    pub deadline: Option<String>,
    /// The plugin's own computing in one call, e.g. "10s".
    #[serde(default)]
    pub cpu: Option<String>,
    /// Memory of one instance, e.g. "256 MiB".
    #[serde(default)]
    pub memory: Option<String>,
    /// What one answer may need on the host, e.g. "64 MiB".
    #[serde(default)]
    pub output: Option<String>,
    /// Elements over all tables.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub table_elements: Option<u64>,
    /// Calls into the host.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub host_calls: Option<u64>,
    /// Trees, blobs and keys held at a time.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub handles: Option<u32>,
    /// Modules within the component that are instantiated; memories and tables too, each counted by itself.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub instances: Option<u32>,
    /// Log lines of one call; later ones are dropped, and counted.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub log_lines: Option<u32>,
    /// What is kept of one log line, e.g. "4 KiB".
    #[serde(default)]
    pub log_line: Option<String>,
    /// Largest component that is read, e.g. "48 MiB".
    #[serde(default)]
    pub component: Option<String>,
    /// Functions in one component.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub functions: Option<u32>,
    /// Largest body of one function, e.g. "2 MiB".
    #[serde(default)]
    pub function: Option<String>,
    /// Wall clock of compiling, e.g. "5m".
    #[serde(default)]
    pub compile: Option<String>,
    /// Levels of nesting in the schema of a plugin's configuration.
    #[serde(default)]
    #[schemars(range(min = 1, max = SCHEMA_DEPTH_MAX))]
    pub schema_depth: Option<u32>,
}

/// A limit that files may set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Wall clock, in milliseconds.
    Deadline,
    /// Computing time, in milliseconds.
    Cpu,
    /// Linear memory, in bytes.
    Memory,
    /// What one answer may need on the host, in bytes.
    Output,
    /// Elements over all tables.
    TableElements,
    /// Calls into the host.
    HostCalls,
    /// Handles held at a time.
    Handles,
    /// Modules, memories and tables of a component.
    Instances,
    /// Log lines of one call.
    LogLines,
    /// Bytes of one log line.
    LogLine,
    /// Bytes of a component.
    Component,
    /// Functions of a component.
    Functions,
    /// Bytes of a function's body.
    Function,
    /// Wall clock of compiling, in milliseconds.
    Compile,
    /// Levels of a configuration's schema.
    SchemaDepth,
}

impl Limit {
    /// Every limit, in the order of the documentation.
    pub const ALL: [Self; 15] = [
        Self::Deadline,
        Self::Cpu,
        Self::Memory,
        Self::Output,
        Self::TableElements,
        Self::HostCalls,
        Self::Handles,
        Self::Instances,
        Self::LogLines,
        Self::LogLine,
        Self::Component,
        Self::Functions,
        Self::Function,
        Self::Compile,
        Self::SchemaDepth,
    ];

    /// The key in files.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Deadline => "deadline",
            Self::Cpu => "cpu",
            Self::Memory => "memory",
            Self::Output => "output",
            Self::TableElements => "table_elements",
            Self::HostCalls => "host_calls",
            Self::Handles => "handles",
            Self::Instances => "instances",
            Self::LogLines => "log_lines",
            Self::LogLine => "log_line",
            Self::Component => "component",
            Self::Functions => "functions",
            Self::Function => "function",
            Self::Compile => "compile",
            Self::SchemaDepth => "schema_depth",
        }
    }

    /// Its value, in its unit.
    #[must_use]
    pub fn of(self, limits: &Limits) -> u64 {
        match self {
            Self::Deadline => limits.deadline_ms,
            Self::Cpu => limits.cpu_ms,
            Self::Memory => limits.memory_bytes,
            Self::Output => limits.output_bytes,
            Self::TableElements => limits.table_elements,
            Self::HostCalls => limits.host_calls,
            Self::Handles => limits.handles.into(),
            Self::Instances => limits.instances.into(),
            Self::LogLines => limits.log_lines.into(),
            Self::LogLine => limits.log_line_bytes.into(),
            Self::Component => limits.component_bytes,
            Self::Functions => limits.functions.into(),
            Self::Function => limits.function_bytes,
            Self::Compile => limits.compile_ms,
            Self::SchemaDepth => limits.schema_depth.into(),
        }
    }

    pub(crate) fn set(self, limits: &mut Limits, value: u64) {
        let small = u32::try_from(value).unwrap_or(u32::MAX);
        match self {
            Self::Deadline => limits.deadline_ms = value,
            Self::Cpu => limits.cpu_ms = value,
            Self::Memory => limits.memory_bytes = value,
            Self::Output => limits.output_bytes = value,
            Self::TableElements => limits.table_elements = value,
            Self::HostCalls => limits.host_calls = value,
            Self::Handles => limits.handles = small,
            Self::Instances => limits.instances = small,
            Self::LogLines => limits.log_lines = small,
            Self::LogLine => limits.log_line_bytes = small,
            Self::Component => limits.component_bytes = value,
            Self::Functions => limits.functions = small,
            Self::Function => limits.function_bytes = value,
            Self::Compile => limits.compile_ms = value,
            Self::SchemaDepth => limits.schema_depth = small,
        }
    }

    /// A value in words, e.g. `30 s`.
    #[must_use]
    pub fn words(self, value: u64) -> String {
        match self {
            Self::Deadline | Self::Cpu | Self::Compile if value.is_multiple_of(1000) => format!("{} s", value / 1000),
            Self::Deadline | Self::Cpu | Self::Compile => format!("{value} ms"),
            Self::Memory | Self::Output | Self::LogLine | Self::Component | Self::Function => size(value),
            Self::TableElements
            | Self::HostCalls
            | Self::Handles
            | Self::Instances
            | Self::LogLines
            | Self::Functions
            | Self::SchemaDepth => value.to_string(),
        }
    }
}

/// In the largest unit that holds it whole.
fn size(bytes: u64) -> String {
    let units = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    let whole = units.into_iter().find(|(_, unit)| bytes.is_multiple_of(*unit) && bytes > 0);
    whole.map_or_else(|| format!("{bytes} B"), |(name, unit)| format!("{} {name}", bytes / unit))
}

impl LimitsTable {
    /// The value of a limit in its unit, where it is set and can be read.
    pub(crate) fn get(&self, limit: Limit) -> Option<u64> {
        match limit {
            Limit::Deadline => self.deadline.as_deref().and_then(units::duration_ms),
            Limit::Cpu => self.cpu.as_deref().and_then(units::duration_ms),
            Limit::Memory => self.memory.as_deref().and_then(units::size_bytes),
            Limit::Output => self.output.as_deref().and_then(units::size_bytes),
            Limit::TableElements => self.table_elements,
            Limit::HostCalls => self.host_calls,
            Limit::Handles => self.handles.map(u64::from),
            Limit::Instances => self.instances.map(u64::from),
            Limit::LogLines => self.log_lines.map(u64::from),
            Limit::LogLine => self.log_line.as_deref().and_then(units::size_bytes),
            Limit::Component => self.component.as_deref().and_then(units::size_bytes),
            Limit::Functions => self.functions.map(u64::from),
            Limit::Function => self.function.as_deref().and_then(units::size_bytes),
            Limit::Compile => self.compile.as_deref().and_then(units::duration_ms),
            Limit::SchemaDepth => self.schema_depth.map(u64::from),
        }
    }

    /// Keys whose text cannot be read, with the reason.
    pub(crate) fn mistakes(&self) -> Vec<(&'static str, String)> {
        let texts = [
            (Limit::Deadline, &self.deadline, "a duration"),
            (Limit::Cpu, &self.cpu, "a duration"),
            (Limit::Memory, &self.memory, "a size"),
            (Limit::Output, &self.output, "a size"),
            (Limit::LogLine, &self.log_line, "a size"),
            (Limit::Component, &self.component, "a size"),
            (Limit::Function, &self.function, "a size"),
            (Limit::Compile, &self.compile, "a duration"),
        ];
        let wrong = texts.into_iter().filter_map(|(limit, text, what)| {
            let text = text.as_ref().filter(|_| self.get(limit).is_none())?;
            Some((limit.key(), format!("`{text}` is not {what}")))
        });
        wrong.collect()
    }

    /// Overlays what is set here on `limits`.
    pub(crate) fn apply(&self, limits: &mut Limits) {
        for limit in Limit::ALL {
            if let Some(value) = self.get(limit) {
                limit.set(limits, value);
            }
        }
    }
}
