//! `[databases.NAME]` and `[enrich]`

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[databases.NAME]`: an advisory database. The order of the tables is the order in which they are asked: where two
/// hold a record, the earlier one's text and rating stand first.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DatabaseTable {
    /// Folder made by `chiron db update` or `chiron db import`, relative to this file; without it and without `records`,
    /// the user's own.
    #[serde(default)]
    pub path: Option<String>,
    /// Folder or file of OSV records, relative to this file; indexed in memory-mapped form in a temporary folder.
    #[serde(default)]
    pub records: Option<String>,
    /// Whether the lock pins its digest.
    #[serde(default)]
    pub pin: bool,
    /// Longest time since it was updated or imported, e.g. "7d" or "36h": with an older one, or one of which that is not
    /// known, the run cannot judge.
    #[serde(default)]
    pub max_age: Option<String>,
}

/// `[enrich]`: files with what others know about CVEs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EnrichTable {
    /// Scores of FIRST.org's Exploit Prediction Scoring System (CSV, plain or gzip), relative to this file.
    #[serde(default)]
    pub epss: Option<String>,
    /// CISA's catalogue of Known Exploited Vulnerabilities (JSON, plain or gzip), relative to this file.
    #[serde(default)]
    pub kev: Option<String>,
}
