//! A report in trivy's own JSON (`trivy --format json`): which parts count.

use std::collections::BTreeMap;

use chiron_plugin_report::{FINDINGS_MAX, List, Text};
use serde::Deserialize;

/// The version of the schema that is understood: since trivy 0.20, of 2021.
pub(crate) const SCHEMA: u32 = 2;

/// The parts that matter.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Document {
    pub(crate) schema_version: u32,
    /// Since trivy 0.68.
    #[serde(default)]
    pub(crate) trivy: Made,
    #[serde(default)]
    pub(crate) results: List<Target, FINDINGS_MAX>,
}

/// By which trivy.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Made {
    #[serde(default)]
    pub(crate) version: Text,
}

/// Something that was looked at: a lock file, the packages of a system, a file.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Target {
    #[serde(default)]
    pub(crate) target: Text,
    #[serde(default)]
    pub(crate) vulnerabilities: List<Vulnerability, FINDINGS_MAX>,
    #[serde(default)]
    pub(crate) misconfigurations: List<Misconfiguration, FINDINGS_MAX>,
    #[serde(default)]
    pub(crate) secrets: List<Secret, FINDINGS_MAX>,
    #[serde(default)]
    pub(crate) licenses: List<serde::de::IgnoredAny, FINDINGS_MAX>,
    #[serde(default, rename = "ExperimentalModifiedFindings")]
    pub(crate) modified: List<Modified, FINDINGS_MAX>,
}

/// A record that a package matches.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Vulnerability {
    #[serde(rename = "VulnerabilityID")]
    pub(crate) id: Text,
    #[serde(rename = "VendorIDs")]
    pub(crate) vendor_ids: List<Text, 256>,
    pub(crate) pkg_name: Text,
    pub(crate) pkg_identifier: Identifier,
    pub(crate) installed_version: Text,
    pub(crate) fixed_version: Text,
    pub(crate) status: Text,
    pub(crate) severity_source: Text,
    #[serde(rename = "PrimaryURL")]
    pub(crate) url: Text,
    pub(crate) data_source: Option<Source>,
    pub(crate) title: Text,
    pub(crate) description: Text,
    pub(crate) severity: Text,
    #[serde(rename = "CVSS")]
    pub(crate) cvss: BTreeMap<String, Rating>,
}

/// The package's purl.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Identifier {
    #[serde(default, rename = "PURL")]
    pub(crate) purl: Text,
}

/// The database of the record.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Source {
    #[serde(default, rename = "ID")]
    pub(crate) id: Text,
}

/// One publisher's ratings.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Rating {
    pub(crate) v2_vector: Text,
    pub(crate) v3_vector: Text,
    pub(crate) v40_vector: Text,
    pub(crate) v2_score: Option<f64>,
    pub(crate) v3_score: Option<f64>,
    pub(crate) v40_score: Option<f64>,
}

/// A rule that a configuration breaks, or does not.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Misconfiguration {
    #[serde(rename = "ID")]
    pub(crate) id: Text,
    pub(crate) title: Text,
    pub(crate) message: Text,
    pub(crate) severity: Text,
    pub(crate) status: Text,
    #[serde(rename = "PrimaryURL")]
    pub(crate) url: Text,
    pub(crate) cause_metadata: Cause,
}

/// Where.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Cause {
    pub(crate) start_line: Option<u32>,
}

/// Something that looks like a secret.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Secret {
    #[serde(rename = "RuleID")]
    pub(crate) id: Text,
    pub(crate) title: Text,
    pub(crate) severity: Text,
    pub(crate) start_line: Option<u32>,
}

/// What trivy was told to ignore, by a file or by VEX.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Modified {
    pub(crate) status: Text,
    pub(crate) statement: Text,
    pub(crate) source: Text,
    pub(crate) finding: Changed,
}

/// Of any kind: each has an id of its own name.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Changed {
    #[serde(rename = "VulnerabilityID")]
    pub(crate) vulnerability: Text,
    #[serde(rename = "RuleID")]
    pub(crate) secret: Text,
    #[serde(rename = "ID")]
    pub(crate) misconfiguration: Text,
    pub(crate) pkg_name: Text,
    pub(crate) pkg_identifier: Identifier,
    pub(crate) installed_version: Text,
}
