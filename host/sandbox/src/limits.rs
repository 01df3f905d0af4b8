//! What one call to a plugin may cost.

/// Ceilings for one call. Every field has a default here, can be changed per step in pipeline.toml, and stands in
/// the plan; the error of a call that ran into one names it.
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
}

/// How often the engine's clock ticks, in milliseconds: the grain in which guest CPU is counted.
pub const TICK_MS: u64 = 10;

impl Default for Limits {
    fn default() -> Self {
        Self {
            // A 20,000-component SBOM takes a fifth of a second; a minute is a plugin that hangs.
            deadline_ms: 60_000,
            cpu_ms: 30_000,
            // JSON of an SBOM grows fivefold when parsed; 256 MiB holds the largest the host accepts as an answer.
            memory_bytes: 256 * 1024 * 1024,
            table_elements: 100_000,
            // A 20,000-component inventory is about 12 MiB once lifted; beyond this a plugin is broken or hostile, and
            // the host must not pay for finding out which.
            output_bytes: 64 * 1024 * 1024,
            host_calls: 10_000_000,
            handles: 10_000,
            log_lines: 1_000,
            log_line_bytes: 4 * 1024,
        }
    }
}

/// Largest component the host reads, in bytes. A Python guest with its interpreter is 18 MB.
pub const COMPONENT_BYTES_MAX: usize = 48 * 1024 * 1024;

/// Most functions in one component: CPython has about 12,000. Each costs compile time before anything is checked.
pub const FUNCTIONS_MAX: u32 = 100_000;

/// Largest body of one function, in bytes: compile time of one function grows faster than its size.
pub const FUNCTION_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Longest time one component may take to compile, in milliseconds. CPython takes seven seconds of computing; an
/// unoptimised host on a busy machine many times that. Beyond this a component is made to cost.
pub const COMPILE_MS_MAX: u64 = 300_000;
