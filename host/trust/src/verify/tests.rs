use chiron_model::digest::Digest;
use chiron_model::statement::{SCAN_PREDICATE, Statement};
use proptest::prelude::*;
use serde_json::json;
use sigstore_types::PayloadBytes;

use super::*;
use crate::bundle::{bundle_blob, bundle_statement, sign_statement};
use crate::key::PrivateKey;
use crate::sample;
use crate::statement::StatementError;
use crate::strict_json::JsonError;

const BLOB: Expected<'static> = Expected::Blob(Message { sha256: sample::FILE_SHA256, bytes: None });

fn verify_statement_of(json: &[u8]) -> Result<Verified, VerifyError> {
    verify_against(json, &[sample::subject()], None)
}

fn verify_against(json: &[u8], subjects: &[Subject], predicate: Option<&[u8]>) -> Result<Verified, VerifyError> {
    let expected = Expected::Statement(ExpectedStatement { subjects, predicate_types: &[SCAN_PREDICATE], predicate });
    verify_bundle(json, sample::key().public(), &expected)
}

fn blob() -> Value {
    serde_json::from_slice(&bundle_blob(&sample::key(), sample::FILE_SHA256).unwrap()).unwrap()
}

fn signed(statement: &Statement) -> Value {
    serde_json::from_slice(&bundle_statement(&sample::key(), statement).unwrap()).unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    serde_json::to_vec(value).unwrap()
}

/// A bundle whose payload is not what `encode` would make, signed by the right key all the same.
fn signed_payload(payload: &[u8]) -> Value {
    let mut bundle = signed(&sample::statement());
    let envelope = dsse::sign(&sample::key(), PAYLOAD_TYPE, payload.to_vec()).unwrap();
    bundle["dsseEnvelope"] = serde_json::to_value(envelope).unwrap();
    bundle
}

#[test]
fn what_the_key_signed_is_accepted() {
    let verified = verify_bundle(&bytes(&blob()), sample::key().public(), &BLOB);
    assert_eq!(verified, Ok(Verified::Blob { sha256: sample::FILE_SHA256 }));
    let verified = verify_statement_of(&bytes(&signed(&sample::statement())));
    assert!(matches!(verified, Ok(Verified::Statement(s)) if s.subjects[0].name == "dist/a.whl"));
    let envelope = sign_statement(&sample::key(), &sample::statement()).unwrap();
    let expected = ExpectedStatement {
        subjects: &[sample::subject()],
        predicate_types: &[SCAN_PREDICATE],
        predicate: Some(br#"{"verdict":"allow"}"#),
    };
    assert!(verify_envelope(&envelope, sample::key().public(), &expected).is_ok());
}

#[test]
fn another_key_is_refused_with_and_without_its_hint() {
    let other = |bundle: fn(&PrivateKey) -> Vec<u8>| bundle(&sample::other_key());
    let blob = other(|key| bundle_blob(key, sample::FILE_SHA256).unwrap());
    let statement = other(|key| bundle_statement(key, &sample::statement()).unwrap());
    for (json, expect_blob) in [(blob, true), (statement, false)] {
        let verify = |json: &[u8]| {
            if expect_blob { verify_bundle(json, sample::key().public(), &BLOB) } else { verify_statement_of(json) }
        };
        assert!(matches!(verify(&json), Err(VerifyError::KeyHint { .. })));
        let mut value: Value = serde_json::from_slice(&json).unwrap();
        value["verificationMaterial"]["publicKey"] = json!({});
        if let Some(signature) = value.pointer_mut("/dsseEnvelope/signatures/0") {
            signature["keyid"] = json!("");
        }
        assert_eq!(verify(&bytes(&value)), Err(VerifyError::Signature));
        // A hint that lies about the key does not help.
        value["verificationMaterial"]["publicKey"] = json!({"hint": sample::key().public().key_id()});
        assert_eq!(verify(&bytes(&value)), Err(VerifyError::Signature));
    }
}

#[test]
fn the_key_id_inside_the_envelope_is_compared_too() {
    let mut bundle = signed(&sample::statement());
    bundle["dsseEnvelope"]["signatures"][0]["keyid"] = json!("somebody");
    assert!(matches!(verify_statement_of(&bytes(&bundle)), Err(VerifyError::KeyHint { .. })));
}

#[test]
fn a_tampered_payload_is_refused_before_it_is_read() {
    let mut bundle = signed(&sample::statement());
    bundle["dsseEnvelope"]["payload"] = json!(PayloadBytes::from_bytes(b"not even json").to_base64());
    assert_eq!(verify_statement_of(&bytes(&bundle)), Err(VerifyError::Signature));
}

#[test]
fn a_tampered_signature_is_refused() {
    let mut bundle = signed(&sample::statement());
    let text = bundle["dsseEnvelope"]["signatures"][0]["sig"].as_str().unwrap();
    let mut raw = PayloadBytes::from_base64(text).unwrap().into_bytes();
    let last = raw.len() - 1;
    raw[last] ^= 1;
    bundle["dsseEnvelope"]["signatures"][0]["sig"] = json!(PayloadBytes::new(raw).to_base64());
    assert_eq!(verify_statement_of(&bytes(&bundle)), Err(VerifyError::Signature));
    let mut bundle = blob();
    bundle["messageSignature"]["signature"] = json!("");
    assert_eq!(verify_bundle(&bytes(&bundle), sample::key().public(), &BLOB), Err(VerifyError::Signature));
}

#[test]
fn one_signature_is_neither_none_nor_two() {
    let mut bundle = signed(&sample::statement());
    let signature = bundle["dsseEnvelope"]["signatures"][0].clone();
    bundle["dsseEnvelope"]["signatures"] = json!([signature, signature]);
    assert_eq!(verify_statement_of(&bytes(&bundle)), Err(VerifyError::SignatureCount { found: 2 }));
    bundle["dsseEnvelope"]["signatures"] = json!([]);
    assert_eq!(verify_statement_of(&bytes(&bundle)), Err(VerifyError::SignatureCount { found: 0 }));
}

#[test]
fn the_payload_type_cannot_be_confused() {
    let payload = statement::encode(&sample::statement()).unwrap();
    for payload_type in ["application/json", "application/vnd.in-toto+json ", "application/vnd.in-toto+JSON"] {
        let mut bundle = signed(&sample::statement());
        let envelope = dsse::sign(&sample::key(), payload_type, payload.clone()).unwrap();
        bundle["dsseEnvelope"] = serde_json::to_value(envelope).unwrap();
        assert!(matches!(verify_statement_of(&bytes(&bundle)), Err(VerifyError::PayloadType { .. })));
        // Signed as one type, presented as the other.
        bundle["dsseEnvelope"]["payloadType"] = json!(PAYLOAD_TYPE);
        assert_eq!(verify_statement_of(&bytes(&bundle)), Err(VerifyError::Signature));
    }
}

#[test]
fn only_v0_3_is_read() {
    for media_type in [
        "application/vnd.dev.sigstore.bundle+json;version=0.3",
        "application/vnd.dev.sigstore.bundle+json;version=0.1",
        "application/json",
        "",
    ] {
        let mut bundle = signed(&sample::statement());
        bundle["mediaType"] = json!(media_type);
        assert!(matches!(
            verify_statement_of(&bytes(&bundle)),
            Err(VerifyError::MediaType { found }) if found == media_type
        ));
    }
    let mut bundle = signed(&sample::statement());
    bundle.as_object_mut().unwrap().remove("mediaType");
    assert!(matches!(verify_statement_of(&bytes(&bundle)), Err(VerifyError::MediaType { .. })));
}

#[test]
fn size_depth_and_repeated_keys_are_bounded_first() {
    let large = vec![b' '; BUNDLE_BYTES_MAX + 1];
    assert!(matches!(verify_statement_of(&large), Err(VerifyError::Json(JsonError::TooLarge { .. }))));
    let deep = "{\"a\":".repeat(100_000);
    assert!(matches!(verify_statement_of(deep.as_bytes()), Err(VerifyError::Json(JsonError::TooDeep { .. }))));
    let text = String::from_utf8(bytes(&signed(&sample::statement()))).unwrap();
    let twice = text.replacen('{', "{\"mediaType\":\"x\",", 1);
    assert!(matches!(verify_statement_of(twice.as_bytes()), Err(VerifyError::Json(JsonError::RepeatedKey { .. }))));
}

#[test]
fn nothing_is_published_that_was_not_read() {
    for pointer in
        ["", "/verificationMaterial", "/verificationMaterial/publicKey", "/dsseEnvelope", "/dsseEnvelope/signatures/0"]
    {
        let mut bundle = signed(&sample::statement());
        bundle.pointer_mut(pointer).unwrap()["extra"] = json!(1);
        assert!(matches!(verify_statement_of(&bytes(&bundle)), Err(VerifyError::UnknownField { .. })), "{pointer}");
    }
    let mut bundle = signed(&sample::statement());
    bundle["verificationMaterial"]["tlogEntries"] = json!([{}]);
    assert_eq!(verify_statement_of(&bytes(&bundle)), Err(VerifyError::Unverifiable { field: "tlogEntries" }));
    let mut bundle = signed(&sample::statement());
    bundle["verificationMaterial"] = json!({"certificate": {"rawBytes": ""}});
    assert!(matches!(verify_statement_of(&bytes(&bundle)), Err(VerifyError::Material { .. })));
}

#[test]
fn a_blob_signature_is_no_statement_and_a_statement_no_blob() {
    let content = |result| matches!(result, Err(VerifyError::Content { .. }));
    assert!(content(verify_statement_of(&bytes(&blob()))));
    let statement = bytes(&signed(&sample::statement()));
    assert!(content(verify_bundle(&statement, sample::key().public(), &BLOB)));
    let mut both = blob();
    both["dsseEnvelope"] = signed(&sample::statement())["dsseEnvelope"].clone();
    assert!(matches!(verify_statement_of(&bytes(&both)), Err(VerifyError::Malformed { .. })));
}

#[test]
fn a_blob_signature_is_about_one_file() {
    let other = bundle_blob(&sample::key(), [8; 32]).unwrap();
    let key = sample::key();
    assert!(matches!(verify_bundle(&other, key.public(), &BLOB), Err(VerifyError::BlobDigest { .. })));
    let mut other: Value = serde_json::from_slice(&other).unwrap();
    other["messageSignature"].as_object_mut().unwrap().remove("messageDigest");
    assert_eq!(verify_bundle(&bytes(&other), key.public(), &BLOB), Err(VerifyError::Signature));
}

#[test]
fn subjects_are_those_of_the_run() {
    let mut statement = sample::statement();
    statement.subjects[0].name = "dist/b.whl".to_owned();
    assert!(matches!(
        verify_statement_of(&bytes(&signed(&statement))),
        Err(VerifyError::UnknownSubject { name }) if name == "dist/b.whl"
    ));
    let mut statement = sample::statement();
    statement.subjects[0].digests = vec![Digest::sha256_of(b"other")];
    assert!(matches!(verify_statement_of(&bytes(&signed(&statement))), Err(VerifyError::SubjectDigest { .. })));
    // A true digest beside a false one is not enough, nor one of two.
    let sha512 = Digest::new("sha512", &"0".repeat(128)).unwrap();
    statement.subjects[0] = sample::subject();
    statement.subjects[0].digests.push(sha512);
    assert!(matches!(verify_statement_of(&bytes(&signed(&statement))), Err(VerifyError::SubjectDigest { .. })));
    assert!(matches!(
        verify_against(&bytes(&signed(&sample::statement())), &statement.subjects, None),
        Err(VerifyError::SubjectDigest { .. })
    ));
}

#[test]
fn a_statement_about_some_of_the_subjects_is_accepted() {
    let mut more = sample::subject();
    more.name = "dist/b.whl".to_owned();
    let run = [sample::subject(), more];
    assert!(verify_against(&bytes(&signed(&sample::statement())), &run, None).is_ok());
}

#[test]
fn repeated_and_missing_subjects_are_refused_though_signed() {
    let payload = String::from_utf8(statement::encode(&sample::statement()).unwrap()).unwrap();
    let start = payload.find("{\"name\"").unwrap();
    let subject = &payload[start..payload.find("],\"predicateType").unwrap()];
    let twice = payload.replace(subject, &format!("{subject},{subject}"));
    assert!(matches!(
        verify_statement_of(&bytes(&signed_payload(twice.as_bytes()))),
        Err(VerifyError::Statement(StatementError::RepeatedSubject { .. }))
    ));
    let none = payload.replace(subject, "");
    assert_eq!(
        verify_statement_of(&bytes(&signed_payload(none.as_bytes()))),
        Err(VerifyError::Statement(StatementError::NoSubject))
    );
    let absent = payload.replace("\"subject\"", "\"subjects\"");
    assert!(matches!(
        verify_statement_of(&bytes(&signed_payload(absent.as_bytes()))),
        Err(VerifyError::Statement(StatementError::Shape { .. }))
    ));
}

#[test]
fn the_predicate_is_of_an_allowed_type_and_says_what_it_should() {
    let mut statement = sample::statement();
    statement.predicate_type = "https://slsa.dev/provenance/v1".to_owned();
    assert!(matches!(verify_statement_of(&bytes(&signed(&statement))), Err(VerifyError::PredicateType { .. })));
    let bundle = bytes(&signed(&sample::statement()));
    let subjects = [sample::subject()];
    assert!(verify_against(&bundle, &subjects, Some(b"{\"verdict\":\n\"allow\"}")).is_ok());
    assert_eq!(verify_against(&bundle, &subjects, Some(br#"{"verdict":"deny"}"#)), Err(VerifyError::Predicate));
}

proptest! {
    #[test]
    fn any_change_of_one_byte_is_refused_or_means_the_same(position in 0_usize..900, byte: u8) {
        let json = bundle_statement(&sample::key(), &sample::statement()).unwrap();
        let mut changed = json.clone();
        let position = position % changed.len();
        changed[position] = byte;
        if let Ok(verified) = verify_statement_of(&changed) {
            prop_assert_eq!(Ok(verified), verify_statement_of(&json));
        }
    }
}
