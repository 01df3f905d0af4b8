//! Public keys.

use std::fmt;
use std::path::Path;

use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use p256::pkcs8::{Document, EncodePublicKey, LineEnding};
use sha2::{Digest as _, Sha256, Sha512};

use super::{Algorithm, KEY_BYTES_MAX, KeyError, Message, pem, secret};

/// A public key.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    verifying: Verifying,
    der: Vec<u8>,
    pem: String,
    key_id: String,
}

#[derive(Clone, PartialEq, Eq)]
enum Verifying {
    P256(p256::ecdsa::VerifyingKey),
    Ed25519(ed25519_dalek::VerifyingKey),
}

impl PublicKey {
    /// Reads a key: SubjectPublicKeyInfo (`PUBLIC KEY`, RFC 5280).
    ///
    /// # Errors
    /// [`KeyError`] says what was given instead: a private key, a certificate, a key of another curve, no key.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        pem::public(text)
    }

    /// Reads a key file, as [`PublicKey::from_pem`].
    ///
    /// # Errors
    /// When the file cannot be read or is longer than [`KEY_BYTES_MAX`], and as [`PublicKey::from_pem`].
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        Self::from_pem(secret::read(path, KEY_BYTES_MAX)?.text.as_str())
    }

    pub(super) fn p256(key: p256::ecdsa::VerifyingKey) -> Result<Self, KeyError> {
        Self::new(&p256::PublicKey::from(key), Verifying::P256(key))
    }

    pub(super) fn ed25519(key: ed25519_dalek::VerifyingKey) -> Result<Self, KeyError> {
        // Under a key of small order many signatures verify over many messages.
        if key.is_weak() {
            return Err(KeyError::Weak);
        }
        Self::new(&key, Verifying::Ed25519(key))
    }

    fn new(key: &impl EncodePublicKey, verifying: Verifying) -> Result<Self, KeyError> {
        let malformed = |_| KeyError::Malformed { label: "PUBLIC KEY" };
        let der: Document = key.to_public_key_der().map_err(malformed)?;
        Ok(Self {
            verifying,
            pem: key.to_public_key_pem(LineEnding::LF).map_err(malformed)?,
            key_id: hex::encode(Sha256::digest(der.as_bytes())),
            der: der.into_vec(),
        })
    }

    /// Its kind.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        match self.verifying {
            Verifying::P256(_) => Algorithm::P256,
            Verifying::Ed25519(_) => Algorithm::Ed25519,
        }
    }

    /// The key as PEM (`PUBLIC KEY`), ending in a line feed.
    #[must_use]
    pub fn to_pem(&self) -> &str {
        &self.pem
    }

    /// The key as SubjectPublicKeyInfo.
    #[must_use]
    pub fn to_der(&self) -> &[u8] {
        &self.der
    }

    /// Lower-case hex of the SHA-256 over the key's SubjectPublicKeyInfo DER with an uncompressed point:
    /// `openssl pkey -pubin -in key.pub -outform DER | sha256sum`.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// Whether the signature is this key's over the message. A signature that is not in the right form is not.
    pub(crate) fn verifies(&self, message: &Message<'_>, signature: &[u8]) -> bool {
        match &self.verifying {
            Verifying::P256(key) => p256::ecdsa::Signature::from_der(signature)
                .is_ok_and(|signature| key.verify_prehash(&message.sha256, &signature).is_ok()),
            Verifying::Ed25519(key) => {
                let (Ok(signature), Some(bytes)) = (ed25519_dalek::Signature::from_slice(signature), message.bytes)
                else {
                    return false;
                };
                // cosign signs files with Ed25519ph, since transparency logs see only digests; all others with plain Ed25519.
                key.verify_strict(bytes, &signature).is_ok()
                    || key.verify_prehashed_strict(Sha512::new_with_prefix(bytes), None, &signature).is_ok()
            }
        }
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicKey").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}
