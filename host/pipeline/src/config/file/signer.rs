//! Who has to have signed a plugin.

use std::path::Path;

use chiron_trust::judge::RootSource;
use chiron_verify::{KeyName, Text, Wanted};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Who has to have signed a plugin: the holder of a key, or of an identity that a provider vouches for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignerTable {
    /// The public key: a PEM file relative to this file, or `env://NAME`.
    #[serde(default)]
    pub key: Option<String>,
    /// The identity, exactly.
    #[serde(default)]
    pub identity: Option<String>,
    /// The same as an expression, which has to match all of it.
    #[serde(default)]
    pub identity_regexp: Option<String>,
    /// The provider that has to vouch for the identity, exactly.
    #[serde(default)]
    pub issuer: Option<String>,
    /// The same as an expression, which has to match all of it.
    #[serde(default)]
    pub issuer_regexp: Option<String>,
    /// Sigstore's `trusted_root.json`, relative to this file; or `tuf`, `tuf:NAME`, as `chiron verify --trusted-root`. Left out: that of the public
    /// instance, as of this version.
    #[serde(default)]
    pub trusted_root: Option<String>,
}

impl SignerTable {
    /// What is wanted; paths are relative to `folder`.
    #[must_use]
    pub fn wanted(&self, folder: &Path) -> Wanted {
        let text = |exact: &Option<String>, expression: &Option<String>| match exact {
            Some(text) => Some(Text::Exact(text.clone())),
            None => expression.clone().map(Text::Expression),
        };
        Wanted {
            key: self.key.as_deref().map(|key| KeyName::in_folder(key, folder)),
            trusted_root: self.trusted_root.as_ref().map(|text| RootSource::below(text, folder)),
            identity: text(&self.identity, &self.identity_regexp),
            issuer: text(&self.issuer, &self.issuer_regexp),
            ..Wanted::default()
        }
    }

    /// Everything that its text alone shows to be wrong: the key at which it stands, empty for the whole, and why.
    #[must_use]
    pub fn mistakes(&self) -> Vec<(&'static str, String)> {
        let mut mistakes = Vec::new();
        for (exact, expression, key) in [
            (&self.identity, &self.identity_regexp, "identity_regexp"),
            (&self.issuer, &self.issuer_regexp, "issuer_regexp"),
        ] {
            if exact.is_some() && expression.is_some() {
                mistakes
                    .push((key, format!("`{}` and `{key}` say the same thing twice", key.trim_end_matches("_regexp"))));
            }
        }
        let objection = self.key.as_deref().and_then(KeyName::objection);
        mistakes.extend(objection.map(|why| ("key", why.to_owned())));
        let faults = self.wanted(Path::new("")).faults();
        mistakes.extend(faults.into_iter().map(|fault| ("", fault.to_string())));
        mistakes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_to_have_signed_is_said_once_and_whole() {
        let text = |text: &str| Some(text.to_owned());
        let empty = SignerTable::default();
        assert!(empty.mistakes()[0].1.contains("who has to have signed"));
        assert_eq!(SignerTable { key: text("acme.pub"), ..empty.clone() }.mistakes(), []);
        let whole = SignerTable { identity: text("a"), issuer_regexp: text("https://.*"), ..empty.clone() };
        assert_eq!(whole.mistakes(), []);
        assert!(SignerTable { identity: text("a"), ..empty.clone() }.mistakes()[0].1.contains("who vouches"));
        assert!(SignerTable { key: text("k"), ..whole.clone() }.mistakes()[0].1.contains("exclude each other"));
        let twice = SignerTable { identity_regexp: text("a.*"), ..whole };
        assert_eq!(twice.mistakes()[0].0, "identity_regexp");
    }
}
