//! A session: a key that is made for it, and the certificate that says whose it is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chiron_model::statement::Statement;
use serde::Deserialize;
use serde_json::json;
use sigstore_types::DerCertificate;
use sigstore_verify::crypto::parse_certificate_info;
use zeroize::Zeroizing;

use super::verifier::Verifier;
use super::{Draft, IdentityToken, Log, ServiceError};
use crate::key::{Algorithm, Message, PrivateKey, PublicKey, generate};
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
    pub fn file(&self, sha256: [u8; 32], log: Log) -> Result<Draft<'static>, ServiceError> {
        Draft::of_file(&self.key, Verifier::Certificate(self.certificate.clone()), sha256.into(), Some(log))
    }

    /// Signs a statement.
    ///
    /// # Errors
    /// When the statement breaks a rule, or the key cannot sign.
    pub fn statement(&self, statement: &Statement, log: Log) -> Result<Draft<'static>, ServiceError> {
        Draft::of_statement(&self.key, Verifier::Certificate(self.certificate.clone()), statement, Some(log))
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
    /// Reads the certificate. It has to be about this key; whether anybody may believe it is seen in [`Draft::bundle`].
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
