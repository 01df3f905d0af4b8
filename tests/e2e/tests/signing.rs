//! Signatures: made by a plugin that never sees the key, judged by openssl.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chiron_e2e::{Folder, keys, osv, pipeline, wheel};
use serde_json::Value;

const WHEEL: &str = "dist/demo-2.0-py3-none-any.whl";
const BUNDLE: &str = "dist/demo-2.0-py3-none-any.whl.sigstore.json";

/// The pipeline over everything in the folder, and a gate.
fn gated() -> String {
    pipeline::SIGNED.replace("dist/*.whl", "dist/*") + "[gate]\nfail_on = \"high\"\n"
}

/// A subject that passes, with a key; None without openssl.
fn folder() -> Option<Folder> {
    if !keys::openssl_is_there() {
        return None;
    }
    let work = Folder::new();
    work.database(&[osv::demo()]).write(WHEEL, wheel::of("demo", "2.0")).write("pipeline.toml", gated());
    keys::make(&work.path("."), "release", "P-256");
    Some(work)
}

/// A subject that is denied.
fn vulnerable() -> Option<Folder> {
    let work = folder()?;
    std::fs::remove_file(work.path(WHEEL)).unwrap();
    work.write("dist/demo-1.0-py3-none-any.whl", wheel::of("demo", "1.0"));
    Some(work)
}

fn attestations(work: &Folder) -> Vec<String> {
    work.listing().into_keys().filter(|path| path.starts_with("attestations/") && path.ends_with(".json")).collect()
}

fn bytes(value: &Value) -> Vec<u8> {
    STANDARD.decode(value.as_str().unwrap()).unwrap()
}

/// `DSSEv1 LEN TYPE LEN BODY`, as the DSSE specification has it.
fn pae(kind: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("DSSEv1 {} {kind} {} ", kind.len(), body.len());
    [head.as_bytes(), body].concat()
}

/// Fails unless openssl says that the signature is the key's.
fn verified(work: &Folder, key: &str, signature: &[u8], file: &Path) {
    work.write("signature", signature);
    keys::must(
        &work.path("."),
        &["dgst", "-sha256", "-verify", key, "-signature", "signature", file.to_str().unwrap()],
    );
}

#[test]
fn the_bundle_beside_a_subject_verifies_with_openssl() {
    let Some(work) = folder() else { return };
    let ended = work.chiron(&["run"]).with_code(0);
    ended.says(&["signed", "sigstore.json"]);
    let bundle: Value = serde_json::from_str(&work.read(BUNDLE)).unwrap();
    assert!(bundle["mediaType"].as_str().unwrap().starts_with("application/vnd.dev.sigstore.bundle"));
    let signature = bytes(&bundle["messageSignature"]["signature"]);
    verified(&work, "release.pub", &signature, &work.path(WHEEL));
    let digest = keys::openssl(&work.path("."), &["dgst", "-sha256", "-binary", WHEEL]).stdout;
    assert_eq!(bytes(&bundle["messageSignature"]["messageDigest"]["digest"]), digest);
}

#[test]
fn the_statement_about_the_run_verifies_with_openssl_and_names_its_subjects() {
    let Some(work) = folder() else { return };
    let _ = work.chiron(&["run", "-o", "json=r.json"]).with_code(0);
    let files = attestations(&work);
    assert_eq!(files.len(), 1, "{files:?}");
    let bundle: Value = serde_json::from_str(&work.read(&files[0])).unwrap();
    let envelope = &bundle["dsseEnvelope"];
    let body = bytes(&envelope["payload"]);
    assert_eq!(envelope["payloadType"], "application/vnd.in-toto+json");
    work.write("pae", pae("application/vnd.in-toto+json", &body));
    verified(&work, "release.pub", &bytes(&envelope["signatures"][0]["sig"]), &work.path("pae"));
    let statement: Value = serde_json::from_slice(&body).unwrap();
    let report: Value = serde_json::from_str(&work.read("r.json")).unwrap();
    let digest = report["subjects"][0]["digests"][0].as_str().unwrap().strip_prefix("sha256:").unwrap();
    assert_eq!(statement["_type"], "https://in-toto.io/Statement/v1");
    assert_eq!(statement["subject"][0]["digest"]["sha256"], digest);
}

#[test]
fn after_a_denial_only_the_statement_is_signed_unless_always() {
    let Some(work) = vulnerable() else { return };
    let _ = work.chiron(&["run"]).with_code(1);
    assert!(!work.has("dist/demo-1.0-py3-none-any.whl.sigstore.json"));
    assert_eq!(attestations(&work).len(), 1);
    work.write("pipeline.toml", gated().replace("uses = \"cosign\"", "uses = \"cosign\"\nwhen = \"always\""));
    let _ = work.chiron(&["run"]).with_code(1);
    assert!(work.has("dist/demo-1.0-py3-none-any.whl.sigstore.json"));
}

#[test]
fn a_key_that_cannot_be_used_is_6_with_its_reason_and_nothing_is_written() {
    let Some(work) = folder() else { return };
    let folder = work.path(".");
    keys::make(&folder, "p384", "P-384");
    keys::must(&folder, &["genpkey", "-algorithm", "ED448", "-out", "ed448.key"]);
    keys::must(&folder, &["pkcs8", "-topk8", "-in", "release.key", "-passout", "pass:secret", "-out", "encrypted.key"]);
    work.write("garbage.key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
        .write("text.key", "hunter2")
        .write("open.key", work.read("release.key"));
    for file in ["garbage.key", "text.key"] {
        keys::close(&work.path(file));
    }
    for (file, reason) in [
        ("p384.key", "P-384"),
        ("ed448.key", "Ed448"),
        ("encrypted.key", "encrypted"),
        ("open.key", "open to other users"),
        ("garbage.key", "damaged"),
        ("text.key", "PEM"),
        ("missing.key", "missing.key"),
        ("release.pub", "public key"),
    ] {
        work.write("pipeline.toml", gated().replace("release.key", file));
        let before = work.listing();
        let ended = work.chiron(&["run", "-o", "json"]).with_code(6);
        ended.says(&["the key `release` cannot be used", reason]);
        assert!(!ended.stderr.contains("hunter2") && !ended.stdout.contains("hunter2"), "{file}");
        assert_eq!(work.listing(), before, "{file}");
    }
}

#[test]
fn a_key_from_the_environment_signs_the_same() {
    let Some(work) = folder() else { return };
    work.write("pipeline.toml", gated().replace("file = \"release.key\"", "env = \"RELEASE_KEY\""));
    let pem = work.read("release.key");
    std::fs::remove_file(work.path("release.key")).unwrap();
    work.chiron(&["run", "-o", "json"]).with_code(6).says(&["RELEASE_KEY"]);
    let _ = work.chiron_with(&[("RELEASE_KEY", &pem)], &["run"]).with_code(0);
    let bundle: Value = serde_json::from_str(&work.read(BUNDLE)).unwrap();
    verified(&work, "release.pub", &bytes(&bundle["messageSignature"]["signature"]), &work.path(WHEEL));
}

#[test]
fn no_output_holds_a_byte_of_the_key() {
    let Some(work) = folder() else { return };
    let before = work.listing();
    let outputs = ["run", "-vvv", "-o", "table", "-o", "json=r.json", "-o", "cyclonedx-json=c.json"];
    let ended = work.chiron(&outputs).with_code(0);
    keys::must(&work.path("."), &["pkey", "-in", "release.key", "-outform", "DER", "-out", "der"]);
    // SEC 1: the private scalar is an octet string of 32 bytes behind the version 1.
    let der = std::fs::read(work.path("der")).unwrap();
    let place = der.windows(5).position(|window| window == [2, 1, 1, 4, 32]).unwrap() + 5;
    let scalar = &der[place..place + 32];
    let hex: String = scalar.iter().map(|byte| format!("{byte:02x}")).collect();
    let pem = String::from_utf8(before["release.key"].clone()).unwrap();
    let line = pem.lines().nth(1).unwrap().to_owned();
    let mut written = work.listing();
    written.retain(|path, _| !before.contains_key(path) && path != "der");
    assert!(written.len() >= 4, "{:?}", written.keys());
    written.insert("stdout".to_owned(), ended.stdout.into_bytes());
    written.insert("stderr".to_owned(), ended.stderr.into_bytes());
    for (path, bytes) in written {
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        assert!(!bytes.windows(16).any(|window| window == &scalar[..16]), "{path}");
        assert!(!text.contains(&hex[..32]) && !text.contains(&line.to_lowercase()), "{path}");
        assert!(!text.contains(&STANDARD.encode(&scalar[..30]).to_lowercase()), "{path}");
    }
}

#[test]
fn bundles_are_no_subjects_of_the_next_run() {
    let Some(work) = folder() else { return };
    let run = || work.chiron(&["run", "-o", "json"]).with_code(0).json();
    let first = run();
    assert!(work.has(BUNDLE));
    let second = run();
    assert_eq!(first["subjects"], second["subjects"]);
    assert_eq!(first["subjects"].as_array().unwrap().len(), 1);
    assert!(!work.has(&format!("{BUNDLE}.sigstore.json")));
}

#[test]
fn a_run_that_cannot_judge_signs_no_subject() {
    let Some(work) = folder() else { return };
    let _ = work.chiron(&["run", "--db", "nowhere"]).with_code(6);
    assert!(!work.has(BUNDLE));
}
