//! `[keys.NAME.witness]`

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[keys.NAME.witness]`: who else says that a key of one's own signed, and when: a transparency log (Rekor), a timestamp
/// authority, or both. `witness = {}` asks Sigstore's public ones; what they log is public for good.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WitnessTable {
    /// Which of them are asked: the log and the timestamp authority that a `signing_config.json` names, relative to this file; one
    /// that it does not name is not asked. Left out: Sigstore's public ones.
    #[serde(default)]
    pub signing_config: Option<String>,
    /// Whom to believe of them: a `trusted_root.json`, relative to this file. Left out: Sigstore's public instance.
    #[serde(default)]
    pub trusted_root: Option<String>,
    /// PEM file with certificate authorities that are trusted besides the system's, relative to this file.
    #[serde(default)]
    pub ca: Option<String>,
    /// `environment` (HTTPS_PROXY, ALL_PROXY, NO_PROXY; the default), `none`, or the address of a proxy.
    #[serde(default)]
    pub proxy: Option<String>,
    /// Whether services at loopback and private addresses may be reached.
    #[serde(default)]
    pub private_addresses: bool,
    /// Whether services may be reached by http://, at private addresses only.
    #[serde(default)]
    pub plaintext_unsafe: bool,
    /// Longest time for one request. Each is tried three times at most.
    #[serde(default = "super::keyless::timeout")]
    pub timeout: String,
}
