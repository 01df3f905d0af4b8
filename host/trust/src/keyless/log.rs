//! Entries in a transparency log: what is sent, and what comes back.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use sigstore_types::{DsseEnvelope, KindVersion, TransparencyLogEntry};
use sigstore_verify::rekor::LogEntry;

use super::verifier::Verifier;
use super::{LogVersion, ServiceError};
use crate::key::PublicKey;
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
    version: LogVersion,
    kind: KindVersion,
}

impl Log {
    /// Whether logs take what a key signs. They keep digests, and so signatures that are over one; an Ed25519 key signs the bytes.
    #[must_use]
    pub fn takes(key: &PublicKey) -> bool {
        !key.algorithm().needs_bytes()
    }

    /// An entry for a signature over a file.
    pub(super) fn file(self, sha256: [u8; 32], signature: &[u8], verifier: &Verifier) -> LogRequest {
        match self.0 {
            LogVersion::V1 => {
                let spec = json!({
                    "data": { "hash": { "algorithm": "sha256", "value": hex::encode(sha256) } },
                    "signature": { "content": STANDARD.encode(signature), "publicKey": { "content": verifier.pem() } },
                });
                first("hashedrekord", &spec, KindVersion::HashedRekordV001)
            }
            LogVersion::V2 => second(sha256, signature, verifier),
        }
    }

    /// An entry for an envelope. A log of version 2 keeps the digest of what was signed, as for a file: such logs are about to
    /// take no envelopes any more.
    pub(super) fn envelope(self, envelope: &DsseEnvelope, verifier: &Verifier) -> Result<LogRequest, ServiceError> {
        match self.0 {
            LogVersion::V1 => {
                let text = serde_json::to_string(envelope).map_err(ServiceError::answer)?;
                let spec = json!({ "proposedContent": { "envelope": text, "verifiers": [verifier.pem()] } });
                Ok(first("dsse", &spec, KindVersion::DsseV001))
            }
            LogVersion::V2 => {
                Ok(second(Sha256::digest(envelope.pae()).into(), envelope.signature.sig.as_bytes(), verifier))
            }
        }
    }
}

impl LogRequest {
    /// Which log it is for.
    pub(super) fn log(&self) -> Log {
        Log(self.version)
    }

    /// Reads what the log answered.
    pub(super) fn read(&self, answer: &[u8]) -> Result<TransparencyLogEntry, ServiceError> {
        let value = strict_json::parse(answer, ANSWER_BYTES_MAX).map_err(ServiceError::answer)?;
        match self.version {
            LogVersion::V1 => {
                let entries: HashMap<String, LogEntry> = serde_json::from_value(value).map_err(ServiceError::answer)?;
                let count = entries.len();
                let mut entries = entries.into_values();
                let (Some(entry), None) = (entries.next(), entries.next()) else {
                    return Err(ServiceError::answer(format!("it holds {count} entries, expected one")));
                };
                entry.to_bundle_entry(self.kind).map_err(ServiceError::answer)
            }
            LogVersion::V2 => serde_json::from_value(value).map_err(ServiceError::answer),
        }
    }

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
    let (path, body) = ("/api/v1/log/entries", body.to_string().into_bytes());
    LogRequest { path, body, version: LogVersion::V1, kind: typed }
}

fn second(sha256: [u8; 32], signature: &[u8], verifier: &Verifier) -> LogRequest {
    let signature = json!({ "content": STANDARD.encode(signature), "verifier": verifier.stated() });
    let body = json!({ "hashedRekordRequestV002": { "digest": STANDARD.encode(sha256), "signature": signature } });
    let (path, body) = ("/api/v2/log/entries", body.to_string().into_bytes());
    LogRequest { path, body, version: LogVersion::V2, kind: KindVersion::HashedRekordV002 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn entry(version: LogVersion) -> LogRequest {
        Log(version).file([7; 32], b"s", &Verifier::Key(sample::key().public().clone()))
    }

    #[test]
    fn an_entry_that_is_there_already_is_found() {
        let request = entry(LogVersion::V1);
        let id = "24296fb24b8ad77a".repeat(5);
        let answer = format!("{{\"code\":409,\"message\":\"an equivalent entry already exists with UUID {id}\"}}");
        assert_eq!(request.known_at(answer.as_bytes()), Some(format!("/api/v1/log/entries/{id}")));
        assert_eq!(request.known_at(b"{\"code\":409}"), None);
    }

    #[test]
    fn an_answer_with_no_entry_or_two_is_none() {
        let request = entry(LogVersion::V1);
        for answer in ["{}", "[]", "<html>", ""] {
            assert!(matches!(request.read(answer.as_bytes()), Err(ServiceError::Answer { .. })), "{answer}");
        }
    }
}
