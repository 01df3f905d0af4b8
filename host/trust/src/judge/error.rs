//! Every way in which a bundle can be refused.

use crate::statement::StatementError;
use crate::strict_json::JsonError;

/// Why a bundle proves nothing about a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JudgeError {
    /// Too large, too deep, ambiguous or no JSON at all.
    #[error("the bundle cannot be read: {0}")]
    Json(#[from] JsonError),
    /// Another version of the format, or another format.
    #[error("the bundle's media type is `{found}`, which is no version of a Sigstore bundle that is known")]
    MediaType {
        /// As written; empty where there is none.
        found: String,
    },
    /// A field is missing, there twice over, or has the wrong type.
    #[error("the bundle is malformed: {reason}")]
    Malformed {
        /// Which one.
        reason: String,
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
    /// The payload is not a statement, or one that breaks a rule.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// Signed with a certificate, and a key was given.
    #[error("the bundle is signed with a certificate, and a key was given: an identity and its issuer are needed")]
    NeedsIdentity,
    /// Signed with a key, and an identity was given.
    #[error("the bundle is signed with a key, and an identity was given: the public key is needed")]
    NeedsKey,
    /// There is something to be held against a trust root.
    #[error("the bundle has a certificate, log entries or timestamps, and no trust root was given")]
    NeedsRoot,
    /// The signature is not the signer's, or what was signed was changed.
    #[error("the signature does not verify{}", detail(.reason))]
    SignatureOf {
        /// More words.
        reason: String,
    },
    /// The signature is not the key's, or what was signed was changed.
    #[error("the signature does not verify with this key: another key signed, or what was signed has changed")]
    Signature,
    /// The bundle says that it signs another file.
    #[error("the bundle is about a file with the digest {found}, and this one has {expected}")]
    BlobDigest {
        /// As written.
        found: String,
        /// Of the file.
        expected: String,
    },
    /// The statement speaks of other files.
    #[error("the statement is about {subjects}, and not about this file ({expected})")]
    OtherSubject {
        /// Names of its subjects.
        subjects: String,
        /// Digest of the file.
        expected: String,
    },
    /// One digest of a subject is the file's, and another is not.
    #[error("the statement's digests of `{name}` contradict each other: {algorithm} is not this file's")]
    SubjectContradicts {
        /// Of the subject.
        name: String,
        /// Of the digest that differs.
        algorithm: String,
    },
    /// Somebody else signed.
    #[error("signed by `{found}`, expected {expected}")]
    Identity {
        /// In the certificate.
        found: String,
        /// What was asked for.
        expected: String,
    },
    /// Somebody else vouches for the signer.
    #[error("the signer's identity is vouched for by `{found}`, expected {expected}")]
    Issuer {
        /// In the certificate.
        found: String,
        /// What was asked for.
        expected: String,
    },
    /// The certificate is not one of the trust root's, or was not valid when it signed.
    #[error("the certificate is refused: {reason}")]
    Certificate {
        /// Why.
        reason: String,
    },
    /// The entry in the transparency log is not what it should be.
    #[error("the transparency log entry is refused: {reason}")]
    Log {
        /// Why.
        reason: String,
    },
    /// No time of signing that can be believed.
    #[error("the time of signing is refused: {reason}")]
    Time {
        /// Why.
        reason: String,
    },
    /// Something that is not judged here.
    #[error("cannot be judged: {reason}")]
    Unsupported {
        /// What.
        reason: String,
    },
    /// The file cannot be read.
    #[error("the file cannot be read: {reason}")]
    Unreadable {
        /// Why.
        reason: String,
    },
}

impl JudgeError {
    pub(super) fn malformed(reason: &str) -> Self {
        Self::Malformed { reason: reason.to_owned() }
    }
}

fn detail(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!(": {reason}") }
}
