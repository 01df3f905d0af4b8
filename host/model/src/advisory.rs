//! What the advisory database answers.

use crate::Properties;
use crate::severity::Severity;

/// Which database answered: name, content digest and build date stand in every report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseId {
    /// The operator's name for it, e.g. `default`.
    pub name: String,
    /// `sha256:…` over its content.
    pub digest: String,
    /// RFC 3339. The newest `modified` among its records: the same input gives the same date.
    pub built_at: String,
    /// Number of records.
    pub records: u64,
}

/// One rating of a vulnerability.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// `CVSS_V2`, `CVSS_V3`, `CVSS_V4`, or `text` for a word such as "MODERATE".
    pub system: String,
    /// The vector, or the word.
    pub vector: String,
    /// The base score computed from the vector; None where it cannot be computed.
    pub value: Option<f64>,
}

impl Score {
    /// The level this rating stands for.
    #[must_use]
    pub fn severity(&self) -> Severity {
        match self.value {
            Some(value) => Severity::from_score(value),
            None => Severity::from_word(&self.vector),
        }
    }
}

/// How a version was found to be affected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Match {
    /// Versions that leave the range that applied, ascending.
    pub fixed: Vec<String>,
    /// Where no fix is known: the last version known to be affected.
    pub last_affected: Option<String>,
    /// Which entry of the record matched, e.g. `range affected[0].ranges[1]` or `versions affected[0]`.
    pub matched_by: String,
}

/// Whether a version is affected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evaluation {
    /// It is.
    Affected(Match),
    /// It is not. The note says what a reader should know all the same (e.g. only a local version label kept it out).
    Unaffected {
        /// Shown in the report where present.
        note: Option<String>,
    },
    /// It cannot be told: no version, an unorderable one, or only commit ranges. Never the same as unaffected.
    Unknown(String),
}

/// A record about the package that was asked for, and what it says about the version.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Name of the database.
    pub database: String,
    /// Id of the record.
    pub id: String,
    /// Ids the record itself lists as aliases, sorted.
    pub aliases: Vec<String>,
    /// RFC 3339.
    pub modified: String,
    /// Withdrawn by its publisher.
    pub withdrawn: bool,
    /// `vulnerability`, `malicious`, `unmaintained`, `unsound`, `notice`, ... (open).
    pub category: String,
    /// One line.
    pub summary: String,
    /// Every rating the record carries.
    pub scores: Vec<Score>,
    /// What it says about the version asked for.
    pub evaluation: Evaluation,
    /// Facts by key; see `wit/PROPERTIES.md`.
    pub properties: Properties,
}

/// Which candidates a caller wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Which {
    /// Those that affect the version.
    pub affected: bool,
    /// Those that cannot tell.
    pub unknown: bool,
    /// Those that do not affect it.
    pub unaffected: bool,
    /// Withdrawn ones too (in any of the above).
    pub withdrawn: bool,
}
