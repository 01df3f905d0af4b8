//! A session: a key that is made for it, and the certificate that says whose it is.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chiron_model::digest::Digest;
use chiron_model::statement::{PAYLOAD_TYPE, Statement};
use serde::Deserialize;
use serde_json::json;
use sigstore_types::bundle::{
    Bundle, CertificateContent, Rfc3161Timestamp, SignatureContent, TimestampVerificationData, VerificationMaterial,
    VerificationMaterialContent,
};
use sigstore_types::{
    DerCertificate, DigestBytes, HashAlgorithm, MediaType, MessageDigest, MessageSignature, SignatureBytes,
    TimestampToken,
};
use sigstore_verify::crypto::parse_certificate_info;
use zeroize::Zeroizing;

use super::{IdentityToken, Log, LogRequest, ServiceError, timestamp};
use crate::dsse;
use crate::judge::{Artifact, Identity, Signer, TrustRoot, judge};
use crate::key::{Algorithm, Message, PrivateKey, PublicKey, generate};
use crate::statement;
use crate::strict_json;

/// Largest answer of a certificate authority, in bytes. Chains are under 10 KiB.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// A key that is certified for an identity. Both are forgotten with it.
pub struct Session {
    key: PrivateKey,
    certificate: DerCertificate,
}

/// A key that is not certified yet.
pub struct Candidate {
    key: PrivateKey,
}

/// A signature that waits for a time and a log entry.
pub struct Draft {
    content: SignatureContent,
    certificate: DerCertificate,
    /// To the log.
    pub log: LogRequest,
    /// To the timestamp authority, DER.
    pub timestamp: Vec<u8>,
    sha256: Option<[u8; 32]>,
    subjects: Vec<Digest>,
    reader: Log,
}

/// What the services answered.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// The log.
    pub log: &'a [u8],
    /// The timestamp authority, where one was asked.
    pub timestamp: Option<&'a [u8]>,
}

impl Session {
    /// Makes a key, and what a certificate is asked with (Fulcio, `/api/v2/signingCert`). The body holds the token.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn begin(token: &IdentityToken) -> Result<(Candidate, Zeroizing<Vec<u8>>), ServiceError> {
        let made = generate(Algorithm::P256, None).map_err(|_| ServiceError::Signing)?;
        let key = PrivateKey::from_pem(&made.private_pem).map_err(|_| ServiceError::Signing)?;
        let proof = key.sign(&Message::of(token.challenge())).map_err(|_| ServiceError::Signing)?;
        // Written by hand around the token: a value of serde_json would leave copies of it behind.
        let rest = json!({ "publicKey": { "algorithm": "ECDSA", "content": key.public().to_pem() }, "proofOfPossession": STANDARD.encode(proof) });
        let rest = rest.to_string();
        let mut body = Zeroizing::new(Vec::with_capacity(token.text().len() + rest.len() + 128));
        body.extend_from_slice(b"{\"credentials\":{\"oidcIdentityToken\":\"");
        // Base64url and dots: nothing to escape.
        body.extend_from_slice(token.text().as_bytes());
        body.extend_from_slice(b"\"},\"publicKeyRequest\":");
        body.extend_from_slice(rest.as_bytes());
        body.push(b'}');
        Ok((Candidate { key }, body))
    }

    /// The certified key.
    #[must_use]
    pub fn public(&self) -> &PublicKey {
        self.key.public()
    }

    /// Signs a file, by its digest. The duties of [`crate::bundle::bundle_blob`]'s caller hold here too.
    ///
    /// # Errors
    /// When the key cannot sign.
    pub fn file(&self, sha256: [u8; 32], log: Log) -> Result<Draft, ServiceError> {
        let signature = self.key.sign(&sha256.into()).map_err(|_| ServiceError::Signing)?;
        draft_file(sha256, signature, &self.certificate, log)
    }

    /// Signs a statement.
    ///
    /// # Errors
    /// When the statement breaks a rule, or the key cannot sign.
    pub fn statement(&self, statement: &Statement, log: Log) -> Result<Draft, ServiceError> {
        let mut envelope =
            dsse::sign(&self.key, PAYLOAD_TYPE, statement::encode(statement)?).map_err(|_| ServiceError::Signing)?;
        // The certificate names the key.
        envelope.signature.keyid = sigstore_types::KeyId::default();
        draft_statement(statement, envelope, &self.certificate, log)
    }

    /// Puts the bundle together and holds it against the trust root: certificate, identity, log entry, time and signature.
    ///
    /// # Errors
    /// When an answer cannot be read, or all of them together do not prove what was signed.
    pub fn bundle(
        draft: Draft,
        answers: &Signed<'_>,
        by: &Identity,
        root: &TrustRoot,
    ) -> Result<Vec<u8>, ServiceError> {
        finish(draft, answers, &Signer::Identity(by.clone()), root)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CertificateAnswer {
    signed_certificate_embedded_sct: Option<Embedded>,
}

#[derive(Deserialize)]
struct Embedded {
    chain: Chain,
}

#[derive(Deserialize)]
struct Chain {
    certificates: Vec<String>,
}

impl Candidate {
    /// Reads the certificate. It has to be about this key; whether anybody may believe it is seen in [`Session::bundle`].
    ///
    /// # Errors
    /// When there is none, or it is about another key.
    pub fn certified(self, answer: &[u8]) -> Result<Session, ServiceError> {
        let value = strict_json::parse(answer, ANSWER_BYTES_MAX).map_err(ServiceError::answer)?;
        let answer: CertificateAnswer = serde_json::from_value(value).map_err(ServiceError::answer)?;
        let embedded = answer.signed_certificate_embedded_sct;
        let embedded = embedded.ok_or_else(|| ServiceError::answer("it holds no certificate with an embedded SCT"))?;
        let leaf = embedded.chain.certificates.first().ok_or_else(|| ServiceError::answer("the chain is empty"))?;
        let certificate = DerCertificate::from_pem(leaf).map_err(ServiceError::answer)?;
        let facts = parse_certificate_info(&certificate).map_err(ServiceError::answer)?;
        if facts.public_key.as_bytes() != self.key.public().to_der() {
            return Err(ServiceError::OtherKey);
        }
        Ok(Session { key: self.key, certificate })
    }
}

fn draft_file(
    sha256: [u8; 32],
    signature: Vec<u8>,
    certificate: &DerCertificate,
    reader: Log,
) -> Result<Draft, ServiceError> {
    let (log, timestamp) = (reader.file(sha256, &signature, certificate.as_bytes()), timestamp::request(&signature)?);
    let digest = MessageDigest::new(HashAlgorithm::Sha2256, DigestBytes::from(&sha256[..]));
    let signature = MessageSignature::new(SignatureBytes::new(signature)).with_message_digest(digest);
    let content = SignatureContent::MessageSignature(signature);
    let certificate = certificate.clone();
    Ok(Draft { content, certificate, log, timestamp, sha256: Some(sha256), subjects: Vec::new(), reader })
}

fn draft_statement(
    statement: &Statement,
    envelope: sigstore_types::DsseEnvelope,
    certificate: &DerCertificate,
    reader: Log,
) -> Result<Draft, ServiceError> {
    let log = reader.envelope(&envelope, certificate.as_bytes())?;
    let timestamp = timestamp::request(envelope.signature.sig.as_bytes())?;
    // Any subject stands for all: that the others are right is seen where the statement is held against the run.
    let subjects = statement.subjects.first().map(|subject| subject.digests.clone()).unwrap_or_default();
    let content = SignatureContent::DsseEnvelope(envelope);
    let certificate = certificate.clone();
    Ok(Draft { content, certificate, log, timestamp, sha256: None, subjects, reader })
}

fn finish(draft: Draft, answers: &Signed<'_>, by: &Signer, root: &TrustRoot) -> Result<Vec<u8>, ServiceError> {
    let entry = draft.reader.read(&draft.log, answers.log)?;
    let certificate = VerificationMaterialContent::Certificate(CertificateContent::new(draft.certificate));
    let mut material = VerificationMaterial::new(certificate).with_tlog_entries(vec![entry]);
    if let Some(answer) = answers.timestamp {
        timestamp::granted(answer)?;
        let stamp = Rfc3161Timestamp::new(TimestampToken::new(answer.to_vec()));
        material = material.with_timestamp_verification_data(TimestampVerificationData::new(vec![stamp]));
    }
    let bundle = Bundle::new(MediaType::Bundle0_3, material, draft.content);
    let bytes = serde_json::to_vec(&bundle).map_err(ServiceError::answer)?;
    let known: Vec<_> = draft.sha256.map(Digest::from_sha256).into_iter().chain(draft.subjects).collect();
    let judged = judge(&bytes, &Known(known), by, Some(root));
    let signed = judged.map_err(|error| ServiceError::Unproven(error.to_string()))?;
    if !signed.logged || signed.times.is_empty() {
        return Err(ServiceError::Unproven("there is no log entry or no time of signing that was verified".to_owned()));
    }
    Ok(bytes)
}

/// A file of which digests are known.
pub(crate) struct Known(pub(crate) Vec<Digest>);

impl Artifact for Known {
    fn digest(&self, algorithm: &str) -> Result<Digest, String> {
        let known: BTreeMap<&str, &Digest> = self.0.iter().map(|digest| (digest.algorithm(), digest)).collect();
        known.get(algorithm).map(|digest| (*digest).clone()).ok_or_else(|| format!("its {algorithm} is not known"))
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("only its digests are known".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn token() -> IdentityToken {
        let part = |text: &str| base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(text);
        let text = format!("{}.{}.c2ln", part("{}"), part(r#"{"iss":"i","sub":"who","exp":1}"#));
        IdentityToken::parse(Zeroizing::new(text)).unwrap()
    }

    #[test]
    fn a_certificate_is_asked_for_with_a_proof_of_the_key() {
        let (candidate, body) = Session::begin(&token()).unwrap();
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["credentials"]["oidcIdentityToken"], token().text());
        let asked = &body["publicKeyRequest"];
        let key = PublicKey::from_pem(asked["publicKey"]["content"].as_str().unwrap()).unwrap();
        assert_eq!(&key, candidate.key.public());
        let proof = STANDARD.decode(asked["proofOfPossession"].as_str().unwrap()).unwrap();
        assert!(key.verifies(&Message::of(b"who"), &proof));
        let (other, _) = Session::begin(&token()).unwrap();
        assert_ne!(other.key.public(), &key, "each session has a key of its own");
    }

    #[test]
    fn an_answer_without_a_certificate_is_none() {
        let detached = r#"{"signedCertificateDetachedSct":{"chain":{"certificates":[]}}}"#;
        let empty = r#"{"signedCertificateEmbeddedSct":{"chain":{"certificates":[]}}}"#;
        let text = r#"{"signedCertificateEmbeddedSct":{"chain":{"certificates":["hello"]}}}"#;
        for answer in ["", "{}", "[]", detached, empty, text] {
            let (candidate, _) = Session::begin(&token()).unwrap();
            let refused = candidate.certified(answer.as_bytes());
            assert!(matches!(refused, Err(ServiceError::Answer { .. })), "{answer}");
        }
    }
}
