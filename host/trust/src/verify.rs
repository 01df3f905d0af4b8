//! What the host checks before a signer's answer is written.
//!
//! A signer plugin may have had its bytes signed by the host, or by a backend of its own: they pass the same door. The
//! order is fixed: bounds, shape, signature, and only then what the payload says.

use std::collections::HashMap;

use chiron_model::statement::PAYLOAD_TYPE;
use chiron_model::subject::Subject;
use serde_json::Value;
use sigstore_types::{DsseEnvelope, HashAlgorithm, MessageSignature};

use crate::dsse;
use crate::key::{Message, PublicKey};
use crate::statement::{self, DecodedStatement};
use crate::strict_json;

mod error;
mod shape;

pub use error::VerifyError;
use shape::Content;

/// Largest bundle that is read. One over a scan of 20,000 components is about 3 MiB.
pub const BUNDLE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// What the answer has to be.
#[derive(Clone, Debug)]
pub enum Expected<'a> {
    /// A signature over one file.
    Blob(Message<'a>),
    /// A signed statement about subjects of the run.
    Statement(ExpectedStatement<'a>),
}

/// What the statement may say.
#[derive(Clone, Copy, Debug)]
pub struct ExpectedStatement<'a> {
    /// The subjects of the run. The statement is about one or more of them.
    pub subjects: &'a [Subject],
    /// The predicate types that this key may sign.
    pub predicate_types: &'a [&'a str],
    /// Where given: the predicate, compared as JSON values.
    pub predicate: Option<&'a [u8]>,
}

/// What was established.
#[derive(Clone, Debug, PartialEq)]
pub enum Verified {
    /// The bundle signs this file.
    Blob {
        /// Of the file.
        sha256: [u8; 32],
    },
    /// The bundle signs this statement.
    Statement(DecodedStatement),
}

/// Verifies a Sigstore bundle v0.3 that a local key signed.
///
/// # Errors
/// [`VerifyError`]: one variant for each rule that can be broken. Nothing is accepted in part.
pub fn verify_bundle(json: &[u8], key: &PublicKey, expected: &Expected<'_>) -> Result<Verified, VerifyError> {
    let value = strict_json::parse(json, BUNDLE_BYTES_MAX)?;
    let bundle = shape::bundle(value)?;
    check_hint(&bundle.hint, key)?;
    match (bundle.content, expected) {
        (Content::Blob(signature), Expected::Blob(file)) => verify_blob(&signature, key, file),
        (Content::Envelope(envelope), Expected::Statement(expected)) => verify_statement(&envelope, key, expected),
        (Content::Blob(_), Expected::Statement(_)) => {
            Err(VerifyError::Content { found: "messageSignature", expected: "dsseEnvelope" })
        }
        (Content::Envelope(_), Expected::Blob(_)) => {
            Err(VerifyError::Content { found: "dsseEnvelope", expected: "messageSignature" })
        }
    }
}

/// Verifies a DSSE envelope that stands on its own, by the rules of [`verify_bundle`].
///
/// # Errors
/// As [`verify_bundle`].
pub fn verify_envelope(
    json: &[u8],
    key: &PublicKey,
    expected: &ExpectedStatement<'_>,
) -> Result<Verified, VerifyError> {
    let value = strict_json::parse(json, BUNDLE_BYTES_MAX)?;
    verify_statement(&shape::envelope(value)?, key, expected)
}

/// A hint proves nothing; one that names another key says that the wrong key signed, or that the wrong one was given.
fn check_hint(hint: &str, key: &PublicKey) -> Result<(), VerifyError> {
    if hint.is_empty() || hint == key.key_id() {
        return Ok(());
    }
    Err(VerifyError::KeyHint { found: hint.to_owned(), expected: key.key_id().to_owned() })
}

fn verify_blob(signature: &MessageSignature, key: &PublicKey, file: &Message<'_>) -> Result<Verified, VerifyError> {
    let sha256 = file.sha256;
    if let Some(digest) = &signature.message_digest
        && (digest.algorithm != HashAlgorithm::Sha2256 || digest.digest.as_bytes() != sha256)
    {
        return Err(VerifyError::BlobDigest {
            found: format!("{}:{}", digest.algorithm, digest.digest.to_hex()),
            expected: hex::encode(sha256),
        });
    }
    if !key.verifies(file, signature.signature.as_bytes()) {
        return Err(VerifyError::Signature);
    }
    Ok(Verified::Blob { sha256 })
}

fn verify_statement(
    envelope: &DsseEnvelope,
    key: &PublicKey,
    expected: &ExpectedStatement<'_>,
) -> Result<Verified, VerifyError> {
    if envelope.payload_type != PAYLOAD_TYPE {
        return Err(VerifyError::PayloadType { found: envelope.payload_type.clone() });
    }
    check_hint(envelope.signature.keyid.as_str(), key)?;
    if !dsse::verifies(envelope, key) {
        return Err(VerifyError::Signature);
    }
    check_statement(envelope.payload.as_bytes(), expected)
}

/// That a payload whose signature verified is what was to be signed.
pub(crate) fn check_statement(payload: &[u8], expected: &ExpectedStatement<'_>) -> Result<Verified, VerifyError> {
    let statement = statement::decode(payload)?;
    check_subjects(&statement, expected.subjects)?;
    if !expected.predicate_types.contains(&statement.predicate_type.as_str()) {
        return Err(VerifyError::PredicateType { found: statement.predicate_type });
    }
    check_predicate(&statement.predicate, expected.predicate)?;
    Ok(Verified::Statement(statement))
}

/// Every subject of the statement is one of the run, with all of its digests and no other. Names are unique already.
fn check_subjects(statement: &DecodedStatement, run: &[Subject]) -> Result<(), VerifyError> {
    let run: HashMap<&str, &Subject> = run.iter().map(|subject| (subject.name.as_str(), subject)).collect();
    for subject in &statement.subjects {
        let Some(known) = run.get(subject.name.as_str()) else {
            return Err(VerifyError::UnknownSubject { name: subject.name.clone() });
        };
        let mut digests = known.digests.clone();
        digests.sort();
        if digests != subject.digests {
            return Err(VerifyError::SubjectDigest { name: subject.name.clone() });
        }
    }
    Ok(())
}

fn check_predicate(found: &Value, expected: Option<&[u8]>) -> Result<(), VerifyError> {
    let Some(expected) = expected else {
        return Ok(());
    };
    if *found == statement::predicate(expected)? { Ok(()) } else { Err(VerifyError::Predicate) }
}

#[cfg(test)]
mod tests;
