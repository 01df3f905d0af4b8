//! Signing keys by label. The host holds them, builds what is signed, and signs only for subjects of this run.

use crate::bindings::imports::chiron::keys::signing::SigningKey as HostKey;
pub use crate::bindings::imports::chiron::keys::signing::{Error as KeyError, Identity, PublicKey};
use crate::{PluginError, Subject};

/// The keys that the operator bound to this step's labels.
pub trait Keys {
    /// Opens the key bound to a label that `describe` requested.
    ///
    /// # Errors
    /// For a label that is not bound.
    fn open(&self, label: &str) -> Result<Box<dyn SigningKey>, KeyError>;
}

/// A key, or a keyless session that the host opened for this run.
pub trait SigningKey {
    /// Its public half, where there is one to publish.
    fn public_key(&self) -> Option<PublicKey>;
    /// Whom a keyless session signs as.
    fn identity(&self) -> Option<Identity>;
    /// A DSSE envelope over an in-toto statement of these parts.
    ///
    /// # Errors
    /// For a subject outside this run, a predicate that is not allowed, or a failing provider.
    fn sign_statement(&self, subjects: &[Subject], predicate_type: &str, predicate: &[u8])
    -> Result<Vec<u8>, KeyError>;
    /// A signature over a subject's bytes.
    ///
    /// # Errors
    /// As `sign_statement`.
    fn sign_subject(&self, subject: &Subject) -> Result<Vec<u8>, KeyError>;
    /// As `sign_statement`, as a Sigstore bundle with its verification material.
    ///
    /// # Errors
    /// As `sign_statement`.
    fn bundle_statement(
        &self,
        subjects: &[Subject],
        predicate_type: &str,
        predicate: &[u8],
    ) -> Result<Vec<u8>, KeyError>;
    /// As `sign_subject`, as a Sigstore bundle with its verification material.
    ///
    /// # Errors
    /// As `sign_statement`.
    fn bundle_subject(&self, subject: &Subject) -> Result<Vec<u8>, KeyError>;
}

/// The host's keys, as a WIT import. Only a component may call it.
#[derive(Debug, Clone, Copy)]
pub struct HostKeys;

impl Keys for HostKeys {
    fn open(&self, label: &str) -> Result<Box<dyn SigningKey>, KeyError> {
        Ok(Box::new(HostKey::open(label)?))
    }
}

impl SigningKey for HostKey {
    fn public_key(&self) -> Option<PublicKey> {
        HostKey::public_key(self)
    }

    fn identity(&self) -> Option<Identity> {
        HostKey::identity(self)
    }

    fn sign_statement(
        &self,
        subjects: &[Subject],
        predicate_type: &str,
        predicate: &[u8],
    ) -> Result<Vec<u8>, KeyError> {
        HostKey::sign_statement(self, subjects, predicate_type, predicate)
    }

    fn sign_subject(&self, subject: &Subject) -> Result<Vec<u8>, KeyError> {
        HostKey::sign_subject(self, subject)
    }

    fn bundle_statement(
        &self,
        subjects: &[Subject],
        predicate_type: &str,
        predicate: &[u8],
    ) -> Result<Vec<u8>, KeyError> {
        HostKey::bundle_statement(self, subjects, predicate_type, predicate)
    }

    fn bundle_subject(&self, subject: &Subject) -> Result<Vec<u8>, KeyError> {
        HostKey::bundle_subject(self, subject)
    }
}

impl From<KeyError> for PluginError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::NoSuchKey(label) => Self::Denied(format!("no key is bound to `{label}`")),
            KeyError::PredicateNotAllowed(kind) => Self::Denied(format!("predicate type `{kind}` is not allowed")),
            KeyError::SubjectNotInRun(name) => Self::Denied(format!("`{name}` is not a subject of this run")),
            KeyError::Provider(why) => Self::Unavailable(why),
            KeyError::Other(why) => Self::Other(why),
        }
    }
}
