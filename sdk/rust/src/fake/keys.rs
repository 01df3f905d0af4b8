//! Keys that sign with words instead of mathematics.

use std::collections::BTreeSet;

use crate::Subject;
use crate::keys::{Identity, KeyError, Keys, PublicKey, SigningKey};

/// Holds keys by label. What they sign reads `bundle(name,...;predicate type)`.
#[derive(Debug, Default)]
pub struct FakeKeys {
    labels: BTreeSet<String>,
    failure: Option<KeyError>,
}

impl FakeKeys {
    /// No key is bound.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Binds a key to a label.
    #[must_use]
    pub fn key(mut self, label: &str) -> Self {
        self.labels.insert(label.to_owned());
        self
    }

    /// Every signature fails so.
    #[must_use]
    pub fn failing(mut self, error: KeyError) -> Self {
        self.failure = Some(error);
        self
    }
}

impl Keys for FakeKeys {
    fn open(&self, label: &str) -> Result<Box<dyn SigningKey>, KeyError> {
        if !self.labels.contains(label) {
            return Err(KeyError::NoSuchKey(label.to_owned()));
        }
        Ok(Box::new(FakeKey { failure: self.failure.clone() }))
    }
}

#[derive(Debug)]
struct FakeKey {
    failure: Option<KeyError>,
}

impl FakeKey {
    fn answer(&self, what: &str, subjects: &[Subject], predicate_type: &str) -> Result<Vec<u8>, KeyError> {
        if let Some(error) = &self.failure {
            return Err(error.clone());
        }
        let names: Vec<&str> = subjects.iter().map(|subject| subject.name.as_str()).collect();
        Ok(format!("{what}({};{predicate_type})", names.join(",")).into_bytes())
    }
}

impl SigningKey for FakeKey {
    fn public_key(&self) -> Option<PublicKey> {
        None
    }

    fn identity(&self) -> Option<Identity> {
        None
    }

    fn sign_statement(&self, subjects: &[Subject], predicate_type: &str, _: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.answer("envelope", subjects, predicate_type)
    }

    fn sign_subject(&self, subject: &Subject) -> Result<Vec<u8>, KeyError> {
        self.answer("signature", std::slice::from_ref(subject), "")
    }

    fn bundle_statement(&self, subjects: &[Subject], predicate_type: &str, _: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.answer("bundle", subjects, predicate_type)
    }

    fn bundle_subject(&self, subject: &Subject) -> Result<Vec<u8>, KeyError> {
        self.answer("bundle", std::slice::from_ref(subject), "")
    }
}
