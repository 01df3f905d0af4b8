//! Recorded bundles, and what is wrong with them one at a time.

use serde_json::{Value, json};
use sigstore_types::SignatureBytes;

use crate::{bundle, entry, flip, remove};

pub(crate) type Change = fn(&mut Value);

/// One change to a bundle of each kind, and a word of the reason.
pub(crate) const CHANGES: [(&str, &str, Change, &str); 35] = [
    (
        "a certificate without a time",
        "blob-v2",
        |b| b["verificationMaterial"]["timestampVerificationData"] = json!({}),
        "time",
    ),
    (
        "a timestamp of something else",
        "blob-v2",
        |b| {
            b["verificationMaterial"]["timestampVerificationData"] =
                bundle("provenance-v2")["verificationMaterial"]["timestampVerificationData"].clone();
        },
        "time",
    ),
    (
        "a tampered timestamp",
        "blob-v2",
        |b| {
            flip(
                &mut b["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"][0]["signedTimestamp"],
                130,
            );
        },
        "time",
    ),
    (
        "a tampered signature of a timestamp",
        "blob-v2",
        |b| {
            let stamps = &mut b["verificationMaterial"]["timestampVerificationData"]["rfc3161Timestamps"];
            let length =
                SignatureBytes::from_base64(stamps[0]["signedTimestamp"].as_str().unwrap()).unwrap().into_bytes().len();
            flip(&mut stamps[0]["signedTimestamp"], length - 5);
        },
        "time",
    ),
    (
        "no log entry",
        "blob-v1",
        |b| b["verificationMaterial"]["tlogEntries"] = json!([]),
        "must have an inclusion proof",
    ),
    (
        "a tampered SET",
        "blob-v1",
        |b| flip(&mut entry(b)["inclusionPromise"]["signedEntryTimestamp"], 20),
        "inclusion promise",
    ),
    ("another integrated time", "blob-v1", |b| entry(b)["integratedTime"] = json!("1700000000"), "inclusion promise"),
    ("a tampered body", "blob-v1", |b| flip(&mut entry(b)["canonicalizedBody"], 40), "inclusion promise"),
    (
        "the body of another entry",
        "blob-v1",
        |b| {
            entry(b)["canonicalizedBody"] = entry(&mut bundle("blob-v1-tsa"))["canonicalizedBody"].clone();
        },
        "inclusion promise",
    ),
    (
        "the entry of another bundle",
        "blob-v1",
        |b| *entry(b) = entry(&mut bundle("blob-v1-tsa")).clone(),
        "does not match the bundle",
    ),
    ("another log", "blob-v1", |b| flip(&mut entry(b)["logId"]["keyId"], 3), "No log key"),
    ("no inclusion proof", "blob-v1", |b| remove(entry(b), "inclusionProof"), "proof"),
    ("no inclusion proof (v2)", "blob-v2", |b| remove(entry(b), "inclusionProof"), "proof"),
    ("a tampered root hash", "blob-v1", |b| flip(&mut entry(b)["inclusionProof"]["rootHash"], 3), "root hash"),
    (
        "a tampered proof",
        "blob-v1",
        |b| {
            entry(b)["inclusionProof"]["hashes"] = json!([SignatureBytes::new(vec![7; 32])]);
        },
        "proof",
    ),
    (
        "another place in the log",
        "blob-v1",
        |b| {
            entry(b)["inclusionProof"]["logIndex"] = json!("7");
            entry(b)["inclusionProof"]["treeSize"] = json!("9");
        },
        "inclusion proof",
    ),
    ("no checkpoint", "blob-v1", |b| remove(&mut entry(b)["inclusionProof"], "checkpoint"), "checkpoint"),
    (
        "a tampered checkpoint",
        "blob-v1",
        |b| {
            let envelope =
                entry(b)["inclusionProof"]["checkpoint"]["envelope"].as_str().unwrap().replacen("\n", "0\n", 2);
            entry(b)["inclusionProof"]["checkpoint"]["envelope"] = json!(envelope);
        },
        "checkpoint",
    ),
    (
        "a tampered checkpoint (v2)",
        "blob-v2",
        |b| {
            let envelope = entry(b)["inclusionProof"]["checkpoint"]["envelope"]
                .as_str()
                .unwrap()
                .replace("127.0.0.1", "127.0.0.2");
            entry(b)["inclusionProof"]["checkpoint"]["envelope"] = json!(envelope);
        },
        "checkpoint",
    ),
    (
        "a tampered signature",
        "blob-v1",
        |b| flip(&mut b["messageSignature"]["signature"], 20),
        "the signature does not verify",
    ),
    (
        "another message digest",
        "blob-v1",
        |b| flip(&mut b["messageSignature"]["messageDigest"]["digest"], 3),
        "is about a file with the digest",
    ),
    (
        "a weaker message digest",
        "blob-v1",
        |b| b["messageSignature"]["messageDigest"]["algorithm"] = json!("SHA1"),
        "SHA1",
    ),
    (
        "another certificate",
        "blob-v1",
        |b| {
            b["verificationMaterial"]["certificate"] = bundle("blob-v2")["verificationMaterial"]["certificate"].clone();
        },
        "the signature does not verify",
    ),
    (
        "a tampered certificate",
        "blob-v1",
        |b| flip(&mut b["verificationMaterial"]["certificate"]["rawBytes"], 200),
        "the certificate is refused",
    ),
    (
        "a tampered payload",
        "provenance-v1",
        |b| {
            // A letter of the source, deep inside.
            let payload = SignatureBytes::from_base64(b["dsseEnvelope"]["payload"].as_str().unwrap()).unwrap();
            let text = String::from_utf8(payload.into_bytes()).unwrap().replace("acme", "acmf");
            b["dsseEnvelope"]["payload"] = json!(SignatureBytes::new(text.into_bytes()));
        },
        "signature",
    ),
    (
        "another payload type",
        "provenance-v1",
        |b| b["dsseEnvelope"]["payloadType"] = json!("text/plain"),
        "payload type",
    ),
    ("no signature", "provenance-v1", |b| b["dsseEnvelope"]["signatures"] = json!([]), "0 signatures"),
    (
        "a repeated signature",
        "provenance-v1",
        |b| {
            let one = b["dsseEnvelope"]["signatures"][0].clone();
            b["dsseEnvelope"]["signatures"].as_array_mut().unwrap().push(one);
        },
        "2 signatures",
    ),
    (
        "an extra signature",
        "provenance-v2",
        |b| {
            b["dsseEnvelope"]["signatures"].as_array_mut().unwrap().insert(0, json!({"sig": "AAAA", "keyid": "x"}));
        },
        "2 signatures",
    ),
    (
        "a blob and a statement",
        "blob-v1",
        |b| b["dsseEnvelope"] = bundle("provenance-v1")["dsseEnvelope"].clone(),
        "both",
    ),
    (
        "the envelope of another bundle",
        "blob-v1",
        |b| {
            remove(b, "messageSignature");
            b["dsseEnvelope"] = bundle("provenance-v1")["dsseEnvelope"].clone();
        },
        "the signature does not verify",
    ),
    (
        "a key beside the certificate",
        "blob-v1",
        |b| b["verificationMaterial"]["publicKey"] = json!({"hint": ""}),
        "expected one",
    ),
    (
        "a later version",
        "blob-v1",
        |b| b["mediaType"] = json!("application/vnd.dev.sigstore.bundle.v0.4+json"),
        "media type",
    ),
    ("no version", "blob-v1", |b| remove(b, "mediaType"), "media type"),
    ("a field that nobody knows", "blob-v1", |b| b["extra"] = json!(1), "does not know"),
];
