//! Sigstore bundles v0.3 signed with a local key (sigstore/protobuf-specs, `sigstore_bundle.proto`).
//!
//! Such a bundle names its key by a hint only, has no log entry and no timestamp: whoever verifies it brings the public
//! key (`cosign verify-blob --key … --bundle … --insecure-ignore-tlog`).

use chiron_model::statement::{PAYLOAD_TYPE, Statement};
use sigstore_types::bundle::{Bundle, SignatureContent, VerificationMaterial, VerificationMaterialContent};
use sigstore_types::{
    DigestBytes, HashAlgorithm, MediaType, MessageDigest, MessageSignature, PublicKeyIdentifier, SignatureBytes,
};

use crate::dsse;
use crate::key::{Message, PrivateKey, PublicKey, SigningFailed};
use crate::statement::{self, StatementError};

/// The media type of every bundle that is written, and the only one that is accepted.
pub const BUNDLE_MEDIA_TYPE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";

/// Nothing was signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// The statement breaks a rule.
    #[error("failed to build the statement: {0}")]
    Statement(#[from] StatementError),
    /// The key failed.
    #[error("failed to sign: {0}")]
    Key(#[from] SigningFailed),
    /// The bundle could not be written as JSON.
    #[error("failed to write the bundle: {reason}")]
    Encoding {
        /// The encoder's words.
        reason: String,
    },
}

/// Signs a file and returns the bundle's JSON.
///
/// The signature verifies over the file's bytes (`openssl dgst -sha256 -verify`). A P-256 key needs only their digest, so that
/// they need not be read again here; [`crate::key::Algorithm::needs_bytes`] says of which keys this holds.
/// The caller answers for the digest being that of a subject of this run, and for the file not being a
/// pre-authentication encoding ([`dsse::looks_like_pae`]).
///
/// # Errors
/// When the key cannot sign.
pub fn bundle_blob<'a>(key: &PrivateKey, file: impl Into<Message<'a>>) -> Result<Vec<u8>, SignError> {
    let file = file.into();
    let digest = MessageDigest::new(HashAlgorithm::Sha2256, DigestBytes::from(&file.sha256[..]));
    let signature = MessageSignature::new(SignatureBytes::new(sign_blob(key, file)?)).with_message_digest(digest);
    bundle(key.public(), SignatureContent::MessageSignature(signature))
}

/// Signs a statement and returns the bundle's JSON.
///
/// # Errors
/// When the statement breaks a rule of [`statement::encode`] or the key cannot sign.
pub fn bundle_statement(key: &PrivateKey, statement: &Statement) -> Result<Vec<u8>, SignError> {
    let envelope = dsse::sign(key, PAYLOAD_TYPE, statement::encode(statement)?)?;
    bundle(key.public(), SignatureContent::DsseEnvelope(envelope))
}

/// Signs a file and returns the bare signature (ECDSA in ASN.1 DER, or the 64 bytes of Ed25519), for signers that lay things out
/// themselves. The duties of [`bundle_blob`]'s caller hold here too.
///
/// # Errors
/// When the key cannot sign.
pub fn sign_blob<'a>(key: &PrivateKey, file: impl Into<Message<'a>>) -> Result<Vec<u8>, SignError> {
    Ok(key.sign(&file.into())?)
}

/// Signs a statement and returns the JSON of the DSSE envelope, for signers that lay things out themselves.
///
/// # Errors
/// As [`bundle_statement`].
pub fn sign_statement(key: &PrivateKey, statement: &Statement) -> Result<Vec<u8>, SignError> {
    let envelope = dsse::sign(key, PAYLOAD_TYPE, statement::encode(statement)?)?;
    serde_json::to_vec(&envelope).map_err(|error| encoding(&error))
}

fn bundle(key: &PublicKey, content: SignatureContent) -> Result<Vec<u8>, SignError> {
    let hint = PublicKeyIdentifier::new(key.key_id());
    let material = VerificationMaterial::new(VerificationMaterialContent::PublicKey(hint));
    let bundle = Bundle::new(MediaType::Bundle0_3, material, content);
    serde_json::to_vec(&bundle).map_err(|error| encoding(&error))
}

fn encoding(error: &serde_json::Error) -> SignError {
    SignError::Encoding { reason: error.to_string() }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::sample;

    #[test]
    fn a_blob_bundle_has_the_shape_of_v0_3() {
        let json: Value = serde_json::from_slice(&bundle_blob(&sample::key(), sample::FILE_SHA256).unwrap()).unwrap();
        assert_eq!(json["mediaType"], BUNDLE_MEDIA_TYPE);
        assert_eq!(MediaType::Bundle0_3.as_str(), BUNDLE_MEDIA_TYPE);
        assert_eq!(json["verificationMaterial"]["publicKey"]["hint"], sample::key().public().key_id());
        assert_eq!(json["messageSignature"]["messageDigest"]["algorithm"], "SHA2_256");
        assert!(json.get("dsseEnvelope").is_none());
    }

    #[test]
    fn a_statement_bundle_has_one_signature_over_an_in_toto_payload() {
        let bytes = bundle_statement(&sample::key(), &sample::statement()).unwrap();
        let json: Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(json["dsseEnvelope"]["payloadType"], PAYLOAD_TYPE);
        assert_eq!(json["dsseEnvelope"]["signatures"].as_array().map(Vec::len), Some(1));
        assert!(Bundle::from_json(std::str::from_utf8(&bytes).unwrap()).is_ok());
    }

    #[test]
    fn the_same_input_gives_the_same_bytes() {
        let sign = || bundle_statement(&sample::key(), &sample::statement()).unwrap();
        assert_eq!(sign(), sign());
    }

    #[test]
    fn a_bare_envelope_is_the_one_of_the_bundle() {
        let envelope = sign_statement(&sample::key(), &sample::statement()).unwrap();
        let bundle = bundle_statement(&sample::key(), &sample::statement()).unwrap();
        let bundle: Value = serde_json::from_slice(&bundle).unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&envelope).unwrap(), bundle["dsseEnvelope"]);
    }

    #[test]
    fn a_broken_statement_is_not_signed() {
        let mut statement = sample::statement();
        statement.subjects.clear();
        assert_eq!(bundle_statement(&sample::key(), &statement), Err(SignError::Statement(StatementError::NoSubject)));
    }
}
