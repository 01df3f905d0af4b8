//! What a pack says that it holds.

use std::collections::BTreeMap;

use chiron_model::digest::Digest;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The version of the format. It changes with every incompatible edit of the structs here.
pub const SCHEMA: &str = "chiron-pack/0.1";

/// The manifest's own name.
pub(super) const MANIFEST: &str = "manifest.json";

/// The list for `sha256sum -c`.
pub(super) const SUMS: &str = "SHA256SUMS";

/// Largest manifest: 100,000 members with long names.
pub(super) const MANIFEST_BYTES_MAX: usize = 64 << 20;

/// `manifest.json` of a pack: every member but itself and `SHA256SUMS`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Manifest of a pack")]
pub struct Manifest {
    /// The version of the format: `chiron-pack/0.1`.
    pub schema: String,
    /// Sorted by path, no path twice.
    pub members: Vec<Entry>,
}

/// A file of a pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Slash-separated, from the pack's root.
    pub path: String,
    /// What it is there for.
    pub role: Role,
    /// In bytes.
    pub size: u64,
    /// SHA-256, 64 lower-case hex digits.
    #[schemars(regex(pattern = r"^[0-9a-f]{64}$"))]
    pub sha256: String,
}

/// What a file of a pack is there for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// What the pack is about.
    Subject,
    /// A list of components.
    Sbom,
    /// What a check led to.
    Report,
    /// A Sigstore bundle or a PEP 740 attestation.
    Attestation,
    /// A list of digests.
    Checksums,
}

impl Role {
    /// Its name in output.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::Sbom => "sbom",
            Self::Report => "report",
            Self::Attestation => "attestation",
            Self::Checksums => "checksums",
        }
    }
}

impl Manifest {
    pub(super) fn new(mut members: Vec<Entry>) -> Self {
        members.sort_by(|a, b| a.path.cmp(&b.path));
        Self { schema: SCHEMA.to_owned(), members }
    }

    /// Reads one.
    ///
    /// # Errors
    /// In words, when it is none, of another version, or names a member twice.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, String> {
        let value = chiron_trust::parse_json(bytes, MANIFEST_BYTES_MAX).map_err(|error| error.to_string())?;
        let found = value.get("schema").and_then(Value::as_str).unwrap_or_default().to_owned();
        if found != SCHEMA {
            return Err(format!("its `schema` is `{}`, and `{SCHEMA}` is read here", found.escape_debug()));
        }
        let manifest: Self = serde_json::from_value(value).map_err(|error| error.to_string())?;
        for pair in manifest.members.windows(2) {
            if let [before, entry] = pair
                && before.path >= entry.path
            {
                return Err(format!("`{}` stands twice, or out of order", entry.path.escape_debug()));
            }
        }
        Ok(manifest)
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        // Strings and numbers alone: nothing of it can fail.
        let mut text = serde_json::to_vec_pretty(self).unwrap_or_default();
        text.push(b'\n');
        text
    }

    /// Name and SHA-256 of everything that the list for `sha256sum` holds.
    pub(super) fn sums(&self) -> BTreeMap<String, String> {
        let own = Digest::sha256_of(&self.bytes()).hex().to_owned();
        let members = self.members.iter().map(|entry| (entry.path.clone(), entry.sha256.clone()));
        members.chain([(MANIFEST.to_owned(), own)]).collect()
    }
}

/// The JSON Schema of the manifest.
#[must_use]
pub fn schema() -> Value {
    schemars::schema_for!(Manifest).to_value()
}
