//! What a signer plugin answers, and what a stranger publishes.

use std::sync::OnceLock;

use chiron_model::digest::Digest;
use chiron_model::statement::SCAN_PREDICATE;
use chiron_model::subject::Subject;
use chiron_trust::judge::{Artifact, Identity, Pattern, Signer, TrustRoot, claimed, judge, peek};
use chiron_trust::statement::{decode, foreign};
use chiron_trust::verify::{ExpectedStatement, verify_envelope};
use chiron_trust::{Expected, PrivateKey, PublicKey, verify_bundle};
use p256::SecretKey;
use p256::pkcs8::{EncodePrivateKey as _, LineEnding};

/// The key that signed the seeds. Made of a constant: a key in the repository would set off every secret scanner.
fn key() -> &'static PrivateKey {
    static KEY: OnceLock<PrivateKey> = OnceLock::new();
    KEY.get_or_init(|| {
        let secret = SecretKey::from_slice(&[1; 32]).unwrap();
        PrivateKey::from_pem(&secret.to_pkcs8_pem(LineEnding::LF).unwrap()).unwrap()
    })
}

fn subjects() -> Vec<Subject> {
    vec![Subject {
        name: "dist/a.whl".to_owned(),
        media_type: "application/zip".to_owned(),
        digests: vec![Digest::from_sha256([7; 32])],
        size: Some(3),
        properties: Vec::new(),
    }]
}

pub(super) fn bundle(bytes: &[u8]) {
    let subjects = subjects();
    let statement = ExpectedStatement { subjects: &subjects, predicate_types: &[SCAN_PREDICATE], predicate: None };
    let _ = verify_bundle(bytes, key().public(), &Expected::Blob([7; 32].into()));
    let _ = verify_bundle(bytes, key().public(), &Expected::Statement(statement));
    foreign(bytes);
}

/// The same bytes as somebody else's bundle, by key and by identity.
fn foreign(bytes: &[u8]) {
    static ROOT: OnceLock<TrustRoot> = OnceLock::new();
    let root = ROOT.get_or_init(|| TrustRoot::embedded().unwrap());
    let any = || Pattern::expression(".*").unwrap();
    let anybody = Signer::Identity(Identity { identity: any(), issuer: any() });
    for signer in [Signer::Key(key().public().clone()), anybody] {
        let _ = judge(bytes, &Seven, &signer, Some(root));
    }
    let _ = peek(bytes);
    let _ = claimed(bytes);
    let _ = foreign::decode(bytes);
}

/// The file that the seeds are about.
struct Seven;

impl Artifact for Seven {
    fn digest(&self, algorithm: &str) -> Result<Digest, String> {
        if algorithm == "sha256" { Ok(Digest::from_sha256([7; 32])) } else { Err("not known".to_owned()) }
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("not known".to_owned())
    }
}

pub(super) fn envelope(bytes: &[u8]) {
    let subjects = subjects();
    let expected = ExpectedStatement { subjects: &subjects, predicate_types: &[SCAN_PREDICATE], predicate: None };
    let _ = verify_envelope(bytes, key().public(), &expected);
}

pub(super) fn statement(bytes: &[u8]) {
    let _ = decode(bytes);
}

pub(super) fn pem(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = PrivateKey::from_pem(text);
    if let Ok(key) = PublicKey::from_pem(text) {
        assert_eq!(PublicKey::from_pem(key.to_pem()).unwrap().key_id(), key.key_id());
    }
}
