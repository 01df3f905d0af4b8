//! What the host checks before a bundle with a certificate, log entries or timestamps is written.

use serde_json::Value;
use sigstore_types::bundle::{Bundle, SignatureContent, VerificationMaterialContent};

use super::Witnesses;
use super::draft::Known;
use crate::bundle::BUNDLE_MEDIA_TYPE;
use crate::judge::{JudgeError, Signer, TrustRoot, judge};
use crate::strict_json::{self, JsonError};
use crate::verify::{BUNDLE_BYTES_MAX, Expected, ExpectedStatement, VerifyError, check_statement};
use chiron_model::digest::Digest;

/// The answer is not written, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unproven {
    /// Too large, too deep, ambiguous or no JSON at all.
    #[error("the bundle is {0}")]
    Json(#[from] JsonError),
    /// It proves nothing.
    #[error(transparent)]
    Judge(#[from] JudgeError),
    /// It is true, and not what was asked for.
    #[error(transparent)]
    Verify(#[from] VerifyError),
    /// It carries more than is read here, which would be published unseen.
    #[error("the bundle holds fields that are not read here, or is written in another way than version 0.3 is")]
    More,
    /// Nobody but the signer says so.
    #[error("there is {missing} in the bundle, and it was asked for")]
    Alone {
        /// Which witness, after "no".
        missing: &'static str,
    },
}

/// Verifies a bundle of version 0.3 as the judge does, and that it is what was asked for and nothing more.
///
/// # Errors
/// The first rule that is broken. Nothing is accepted in part.
pub fn verify_proven(
    json: &[u8],
    signer: &Signer,
    witnesses: Witnesses,
    root: &TrustRoot,
    expected: &Expected<'_>,
) -> Result<(), Unproven> {
    let value = strict_json::parse(json, BUNDLE_BYTES_MAX)?;
    let bundle = read(&value)?;
    check_hint(&bundle, signer)?;
    let proven = |about: Known<'_>| {
        let judged = judge(json, &about, signer, Some(root))?;
        witnesses.missing(&bundle, &judged).map_or(Ok(()), |missing| Err(Unproven::Alone { missing }))
    };
    match (&bundle.content, expected) {
        (SignatureContent::MessageSignature(_), Expected::Blob(file)) => {
            proven(Known { digests: vec![Digest::from_sha256(file.sha256)], bytes: file.bytes })
        }
        (SignatureContent::DsseEnvelope(envelope), Expected::Statement(expected)) => {
            let payload = envelope.payload.as_bytes();
            // The payload is believed once the signature was judged; until then it only says what to look for.
            let digests = first_subject(payload, expected)?;
            proven(Known { digests, bytes: None })?;
            Ok(check_statement(payload, expected).map(|_| ())?)
        }
        (SignatureContent::MessageSignature(_), Expected::Statement(_)) => {
            Err(VerifyError::Content { found: "messageSignature", expected: "dsseEnvelope" }.into())
        }
        (SignatureContent::DsseEnvelope(_), Expected::Blob(_)) => {
            Err(VerifyError::Content { found: "dsseEnvelope", expected: "messageSignature" }.into())
        }
        _ => Err(Unproven::More),
    }
}

/// The bundle, if it is one of version 0.3 and says nothing that is lost in reading.
fn read(value: &Value) -> Result<Bundle, Unproven> {
    let media_type = value.get("mediaType").and_then(Value::as_str).unwrap_or_default();
    if media_type != BUNDLE_MEDIA_TYPE {
        return Err(VerifyError::MediaType { found: media_type.to_owned() }.into());
    }
    let bundle: Bundle =
        serde_json::from_value(value.clone()).map_err(|error| VerifyError::Malformed { reason: error.to_string() })?;
    match serde_json::to_value(&bundle) {
        Ok(again) if again == *value => Ok(bundle),
        Ok(_) | Err(_) => Err(Unproven::More),
    }
}

fn first_subject(payload: &[u8], expected: &ExpectedStatement<'_>) -> Result<Vec<Digest>, Unproven> {
    let statement = crate::statement::decode(payload).map_err(VerifyError::from)?;
    let name = statement.subjects.first().map(|subject| subject.name.clone()).unwrap_or_default();
    let known = expected.subjects.iter().find(|subject| subject.name == name);
    known.map(|subject| subject.digests.clone()).ok_or(VerifyError::UnknownSubject { name }.into())
}

/// A hint proves nothing; one that names another key would be published all the same.
fn check_hint(bundle: &Bundle, signer: &Signer) -> Result<(), Unproven> {
    let (VerificationMaterialContent::PublicKey(named), Signer::Key(key)) =
        (&bundle.verification_material.content, signer)
    else {
        return Ok(());
    };
    if named.hint.is_empty() || named.hint == key.key_id() {
        return Ok(());
    }
    Err(VerifyError::KeyHint { found: named.hint.clone(), expected: key.key_id().to_owned() }.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::{bundle_blob, bundle_statement};
    use crate::key::Message;
    use crate::keyless::{Log, LogVersion};
    use crate::sample;

    fn told(json: &[u8], key: &crate::PublicKey, witnesses: Witnesses) -> Result<(), Unproven> {
        let (signer, root) = (Signer::Key(key.clone()), TrustRoot::embedded().unwrap());
        verify_proven(json, &signer, witnesses, &root, &Expected::Blob(Message::from(sample::FILE_SHA256)))
    }

    #[test]
    fn a_key_alone_is_not_what_was_to_be_witnessed() {
        let (key, other) = (sample::key(), sample::other_key());
        let bundle = bundle_blob(&key, sample::FILE_SHA256).unwrap();
        let time = Witnesses { log: None, timestamp: true };
        let log = Witnesses { log: Some(Log(LogVersion::V2)), timestamp: false };
        for witnesses in [time, log] {
            assert!(matches!(told(&bundle, key.public(), witnesses), Err(Unproven::Alone { .. })));
            let refused = told(&bundle, other.public(), witnesses);
            assert!(matches!(refused, Err(Unproven::Verify(VerifyError::KeyHint { .. }))), "{refused:?}");
        }
        let statement = bundle_statement(&key, &sample::statement()).unwrap();
        let refused = told(&statement, key.public(), time);
        assert!(matches!(refused, Err(Unproven::Verify(VerifyError::Content { .. }))), "{refused:?}");
    }
}
