//! What people say about findings.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[[suppress]]`; a file of them alone is what `[ignore]` names.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SuppressTable {
    /// Any id of the finding's alias group, as a pinned database asserts it. Without one, everything about the package.
    #[serde(default)]
    #[schemars(length(min = 1))]
    pub id: Option<String>,
    /// Only for this package; `*` is any text, and without a version it means all its versions.
    #[serde(default)]
    pub purl: Option<String>,
    /// Only where each place of the finding is like this glob.
    #[serde(default)]
    pub path: Option<String>,
    /// Why.
    pub reason: String,
    /// Who answers for it.
    #[serde(default)]
    pub owner: Option<String>,
    /// Last day on which it holds, e.g. "2027-01-31".
    #[serde(default)]
    pub expires: Option<String>,
}

/// `[ignore]`
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IgnoreTable {
    /// Files of `[[suppress]]` tables, `.trivyignore`, `.trivyignore.yaml`, `osv-scanner.toml`, `.grype.yaml`; relative to this file.
    #[serde(default)]
    pub files: Vec<String>,
}

/// `[vex]`
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VexTable {
    /// OpenVEX, CSAF and CycloneDX documents, relative to this file.
    #[serde(default)]
    pub files: Vec<String>,
}
