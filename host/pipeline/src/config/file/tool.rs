//! `[tools.NAME]`

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[tools.NAME]`: a program a plugin may run.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ToolTable {
    /// A file relative to pipeline.toml, or a name to be found in `PATH`.
    pub path: String,
    /// Command lines by name, e.g. `dir = ["scan", "dir:{input}", "-o", "json"]`.
    pub profiles: BTreeMap<String, Vec<String>>,
}
