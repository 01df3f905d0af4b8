//! Signers: two wheels, one key, and everything that is signed beside what is written.

use chiron_e2e::{Ended, Folder, keys, osv, wheel};
use p256::pkcs8::EncodePrivateKey as _;
use serde_json::{Value, json};

use crate::hostile::behaviours::Signer;
use crate::hostile::guests;
use crate::running::{failed, heard, run};

fn pem(seed: u8) -> String {
    let key = p256::SecretKey::from_slice(&[seed; 32]).unwrap();
    key.to_pkcs8_pem(Default::default()).unwrap().to_string()
}

fn signer_in(work: &Folder, behaviour: Signer, text: &str, top: &str, more: &str) -> Ended {
    reported(work, behaviour, text, top, more).1
}

fn reported(work: &Folder, behaviour: Signer, text: &str, top: &str, more: &str) -> (Value, Ended) {
    // What denies is what the caller's gate says: without one, the record is about a package that nobody has.
    let package = if more.is_empty() { "nobody" } else { "demo" };
    let record = osv::record("PYSEC-2024-1", package, "2.0", "HIGH").to_string();
    work.database(&[record]).write("release.key", pem(7)).write("hostile.wasm", guests::component("signer"));
    keys::close(&work.path("release.key"));
    work.write("demo-1.0-py3-none-any.whl", wheel::of("demo", "1.0"))
        .write("other-1.0-py3-none-any.whl", wheel::of("other", "1.0"));
    let text = json!(text);
    work.write(
        "pipeline.toml",
        format!(
            "[pipeline]\nname = \"p\"\nsubjects = [\"*.whl\"]\n{top}\n[[step]]\nid = \"sbom\"\nuses = \"cyclonedx\"\n\
             [[step]]\nid = \"osv\"\nuses = \"osv\"\n[[step]]\nid = \"sign\"\nuses = \"./hostile.wasm\"\n\
             with = {{ behaviour = \"{}\", text = {text} }}\nbind = {{ keys = {{ signing = \"release\" }} }}\n\
             [keys.release]\nfile = \"release.key\"\n[databases.default]\npath = \"db\"\n{more}",
            behaviour.word()
        ),
    );
    run(work)
}

fn signer(behaviour: Signer, text: &str) -> (Folder, Ended) {
    let work = Folder::new();
    let ended = signer_in(&work, behaviour, text, "", "");
    (work, ended)
}

fn signed_files(work: &Folder) -> usize {
    work.listing().keys().filter(|name| name.ends_with(".sigstore.json")).count()
}

/// The run fails as unverified, and nothing was written.
#[track_caller]
fn unverified(behaviour: Signer, text: &str, says: &str) {
    let (work, ended) = signer(behaviour, text);
    let ended = ended.with_code(4);
    ended.says(&[says]);
    assert_eq!(signed_files(&work), 0);
}

/// The host signed what it was asked to sign and nothing of what the guest tried beside it.
#[track_caller]
fn nothing_more_is_signed(behaviour: Signer) {
    let (work, ended) = signer(behaviour, "");
    let ended = ended.with_code(0);
    assert!(!ended.stderr.contains("GOT ") && ended.stderr.contains("refused "), "{}", ended.stderr);
    assert_eq!(signed_files(&work), 3);
}

#[test]
fn an_honest_signer_is_heard() {
    let (work, ended) = signer(Signer::Honest, "");
    let _ = ended.with_code(0);
    assert!(work.has("attestations/scan.intoto.sigstore.json") && work.has("demo-1.0-py3-none-any.whl.sigstore.json"));
}

#[test]
fn a_subject_that_is_not_of_this_run_is_not_signed() {
    nothing_more_is_signed(Signer::ForeignSubject);
}

#[test]
fn a_predicate_type_that_was_not_asked_for_is_not_signed() {
    nothing_more_is_signed(Signer::ForeignPredicate);
}

#[test]
fn a_predicate_of_the_guests_own_is_not_signed() {
    nothing_more_is_signed(Signer::ForgePredicate);
}

#[test]
fn a_predicate_that_is_no_json_is_not_signed() {
    nothing_more_is_signed(Signer::BadPredicate);
}

#[test]
fn texts_of_a_signer_reach_nobody_alive() {
    let work = Folder::new();
    let (report, ended) = reported(&work, Signer::Escapes, "", "", "");
    failed(&report, "sign", "reported");
    assert_eq!(ended.code, 6);
    ended.says(&["forged"]);
    heard(&work, &["json", "sarif", "markdown", "junit", "github", "gitlab", "html"]);
    assert_eq!(signed_files(&work), 0);
}

#[test]
fn a_statement_about_nothing_is_not_signed() {
    nothing_more_is_signed(Signer::NoSubjects);
}

#[test]
fn after_a_denial_no_file_is_signed_whatever_the_guest_asks() {
    let work = Folder::new();
    let ended = signer_in(&work, Signer::SignUnasked, "", "", "[gate]\nfail_on = \"high\"\n").with_code(1);
    ended.says(&["asked for 0"]);
    assert!(!ended.stderr.contains("GOT ") && ended.stderr.contains("refused unasked"), "{}", ended.stderr);
    assert_eq!(signed_files(&work), 1);
}

#[test]
fn a_signature_under_another_files_name_is_refused() {
    unverified(Signer::SwapSubjects, "", "does not verify");
}

#[test]
fn a_signer_that_signs_nothing_is_refused() {
    unverified(Signer::Nothing, "", "returned no signature");
}

#[test]
fn bytes_that_are_no_bundle_are_refused() {
    unverified(Signer::Garbage, "", "does not verify");
}

#[test]
fn a_signature_by_another_key_is_refused() {
    let other = Folder::new();
    let _ = signer_in(&other, Signer::Honest, "", "", "").with_code(0);
    let own = other.read("attestations/scan.intoto.sigstore.json");
    let mut bundle: Value = serde_json::from_str(&own).unwrap();
    // The same statement under another key; and the right key's envelope with the other's signature.
    other.write("release.key", pem(9));
    let _ = other.chiron(&["run", "-o", "json=report.json"]).with_code(0);
    let foreign: Value = serde_json::from_str(&other.read("attestations/scan.intoto.sigstore.json")).unwrap();
    bundle["dsseEnvelope"]["signatures"] = foreign["dsseEnvelope"]["signatures"].clone();
    unverified(Signer::Replay, &bundle.to_string(), "does not verify");
    unverified(Signer::Replay, &foreign.to_string(), "does not verify");
}

#[test]
fn a_name_outside_the_folder_is_refused() {
    for name in [
        "../x.sigstore.json",
        "/tmp/x.sigstore.json",
        "sub/x.sigstore.json",
        ".x.sigstore.json",
        "x\u{1b}[31m.sigstore.json",
    ] {
        unverified(Signer::NameOutside, name, "not a plain file name");
    }
}

#[test]
fn a_name_that_others_read_is_refused() {
    unverified(Signer::NameTaken, "pipeline.toml", "not a plain file name");
    let work = Folder::new();
    let name = "demo-1.0-py3-none-any.whl.sigstore.json";
    let ended = signer_in(&work, Signer::NameTaken, name, "attestations = \".\"", "").with_code(4);
    ended.says(&["written to the same file"]);
    assert_eq!(signed_files(&work), 0);
}

#[test]
fn answers_beyond_what_was_asked_are_refused() {
    unverified(Signer::Twice, "", "answers, and 3 were asked for");
}
