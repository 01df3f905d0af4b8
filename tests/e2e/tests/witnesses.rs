//! Log entries and timestamps for keys of one's own, on loopback: what is witnessed others accept, what witnesses say untruly leaves
//! nothing behind, and what stands in a bundle has to hold.

use chiron_e2e::services::{Between, Lie, Services, free, services};
use chiron_e2e::sigstore::{judges, npm_witnessed, signed_by_npm};
use chiron_e2e::{Ended, Folder, cosign, guests, keys, osv, wheel};
use serde_json::{Value, json};

const WHEEL: &str = "dist/demo-2.0-py3-none-any.whl";
const BUNDLE: &str = "dist/demo-2.0-py3-none-any.whl.sigstore.json";
const STATEMENT: &str = "attestations/scan.intoto.sigstore.json";

/// A pipeline that signs with a key that is witnessed, with more lines for the witnesses.
fn pipeline(more: &str) -> String {
    format!(
        "[pipeline]\nname = \"release\"\nsubjects = [\"dist/*.whl\"]\n[[step]]\nid = \"sbom\"\nuses = \"cyclonedx\"\n\
         [[step]]\nid = \"scan\"\nuses = \"osv\"\n[[step]]\nid = \"sign\"\nuses = \"cosign\"\n\
         [step.bind]\nkeys.signing = \"release\"\n[databases.main]\npath = \"db\"\n[keys.release]\nfile = \"release.key\"\n\
         [keys.release.witness]\nsigning_config = \"signing_config.json\"\ntrusted_root = \"trusted_root.json\"\n\
         plaintext_unsafe = true\nprivate_addresses = true\nproxy = \"none\"\n{more}"
    )
}

fn folder(services: &Services, algorithm: &str, config: &str, more: &str) -> Folder {
    let work = Folder::new();
    work.database(&[osv::demo()]).write(WHEEL, wheel::of("demo", "2.0")).write("pipeline.toml", pipeline(more));
    work.write("trusted_root.json", std::fs::read(services.root()).unwrap()).write("signing_config.json", config);
    let made = ["key", "generate", "release", "--algorithm", algorithm, "--no-password"];
    let _ = work.chiron(&made).with_code(0);
    work
}

/// Runs, and fails unless it ends with 6, says why and leaves everything as it was.
#[track_caller]
fn refused(work: &Folder, says: &[&str]) {
    let before = work.listing();
    let ended = work.chiron(&["run", "-vv", "-o", "json"]).with_code(6);
    ended.says(&["the key `release` cannot be used"]);
    ended.says(says);
    let after = work.listing();
    assert_eq!(after.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>(), "something half-signed remains");
}

/// Verifies one bundle about the wheel.
fn verify(work: &Folder, bundle: &str, key: &str) -> Ended {
    let fixed = ["verify", WHEEL, "--bundle", bundle, "--trusted-root", "trusted_root.json", "--offline", "-v"];
    let kind = ["--type", "https://chiron.dev/attestation/scan/v0.1"];
    let more: &[&str] = if bundle == BUNDLE { &[] } else { &kind };
    work.chiron(&[&fixed[..], more, &["--key", key]].concat())
}

fn bundle(work: &Folder, name: &str) -> Value {
    serde_json::from_str(&work.read(name)).unwrap()
}

#[test]
fn what_is_witnessed_everybody_accepts() {
    let (Some(services), Some(judges)) = (services(), judges()) else { return };
    for (rekor, timestamps, logged, times) in [
        (Some((0, 1)), Some(0), 1, 2),
        (Some((0, 1)), None, 1, 1),
        (Some((0, 2)), Some(0), 1, 1),
        (None, Some(0), 0, 1),
    ] {
        let work = folder(services, "p256", &services.witnesses(rekor, timestamps), "");
        let _ = work.chiron(&["run", "-o", "table", "-o", "json=r.json"]).with_code(0);
        let (file, key) = (work.path(WHEEL), work.path("release.pub"));
        for name in [BUNDLE, STATEMENT] {
            let case = format!("{rekor:?}, {timestamps:?}, {name}");
            let written = bundle(&work, name);
            let material = &written["verificationMaterial"];
            assert!(material["publicKey"]["hint"].is_string() && material.get("certificate").is_none(), "{case}");
            assert_eq!(material["tlogEntries"].as_array().map_or(0, Vec::len), logged, "{case}");
            let need = (logged, times);
            let accepted = npm_witnessed(&judges, &work.path(name), &file, &services.root(), &key, need);
            assert!(accepted.0, "npm on {case}: {}", accepted.1);
            let more = (logged, times + 1);
            assert!(!npm_witnessed(&judges, &work.path(name), &file, &services.root(), &key, more).0, "{case}");
            verify(&work, name, "release.pub").with_code(0).shows(&["signed by the key"]);
            // Another instance's root does not know these witnesses, and what stands in a bundle has to hold.
            let root = ["verify", WHEEL, "--bundle", name, "--key", "release.pub"];
            let _ = work.chiron(&root).with_code(4);
        }
        if keys::openssl_is_there() {
            let signature = bundle(&work, BUNDLE)["messageSignature"]["signature"].as_str().unwrap().to_owned();
            work.write("signature.base64", format!("{signature}\n"));
            keys::must(&work.path("."), &["base64", "-d", "-A", "-in", "signature.base64", "-out", "signature"]);
            let checked = ["dgst", "-sha256", "-verify", "release.pub", "-signature", "signature", WHEEL];
            keys::must(&work.path("."), &checked);
        }
        work.write(WHEEL, "changed");
        let _ = verify(&work, BUNDLE, "release.pub").with_code(4);
    }
}

#[test]
fn a_signer_cannot_leave_out_a_witness_that_was_asked_for() {
    let Some(services) = services() else { return };
    let module = guests::stranger("signer");
    let work = folder(services, "p256", &services.witnesses(Some((0, 1)), Some(0)), "");
    let _ = work.chiron(&["plugin", "build", module.to_str().unwrap(), "-o", "hostile.wasm"]).with_code(0);
    let before = work.read("pipeline.toml");
    for (field, missing) in
        [("timestampVerificationData", "no timestamp of an authority"), ("inclusionPromise", "no promise of the log")]
    {
        let with = format!("uses = \"./hostile.wasm\"\nwith = {{ behaviour = \"leave-out\", text = \"{field}\" }}");
        work.write("pipeline.toml", before.replace("uses = \"cosign\"", &with));
        let files = work.listing();
        let ended = work.chiron(&["run"]).with_code(4);
        ended.says(&["LEFT OUT", missing, "it was asked for"]);
        assert_eq!(work.listing().keys().collect::<Vec<_>>(), files.keys().collect::<Vec<_>>(), "{field}");
    }
    work.write(
        "pipeline.toml",
        before.replace("uses = \"cosign\"", "uses = \"./hostile.wasm\"\nwith = { behaviour = \"honest\" }"),
    );
    let _ = work.chiron(&["run"]).with_code(0);
}

#[test]
fn what_witnesses_say_has_to_hold_where_it_stands() {
    let Some(services) = services() else { return };
    let config = services.witnesses(Some((0, 1)), Some(0));
    let work = folder(services, "p256", &config, "");
    let _ = work.chiron(&["run"]).with_code(0);
    let mine = [BUNDLE, STATEMENT].map(|name| bundle(&work, name));
    // The same file, signed by another key and witnessed as truly.
    let other = folder(services, "p256", &config, "");
    let _ = other.chiron(&["run"]).with_code(0);
    work.write("other.pub", other.read("release.pub"));
    let _ = verify(&work, BUNDLE, "other.pub").with_code(4);
    let entry = "/verificationMaterial/tlogEntries/0";
    let stamp = "/verificationMaterial/timestampVerificationData/rfc3161Timestamps/0/signedTimestamp";
    for (name, good) in [BUNDLE, STATEMENT].into_iter().zip(mine) {
        let theirs = bundle(&other, name);
        let at = |pointer: &str| theirs.pointer(pointer).unwrap().clone();
        for (pointer, value) in [
            (entry.to_owned(), at(entry)),
            (stamp.to_owned(), at(stamp)),
            (format!("{entry}/canonicalizedBody"), at(&format!("{entry}/canonicalizedBody"))),
            (format!("{entry}/inclusionPromise"), at(&format!("{entry}/inclusionPromise"))),
            (format!("{entry}/inclusionProof/rootHash"), json!("q83vEjRWeJA=")),
            (format!("{entry}/inclusionProof"), Value::Null),
            (format!("{entry}/integratedTime"), json!("1")),
            (format!("{entry}/logIndex"), json!("7")),
            (format!("{entry}/kindVersion/kind"), json!("intoto")),
            (stamp.to_owned(), json!("AAAA")),
        ] {
            let mut changed = good.clone();
            *changed.pointer_mut(&pointer).unwrap() = value;
            work.write(name, changed.to_string());
            let ended = verify(&work, name, "release.pub");
            assert_eq!(ended.code, 4, "{name} {pointer}: {}", ended.stdout);
        }
        work.write(name, good.to_string());
        let _ = verify(&work, name, "release.pub").with_code(0);
    }
}

#[test]
fn a_log_that_is_down_slow_or_lying_has_nothing_written() {
    let Some(services) = services() else { return };
    for (lie, says) in [
        (Lie::Silence, &["the transparency log (Rekor)", "asked 3 times"][..]),
        (Lie::Broken, &["the transparency log (Rekor)", "status 500", "asked 3 times"]),
        (Lie::Page, &["the answer cannot be read"]),
        (Lie::Flood, &["longer than"]),
        (Lie::Redirect, &["redirects to"]),
        (Lie::OtherPromise, &["does not hold against the trust root"]),
        (Lie::OtherTree, &["does not hold against the trust root"]),
        (Lie::OtherEntry, &["does not hold against the trust root"]),
    ] {
        let between = Between::start(services.port, lie);
        let timeout = if lie == Lie::Silence { "timeout = \"2s\"\n" } else { "" };
        let config = services.witnesses(Some((between.port, 1)), Some(0));
        refused(&folder(services, "p256", &config, timeout), says);
        assert!(!between.seen().is_empty(), "{lie:?}");
    }
    // Without its promise an entry has no time, and nobody else gave one.
    let between = Between::start(services.port, Lie::NoPromise);
    let work = folder(services, "p256", &services.witnesses(Some((between.port, 1)), None), "");
    refused(&work, &["no promise of the log, which says when"]);
    let work = folder(services, "p256", &services.witnesses(Some((free(), 1)), Some(0)), "");
    refused(&work, &["the transparency log (Rekor)", "failed to connect"]);
}

#[test]
fn a_log_that_has_the_entry_already_gives_it() {
    let Some(services) = services() else { return };
    // A P-256 key signs the same file with the same bytes, so that the next run sends the same entry.
    let between = Between::start(services.port, Lie::Known);
    let work = folder(services, "p256", &services.witnesses(Some((between.port, 1)), None), "");
    let _ = work.chiron(&["run"]).with_code(0);
    for name in [BUNDLE, STATEMENT] {
        let _ = verify(&work, name, "release.pub").with_code(0);
    }
    let asked: Vec<_> = between.seen().iter().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
    assert_eq!(asked, ["POST", "GET", "POST", "GET"]);
}

#[test]
fn a_timestamp_authority_that_is_down_slow_or_lying_has_nothing_written() {
    let Some(services) = services() else { return };
    for (lie, logged, says) in [
        (Lie::Silence, false, &["the timestamp authority", "asked 3 times"][..]),
        (Lie::Broken, false, &["the timestamp authority", "status 500"]),
        (Lie::Page, true, &["no answer of a timestamp authority"]),
        (Lie::OtherDigest, true, &["does not hold against the trust root"]),
    ] {
        for log in [true, false] {
            let (between, rekor) = (Between::start(services.port, lie), Between::start(services.port, Lie::None));
            let timeout = if lie == Lie::Silence { "timeout = \"2s\"\n" } else { "" };
            let config = services.witnesses(log.then_some((rekor.port, 1)), Some(between.port));
            refused(&folder(services, "p256", &config, timeout), says);
            assert!(!between.seen().is_empty(), "{lie:?}");
            // An entry cannot be taken back: a service that does not answer has none made.
            assert!((log && logged) || rekor.seen().is_empty(), "{lie:?}: {:?}", rekor.seen());
        }
    }
}

#[test]
fn an_ed25519_key_is_timestamped_and_not_logged() {
    let Some(services) = services() else { return };
    let between = Between::start(services.port, Lie::None);
    let work = folder(services, "ed25519", &services.witnesses(Some((between.port, 1)), Some(between.port)), "");
    refused(&work, &["an Ed25519 key signs the bytes of a file"]);
    assert!(between.seen().is_empty(), "{:?}", between.seen());
    work.write("signing_config.json", services.witnesses(None, Some(0)));
    let _ = work.chiron(&["run"]).with_code(0);
    for name in [BUNDLE, STATEMENT] {
        let _ = verify(&work, name, "release.pub").with_code(0);
    }
    work.write(WHEEL, "changed");
    let _ = verify(&work, BUNDLE, "release.pub").with_code(4);
}

#[test]
fn who_is_asked_is_shown_before_and_stands_in_the_report() {
    let Some(services) = services() else { return };
    let work = folder(services, "p256", &services.witnesses(Some((0, 1)), Some(0)), "");
    let origin = format!("http://127.0.0.1:{}", services.port);
    let line = format!("release  asks {origin} (log, version 1), {origin} (time)");
    work.chiron(&["run", "--dry-run"]).with_code(0).shows(&["WITNESSES", &line]);
    let report = work.chiron(&["run", "-o", "json"]).with_code(0).json();
    let settings = report["settings"].as_array().unwrap();
    let value =
        |key: &str| settings.iter().find(|setting| setting["key"] == key).map(|setting| setting["value"].clone());
    assert_eq!(value("keys.release.witness"), Some(origin.into()));
    assert_eq!(value("keys.release.witness.plaintext_unsafe"), Some("true".into()));
}

#[test]
fn witnesses_are_asked_within_what_is_allowed_and_named() {
    let Some(services) = services() else { return };
    let between = Between::start(services.port, Lie::None);
    let config = services.witnesses(Some((between.port, 1)), Some(between.port));
    let work = folder(services, "p256", &config, "");
    let refused = |work: &Folder, more: &[&str], code: i32, says: &[&str]| {
        let before = work.listing();
        work.chiron(&[&["run"], more].concat()).with_code(code).says(says);
        assert_eq!(work.listing(), before);
        assert!(between.seen().is_empty(), "{:?}", between.seen());
    };
    refused(&work, &["--offline", "-o", "json"], 6, &["--offline makes no connection"]);
    let powers = "[grants]\ncapabilities = [\"content\", \"advisories\", \"versions\", \"signing\"]\n";
    let allow = "[allow]\nunlocked = true\nsettings = [\"plaintext_unsafe\"]\n";
    work.write("operator.toml", format!("{powers}{allow}"));
    let origin = format!("http://127.0.0.1:{}", between.port);
    refused(&work, &["--operator", "operator.toml"], 3, &["no request may go to", &origin]);
    work.write("signing_config.json", services.witnesses(None, None));
    refused(&work, &[], 2, &["neither a transparency log nor a timestamp authority"]);
    work.write("signing_config.json", services.witnesses(Some((between.port, 2)), None));
    refused(&work, &[], 2, &["no timestamp authority is named"]);
    let plain = pipeline("").replace("plaintext_unsafe = true\n", "");
    work.write("signing_config.json", &config).write("pipeline.toml", plain);
    refused(&work, &[], 2, &["is refused"]);
    let twice = pipeline("").replace("file = \"release.key\"", "keyless = {}");
    refused(work.write("pipeline.toml", twice), &[], 2, &["witnessed by the services of `keyless` already"]);
    // Within what is allowed it is asked.
    work.write("pipeline.toml", pipeline(""));
    work.write("operator.toml", format!("{powers}endpoints = [\"{origin}\"]\n{allow}"));
    let _ = work.chiron(&["run", "--operator", "operator.toml"]).with_code(0);
    assert_eq!(between.seen().len(), 4, "a time and an entry for each of two signatures");
}

#[test]
fn what_npm_signs_with_a_key_and_a_log_we_accept() {
    let (Some(services), Some(judges)) = (services(), judges()) else { return };
    if !keys::openssl_is_there() {
        return;
    }
    let address = format!("http://127.0.0.1:{}", services.port);
    let work = folder(services, "p256", "{}", "");
    keys::make(&work.path("."), "theirs", "P-256");
    for version in [1, 2] {
        for kind in ["blob", "statement"] {
            let secret = work.path("theirs.key");
            let made = signed_by_npm(&judges, kind, &work.path(WHEEL), &address, version, &secret);
            let Some(made) = made else { return };
            work.write("theirs.json", made);
            let kind: &[&str] = if kind == "blob" { &[] } else { &["--type", "https://example.com/checked/v1"] };
            let judged = |key: &str| {
                let fixed = ["verify", WHEEL, "--bundle", "theirs.json", "--trusted-root", "trusted_root.json"];
                work.chiron(&[&fixed[..], kind, &["--key", key]].concat())
            };
            // To a log of version 2 it sends every key as a certificate, which only a stand-in takes: the entry is about no key.
            let ended = judged("theirs.pub");
            assert_eq!(ended.code, if version == 1 { 0 } else { 4 }, "version {version}: {}", ended.stdout);
            assert!(version == 1 || ended.stdout.contains("the transparency log entry is refused"), "{}", ended.stdout);
            let _ = judged("release.pub").with_code(4);
        }
    }
}

#[test]
fn cosign_and_we_accept_each_others_witnessed_signatures() {
    let (Some(services), Some(cosign)) = (services(), cosign::program()) else { return };
    // Through a server between, which names entries as Rekor does.
    let log = Between::start(services.port, Lie::None);
    let ask =
        |work: &Folder, arguments: &str| cosign::ask(work, &cosign, &arguments.split_whitespace().collect::<Vec<_>>());
    for (rekor, timestamps) in [(Some((log.port, 1)), Some(0)), (Some((log.port, 1)), None), (None, Some(0))] {
        let config = services.witnesses(rekor, timestamps);
        let work = folder(services, "p256", &config, "");
        let _ = work.chiron(&["run"]).with_code(0);
        let case = format!("{rekor:?}, {timestamps:?}");
        let mut judged = "--trusted-root trusted_root.json".to_owned();
        judged += if rekor.is_none() { " --insecure-ignore-tlog" } else { "" };
        judged += if timestamps.is_some() { " --use-signed-timestamps" } else { "" };
        let blob = ask(&work, &format!("verify-blob --key release.pub --bundle {BUNDLE} {judged} {WHEEL}"));
        assert_eq!(blob.code, 0, "{case}: {}", blob.stderr);
        let kind = "https://chiron.dev/attestation/scan/v0.1";
        let attested =
            format!("verify-blob-attestation --key release.pub --bundle {STATEMENT} --type {kind} {judged} {WHEEL}");
        let attested = ask(&work, &attested);
        assert_eq!(attested.code, 0, "{case}: {}", attested.stderr);
        let _ = ask(&work, "generate-key-pair --output-key-prefix theirs").with_code(0);
        let services = "--signing-config signing_config.json --trusted-root trusted_root.json";
        let signed = ask(&work, &format!("sign-blob --key theirs.key {services} --bundle theirs.json -y {WHEEL}"));
        assert_eq!(signed.code, 0, "{case}: {}", signed.stderr);
        let theirs = bundle(&work, "theirs.json");
        assert_eq!(theirs["verificationMaterial"]["tlogEntries"].is_array(), rekor.is_some(), "{case}");
        let fixed = ["verify", WHEEL, "--bundle", "theirs.json", "--trusted-root", "trusted_root.json", "--key"];
        let _ = work.chiron(&[&fixed[..], &["theirs.pub"]].concat()).with_code(0);
        let _ = work.chiron(&[&fixed[..], &["release.pub"]].concat()).with_code(4);
        work.write(WHEEL, "changed");
        let _ = work.chiron(&[&fixed[..], &["theirs.pub"]].concat()).with_code(4);
        assert_ne!(ask(&work, &format!("verify-blob --key release.pub --bundle {BUNDLE} {judged} {WHEEL}")).code, 0);
    }
}
