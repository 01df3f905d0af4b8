//! What an earlier database takes back of a later one, and what it does not.

use chiron_sandbox::powers::Advisories as _;

use super::*;
use crate::databases::Databases;

const WITHDRAWN: &str = r#""withdrawn": "2026-01-01T00:00:00Z", "#;

fn record(id: &str, name: &str, more: &str, versions: &str) -> String {
    format!(
        r#"{{"id": "{id}", {more}"modified": "2024-01-01T00:00:00Z", "affected": [{{"package":
            {{"ecosystem": "PyPI", "name": "{name}"}}, "versions": [{versions}]}}]}}"#
    )
}

/// What is found of `demo` 1.0, and the notes.
fn found(private: &[String]) -> (Vec<(String, String)>, Vec<Note>) {
    let public = [record("GHSA-1", "demo", "", r#""1.0""#)];
    let databases = Databases::of(&[("acme", private), ("public", &public)], 1);
    let engine = Engine::new(Arc::clone(&databases.open));
    let which = Which { affected: true, unknown: true, ..Which::default() };
    let candidates = engine.lookup(&Purl::parse("pkg:pypi/demo@1.0").unwrap(), which).unwrap();
    let named = candidates.into_iter().map(|candidate| (candidate.database, candidate.id)).collect();
    (named, engine.notes())
}

fn pair(database: &str, id: &str) -> (String, String) {
    (database.to_owned(), id.to_owned())
}

#[test]
fn a_record_of_the_same_id_withdraws_or_corrects_and_that_is_noted() {
    for (private, how) in [
        (record("GHSA-1", "demo", WITHDRAWN, r#""1.0""#), "withdraws it"),
        (record("GHSA-1", "demo", "", r#""0.9""#), "says that this version is not affected"),
    ] {
        let (candidates, notes) = found(&[private]);
        assert_eq!(candidates, []);
        let [note] = notes.as_slice() else { panic!("{notes:?}") };
        assert_eq!(note.code, "overruled");
        assert_eq!(note.message, format!("pkg:pypi/demo@1.0: GHSA-1 of `public` does not count: `acme` {how}"));
    }
}

#[test]
fn what_agrees_stands_in_both_and_an_alias_takes_nothing_back() {
    let (candidates, notes) = found(&[record("GHSA-1", "demo", "", r#""1.0""#)]);
    assert_eq!(candidates, [pair("acme", "GHSA-1"), pair("public", "GHSA-1")]);
    let aliased = format!(r#"{WITHDRAWN}"aliases": ["GHSA-1"], "#);
    let (others, more) = found(&[record("ACME-1", "demo", &aliased, r#""1.0""#)]);
    assert_eq!(others, [pair("public", "GHSA-1")]);
    // A record about another package says nothing of this one.
    let (elsewhere, none) = found(&[record("GHSA-1", "other", WITHDRAWN, r#""1.0""#)]);
    assert_eq!(elsewhere, [pair("public", "GHSA-1")]);
    assert!(notes.is_empty() && more.is_empty() && none.is_empty());
}

#[test]
fn private_records_beside_a_database_cover_nothing_by_themselves() {
    let npm = record("ACME-1", "demo", "", r#""1.0""#).replace("PyPI", "npm");
    let public = [record("GHSA-1", "demo", "", r#""1.0""#)];
    let databases = Databases::of(&[("acme", &[npm]), ("public", &public)], 1);
    let purl = |text: &str| Purl::parse(text).unwrap();
    assert!(databases.coverage(&purl("pkg:pypi/demo@1.0")).is_ok());
    assert!(databases.coverage(&purl("pkg:npm/demo@1.0")).is_err());
}
