//! Judging what others signed: Sigstore bundles over files and in-toto statements, by a key or by an identity.
//!
//! [`crate::verify`] is for answers of our own signers, and demands what we ask of those. Here the bundle may come from any
//! tool: what it carries (certificate, log entries, timestamps) has to be true as a whole, but it may carry more.
//! Certificates, logs and timestamps are `sigstore-verify`'s; shape, binding, identity and local keys are ours.

mod binding;
mod claimed;
mod contents;
#[cfg(feature = "keyless")]
mod entry;
mod error;
mod identity;
#[cfg(feature = "keyless")]
mod keyless;
#[cfg(not(feature = "keyless"))]
#[path = "judge/absent.rs"]
mod keyless;
mod root;
mod shape;
mod source;

use std::collections::BTreeMap;

use chiron_model::digest::Digest;

use crate::key::{Message, PublicKey};
use crate::statement::foreign::ForeignStatement;
use crate::strict_json;
use crate::verify::BUNDLE_BYTES_MAX;

pub use claimed::{Claimed, ClaimedBy, claimed};
pub use contents::{Voucher, VoucherKind, vouchers};
pub use error::JudgeError;
pub use identity::{Identity, Pattern, PatternError};
pub use root::{RootError, RootOrigin, TrustRoot};
use shape::{Content, Material};
pub use source::RootSource;

/// A file that somebody may have signed.
pub trait Artifact {
    /// Its digest: `sha256`, `sha384` or `sha512`.
    ///
    /// # Errors
    /// In words, where it cannot be read.
    fn digest(&self, algorithm: &str) -> Result<Digest, String>;

    /// All its bytes: for the few signatures that are over them and not over a digest.
    ///
    /// # Errors
    /// In words, where it cannot be read or is too large.
    fn bytes(&self) -> Result<Vec<u8>, String>;
}

/// Who has to have signed.
#[derive(Clone, Debug)]
pub enum Signer {
    /// The holder of a key.
    Key(PublicKey),
    /// Whoever an identity provider said it was, by a certificate.
    Identity(Identity),
}

/// What was established.
#[derive(Clone, Debug, PartialEq)]
pub struct Signed {
    /// What the signature is over.
    pub content: SignedContent,
    /// Who signed.
    pub by: SignedBy,
    /// Whether a transparency log has it.
    pub logged: bool,
    /// When, in RFC 3339, by each witness of time.
    pub times: Vec<String>,
}

/// What a signature is over.
#[derive(Clone, Debug, PartialEq)]
pub enum SignedContent {
    /// The file itself.
    File,
    /// A statement about it.
    Statement(Box<ForeignStatement>),
}

/// Who signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignedBy {
    /// The holder of the key that was given.
    Key {
        /// [`PublicKey::key_id`].
        key_id: String,
    },
    /// The holder of an identity.
    Identity {
        /// The certificate's subject alternative name.
        identity: String,
        /// Who vouches for it.
        issuer: String,
        /// What the certificate says of the build that signed, by names of [`claims`].
        claims: BTreeMap<&'static str, String>,
    },
}

/// Names of what a certificate says of the build that signed.
pub mod claims {
    /// The repository, e.g. `https://github.com/acme/app`.
    pub const SOURCE: &str = "source";
    /// The commit.
    pub const COMMIT: &str = "commit";
    /// The branch or tag, e.g. `refs/heads/main`.
    pub const REFERENCE: &str = "ref";
    /// The workflow that signed.
    pub const BUILDER: &str = "builder";
}

/// Judges one bundle about one file.
///
/// # Errors
/// [`JudgeError`]: the first rule that is broken. Nothing is accepted in part.
pub fn judge(
    json: &[u8],
    artifact: &dyn Artifact,
    signer: &Signer,
    root: Option<&TrustRoot>,
) -> Result<Signed, JudgeError> {
    let value = strict_json::parse(json, BUNDLE_BYTES_MAX)?;
    let shape = shape::bundle(value)?;
    match (&shape.material, signer) {
        (Material::Certificate, Signer::Identity(identity)) => {
            let root = root.ok_or(JudgeError::NeedsRoot)?;
            let text = std::str::from_utf8(json).map_err(|_| JudgeError::malformed("it is not UTF-8"))?;
            let evidence = keyless::by_certificate(text, &shape, artifact, root)?;
            let by = identity.expect(evidence.identity, evidence.issuer, evidence.claims)?;
            finish(shape.content, artifact, by, evidence.logged, evidence.times)
        }
        (Material::Key { witnessed }, Signer::Key(key)) => {
            by_key(&shape.content, artifact, key)?;
            let (mut logged, mut times) = (false, Vec::new());
            if *witnessed {
                // What stands in the bundle is true, or the bundle is not.
                let root = root.ok_or(JudgeError::NeedsRoot)?;
                let text = std::str::from_utf8(json).map_err(|_| JudgeError::malformed("it is not UTF-8"))?;
                let evidence = keyless::by_key(text, &shape, artifact, key, root)?;
                (logged, times) = (evidence.logged, evidence.times);
            }
            finish(shape.content, artifact, SignedBy::Key { key_id: key.key_id().to_owned() }, logged, times)
        }
        (Material::Certificate, Signer::Key(_)) => Err(JudgeError::NeedsIdentity),
        (Material::Key { .. }, Signer::Identity(_)) => Err(JudgeError::NeedsKey),
    }
}

/// The predicate type of a bundle's statement, None for one over a file. Nothing is verified: it serves to sort bundles.
///
/// # Errors
/// When it is no bundle.
pub fn peek(json: &[u8]) -> Result<Option<String>, JudgeError> {
    match shape::bundle(strict_json::parse(json, BUNDLE_BYTES_MAX)?)?.content {
        Content::File(_) => Ok(None),
        Content::Statement(_, statement) => Ok(Some(statement.predicate_type)),
    }
}

fn by_key(content: &Content, artifact: &dyn Artifact, key: &PublicKey) -> Result<(), JudgeError> {
    let verified = match content {
        Content::File(signature) => {
            let sha256 = binding::sha256(artifact)?;
            binding::message_digest(signature, artifact)?;
            let bytes = match key.algorithm().needs_bytes() {
                true => Some(artifact.bytes().map_err(|reason| JudgeError::Unreadable { reason })?),
                false => None,
            };
            key.verifies(&Message { sha256, bytes: bytes.as_deref() }, signature.signature.as_bytes())
        }
        Content::Statement(envelope, _) => crate::dsse::verifies(envelope, key),
    };
    if verified { Ok(()) } else { Err(JudgeError::Signature) }
}

/// After the signature: that what was signed is about this file.
fn finish(
    content: Content,
    artifact: &dyn Artifact,
    by: SignedBy,
    logged: bool,
    times: Vec<String>,
) -> Result<Signed, JudgeError> {
    let content = match content {
        Content::File(signature) => {
            binding::message_digest(&signature, artifact)?;
            SignedContent::File
        }
        Content::Statement(_, statement) => {
            binding::subject(&statement, artifact)?;
            SignedContent::Statement(statement)
        }
    };
    Ok(Signed { content, by, logged, times })
}
