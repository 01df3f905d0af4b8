//! Who signed, as a log keeps it and a bundle names it: a certificate, or a key of the signer's own.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sigstore_types::bundle::{CertificateContent, VerificationMaterialContent};
use sigstore_types::{DerCertificate, PublicKeyIdentifier};

use crate::key::{Algorithm, PublicKey};

/// Whose signature it is.
#[derive(Clone, Debug)]
pub(super) enum Verifier {
    /// The holder of a certified key. Keys of sessions are of P-256.
    Certificate(DerCertificate),
    /// The holder of a key that whoever verifies has to bring.
    Key(PublicKey),
}

impl Verifier {
    /// Base64 of its PEM, with line feeds: what a log of version 1 keeps.
    pub(super) fn pem(&self) -> String {
        match self {
            Self::Certificate(certificate) => {
                let text = STANDARD.encode(certificate.as_bytes());
                let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
                let (begin, end) = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----");
                STANDARD.encode(format!("{begin}\n{}\n{end}\n", lines.join("\n")))
            }
            Self::Key(key) => STANDARD.encode(key.to_pem()),
        }
    }

    /// As a log of version 2 takes it (sigstore/rekor-tiles, `verifier.proto`; sigstore/protobuf-specs, `PublicKeyDetails`).
    pub(super) fn stated(&self) -> Value {
        match self {
            Self::Certificate(certificate) => {
                let raw = json!({ "rawBytes": STANDARD.encode(certificate.as_bytes()) });
                json!({ "keyDetails": details(Algorithm::P256), "x509Certificate": raw })
            }
            Self::Key(key) => {
                let raw = json!({ "rawBytes": STANDARD.encode(key.to_der()) });
                json!({ "keyDetails": details(key.algorithm()), "publicKey": raw })
            }
        }
    }

    /// As a bundle names it.
    pub(super) fn material(self) -> VerificationMaterialContent {
        match self {
            Self::Certificate(certificate) => {
                VerificationMaterialContent::Certificate(CertificateContent::new(certificate))
            }
            Self::Key(key) => VerificationMaterialContent::PublicKey(PublicKeyIdentifier::new(key.key_id())),
        }
    }
}

fn details(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::P256 => "PKIX_ECDSA_P256_SHA_256",
        Algorithm::Ed25519 => "PKIX_ED25519",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_key_is_kept_as_pem_by_one_log_and_as_der_by_the_other() {
        let key = sample::key();
        let verifier = Verifier::Key(key.public().clone());
        assert_eq!(STANDARD.decode(verifier.pem()).unwrap(), key.public().to_pem().as_bytes());
        let stated = verifier.stated();
        assert_eq!(stated["keyDetails"], "PKIX_ECDSA_P256_SHA_256");
        let raw = STANDARD.decode(stated["publicKey"]["rawBytes"].as_str().unwrap()).unwrap();
        assert_eq!(raw, key.public().to_der());
        assert!(stated.get("x509Certificate").is_none());
    }
}
