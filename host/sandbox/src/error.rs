//! Why a component could not be loaded, and why a call failed.

use chiron_model::plugin::Capability;

/// The component cannot run here. Each variant says what it is and what this host speaks.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The bytes are not WebAssembly, or end too early.
    #[error("not a WebAssembly component: {reason}")]
    NotWasm {
        /// From the parser.
        reason: String,
    },
    /// A core module.
    #[error("a core WebAssembly module, not a component")]
    CoreModule,
    /// Too large to compile.
    #[error("{what} is {actual}, and the host compiles at most {max} ({key})")]
    TooLarge {
        /// "the size of the component", "the size of a function", "the number of functions". Sizes are in bytes.
        what: &'static str,
        /// `limits.component`, ...
        key: &'static str,
        /// As found.
        actual: u64,
        /// The limit.
        max: u64,
    },
    /// It exports none of the interfaces that make a plugin, or not the lifecycle.
    #[error("exports {found}, but not {wanted}")]
    NotAPlugin {
        /// What it exports.
        found: String,
        /// What was looked for.
        wanted: String,
    },
    /// It exports several kinds.
    #[error("exports more than one kind of plugin: {kinds}")]
    SeveralKinds {
        /// Comma-separated.
        kinds: String,
    },
    /// An interface in a version this host does not speak.
    #[error("wants `{wanted}`; this host speaks {spoken}")]
    Version {
        /// With its version.
        wanted: String,
        /// With versions.
        spoken: String,
    },
    /// An import nobody here offers.
    #[error("imports `{import}`, which this host does not offer")]
    UnknownImport {
        /// With its version.
        import: String,
    },
    /// Compiling it takes too long: the compiler cannot be interrupted, the host goes on without it.
    #[error("compiling it did not end within {limit_ms} ms (limits.compile)")]
    CompileDeadline {
        /// The limit.
        limit_ms: u64,
    },
    /// The compiler refused it.
    #[error("failed to compile: {reason}")]
    Compile {
        /// From the compiler.
        reason: String,
    },
}

impl LoadError {
    /// The key in pipeline.toml that sets the budget that ran out.
    #[must_use]
    pub const fn limit_key(&self) -> Option<&'static str> {
        match self {
            Self::TooLarge { key, .. } => Some(key),
            Self::CompileDeadline { .. } => Some("limits.compile"),
            Self::NotWasm { .. }
            | Self::CoreModule
            | Self::NotAPlugin { .. }
            | Self::SeveralKinds { .. }
            | Self::Version { .. }
            | Self::UnknownImport { .. }
            | Self::Compile { .. } => None,
        }
    }
}

/// A plugin failed. Never a verdict.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// It trapped: panicked, overflowed its stack, ran into `unreachable`.
    #[error("the plugin crashed: {message}")]
    Trapped {
        /// The guest's last error line, or the trap.
        message: String,
        /// Wasm frames, innermost first.
        backtrace: Vec<String>,
    },
    /// Its own computing took too long.
    #[error("the plugin computed for more than {limit_ms} ms")]
    Cpu {
        /// `limits.cpu`.
        limit_ms: u64,
    },
    /// The call took too long.
    #[error("the plugin did not answer within {limit_ms} ms")]
    Deadline {
        /// `limits.deadline`.
        limit_ms: u64,
    },
    /// It wanted more memory.
    #[error("the plugin wanted {wanted} bytes of memory, and may use {limit}")]
    Memory {
        /// Bytes.
        wanted: u64,
        /// `limits.memory`.
        limit: u64,
    },
    /// It wanted larger tables.
    #[error("the plugin wanted a table of {wanted} elements, and may use {limit}")]
    Table {
        /// Elements.
        wanted: u64,
        /// `limits.table_elements`.
        limit: u64,
    },
    /// It is made of too many parts.
    #[error("the plugin has more than {limit} {what}")]
    Instances {
        /// "instances of modules", "memories" or "tables".
        what: &'static str,
        /// `limits.instances`.
        limit: u32,
    },
    /// Its answer, or an argument it passed, is larger than the host takes.
    #[error("the plugin's answer needs more than {limit} bytes")]
    OutputTooLarge {
        /// `limits.output`.
        limit: u64,
    },
    /// It asked one function for more than that gives, whatever the operator says.
    #[error("the plugin asked for {wanted} {what} at once, and gets at most {limit}, which no key raises")]
    AskedTooMuch {
        /// "random bytes".
        what: &'static str,
        /// How many.
        wanted: u64,
        /// The host's own bound.
        limit: u64,
    },
    /// It called the host too often.
    #[error("the plugin called the host more than {limit} times")]
    HostCalls {
        /// `limits.host_calls`.
        limit: u64,
    },
    /// It holds too many handles.
    #[error("the plugin holds more than {limit} handles at a time")]
    Handles {
        /// `limits.handles`.
        limit: u32,
    },
    /// It used a power it was not granted.
    #[error("the plugin used `{capability}`, which was not granted")]
    Denied {
        /// Which.
        capability: Capability,
    },
    /// It called a function that no plugin gets, whatever the operator says: of a system interface.
    #[error("the plugin called `{function}`, which no plugin gets")]
    DeniedFunction {
        /// Interface, version and function.
        function: String,
    },
    /// Its answer breaks the contract.
    #[error("the plugin's answer is invalid: {reason}")]
    InvalidOutput {
        /// What is wrong with it.
        reason: String,
    },
    /// It refused its configuration.
    #[error("the plugin refused its configuration at `{pointer}`: {message}")]
    BadConfig {
        /// JSON pointer.
        pointer: String,
        /// In the plugin's words.
        message: String,
    },
    /// It reported that it cannot do its job.
    #[error("the plugin reported: {message}")]
    Reported {
        /// `bad-input`, `denied`, `unavailable` or `other`.
        code: &'static str,
        /// In the plugin's words.
        message: String,
    },
    /// The run was cancelled.
    #[error("cancelled")]
    Cancelled,
    /// The host failed to run it.
    #[error("the host could not run the plugin: {reason}")]
    Host {
        /// From the runtime.
        reason: String,
    },
}

impl CallError {
    /// Kebab-case code for reports; never reused.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Trapped { .. } => "trapped",
            Self::Cpu { .. } => "cpu",
            Self::Deadline { .. } => "deadline",
            Self::Memory { .. } => "memory",
            Self::Table { .. } => "table",
            Self::Instances { .. } => "instances",
            Self::OutputTooLarge { .. } => "output-too-large",
            Self::AskedTooMuch { .. } => "asked-too-much",
            Self::HostCalls { .. } => "host-calls",
            Self::Handles { .. } => "handles",
            Self::Denied { .. } | Self::DeniedFunction { .. } => "denied",
            Self::InvalidOutput { .. } => "invalid-output",
            Self::BadConfig { .. } => "bad-config",
            Self::Reported { .. } => "reported",
            Self::Cancelled => "cancelled",
            Self::Host { .. } => "host",
        }
    }

    /// The key in pipeline.toml that sets the budget that ran out.
    #[must_use]
    pub const fn limit_key(&self) -> Option<&'static str> {
        match self {
            Self::Cpu { .. } => Some("limits.cpu"),
            Self::Deadline { .. } => Some("limits.deadline"),
            Self::Memory { .. } => Some("limits.memory"),
            Self::Table { .. } => Some("limits.table_elements"),
            Self::Instances { .. } => Some("limits.instances"),
            Self::OutputTooLarge { .. } => Some("limits.output"),
            Self::HostCalls { .. } => Some("limits.host_calls"),
            Self::Handles { .. } => Some("limits.handles"),
            Self::Trapped { .. }
            | Self::AskedTooMuch { .. }
            | Self::Denied { .. }
            | Self::DeniedFunction { .. }
            | Self::InvalidOutput { .. }
            | Self::BadConfig { .. }
            | Self::Reported { .. }
            | Self::Cancelled
            | Self::Host { .. } => None,
        }
    }
}
