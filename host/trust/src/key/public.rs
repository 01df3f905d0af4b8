//! Public keys.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::digest::{Digest as AwsDigest, SHA256};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ParsedPublicKey};
use p256::pkcs8::{Document, EncodePublicKey, LineEnding};
use sha2::{Digest as _, Sha256, Sha512};

use super::{Algorithm, KEY_BYTES_MAX, KeyError, Message, pem, secret};

/// A public key.
#[derive(Clone)]
pub struct PublicKey {
    verifying: Verifying,
    der: Vec<u8>,
    pem: String,
    key_id: String,
}

/// `p256` signs, since its signatures repeat (RFC 6979). AWS-LC verifies, several times as fast: a release has hundreds of signatures,
/// and each is verified twice before it is written.
#[derive(Clone)]
enum Verifying {
    P256(Arc<ParsedPublicKey>),
    Ed25519(Box<ed25519_dalek::VerifyingKey>),
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for PublicKey {}

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
        let parsed = ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key.to_encoded_point(false).as_bytes())
            .map_err(|_| KeyError::Malformed { label: "PUBLIC KEY" })?;
        Self::new(&p256::PublicKey::from(key), Verifying::P256(Arc::new(parsed)))
    }

    pub(super) fn ed25519(key: ed25519_dalek::VerifyingKey) -> Result<Self, KeyError> {
        // Under a key of small order many signatures verify over many messages.
        if key.is_weak() {
            return Err(KeyError::Weak);
        }
        Self::new(&key, Verifying::Ed25519(Box::new(key)))
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
            Verifying::P256(key) => AwsDigest::import_less_safe(&message.sha256, &SHA256)
                .is_ok_and(|digest| key.verify_digest_sig(&digest, signature).is_ok()),
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

#[cfg(test)]
mod tests {
    use p256::ecdsa::signature::hazmat::{PrehashSigner as _, PrehashVerifier as _};
    use p256::ecdsa::{Signature, SigningKey};
    use proptest::prelude::*;

    use super::*;

    /// A length of 255 bytes and more is written in another way.
    fn integer(bytes: &[u8]) -> Vec<u8> {
        [&[2, u8::try_from(bytes.len()).unwrap()], bytes].concat()
    }

    fn sequence(r: &[u8], s: &[u8]) -> Vec<u8> {
        let inner = [integer(r), integer(s)].concat();
        [&[0x30, u8::try_from(inner.len()).unwrap()], &inner[..]].concat()
    }

    proptest! {
        /// Two implementations that share no code say the same, also of what is cut, changed, padded and out of range.
        #[test]
        fn p256_and_aws_lc_agree(secret in 1..=200u8, sha256: [u8; 32], at in 0..80usize, to: u8, kind in 0..7u8) {
            let key = SigningKey::from_slice(&[secret; 32]).unwrap();
            let signature: Signature = key.sign_prehash(&sha256).unwrap();
            let (r, s) = (signature.r().to_bytes(), signature.s().to_bytes());
            let mut der = signature.to_der().as_bytes().to_vec();
            match kind {
                0 => {}
                1 => {
                    let at = at % der.len();
                    der[at] = to;
                }
                2 => der.truncate(at),
                3 => der.push(to),
                // Beyond what a minimal encoding is, and negative where the first bit is set.
                4 => der = sequence(&[&[0, 0], &r[..]].concat(), &s),
                5 => der = sequence(&[0], &s),
                _ => der = sequence(&r, &[0xff; 32]),
            }
            let public = PublicKey::p256(*key.verifying_key()).unwrap();
            let expected = Signature::from_der(&der)
                .is_ok_and(|signature| key.verifying_key().verify_prehash(&sha256, &signature).is_ok());
            prop_assert_eq!(public.verifies(&sha256.into(), &der), expected);
            prop_assert_eq!(expected, kind == 0 || der == signature.to_der().as_bytes());
        }
    }
}
