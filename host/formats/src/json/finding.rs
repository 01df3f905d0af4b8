//! Findings.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chiron_model::component::Component;
use chiron_model::finding::{self as model, ClaimStatus, FindingStatus};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Location, Severity, VexRemark, convert};

/// One problem of one component.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// The record that stands for the group.
    pub id: String,
    /// Every id of the alias group, sorted.
    pub advisories: Vec<String>,
    /// Where it stands.
    pub status: Status,
    /// The worst known rating.
    pub severity: Severity,
    /// `vulnerability`, `malicious`, `unmaintained`, ... (open).
    pub category: String,
    /// One line.
    pub title: String,
    /// More.
    pub message: String,
    /// The component it is about; absent for a finding about the subject as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub component: Option<FindingComponent>,
    /// How likely it is to be exploited, where EPSS was asked and knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epss: Option<Epss>,
    /// Present where CISA's catalogue was asked and lists it: it is known to be exploited.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kev: Option<Kev>,
    /// What to upgrade to, ascending.
    pub fixed_versions: Vec<String>,
    /// Where no fix is known: the last version known to be affected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_affected: Option<String>,
    /// Every rating.
    pub scores: Vec<Score>,
    /// The records that matched, the steps that said so, and how each of them rates it.
    pub matched: Vec<Matched>,
    /// Steps of scanners that could judge the component and did not report this.
    pub silent: Vec<String>,
    /// Scanners that looked at the component and could not judge it.
    pub unsure: Vec<Unsure>,
    /// Where.
    pub locations: Vec<Location>,
    /// What it points to.
    pub proofs: Vec<Proof>,
    /// Why it was set aside; present exactly when it is suppressed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suppression: Option<Suppression>,
    /// Why it cannot be told whether it applies.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unknown_reason: Option<String>,
    /// Stable between runs.
    pub fingerprint: String,
    /// Subjects it was found in.
    pub subjects: Vec<String>,
    /// VEX statements that speak of it, also those that a newer one overrules.
    pub vex: Vec<VexRemark>,
    /// Suppressions, VEX statements and a baseline that are about its id or package and do not set it aside; the first of each.
    #[serde(default)]
    pub near_misses: Vec<NearMiss>,
}

/// A person's word that nearly sets a finding aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NearMiss {
    /// `suppression`, `vex` or `baseline`.
    pub by: String,
    /// Where it stands: a file, with the line where it has one.
    pub source: String,
    /// What it is about, in its own words.
    pub about: String,
    /// Why it does not hold here.
    pub reason: String,
}

/// Where a finding stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// It applies.
    Affected,
    /// It cannot be told whether it applies. Never the same as unaffected.
    Unknown,
    /// The pipeline sets it aside.
    Suppressed,
}

/// What is needed of a component to understand a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FindingComponent {
    /// Its id in `components`.
    pub id: String,
    /// Package URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purl: Option<String>,
    /// Its name.
    pub name: String,
    /// Its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// One rating.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Score {
    /// `CVSS_V2`, `CVSS_V3`, `CVSS_V4` or `text`.
    pub system: String,
    /// The vector, or the word.
    pub vector: String,
    /// The base score; absent where it cannot be computed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
}

/// A record that matched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Matched {
    /// Its id.
    pub id: String,
    /// The step that said so.
    pub step: String,
    /// The advisory database that holds the record; absent for what a scanner knows by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
    /// That scanner's own rating.
    pub severity: Severity,
    /// What that scanner says to upgrade to, ascending.
    pub fixed_versions: Vec<String>,
    /// Where that scanner knows no fix: the last version known to be affected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_affected: Option<String>,
    /// What that scanner calls it beside the ids of the group: its own claim, which carries nothing over.
    #[serde(default)]
    pub claimed_aliases: Vec<String>,
}

/// A scanner that could not say whether a finding applies: that is no "no".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unsure {
    /// Its step.
    pub step: String,
    /// Why not.
    pub reason: String,
}

/// A score of FIRST.org's Exploit Prediction Scoring System: the highest of the alias group's CVEs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Epss {
    /// Whose score it is.
    pub cve: String,
    /// The probability that it is exploited within 30 days, from 0 to 1.
    pub score: f64,
    /// The share of all CVEs that score no higher, from 0 to 1.
    pub percentile: f64,
}

/// An entry of CISA's catalogue of Known Exploited Vulnerabilities.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Kev {
    /// Whose entry it is.
    pub cve: String,
    /// Since when it is listed.
    pub added: String,
    /// Until when United States federal agencies must have acted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due: Option<String>,
    /// Whether ransomware is known to use it.
    pub ransomware: bool,
}

/// Why a finding was set aside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Suppression {
    /// In the words of whoever decided.
    pub reason: String,
    /// Where it stood before.
    pub was: Status,
    /// RFC 3339 date after which it no longer holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// Whose word it was: `suppression`, `vex` or `baseline`.
    pub by: String,
    /// Where that stands: a file, with the line where it has one.
    pub source: String,
    /// Who answers for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

/// What a finding points to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Proof {
    /// A place in the subject.
    File {
        /// Where.
        location: Location,
    },
    /// A quotation.
    Text {
        /// As written.
        text: String,
    },
    /// A link.
    Uri {
        /// As written.
        uri: String,
    },
    /// Bytes.
    Other {
        /// Of the bytes.
        media_type: String,
        /// The bytes (RFC 4648, section 4).
        base64: String,
    },
}

impl Finding {
    /// The wire form.
    pub(super) fn new(finding: &model::Finding, components: &HashMap<&str, &Component>) -> Self {
        let (status, suppression) = status(&finding.status);
        Self {
            id: finding.id.clone(),
            advisories: finding.advisories.clone(),
            status,
            severity: finding.severity.into(),
            category: finding.category.clone(),
            title: finding.title.clone(),
            message: finding.message.clone(),
            component: finding.component.as_ref().map(|id| FindingComponent::of(id, components)),
            epss: finding.epss.as_ref().map(Epss::from),
            kev: finding.kev.as_ref().map(Kev::from),
            fixed_versions: finding.fixed_versions.clone(),
            last_affected: finding.last_affected.clone(),
            scores: convert::all(&finding.scores),
            matched: convert::all(&finding.matched),
            silent: finding.silent.clone(),
            unsure: convert::all(&finding.unsure),
            locations: convert::all(&finding.locations),
            proofs: convert::all(&finding.proofs),
            suppression,
            unknown_reason: finding.unknown_reason.clone(),
            fingerprint: finding.fingerprint.clone(),
            subjects: finding.subjects.clone(),
            vex: convert::all(&finding.vex),
            near_misses: convert::all(&finding.near_misses),
        }
    }
}

fn status(status: &FindingStatus) -> (Status, Option<Suppression>) {
    match status {
        FindingStatus::Affected => (Status::Affected, None),
        FindingStatus::Unknown => (Status::Unknown, None),
        FindingStatus::Suppressed(suppression) => {
            let suppression = Suppression {
                reason: suppression.reason.clone(),
                was: match suppression.was {
                    ClaimStatus::Affected => Status::Affected,
                    ClaimStatus::Unknown => Status::Unknown,
                },
                expires: suppression.expires.clone(),
                by: suppression.by.word().to_owned(),
                source: suppression.source.clone(),
                owner: suppression.owner.clone(),
            };
            (Status::Suppressed, Some(suppression))
        }
    }
}

impl FindingComponent {
    /// A component that the report does not hold is named by its id alone.
    pub(super) fn of(id: &str, components: &HashMap<&str, &Component>) -> Self {
        match components.get(id) {
            Some(component) => Self::from(*component),
            None => Self { id: id.to_owned(), purl: None, name: String::new(), version: None },
        }
    }
}

impl From<&Component> for FindingComponent {
    fn from(component: &Component) -> Self {
        Self {
            id: component.id.clone(),
            purl: component.purl.as_ref().map(ToString::to_string),
            name: component.name.clone(),
            version: component.version.clone(),
        }
    }
}

impl From<&chiron_model::advisory::Score> for Score {
    fn from(score: &chiron_model::advisory::Score) -> Self {
        Self {
            system: score.system.clone(),
            vector: score.vector.clone(),
            // JSON has no word for what is not a number.
            value: score.value.filter(|value| value.is_finite()),
        }
    }
}

impl From<&model::Matched> for Matched {
    fn from(matched: &model::Matched) -> Self {
        Self {
            id: matched.id.clone(),
            step: matched.step.clone(),
            database: matched.database.clone(),
            severity: matched.severity.into(),
            fixed_versions: matched.fixed_versions.clone(),
            last_affected: matched.last_affected.clone(),
            claimed_aliases: matched.claimed_aliases.clone(),
        }
    }
}

impl From<&model::NearMiss> for NearMiss {
    fn from(near: &model::NearMiss) -> Self {
        Self {
            by: near.by.to_owned(),
            source: near.source.clone(),
            about: near.about.clone(),
            reason: near.reason.clone(),
        }
    }
}

impl From<&model::Unsure> for Unsure {
    fn from(unsure: &model::Unsure) -> Self {
        Self { step: unsure.step.clone(), reason: unsure.reason.clone() }
    }
}

impl From<&model::Epss> for Epss {
    fn from(epss: &model::Epss) -> Self {
        Self { cve: epss.cve.clone(), score: epss.score, percentile: epss.percentile }
    }
}

impl From<&model::Kev> for Kev {
    fn from(kev: &model::Kev) -> Self {
        Self { cve: kev.cve.clone(), added: kev.added.clone(), due: kev.due.clone(), ransomware: kev.ransomware }
    }
}

impl From<&model::Proof> for Proof {
    fn from(proof: &model::Proof) -> Self {
        match proof {
            model::Proof::File(location) => Self::File { location: location.into() },
            model::Proof::Text(text) => Self::Text { text: text.clone() },
            model::Proof::Uri(uri) => Self::Uri { uri: uri.clone() },
            model::Proof::Other(media_type, bytes) => {
                Self::Other { media_type: media_type.clone(), base64: STANDARD.encode(bytes) }
            }
        }
    }
}
