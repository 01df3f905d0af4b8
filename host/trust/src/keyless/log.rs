//! Entries in a transparency log: what is sent, and what comes back.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use sigstore_types::{DsseEnvelope, KindVersion, TransparencyLogEntry};
use sigstore_verify::rekor::LogEntry;

use super::{LogVersion, ServiceError};
use crate::strict_json;

/// Largest answer of a log, in bytes. Proofs are some KiB; the body holds digests and the certificate.
const ANSWER_BYTES_MAX: usize = 1 << 20;

/// A log, as far as it is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Log(pub LogVersion);

/// What is sent to a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRequest {
    /// Below the log's address.
    pub path: &'static str,
    /// JSON.
    pub body: Vec<u8>,
    kind: KindVersion,
}

/// Base64 of a certificate's PEM, with line feeds: what a log of version 1 keeps.
fn pem(certificate: &[u8]) -> String {
    let text = STANDARD.encode(certificate);
    let lines: Vec<_> = text.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
    STANDARD.encode(format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n")))
}

/// A certificate as a log of version 2 takes it. Keys of sessions are of P-256.
fn verifier(certificate: &[u8]) -> Value {
    let raw = json!({ "rawBytes": STANDARD.encode(certificate) });
    json!({ "keyDetails": "PKIX_ECDSA_P256_SHA_256", "x509Certificate": raw })
}

impl Log {
    /// An entry for a signature over a file.
    pub(super) fn file(self, sha256: [u8; 32], signature: &[u8], certificate: &[u8]) -> LogRequest {
        match self.0 {
            LogVersion::V1 => {
                let spec = json!({
                    "data": { "hash": { "algorithm": "sha256", "value": hex::encode(sha256) } },
                    "signature": { "content": STANDARD.encode(signature), "publicKey": { "content": pem(certificate) } },
                });
                first("hashedrekord", &spec, KindVersion::HashedRekordV001)
            }
            LogVersion::V2 => second(sha256, signature, certificate),
        }
    }

    /// An entry for an envelope. A log of version 2 keeps the digest of what was signed, as for a file: such logs are about to
    /// take no envelopes any more.
    pub(super) fn envelope(self, envelope: &DsseEnvelope, certificate: &[u8]) -> Result<LogRequest, ServiceError> {
        match self.0 {
            LogVersion::V1 => {
                let text = serde_json::to_string(envelope).map_err(ServiceError::answer)?;
                let spec = json!({ "proposedContent": { "envelope": text, "verifiers": [pem(certificate)] } });
                Ok(first("dsse", &spec, KindVersion::DsseV001))
            }
            LogVersion::V2 => {
                Ok(second(Sha256::digest(envelope.pae()).into(), envelope.signature.sig.as_bytes(), certificate))
            }
        }
    }

    /// Reads what the log answered.
    pub(super) fn read(self, request: &LogRequest, answer: &[u8]) -> Result<TransparencyLogEntry, ServiceError> {
        let value = strict_json::parse(answer, ANSWER_BYTES_MAX).map_err(ServiceError::answer)?;
        match self.0 {
            LogVersion::V1 => {
                let entries: HashMap<String, LogEntry> = serde_json::from_value(value).map_err(ServiceError::answer)?;
                let count = entries.len();
                let mut entries = entries.into_values();
                let (Some(entry), None) = (entries.next(), entries.next()) else {
                    return Err(ServiceError::answer(format!("it holds {count} entries, expected one")));
                };
                entry.to_bundle_entry(request.kind).map_err(ServiceError::answer)
            }
            LogVersion::V2 => serde_json::from_value(value).map_err(ServiceError::answer),
        }
    }
}

impl LogRequest {
    /// Where the entry is, when the log answered (409) that it has it already: an answer to an earlier try was lost.
    #[must_use]
    pub fn known_at(&self, answer: &[u8]) -> Option<String> {
        let text = std::str::from_utf8(answer).ok()?;
        let mut words = text.split(|c: char| !c.is_ascii_hexdigit());
        let id = words.find(|word| word.len() == 64 || word.len() == 80)?;
        Some(format!("{}/{id}", self.path))
    }
}

fn first(kind: &str, spec: &Value, typed: KindVersion) -> LogRequest {
    let body = json!({ "apiVersion": "0.0.1", "kind": kind, "spec": spec });
    LogRequest { path: "/api/v1/log/entries", body: body.to_string().into_bytes(), kind: typed }
}

fn second(sha256: [u8; 32], signature: &[u8], certificate: &[u8]) -> LogRequest {
    let signature = json!({ "content": STANDARD.encode(signature), "verifier": verifier(certificate) });
    let body = json!({ "hashedRekordRequestV002": { "digest": STANDARD.encode(sha256), "signature": signature } });
    LogRequest { path: "/api/v2/log/entries", body: body.to_string().into_bytes(), kind: KindVersion::HashedRekordV002 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_that_is_there_already_is_found() {
        let request = Log(LogVersion::V1).file([7; 32], b"s", b"c");
        let id = "24296fb24b8ad77a".repeat(5);
        let answer = format!("{{\"code\":409,\"message\":\"an equivalent entry already exists with UUID {id}\"}}");
        assert_eq!(request.known_at(answer.as_bytes()), Some(format!("/api/v1/log/entries/{id}")));
        assert_eq!(request.known_at(b"{\"code\":409}"), None);
    }

    #[test]
    fn an_answer_with_no_entry_or_two_is_none() {
        let log = Log(LogVersion::V1);
        let request = log.file([7; 32], b"s", b"c");
        for answer in ["{}", "[]", "<html>", ""] {
            assert!(matches!(log.read(&request, answer.as_bytes()), Err(ServiceError::Answer { .. })), "{answer}");
        }
    }
}
