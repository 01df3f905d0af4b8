//! That what was signed is about this file and no other.

use chiron_model::digest::Digest;
use chiron_model::text;
use sigstore_types::{HashAlgorithm, MessageSignature};

use super::{Artifact, JudgeError};
use crate::statement::foreign::{ForeignStatement, STRONG};

/// The SHA-256 of a file.
pub(super) fn sha256(artifact: &dyn Artifact) -> Result<[u8; 32], JudgeError> {
    let digest = digest(artifact, "sha256")?;
    let raw = hex::decode(digest.hex()).ok().and_then(|bytes| bytes.try_into().ok());
    raw.ok_or_else(|| JudgeError::Unreadable { reason: "its SHA-256 is not one".to_owned() })
}

/// What the bundle says of the file's digest is no proof, but has to be true where it stands.
pub(super) fn message_digest(signature: &MessageSignature, artifact: &dyn Artifact) -> Result<(), JudgeError> {
    let Some(written) = &signature.message_digest else {
        return Ok(());
    };
    let name = match written.algorithm {
        HashAlgorithm::Sha2256 => "sha256",
        HashAlgorithm::Sha2384 => "sha384",
        HashAlgorithm::Sha2512 => "sha512",
        other => return Err(JudgeError::Unsupported { reason: format!("the digest algorithm {other}") }),
    };
    let (found, expected) = (written.digest.to_hex(), digest(artifact, name)?);
    if found.eq_ignore_ascii_case(expected.hex()) {
        return Ok(());
    }
    Err(JudgeError::BlobDigest { found: format!("{name}:{found}"), expected: expected.to_string() })
}

/// The statement has a subject with the file's digest, and nothing else that it says of that subject's bytes is untrue.
/// Names prove nothing, and are not compared: files are renamed.
///
/// # Errors
/// [`JudgeError::OtherSubject`], [`JudgeError::SubjectContradicts`].
pub(super) fn subject(statement: &ForeignStatement, artifact: &dyn Artifact) -> Result<&'static str, JudgeError> {
    let mut matched = None;
    for subject in &statement.subjects {
        let strong = || STRONG.into_iter().filter_map(|name| Some((name, subject.digests.get(name)?)));
        let mut bound = None;
        let mut differs = None;
        for (name, hex) in strong() {
            if digest(artifact, name)?.hex() == hex { bound = bound.or(Some(name)) } else { differs = Some(name) }
        }
        match (bound, differs) {
            (Some(_), Some(algorithm)) => {
                let name = text::cut(&text::one_line(&subject.name), 120).into_owned();
                return Err(JudgeError::SubjectContradicts { name, algorithm: algorithm.to_owned() });
            }
            (Some(name), None) => matched = matched.or(Some(name)),
            (None, _) => {}
        }
    }
    match matched {
        Some(name) => Ok(name),
        None => Err(JudgeError::OtherSubject {
            subjects: shown(statement),
            expected: digest(artifact, "sha256")?.to_string(),
        }),
    }
}

fn digest(artifact: &dyn Artifact, algorithm: &str) -> Result<Digest, JudgeError> {
    artifact.digest(algorithm).map_err(|reason| JudgeError::Unreadable { reason })
}

/// The first names, for a message.
fn shown(statement: &ForeignStatement) -> String {
    let name = |name: &str| format!("`{}`", text::cut(&text::one_line(name), 80));
    let mut names: Vec<_> = statement.subjects.iter().take(3).map(|subject| name(&subject.name)).collect();
    if statement.subjects.len() > names.len() {
        names.push(format!("{} more", statement.subjects.len() - names.len()));
    }
    names.join(", ")
}
