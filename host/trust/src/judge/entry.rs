//! Log entries of the kind `dsse` 0.0.2 (Rekor v2), which `sigstore-verify` does not know. Everything else of a bundle that
//! has one is verified by it; these entries are taken out before, and held here to what it holds others to: a proof that
//! leads to a checkpoint which the log signed, and a body that speaks of this envelope, this signature and this signer.

use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use sigstore_types::{DsseEnvelope, SignatureBytes, TransparencyLogEntry};
use sigstore_verify::crypto::Keyring;

use super::JudgeError;
use crate::strict_json;

/// Largest body of an entry, in bytes. It holds digests, a signature and a certificate.
const BODY_BYTES_MAX: usize = 64 * 1024;

/// A bundle, and the entries that were taken out of it.
pub(super) struct Split {
    /// The bundle without them.
    pub(super) rest: String,
    pub(super) entries: Vec<TransparencyLogEntry>,
}

/// Who has to stand in an entry as the signer, DER.
pub(super) enum Verifier<'a> {
    Certificate(&'a [u8]),
    Key(&'a [u8]),
}

/// Takes entries of the kind out of a bundle.
pub(super) fn split(json: &str) -> Result<Split, JudgeError> {
    let mut bundle: Value = serde_json::from_str(json).map_err(|error| JudgeError::malformed(&error.to_string()))?;
    let mut entries = Vec::new();
    if let Some(Value::Array(all)) = bundle.pointer_mut("/verificationMaterial/tlogEntries") {
        let (own, others) = std::mem::take(all).into_iter().partition(is_ours);
        *all = others;
        entries = own;
    }
    if entries.is_empty() {
        return Ok(Split { rest: json.to_owned(), entries: Vec::new() });
    }
    Ok(Split { rest: bundle.to_string(), entries: entries.into_iter().map(typed).collect::<Result<_, _>>()? })
}

fn is_ours(entry: &Value) -> bool {
    let word = |key: &str| entry.pointer(key).and_then(Value::as_str);
    word("/kindVersion/kind") == Some("dsse") && word("/kindVersion/version") == Some("0.0.2")
}

/// The library has no name for the kind: it is read as the other one of the same log, from which only the body differs.
fn typed(mut entry: Value) -> Result<TransparencyLogEntry, JudgeError> {
    if let Some(kind) = entry.get_mut("kindVersion") {
        *kind = json!({ "kind": "hashedrekord", "version": "0.0.2" });
    }
    serde_json::from_value(entry).map_err(|error| JudgeError::malformed(&format!("`tlogEntries`: {error}")))
}

/// Holds one entry against the logs of the trust root, and against what the bundle signs.
pub(super) fn verify(
    entry: &TransparencyLogEntry,
    envelope: &DsseEnvelope,
    signer: &Verifier<'_>,
    logs: &Keyring,
) -> Result<(), JudgeError> {
    if entry.inclusion_promise.is_some() {
        return Err(log("an entry of a log of version 2 has an inclusion promise, which such a log does not give"));
    }
    included(entry, logs)?;
    speaks_of(entry.canonicalized_body.as_bytes(), envelope, signer)
}

/// That the log has the entry. Index, size and root are those of the entry and the signed checkpoint; the proof repeats them,
/// and nobody signs that.
fn included(entry: &TransparencyLogEntry, logs: &Keyring) -> Result<(), JudgeError> {
    let proof = entry.inclusion_proof.as_ref().ok_or_else(|| log("there is no inclusion proof"))?;
    let checkpoint = proof.checkpoint.checkpoint().ok_or_else(|| log("the inclusion proof has no checkpoint"))?;
    let leaf = sigstore_merkle::hash_leaf(entry.canonicalized_body.as_bytes());
    let (index, size) = (entry.log_index.get(), checkpoint.tree_size());
    sigstore_merkle::verify_inclusion_proof(&leaf, index, size, &proof.hashes, checkpoint.root_hash())
        .map_err(|error| log(&format!("inclusion proof: {error}")))?;
    let now = jiff::Timestamp::now();
    let signed = |signature: &sigstore_types::CheckpointSignature| {
        logs.keys_by_hint(&signature.key_id, now)
            .any(|key| key.verify(checkpoint.signed_data(), &signature.signature).is_ok())
    };
    if checkpoint.signatures().iter().any(signed) {
        return Ok(());
    }
    Err(log("checkpoint: no log of the trust root signed it"))
}

/// The body, as `rekor/v2` writes it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    api_version: String,
    kind: String,
    spec: Spec,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Spec {
    #[serde(rename = "dsseV002")]
    dsse: Dsse,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Dsse {
    payload_hash: Hash,
    signatures: Vec<Signature>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hash {
    algorithm: String,
    digest: SignatureBytes,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Signature {
    content: SignatureBytes,
    verifier: Stated,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Stated {
    #[serde(default)]
    x509_certificate: Option<Raw>,
    #[serde(default)]
    public_key: Option<Raw>,
    #[allow(dead_code, reason = "follows from the key, which is compared whole")]
    key_details: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Raw {
    raw_bytes: SignatureBytes,
}

/// That the entry is about this envelope: its payload, its one signature, and whose that is. The payload's type is under the
/// signature.
fn speaks_of(body: &[u8], envelope: &DsseEnvelope, signer: &Verifier<'_>) -> Result<(), JudgeError> {
    let unreadable = |reason: String| log(&format!("the entry's body cannot be read: {reason}"));
    let value = strict_json::parse(body, BODY_BYTES_MAX).map_err(|error| unreadable(error.to_string()))?;
    let body: Body = serde_json::from_value(value).map_err(|error| unreadable(error.to_string()))?;
    if (body.kind.as_str(), body.api_version.as_str()) != ("dsse", "0.0.2") {
        return Err(log("the entry's body is of another kind than the entry"));
    }
    let Dsse { payload_hash, signatures } = body.spec.dsse;
    if payload_hash.algorithm != "SHA2_256" {
        return Err(log("the entry's payload hash is of another algorithm than SHA2_256"));
    }
    if payload_hash.digest.as_bytes() != &Sha256::digest(envelope.payload.as_bytes())[..] {
        return Err(log("the entry is about another payload"));
    }
    let [signature] = &signatures[..] else {
        return Err(log(&format!("the entry has {} signatures, and the envelope one", signatures.len())));
    };
    if signature.content.as_bytes() != envelope.signature.sig.as_bytes() {
        return Err(log("the entry is about another signature"));
    }
    let same = match (signer, &signature.verifier.x509_certificate, &signature.verifier.public_key) {
        (Verifier::Certificate(der), Some(raw), None) | (Verifier::Key(der), None, Some(raw)) => {
            raw.raw_bytes.as_bytes() == *der
        }
        (Verifier::Certificate(_) | Verifier::Key(_), _, _) => false,
    };
    if same { Ok(()) } else { Err(log("the entry is about another signer")) }
}

fn log(reason: &str) -> JudgeError {
    JudgeError::Log { reason: chiron_model::text::cut(&chiron_model::text::one_line(reason), 400).into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CERTIFICATE: &[u8] = b"a certificate";

    fn envelope() -> DsseEnvelope {
        let json = json!({
            "payloadType": "application/vnd.in-toto+json",
            "payload": SignatureBytes::new(b"a payload".to_vec()),
            "signatures": [{ "sig": SignatureBytes::new(b"a signature".to_vec()) }],
        });
        serde_json::from_value(json).unwrap()
    }

    fn body() -> Value {
        let hash = Sha256::digest(b"a payload").to_vec();
        let verifier = json!({
            "keyDetails": "PKIX_ECDSA_P256_SHA_256",
            "x509Certificate": { "rawBytes": SignatureBytes::new(CERTIFICATE.to_vec()) },
        });
        json!({
            "apiVersion": "0.0.2",
            "kind": "dsse",
            "spec": { "dsseV002": {
                "payloadHash": { "algorithm": "SHA2_256", "digest": SignatureBytes::new(hash) },
                "signatures": [{ "content": SignatureBytes::new(b"a signature".to_vec()), "verifier": verifier }],
            } },
        })
    }

    fn told(body: &Value, signer: &Verifier<'_>) -> Result<(), String> {
        speaks_of(body.to_string().as_bytes(), &envelope(), signer).map_err(|error| error.to_string())
    }

    #[test]
    fn an_entry_speaks_of_one_envelope_by_one_signer() {
        let by = Verifier::Certificate(CERTIFICATE);
        assert_eq!(told(&body(), &by), Ok(()));
        let other = json!(SignatureBytes::new(vec![7; 32]));
        let dsse = "/spec/dsseV002";
        for (pointer, value, reason) in [
            ("/kind", json!("hashedrekord"), "another kind"),
            ("/apiVersion", json!("0.0.1"), "another kind"),
            (&format!("{dsse}/payloadHash/digest"), other.clone(), "another payload"),
            (&format!("{dsse}/payloadHash/algorithm"), json!("SHA2_512"), "another algorithm"),
            (&format!("{dsse}/signatures/0/content"), other.clone(), "another signature"),
            (&format!("{dsse}/signatures/0/verifier/x509Certificate/rawBytes"), other, "another signer"),
            (&format!("{dsse}/signatures"), json!([]), "0 signatures"),
            (&format!("{dsse}/signatures/0/verifier/more"), json!(1), "cannot be read"),
        ] {
            let mut body = body();
            match body.pointer_mut(pointer) {
                Some(place) => *place = value,
                None => body[dsse.trim_start_matches('/').split('/').next().unwrap()]["more"] = value,
            }
            let refused = told(&body, &by).unwrap_err();
            assert!(refused.contains(reason), "{pointer}: {refused}");
        }
        let mut two = body();
        let one = two["spec"]["dsseV002"]["signatures"][0].clone();
        two["spec"]["dsseV002"]["signatures"].as_array_mut().unwrap().push(one);
        assert!(told(&two, &by).unwrap_err().contains("2 signatures"));
        // A key that stands where a certificate should is none.
        assert!(told(&body(), &Verifier::Key(CERTIFICATE)).unwrap_err().contains("another signer"));
    }
}
