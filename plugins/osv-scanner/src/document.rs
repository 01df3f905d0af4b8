//! A report in osv-scanner's JSON: which parts count. Versions 1 and 2 write the same, and neither says which it is.

use chiron_plugin_report::{FINDINGS_MAX, List, Text};
use serde::Deserialize;

/// Lists within one record.
type Few<T> = List<T, 4096>;

/// The parts that matter.
#[derive(Debug, Deserialize)]
pub struct Document {
    pub(crate) results: List<Source, FINDINGS_MAX>,
}

/// A file that was looked at.
#[derive(Debug, Deserialize)]
pub(crate) struct Source {
    pub(crate) packages: List<Found, 500_000>,
}

/// A package in it, and what is known about it.
#[derive(Debug, Deserialize)]
pub(crate) struct Found {
    pub(crate) package: Named,
    #[serde(default)]
    pub(crate) vulnerabilities: List<Record, FINDINGS_MAX>,
    #[serde(default)]
    pub(crate) groups: List<Group, FINDINGS_MAX>,
    #[serde(default, alias = "license_violations")]
    pub(crate) violations: Few<Text>,
}

/// As osv-scanner names packages; one from a repository has a commit and no name.
#[derive(Debug, Deserialize)]
pub(crate) struct Named {
    #[serde(default)]
    pub(crate) name: Text,
    #[serde(default)]
    pub(crate) version: Text,
    #[serde(default)]
    pub(crate) ecosystem: Text,
    #[serde(default)]
    pub(crate) commit: Text,
}

/// Records that osv-scanner takes for one problem.
#[derive(Debug, Deserialize)]
pub(crate) struct Group {
    pub(crate) ids: Few<Text>,
    #[serde(default)]
    pub(crate) aliases: Few<Text>,
    #[serde(default)]
    pub(crate) max_severity: Text,
}

/// A record in the OSV schema.
#[derive(Debug, Deserialize)]
pub(crate) struct Record {
    pub(crate) id: Text,
    #[serde(default)]
    pub(crate) summary: Text,
    #[serde(default)]
    pub(crate) details: Text,
    #[serde(default)]
    pub(crate) withdrawn: Text,
    #[serde(default)]
    pub(crate) severity: Few<Rating>,
    #[serde(default)]
    pub(crate) affected: Few<Affected>,
    #[serde(default)]
    pub(crate) database_specific: Option<Specific>,
}

/// A rating: a vector of CVSS, mostly.
#[derive(Debug, Deserialize)]
pub(crate) struct Rating {
    #[serde(default, rename = "type")]
    pub(crate) system: Text,
    #[serde(default)]
    pub(crate) score: Text,
}

/// A package that the record is about.
#[derive(Debug, Deserialize)]
pub(crate) struct Affected {
    #[serde(default)]
    pub(crate) package: Option<Concerned>,
    #[serde(default)]
    pub(crate) ranges: Few<Range>,
}

/// Its name there.
#[derive(Debug, Deserialize)]
pub(crate) struct Concerned {
    #[serde(default)]
    pub(crate) ecosystem: Text,
    #[serde(default)]
    pub(crate) name: Text,
    #[serde(default)]
    pub(crate) purl: Text,
}

/// Versions of it.
#[derive(Debug, Deserialize)]
pub(crate) struct Range {
    #[serde(default, rename = "type")]
    pub(crate) kind: Text,
    #[serde(default)]
    pub(crate) events: Few<Event>,
}

/// Of which the fixes count.
#[derive(Debug, Deserialize)]
pub(crate) struct Event {
    #[serde(default)]
    pub(crate) fixed: Text,
}

/// What GitHub writes beside the schema; another's may hold anything.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Specific {
    /// A word.
    Rated {
        /// Such as "MODERATE".
        severity: Text,
    },
    /// Nothing that is known here.
    Other(serde::de::IgnoredAny),
}
