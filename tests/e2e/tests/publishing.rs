//! PEP 740 end to end: what a keyless run writes beside wheels and source distributions PyPI's reader accepts, and so do we; what
//! that reader signs we accept, and what the format does not allow we both refuse.

use chiron_e2e::pypi::{asked, judge};
use chiron_e2e::services::{Between, IDENTITY, ISSUER, Lie, Services, no_token, services, token};
use chiron_e2e::sigstore::signed_by_python;
use chiron_e2e::{Ended, Folder, osv, shared};
use serde_json::{Value, json};

const WHEEL: &str = "dist/six-1.17.0-py2.py3-none-any.whl";
const SDIST: &str = "dist/six-1.16.0.tar.gz";
const BY: [&str; 4] = ["--certificate-identity", IDENTITY, "--certificate-oidc-issuer", ISSUER];

fn pipeline() -> String {
    "[pipeline]\nname = \"release\"\nsubjects = [\"dist/*.whl\", \"dist/*.tar.gz\"]\nattest = [\"publish\"]\n\
     [[step]]\nid = \"sbom\"\nuses = \"cyclonedx\"\n[[step]]\nid = \"scan\"\nuses = \"osv\"\n\
     [[step]]\nid = \"sign\"\nuses = \"cosign\"\n[step.bind]\nkeys.signing = \"release\"\n\
     [databases.main]\npath = \"db\"\n[keys.release.keyless]\nsigning_config = \"signing_config.json\"\n\
     trusted_root = \"trusted_root.json\"\nplaintext_unsafe = true\nprivate_addresses = true\nproxy = \"none\"\n"
        .to_owned()
}

/// A folder with a real wheel, a real source distribution, and services that they are published with.
fn folder(services: &Services, config: &str) -> Option<Folder> {
    let work = Folder::new();
    work.database(&[osv::demo()]).write("pipeline.toml", pipeline());
    for file in [WHEEL, SDIST] {
        let name = file.strip_prefix("dist/").unwrap();
        work.write(file, std::fs::read(shared::path(&format!("data/wheelhouse-small/{name}"))?).unwrap());
    }
    work.write("trusted_root.json", std::fs::read(services.root()).unwrap()).write("signing_config.json", config);
    Some(work)
}

fn run(work: &Folder, token: &str) -> Ended {
    let ended = work.chiron_with(&[("SIGSTORE_ID_TOKEN", token)], &["run", "-v"]);
    no_token(work, &ended, token, &[]);
    ended
}

fn attestation(file: &str) -> String {
    format!("{file}.publish.attestation")
}

/// What PyPI's reader says of an attestation about a file.
fn theirs(work: &Folder, evidence: &str, file: &str, identity: &str) -> (bool, String) {
    let path = |name: &str| work.path(name).to_str().unwrap().to_owned();
    let (evidence, file, root) = (path(evidence), path(file), path("trusted_root.json"));
    asked(&judge().unwrap(), &["verify", &evidence, &file, identity, ISSUER, &root])
}

fn ours(work: &Folder, evidence: &str, file: &str) -> Ended {
    let fixed = ["verify", file, "--bundle", evidence, "--trusted-root", "trusted_root.json", "--offline", "-v"];
    work.chiron(&[&fixed[..], &BY].concat())
}

/// A signing configuration with a log of each version.
fn both_versions(services: &Services, first: u16) -> String {
    let mut config: Value = serde_json::from_str(&services.config(0, first, 1, Some(0))).unwrap();
    let mut second: Value = serde_json::from_str(&services.config(0, 0, 2, Some(0))).unwrap();
    let newer = second["rekorTlogUrls"][0].take();
    config["rekorTlogUrls"].as_array_mut().unwrap().push(newer);
    config.to_string()
}

#[test]
fn what_a_keyless_run_publishes_pypis_reader_accepts_and_we_do() {
    let (Some(services), Some(_)) = (services(), judge()) else { return };
    let log = Between::start(services.port, Lie::None);
    for config in [
        services.config(0, 0, 1, None),
        services.config(0, 0, 1, Some(0)),
        // The newer log could not be published: the older one is asked.
        both_versions(services, log.port),
    ] {
        let Some(work) = folder(services, &config) else { return };
        let _ = run(&work, &token(600, &json!({}))).with_code(0);
        for (file, other) in [(WHEEL, SDIST), (SDIST, WHEEL)] {
            let evidence = attestation(file);
            let accepted = theirs(&work, &evidence, file, IDENTITY);
            assert!(accepted.0, "{}", accepted.1);
            ours(&work, &evidence, file).with_code(0).shows(&["signatures  passed", IDENTITY]);
            for (evidence, file, identity) in
                [(&evidence, other, IDENTITY), (&evidence, file, "https://evil.example.test")]
            {
                assert!(!theirs(&work, evidence, file, identity).0);
            }
            let _ = ours(&work, &evidence, other).with_code(4);
            let statement: Value = serde_json::from_str(&work.read(&evidence)).unwrap();
            assert_eq!(statement["version"], 1);
            assert_eq!(statement["verification_material"]["transparency_entries"].as_array().unwrap().len(), 1);
        }
        // Bundles beside the files speak of the same.
        let all = ["verify", "dist", "--trusted-root", "trusted_root.json"];
        work.chiron(&[&all[..], &BY].concat()).with_code(0).shows(&["verified: 2 of 2"]);
    }
    // Each of two files: one entry for the file, one for the statement.
    assert_eq!(log.seen().len(), 4, "{:?}", log.seen());
}

#[test]
fn another_name_and_another_content_are_refused_by_both() {
    let (Some(services), Some(_)) = (services(), judge()) else { return };
    let Some(work) = folder(services, &services.config(0, 0, 1, None)) else { return };
    let _ = run(&work, &token(600, &json!({}))).with_code(0);
    let evidence = attestation(WHEEL);
    let renamed = "dist/seven-1.17.0-py2.py3-none-any.whl";
    work.write(renamed, std::fs::read(work.path(WHEEL)).unwrap());
    assert!(theirs(&work, &evidence, renamed, IDENTITY).1.contains("does not match distribution name"));
    ours(&work, &evidence, renamed).with_code(4).shows(&["and not about `seven-1.17.0-py2.py3-none-any.whl`"]);
    work.write(WHEEL, "another wheel");
    assert!(theirs(&work, &evidence, WHEEL, IDENTITY).1.contains("does not match distribution digest"));
    ours(&work, &evidence, WHEEL).with_code(4).shows(&["not about this file"]);
}

#[test]
fn what_pypis_reader_signs_we_accept_and_two_subjects_we_both_refuse() {
    let (Some(services), Some(python)) = (services(), judge()) else { return };
    let Some(work) = folder(services, &services.config(0, 0, 1, None)) else { return };
    work.write("token", token(600, &json!({})));
    let paths = [WHEEL, "token", "trusted_root.json", "signing_config.json"].map(|name| work.path(name));
    let paths = [&*paths[0], &*paths[1], &*paths[2], &*paths[3]];
    work.write("theirs.attestation", signed_by_python(&python, "attest", &paths, &[]));
    assert!(theirs(&work, "theirs.attestation", WHEEL, IDENTITY).0);
    let _ = ours(&work, "theirs.attestation", WHEEL).with_code(0);
    let _ = ours(&work, "theirs.attestation", SDIST).with_code(4);
    // A bundle of sigstore-python's becomes what its reader would make of it.
    work.write("bundle.json", signed_by_python(&python, "statement", &paths, &[]));
    let create = ["pep740", "create", WHEEL, "--bundle", "bundle.json", "--trusted-root", "trusted_root.json"];
    let _ = work.chiron(&[&create[..], &BY].concat()).with_code(0);
    assert!(theirs(&work, &attestation(WHEEL), WHEEL, IDENTITY).0);
    let another = format!("{}={}", SDIST.strip_prefix("dist/").unwrap(), "ab".repeat(32));
    work.write("two.attestation", signed_by_python(&python, "attest", &paths, &[&another]));
    assert!(theirs(&work, "two.attestation", WHEEL, IDENTITY).1.contains("too many subjects"));
    ours(&work, "two.attestation", WHEEL).with_code(4).shows(&["it is about 2 files"]);
}

#[test]
fn services_that_give_no_promise_publish_nothing_and_say_why() {
    let Some(services) = services() else { return };
    let all = Between::start(services.port, Lie::None);
    let Some(work) = folder(services, &services.config(all.port, all.port, 2, Some(all.port))) else { return };
    let before = work.listing();
    let ended = run(&work, &token(600, &json!({}))).with_code(2);
    ended.says(&[
        "speaks version 2, which promises no time of its own",
        "no place for a timestamp",
        "majorApiVersion 1",
    ]);
    assert_eq!(work.listing(), before);
    assert!(all.seen().is_empty(), "{:?}", all.seen());
    // A log that should promise and does not.
    let log = Between::start(services.port, Lie::NoPromise);
    work.write("signing_config.json", services.config(0, log.port, 1, Some(0)));
    let before = work.listing();
    run(&work, &token(600, &json!({}))).with_code(6).shows(&["no promise of the log"]);
    assert_eq!(work.listing().into_keys().collect::<Vec<_>>(), before.into_keys().collect::<Vec<_>>());
    assert!(!log.seen().is_empty());
}

#[test]
fn what_could_not_be_written_is_told_before_anything_is_logged() {
    let Some(services) = services() else { return };
    let log = Between::start(services.port, Lie::None);
    let Some(work) = folder(services, &services.config(0, log.port, 1, Some(0))) else { return };
    let second = "[[step]]\nid = \"again\"\nuses = \"cosign\"\nbind = { keys = { signing = \"release\" } }\n";
    let twice = pipeline().replace("[databases.main]", &format!("{second}[databases.main]"));
    work.write("pipeline.toml", twice);
    let before = work.listing();
    run(&work, &token(600, &json!({}))).with_code(2).says(&["`sign` and `again` would both publish", "one signer"]);
    assert_eq!(work.listing(), before);
    assert!(log.seen().is_empty(), "{:?}", log.seen());
    // One file in two folders is one distribution, and its attestation lies beside both.
    let copy = WHEEL.replace("dist/", "release/");
    work.write(&copy, std::fs::read(work.path(WHEEL)).unwrap());
    work.write("pipeline.toml", pipeline().replace("\"dist/*.whl\"", "\"dist/*.whl\", \"release/*.whl\""));
    let _ = run(&work, &token(600, &json!({}))).with_code(0);
    assert_eq!(work.read(&attestation(&copy)), work.read(&attestation(WHEEL)));
    ours(&work, &attestation(&copy), &copy).with_code(0).shows(&["signatures  passed"]);
}
