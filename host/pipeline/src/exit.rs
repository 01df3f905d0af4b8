//! What a report or an error means for the caller's exit code.

use chiron_model::report::Report;
use chiron_model::verdict::Decision;

use crate::config::file::OnEmpty;
use crate::error::Error;
use crate::event::Outcome;
use crate::mistake::MistakeClass;

/// How a command ended. The numbers are documented in `--help` and never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitCode {
    /// 0: passed.
    Passed,
    /// 1: denied by findings or policy.
    Denied,
    /// 2: bad usage or configuration.
    Usage,
    /// 3: a plugin could not be loaded, was refused, or is not what the lock says.
    Plugin,
    /// 4: verification failed.
    Unverified,
    /// 5: nothing to scan.
    Empty,
    /// 6: could not judge: a required step failed, a database is missing, damaged or too old.
    NotJudged,
    /// 70: a bug in chiron.
    Bug,
    /// 74: input, output or network.
    Io,
    /// 130: interrupted.
    Interrupted,
}

impl ExitCode {
    /// Every code, in the order of numbers.
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

    /// The number.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Passed => 0,
            Self::Denied => 1,
            Self::Usage => 2,
            Self::Plugin => 3,
            Self::Unverified => 4,
            Self::Empty => 5,
            Self::NotJudged => 6,
            Self::Bug => 70,
            Self::Io => 74,
            Self::Interrupted => 130,
        }
    }

    /// What it is in traces and metrics.
    #[must_use]
    pub const fn outcome(self) -> Outcome {
        match self {
            Self::Passed => Outcome::Passed,
            Self::Denied => Outcome::Denied,
            Self::Usage => Outcome::Usage,
            Self::Plugin => Outcome::Plugin,
            Self::Unverified => Outcome::Unverified,
            Self::Empty => Outcome::Empty,
            Self::NotJudged => Outcome::NotJudged,
            Self::Bug => Outcome::Bug,
            Self::Io => Outcome::Io,
            Self::Interrupted => Outcome::Interrupted,
        }
    }

    /// For `--help`.
    #[must_use]
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Denied => "denied by findings or policy",
            Self::Usage => "bad usage or configuration",
            Self::Plugin => "a plugin could not be loaded, was refused, or is not what the lock says",
            Self::Unverified => "verification failed (signature, digest, provenance)",
            Self::Empty => "nothing to scan",
            Self::NotJudged => "could not judge (a required step failed, database missing, damaged or too old)",
            Self::Bug => "a bug in chiron",
            Self::Io => "input or output failed",
            Self::Interrupted => "interrupted",
        }
    }

    /// What a finished run means.
    #[must_use]
    pub fn of(report: &Report, on_empty: OnEmpty) -> Self {
        let empty = report.is_empty() && on_empty == OnEmpty::Fail;
        if !report.verdict.judged {
            Self::NotJudged
        } else if report.verdict.decision == Decision::Deny {
            Self::Denied
        } else if empty {
            Self::Empty
        } else {
            Self::Passed
        }
    }

    /// What an error means.
    #[must_use]
    pub fn of_error(error: &Error) -> Self {
        match error {
            Error::Mistakes(mistakes) if mistakes.items.iter().all(|item| item.class == MistakeClass::Plugin) => {
                Self::Plugin
            }
            Error::Mistakes(_) | Error::Refused { .. } | Error::NotAllowed { .. } => Self::Usage,
            Error::LockMissing { .. } => Self::Plugin,
            Error::Io { .. } => Self::Io,
            Error::Unverified { .. } | Error::SubjectsUnverified { .. } => Self::Unverified,
            Error::Interrupted => Self::Interrupted,
            Error::Bug(_) => Self::Bug,
        }
    }
}
