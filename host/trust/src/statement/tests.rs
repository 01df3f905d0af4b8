use proptest::prelude::*;

use super::*;
use crate::sample;

#[test]
fn the_bytes_of_a_statement_are_frozen() {
    let json = String::from_utf8(encode(&sample::statement()).unwrap()).unwrap();
    let expected = format!(
        r#"{{"_type":"https://in-toto.io/Statement/v1","subject":[{{"name":"dist/a.whl","digest":{{"sha256":"{}"}}}}],"predicateType":"https://chiron.dev/attestation/scan/v0.1","predicate":{{"verdict":"allow"}}}}"#,
        hex::encode(sample::FILE_SHA256)
    );
    assert_eq!(json, expected);
}

#[test]
fn reads_what_it_writes() {
    let statement = sample::statement();
    let decoded = decode(&encode(&statement).unwrap()).unwrap();
    assert_eq!(decoded.predicate_type, statement.predicate_type);
    assert_eq!(decoded.subjects[0].name, statement.subjects[0].name);
    assert_eq!(decoded.subjects[0].digests, statement.subjects[0].digests);
    assert_eq!(decoded.predicate, predicate(&statement.predicate).unwrap());
}

fn refused(change: impl FnOnce(&mut Statement)) -> StatementError {
    let mut statement = sample::statement();
    change(&mut statement);
    encode(&statement).unwrap_err()
}

#[test]
fn a_statement_about_nothing_is_not_made() {
    assert_eq!(refused(|s| s.subjects.clear()), StatementError::NoSubject);
    assert_eq!(refused(|s| s.subjects[0].name.clear()), StatementError::NoName { position: 1 });
    let name = || "dist/a.whl".to_owned();
    assert_eq!(refused(|s| s.subjects[0].digests.clear()), StatementError::NoDigest { name: name() });
    assert_eq!(refused(|s| s.subjects.push(s.subjects[0].clone())), StatementError::RepeatedSubject { name: name() });
    let twice = |s: &mut Statement| s.subjects[0].digests.push(Digest::sha256_of(b"other"));
    assert_eq!(refused(twice), StatementError::RepeatedAlgorithm { name: name(), algorithm: "sha256".to_owned() });
    assert_eq!(refused(|s| s.predicate_type.clear()), StatementError::NoPredicateType);
}

#[test]
fn a_predicate_is_a_bounded_json_object() {
    let with = |bytes: &[u8]| refused(|s| s.predicate = bytes.to_vec());
    assert_eq!(with(b"[]"), StatementError::PredicateNotObject);
    assert!(matches!(with(b"{"), StatementError::Predicate(JsonError::Syntax { .. })));
    assert!(matches!(with(br#"{"a":1,"a":2}"#), StatementError::Predicate(JsonError::RepeatedKey { .. })));
    let deep = format!("{{\"a\":{}{}}}", "[".repeat(80), "]".repeat(80));
    assert!(matches!(with(deep.as_bytes()), StatementError::Predicate(JsonError::TooDeep { .. })));
    let large = vec![b' '; PREDICATE_BYTES_MAX + 1];
    assert!(matches!(with(&large), StatementError::Predicate(JsonError::TooLarge { .. })));
}

#[test]
fn decoding_names_what_is_wrong() {
    let good = String::from_utf8(encode(&sample::statement()).unwrap()).unwrap();
    let changed = |from: &str, to: &str| {
        assert!(good.contains(from));
        decode(good.replace(from, to).as_bytes()).unwrap_err()
    };
    assert!(matches!(changed("Statement/v1", "Statement/v0.1"), StatementError::Type { .. }));
    assert!(matches!(changed("\"predicate\":", "\"hidden\":1,\"predicate\":"), StatementError::Shape { .. }));
    assert!(matches!(changed("\"sha256\":\"", "\"sha256\":\"A"), StatementError::Digest { .. }));
    assert!(matches!(changed("{\"verdict\":\"allow\"}", "3"), StatementError::PredicateNotObject));
    assert!(matches!(changed("dist/a.whl", ""), StatementError::NoName { .. }));
    assert!(matches!(decode(b"{}"), Err(StatementError::Shape { .. })));
}

proptest! {
    #[test]
    fn any_name_and_text_survives_the_round(name in "\\PC{1,40}", text in "\\PC{0,40}") {
        let mut statement = sample::statement();
        statement.subjects[0].name = name;
        statement.predicate = serde_json::to_vec(&serde_json::json!({"text": text})).unwrap();
        let decoded = decode(&encode(&statement).unwrap()).unwrap();
        prop_assert_eq!(&decoded.subjects[0].name, &statement.subjects[0].name);
        prop_assert_eq!(decoded.predicate["text"].as_str(), Some(text.as_str()));
    }

    #[test]
    fn decoding_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = decode(&bytes);
    }
}
