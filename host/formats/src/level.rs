//! How loud a remark is, where a format has three degrees.

use chiron_model::severity::Severity;

/// The degrees that SARIF and GitHub's annotations share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    /// To be mended.
    Error,
    /// To be looked at.
    Warning,
    /// To be known.
    Note,
}

impl Level {
    /// The degree of a severity. Unknown is a warning: what nobody rated may be as bad as anything.
    pub(crate) const fn of(severity: Severity) -> Self {
        match severity {
            Severity::Critical | Severity::High => Self::Error,
            Severity::Medium | Severity::Unknown => Self::Warning,
            Severity::Low | Severity::None => Self::Note,
        }
    }
}
