//! Every way in which a signer's answer can be wrong.

use crate::bundle::BUNDLE_MEDIA_TYPE;
use crate::statement::StatementError;
use crate::strict_json::JsonError;

/// The answer is not written, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// Too large, too deep, ambiguous or no JSON at all.
    #[error("the bundle is {0}")]
    Json(#[from] JsonError),
    /// Another version of the format, or another format.
    #[error("the bundle's media type is `{found}`, expected `{BUNDLE_MEDIA_TYPE}`")]
    MediaType {
        /// As written; empty where there is none.
        found: String,
    },
    /// A field that nothing here reads: it would be published unseen.
    #[error("the bundle has a field `{field}` that is not read here")]
    UnknownField {
        /// Its path.
        field: String,
    },
    /// A field is missing or has the wrong type.
    #[error("the bundle is malformed: {reason}")]
    Malformed {
        /// Which one.
        reason: String,
    },
    /// It carries a certificate, or no material.
    #[error("the bundle is verified by `{found}`, but the step signs with a key: expected `publicKey`")]
    Material {
        /// The field.
        found: String,
    },
    /// It carries log entries or timestamps, whose truth nothing here can establish.
    #[error("the bundle carries `{field}`, which cannot be verified yet")]
    Unverifiable {
        /// The field.
        field: &'static str,
    },
    /// A file's signature where a statement belongs, or the other way round.
    #[error("the bundle holds a `{found}`, expected a `{expected}`")]
    Content {
        /// The field.
        found: &'static str,
        /// The field that belongs there.
        expected: &'static str,
    },
    /// A DSSE envelope in a bundle has exactly one signature.
    #[error("the envelope has {found} signatures, expected exactly one")]
    SignatureCount {
        /// How many.
        found: usize,
    },
    /// The payload is to be read as something else than a statement.
    #[error("the payload type is `{found}`, expected `{}`", chiron_model::statement::PAYLOAD_TYPE)]
    PayloadType {
        /// As written.
        found: String,
    },
    /// The hint names another key.
    #[error("the bundle names the key `{found}`, but the step's key is `{expected}`")]
    KeyHint {
        /// As written.
        found: String,
        /// Of the key that was given.
        expected: String,
    },
    /// The signature is not the key's, or the signed bytes were changed.
    #[error("the signature does not verify with the step's key")]
    Signature,
    /// The bundle says it signs another file.
    #[error("the bundle is about the digest {found}, expected the SHA-256 {expected}")]
    BlobDigest {
        /// As written.
        found: String,
        /// Of the file.
        expected: String,
    },
    /// The payload is not a statement, or one that breaks a rule.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// It speaks about something that is not part of this run.
    #[error("the statement is about `{name}`, which is not a subject of this run")]
    UnknownSubject {
        /// As written.
        name: String,
    },
    /// It speaks about other bytes than those of this run.
    #[error("the statement's digests of `{name}` are not those of this run")]
    SubjectDigest {
        /// Of the subject.
        name: String,
    },
    /// The key may not sign statements of this type.
    #[error("the predicate type `{found}` is not allowed to this key")]
    PredicateType {
        /// As written.
        found: String,
    },
    /// The statement says something else than what was to be signed.
    #[error("the predicate is not the one that was to be signed")]
    Predicate,
}
