//! What is kept of a TUF repository is believed for its signatures: a store that python-tuf's repository filled, changed in one place at a
//! time. How such stores come about, and mirrors that attack, is in `tests/e2e/tests/trust.rs`.

#![cfg(feature = "keyless")]
#![allow(clippy::unwrap_used, reason = "an integration test is all test, but clippy sees its helper functions as code")]

use std::path::Path;

use chiron_trust::judge::vouchers;
use chiron_trust::tuf::{Expired, Known, RepositoryName, SIGNING_CONFIG, Store, TRUSTED_ROOT, TufError};
use jiff::Timestamp;
use serde_json::Value;

fn read(name: &str) -> String {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fuzz/corpus/roots");
    std::fs::read_to_string(corpus.join(name)).unwrap()
}

fn acme() -> RepositoryName {
    RepositoryName::parse("acme").unwrap()
}

fn at(time: &str) -> Timestamp {
    time.parse().unwrap()
}

fn verify(store: &str) -> Result<chiron_trust::tuf::Verified, TufError> {
    Store::parse(store.as_bytes())?.verify(&acme(), Expired::Refused, at("2030-01-01T00:00:00Z"))
}

/// The store with one of its texts changed.
fn changed(name: &str, pointer: &str, change: impl FnOnce(&str) -> String) -> String {
    let mut store: Value = serde_json::from_str(&read(name)).unwrap();
    let text = store.pointer(pointer).unwrap().as_str().unwrap();
    let new = change(text);
    assert_ne!(new, text, "{pointer}");
    *store.pointer_mut(pointer).unwrap() = new.into();
    store.to_string()
}

#[test]
fn a_store_is_verified_from_its_first_root() {
    for (name, root) in [("good.json", 1), ("rotated.json", 2), ("delegated.json", 1)] {
        let verified = verify(&read(name)).unwrap();
        let roles: Vec<_> = verified.roles.iter().map(|facts| facts.role).collect();
        assert_eq!(roles, ["root", "timestamp", "snapshot", "targets"]);
        assert_eq!(verified.roles[0].version, root, "{name}");
        assert!(vouchers(verified.file(TRUSTED_ROOT).unwrap()).unwrap().len() >= 4);
        assert_eq!(verified.file(SIGNING_CONFIG).unwrap(), b"{}\n");
        assert!(matches!(verified.file("other"), Err(TufError::NoTarget { .. })));
    }
}

#[test]
fn time_is_an_argument() {
    let store = Store::parse(read("good.json").as_bytes()).unwrap();
    let late = at("2199-01-01T00:00:00Z");
    let refused = store.verify(&acme(), Expired::Refused, late).unwrap_err();
    assert_eq!(refused.to_string(), "the root metadata expired at 2099-01-01T00:00:00Z");
    assert!(store.verify(&acme(), Expired::Accepted, late).is_ok());
    // To the second: what expires then holds then.
    assert!(store.verify(&acme(), Expired::Refused, at("2099-01-01T00:00:00Z")).is_ok());
}

#[test]
fn each_changed_place_is_refused_with_its_reason() {
    let digit = |text: &str| text.replacen("2099", "2100", 1);
    for (name, pointer, says) in [
        ("good.json", "/begin", "0 of the 2 signatures"),
        ("good.json", "/kept/timestamp", "the timestamp metadata has 0 of the 1"),
        ("good.json", "/kept/snapshot", "snapshot.json: sha256 mismatch"),
        ("good.json", "/kept/targets", "targets.json: sha256 mismatch"),
        ("rotated.json", "/kept/roots/2", "the root metadata has 0 of the 2"),
        ("delegated.json", "/kept/delegated/roots.json", "roots.json: sha256 mismatch"),
    ] {
        let refused = verify(&changed(name, pointer, digit)).unwrap_err();
        assert!(refused.to_string().contains(says), "{pointer}: {refused}");
    }
    let longer = |text: &str| format!("{text} ");
    for (pointer, says) in [
        ("/kept/files/trusted_root.json", "trusted_root.json is longer than"),
        ("/kept/files/signing_config.v0.2.json", "signing_config.v0.2.json is longer than"),
    ] {
        let refused = verify(&changed("good.json", pointer, longer)).unwrap_err();
        assert!(refused.to_string().contains(says), "{pointer}: {refused}");
    }
    let mut without: Value = serde_json::from_str(&read("good.json")).unwrap();
    without["kept"]["files"] = serde_json::json!({});
    assert!(matches!(verify(&without.to_string()), Err(TufError::NoTarget { .. })));
    // Roots of the new keys are gone: those of the old ones signed nothing that is kept.
    let mut back: Value = serde_json::from_str(&read("rotated.json")).unwrap();
    back["kept"]["roots"] = serde_json::json!({});
    assert!(matches!(verify(&back.to_string()), Err(TufError::Signatures { .. })));
}

#[test]
fn a_known_name_is_not_taken_over() {
    let sigstore = RepositoryName::from(Known::Sigstore);
    let store = Store::parse(read("good.json").as_bytes()).unwrap();
    let now = at("2030-01-01T00:00:00Z");
    assert!(matches!(store.verify(&sigstore, Expired::Accepted, now), Err(TufError::KnownRoot { .. })));
    let mut without: Value = serde_json::from_str(&read("good.json")).unwrap();
    without.as_object_mut().unwrap().remove("begin");
    let without = Store::parse(without.to_string().as_bytes()).unwrap();
    assert!(matches!(without.verify(&sigstore, Expired::Accepted, now), Err(TufError::Signatures { .. })));
    assert!(matches!(without.verify(&acme(), Expired::Accepted, now), Err(TufError::NoRoot { .. })));
}

#[test]
fn the_roots_that_are_part_of_chiron_are_signed_by_their_own_keys() {
    for known in Known::ALL {
        sigstore_tuf::TrustedMetadataSet::from_root(known.root()).unwrap();
    }
}
