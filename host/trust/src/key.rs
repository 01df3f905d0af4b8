//! ECDSA P-256 keys.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use p256::ecdsa::signature::hazmat::{PrehashSigner as _, PrehashVerifier as _};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use p256::pkcs8::{EncodePublicKey as _, LineEnding};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

mod error;
mod pem;

pub use error::KeyError;

/// Largest key file that is read. A P-256 key is under 400 bytes; more is another file given by mistake.
pub const KEY_BYTES_MAX: usize = 64 * 1024;

/// The signature could not be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the key could not sign")]
pub struct SigningFailed;

/// A private key. Its bytes are wiped when it is dropped, and no way leads from it to text.
pub struct PrivateKey {
    signing: SigningKey,
    public: PublicKey,
}

impl PrivateKey {
    /// Reads an unencrypted P-256 key: PKCS#8 (`PRIVATE KEY`, RFC 5958) or SEC1 (`EC PRIVATE KEY`, RFC 5915).
    ///
    /// # Errors
    /// [`KeyError`] says what was given instead: an encrypted key, a public key, a key of another curve, no key.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let secret = pem::private(text)?;
        let public = PublicKey::new(&secret.public_key())?;
        Ok(Self { signing: SigningKey::from(secret), public })
    }

    /// Reads a key file, as [`PrivateKey::from_pem`]. The text is wiped from memory afterwards.
    ///
    /// # Errors
    /// When the file cannot be read or is longer than [`KEY_BYTES_MAX`], and as [`PrivateKey::from_pem`].
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        Self::from_pem(&read(path)?)
    }

    /// The key that verifies what this one signs.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Signs a SHA-256 digest; the signature is ASN.1 DER (RFC 3279), its nonce that of RFC 6979: the same key and
    /// digest give the same bytes. Not public: a raw `sign(digest)` would sign whatever somebody asks.
    pub(crate) fn sign_sha256(&self, sha256: &[u8; 32]) -> Result<Vec<u8>, SigningFailed> {
        let signature: Signature = self.signing.sign_prehash(sha256).map_err(|_| SigningFailed)?;
        Ok(signature.to_der().as_bytes().to_vec())
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrivateKey").field("key_id", &self.public.key_id).finish_non_exhaustive()
    }
}

/// A public key.
#[derive(Clone, PartialEq, Eq)]
pub struct PublicKey {
    verifying: VerifyingKey,
    pem: String,
    key_id: String,
}

impl PublicKey {
    /// Reads a P-256 key: SubjectPublicKeyInfo (`PUBLIC KEY`, RFC 5280).
    ///
    /// # Errors
    /// [`KeyError`] says what was given instead: a private key, a certificate, a key of another curve, no key.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        Self::new(&pem::public(text)?)
    }

    /// Reads a key file, as [`PublicKey::from_pem`].
    ///
    /// # Errors
    /// When the file cannot be read or is longer than [`KEY_BYTES_MAX`], and as [`PublicKey::from_pem`].
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        Self::from_pem(&read(path)?)
    }

    fn new(key: &p256::PublicKey) -> Result<Self, KeyError> {
        let malformed = |_| KeyError::Malformed { label: "PUBLIC KEY" };
        let der = key.to_public_key_der().map_err(malformed)?;
        Ok(Self {
            verifying: VerifyingKey::from(key),
            pem: key.to_public_key_pem(LineEnding::LF).map_err(malformed)?,
            key_id: hex::encode(Sha256::digest(der.as_bytes())),
        })
    }

    /// The key as PEM (`PUBLIC KEY`), ending in a line feed.
    #[must_use]
    pub fn to_pem(&self) -> &str {
        &self.pem
    }

    /// Lower-case hex of the SHA-256 over the key's SubjectPublicKeyInfo DER with an uncompressed point:
    /// `openssl pkey -pubin -in key.pub -outform DER | sha256sum`.
    #[must_use]
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// Whether the DER signature is this key's over the digest. A signature that is no valid DER is not.
    pub(crate) fn verifies_sha256(&self, sha256: &[u8; 32], der: &[u8]) -> bool {
        Signature::from_der(der).is_ok_and(|signature| self.verifying.verify_prehash(sha256, &signature).is_ok())
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicKey").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

/// The text of a key file. The buffer has its full size from the start: a vector that grows leaves copies behind.
fn read(path: &Path) -> Result<Zeroizing<String>, KeyError> {
    let unreadable = |source| KeyError::Unreadable { path: path.to_owned(), source };
    let mut bytes = Zeroizing::new(vec![0_u8; KEY_BYTES_MAX + 1]);
    let mut file = File::open(path).map_err(unreadable)?;
    let mut filled = 0;
    while filled < bytes.len() {
        match file.read(&mut bytes[filled..]).map_err(unreadable)? {
            0 => break,
            count => filled += count,
        }
    }
    if filled > KEY_BYTES_MAX {
        return Err(KeyError::TooLarge { max: KEY_BYTES_MAX });
    }
    let text = std::str::from_utf8(&bytes[..filled]).map_err(|_| KeyError::NotPem)?;
    Ok(Zeroizing::new(text.to_owned()))
}

#[cfg(test)]
mod tests;
