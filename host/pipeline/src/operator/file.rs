//! The shape of the operator's file.

use chiron_model::plugin::Capability;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::file::{LimitsTable, SignerTable};

/// What an operator lets pipelines do. Unset means none; an unset limit stays what Chiron's default is.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "operator.toml")]
pub struct OperatorFile {
    /// Powers that a step may have at most.
    #[serde(default)]
    pub grants: GrantsTable,
    /// What one call may cost at most.
    #[serde(default)]
    pub limits: LimitsTable,
    /// What may be skipped or switched off.
    #[serde(default)]
    pub allow: AllowTable,
}

/// `[grants]`
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GrantsTable {
    /// Capabilities that a step may have, those of its kind included.
    #[serde(default)]
    pub capabilities: Vec<CapabilityWord>,
    /// Origins that requests may go to, e.g. `https://scan.example.com`; or "any".
    #[serde(default)]
    pub endpoints: Listed,
    /// Digests of programs that may run, `sha256:…`; or "any".
    #[serde(default)]
    pub tools: Listed,
    /// Modules of tokens (PKCS #11) that may be loaded, by digest (`sha256:…`) or whole path; or "any". Their code runs in Chiron itself.
    #[serde(default)]
    pub pkcs11_modules: Listed,
    /// Who may have signed plugins that are not part of Chiron, with paths relative to this file; or "any", for whoever the
    /// pipeline names as `signer`.
    #[serde(default)]
    pub plugin_signers: Signers,
}

/// Signers of plugins, or whoever a pipeline names.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Signers {
    /// Whoever the pipeline names.
    Any(Any),
    /// One of these.
    These(Vec<SignerTable>),
}

impl Default for Signers {
    fn default() -> Self {
        Self::These(Vec::new())
    }
}

/// A capability by its word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CapabilityWord {
    /// Read the subject's bytes.
    Content,
    /// Look packages up in the advisory databases.
    Advisories,
    /// Compare versions.
    Versions,
    /// Have the host sign with a bound key.
    Signing,
    /// Send HTTP requests to bound endpoints.
    Http,
    /// Run bound programs.
    Tools,
}

impl From<CapabilityWord> for Capability {
    fn from(word: CapabilityWord) -> Self {
        match word {
            CapabilityWord::Content => Self::Content,
            CapabilityWord::Advisories => Self::Advisories,
            CapabilityWord::Versions => Self::Versions,
            CapabilityWord::Signing => Self::Signing,
            CapabilityWord::Http => Self::Http,
            CapabilityWord::Tools => Self::Tools,
        }
    }
}

/// Some by name, or all.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Listed {
    /// Every one.
    Any(Any),
    /// These.
    These(Vec<String>),
}

/// The word for all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Any {
    /// Every one.
    Any,
}

impl Default for Listed {
    fn default() -> Self {
        Self::These(Vec::new())
    }
}

impl Listed {
    /// Those that are named.
    #[must_use]
    pub fn named(&self) -> &[String] {
        match self {
            Self::Any(Any::Any) => &[],
            Self::These(names) => names,
        }
    }

    /// Whether a name is among them.
    #[must_use]
    pub fn holds(&self, name: &str) -> bool {
        match self {
            Self::Any(Any::Any) => true,
            Self::These(names) => names.iter().any(|listed| listed == name),
        }
    }
}

/// `[allow]`
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AllowTable {
    /// Settings that end in `_unsafe` and that pipelines may use.
    #[serde(default)]
    pub settings: Vec<String>,
    /// Whether `confine = "none"` may be said of a tool.
    #[serde(default)]
    pub unconfined_tools: bool,
    /// Whether `--at` may be used, also when `CI=true`.
    #[serde(default)]
    pub at: bool,
    /// Whether `--plugin` may replace plugins.
    #[serde(default)]
    pub plugin_overrides: bool,
    /// Whether a pipeline may run without chiron.lock.
    #[serde(default)]
    pub unlocked: bool,
}

/// JSON Schema (2020-12) of the operator's file.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(OperatorFile).to_value()
}
