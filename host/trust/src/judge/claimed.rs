//! What a bundle says of itself. Nothing of it is verified: it serves to sort and to show bundles.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use sigstore_types::HashAlgorithm;

use super::shape::{self, Content};
use super::{JudgeError, keyless};
use crate::statement::foreign::STRONG;
use crate::strict_json;
use crate::verify::BUNDLE_BYTES_MAX;

/// What a bundle says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claimed {
    /// The predicate type of its statement; None for a signature over a file.
    pub predicate_type: Option<String>,
    /// Digests of what it is about, as `sha256:…`; empty where it names none.
    pub digests: Vec<String>,
    /// Who signed.
    pub by: ClaimedBy,
}

/// Who signed, as the bundle has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClaimedBy {
    /// The holder of a key.
    Key {
        /// Whatever the signer wrote to find it by.
        hint: String,
    },
    /// Whom a certificate names.
    Certificate {
        /// Its subject alternative name, where it can be read.
        identity: Option<String>,
        /// Who vouches for it, where it can be read.
        issuer: Option<String>,
    },
}

/// Reads it.
///
/// # Errors
/// When it is no bundle.
pub fn claimed(json: &[u8]) -> Result<Claimed, JudgeError> {
    let value = strict_json::parse(json, BUNDLE_BYTES_MAX)?;
    let by = signer(&value);
    let (predicate_type, digests) = match shape::bundle(value)?.content {
        Content::File(signature) => (None, signature.message_digest.iter().filter_map(digest).collect()),
        Content::Statement(_, statement) => {
            let of = |digests: &std::collections::BTreeMap<String, String>| {
                let strong = STRONG.into_iter().filter_map(|name| Some(format!("{name}:{}", digests.get(name)?)));
                strong.collect::<Vec<_>>()
            };
            let digests = statement.subjects.iter().flat_map(|subject| of(&subject.digests)).collect();
            (Some(statement.predicate_type), digests)
        }
    };
    Ok(Claimed { predicate_type, digests, by })
}

fn digest(written: &sigstore_types::MessageDigest) -> Option<String> {
    let name = match written.algorithm {
        HashAlgorithm::Sha2256 => "sha256",
        HashAlgorithm::Sha2384 => "sha384",
        HashAlgorithm::Sha2512 => "sha512",
        _ => return None,
    };
    Some(format!("{name}:{}", written.digest.to_hex().to_ascii_lowercase()))
}

fn signer(bundle: &Value) -> ClaimedBy {
    let text = |pointer: &str| bundle.pointer(pointer).and_then(Value::as_str);
    let single = "/verificationMaterial/certificate/rawBytes";
    let first = "/verificationMaterial/x509CertificateChain/certificates/0/rawBytes";
    match text(single).or_else(|| text(first)) {
        Some(certificate) => {
            let der = STANDARD.decode(certificate).unwrap_or_default();
            let (identity, issuer) = keyless::names(der);
            ClaimedBy::Certificate { identity, issuer }
        }
        None => ClaimedBy::Key { hint: text("/verificationMaterial/publicKey/hint").unwrap_or_default().to_owned() },
    }
}
