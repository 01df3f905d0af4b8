//! `[endpoints.NAME]`

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[endpoints.NAME]`: where a plugin's requests go.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct EndpointTable {
    /// Everything a plugin asks for lies below this address, e.g. `https://scan.example.com/api/`.
    pub base: String,
}
