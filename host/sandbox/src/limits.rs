//! What a plugin may cost: compiling it, and one call to it.

/// Ceilings for a plugin. Every field has a default here and a key in pipeline.toml, for all steps or one of them; an
/// operator's file has the same keys, and caps. Whatever ran out is named with its key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Wall clock of the whole call, waiting included, in milliseconds.
    pub deadline_ms: u64,
    /// Time the guest itself computes, in milliseconds, counted in slices of [`TICK_MS`].
    pub cpu_ms: u64,
    /// Linear memory over all memories of the instance, in bytes.
    pub memory_bytes: u64,
    /// Elements over all tables.
    pub table_elements: u64,
    /// Modules that are instantiated within one component; memories and tables too, each counted by itself.
    pub instances: u32,
    /// What the host may allocate for one answer or one host call's arguments, in bytes.
    pub output_bytes: u64,
    /// Calls into the host.
    pub host_calls: u64,
    /// Trees, blobs and keys held at one time.
    pub handles: u32,
    /// Log lines kept; later ones are counted and dropped.
    pub log_lines: u32,
    /// Bytes of one log line; the rest is cut.
    pub log_line_bytes: u32,
    /// Largest component that is read, in bytes.
    pub component_bytes: u64,
    /// Most functions in one component. Each costs compile time before anything is checked.
    pub functions: u32,
    /// Largest body of one function, in bytes: compile time of one function grows faster than its size.
    pub function_bytes: u64,
    /// Wall clock of compiling, in milliseconds. A component that was compiled before is not compiled again.
    pub compile_ms: u64,
    /// Levels of nesting in the schema of a plugin's configuration, at most [`SCHEMA_DEPTH_MAX`]. What reads it descends as deep.
    pub schema_depth: u32,
}

/// How often the engine's clock ticks, in milliseconds: the grain in which guest CPU is counted.
pub const TICK_MS: u64 = 10;

/// How long a guest may compute on once the run is being stopped, in milliseconds: long enough for one that asks `cancelled` now and
/// then to hear it and to answer, and short enough that whoever pressed Ctrl-C does not press it again.
pub const GRACE_MS: u64 = 500;

/// The most that [`Limits::schema_depth`] can be set to: the parser of JSON takes 127, and what checks a schema calls itself for each.
pub const SCHEMA_DEPTH_MAX: u32 = 120;

impl Default for Limits {
    fn default() -> Self {
        Self {
            // A 20,000-component SBOM takes a fifth of a second; a minute is a plugin that hangs.
            deadline_ms: 60_000,
            cpu_ms: 30_000,
            // JSON of an SBOM grows fivefold when parsed; 256 MiB holds the largest the host accepts as an answer.
            memory_bytes: 256 * 1024 * 1024,
            table_elements: 100_000,
            // A component of a toolchain has one to ten modules; the largest seen, CPython's, has 24.
            instances: 64,
            // A 20,000-component inventory is about 12 MiB once lifted; beyond this a plugin is broken or hostile, and
            // the host must not pay for finding out which.
            output_bytes: 64 * 1024 * 1024,
            host_calls: 10_000_000,
            handles: 10_000,
            log_lines: 1_000,
            log_line_bytes: 4 * 1024,
            // A Python guest with its interpreter is 18 MB.
            component_bytes: 48 * 1024 * 1024,
            // CPython has about 12,000.
            functions: 100_000,
            function_bytes: 2 * 1024 * 1024,
            // CPython takes seven seconds of computing; an unoptimised host on a busy machine many times that. Beyond
            // this a component is made to cost.
            compile_ms: 300_000,
            // A schema that a person writes has ten; one made from types of a program, twenty.
            schema_depth: 64,
        }
    }
}
