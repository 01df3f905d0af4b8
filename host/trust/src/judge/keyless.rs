//! Certificates, transparency logs and timestamps: `sigstore-verify`, and its errors in our words.

use std::collections::BTreeMap;

use chiron_model::digest::Digest;
use chiron_model::text;
use sigstore_verify::crypto::{Keyring, parse_certificate_info};
use sigstore_verify::trust_root::{SIGSTORE_PRODUCTION_TRUSTED_ROOT, TrustedRoot};
use sigstore_verify::types::{
    Artifact as TheirArtifact, ArtifactDigest, Bundle, DerCertificate, DerPublicKey, HashAlgorithm,
    TransparencyLogEntry,
};
use sigstore_verify::{
    CertificateError, Error, Policy, PublicKeyVerificationPolicy, VerificationPolicy, VerificationResult, Verifier,
};

use super::entry::{self, Split};
use super::shape::{Content, Shape};
use super::{Artifact, JudgeError, RootError, TrustRoot, binding, claims};
use crate::key::PublicKey;

/// What was established beside the signature.
pub(super) struct Evidence {
    pub(super) identity: Option<String>,
    pub(super) issuer: Option<String>,
    pub(super) claims: BTreeMap<&'static str, String>,
    pub(super) logged: bool,
    pub(super) times: Vec<String>,
}

/// A trust root whose keys and certificates were parsed.
pub(super) struct Root {
    verifier: Verifier,
    /// Keys of its transparency logs.
    logs: Keyring,
    /// Whether it is that of an instance without logs, such as GitHub's for private repositories: it names authorities for
    /// certificates and timestamps, and nothing else.
    unlogged: bool,
}

/// Sigstore's public instance, as of the library's version.
pub(super) const EMBEDDED: &str = SIGSTORE_PRODUCTION_TRUSTED_ROOT;

impl Root {
    pub(super) fn from_json(json: &str) -> Result<Self, RootError> {
        let unusable = |reason: String| RootError::Unusable { reason: shown(&reason) };
        let root = TrustedRoot::from_json(json).map_err(|error| unusable(error.to_string()))?;
        let unlogged = root.tlogs.is_empty() && root.ctlogs.is_empty() && !root.timestamp_authorities.is_empty();
        let logs = root.rekor_keys().map_err(|error| unusable(error.to_string()))?;
        let verifier = Verifier::new(&root).map_err(|error| unusable(error.to_string()))?;
        Ok(Self { verifier, logs, unlogged })
    }

    pub(super) fn embedded() -> Result<Self, RootError> {
        Self::from_json(EMBEDDED)
    }
}

/// Verifies a bundle with a certificate: chain, time of signing, log, signature, binding. Who signed is judged by the caller.
pub(super) fn by_certificate(
    json: &str,
    shape: &Shape,
    artifact: &dyn Artifact,
    root: &TrustRoot,
) -> Result<Evidence, JudgeError> {
    let Split { rest, entries } = entry::split(json)?;
    let bundle = parsed(&rest)?;
    let others = !bundle.verification_material.tlog_entries.is_empty();
    let mut policy = VerificationPolicy::any_identity();
    // An entry is needed, of either sort; only an instance that has no log needs none.
    let unlogged = root.inner.unlogged && !others && entries.is_empty();
    if unlogged {
        policy = policy.skip_sct();
    }
    if unlogged || (!entries.is_empty() && !others) {
        policy = policy.skip_tlog_unsafe();
    }
    let result = verified(&bundle, shape, artifact, root, &policy)?;
    let leaf = bundle.signing_certificate().ok_or_else(|| JudgeError::malformed("there is no certificate"))?;
    let logged = entered(&entries, shape, &entry::Verifier::Certificate(leaf.as_bytes()), root)?;
    let witnessed = result.tlog_verified() || logged;
    // Nothing of this is left out by the policy above; should that ever change, nothing gets through here.
    if !(result.certificate_verified() && (result.sct_verified() && witnessed || unlogged)) {
        return Err(JudgeError::Unsupported { reason: "not everything was checked".to_owned() });
    }
    Ok(Evidence { logged: witnessed, ..evidence(&result) })
}

/// Verifies log entries and timestamps of a bundle that a key signed.
pub(super) fn by_key(
    json: &str,
    shape: &Shape,
    artifact: &dyn Artifact,
    key: &PublicKey,
    root: &TrustRoot,
) -> Result<Evidence, JudgeError> {
    let Split { rest, entries } = entry::split(json)?;
    let ours = entered(&entries, shape, &entry::Verifier::Key(key.to_der()), root)?;
    let bundle = parsed(&rest)?;
    let material = &bundle.verification_material;
    if material.tlog_entries.is_empty() && material.timestamp_verification_data.rfc3161_timestamps.is_empty() {
        // The library takes no key's word alone. That the key signed this was established before.
        return Ok(Evidence { identity: None, issuer: None, claims: BTreeMap::new(), logged: ours, times: Vec::new() });
    }
    let policy = PublicKeyVerificationPolicy::new(DerPublicKey::new(key.to_der().to_vec()));
    let logged = !material.tlog_entries.is_empty();
    // Without an entry there is no inclusion to prove: a timestamp alone is a witness too.
    let policy = if logged { policy } else { policy.skip_tlog_unsafe() };
    let result = verified(&bundle, shape, artifact, root, &policy)?;
    Ok(Evidence { logged: logged || ours, ..evidence(&result) })
}

/// Verifies the entries that the library does not know; whether there are any.
fn entered(
    entries: &[TransparencyLogEntry],
    shape: &Shape,
    signer: &entry::Verifier<'_>,
    root: &TrustRoot,
) -> Result<bool, JudgeError> {
    for entry in entries {
        let Content::Statement(envelope, _) = &shape.content else {
            return Err(JudgeError::Log { reason: "an entry is about an envelope, and there is none".to_owned() });
        };
        entry::verify(entry, envelope, signer, &root.inner.logs)?;
    }
    Ok(!entries.is_empty())
}

/// Whom a certificate names, and who vouches for it. Nothing is verified.
pub(super) fn names(der: Vec<u8>) -> (Option<String>, Option<String>) {
    match parse_certificate_info(&DerCertificate::from(der)) {
        Ok(info) => (info.identity.map(|identity| shown(identity.as_str())), info.issuer.map(|issuer| shown(&issuer))),
        Err(_) => (None, None),
    }
}

fn parsed(json: &str) -> Result<Bundle, JudgeError> {
    Bundle::from_json(json).map_err(|error| JudgeError::malformed(&shown(&error.to_string())))
}

fn verified(
    bundle: &Bundle,
    shape: &Shape,
    artifact: &dyn Artifact,
    root: &TrustRoot,
    policy: &dyn Policy,
) -> Result<VerificationResult, JudgeError> {
    let algorithm = match &shape.content {
        Content::File(_) => "sha256",
        // Where no subject is this file, any digest shows that; the signature is judged first.
        Content::Statement(_, statement) => binding::subject(statement, artifact).unwrap_or("sha256"),
    };
    let digest = artifact.digest(algorithm).map_err(|reason| JudgeError::Unreadable { reason })?;
    let verifier = &root.inner.verifier;
    match verifier.verify(TheirArtifact::Digest(typed(&digest)?), bundle, policy) {
        // Some signatures are over the bytes, or over a digest of another algorithm.
        Err(Error::UnsupportedArtifact(_)) => {
            let bytes = artifact.bytes().map_err(|reason| JudgeError::Unreadable { reason })?;
            verifier.verify(&bytes[..], bundle, policy).map_err(|error| about(error, shape, artifact))
        }
        Err(error) => Err(about(error, shape, artifact)),
        Ok(result) => Ok(result),
    }
}

fn typed(digest: &Digest) -> Result<ArtifactDigest, JudgeError> {
    let wrong = |reason: String| JudgeError::Unreadable { reason };
    let algorithm = match digest.algorithm() {
        "sha384" => HashAlgorithm::Sha2384,
        "sha512" => HashAlgorithm::Sha2512,
        _ => HashAlgorithm::Sha2256,
    };
    let raw = hex::decode(digest.hex()).map_err(|error| wrong(error.to_string()))?;
    ArtifactDigest::new(algorithm, raw).map_err(|error| wrong(error.to_string()))
}

fn evidence(result: &VerificationResult) -> Evidence {
    let mut found = BTreeMap::new();
    if let Some(certificate) = result.certificate() {
        let ci = &certificate.ci_claims;
        for (name, value) in [
            (claims::SOURCE, &ci.source_repository_uri),
            (claims::COMMIT, &ci.source_repository_digest),
            (claims::REFERENCE, &ci.source_repository_ref),
            (claims::BUILDER, &ci.build_signer_uri),
        ] {
            if let Some(value) = value {
                found.insert(name, value.clone());
            }
        }
    }
    Evidence {
        identity: result.identity().map(|identity| identity.as_str().to_owned()),
        issuer: result.issuer().map(str::to_owned),
        claims: found,
        logged: result.tlog_verified(),
        times: result.verified_timestamps().iter().map(ToString::to_string).collect(),
    }
}

/// Where the signature holds and is about something else, we know better about what.
fn about(error: Error, shape: &Shape, artifact: &dyn Artifact) -> JudgeError {
    let bound = match (&error, &shape.content) {
        (Error::ArtifactMismatch(_), Content::File(signature)) => binding::message_digest(signature, artifact),
        (Error::ArtifactMismatch(_), Content::Statement(_, statement)) => {
            binding::subject(statement, artifact).map(|_| ())
        }
        _ => Ok(()),
    };
    bound.err().unwrap_or_else(|| in_words(error))
}

// Theirs may grow without notice; whatever it is, it is a refusal.
#[allow(clippy::wildcard_enum_match_arm, reason = "the enum is non-exhaustive")]
fn in_words(error: Error) -> JudgeError {
    match error {
        Error::SignatureInvalid(reason) => JudgeError::SignatureOf { reason: shown(&reason) },
        Error::ArtifactMismatch(reason) => JudgeError::SignatureOf { reason: shown(&reason) },
        Error::Certificate(CertificateError::Malformed(reason)) => JudgeError::Certificate { reason: shown(&reason) },
        Error::Certificate(CertificateError::ChainInvalid(reason)) => JudgeError::Certificate {
            // The name of the error is all that is said of the two that people meet.
            reason: match () {
                () if reason.contains("CertExpired") => "it had expired when it signed".to_owned(),
                () if reason.contains("CertNotValidYet") => "it was not valid yet when it signed".to_owned(),
                () if reason.contains("UnknownIssuer") => "no authority of the trust root issued it".to_owned(),
                () => shown(&reason),
            },
        },
        Error::Certificate(error) => JudgeError::Certificate { reason: shown(&error.to_string()) },
        Error::TransparencyLog(error) => JudgeError::Log { reason: shown(&error.to_string()) },
        Error::Timestamp(error) => JudgeError::Time { reason: shown(&error.to_string()) },
        Error::InvalidBundle(reason) => JudgeError::malformed(&shown(&reason)),
        Error::Bundle(error) => JudgeError::malformed(&shown(&error.to_string())),
        other => JudgeError::Unsupported { reason: shown(&other.to_string()) },
    }
}

/// Their words may quote the bundle.
fn shown(text: &str) -> String {
    text::cut(&text::one_line(text), 400).into_owned()
}
