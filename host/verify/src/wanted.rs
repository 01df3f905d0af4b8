//! What is wanted, as flags and files say it: texts, before anybody has looked at them.

use std::path::PathBuf;

use chiron_trust::KeyError;
use chiron_trust::judge::{Identity, Pattern, PatternError, RootError, RootSource, Signer, TrustRoot};
use jiff::Timestamp;

use crate::check::Check;
use crate::key::KeyName;
use crate::request::{Expectations, Missing, Request};

/// A text that has to be met exactly, or an expression that has to match all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Text {
    /// Exactly this.
    Exact(String),
    /// What matches from beginning to end.
    Expression(String),
}

/// What is wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// What has to pass. Empty: signatures, and the others where there is evidence.
    pub checks: Vec<Check>,
    /// Whether what has no evidence is skipped.
    pub allow_missing: bool,
    /// The public key that has to have signed.
    pub key: Option<KeyName>,
    /// A `trusted_root.json`, or a TUF repository as [`RootSource::parse`] reads it; the embedded one where none is named.
    pub trusted_root: Option<String>,
    /// Who has to have signed.
    pub identity: Option<Text>,
    /// Who has to vouch for the identity.
    pub issuer: Option<Text>,
    /// Bundles, and folders of them.
    pub bundles: Vec<PathBuf>,
    /// A URI, or cosign's word for it.
    pub predicate_type: Option<String>,
    /// As [`Expectations`] has them.
    pub expectations: Expectations,
}

/// What is wrong with it.
#[derive(Debug, thiserror::Error)]
pub enum WantedError {
    /// A check needs a signer, and none is named.
    #[error("who has to have signed?")]
    NobodyNamed,
    /// Two ways to say who.
    #[error("a key and an identity exclude each other")]
    KeyAndIdentity,
    /// Anybody can be anybody at a provider of their own.
    #[error("an identity proves nothing without who vouches for it")]
    IdentityAlone,
    /// A provider vouches for many.
    #[error("an issuer vouches for anybody who asks")]
    IssuerAlone,
    /// No text is no identity.
    #[error("an empty identity is none")]
    EmptyIdentity,
    /// No text is no issuer.
    #[error("an empty issuer is none")]
    EmptyIssuer,
    /// The identity's expression cannot be used.
    #[error("the identity: {0}")]
    IdentityExpression(PatternError),
    /// The issuer's expression cannot be used.
    #[error("the issuer: {0}")]
    IssuerExpression(PatternError),
    /// Provenance is compared with something.
    #[error("provenance has to be from a builder and a source")]
    NoExpectations,
    /// The key cannot be used.
    #[error(transparent)]
    Key(KeyError),
    /// The environment has no such variable.
    #[error("the environment has no {name}")]
    NoVariable {
        /// Its name.
        name: String,
    },
    /// The trust root cannot be used.
    #[error(transparent)]
    Root(RootError),
}

impl Wanted {
    /// Everything that its texts alone show to be wrong.
    #[must_use]
    pub fn faults(&self) -> Vec<WantedError> {
        let mut faults = Vec::new();
        let needs_signer = |check: &Check| matches!(check, Check::Signatures | Check::Provenance);
        let required = self.required();
        match (&self.key, &self.identity, &self.issuer) {
            (Some(_), None, None) | (None, Some(_), Some(_)) => {}
            (Some(_), _, _) => faults.push(WantedError::KeyAndIdentity),
            (None, Some(_), None) => faults.push(WantedError::IdentityAlone),
            (None, None, Some(_)) => faults.push(WantedError::IssuerAlone),
            (None, None, None) if required.iter().any(needs_signer) => faults.push(WantedError::NobodyNamed),
            (None, None, None) => {}
        }
        faults
            .extend(pattern(self.identity.as_ref(), WantedError::EmptyIdentity, WantedError::IdentityExpression).err());
        faults.extend(pattern(self.issuer.as_ref(), WantedError::EmptyIssuer, WantedError::IssuerExpression).err());
        faults.extend(self.root_source().err());
        let known = self.expectations.builder.is_some() && self.expectations.source.is_some();
        if required.contains(&Check::Provenance) && !known {
            faults.push(WantedError::NoExpectations);
        }
        faults
    }

    fn root_source(&self) -> Result<Option<RootSource>, WantedError> {
        let source = self.trusted_root.as_deref().map(RootSource::parse).transpose();
        source.map_err(|error| WantedError::Root(error.into()))
    }

    fn required(&self) -> Vec<Check> {
        if self.checks.is_empty() { vec![Check::Signatures] } else { self.checks.clone() }
    }

    /// Reads keys and roots, and makes a request of it about these paths. A trust root of a TUF repository has to hold as of `now`.
    ///
    /// # Errors
    /// The first of [`Wanted::faults`]; keys and roots that cannot be used.
    pub fn request(&self, paths: &[PathBuf], now: Timestamp) -> Result<Request, WantedError> {
        if let Some(fault) = self.faults().into_iter().next() {
            return Err(fault);
        }
        let identity = pattern(self.identity.as_ref(), WantedError::EmptyIdentity, WantedError::IdentityExpression)?;
        let issuer = pattern(self.issuer.as_ref(), WantedError::EmptyIssuer, WantedError::IssuerExpression)?;
        let signer = match (&self.key, identity, issuer) {
            (Some(key), ..) => Some(Signer::Key(key.read()?)),
            (None, Some(identity), Some(issuer)) => Some(Signer::Identity(Identity { identity, issuer })),
            (None, ..) => None,
        };
        let root = match self.root_source()? {
            Some(source) => Some(source.load(now).map_err(WantedError::Root)?),
            // A build without Sigstore still verifies keys.
            None => TrustRoot::embedded().ok(),
        };
        Ok(Request {
            paths: paths.to_vec(),
            others: self.checks.is_empty(),
            required: self.required(),
            missing: if self.allow_missing { Missing::IsSkipped } else { Missing::Fails },
            signer,
            root,
            bundles: self.bundles.clone(),
            predicate_type: self.predicate_type.as_deref().map(predicate_type),
            expectations: self.expectations.clone(),
        })
    }
}

fn pattern(
    text: Option<&Text>,
    empty: WantedError,
    wrong: fn(PatternError) -> WantedError,
) -> Result<Option<Pattern>, WantedError> {
    match text {
        None => Ok(None),
        Some(Text::Exact(text)) if text.is_empty() => Err(empty),
        Some(Text::Exact(text)) => Ok(Some(Pattern::Exact(text.clone()))),
        Some(Text::Expression(text)) => Pattern::expression(text).map(Some).map_err(wrong),
    }
}

/// cosign's words for predicate types.
fn predicate_type(text: &str) -> String {
    match text {
        "slsaprovenance1" => "https://slsa.dev/provenance/v1",
        "slsaprovenance" | "slsaprovenance02" => "https://slsa.dev/provenance/v0.2",
        "spdx" | "spdxjson" => "https://spdx.dev/Document",
        "cyclonedx" => "https://cyclonedx.org/bom",
        "openvex" => "https://openvex.dev/ns",
        "vuln" => "https://cosign.sigstore.dev/attestation/vuln/v1",
        "custom" => "https://cosign.sigstore.dev/attestation/v1",
        other => other,
    }
    .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(change: impl FnOnce(&mut Wanted)) -> Vec<String> {
        let mut wanted = Wanted { checks: vec![Check::Checksums], ..Wanted::default() };
        change(&mut wanted);
        wanted.faults().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn who_has_to_have_signed_is_said_once_and_whole() {
        let exact = |text: &str| Some(Text::Exact(text.to_owned()));
        let expression = |text: &str| Some(Text::Expression(text.to_owned()));
        let key = || Some(KeyName::Env("X".to_owned()));
        assert!(faults(|_| ()).is_empty());
        assert!(faults(|wanted| wanted.key = key()).is_empty());
        assert!(faults(|wanted| (wanted.identity, wanted.issuer) = (exact("a"), expression("b.*"))).is_empty());
        assert!(faults(|wanted| wanted.checks.clear())[0].contains("who has to have signed"));
        assert!(faults(|wanted| wanted.identity = exact("a"))[0].contains("who vouches"));
        assert!(faults(|wanted| wanted.issuer = exact("a"))[0].contains("anybody who asks"));
        let both = faults(|wanted| (wanted.key, wanted.identity) = (key(), exact("a")));
        assert!(both[0].contains("exclude each other"));
        let all = faults(|wanted| {
            (wanted.identity, wanted.issuer) = (expression("("), exact(""));
            wanted.checks.push(Check::Provenance);
        });
        assert_eq!(all.len(), 3, "{all:?}");
    }

    #[test]
    fn a_repository_that_cannot_be_one_is_told_before_anything_is_read() {
        let named = |text: &str| faults(|wanted| wanted.trusted_root = Some(text.to_owned()));
        assert!(named("tuf").is_empty() && named("tuf-expired:acme").is_empty() && named("root.json").is_empty());
        assert!(named("tuf:../acme")[0].contains("names no TUF repository"), "{:?}", named("tuf:../acme"));
    }
}
