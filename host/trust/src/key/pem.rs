//! From PEM text to a key, or to the error that says what was given instead.

use chiron_model::text;
use p256::pkcs8::der::pem;
use p256::pkcs8::{
    AlgorithmIdentifierRef, EncryptedPrivateKeyInfo, ObjectIdentifier, PrivateKeyInfo, SubjectPublicKeyInfoRef,
};
use sec1::EcPrivateKey;
use zeroize::Zeroizing;

use super::backend::SecretKey;
use super::{KeyError, PublicKey, Secret, sealed};

pub(super) const PKCS8: &str = "PRIVATE KEY";
const SEC1: &str = "EC PRIVATE KEY";
const SPKI: &str = "PUBLIC KEY";

/// PKCS#8 under a password (RFC 5958, RFC 8018).
const PBES2: &str = "ENCRYPTED PRIVATE KEY";

/// What cosign writes, and what it wrote before it became Sigstore's.
pub(super) const SIGSTORE: &str = "ENCRYPTED SIGSTORE PRIVATE KEY";
const COSIGN: &str = "ENCRYPTED COSIGN PRIVATE KEY";

/// RFC 5480, section 2.1.1: the algorithm of elliptic curve keys, and the curve `secp256r1`, that is P-256; RFC 8410.
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

/// A private key from PEM.
pub(super) fn private(text: &str, password: Option<&Secret>) -> Result<SecretKey, KeyError> {
    let block = Block::find(text)?;
    let needed = |label| password.ok_or(KeyError::PasswordMissing { label });
    match block.label {
        PKCS8 => pkcs8(&block.decode(PKCS8)?),
        // The password protection of OpenSSL's old format is a header inside the block (RFC 1421, section 4.6.1.1): its key
        // is one round of MD5, and nothing here reads it.
        SEC1 if block.text.contains("ENCRYPTED") => Err(KeyError::Sealed {
            reason: "it is in OpenSSL's old format; convert it: openssl pkcs8 -topk8 -in OLD -out NEW".to_owned(),
        }),
        SEC1 => sec1(&block.decode(SEC1)?),
        SPKI => Err(KeyError::PublicInsteadOfPrivate { label: SPKI }),
        PBES2 => pbes2(&block.decode(PBES2)?, needed(PBES2)?),
        SIGSTORE => pkcs8(&sealed::open(&block.decode(SIGSTORE)?, needed(SIGSTORE)?)?),
        COSIGN => pkcs8(&sealed::open(&block.decode(COSIGN)?, needed(COSIGN)?)?),
        _ => Err(block.other("`PRIVATE KEY`, `EC PRIVATE KEY` or an encrypted one")),
    }
}

/// Whether a password protects the key.
pub(super) fn is_encrypted(text: &str) -> bool {
    Block::find(text).is_ok_and(|block| [PBES2, SIGSTORE, COSIGN].contains(&block.label))
}

/// A public key from PEM.
pub(super) fn public(text: &str) -> Result<PublicKey, KeyError> {
    let block = Block::find(text)?;
    if block.label == SPKI {
        return spki(&block.decode(SPKI)?);
    }
    Err([PKCS8, SEC1, PBES2, SIGSTORE, COSIGN]
        .into_iter()
        .find(|label| *label == block.label)
        .map_or_else(|| block.other("`PUBLIC KEY`"), |label| KeyError::PrivateInsteadOfPublic { label }))
}

/// One PEM block inside a text.
struct Block<'a> {
    label: &'a str,
    text: &'a str,
}

impl<'a> Block<'a> {
    /// The first block that is not `EC PARAMETERS`: `openssl ecparam -genkey` writes those before the key.
    fn find(text: &'a str) -> Result<Self, KeyError> {
        let mut rest = text;
        loop {
            let start = rest.find("-----BEGIN ").ok_or(KeyError::NotPem)?;
            rest = &rest[start..];
            let (label, _) = rest["-----BEGIN ".len()..].split_once("-----").ok_or(KeyError::NotPem)?;
            let close = format!("-----END {label}-----");
            let end = rest.find(&close).ok_or(KeyError::NotPem)? + close.len();
            if label != "EC PARAMETERS" {
                let text = &rest[..end];
                return Ok(Self { label, text });
            }
            rest = &rest[end..];
        }
    }

    fn decode(&self, label: &'static str) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        match pem::decode_vec(self.text.as_bytes()) {
            Ok((_, der)) => Ok(Zeroizing::new(der)),
            Err(_) => Err(KeyError::Malformed { label }),
        }
    }

    fn other(&self, expected: &'static str) -> KeyError {
        KeyError::OtherBlock { label: text::cut(&text::one_line(self.label), 60).into_owned(), expected }
    }
}

/// PKCS#8 under a password. What does not decrypt to a key was decrypted with another password: the format has no other sign.
fn pbes2(der: &[u8], password: &Secret) -> Result<SecretKey, KeyError> {
    let info = EncryptedPrivateKeyInfo::try_from(der)
        .map_err(|_| KeyError::Sealed { reason: "it is not PBES2 with AES and PBKDF2 or scrypt".to_owned() })?;
    let plain = info.decrypt(password.as_bytes()).map_err(|_| KeyError::WrongPassword)?;
    if PrivateKeyInfo::try_from(plain.as_bytes()).is_err() {
        return Err(KeyError::WrongPassword);
    }
    pkcs8(plain.as_bytes())
}

fn pkcs8(der: &[u8]) -> Result<SecretKey, KeyError> {
    let malformed = KeyError::Malformed { label: PKCS8 };
    let Ok(info) = PrivateKeyInfo::try_from(der) else {
        return Err(malformed);
    };
    if info.algorithm.oid == ED25519 {
        let key = ed25519_dalek::SigningKey::try_from(info).map_err(|_| malformed)?;
        return Ok(SecretKey::Ed25519(Box::new(key)));
    }
    expect_p256(&info.algorithm)?;
    p256::SecretKey::try_from(info).map(p256_key).map_err(|_| malformed)
}

fn sec1(der: &[u8]) -> Result<SecretKey, KeyError> {
    let malformed = || KeyError::Malformed { label: SEC1 };
    let key = EcPrivateKey::try_from(der).map_err(|_| malformed())?;
    // p256 does not look at the curve's name: it would take a secp256k1 key of the same length for its own.
    match key.parameters.and_then(sec1::EcParameters::named_curve) {
        Some(P256) => p256::SecretKey::from_sec1_der(der).map(p256_key).map_err(|_| malformed()),
        Some(curve) => Err(KeyError::OtherAlgorithm { found: name_of(curve) }),
        None => Err(KeyError::OtherAlgorithm { found: "of a curve that it does not name".to_owned() }),
    }
}

fn p256_key(key: p256::SecretKey) -> SecretKey {
    SecretKey::P256(p256::ecdsa::SigningKey::from(key))
}

/// A public key from SubjectPublicKeyInfo.
pub(super) fn spki(der: &[u8]) -> Result<PublicKey, KeyError> {
    let malformed = || KeyError::Malformed { label: SPKI };
    let info = SubjectPublicKeyInfoRef::try_from(der).map_err(|_| malformed())?;
    if info.algorithm.oid == ED25519 {
        return PublicKey::ed25519(ed25519_dalek::VerifyingKey::try_from(info).map_err(|_| malformed())?);
    }
    expect_p256(&info.algorithm)?;
    PublicKey::p256(p256::ecdsa::VerifyingKey::from(p256::PublicKey::try_from(info).map_err(|_| malformed())?))
}

fn expect_p256(algorithm: &AlgorithmIdentifierRef<'_>) -> Result<(), KeyError> {
    let found = match algorithm.oid {
        EC => algorithm.parameters_oid().unwrap_or(EC),
        other => other,
    };
    if found == P256 {
        return Ok(());
    }
    Err(KeyError::OtherAlgorithm { found: name_of(found) })
}

/// Names of the algorithms and curves people have keys of.
fn name_of(id: ObjectIdentifier) -> String {
    let name = match id.to_string().as_str() {
        "1.2.840.10045.2.1" => "an elliptic curve key with parameters of its own",
        "1.3.132.0.10" => "of the curve secp256k1",
        "1.3.132.0.34" => "of the curve P-384",
        "1.3.132.0.35" => "of the curve P-521",
        "1.2.840.113549.1.1.1" => "an RSA key",
        "1.2.840.113549.1.1.10" => "an RSA-PSS key",
        "1.3.101.110" => "an X25519 key",
        "1.3.101.113" => "an Ed448 key",
        other => return format!("of the algorithm {other}"),
    };
    name.to_owned()
}
