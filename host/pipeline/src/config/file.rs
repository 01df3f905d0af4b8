//! The shape of pipeline.toml. These types are the one source: the JSON Schema is made from them, the text is checked
//! against that schema, and then read into them.

use std::collections::BTreeMap;

use chiron_model::plugin::Capability;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

mod database;
mod endpoint;
mod keyless;
mod limits;
mod signer;
mod standing;
mod tool;
mod verify;
mod witness;

pub use database::{DatabaseTable, EnrichTable};
pub use endpoint::{EndpointTable, MethodWord, SecretTable};
pub use keyless::KeylessTable;
pub use limits::{Limit, LimitsTable};
pub use signer::SignerTable;
pub use standing::{IgnoreTable, SuppressTable, VexTable};
pub use tool::{ArgumentTable, ArgumentType, Confine, ToolTable};
pub use verify::{CheckWord, VerifyTable};
pub use witness::WitnessTable;

/// Names of pipelines and steps.
pub(super) const NAME_PATTERN: &str = r"^[a-z0-9][a-z0-9._-]{0,63}$";

/// A pipeline: what is judged, by which plugins, and what may pass.
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "pipeline.toml")]
pub struct PipelineFile {
    /// Files that this one builds on, relative to it: one, or several of which a later one wins over those before it. This
    /// file wins over all. Tables are merged by key, `[[step]]` by id, and every `[[suppress]]` counts.
    #[serde(default)]
    pub extends: Extends,
    /// Name and subjects.
    pub pipeline: PipelineTable,
    /// Where plugins come from, by the name that steps use.
    #[serde(default)]
    pub plugins: BTreeMap<String, PluginTable>,
    /// What runs. Order follows from the kind of plugin: generate, scan, assess, sign.
    #[serde(default, rename = "step")]
    pub steps: Vec<StepTable>,
    /// Advisory databases by name, asked in the order of this file; `default` is used when none is named.
    #[serde(default)]
    pub databases: BTreeMap<String, DatabaseTable>,
    /// What else is known about the CVEs of findings.
    #[serde(default)]
    pub enrich: Option<EnrichTable>,
    /// Signing keys by name. Plugins see only labels that a step binds.
    #[serde(default)]
    pub keys: BTreeMap<String, KeyTable>,
    /// HTTP endpoints by name. Plugins see only labels that a step binds.
    #[serde(default)]
    pub endpoints: BTreeMap<String, EndpointTable>,
    /// Programs by name. Plugins see only labels that a step binds.
    #[serde(default)]
    pub tools: BTreeMap<String, ToolTable>,
    /// What one call to a plugin may cost, unless the step says otherwise.
    #[serde(default)]
    pub limits: Option<LimitsTable>,
    /// Configuration of `builtin:gate`, which always runs as the last policy.
    #[serde(default)]
    pub gate: Option<serde_json::Map<String, serde_json::Value>>,
    /// Findings that are set aside, each with its reason.
    #[serde(default, rename = "suppress")]
    pub suppressions: Vec<SuppressTable>,
    /// Files of more suppressions.
    #[serde(default)]
    pub ignore: Option<IgnoreTable>,
    /// Documents that say where products stand towards vulnerabilities.
    #[serde(default)]
    pub vex: Option<VexTable>,
    /// What `chiron verify --pipeline` holds files against, and a run its subjects.
    #[serde(default)]
    pub verify: Option<VerifyTable>,
}

impl PipelineFile {
    /// Names that are defined for a power to act on.
    pub(crate) fn defined(&self, capability: Capability) -> Vec<&str> {
        match capability {
            Capability::Signing => self.keys.keys().map(String::as_str).collect(),
            Capability::Http => self.endpoints.keys().map(String::as_str).collect(),
            Capability::Tools => self.tools.keys().map(String::as_str).collect(),
            Capability::Log
            | Capability::Progress
            | Capability::Content
            | Capability::Advisories
            | Capability::Versions => Vec::new(),
        }
    }

    /// Whether a step is the built-in gate: a plugin of that name from elsewhere is not, and does not replace it.
    pub(crate) fn is_gate(&self, step: &StepTable) -> bool {
        let builtin = |source: &str| source == "gate" || source == "builtin:gate";
        match self.plugins.get(&step.uses) {
            Some(table) => builtin(&table.source),
            None => builtin(&step.uses),
        }
    }
}

/// `extends`
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Extends {
    /// A file.
    One(String),
    /// Several.
    Several(Vec<String>),
}

impl Default for Extends {
    fn default() -> Self {
        Self::Several(Vec::new())
    }
}

/// `[pipeline]`
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PipelineTable {
    /// Stands in reports and attestations.
    #[schemars(regex(pattern = NAME_PATTERN))]
    pub name: String,
    /// Files, folders and globs, relative to this file: wheels, wheelhouses, CycloneDX documents.
    #[schemars(length(min = 1))]
    pub subjects: Vec<String>,
    /// What is left out of folders, beside what `.gitignore` files name: patterns as in one of those, without `!`.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Whether folders are walked whole: also what `.gitignore` files name, and `node_modules` beside its lock file.
    #[serde(default)]
    pub no_ignore: bool,
    /// What a run with nothing to scan means.
    #[serde(default)]
    pub on_empty: OnEmpty,
    /// Folder for signed statements about the run, relative to this file.
    #[serde(default = "attestations")]
    pub attestations: String,
    /// Which statements about the run signers are asked to sign.
    #[serde(default = "attest")]
    pub attest: Vec<Attest>,
    /// Whether component files run that nobody signed whom the operator trusts; only where the operator's file allows this
    /// setting.
    #[serde(default)]
    pub allow_unsigned_plugins_unsafe: bool,
}

fn attest() -> Vec<Attest> {
    vec![Attest::Scan]
}

/// A statement about the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Attest {
    /// What was found and decided, with which plugins and databases.
    Scan,
    /// The components, as CycloneDX.
    Sbom,
    /// SLSA provenance of the run: configuration, plugins and databases by digest, grants, settings.
    Provenance,
    /// SLSA verification summary: the verdict.
    Summary,
    /// For each wheel and source distribution that it is published, as PEP 740 has it: `NAME.publish.attestation` beside it. Needs a
    /// signer with an identity; a key cannot make one.
    Publish,
}

fn attestations() -> String {
    "attestations".to_owned()
}

/// What a run with nothing to scan means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnEmpty {
    /// Exit 5.
    #[default]
    Fail,
    /// Exit 0.
    Pass,
}

/// `[plugins.NAME]`
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PluginTable {
    /// `builtin:osv`, or the path of a component file relative to this file, such as `./my-policy.wasm`.
    pub source: String,
    /// Who has to have signed the component file, in `FILE.sigstore.json` beside it. Held against it whenever it is loaded.
    #[serde(default)]
    pub signer: Option<SignerTable>,
}

/// `[[step]]`
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StepTable {
    /// Unique; names the step in the report.
    #[schemars(regex(pattern = NAME_PATTERN))]
    pub id: String,
    /// A name under `[plugins]`, a builtin (`osv` or `builtin:osv`), or the path of a component file.
    pub uses: String,
    /// Whether its failure fails the run.
    #[serde(default = "yes")]
    pub required: bool,
    /// Ids of earlier steps whose evidence this step sees; all of them where absent.
    #[serde(default)]
    pub from: Option<Vec<String>>,
    /// Ids of steps that are tried in this order when this one fails, and do not run otherwise: generators for a generator,
    /// scanners for a scanner.
    #[serde(default)]
    pub fallback: Vec<String>,
    /// Powers beyond those of its kind.
    #[serde(default)]
    pub allow: Vec<AllowedCapability>,
    /// For signers: `always` signs after a denial too.
    #[serde(default)]
    pub when: When,
    /// What one call may cost.
    #[serde(default)]
    pub limits: Option<LimitsTable>,
    /// The plugin's configuration, checked against its own schema.
    #[serde(default)]
    pub with: serde_json::Map<String, serde_json::Value>,
    /// The plugin's labels -> names defined in this file.
    #[serde(default)]
    pub bind: Option<BindTable>,
}

fn yes() -> bool {
    true
}

/// A capability that `allow` may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AllowedCapability {
    /// Read the subject's bytes.
    Content,
    /// Look packages up in the advisory databases.
    Advisories,
    /// Compare versions.
    Versions,
}

impl From<AllowedCapability> for Capability {
    fn from(allowed: AllowedCapability) -> Self {
        match allowed {
            AllowedCapability::Content => Self::Content,
            AllowedCapability::Advisories => Self::Advisories,
            AllowedCapability::Versions => Self::Versions,
        }
    }
}

/// When a signer signs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum When {
    /// Everything after a pass; only the statement about the run after a denial.
    #[default]
    Passed,
    /// Everything, also after a denial.
    Always,
}

/// `[step.bind]`
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BindTable {
    /// The plugin's key label -> a name under `[keys]`.
    #[serde(default)]
    pub keys: BTreeMap<String, String>,
    /// The plugin's endpoint label -> a name under `[endpoints]`. Binding one lets the plugin send requests there.
    #[serde(default)]
    pub endpoints: BTreeMap<String, String>,
    /// The plugin's tool label -> a name under `[tools]`. Binding one lets the plugin run it.
    #[serde(default)]
    pub tools: BTreeMap<String, String>,
}

impl BindTable {
    /// Labels and names, by the power that acts on them.
    pub(crate) fn by_capability(&self) -> [(Capability, &BTreeMap<String, String>); 3] {
        [(Capability::Signing, &self.keys), (Capability::Http, &self.endpoints), (Capability::Tools, &self.tools)]
    }

    /// What a definition looks like, for hints.
    pub(crate) fn example(capability: Capability) -> &'static str {
        match capability {
            Capability::Signing => "file = \"release.key\"",
            Capability::Http => "base = \"https://api.example.com/\"",
            Capability::Tools => "path = \"syft\"\nprofiles.scan = [\"scan\", \"{input}\"]",
            Capability::Log
            | Capability::Progress
            | Capability::Content
            | Capability::Advisories
            | Capability::Versions => "",
        }
    }

    /// The key of pipeline.toml under which things of a power are defined and bound.
    pub(crate) fn key(capability: Capability) -> &'static str {
        match capability {
            Capability::Signing => "keys",
            Capability::Http => "endpoints",
            Capability::Tools => "tools",
            Capability::Log
            | Capability::Progress
            | Capability::Content
            | Capability::Advisories
            | Capability::Versions => "",
        }
    }
}

/// `[keys.NAME]`
#[derive(Clone, Debug, Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyTable {
    /// PEM file with a private key (P-256 or Ed25519), relative to this file; only its owner may reach it.
    #[serde(default)]
    pub file: Option<String>,
    /// Environment variable that holds the PEM text.
    #[serde(default)]
    pub env: Option<String>,
    /// Where the password of an encrypted key is.
    #[serde(default)]
    pub password: Option<SecretTable>,
    /// A key that stays in a token, by its URI (RFC 7512): `pkcs11:token=…;object=…?module-path=…`.
    #[serde(default)]
    pub pkcs11: Option<String>,
    /// Where the PIN of the token is.
    #[serde(default)]
    pub pin: Option<SecretTable>,
    /// No key of one's own: one that is made for the run, and certified for an identity. `keyless = {}` in CI.
    #[serde(default)]
    pub keyless: Option<KeylessTable>,
    /// Who else says that the key signed, and when: `witness = {}` for Sigstore's public log and timestamp authority.
    #[serde(default)]
    pub witness: Option<WitnessTable>,
}

/// JSON Schema (2020-12) of pipeline.toml.
#[must_use]
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(PipelineFile).to_value()
}
