//! Why a program did not run to its end.

use chiron_model::digest::Digest;

use crate::material::MaterialError;
use crate::program::ProgramError;

/// Why a program did not run to its end.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The operator wrote no such profile.
    #[error("there is no profile `{profile}`")]
    NoSuchProfile {
        /// As asked for.
        profile: String,
    },
    /// A hole's value is missing, of another type, or not inert; or an input is missing or too many.
    #[error("{reason}")]
    BadArgument {
        /// In words.
        reason: String,
    },
    /// The program on disk is not the one that was planned.
    #[error("the program is {found}, and {planned} was planned")]
    DigestMismatch {
        /// While planning.
        planned: Digest,
        /// Now.
        found: Digest,
    },
    /// This machine cannot confine it.
    #[error("this machine cannot confine programs: {reason}")]
    NotConfined {
        /// The step that failed, and what the system said.
        reason: String,
    },
    /// It ran longer than its own limit.
    #[error("it ran for more than {limit_ms} ms")]
    Timeout {
        /// The limit.
        limit_ms: u64,
    },
    /// A signal ended it.
    #[error("signal {signal} ended it")]
    Killed {
        /// Its number.
        signal: i32,
    },
    /// It wrote more than it may.
    #[error("it wrote more than {limit} bytes")]
    OutputTooLarge {
        /// The limit.
        limit: u64,
    },
    /// Its input could not be laid out.
    #[error("{0}")]
    Material(#[from] MaterialError),
    /// The program cannot be read or run.
    #[error("{0}")]
    Program(#[from] ProgramError),
    /// It was stopped.
    #[error("cancelled")]
    Cancelled,
    /// The system said no.
    #[error("failed to {action}: {reason}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// From the system.
        reason: String,
    },
}

impl Error {
    pub(crate) fn io(action: &'static str) -> impl Fn(std::io::Error) -> Self {
        move |error| Self::Io { action, reason: error.to_string() }
    }
}
