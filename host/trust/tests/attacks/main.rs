//! Recorded bundles (tests/fixtures/sigstore) as they are, and with one thing wrong: each is refused, for the right reason.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "an integration test is all test, but clippy sees its helper functions as code"
)]
#![cfg(feature = "keyless")]

mod changes;
mod entries;

use std::path::{Path, PathBuf};

use chiron_model::digest::Digest;
use chiron_trust::PublicKey;
use chiron_trust::judge::{Artifact, Identity, JudgeError, Pattern, Signed, SignedBy, Signer, TrustRoot, judge};
use chiron_trust::key::{Algorithm, generate};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use sigstore_types::SignatureBytes;

use changes::{CHANGES, Change};

const IDENTITY: &str = "https://ci.example.test/org/repo/.github/workflows/release.yml@refs/heads/main";
const ISSUER: &str = "https://oidc.example.test";

/// What is signed in every recording.
struct Held(Vec<u8>);

impl Artifact for Held {
    fn digest(&self, algorithm: &str) -> Result<Digest, String> {
        let hex = match algorithm {
            "sha256" => hex::encode(Sha256::digest(&self.0)),
            "sha384" => hex::encode(Sha384::digest(&self.0)),
            _ => hex::encode(Sha512::digest(&self.0)),
        };
        Digest::new(algorithm, &hex).map_err(|error| error.to_string())
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Ok(self.0.clone())
    }
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/sigstore").join(name)
}

fn bundle(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(path(&format!("{name}.sigstore.json"))).unwrap()).unwrap()
}

fn root() -> TrustRoot {
    TrustRoot::load(&path("trusted_root.json")).unwrap()
}

fn key() -> Signer {
    Signer::Key(PublicKey::load(&path("key.pub")).unwrap())
}

fn by(identity: &str, issuer: &str) -> Signer {
    let exact = |text: &str| Pattern::Exact(text.to_owned());
    Signer::Identity(Identity { identity: exact(identity), issuer: exact(issuer) })
}

fn judged(bundle: &Value, signer: &Signer) -> Result<Signed, JudgeError> {
    judge(&serde_json::to_vec(bundle).unwrap(), &Held(b"a wheel\n".to_vec()), signer, Some(&root()))
}

/// Fails unless the bundle is refused with these words.
#[track_caller]
fn refused(what: &str, result: Result<Signed, JudgeError>, reason: &str) {
    match result {
        Ok(signed) => panic!("{what} was ACCEPTED: {signed:?}"),
        Err(error) => assert!(error.to_string().contains(reason), "{what}: expected {reason:?}, said: {error}"),
    }
}

/// Base64 text with one bit of one byte changed.
fn flip(value: &mut Value, byte: usize) {
    let mut bytes = SignatureBytes::from_base64(value.as_str().unwrap()).unwrap().into_bytes();
    let at = byte % bytes.len();
    bytes[at] ^= 1;
    *value = json!(SignatureBytes::new(bytes));
}

#[test]
fn recordings_are_accepted_as_they_are() {
    for name in ["blob-v1", "blob-v1-tsa", "blob-v2", "provenance-v1", "provenance-v2", "provenance-v2-dsse", "denied"]
    {
        let signed = judged(&bundle(name), &by(IDENTITY, ISSUER)).unwrap_or_else(|error| panic_with(name, &error));
        assert!(signed.logged && !signed.times.is_empty(), "{name}");
        assert!(matches!(&signed.by, SignedBy::Identity { identity, .. } if identity == IDENTITY));
    }
    let logged = judged(&bundle("key-logged"), &key()).unwrap();
    assert!(logged.logged && logged.times.len() == 1);
    let stamped = judged(&bundle("key-stamped"), &key()).unwrap();
    assert!(!stamped.logged && stamped.times.len() == 1);
    // A log of version 2 says no time.
    let envelope = judged(&bundle("key-v2-dsse"), &key()).unwrap();
    assert!(envelope.logged && envelope.times.is_empty());
}

fn panic_with(name: &str, error: &JudgeError) -> Signed {
    panic!("{name}: {error}")
}

#[test]
fn the_wrong_signer_is_refused() {
    let blob = bundle("blob-v1");
    let expression = |identity: &str, issuer: &str| {
        let pattern = |text: &str| Pattern::expression(text).unwrap();
        Signer::Identity(Identity { identity: pattern(identity), issuer: pattern(issuer) })
    };
    assert!(judged(&blob, &expression("https://ci\\.example\\.test/org/.*", "https://oidc\\..*")).is_ok());
    for (signer, reason) in [
        (by("https://ci.example.test/org/repo", ISSUER), "signed by `https://ci.example.test/org/repo/"),
        (by(&IDENTITY.to_uppercase(), ISSUER), "expected `HTTPS"),
        (by(IDENTITY, "https://oidc.example.test/"), "vouched for by `https://oidc.example.test`"),
        (by("", ISSUER), "signed by"),
        (expression("https://ci.example.test/org", ".*"), "from beginning to end"),
        (expression("repo", ".*"), "from beginning to end"),
        (expression(".*", "oidc"), "vouched for by"),
        (key(), "an identity and its issuer are needed"),
    ] {
        refused("another signer", judged(&blob, &signer), reason);
    }
    refused(
        "a key's bundle by identity",
        judged(&bundle("key-logged"), &by(IDENTITY, ISSUER)),
        "the public key is needed",
    );
    let other = Signer::Key(generate(Algorithm::P256, None).unwrap().public);
    refused("another key", judged(&bundle("key-logged"), &other), "does not verify with this key");
}

#[test]
fn another_trust_root_is_refused() {
    let other = TrustRoot::load(&path("other_root.json")).unwrap();
    let public = TrustRoot::embedded().unwrap();
    let held = Held(b"a wheel\n".to_vec());
    for name in ["blob-v1", "blob-v2", "provenance-v1", "provenance-v2", "provenance-v2-dsse"] {
        let json = serde_json::to_vec(&bundle(name)).unwrap();
        for root in [&other, &public] {
            assert!(judge(&json, &held, &by(IDENTITY, ISSUER), Some(root)).is_err(), "{name}");
        }
        refused(name, judge(&json, &held, &by(IDENTITY, ISSUER), None), "no trust root was given");
    }
    for name in ["key-logged", "key-stamped", "key-v2-dsse"] {
        let json = serde_json::to_vec(&bundle(name)).unwrap();
        assert!(judge(&json, &held, &key(), Some(&other)).is_err(), "{name}");
        refused(name, judge(&json, &held, &key(), None), "no trust root was given");
    }
}

#[test]
fn another_file_is_refused() {
    for name in ["blob-v1", "blob-v2", "provenance-v1", "provenance-v2", "provenance-v2-dsse"] {
        let json = serde_json::to_vec(&bundle(name)).unwrap();
        let result = judge(&json, &Held(b"another wheel\n".to_vec()), &by(IDENTITY, ISSUER), Some(&root()));
        assert!(result.is_err(), "{name}");
    }
    let json = serde_json::to_vec(&bundle("key-logged")).unwrap();
    refused("a key's", judge(&json, &Held(b"x".to_vec()), &key(), Some(&root())), "about a file with the digest");
    let mut silent = bundle("key-logged");
    silent["messageSignature"].as_object_mut().unwrap().remove("messageDigest");
    let json = serde_json::to_vec(&silent).unwrap();
    refused("silent", judge(&json, &Held(b"x".to_vec()), &key(), Some(&root())), "does not verify with this key");
}

#[test]
fn statements_that_bind_nothing_or_something_else_are_refused() {
    for (name, reason) in [
        ("other-subject", "the statement is about `artifact.txt`, and not about this file"),
        ("no-subject", "has no subject"),
        ("repeated-subject", "stands twice"),
        ("payload-type", "the payload type is `application/json`"),
    ] {
        refused(name, judged(&bundle(name), &by(IDENTITY, ISSUER)), reason);
    }
}

#[test]
fn a_clock_far_off_is_refused() {
    for (name, reason) in [
        ("after-expiry", "it had expired when it signed"),
        ("before-validity", "it was not valid yet when it signed"),
        ("in-the-future", "future"),
    ] {
        refused(name, judged(&bundle(name), &by(IDENTITY, ISSUER)), reason);
    }
}

fn entry(bundle: &mut Value) -> &mut Value {
    &mut bundle["verificationMaterial"]["tlogEntries"][0]
}

fn remove(value: &mut Value, key: &str) {
    value.as_object_mut().unwrap().remove(key).unwrap();
}

#[test]
fn one_thing_wrong_is_enough() {
    for (what, name, change, reason) in CHANGES {
        let mut changed = bundle(name);
        change(&mut changed);
        assert_ne!(changed, bundle(name), "{what}: nothing was changed");
        refused(what, judged(&changed, &by(IDENTITY, ISSUER)), reason);
    }
}

#[test]
fn a_key_answers_for_what_stands_in_its_bundle() {
    let changes: [(&str, &str, Change, &str); 7] = [
        (
            "a tampered SET",
            "key-logged",
            |b| flip(&mut entry(b)["inclusionPromise"]["signedEntryTimestamp"], 20),
            "log entry",
        ),
        (
            "a tampered body",
            "key-logged",
            |b| flip(&mut entry(b)["canonicalizedBody"], 40),
            "the transparency log entry",
        ),
        ("the entry of another", "key-logged", |b| *entry(b) = entry(&mut bundle("blob-v1")).clone(), "log entry"),
        (
            "a timestamp of another",
            "key-stamped",
            |b| {
                b["verificationMaterial"]["timestampVerificationData"] =
                    bundle("blob-v2")["verificationMaterial"]["timestampVerificationData"].clone();
            },
            "time",
        ),
        (
            "a witness under a name that nobody reads",
            "key-logged",
            |b| {
                let entries = b["verificationMaterial"]["tlogEntries"].take();
                b["verificationMaterial"]["tlog_entries"] = entries;
            },
            "does not know",
        ),
        (
            "another sort of timestamp",
            "key-stamped",
            |b| b["verificationMaterial"]["timestampVerificationData"] = json!({ "other": ["AAAA"] }),
            "does not know",
        ),
        ("another signature", "key-stamped", |b| flip(&mut b["messageSignature"]["signature"], 20), "does not verify"),
    ];
    for (what, name, change, reason) in changes {
        let mut changed = bundle(name);
        change(&mut changed);
        refused(what, judged(&changed, &key()), reason);
    }
    // What is taken away proves less, and nothing wrong.
    let mut bare = bundle("key-logged");
    bare["verificationMaterial"]["tlogEntries"] = json!([]);
    assert!(!judged(&bare, &key()).unwrap().logged);
}

#[test]
fn huge_and_deep_and_ambiguous_json_is_refused_before_it_is_read() {
    let held = Held(Vec::new());
    let text = serde_json::to_string(&bundle("blob-v1")).unwrap();
    for (what, json, reason) in [
        ("huge", " ".repeat(17 * 1024 * 1024), "at most"),
        ("deep", "{\"a\":".repeat(100_000), "nested deeper"),
        ("twice", text.replacen('{', "{\"mediaType\":\"x\",", 1), "stands twice"),
        ("more", format!("{text}{text}"), "not JSON"),
        ("nothing", String::new(), "not JSON"),
        ("a list", "[]".to_owned(), "not an object"),
        (
            "many entries",
            text.replace("\"tlogEntries\":[", &format!("\"tlogEntries\":[{}", "{},".repeat(17))),
            "at most 16",
        ),
    ] {
        refused(what, judge(json.as_bytes(), &held, &by(IDENTITY, ISSUER), Some(&root())), reason);
    }
}

#[test]
fn any_bit_of_what_was_signed_counts() {
    // Every byte of the values that are signed or prove something, one after another.
    let places: [(&str, &str); 4] = [
        ("blob-v1", "/messageSignature/signature"),
        ("blob-v1", "/verificationMaterial/tlogEntries/0/inclusionPromise/signedEntryTimestamp"),
        ("provenance-v1", "/dsseEnvelope/payload"),
        ("provenance-v1", "/verificationMaterial/tlogEntries/0/canonicalizedBody"),
    ];
    for (name, pointer) in places {
        for byte in (0..400).step_by(13) {
            let mut changed = bundle(name);
            flip(changed.pointer_mut(pointer).unwrap(), byte);
            assert!(judged(&changed, &by(IDENTITY, ISSUER)).is_err(), "{name} {pointer} {byte}");
        }
    }
}
