//! Advisories and rules that apply to the subject.

use crate::Properties;
use crate::advisory::Score;
use crate::component::Origin;
use crate::location::Location;
use crate::severity::Severity;

/// Whether a scanner is sure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimStatus {
    /// The component is affected.
    Affected,
    /// The scanner cannot tell. Never "clean".
    Unknown,
}

/// What a finding points to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// A place in the subject.
    File(Location),
    /// A quotation.
    Text(String),
    /// A link.
    Uri(String),
    /// Bytes with a media type.
    Other(String, Vec<u8>),
}

/// What a scanner said, checked and attributed, not yet merged with what others said.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// Id of the record or rule.
    pub rule_id: String,
    /// Tells two claims of one rule on one component at one place apart.
    pub discriminator: String,
    /// Whether the scanner is sure.
    pub status: ClaimStatus,
    /// Id of a component of the input.
    pub component: Option<String>,
    /// One line.
    pub title: String,
    /// More.
    pub message: String,
    /// The scanner's choice.
    pub severity: Severity,
    /// Every rating known.
    pub scores: Vec<Score>,
    /// The plugin's own claim; shown, never used to merge.
    pub aliases: Vec<String>,
    /// What to upgrade to.
    pub fixed_versions: Vec<String>,
    /// Where no fix is known.
    pub last_affected: Option<String>,
    /// Where.
    pub locations: Vec<Location>,
    /// What it points to.
    pub proofs: Vec<Proof>,
    /// Step and subject.
    pub origin: Origin,
    /// Facts by key; see `wit/PROPERTIES.md`.
    pub properties: Properties,
}

/// Where a finding stands after suppressions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FindingStatus {
    /// It applies.
    Affected,
    /// It cannot be told whether it applies.
    Unknown,
    /// The pipeline sets it aside, for a reason.
    Suppressed(Suppression),
}

impl FindingStatus {
    /// The word in files.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Affected => "affected",
            Self::Unknown => "unknown",
            Self::Suppressed(_) => "suppressed",
        }
    }
}

/// Why a finding was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suppression {
    /// In the words of whoever decided.
    pub reason: String,
    /// Whether the finding was sure or unknown before.
    pub was: ClaimStatus,
    /// RFC 3339 date after which it no longer holds.
    pub expires: Option<String>,
}

/// Everything known about one problem of one component: claims merged by aliases that a database asserts.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The record that stands for the group: the first by name among those that matched.
    pub id: String,
    /// Every id of the alias group, sorted.
    pub advisories: Vec<String>,
    /// The records that matched: (id, step that said so).
    pub matched: Vec<(String, String)>,
    /// Computed by the host from rule, component, location and discriminator; stable between runs.
    pub fingerprint: String,
    /// `vulnerability`, `malicious`, `unmaintained`, ... (open).
    pub category: String,
    /// Where it stands.
    pub status: FindingStatus,
    /// Why it cannot be told, for `Unknown`.
    pub unknown_reason: Option<String>,
    /// Id of the component; the first by id where several files hold the same package.
    pub component: Option<String>,
    /// One line.
    pub title: String,
    /// More.
    pub message: String,
    /// The worst known rating among the claims.
    pub severity: Severity,
    /// Every rating.
    pub scores: Vec<Score>,
    /// What to upgrade to, ascending.
    pub fixed_versions: Vec<String>,
    /// Where no fix is known.
    pub last_affected: Option<String>,
    /// Where, over all claims.
    pub locations: Vec<Location>,
    /// What it points to.
    pub proofs: Vec<Proof>,
    /// Subjects it was found in.
    pub subjects: Vec<String>,
}
