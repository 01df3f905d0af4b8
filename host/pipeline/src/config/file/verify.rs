//! What has to be true about subjects, and who has to have said so.

use std::collections::BTreeMap;
use std::path::Path;

use chiron_trust::judge::RootSource;
use chiron_verify::{Check, Expectations, KeyName, Text, Wanted};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[verify]`: the flags of `chiron verify`, by their names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VerifyTable {
    /// What has to pass. Without it: signatures, and the others where there is evidence.
    #[serde(default)]
    pub checks: Vec<CheckWord>,
    /// Whether a run verifies its subjects before it looks at them, and stops (exit 4) where that fails.
    #[serde(default)]
    pub before_run: bool,
    /// The public key that has to have signed: a PEM file relative to this file, or `env://NAME`.
    #[serde(default)]
    pub key: Option<String>,
    /// Sigstore's `trusted_root.json`, relative to this file; or `tuf`, `tuf:NAME`, as `chiron verify --trusted-root`. Left out: that of the public
    /// instance, as of this version.
    #[serde(default)]
    pub trusted_root: Option<String>,
    /// The identity that has to have signed, exactly.
    #[serde(default)]
    pub certificate_identity: Option<String>,
    /// The same as an expression, which has to match all of it.
    #[serde(default)]
    pub certificate_identity_regexp: Option<String>,
    /// The provider that has to vouch for the identity, exactly.
    #[serde(default)]
    pub certificate_oidc_issuer: Option<String>,
    /// The same as an expression, which has to match all of it.
    #[serde(default)]
    pub certificate_oidc_issuer_regexp: Option<String>,
    /// Sigstore bundles and folders of them, relative to this file; those beside each file where absent.
    #[serde(default)]
    pub bundles: Vec<String>,
    /// Only statements of this predicate type count as a signature: a URI, or cosign's word for it.
    #[serde(default, rename = "type")]
    pub predicate_type: Option<String>,
    /// The builder that provenance has to name; without `@VERSION`, any version of it.
    #[serde(default)]
    pub builder_id: Option<String>,
    /// The repository that provenance has to name; with `@REF`, that branch, tag or commit.
    #[serde(default)]
    pub source_uri: Option<String>,
    /// External parameters that provenance has to name, by path, e.g. `"workflow.path" = "release.yml"`.
    #[serde(default)]
    pub parameters: BTreeMap<String, String>,
    /// Whether what has no evidence is skipped instead of failing; skipped is not passed.
    #[serde(default)]
    pub allow_missing: bool,
}

/// A check of `chiron verify`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CheckWord {
    /// Somebody who was expected to signed the file.
    Signatures,
    /// An SBOM is about it.
    Sbom,
    /// It was built by `builder_id`, from `source_uri`.
    Provenance,
    /// Its SHA-256 is in a list.
    Checksums,
}

impl From<CheckWord> for Check {
    fn from(word: CheckWord) -> Self {
        match word {
            CheckWord::Signatures => Self::Signatures,
            CheckWord::Sbom => Self::Sbom,
            CheckWord::Provenance => Self::Provenance,
            CheckWord::Checksums => Self::Checksums,
        }
    }
}

impl VerifyTable {
    /// What is wanted; paths are relative to `folder`.
    #[must_use]
    pub fn wanted(&self, folder: &Path) -> Wanted {
        let text = |exact: &Option<String>, expression: &Option<String>| match (exact, expression) {
            (Some(text), _) => Some(Text::Exact(text.clone())),
            (None, text) => text.clone().map(Text::Expression),
        };
        let mut checks: Vec<Check> = self.checks.iter().map(|word| Check::from(*word)).collect();
        checks.sort();
        checks.dedup();
        Wanted {
            checks,
            allow_missing: self.allow_missing,
            key: self.key.as_deref().map(|key| KeyName::in_folder(key, folder)),
            trusted_root: self.trusted_root.as_ref().map(|text| RootSource::below(text, folder)),
            identity: text(&self.certificate_identity, &self.certificate_identity_regexp),
            issuer: text(&self.certificate_oidc_issuer, &self.certificate_oidc_issuer_regexp),
            bundles: self.bundles.iter().map(|path| folder.join(path)).collect(),
            predicate_type: self.predicate_type.clone(),
            expectations: Expectations {
                builder: self.builder_id.clone(),
                source: self.source_uri.clone(),
                parameters: self.parameters.clone().into_iter().collect(),
            },
        }
    }
}
