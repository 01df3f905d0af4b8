//! A signature that waits for a time and a log entry, and the bundle that becomes of it.

use chiron_model::digest::Digest;
use chiron_model::statement::{PAYLOAD_TYPE, Statement};
use sigstore_types::bundle::{
    Bundle, Rfc3161Timestamp, SignatureContent, TimestampVerificationData, VerificationMaterial,
};
use sigstore_types::{
    DigestBytes, DsseEnvelope, HashAlgorithm, KeyId, MediaType, MessageDigest, MessageSignature, SignatureBytes,
    TimestampToken,
};

use super::verifier::Verifier;
use super::{Log, LogRequest, LogVersion, ServiceError, timestamp};
use crate::dsse;
use crate::judge::{Artifact, Signed as Judged, Signer, TrustRoot, judge};
use crate::key::{Message, PrivateKey};
use crate::statement;

/// A signature that waits for a time and a log entry.
pub struct Draft<'a> {
    content: SignatureContent,
    verifier: Verifier,
    /// To the log, where one is asked.
    pub log: Option<LogRequest>,
    /// To the timestamp authority, DER.
    pub timestamp: Vec<u8>,
    about: Known<'a>,
}

/// What the services answered.
#[derive(Clone, Copy, Debug)]
pub struct Answers<'a> {
    /// The log, where one was asked.
    pub log: Option<&'a [u8]>,
    /// The timestamp authority, where one was asked.
    pub timestamp: Option<&'a [u8]>,
}

/// What has to speak for a signature besides the signer: whatever was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Witnesses {
    /// A log has it. One of version 1 promises that too, which is a time of its own.
    pub log: Option<Log>,
    /// An authority says when it was made.
    pub timestamp: bool,
}

impl Witnesses {
    /// What of them is missing in a bundle that was judged, if anything is. All that stands in it was verified; here it is asked what
    /// does not.
    pub(super) fn missing(self, bundle: &Bundle, judged: &Judged) -> Option<&'static str> {
        let material = &bundle.verification_material;
        let promised = material.tlog_entries.iter().all(|entry| entry.inclusion_promise.is_some());
        if self.log.is_some() && !judged.logged {
            return Some("no log entry");
        }
        if self.log == Some(Log(LogVersion::V1)) && !promised {
            return Some("no promise of the log, which says when");
        }
        if self.timestamp && material.timestamp_verification_data.rfc3161_timestamps.is_empty() {
            return Some("no timestamp of an authority");
        }
        judged.times.is_empty().then_some("no time of signing")
    }
}

impl<'a> Draft<'a> {
    /// Signs a file with a key of the signer's own. The duties of [`crate::bundle::bundle_blob`]'s caller hold here too.
    ///
    /// # Errors
    /// When the key cannot sign, or the log does not take what it signs ([`Log::takes`]).
    pub fn file(key: &PrivateKey, file: Message<'a>, log: Option<Log>) -> Result<Self, ServiceError> {
        Self::of_file(key, Verifier::Key(key.public().clone()), file, log)
    }

    /// Signs a statement with a key of the signer's own.
    ///
    /// # Errors
    /// When the statement breaks a rule, and as [`Draft::file`].
    pub fn statement(key: &PrivateKey, statement: &Statement, log: Option<Log>) -> Result<Self, ServiceError> {
        Self::of_statement(key, Verifier::Key(key.public().clone()), statement, log)
    }

    pub(super) fn of_file(
        key: &PrivateKey,
        verifier: Verifier,
        file: Message<'a>,
        log: Option<Log>,
    ) -> Result<Self, ServiceError> {
        refuse_unloggable(key, log)?;
        let signature = key.sign(&file).map_err(|_| ServiceError::Signing)?;
        let log = log.map(|log| log.file(file.sha256, &signature, &verifier));
        let timestamp = timestamp::request(&signature)?;
        let digest = MessageDigest::new(HashAlgorithm::Sha2256, DigestBytes::from(&file.sha256[..]));
        let signature = MessageSignature::new(SignatureBytes::new(signature)).with_message_digest(digest);
        let about = Known { digests: vec![Digest::from_sha256(file.sha256)], bytes: file.bytes };
        Ok(Self { content: SignatureContent::MessageSignature(signature), verifier, log, timestamp, about })
    }

    pub(super) fn of_statement(
        key: &PrivateKey,
        verifier: Verifier,
        statement: &Statement,
        log: Option<Log>,
    ) -> Result<Self, ServiceError> {
        refuse_unloggable(key, log)?;
        let envelope = dsse::sign(key, PAYLOAD_TYPE, statement::encode(statement)?);
        let mut envelope: DsseEnvelope = envelope.map_err(|_| ServiceError::Signing)?;
        // Certificate or hint name the key.
        envelope.signature.keyid = KeyId::default();
        let log = log.map(|log| log.envelope(&envelope, &verifier)).transpose()?;
        let timestamp = timestamp::request(envelope.signature.sig.as_bytes())?;
        // Any subject stands for all: that the others are right is seen where the statement is held against the run.
        let digests = statement.subjects.first().map(|subject| subject.digests.clone()).unwrap_or_default();
        let about = Known { digests, bytes: None };
        Ok(Self { content: SignatureContent::DsseEnvelope(envelope), verifier, log, timestamp, about })
    }

    /// Puts the bundle together and holds it against the trust root: who signed, log entry, time and signature.
    ///
    /// # Errors
    /// When an answer is missing or cannot be read, or all of them together do not prove what was signed.
    pub fn bundle(self, answers: &Answers<'_>, by: &Signer, root: &TrustRoot) -> Result<Vec<u8>, ServiceError> {
        let witnesses =
            Witnesses { log: self.log.as_ref().map(LogRequest::log), timestamp: answers.timestamp.is_some() };
        let mut material = VerificationMaterial::new(self.verifier.material());
        if let Some(request) = &self.log {
            let answer = answers.log.ok_or_else(|| ServiceError::answer("the log gave none"))?;
            material = material.with_tlog_entries(vec![request.read(answer)?]);
        }
        if let Some(answer) = answers.timestamp {
            timestamp::granted(answer)?;
            let stamp = Rfc3161Timestamp::new(TimestampToken::new(answer.to_vec()));
            material = material.with_timestamp_verification_data(TimestampVerificationData::new(vec![stamp]));
        }
        let bundle = Bundle::new(MediaType::Bundle0_3, material, self.content);
        let bytes = serde_json::to_vec(&bundle).map_err(ServiceError::answer)?;
        let judged = judge(&bytes, &self.about, by, Some(root));
        let judged = judged.map_err(|error| ServiceError::Unproven(error.to_string()))?;
        if let Some(missing) = witnesses.missing(&bundle, &judged) {
            return Err(ServiceError::Unproven(format!("there is {missing}")));
        }
        Ok(bytes)
    }
}

fn refuse_unloggable(key: &PrivateKey, log: Option<Log>) -> Result<(), ServiceError> {
    if log.is_some() && !Log::takes(key.public()) { Err(ServiceError::Unloggable) } else { Ok(()) }
}

/// A file of which digests are known, and where they were needed the bytes.
pub(crate) struct Known<'a> {
    pub(crate) digests: Vec<Digest>,
    pub(crate) bytes: Option<&'a [u8]>,
}

impl Artifact for Known<'_> {
    fn digest(&self, algorithm: &str) -> Result<Digest, String> {
        let known = self.digests.iter().find(|digest| digest.algorithm() == algorithm);
        known.cloned().ok_or_else(|| format!("its {algorithm} is not known"))
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        self.bytes.map(<[u8]>::to_vec).ok_or_else(|| "only its digests are known".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key::{Algorithm, generate};
    use crate::sample;

    #[test]
    fn an_ed25519_key_has_no_log_and_may_have_a_time() {
        let made = generate(Algorithm::Ed25519, None).unwrap();
        let key = PrivateKey::from_pem(&made.private_pem).unwrap();
        for version in [LogVersion::V1, LogVersion::V2] {
            let file = Draft::file(&key, Message::of(b"a file"), Some(Log(version)));
            assert!(matches!(file, Err(ServiceError::Unloggable)));
            let statement = Draft::statement(&key, &sample::statement(), Some(Log(version)));
            assert!(matches!(statement, Err(ServiceError::Unloggable)));
        }
        let timed = Draft::file(&key, Message::of(b"a file"), None).unwrap();
        assert!(timed.log.is_none() && !timed.timestamp.is_empty());
    }

    #[test]
    fn a_signature_that_nobody_witnessed_becomes_no_bundle() {
        let (key, root) = (sample::key(), TrustRoot::embedded().unwrap());
        let by = Signer::Key(key.public().clone());
        let none = Answers { log: None, timestamp: None };
        let draft = Draft::file(&key, sample::FILE_SHA256.into(), None).unwrap();
        assert!(matches!(draft.bundle(&none, &by, &root), Err(ServiceError::Unproven(_))));
        let draft = Draft::file(&key, sample::FILE_SHA256.into(), Some(Log(LogVersion::V1))).unwrap();
        assert!(matches!(draft.bundle(&none, &by, &root), Err(ServiceError::Answer { .. })));
    }
}
