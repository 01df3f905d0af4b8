//! `chiron attest -- COMMAND`: what a command was run on and what it made, signed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chiron_e2e::{Ended, Folder};
use serde_json::Value;

fn folder() -> Folder {
    let work = Folder::new();
    work.write("src/a.txt", "a");
    let _ = work.chiron(&["key", "generate", "release", "--no-password"]).with_code(0);
    work
}

fn attest(work: &Folder, more: &[&str], script: &str) -> Ended {
    let fixed = ["attest", "--key", "release.key", "--material", "src", "--product", "dist"];
    work.chiron(&[&fixed[..], more, &["--", "sh", "-c", script]].concat())
}

#[test]
fn what_a_command_made_is_signed_with_what_it_was_made_of() {
    let work = folder();
    let make = "mkdir dist && cp src/a.txt dist/b.txt && echo made";
    attest(&work, &[], make).with_code(0).says(&["signed for 1 files"]);
    let bundle: Value = serde_json::from_str(&work.read("build.link.sigstore.json")).unwrap();
    let payload = STANDARD.decode(bundle["dsseEnvelope"]["payload"].as_str().unwrap()).unwrap();
    let statement: Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!(statement["predicateType"], "https://in-toto.io/attestation/link/v0.3");
    assert_eq!(statement["subject"][0]["name"], "dist/b.txt");
    let predicate = &statement["predicate"];
    assert_eq!(predicate["materials"][0]["name"], "src/a.txt");
    assert_eq!(predicate["materials"][0]["digest"]["sha256"], statement["subject"][0]["digest"]["sha256"]);
    assert_eq!(predicate["command"][2], make);
    assert_eq!(predicate["byproducts"]["return-value"], 0);
    assert_eq!(predicate["environment"], serde_json::json!({}));
    let verify = ["verify", "dist/b.txt", "--key", "release.pub", "--bundle", "build.link.sigstore.json"];
    let _ = work.chiron(&[&verify[..], &["--type", "https://in-toto.io/attestation/link/v0.3"]].concat()).with_code(0);
    work.write("dist/b.txt", "changed");
    let _ = work.chiron(&verify).with_code(4);
}

#[test]
fn what_failed_or_made_nothing_is_not_signed() {
    let work = folder();
    let unsigned = |ended: Ended, code: i32, reason: &str| {
        ended.with_code(code).says(&[reason]);
        assert!(!work.has("build.link.sigstore.json"));
    };
    unsigned(attest(&work, &[], "exit 3"), 1, "ended with 3");
    unsigned(attest(&work, &[], "kill -9 $$"), 1, "ended by a signal");
    unsigned(attest(&work, &[], "true"), 74, "failed to read dist");
    unsigned(attest(&work, &[], "mkdir dist"), 5, "made nothing");
    unsigned(attest(&work, &["--dry-run"], "touch dist/x"), 0, "would run sh");
    assert!(!work.has("dist/x"));
    unsigned(
        work.chiron(&["attest", "--key", "release.key", "--product", "dist", "--", "no-such-program"]),
        74,
        "failed to run",
    );
    unsigned(
        work.chiron(&["attest", "--key", "release.pub", "--product", "dist", "--", "true"]),
        2,
        "this is a public key",
    );
}
