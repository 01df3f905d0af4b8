//! What an import takes, refuses, counts and leaves behind.

use std::path::PathBuf;
use std::sync::Mutex;

use chiron_advisories::{Database, ImportError, OpenError, Progress, REASONS_MAX, import};
use chiron_model::ecosystem::Ecosystem;
use proptest::prelude::*;

use crate::scratch::{Scratch, hits, record, zip};

const ONE: &str = r#""versions": ["1.0.0"]"#;

fn dated(id: &str, modified: &str, name: &str) -> String {
    record(id, "npm", name, ONE).replace("2024-01-01T00:00:00Z", modified)
}

#[test]
fn archives_folders_and_files_are_read() {
    let scratch = Scratch::new();
    let member = |name: &str| record(&format!("X-{name}"), "npm", name, ONE);
    scratch.write("mirror/npm/all.zip", &zip(&[("a.json", member("a").as_bytes()), ("README.md", b"no record")]));
    scratch.write("mirror/PyPI/all.zip", &zip(&[("b.json", record("X-b", "PyPI", "B", ONE).as_bytes())]));
    scratch.write("mirror/MANIFEST.json", b"[{}]");
    let loose = scratch.write("loose", member("c").as_bytes());
    let named = scratch.write("named.bin", &zip(&[("d.json", member("d").as_bytes())]));
    let seen = Mutex::new(Vec::new());
    let paths = [scratch.path("mirror"), loose, named.clone()];
    let summary = import(&paths, &scratch.db(), &|progress| seen.lock().unwrap().push(progress)).unwrap();
    assert_eq!((summary.records, summary.packages, summary.ignored, summary.malformed), (4, 4, 1, 0));
    assert_eq!(summary.ecosystems, [(Ecosystem::PyPi, 1), (Ecosystem::Npm, 3)]);
    let seen = seen.into_inner().unwrap();
    assert!(seen.contains(&Progress::Reading { source: named, done: 1, total: 1 }));
    assert_eq!(seen.last(), Some(&Progress::Writing { records: 4 }));
    let database = scratch.open();
    assert_eq!(database.id().records, 4);
    assert_eq!(database.id().digest, summary.digest.to_string());
    for purl in ["pkg:npm/a@1.0.0", "pkg:pypi/b@1.0.0", "pkg:npm/c@1.0.0", "pkg:npm/d@1.0.0"] {
        assert_eq!(hits(&database, purl).len(), 1, "{purl}");
    }
    database.verify().unwrap();
}

#[test]
fn broken_records_are_counted_and_named_and_the_rest_is_taken() {
    let scratch = Scratch::new();
    let deep = format!(r#"{{"id": "D-1", "x": {}{}}}"#, "[".repeat(200), "]".repeat(200));
    let large = vec![b' '; 16 * 1024 * 1024 + 1];
    let good = record("X-1", "npm", "a", ONE);
    let mut bytes = zip(&[
        ("bad.json", b"{\"id\": 7}"),
        ("deep.json", deep.as_bytes()),
        ("large.json", &large),
        ("sub/good.json", good.as_bytes()),
        ("torn.json", &good.as_bytes()[..60]),
        ("zz.json", &b"x".repeat(40)),
    ]);
    // The bytes of the last member's content are flipped: its CRC no longer matches.
    let at = bytes.windows(7).rposition(|window| window == b"zz.json").unwrap();
    let first = bytes.windows(7).position(|window| window == b"zz.json").unwrap();
    assert!(first < at);
    bytes[first + 8] ^= 0x10;
    let path = scratch.write("all.zip", &bytes);
    let summary = scratch.import(std::slice::from_ref(&path)).unwrap();
    assert_eq!((summary.records, summary.malformed), (1, 5));
    let members: Vec<_> = summary.reasons.iter().filter_map(|m| m.member.as_deref()).collect();
    assert_eq!(members, ["bad.json", "deep.json", "large.json", "torn.json", "zz.json"]);
    assert!(summary.reasons.iter().all(|m| m.file == path && !m.reason.is_empty()), "{:?}", summary.reasons);
    assert!(summary.reasons[2].reason.contains("larger than"), "{:?}", summary.reasons[2]);
}

#[test]
fn all_are_counted_but_only_some_reasons_kept() {
    let scratch = Scratch::new();
    for number in 0..REASONS_MAX + 5 {
        scratch.write(&format!("in/{number}.json"), b"{");
    }
    scratch.write("in/good.json", record("X-1", "npm", "a", ONE).as_bytes());
    let summary = scratch.import(&[scratch.path("in")]).unwrap();
    assert_eq!((summary.malformed, summary.reasons.len()), (REASONS_MAX as u64 + 5, REASONS_MAX));
}

#[test]
fn other_ecosystems_are_left_out_and_counted() {
    let scratch = Scratch::new();
    scratch.write("in/1.json", record("X-1", "npm", "a", ONE).as_bytes());
    scratch.write("in/2.json", record("X-2", "Hackage", "a", ONE).as_bytes());
    scratch.write("in/3.json", record("X-3", "Maven:https://maven.example", "a", ONE).as_bytes());
    scratch.write("in/4.json", br#"{"id": "X-4", "modified": "2024-01-01T00:00:00Z"}"#);
    let summary = scratch.import(&[scratch.path("in")]).unwrap();
    assert_eq!(summary.skipped, [("(none)".to_owned(), 1), ("Hackage".to_owned(), 1), ("Maven".to_owned(), 1)]);
    assert_eq!((summary.records, scratch.open().raw("X-2").unwrap()), (1, None));
}

#[test]
fn the_newest_of_a_record_wins_wherever_it_stands() {
    for turn in [false, true] {
        let scratch = Scratch::new();
        let mut names = ["in/1.json", "in/2.json", "in/3.json"];
        if turn {
            names.reverse();
        }
        // As text, `+01:00` would be the newest; as time it is not.
        scratch.write(names[0], dated("X-1", "2024-05-01T00:30:00+01:00", "old").as_bytes());
        scratch.write(names[1], dated("X-1", "2024-05-01T00:00:00Z", "new").as_bytes());
        scratch.write(names[2], dated("X-1", "never", "undated").as_bytes());
        let summary = scratch.import(&[scratch.path("in")]).unwrap();
        assert_eq!((summary.records, summary.duplicates), (1, 2));
        assert_eq!(summary.built_at, "2024-05-01T00:00:00Z");
        let database = scratch.open();
        assert_eq!(database.id().built_at, "2024-05-01T00:00:00Z");
        assert_eq!(hits(&database, "pkg:npm/new@1.0.0"), ["X-1"]);
        assert!(hits(&database, "pkg:npm/old@1.0.0").is_empty());
    }
}

#[test]
fn an_import_replaces_and_a_failed_one_replaces_nothing() {
    let scratch = Scratch::new();
    assert!(matches!(Database::open(&scratch.db(), "x"), Err(OpenError::Missing { .. })));
    let first = scratch.write("1.json", record("X-1", "npm", "a", ONE).as_bytes());
    let second = scratch.write("2.json", record("X-2", "npm", "b", ONE).as_bytes());
    scratch.import(&[first]).unwrap();
    let old = scratch.open();

    let other = scratch.write("3.json", record("X-3", "Hackage", "a", ONE).as_bytes());
    let bad = scratch.write("4.json", b"{");
    let error = scratch.import(&[other, bad]).unwrap_err();
    assert!(matches!(error, ImportError::NoRecords { malformed: 1, skipped: 1, .. }), "{error}");
    let mut torn = zip(&[("a.json", record("X-4", "npm", "a", ONE).as_bytes())]);
    torn.truncate(torn.len() - 30);
    let torn = scratch.write("torn.zip", &torn);
    assert!(matches!(scratch.import(&[torn]), Err(ImportError::Archive { .. })));
    assert!(matches!(scratch.import(&[scratch.path("absent")]), Err(ImportError::Unreadable { .. })));
    assert_eq!(hits(&scratch.open(), "pkg:npm/a@1.0.0"), ["X-1"]);

    scratch.import(&[second]).unwrap();
    let new = scratch.open();
    assert!(hits(&new, "pkg:npm/a@1.0.0").is_empty());
    assert_eq!(hits(&new, "pkg:npm/b@1.0.0"), ["X-2"]);
    // Whoever had the old one open keeps it, whole.
    assert_eq!(hits(&old, "pkg:npm/a@1.0.0"), ["X-1"]);
    old.verify().unwrap();
    assert_ne!(old.id().digest, new.id().digest);
}

#[test]
fn leftovers_of_crashed_imports_are_swept_and_nothing_else() {
    let scratch = Scratch::new();
    scratch.write("db/.advisories-x1y2z3", b"half a database");
    scratch.write("db/notes.txt", b"the operator's");
    let input = scratch.write("1.json", record("X-1", "npm", "a", ONE).as_bytes());
    scratch.import(&[input]).unwrap();
    let mut left: Vec<_> = std::fs::read_dir(scratch.db())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(left, [".advisories.lock", "advisories.chdb", "notes.txt"]);
}

#[test]
fn importers_and_readers_side_by_side_see_whole_databases() {
    let scratch = Scratch::new();
    let inputs: Vec<_> = (0..4)
        .map(|n| scratch.write(&format!("{n}.json"), record(&format!("X-{n}"), "npm", "a", ONE).as_bytes()))
        .collect();
    scratch.import(&inputs[..1]).unwrap();
    std::thread::scope(|scope| {
        for input in &inputs {
            scope.spawn(|| {
                for _ in 0..10 {
                    scratch.import(std::slice::from_ref(input)).unwrap();
                }
            });
        }
        scope.spawn(|| {
            for _ in 0..100 {
                let database = scratch.open();
                assert_eq!(hits(&database, "pkg:npm/a@1.0.0").len(), 1);
                database.verify().unwrap();
            }
        });
    });
}

fn built(order: &[usize], as_archive: bool) -> Vec<u8> {
    let scratch = Scratch::new();
    let text = |n: usize| {
        let affected = r#""ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}], "versions": ["2", "1"]"#;
        record(&format!("X-{n}"), ["npm", "PyPI"][n % 2], &format!("p{}", n % 3), affected)
            .replace(r#""affected""#, &format!(r#""aliases": ["CVE-{}"], "affected""#, n / 2))
    };
    let texts: Vec<_> = order.iter().map(|&n| (format!("{n}.json"), text(n))).collect();
    let paths: Vec<PathBuf> = if as_archive {
        let members: Vec<_> = texts.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect();
        vec![scratch.write("all.zip", &zip(&members))]
    } else {
        texts.iter().enumerate().map(|(n, (_, text))| scratch.write(&format!("in{n}"), text.as_bytes())).collect()
    };
    scratch.import(&paths).unwrap();
    std::fs::read(scratch.file()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]
    #[test]
    fn the_same_records_give_the_same_bytes(order in Just((0..12).collect::<Vec<_>>()).prop_shuffle(), archive in any::<bool>()) {
        let sorted: Vec<_> = (0..12).collect();
        prop_assert!(built(&order, archive) == built(&sorted, false));
    }
}
