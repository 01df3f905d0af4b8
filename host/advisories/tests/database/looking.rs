//! Two databases compared, records found, archives checked before anything is made of them.

use chiron_advisories::{Database, DifferenceOf, LookupError, check_archive, diff, import, install, search};
use chiron_model::advisory::Evaluation;

use crate::scratch::{Scratch, database, record, zip};

const ONE: &str = r#""versions": ["1.0.0"]"#;

fn said(record: &str, more: &str) -> String {
    record.replacen('{', &format!("{{{more}, "), 1)
}

#[test]
fn records_that_differ_are_told_by_how() {
    let same = record("X-same", "npm", "a", ONE);
    let now_withdrawn = record("X-gone-bad", "npm", "a", ONE);
    let changed = record("X-changed", "PyPI", "b", ONE);
    let (_old, old) = database(&[
        &same,
        &now_withdrawn,
        &changed,
        &record("X-removed", "npm", "c", ONE),
        &said(&record("X-back", "npm", "c", ONE), r#""withdrawn": "2024-02-01T00:00:00Z""#),
    ]);
    let (_new, new) = database(&[
        // Other spaces are no other record.
        &format!(" {same} "),
        &said(&now_withdrawn, r#""withdrawn": "2024-02-01T00:00:00Z""#),
        &changed.replace("1.0.0", "1.0.1"),
        &record("X-added", "crates.io", "d", ONE),
        &record("X-back", "npm", "c", ONE),
    ]);
    let difference = diff(&old, &new).unwrap();
    let told: Vec<_> = difference.changes.iter().map(|change| (change.id.as_str(), change.what)).collect();
    assert_eq!(
        told,
        [
            ("X-added", DifferenceOf::Added),
            ("X-back", DifferenceOf::Reinstated),
            ("X-changed", DifferenceOf::Changed),
            ("X-gone-bad", DifferenceOf::Withdrawn),
            ("X-removed", DifferenceOf::Removed),
        ]
    );
    assert_eq!(difference.same, 1);
    assert_eq!(
        (difference.changes[0].ecosystems.as_slice(), difference.changes[0].packages.as_slice()),
        (&["crates.io".to_owned()][..], &["d".to_owned()][..])
    );
    assert_eq!(difference.counts()["npm"].len(), 3);
    assert_eq!(diff(&new, &new).unwrap().changes, []);
}

fn ids(database: &Database, query: &str) -> Vec<String> {
    search(database, query).unwrap().into_iter().map(|hit| hit.id).collect()
}

#[test]
fn records_are_found_by_id_alias_package_and_words() {
    let aliased = said(
        &record("GHSA-aaaa", "PyPI", "Some.Name", ONE),
        r#""aliases": ["CVE-2024-1"], "summary": "Reads beyond the end""#,
    );
    let withdrawn = said(
        &record("X-old", "PyPI", "some-name", ONE),
        r#""withdrawn": "2024-02-01T00:00:00Z", "details": "\nTold twice\nmore""#,
    );
    let other = said(&record("PYSEC-1", "PyPI", "other", ONE), r#""aliases": ["CVE-2024-1"]"#);
    let (_scratch, database) = database(&[&aliased, &withdrawn, &other]);
    assert_eq!(ids(&database, "GHSA-aaaa"), ["GHSA-aaaa", "PYSEC-1"]);
    assert_eq!(ids(&database, "cve-2024-1"), ["GHSA-aaaa", "PYSEC-1"]);
    assert_eq!(ids(&database, "beyond END"), ["GHSA-aaaa"]);
    assert_eq!(ids(&database, "some.name"), ["GHSA-aaaa"]);
    assert_eq!(ids(&database, "told twice"), ["X-old"]);
    assert_eq!(ids(&database, "beyond nothing"), [""; 0]);
    assert_eq!(ids(&database, " "), [""; 0]);
    let of_package = search(&database, "pkg:pypi/some_name@2.0.0").unwrap();
    assert_eq!(
        of_package.iter().map(|hit| (hit.id.as_str(), hit.withdrawn)).collect::<Vec<_>>(),
        [("GHSA-aaaa", false), ("X-old", true)]
    );
    assert!(matches!(of_package[0].evaluation, Some(Evaluation::Unaffected { .. })));
    assert_eq!(search(&database, "pkg:pypi/some_name").unwrap()[0].evaluation, None);
    assert!(matches!(search(&database, "pkg:npm/x"), Err(LookupError::NotCovered { .. })));
}

#[test]
fn an_archive_is_checked_to_its_last_byte() {
    let scratch = Scratch::new();
    let good = record("X-1", "npm", "a", ONE);
    let bytes = zip(&[("a.json", good.as_bytes()), ("b.json", &b"x".repeat(40))]);
    assert_eq!(check_archive(&scratch.write("whole.zip", &bytes)).unwrap(), 2);
    let error = check_archive(&scratch.write("cut.zip", &bytes[..bytes.len() - 30])).unwrap_err();
    assert!(error.to_string().contains("not a readable zip archive"), "{error}");
    let mut flipped = bytes;
    // In the content of the first member, behind its name.
    let place = flipped.windows(6).position(|window| window == b"a.json").unwrap() + 12;
    flipped[place] ^= 1;
    let error = check_archive(&scratch.write("flipped.zip", &flipped)).unwrap_err();
    assert!(error.to_string().contains("a.json"), "{error}");
}

#[test]
fn a_database_that_was_imported_elsewhere_takes_the_place_of_another() {
    let (scratch, old) = database(&[&record("X-1", "npm", "a", ONE)]);
    let new = scratch.write("new.json", record("X-2", "npm", "a", ONE).as_bytes());
    let beside = scratch.path("db/.new");
    let _ = import(&[new], &beside, &|_| {}).unwrap();
    assert!(scratch.open().holds("X-1"));
    install(&beside, &scratch.db()).unwrap();
    let installed = scratch.open();
    assert_eq!(installed.ids().unwrap(), ["X-2"]);
    assert!(installed.holds("X-2") && !installed.holds("X-1"));
    // Whoever has the old one open keeps it.
    assert!(old.holds("X-1"));
    assert!(install(&beside, &scratch.db()).is_err());
    installed.verify().unwrap();
}
