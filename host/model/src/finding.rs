//! Advisories and rules that apply to the subject.

use crate::Properties;
use crate::advisory::Score;
use crate::component::Origin;
use crate::location::Location;
use crate::severity::Severity;
use crate::vex::{Justification, VexRemark, VexStatus};

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
    /// A person's word sets it aside, for a reason.
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
    /// What kind of word it was.
    pub by: SuppressedBy,
    /// Where that stands: a file, with the line where it has one.
    pub source: String,
    /// Who answers for it.
    pub owner: Option<String>,
}

/// Whose word set a finding aside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SuppressedBy {
    /// A suppression: in pipeline.toml, or in a file that it names.
    Rule,
    /// A VEX statement.
    Vex(VexStatus, Option<Justification>),
    /// It was there before: the baseline has it, no less severe.
    Baseline,
}

impl SuppressedBy {
    /// The word in files.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Rule => "suppression",
            Self::Vex(..) => "vex",
            Self::Baseline => "baseline",
        }
    }
}

/// A record that matched, and what the scanner made of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matched {
    /// Of the record or rule.
    pub id: String,
    /// The step that said so.
    pub step: String,
    /// The advisory database that holds the record, by the operator's name; None for what a scanner knows by itself.
    pub database: Option<String>,
    /// That scanner's own rating.
    pub severity: Severity,
    /// What that scanner says to upgrade to, ascending.
    pub fixed_versions: Vec<String>,
    /// Where that scanner knows no fix.
    pub last_affected: Option<String>,
    /// What that scanner calls it beside the ids of the group, sorted: its own claim, which merges nothing and carries nobody's word over.
    pub claimed_aliases: Vec<String>,
}

/// A person's word that was about this finding's id or package, and did not set it aside.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct NearMiss {
    /// `suppression`, `vex` or `baseline`.
    pub by: &'static str,
    /// Where it stands: a file, with the line where it has one.
    pub source: String,
    /// What it is about, in its own words.
    pub about: String,
    /// Why it does not hold here.
    pub reason: String,
}

/// Most words that a finding lists as having nearly met it. A distribution's feed names thousands of products for one id.
pub const NEAR_MISSES_MAX: usize = 20;

/// A scanner that could not say whether a finding applies: that is no "no".
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unsure {
    /// Its step.
    pub step: String,
    /// Why not.
    pub reason: String,
}

/// A score of FIRST.org's Exploit Prediction Scoring System.
#[derive(Clone, Debug, PartialEq)]
pub struct Epss {
    /// Whose score it is: the one with the highest, where an alias group has several CVEs.
    pub cve: String,
    /// The probability that it is exploited within 30 days, from 0 to 1.
    pub score: f64,
    /// The share of all CVEs that score no higher, from 0 to 1.
    pub percentile: f64,
}

/// An entry of CISA's catalogue of Known Exploited Vulnerabilities.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kev {
    /// Whose entry it is: the first by name, where an alias group has several.
    pub cve: String,
    /// Since when it is listed, as the catalogue says it.
    pub added: String,
    /// Until when United States federal agencies must have acted.
    pub due: Option<String>,
    /// Whether ransomware is known to use it.
    pub ransomware: bool,
}

/// Everything known about one problem of one component: claims merged by aliases that a database asserts.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The record that stands for the group: the first by name among those that matched.
    pub id: String,
    /// Every id of the alias group, sorted.
    pub advisories: Vec<String>,
    /// The records that matched, sorted.
    pub matched: Vec<Matched>,
    /// Steps of scanners that could judge the component and did not report this, sorted.
    pub silent: Vec<String>,
    /// Scanners that looked at the component and could not judge it, sorted.
    pub unsure: Vec<Unsure>,
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
    /// How likely it is to be exploited, where the operator's file says it.
    pub epss: Option<Epss>,
    /// That it is known to be exploited, where the operator's catalogue says it.
    pub kev: Option<Kev>,
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
    /// VEX statements that speak of it, also those that a newer one overrules.
    pub vex: Vec<VexRemark>,
    /// What people said that nearly sets it aside, at most [`NEAR_MISSES_MAX`] for each kind of word.
    pub near_misses: Vec<NearMiss>,
}

impl Finding {
    /// Steps of the scanners that report it, each once, sorted.
    #[must_use]
    pub fn reporters(&self) -> Vec<&str> {
        let mut steps: Vec<_> = self.matched.iter().map(|matched| matched.step.as_str()).collect();
        steps.sort_unstable();
        steps.dedup();
        steps
    }
}
