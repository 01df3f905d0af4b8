//! Attestations of PEP 740: what Python package indexes take beside a file, and serve.
//!
//! The format is a Sigstore bundle with other names for its fields and fewer of them: a certificate, entries of the Rekor v1 log
//! with the log's promise (there is no place for a timestamp), and an envelope with one signature over one in-toto statement. The
//! statement has one subject, whose name is that of the file, and one of two predicate types. `pypi-attestations` holds the same.
//!
//! What is read becomes a bundle, and is then judged as one ([`crate::judge`]); [`holds_for`] is what the format asks beyond that.

mod distribution;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chiron_model::statement::{PAYLOAD_TYPE, STATEMENT_TYPE};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::bundle::BUNDLE_MEDIA_TYPE;
use crate::judge::{JudgeError, claimed};
use crate::statement::StatementError;
use crate::statement::foreign::{self, ForeignStatement};
use crate::strict_json::{self, JsonError};
use crate::verify::BUNDLE_BYTES_MAX;

pub use distribution::{Distribution, DistributionError};

/// Said by whoever publishes a file.
pub const PUBLISH: &str = "https://docs.pypi.org/attestations/publish/v1";

/// SLSA provenance, the other type that indexes take.
pub const SLSA: &str = "https://slsa.dev/provenance/v1";

/// The most attestations of one file. Indexes have one for each predicate type and publisher.
const ATTESTATIONS_MAX: usize = 64;

/// Why something is no attestation, or not about a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Pep740Error {
    /// Too large, too deep, ambiguous or no JSON at all.
    #[error("it cannot be read: {0}")]
    Json(#[from] JsonError),
    /// It does not have the shape of the format.
    #[error("it is no PEP 740 attestation: {reason}")]
    Shape {
        /// The field, and what is wrong with it.
        reason: String,
    },
    /// It is no bundle.
    #[error(transparent)]
    Bundle(#[from] JudgeError),
    /// The bundle has something that the format has no place for, or lacks what it needs.
    #[error("the bundle cannot be a PEP 740 attestation: {reason}")]
    Inexpressible {
        /// What.
        reason: String,
    },
    /// Its payload is no statement.
    #[error("its payload is no statement: {0}")]
    Statement(#[from] StatementError),
    /// It has to be about one file.
    #[error("it is about {found} files, and PEP 740 takes one")]
    Subjects {
        /// How many.
        found: usize,
    },
    /// Neither publish v1 nor SLSA v1.
    #[error("its predicate type is `{found}`, and PEP 740 takes publish v1 and SLSA provenance v1")]
    PredicateType {
        /// As it stands there.
        found: String,
    },
    /// A name that no wheel and no source distribution has.
    #[error(transparent)]
    Distribution(#[from] DistributionError),
    /// The subject is another distribution.
    #[error("it is about `{found}`, and not about `{expected}`")]
    Name {
        /// The subject's name.
        found: String,
        /// The file's.
        expected: String,
    },
    /// The subject has no SHA-256, or another file's.
    #[error("its subject does not have this file's SHA-256")]
    Digest,
}

#[derive(Serialize)]
struct Attestation {
    version: u32,
    verification_material: VerificationMaterial,
    envelope: Envelope,
}

#[derive(Serialize)]
struct VerificationMaterial {
    certificate: String,
    transparency_entries: Vec<Value>,
}

#[derive(Serialize)]
struct Envelope {
    statement: String,
    signature: String,
}

/// The bundles in a text that is an attestation, or what an index serves beside a file (a "provenance object"); None where it is
/// neither. Nothing is verified.
#[must_use]
pub fn bundles(json: &[u8]) -> Option<Result<Vec<Vec<u8>>, Pep740Error>> {
    // A bundle has neither word as a key; what is no JSON at all is said by whoever reads it as a bundle.
    let value = strict_json::parse(json, BUNDLE_BYTES_MAX).ok()?;
    if value.get("verification_material").is_some() || value.get("envelope").is_some() {
        return Some(to_bundle(value).map(|bundle| vec![bundle]));
    }
    value.get("attestation_bundles")?;
    Some(provenance(value))
}

/// What an index serves: attestations by publisher. What it says of publishers is not believed: certificates say it.
fn provenance(value: Value) -> Result<Vec<Vec<u8>>, Pep740Error> {
    let mut fields = object(value, "provenance")?;
    version(&fields)?;
    let mut all = Vec::new();
    for group in list(&mut fields, "attestation_bundles")? {
        let mut group = object(group, "attestation_bundles")?;
        all.extend(list(&mut group, "attestations")?);
    }
    if all.is_empty() {
        return Err(shape("it holds no attestation"));
    }
    if all.len() > ATTESTATIONS_MAX {
        return Err(shape(&format!("it holds {} attestations, at most {ATTESTATIONS_MAX} are read", all.len())));
    }
    all.into_iter().map(to_bundle).collect()
}

fn to_bundle(value: Value) -> Result<Vec<u8>, Pep740Error> {
    let mut fields = object(value, "attestation")?;
    version(&fields)?;
    let mut material = object(fields.remove("verification_material").unwrap_or_default(), "verification_material")?;
    let mut envelope = object(fields.remove("envelope").unwrap_or_default(), "envelope")?;
    let certificate = base64(&mut material, "certificate")?;
    let entries = list(&mut material, "transparency_entries")?;
    if entries.is_empty() {
        return Err(shape("`transparency_entries` is empty"));
    }
    let (statement, signature) = (base64(&mut envelope, "statement")?, base64(&mut envelope, "signature")?);
    let bundle = json!({
        "mediaType": BUNDLE_MEDIA_TYPE,
        "verificationMaterial": { "certificate": { "rawBytes": certificate }, "tlogEntries": entries },
        "dsseEnvelope": { "payload": statement, "payloadType": PAYLOAD_TYPE, "signatures": [{ "sig": signature }] },
    });
    Ok(bundle.to_string().into_bytes())
}

/// Makes an attestation of a bundle about this file. The signature is not verified here ([`crate::judge::judge`] does that); whatever
/// the format and its readers ask of the content is.
///
/// # Errors
/// [`Pep740Error`]: the first thing that is not so.
pub fn from_bundle(json: &[u8], file: &str, sha256: &str) -> Result<Vec<u8>, Pep740Error> {
    claimed(json)?;
    let value = strict_json::parse(json, BUNDLE_BYTES_MAX)?;
    let at = |pointer: &str| value.pointer(pointer).cloned().unwrap_or_default();
    let text = |pointer: &str| at(pointer).as_str().map(str::to_owned);
    let certificate = text("/verificationMaterial/certificate/rawBytes")
        .or_else(|| text("/verificationMaterial/x509CertificateChain/certificates/0/rawBytes"))
        .ok_or_else(|| inexpressible("a key signed it, and the format needs a certificate (sign keyless)"))?;
    let Some(statement) = text("/dsseEnvelope/payload") else {
        return Err(inexpressible("it signs the file, and the format needs a statement about it"));
    };
    let signature = text("/dsseEnvelope/signatures/0/sig").ok_or_else(|| inexpressible("it has no signature"))?;
    let entries = at("/verificationMaterial/tlogEntries").as_array().cloned().unwrap_or_default();
    let [entry] = &entries[..] else {
        return Err(inexpressible(&format!(
            "it has {} log entries, and readers of the format take one",
            entries.len()
        )));
    };
    if entry.pointer("/inclusionPromise/signedEntryTimestamp").and_then(Value::as_str).is_none_or(str::is_empty) {
        let reason =
            "its log entry has no promise that says when (Rekor v1), and the format has no place for a timestamp";
        return Err(inexpressible(reason));
    }
    let payload = STANDARD.decode(&statement).map_err(|error| shape(&error.to_string()))?;
    // Readers of the format know Statement v1 alone.
    let kind = strict_json::parse(&payload, BUNDLE_BYTES_MAX)?.get("_type").and_then(Value::as_str).map(str::to_owned);
    if kind.as_deref() != Some(STATEMENT_TYPE) {
        return Err(inexpressible("its statement is not of the type in-toto Statement v1"));
    }
    let read = foreign::decode(&payload)?;
    holds_for(&read, file)?;
    if read.subjects.first().and_then(|subject| subject.digests.get("sha256")).is_none_or(|hex| hex != sha256) {
        return Err(Pep740Error::Digest);
    }
    let attestation = Attestation {
        version: 1,
        verification_material: VerificationMaterial { certificate, transparency_entries: entries },
        envelope: Envelope { statement, signature },
    };
    let mut bytes = serde_json::to_vec_pretty(&attestation).map_err(|error| shape(&error.to_string()))?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// What the format asks of a statement beside a file: one subject, which is this distribution by its name and has a SHA-256, and
/// one of two predicate types. Gives the word for the type: `publish` or `slsa`.
///
/// # Errors
/// [`Pep740Error`]: the first that does not hold.
pub fn holds_for(statement: &ForeignStatement, file: &str) -> Result<&'static str, Pep740Error> {
    let [subject] = &statement.subjects[..] else {
        return Err(Pep740Error::Subjects { found: statement.subjects.len() });
    };
    if Distribution::parse(&subject.name)? != Distribution::parse(file)? {
        return Err(Pep740Error::Name { found: subject.name.clone(), expected: file.to_owned() });
    }
    if !subject.digests.contains_key("sha256") {
        return Err(Pep740Error::Digest);
    }
    match statement.predicate_type.as_str() {
        PUBLISH => Ok("publish"),
        SLSA => Ok("slsa"),
        other => Err(Pep740Error::PredicateType { found: other.to_owned() }),
    }
}

/// What files are called that hold an attestation about `file`: `publish` and `slsa` are the words that tools use.
#[must_use]
pub fn file_name(file: &str, word: &str) -> String {
    format!("{file}.{word}.attestation")
}

fn version(fields: &Map<String, Value>) -> Result<(), Pep740Error> {
    match fields.get("version").and_then(Value::as_u64) {
        Some(1) => Ok(()),
        _ => Err(shape("its `version` is not 1")),
    }
}

fn object(value: Value, field: &str) -> Result<Map<String, Value>, Pep740Error> {
    match value {
        Value::Object(fields) => Ok(fields),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Err(shape(&format!("`{field}` is not an object")))
        }
    }
}

fn list(fields: &mut Map<String, Value>, field: &str) -> Result<Vec<Value>, Pep740Error> {
    match fields.remove(field) {
        Some(Value::Array(items)) => Ok(items),
        _ => Err(shape(&format!("`{field}` is not a list"))),
    }
}

/// Base64 as it stands there, once it is known to be some. Line breaks are taken out: readers in Python let them pass.
fn base64(fields: &mut Map<String, Value>, field: &str) -> Result<String, Pep740Error> {
    let Some(Value::String(text)) = fields.remove(field) else {
        return Err(shape(&format!("`{field}` is not a text")));
    };
    let text: String = text.chars().filter(|c| *c != '\n').collect();
    STANDARD.decode(&text).map_err(|error| shape(&format!("`{field}` is not base64: {error}")))?;
    Ok(text)
}

fn shape(reason: &str) -> Pep740Error {
    Pep740Error::Shape { reason: reason.to_owned() }
}

fn inexpressible(reason: &str) -> Pep740Error {
    Pep740Error::Inexpressible { reason: reason.to_owned() }
}

#[cfg(test)]
mod tests;
