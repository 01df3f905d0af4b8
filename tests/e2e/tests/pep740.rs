//! Attestations of PEP 740: recorded ones are judged as PyPI's reader judges them, and each can be turned into a bundle and back.

use chiron_e2e::pypi::{asked, judge, recorded};
use chiron_e2e::{Ended, Folder, osv, pipeline, wheel};
use serde_json::Value;

const SDIST: &str = "pypi_attestations-0.0.19.tar.gz";
const SLSA: &str = "pypi_attestations-0.0.19.tar.gz.slsa.attestation";
const WHEEL: &str = "rfc8785-0.1.2-py3-none-any.whl";
const PUBLISH: &str = "rfc8785-0.1.2-py3-none-any.whl.publish.attestation";
const IDENTITY: &str =
    "https://github.com/trailofbits/pypi-attestations/.github/workflows/release.yml@refs/tags/v0.0.19";
const ISSUER: &str = "https://token.actions.githubusercontent.com";

/// A folder with recorded files.
fn with(names: &[&str]) -> Folder {
    let work = Folder::new();
    for name in names {
        work.write(name, std::fs::read(recorded(name)).unwrap());
    }
    work
}

fn verify(work: &Folder, file: &str, identity: &str) -> Ended {
    work.chiron(&["verify", file, "--certificate-identity", identity, "--certificate-oidc-issuer", ISSUER, "-v"])
}

#[test]
fn what_pypi_serves_is_evidence_beside_a_file() {
    for evidence in [SLSA, "pypi_attestations-0.0.19.tar.gz.provenance"] {
        let work = with(&[SDIST, evidence]);
        verify(&work, SDIST, IDENTITY).with_code(0).shows(&["signatures  passed", IDENTITY]);
        verify(&work, SDIST, "https://github.com/evil/app").with_code(4).shows(&["FAILED"]);
        // A folder: the attestation is no subject.
        verify(&work, ".", IDENTITY).with_code(0).shows(&["verified: 1 of 1"]);
        // Under another name it is another distribution, whatever its digest.
        work.write("other-1.0.tar.gz", std::fs::read(recorded(SDIST)).unwrap());
        work.write(&evidence.replace("pypi_attestations-0.0.19", "other-1.0"), work.read(evidence));
        verify(&work, "other-1.0.tar.gz", IDENTITY).with_code(4).shows(&["and not about `other-1.0.tar.gz`"]);
        work.write(SDIST, "another sdist");
        verify(&work, SDIST, IDENTITY).with_code(4).shows(&["not about this file"]);
    }
    // By provenance: whom PyPI's publisher is, the certificate says.
    let work = with(&[SDIST, SLSA]);
    let source = ["--provenance", "--source-uri", "https://github.com/trailofbits/pypi-attestations"];
    let identity = ["--certificate-identity", IDENTITY, "--certificate-oidc-issuer", ISSUER];
    let builder = ["--builder-id", IDENTITY];
    let _ = work.chiron(&[&["verify", SDIST][..], &source, &identity, &builder].concat()).with_code(0);
}

#[test]
fn pypis_reader_and_we_say_the_same() {
    let Some(python) = judge() else { return };
    let work = with(&[SDIST, SLSA]);
    let path = |name: &str| work.path(name).to_str().unwrap().to_owned();
    let theirs = |identity: &str| asked(&python, &["verify", &path(SLSA), &path(SDIST), identity, ISSUER]);
    assert!(theirs(IDENTITY).0, "{:?}", theirs(IDENTITY));
    let _ = verify(&work, SDIST, IDENTITY).with_code(0);
    assert!(!theirs("nobody").0);
    let _ = verify(&work, SDIST, "nobody").with_code(4);
    let good: Value = serde_json::from_str(&work.read(SLSA)).unwrap();
    for (pointer, to) in [
        ("/envelope/signature", Value::from("AAAA")),
        ("/version", Value::from(2)),
        ("/verification_material/certificate", Value::from("AAAA")),
        ("/verification_material/transparency_entries", Value::Array(Vec::new())),
        ("/verification_material/transparency_entries/0/logIndex", Value::from("1")),
        ("/verification_material/transparency_entries/0/inclusionPromise/signedEntryTimestamp", Value::from("AAAA")),
    ] {
        let mut changed = good.clone();
        *changed.pointer_mut(pointer).unwrap() = to;
        work.write(SLSA, changed.to_string());
        let their_word = theirs(IDENTITY);
        assert!(!their_word.0, "{pointer}: {}", their_word.1);
        let _ = verify(&work, SDIST, IDENTITY).with_code(4);
    }
}

#[test]
fn a_bundle_becomes_an_attestation_that_pypis_reader_accepts_and_back() {
    let bundle = "rfc8785-0.1.2-py3-none-any.whl.sigstore.json";
    let work = with(&[WHEEL, bundle]);
    work.chiron(&["pep740", "create", WHEEL, "--dry-run"]).with_code(0).says(&["would write", PUBLISH]);
    assert!(!work.has(PUBLISH));
    work.chiron(&["pep740", "create", WHEEL]).with_code(0).says(&["wrote", "nobody verified who signed"]);
    let made: Value = serde_json::from_str(&work.read(PUBLISH)).unwrap();
    let theirs: Value = serde_json::from_slice(&std::fs::read(recorded(PUBLISH)).unwrap()).unwrap();
    assert_eq!(made["envelope"]["statement"], theirs["envelope"]["statement"]);
    let _ = work.chiron(&["pep740", "bundle", PUBLISH, "-o", "back.json"]).with_code(0);
    if let Some(python) = judge() {
        let path = |name: &str| work.path(name).to_str().unwrap().to_owned();
        let (person, issuer) = ("william@yossarian.net", "https://github.com/login/oauth");
        let accepted = asked(&python, &["verify", &path(PUBLISH), &path(WHEEL), person, issuer, "staging"]);
        assert!(accepted.0, "{}", accepted.1);
        // What it makes of our bundle is what we made of the first one, and the other way round.
        let value = |text: &str| serde_json::from_str::<Value>(text).unwrap();
        assert_eq!(value(&asked(&python, &["attest", &path("back.json")]).1), made);
        let mut their_bundle = value(&asked(&python, &["bundle", &path(PUBLISH)]).1);
        // It writes that there is no timestamp; we do not write it.
        let empty = their_bundle["verificationMaterial"].as_object_mut().unwrap().remove("timestampVerificationData");
        assert_eq!(empty, Some(serde_json::json!({ "rfc3161Timestamps": [] })));
        assert_eq!(their_bundle, value(&work.read("back.json")));
    }
    // An identity is held against the signature before anything is written: the staging instance is not the public one.
    std::fs::remove_file(work.path(PUBLISH)).unwrap();
    let asked = ["--certificate-identity", "x", "--certificate-oidc-issuer", "y"];
    work.chiron(&[&["pep740", "create", WHEEL], &asked[..]].concat()).with_code(4).says(&["error:"]);
    assert!(!work.has(PUBLISH));
    let _ = work.chiron(&["pep740", "bundle", WHEEL]).with_code(4);
}

#[test]
fn a_key_makes_no_attestation_and_says_so() {
    let work = Folder::new();
    let name = "dist/demo-2.0-py3-none-any.whl";
    work.database(&[osv::demo()]).write(name, wheel::of("demo", "2.0"));
    work.write("pipeline.toml", pipeline::signed_with("subjects = [\"dist/*.whl\"]", "attest = [\"publish\"]"));
    let _ = work.chiron(&["key", "generate", "release", "--no-password"]).with_code(0);
    let before = work.listing();
    work.chiron(&["run"]).with_code(2).says(&["signs with a key, and the format needs a certificate"]);
    let mut after = work.listing();
    after.retain(|path, _| !path.starts_with("~/"));
    assert!(after.keys().all(|path| before.contains_key(path)), "{:?}", after.keys());
    let _ = work.chiron(&["pep740", "create", name]).with_code(4);
}
