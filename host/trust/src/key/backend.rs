//! Where a private key is: here, in memory; or in a token (`token.rs`).

use ed25519_dalek::Signer as _;
use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use sha2::{Digest as _, Sha256};

use super::{Algorithm, KeyError, PublicKey, SigningFailed};

/// What is signed.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Of the bytes.
    pub sha256: [u8; 32],
    /// The bytes. None where nobody needs them: only Ed25519 signs them rather than their digest.
    pub bytes: Option<&'a [u8]>,
}

impl<'a> Message<'a> {
    /// Bytes with their digest.
    #[must_use]
    pub fn of(bytes: &'a [u8]) -> Self {
        Self { sha256: Sha256::digest(bytes).into(), bytes: Some(bytes) }
    }
}

impl From<[u8; 32]> for Message<'_> {
    fn from(sha256: [u8; 32]) -> Self {
        Self { sha256, bytes: None }
    }
}

/// Something that holds a private key and signs with it. Two are in this crate: memory, and a token (PKCS #11); a key
/// management service is another. Each answer is verified with [`Backend::public`] before it is used.
pub trait Backend: Send + Sync {
    /// The public half, known from the start.
    fn public(&self) -> &PublicKey;

    /// Signs the digest (P-256, answering in ASN.1 DER) or the bytes (Ed25519).
    ///
    /// # Errors
    /// When no signature comes about. What was answered is told by a name, and never in words that may hold what must not be shown.
    fn sign(&self, message: &Message<'_>) -> Result<Vec<u8>, SigningFailed>;
}

/// A key in memory. Both kinds wipe themselves when they are dropped.
pub(super) enum SecretKey {
    P256(p256::ecdsa::SigningKey),
    Ed25519(Box<ed25519_dalek::SigningKey>),
}

impl SecretKey {
    pub(super) fn public(&self) -> Result<PublicKey, KeyError> {
        match self {
            Self::P256(key) => PublicKey::p256(*key.verifying_key()),
            Self::Ed25519(key) => PublicKey::ed25519(key.verifying_key()),
        }
    }
}

/// The backend of [`SecretKey`].
pub(super) struct Local {
    secret: SecretKey,
    public: PublicKey,
}

impl Local {
    pub(super) fn new(secret: SecretKey) -> Result<Self, KeyError> {
        let public = secret.public()?;
        Ok(Self { secret, public })
    }
}

impl Backend for Local {
    fn public(&self) -> &PublicKey {
        &self.public
    }

    fn sign(&self, message: &Message<'_>) -> Result<Vec<u8>, SigningFailed> {
        match &self.secret {
            SecretKey::P256(key) => {
                let signature: p256::ecdsa::Signature =
                    key.sign_prehash(&message.sha256).map_err(|_| SigningFailed::Refused)?;
                Ok(signature.to_der().as_bytes().to_vec())
            }
            SecretKey::Ed25519(key) => {
                let bytes = message.bytes.ok_or(SigningFailed::Refused)?;
                Ok(key.try_sign(bytes).map_err(|_| SigningFailed::Refused)?.to_bytes().to_vec())
            }
        }
    }
}

impl Algorithm {
    /// Whether it signs the bytes themselves, so that they have to be read.
    #[must_use]
    pub const fn needs_bytes(self) -> bool {
        match self {
            Self::P256 => false,
            Self::Ed25519 => true,
        }
    }
}
