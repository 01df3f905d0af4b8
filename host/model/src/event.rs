//! What happens while a run works, as facts for whoever watches. Nothing is decided from an event, and no report holds one.
//!
//! Traces, metrics, the progress line and the summary are all made from [`Event`] and from nothing else. An event carries no time:
//! whoever watches has the clock. It carries no secret, no content of a file and no value of a configuration either: ids and
//! names of steps, plugins and databases, digests, counts, words of closed sets, and lines that plugins wrote for the log.

use crate::digest::Digest;
use crate::plugin::PluginKind;
use crate::step::Ending;

mod facts;

pub use facts::{DatabaseFact, Facts, Flag, PolicyFact, Standing, SubjectKind};

/// Something happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A command that runs plugins begins.
    RunStarted {
        /// `run`, `scan`, `sbom`.
        command: &'static str,
        /// Chiron's version.
        version: &'static str,
    },
    /// The pipeline is known.
    Planned {
        /// Its name, as pipeline.toml has it.
        pipeline: String,
    },
    /// A phase begins; the one before it has ended.
    PhaseStarted(Phase),
    /// A plugin is taken from the cache, or compiled.
    LoadStarted {
        /// Tells this loading from others.
        step: String,
        /// The pipeline's name for the plugin.
        plugin: String,
        /// Of its bytes.
        digest: Digest,
    },
    /// That has ended.
    LoadEnded {
        /// As above.
        step: String,
        /// Where the compiled code is from; None where there is none.
        code: Option<Code>,
    },
    /// A step begins; so many calls will be made.
    StepStarted {
        /// Id.
        step: String,
        /// What it does.
        kind: PluginKind,
        /// The pipeline's name for its plugin.
        plugin: String,
        /// As the plugin describes itself.
        version: String,
        /// Of the plugin's bytes.
        digest: Digest,
        /// Calls.
        calls: u64,
    },
    /// A call of a plugin begins.
    CallStarted {
        /// Id of the step.
        step: String,
        /// Number of the call within its step, from 0.
        call: u64,
    },
    /// One call of a step has ended.
    CallEnded {
        /// Id of the step.
        step: String,
        /// Number of the call within its step.
        call: u64,
        /// What it cost.
        spent: Spent,
        /// Code of the failure, e.g. `deadline`; None where it answered.
        failure: Option<&'static str>,
    },
    /// A step has ended. One that never began has not been called.
    StepEnded {
        /// Id.
        step: String,
        /// What it does.
        kind: PluginKind,
        /// The pipeline's name for its plugin.
        plugin: String,
        /// How.
        ending: Ended,
    },
    /// The host begins something that takes time.
    WorkStarted(Work),
    /// That has ended.
    WorkEnded {
        /// What.
        work: Work,
        /// Code of the failure; None where it worked.
        failure: Option<String>,
    },
    /// A signature was verified, or not.
    Verified {
        /// What was signed.
        signed: Signed,
        /// Whether it holds.
        holds: bool,
    },
    /// The run has a report.
    Reported(Box<Facts>),
    /// A document was written, or could not be.
    Written {
        /// The format's word.
        format: String,
        /// Whether it is a bill of materials.
        sbom: bool,
        /// Whether it was written.
        written: bool,
    },
    /// The command ends.
    RunEnded {
        /// Its exit code, which `--exit-code` may have changed.
        exit: u8,
        /// How.
        outcome: Outcome,
    },
    /// A plugin wrote a line. It is inert and cut.
    Log {
        /// Id of the step.
        step: String,
        /// Number of the call within its step.
        call: u64,
        /// Level.
        level: Level,
        /// The line, with its fields appended as `key=value`.
        message: String,
    },
    /// A plugin reports how far it is.
    Progress {
        /// Id of the step.
        step: String,
        /// Units done.
        done: u64,
        /// Units in all.
        total: Option<u64>,
        /// What it is doing.
        note: String,
    },
}

/// How a command ended: what its exit code means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Passed.
    Passed,
    /// Denied by findings or policy.
    Denied,
    /// Bad usage or configuration.
    Usage,
    /// A plugin could not be loaded, or was refused.
    Plugin,
    /// Verification failed.
    Unverified,
    /// Nothing to scan.
    Empty,
    /// Could not judge.
    NotJudged,
    /// A bug in chiron.
    Bug,
    /// Input, output or network.
    Io,
    /// Interrupted.
    Interrupted,
}

impl Outcome {
    /// Every outcome, in the order of exit codes.
    pub const ALL: [Self; 10] = [
        Self::Passed,
        Self::Denied,
        Self::Usage,
        Self::Plugin,
        Self::Unverified,
        Self::Empty,
        Self::NotJudged,
        Self::Bug,
        Self::Io,
        Self::Interrupted,
    ];

    /// The word in traces and metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Denied => "denied",
            Self::Usage => "usage",
            Self::Plugin => "plugin",
            Self::Unverified => "unverified",
            Self::Empty => "empty",
            Self::NotJudged => "not-judged",
            Self::Bug => "bug",
            Self::Io => "io",
            Self::Interrupted => "interrupted",
        }
    }
}

/// Phases of a run, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// Reading pipeline.toml, finding subjects, loading plugins.
    Plan,
    /// Holding subjects against `[verify]`, where it asks for that before a run.
    Verify,
    /// Generators.
    Generate,
    /// Scanners.
    Scan,
    /// Merging, suppressions, policies.
    Assess,
    /// Statements and signatures.
    Sign,
    /// Writing reports.
    Report,
}

impl Phase {
    /// Every phase.
    pub const ALL: [Self; 7] =
        [Self::Plan, Self::Verify, Self::Generate, Self::Scan, Self::Assess, Self::Sign, Self::Report];

    /// The word in traces and metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Verify => "verify",
            Self::Generate => "generate",
            Self::Scan => "scan",
            Self::Assess => "assess",
            Self::Sign => "sign",
            Self::Report => "report",
        }
    }

    /// For a person who waits.
    #[must_use]
    pub const fn doing(self) -> &'static str {
        match self {
            Self::Plan => "planning",
            Self::Verify => "verifying",
            Self::Generate => "generating",
            Self::Scan => "scanning",
            Self::Assess => "judging",
            Self::Sign => "signing",
            Self::Report => "reporting",
        }
    }
}

/// What the host itself does that takes time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Work {
    /// Opening advisory databases, or indexing records for this run.
    OpenDatabases,
    /// Comparing every byte of them with their digests.
    VerifyDatabases,
    /// Merging claims into findings.
    Merge,
    /// Loading signing keys.
    LoadKeys,
    /// Verifying what a signer returned.
    VerifySignatures,
}

impl Work {
    /// Every work.
    pub const ALL: [Self; 5] =
        [Self::OpenDatabases, Self::VerifyDatabases, Self::Merge, Self::LoadKeys, Self::VerifySignatures];

    /// The name of its span.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::OpenDatabases => "db open",
            Self::VerifyDatabases => "db verify",
            Self::Merge => "merge findings",
            Self::LoadKeys => "load keys",
            Self::VerifySignatures => "verify signatures",
        }
    }
}

/// Where compiled code is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// It was compiled before: it is in the cache of compiled plugins, or part of the program.
    Cached,
    /// It was compiled now.
    Compiled,
}

impl Code {
    /// The word in traces and metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Cached => "hit",
            Self::Compiled => "miss",
        }
    }
}

/// What calls of a plugin cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// The guest's own computing, in microseconds, as its limit counts it: in slices of the engine's clock. Zero for a call that
    /// was over before the first tick.
    pub cpu_us: u64,
    /// What crossed from the host into the guest, in bytes: arguments, configuration, answers to its calls.
    pub bytes_in: u64,
    /// What crossed from the guest to the host, in bytes: its answer, and what its calls carried.
    pub bytes_out: u64,
    /// Calls of the host by the guest.
    pub host_calls: u64,
    /// Most linear memory that it had, in bytes.
    pub memory_bytes: u64,
}

impl Spent {
    /// Adds what another call cost: one work of a plugin may take several. Memory is the larger of both.
    pub fn add(&mut self, other: &Self) {
        self.cpu_us += other.cpu_us;
        self.bytes_in += other.bytes_in;
        self.bytes_out += other.bytes_out;
        self.host_calls += other.host_calls;
        self.memory_bytes = self.memory_bytes.max(other.memory_bytes);
    }
}

/// How a step ended, without the words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// All calls answered.
    Succeeded,
    /// It was not needed.
    Skipped,
    /// A call failed: its code.
    Failed(String),
}

impl From<&Ending> for Ended {
    fn from(ending: &Ending) -> Self {
        match ending {
            Ending::Succeeded => Self::Succeeded,
            Ending::Skipped(_) => Self::Skipped,
            Ending::Failed(failure) => Self::Failed(failure.code.clone()),
        }
    }
}

impl Ended {
    /// The word in traces and metrics.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Skipped => "skipped",
            Self::Failed(_) => "failed",
        }
    }
}

/// What a signature is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Signed {
    /// A subject's bytes.
    Subject,
    /// A statement.
    Statement,
}

impl Signed {
    /// The word in metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::Statement => "statement",
        }
    }
}

/// Log levels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Finest.
    Trace,
    /// For developers.
    Debug,
    /// Worth knowing.
    Info,
    /// Odd.
    Warn,
    /// Broken.
    Error,
}

impl Level {
    /// The word in messages.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warning",
            Self::Error => "error",
        }
    }
}
