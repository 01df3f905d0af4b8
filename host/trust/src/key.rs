//! Keys: ECDSA on P-256 with SHA-256, and Ed25519.

mod algorithm;
mod backend;
mod error;
mod generate;
mod pem;
mod public;
mod sealed;
mod secret;
pub mod token;
mod uri;

use std::fmt;
use std::path::Path;

pub use algorithm::Algorithm;
pub use backend::{Backend, Message};
pub use error::KeyError;
pub use generate::{GeneratedKey, generate};
pub use public::PublicKey;
pub use secret::{Secret, SecretSource};
pub use token::{Module, TokenError};
pub use uri::{TokenUri, UriError};

/// Largest key file that is read. A key is under 1 KiB, encrypted or not; more is another file given by mistake.
pub const KEY_BYTES_MAX: usize = 64 * 1024;

/// The signature could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SigningFailed {
    /// No more is known.
    #[error("the key could not sign")]
    Refused,
    /// Something was answered that the public half does not verify.
    #[error("what the key answered is not its signature")]
    NotItsSignature,
    /// The key is in a token that was pulled, or that ended the session.
    #[error("the token is gone, or has ended the session")]
    TokenLost,
    /// The key is in a token that has it for other purposes.
    #[error("the token does not let this key sign")]
    MayNotSign,
    /// The token did not sign.
    #[error("the token did not sign: {answer}")]
    Token {
        /// Its answer, by the name that PKCS #11 gives it.
        answer: String,
    },
}

/// A private key, wherever it is. A local one is wiped from memory when it is dropped, and no way leads from it to text.
pub struct PrivateKey {
    backend: Box<dyn Backend>,
}

impl PrivateKey {
    /// Reads a key that no password protects: PKCS#8 (`PRIVATE KEY`, RFC 5958) or SEC1 (`EC PRIVATE KEY`, RFC 5915).
    ///
    /// # Errors
    /// [`KeyError`] says what was given instead: an encrypted key, a public key, a key of another curve, no key.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        Self::open(text, None)
    }

    /// Reads a key that may be encrypted: as cosign writes them (`ENCRYPTED SIGSTORE PRIVATE KEY`), or PKCS#8
    /// (`ENCRYPTED PRIVATE KEY`). A password that is not needed is not used.
    ///
    /// # Errors
    /// As [`PrivateKey::from_pem`]; [`KeyError::PasswordMissing`], [`KeyError::WrongPassword`].
    pub fn open(text: &str, password: Option<&Secret>) -> Result<Self, KeyError> {
        let secret = pem::private(text, password)?;
        Ok(Self { backend: Box::new(backend::Local::new(secret)?) })
    }

    /// Reads a key file, as [`PrivateKey::open`]. The text is wiped from memory afterwards.
    ///
    /// # Errors
    /// When the file cannot be read, is longer than [`KEY_BYTES_MAX`], or is open to other users of the machine, and as
    /// [`PrivateKey::open`].
    pub fn load(path: &Path, password: Option<&Secret>) -> Result<Self, KeyError> {
        let file = secret::read(path, KEY_BYTES_MAX)?;
        // Others may read what a password protects; nobody else may replace it.
        let closed = if pem::is_encrypted(file.text.as_str()) { secret::WRITABLE } else { secret::REACHABLE };
        match (Self::open(file.text.as_str(), password), file.check_mode(path, closed)) {
            // What is no private key is open to whoever likes.
            (Err(error), Err(_)) if error.is_about_another_thing() => Err(error),
            (_, Err(exposed)) => Err(exposed),
            (opened, Ok(())) => opened,
        }
    }

    /// Reads a key from where the operator said that it is.
    ///
    /// # Errors
    /// When the variable is not set, and as [`PrivateKey::load`].
    pub fn from_source(source: &SecretSource, password: Option<&Secret>) -> Result<Self, KeyError> {
        match source {
            SecretSource::File(path) => Self::load(path, password),
            SecretSource::Env(_) => Self::open(source.read()?.as_str()?, password),
        }
    }

    /// A key that is somewhere else: in a token, or at a service.
    #[must_use]
    pub fn with_backend(backend: Box<dyn Backend>) -> Self {
        Self { backend }
    }

    /// The key that verifies what this one signs.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        self.backend.public()
    }

    /// Signs: ECDSA over SHA-256 as ASN.1 DER (RFC 3279) with the nonce of RFC 6979, or Ed25519 (RFC 8032). The same local
    /// key and message give the same bytes. Not public: a raw `sign(message)` would sign whatever somebody asks.
    pub(crate) fn sign(&self, message: &Message<'_>) -> Result<Vec<u8>, SigningFailed> {
        let signature = self.backend.sign(message)?;
        // A backend that signs something else, or with another key, is found here and not by whoever verifies.
        if self.public().verifies(message, &signature) { Ok(signature) } else { Err(SigningFailed::NotItsSignature) }
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey").field("key_id", &self.public().key_id()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
