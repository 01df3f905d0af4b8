//! Entries of the kind `dsse` 0.0.2, and instances without logs.

use chiron_trust::judge::{Signer, TrustRoot, judge};
use chiron_trust::key::{Algorithm, generate};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use sigstore_types::SignatureBytes;

use crate::{Held, IDENTITY, ISSUER, bundle, by, entry, flip, judged, key, panic_with, path, refused, remove};

/// What an entry of the kind `dsse` 0.0.2 says of its envelope.
fn said(b: &mut Value, change: impl FnOnce(&mut Value)) {
    let body = SignatureBytes::from_base64(entry(b)["canonicalizedBody"].as_str().unwrap()).unwrap().into_bytes();
    let mut body: Value = serde_json::from_slice(&body).unwrap();
    change(&mut body);
    let bytes = serde_json::to_vec(&body).unwrap();
    // The one leaf of its tree, so that the proof is true, and the log never signed it.
    let root = Sha256::digest([&[0][..], &bytes].concat());
    let root = serde_json::to_value(SignatureBytes::new(root.to_vec())).unwrap();
    let proof = &mut entry(b)["inclusionProof"];
    let note = proof["checkpoint"]["envelope"].as_str().unwrap().to_owned();
    let mut lines: Vec<_> = note.split('\n').collect();
    lines[2] = root.as_str().unwrap();
    proof["checkpoint"]["envelope"] = json!(lines.join("\n"));
    entry(b)["canonicalizedBody"] = serde_json::to_value(SignatureBytes::new(bytes)).unwrap();
}

/// What is changed, how, and what the refusal says.
type Altered<'a> = (&'a str, &'a dyn Fn(&mut Value), &'a str);

#[test]
fn an_entry_over_an_envelope_is_the_logs_and_about_this_envelope() {
    let proof = |b: &mut Value, key: &str, value: Value| entry(b)["inclusionProof"][key] = value;
    let changes: [Altered<'_>; 15] = [
        ("no inclusion proof", &|b| remove(entry(b), "inclusionProof"), "no inclusion proof"),
        ("no checkpoint", &|b| remove(&mut entry(b)["inclusionProof"], "checkpoint"), "no checkpoint"),
        ("a longer proof", &|b| proof(b, "hashes", json!([SignatureBytes::new(vec![7; 32])])), "inclusion proof"),
        ("another place", &|b| entry(b)["logIndex"] = json!("7"), "inclusion proof"),
        ("a tampered body", &|b| flip(&mut entry(b)["canonicalizedBody"], 40), "inclusion proof"),
        (
            "the checkpoint of another log",
            &|b| {
                let note = entry(b)["inclusionProof"]["checkpoint"]["envelope"]
                    .as_str()
                    .unwrap()
                    .replace("127.0.0.1", "127.0.0.2");
                entry(b)["inclusionProof"]["checkpoint"]["envelope"] = json!(note);
            },
            "no log of the trust root signed it",
        ),
        (
            "a body that the log did not sign",
            &|b| said(b, |body| body["spec"]["dsseV002"]["signatures"] = json!([])),
            "no log of the trust root signed it",
        ),
        (
            "a promise",
            &|b| entry(b)["inclusionPromise"] = json!({ "signedEntryTimestamp": "AAAA" }),
            "an inclusion promise",
        ),
        // What the log has is true, and about something else.
        (
            "the entry of another envelope",
            &|b| *entry(b) = entry(&mut bundle("key-v2-dsse")).clone(),
            "about another signature",
        ),
        (
            "the entry of a file",
            &|b| {
                *entry(b) = entry(&mut bundle("blob-v2")).clone();
                entry(b)["kindVersion"] = json!({ "kind": "dsse", "version": "0.0.2" });
            },
            "body cannot be read",
        ),
        (
            "an entry that calls itself a file's",
            &|b| entry(b)["kindVersion"] = json!({ "kind": "hashedrekord", "version": "0.0.2" }),
            "",
        ),
        ("another version", &|b| entry(b)["kindVersion"]["version"] = json!("0.0.3"), "dsse/0.0.3"),
        ("no entry at all", &|b| b["verificationMaterial"]["tlogEntries"] = json!([]), "inclusion proof"),
        ("no time", &|b| b["verificationMaterial"]["timestampVerificationData"] = json!({}), "time"),
        (
            "a true entry and a false one",
            &|b| {
                let mut second = entry(b).clone();
                second["logIndex"] = json!("1");
                b["verificationMaterial"]["tlogEntries"].as_array_mut().unwrap().push(second);
            },
            "inclusion proof",
        ),
    ];
    for (what, change, reason) in changes {
        let mut changed = bundle("provenance-v2-dsse");
        change(&mut changed);
        refused(what, judged(&changed, &by(IDENTITY, ISSUER)), reason);
    }
    // It is about an envelope, and a file has none.
    let mut file = bundle("blob-v2");
    *entry(&mut file) = entry(&mut bundle("provenance-v2-dsse")).clone();
    refused("a file", judged(&file, &by(IDENTITY, ISSUER)), "there is none");
    // Beside a true entry of another kind, it still has to be true.
    let mut both = bundle("provenance-v2");
    let second = entry(&mut bundle("provenance-v2-dsse")).clone();
    both["verificationMaterial"]["tlogEntries"].as_array_mut().unwrap().push(second);
    refused("both", judged(&both, &by(IDENTITY, ISSUER)), "about another signature");
    // By key alone.
    let other = Signer::Key(generate(Algorithm::P256, None).unwrap().public);
    refused("another key", judged(&bundle("key-v2-dsse"), &other), "does not verify with this key");
    let mut foreign = bundle("key-v2-dsse");
    *entry(&mut foreign) = entry(&mut bundle("provenance-v2-dsse")).clone();
    refused("another signer's entry", judged(&foreign, &key()), "about another signature");
}

#[test]
fn an_instance_without_logs_needs_none_and_only_such_a_one() {
    let judged_by = |bundle: &Value, root: &Value| {
        let root = TrustRoot::from_json(&serde_json::to_vec(root).unwrap()).unwrap();
        judge(&serde_json::to_vec(bundle).unwrap(), &Held(b"a wheel\n".to_vec()), &by(IDENTITY, ISSUER), Some(&root))
    };
    let full: Value = serde_json::from_slice(&std::fs::read(path("trusted_root.json")).unwrap()).unwrap();
    let without = |keys: &[&str]| {
        let mut root = full.clone();
        keys.iter().for_each(|key| root[*key] = json!([]));
        root
    };
    let unlogged = without(&["tlogs", "ctlogs"]);
    let mut bundle_of = bundle("blob-v2");
    bundle_of["verificationMaterial"]["tlogEntries"] = json!([]);
    let signed = judged_by(&bundle_of, &unlogged).unwrap_or_else(|error| panic_with("unlogged", &error));
    assert!(!signed.logged && signed.times.len() == 1);
    for root in [&full, &without(&["tlogs"]), &without(&["ctlogs"])] {
        assert!(judged_by(&bundle_of, root).is_err());
    }
    assert!(judged_by(&bundle_of, &without(&["tlogs", "ctlogs", "timestampAuthorities"])).is_err());
    // What is there is held against it all the same: nobody is there to have signed it.
    for name in ["blob-v1", "blob-v2", "provenance-v2-dsse"] {
        assert!(judged_by(&bundle(name), &unlogged).is_err(), "{name}");
    }
    // Neither does it do without a time.
    bundle_of["verificationMaterial"]["timestampVerificationData"] = json!({});
    refused("no time", judged_by(&bundle_of, &unlogged), "time");
}
