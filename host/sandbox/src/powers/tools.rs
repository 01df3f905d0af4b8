//! Programs the operator pinned, run through profiles the operator wrote.

use std::pin::Pin;
use std::sync::Arc;

use super::{Blob, Tree};

/// An execution on its way. Dropping it kills the program and waits for its end.
pub type Invoking<'a> = Pin<Box<dyn Future<Output = Result<Execution, ToolError>> + Send + 'a>>;

/// Runs programs.
pub trait Tools: Send + Sync {
    /// Runs a program, by the operator's name for it.
    fn invoke<'a>(&'a self, tool: &'a str, invocation: Invocation) -> Invoking<'a>;
}

/// What a plugin may say of an execution: never an argv.
#[derive(Clone)]
pub struct Invocation {
    /// The operator's name of a command line with holes.
    pub profile: String,
    /// What fills the holes.
    pub arguments: Vec<(String, Argument)>,
    /// What the program may see, read-only.
    pub input: ToolInput,
}

/// A typed value for a hole of a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Argument {
    /// Inert: it never becomes an option, a path or a second argument.
    Text(String),
    /// A whole number.
    Number(i64),
    /// Whether a part of the profile is there.
    Flag(bool),
}

/// What the program may see, read-only.
#[derive(Clone)]
pub enum ToolInput {
    /// Nothing.
    None,
    /// A directory.
    Directory(Arc<dyn Tree>),
    /// A file.
    File(Arc<dyn Blob>),
    /// The step's components, encoded by the host in this format, e.g. `cyclonedx-json`.
    Components(String),
}

/// A finished execution. Dropping it deletes its scratch space.
#[derive(Clone)]
pub struct Execution {
    /// How it ended.
    pub exit: Exit,
    /// What it wrote.
    pub stdout: Arc<dyn Blob>,
    /// What it complained about.
    pub stderr: Arc<dyn Blob>,
}

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    /// Its code. Not 0 may well be a success: many scanners exit 1 when they find something.
    pub code: i32,
    /// Wall clock.
    pub duration_ms: u64,
    /// Digest of the bytes that ran.
    pub tool_digest: String,
    /// As pinned; empty where nothing is known.
    pub tool_version: String,
}

/// Why a program did not run to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolError {
    /// The operator wrote no such profile.
    NoSuchProfile(String),
    /// A hole's value is missing, of another type, or not inert.
    BadArgument(String),
    /// The program on disk is not the one that was pinned.
    DigestMismatch(String),
    /// This machine cannot confine it as the plan asks.
    NotConfined(String),
    /// It ran too long and was killed.
    Timeout,
    /// Something killed it.
    Killed(String),
    /// It wrote more than this many bytes.
    OutputTooLarge(u64),
    /// It could not be started, or the host failed.
    Other(String),
}
