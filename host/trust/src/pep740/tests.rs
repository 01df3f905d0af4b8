use serde_json::Value;

use super::*;
use crate::bundle::{bundle_blob, bundle_statement};
use crate::judge::{Artifact, Identity, Pattern, Signed, SignedContent, Signer, TrustRoot, judge};
use crate::sample;

const WHEEL: &str = "rfc8785-0.1.2-py3-none-any.whl";
const SDIST: &str = "pypi_attestations-0.0.19.tar.gz";

fn recorded(name: &str) -> Vec<u8> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/fixtures/pep740/");
    std::fs::read(format!("{folder}{name}")).unwrap()
}

struct File(Vec<u8>);

impl Artifact for File {
    fn digest(&self, algorithm: &str) -> Result<chiron_model::digest::Digest, String> {
        assert_eq!(algorithm, "sha256");
        Ok(chiron_model::digest::Digest::sha256_of(&self.0))
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Ok(self.0.clone())
    }
}

fn judged(bundle: &[u8], file: &str, identity: &str, issuer: &str) -> Result<Signed, JudgeError> {
    let who = Identity { identity: Pattern::expression(identity).unwrap(), issuer: Pattern::Exact(issuer.to_owned()) };
    // The wheel was recorded at Sigstore's staging instance.
    let root = match file {
        WHEEL => TrustRoot::from_json(sigstore_verify::trust_root::SIGSTORE_STAGING_TRUSTED_ROOT.as_bytes()),
        _ => TrustRoot::embedded(),
    };
    judge(bundle, &File(recorded(file)), &Signer::Identity(who), Some(&root.unwrap()))
}

fn sha256(file: &str) -> String {
    chiron_model::digest::Digest::sha256_of(&recorded(file)).hex().to_owned()
}

#[test]
fn what_is_published_is_a_bundle_that_holds() {
    let github = "https://token.actions.githubusercontent.com";
    let workflow = "https://github.com/trailofbits/pypi-attestations/.github/workflows/release.yml@.*";
    for (name, file, identity, issuer, word) in [
        (
            "rfc8785-0.1.2-py3-none-any.whl.publish.attestation",
            WHEEL,
            ".*",
            "https://github.com/login/oauth",
            "publish",
        ),
        ("pypi_attestations-0.0.19.tar.gz.provenance", SDIST, workflow, github, "publish"),
        ("pypi_attestations-0.0.19.tar.gz.slsa.attestation", SDIST, workflow, github, "slsa"),
    ] {
        let found = bundles(&recorded(name)).unwrap().unwrap();
        assert_eq!(found.len(), 1, "{name}");
        let signed = judged(&found[0], file, identity, issuer).unwrap();
        let SignedContent::Statement(statement) = signed.content else { panic!("{name}") };
        assert_eq!(holds_for(&statement, file), Ok(word), "{name}");
        assert!(matches!(holds_for(&statement, "other-1.0.tar.gz"), Err(Pep740Error::Name { .. })), "{name}");
        assert!(judged(&found[0], file, "nobody", issuer).is_err(), "{name}");
    }
}

#[test]
fn a_bundle_and_an_attestation_are_one_another() {
    let bundle = recorded("rfc8785-0.1.2-py3-none-any.whl.sigstore.json");
    let made = from_bundle(&bundle, WHEEL, &sha256(WHEEL)).unwrap();
    let back = bundles(&made).unwrap().unwrap();
    let value = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap();
    let (mut first, second) = (value(&bundle), value(&back[0]));
    // No reader looks at the number of a key that the certificate names.
    first["dsseEnvelope"]["signatures"][0].as_object_mut().unwrap().remove("keyid");
    assert_eq!(first, second);
    let theirs = value(&recorded("rfc8785-0.1.2-py3-none-any.whl.publish.attestation"));
    assert_eq!(
        value(
            &from_bundle(&bundles(&serde_json::to_vec(&theirs).unwrap()).unwrap().unwrap()[0], WHEEL, &sha256(WHEEL))
                .unwrap()
        ),
        theirs
    );
}

#[test]
fn what_the_format_cannot_say_is_refused() {
    let bundle = recorded("rfc8785-0.1.2-py3-none-any.whl.sigstore.json");
    let sha256 = sha256(WHEEL);
    let refused = |bytes: &[u8], file: &str, sha256: &str| from_bundle(bytes, file, sha256).unwrap_err();
    assert_eq!(refused(&bundle, WHEEL, &"0".repeat(64)), Pep740Error::Digest);
    assert!(matches!(refused(&bundle, "rfc8785-0.1.3-py3-none-any.whl", &sha256), Pep740Error::Name { .. }));
    assert!(matches!(refused(&bundle, "rfc8785.exe", &sha256), Pep740Error::Distribution(_)));
    let blob = bundle_blob(&sample::key(), sample::FILE_SHA256).unwrap();
    let statement = bundle_statement(&sample::key(), &sample::statement()).unwrap();
    for bytes in [blob, statement] {
        assert!(refused(&bytes, WHEEL, &sha256).to_string().contains("a key signed it"));
    }
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut value: Value = serde_json::from_slice(&bundle).unwrap();
        change(&mut value);
        refused(&serde_json::to_vec(&value).unwrap(), WHEEL, &sha256).to_string()
    };
    let entries = "/verificationMaterial/tlogEntries";
    for (text, change) in [
        (
            "0 log entries",
            &(|value: &mut Value| *value.pointer_mut(entries).unwrap() = json!([])) as &dyn Fn(&mut Value),
        ),
        ("2 log entries", &|value| {
            let entry = value.pointer(&format!("{entries}/0")).unwrap().clone();
            value.pointer_mut(entries).unwrap().as_array_mut().unwrap().push(entry);
        }),
        ("no promise", &|value| {
            value.pointer_mut(&format!("{entries}/0")).unwrap().as_object_mut().unwrap().remove("inclusionPromise");
        }),
        ("2 files", &|value| {
            payload(value, &|statement| {
                let mut other = statement["subject"][0].clone();
                other["name"] = json!("other-1.0.tar.gz");
                statement["subject"].as_array_mut().unwrap().push(other);
            })
        }),
        ("predicate type", &|value| {
            payload(value, &|statement| statement["predicateType"] = json!("https://example.com/"))
        }),
        ("Statement v1", &|value| {
            payload(value, &|statement| statement["_type"] = json!("https://in-toto.io/Statement/v0.1"))
        }),
    ] {
        assert!(changed(change).contains(text), "{text}: {}", changed(change));
    }
}

fn payload(bundle: &mut Value, change: &dyn Fn(&mut Value)) {
    let place = bundle.pointer_mut("/dsseEnvelope/payload").unwrap();
    let mut statement = serde_json::from_slice(&STANDARD.decode(place.as_str().unwrap()).unwrap()).unwrap();
    change(&mut statement);
    *place = json!(STANDARD.encode(serde_json::to_vec(&statement).unwrap()));
}

#[test]
fn what_is_no_attestation_says_why() {
    let attestation = recorded("rfc8785-0.1.2-py3-none-any.whl.publish.attestation");
    let changed = |pointer: &str, to: Value| {
        let mut value: Value = serde_json::from_slice(&attestation).unwrap();
        *value.pointer_mut(pointer).unwrap() = to;
        bundles(&serde_json::to_vec(&value).unwrap()).unwrap().unwrap_err().to_string()
    };
    for (pointer, to, says) in [
        ("/version", json!(2), "`version` is not 1"),
        ("/envelope", json!([]), "`envelope` is not an object"),
        ("/envelope/statement", json!(1), "`statement` is not a text"),
        ("/envelope/signature", json!("%"), "`signature` is not base64"),
        ("/verification_material/certificate", json!("%"), "`certificate` is not base64"),
        ("/verification_material/transparency_entries", json!([]), "`transparency_entries` is empty"),
    ] {
        assert!(changed(pointer, to).contains(says), "{pointer}");
    }
    let empty = br#"{"version":1,"attestation_bundles":[]}"#;
    assert!(bundles(empty).unwrap().unwrap_err().to_string().contains("holds no attestation"));
    assert!(bundles(b"{}").is_none() && bundles(b"x").is_none());
    // Doubled keys are read differently by different readers: nobody reads this as an attestation.
    assert!(bundles(br#"{"version":1,"version":1,"envelope":{}}"#).is_none());
}
