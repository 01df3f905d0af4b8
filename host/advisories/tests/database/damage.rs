//! No flipped or missing byte goes unseen.

use chiron_advisories::{Database, LookupError, OpenError};
use proptest::prelude::*;

use crate::scratch::{ALL, Scratch, database, purl, record};

const HEADER: usize = 24 + 7 * 48 + 32;

/// A small database, its bytes, and where its sections lie.
fn small() -> (Scratch, Vec<u8>, Vec<std::ops::Range<usize>>) {
    let aliased = record("X-1", "npm", "a", r#""versions": ["1.0.0"]"#)
        .replace(r#""affected""#, r#""aliases": ["CVE-1"], "affected""#);
    let (scratch, _) = database(&[&aliased, &record("X-2", "PyPI", "b", r#""versions": ["1.0"]"#)]);
    let bytes = std::fs::read(scratch.file()).unwrap();
    let number = |at: usize| usize::try_from(u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())).unwrap();
    let sections = (0..7)
        .map(|section| {
            let start = number(24 + section * 48);
            start..start + number(24 + section * 48 + 8)
        })
        .collect();
    (scratch, bytes, sections)
}

fn open(scratch: &Scratch, bytes: &[u8]) -> Result<Database, OpenError> {
    // A new file each time: a map of the last one may still be alive.
    std::fs::remove_file(scratch.file()).unwrap();
    std::fs::write(scratch.file(), bytes).unwrap();
    Database::open(&scratch.db(), "test")
}

fn flipped(bytes: &[u8], at: usize, bit: u8) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 1 << bit;
    bytes
}

#[test]
fn every_flip_in_the_header_and_the_small_sections_is_refused_when_opening() {
    let (scratch, bytes, sections) = small();
    let small = sections[3..].iter().cloned().flatten();
    for at in (0..HEADER).chain(small) {
        let error = open(&scratch, &flipped(&bytes, at, (at % 8) as u8)).map(|_| at).unwrap_err();
        let named = match at {
            0..8 => matches!(error, OpenError::NotADatabase { .. }),
            8..12 => matches!(error, OpenError::OtherVersion { .. }),
            _ => matches!(error, OpenError::Damaged { .. }),
        };
        assert!(named, "byte {at}: {error}");
    }
}

#[test]
fn every_truncation_is_refused_when_opening() {
    let (scratch, bytes, _) = small();
    for length in 0..bytes.len() {
        let error = open(&scratch, &bytes[..length]).map(|_| length).unwrap_err();
        let named = match length {
            0..8 => matches!(error, OpenError::NotADatabase { .. }),
            _ => matches!(error, OpenError::Truncated { .. }),
        };
        assert!(named, "{length} bytes: {error}");
    }
    let longer = [bytes.as_slice(), b"x"].concat();
    assert!(matches!(open(&scratch, &longer), Err(OpenError::Damaged { .. })));
}

#[test]
fn every_flip_in_a_record_is_seen_when_it_is_read() {
    let (scratch, bytes, sections) = small();
    for at in sections[..3].iter().cloned().flatten() {
        let database = open(&scratch, &flipped(&bytes, at, (at % 8) as u8)).unwrap();
        let answers = [
            database.lookup(&purl("pkg:npm/a@1.0.0"), ALL).map(|_| ()),
            database.lookup(&purl("pkg:pypi/b@1.0"), ALL).map(|_| ()),
            database.alias_group("CVE-1").map(|_| ()),
            database.raw("X-1").map(|_| ()),
            database.raw("X-2").map(|_| ()),
        ];
        let damaged = answers.iter().filter(|answer| matches!(answer, Err(LookupError::Damaged { .. }))).count();
        assert_eq!(damaged, 1, "byte {at}: {answers:?}");
        assert!(matches!(database.verify(), Err(OpenError::Damaged { .. })), "byte {at}");
    }
}

#[test]
fn damage_after_opening_is_seen_by_verify() {
    let (scratch, bytes, sections) = small();
    let database = open(&scratch, &bytes).unwrap();
    database.verify().unwrap();
    for at in [0, 30, HEADER - 1, sections[1].start, sections[6].start] {
        std::fs::write(scratch.file(), flipped(&bytes, at, 0)).unwrap();
        assert!(database.verify().is_err(), "byte {at}");
    }
}

#[test]
fn other_files_are_told_apart() {
    let (scratch, bytes, _) = small();
    for other in [&b""[..], b"SQLite format 3\0", b"PK\x03\x04"] {
        assert!(matches!(open(&scratch, other), Err(OpenError::NotADatabase { .. })));
    }
    let mut newer = bytes.clone();
    newer[8..12].copy_from_slice(&9_u32.to_le_bytes());
    let error = open(&scratch, &newer).map(|_| ()).unwrap_err();
    assert!(matches!(error, OpenError::OtherVersion { found: 9, supported: 3, .. }));
    assert!(error.to_string().ends_with("has format 9; this chiron reads format 3"));
    std::fs::remove_file(scratch.file()).unwrap();
    std::fs::create_dir(scratch.file()).unwrap();
    assert!(matches!(Database::open(&scratch.db(), "x"), Err(OpenError::Unreadable { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]
    #[test]
    fn no_bytes_make_opening_panic(tail in prop::collection::vec(any::<u8>(), 0..900), keep in 0_usize..500) {
        let (scratch, bytes, _) = small();
        let mixed = [&bytes[..keep.min(bytes.len())], &tail].concat();
        if mixed != bytes {
            prop_assert!(open(&scratch, &mixed).is_err());
        }
    }
}
