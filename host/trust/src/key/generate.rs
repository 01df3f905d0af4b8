//! New keys.

use crypto_secretbox::aead::OsRng;
use crypto_secretbox::aead::rand_core::RngCore as _;
use pkcs8::der::pem::{LineEnding, encode_string};
use pkcs8::{EncodePrivateKey, SecretDocument};
use zeroize::Zeroizing;

use super::backend::SecretKey;
use super::{Algorithm, KeyError, PublicKey, Secret, pem, sealed};

/// A key that was just made.
pub struct GeneratedKey {
    /// PEM of the private key, for a file that only its owner reaches.
    pub private_pem: Zeroizing<String>,
    /// The public half.
    pub public: PublicKey,
}

/// Makes a key: PKCS#8, or under a password as cosign writes it.
///
/// # Errors
/// When the system gives no randomness.
pub fn generate(algorithm: Algorithm, password: Option<&Secret>) -> Result<GeneratedKey, KeyError> {
    let failed = || KeyError::Generation;
    let (secret, der) = match algorithm {
        Algorithm::P256 => {
            let key = p256_key()?;
            let der = key.to_pkcs8_der().map_err(|_| failed())?;
            (SecretKey::P256(p256::ecdsa::SigningKey::from(key)), der)
        }
        Algorithm::Ed25519 => {
            let mut seed = Zeroizing::new([0_u8; 32]);
            OsRng.try_fill_bytes(&mut seed[..]).map_err(|_| failed())?;
            let key = ed25519_dalek::SigningKey::from_bytes(&seed);
            let der = ed25519_der(&seed)?;
            (SecretKey::Ed25519(Box::new(key)), der)
        }
    };
    Ok(GeneratedKey { private_pem: to_pem(&der, password)?, public: secret.public()? })
}

fn p256_key() -> Result<p256::SecretKey, KeyError> {
    // Almost every 32 bytes are a scalar: a second try is a matter of 2^-32.
    for _ in 0..8 {
        let mut bytes = Zeroizing::new([0_u8; 32]);
        OsRng.try_fill_bytes(&mut bytes[..]).map_err(|_| KeyError::Generation)?;
        if let Ok(key) = p256::SecretKey::from_slice(&bytes[..]) {
            return Ok(key);
        }
    }
    Err(KeyError::Generation)
}

/// PKCS#8 version 1, without the public half: OpenSSL before 3.0 reads no other.
fn ed25519_der(seed: &[u8; 32]) -> Result<SecretDocument, KeyError> {
    let bytes = ed25519_dalek::pkcs8::KeypairBytes { secret_key: *seed, public_key: None };
    bytes.to_pkcs8_der().map_err(|_| KeyError::Generation)
}

fn to_pem(der: &SecretDocument, password: Option<&Secret>) -> Result<Zeroizing<String>, KeyError> {
    let failed = |_| KeyError::Generation;
    match password {
        None => der.to_pem(pem::PKCS8, LineEnding::LF).map_err(failed),
        Some(password) => {
            let json = sealed::seal(der.as_bytes(), password)?;
            encode_string(pem::SIGSTORE, LineEnding::LF, &json).map(Zeroizing::new).map_err(|_| KeyError::Generation)
        }
    }
}
