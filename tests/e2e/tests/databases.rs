//! The advisory database: made, looked at, and never believed when damaged.

use chiron_e2e::{Folder, bom, osv};

fn folder() -> Folder {
    let work = Folder::new();
    work.database(&[osv::demo(), osv::record("PYSEC-2024-2", "other", "3.0", "LOW").to_string()])
        .write("app.cdx.json", bom::of(&["pkg:pypi/demo@1.0"]));
    work
}

/// The one file of a database, beside the account of where it is from.
fn file(work: &Folder, folder: &str) -> std::path::PathBuf {
    let mut files: Vec<_> = std::fs::read_dir(work.path(folder)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.is_file() && std::fs::metadata(path).unwrap().len() > 0);
    files.retain(|path| !path.ends_with("advisories.origin.json"));
    assert_eq!(files.len(), 1, "{files:?}");
    files.swap_remove(0)
}

#[test]
fn status_names_records_ecosystems_and_digest() {
    let work = folder();
    let status = work.chiron(&["db", "status", "--db", "db", "-o", "json"]).with_code(0).json();
    assert_eq!((&status["records"], &status["ecosystems"]["PyPI"]), (&2.into(), &2.into()));
    assert!(status["digest"].as_str().unwrap().starts_with("sha256:"));
    work.chiron(&["db", "status", "--db", "db"]).with_code(0).shows(&["records  2", "PyPI"]);
    work.chiron(&["db", "path", "--db", "db"]).with_code(0).shows(&["db\n"]);
    work.chiron(&["db", "verify", "--db", "db"]).with_code(0).says(&["is whole"]);
}

#[test]
fn two_imports_of_the_same_records_are_the_same_bytes() {
    let work = folder();
    let _ = work.chiron(&["db", "import", "osv", "--db", "again"]).with_code(0);
    assert_eq!(std::fs::read(file(&work, "db")).unwrap(), std::fs::read(file(&work, "again")).unwrap());
}

#[test]
fn a_flipped_byte_anywhere_is_seen_and_never_called_clean() {
    let work = folder();
    let path = file(&work, "db");
    let whole = std::fs::read(&path).unwrap();
    let step = whole.len() / 7;
    for place in [0, 9, 40, step, 2 * step, 3 * step, 4 * step, 5 * step, 6 * step, whole.len() - 1] {
        let mut bytes = whole.clone();
        bytes[place] ^= 0x10;
        std::fs::write(&path, bytes).unwrap();
        // Comparing every byte needs no plugin, so it can be asked at every place.
        let verify = work.chiron(&["db", "verify", "--db", "db"]);
        assert!(matches!(verify.code, 4 | 6), "byte {place}: exit {}\n{}", verify.code, verify.stderr);
        assert!(verify.stderr.contains("db"), "byte {place}: {}", verify.stderr);
    }
    for place in [3 * step, whole.len() - 1] {
        let mut bytes = whole.clone();
        bytes[place] ^= 0x10;
        std::fs::write(&path, bytes).unwrap();
        let scan = work.chiron(&["scan", "app.cdx.json", "--db", "db", "-o", "json"]).with_code(6);
        assert_eq!(scan.json()["findings"], serde_json::json!([]), "byte {place}");
        scan.says(&["could not judge", "chiron db import"]);
    }
}

#[test]
fn a_truncated_database_is_refused_by_name() {
    let work = folder();
    let path = file(&work, "db");
    let whole = std::fs::read(&path).unwrap();
    for length in [0, 10, whole.len() / 2, whole.len() - 1] {
        std::fs::write(&path, &whole[..length]).unwrap();
        let status = work.chiron(&["db", "verify", "--db", "db"]);
        assert!(matches!(status.code, 4 | 6), "{length} bytes: exit {}\n{}", status.code, status.stderr);
        assert!(status.stderr.contains("db"), "{length} bytes: {}", status.stderr);
    }
    let _ = work.chiron(&["scan", "app.cdx.json", "--db", "db"]).with_code(6);
}

#[test]
fn a_failed_import_leaves_the_database_that_was_there() {
    let work = folder();
    let before = std::fs::read(file(&work, "db")).unwrap();
    work.write("zips/PyPI/all.zip", "this is no zip");
    let ended = work.chiron(&["db", "import", "zips", "--db", "db"]);
    if ended.code != 0 {
        assert_eq!(std::fs::read(file(&work, "db")).unwrap(), before);
    }
    assert!(ended.stderr.contains("all.zip"), "{}", ended.stderr);
}

#[test]
fn malformed_records_are_counted_and_named_and_the_others_imported() {
    let work = Folder::new();
    work.write("osv/good.json", osv::demo())
        .write("osv/not-json.json", "{ this is not")
        .write("osv/wrong-types.json", r#"{"id": 7, "affected": "all"}"#)
        .write("osv/deep.json", format!("{}{}", "[".repeat(100_000), "]".repeat(100_000)));
    let ended = work.chiron(&["db", "import", "osv", "--db", "db"]).with_code(0);
    ended.says(&[
        "imported 1 records",
        "malformed, left out: 3",
        "osv/not-json.json",
        "osv/wrong-types.json",
        "osv/deep.json: nested deeper",
    ]);
    // A file that is named is meant to be a record, whatever JSON it holds.
    let named = work.write("array.json", "[]").chiron(&["db", "import", "osv/good.json", "array.json", "--db", "db2"]);
    named.with_code(0).says(&["imported 1 records", "malformed, left out: 1", "array.json"]);
}

fn record_with(events: &str) -> String {
    format!(
        r#"{{"id": "X-1", "modified": "2024-01-01T00:00:00Z", "affected": [{{"package": {{"ecosystem": "PyPI", "name": "demo"}},
            "ranges": [{{"type": "ECOSYSTEM", "events": {events}}}]}}]}}"#
    )
}

#[test]
fn events_in_any_order_mean_the_same() {
    let work = Folder::new();
    let unsorted = r#"[{"fixed": "3.2"}, {"introduced": "3.0"}, {"fixed": "1.0"}, {"introduced": "0"}]"#;
    work.database(&[record_with(unsorted)]).write(
        "app.cdx.json",
        bom::of(&[
            "pkg:pypi/demo@0.5",
            "pkg:pypi/demo@1.0",
            "pkg:pypi/demo@2.0",
            "pkg:pypi/demo@3.1",
            "pkg:pypi/demo@3.2",
        ]),
    );
    let report = work.chiron(&["scan", "app.cdx.json", "--db", "db", "-o", "json"]).with_code(0).json();
    let affected: Vec<_> =
        report["findings"].as_array().unwrap().iter().map(|f| f["component"]["version"].as_str().unwrap()).collect();
    assert_eq!(affected, ["0.5", "3.1"]);
}

#[test]
fn a_git_range_that_stands_first_does_not_hide_the_range_behind_it() {
    let work = Folder::new();
    let record = r#"{"id": "X-1", "modified": "2024-01-01T00:00:00Z", "affected": [{"package": {"ecosystem": "PyPI", "name": "demo"},
        "ranges": [{"type": "GIT", "repo": "https://example.com/x", "events": [{"introduced": "0"}, {"fixed": "abc"}]},
                   {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}]}]}"#;
    work.database(&[record.to_owned()]).write("app.cdx.json", bom::of(&["pkg:pypi/demo@1.0", "pkg:pypi/demo@2.0"]));
    let report = work.chiron(&["scan", "app.cdx.json", "--db", "db", "-o", "json"]).with_code(0).json();
    assert_eq!(report["findings"].as_array().unwrap().len(), 1);
    assert_eq!(report["findings"][0]["component"]["version"], "1.0");
}

#[test]
fn the_environment_names_the_database_and_a_flag_overrules_it() {
    let work = folder();
    let scan = |db: &str, more: &[&str]| {
        work.chiron_with(&[("CHIRON_DB", db)], &[&["scan", "app.cdx.json", "-o", "json"], more].concat())
    };
    let report = scan("db", &[]).with_code(0).json();
    let setting = report["settings"].as_array().unwrap().iter().find(|setting| setting["key"] == "db").unwrap();
    assert_eq!(setting["source"], "environment");
    let _ = scan("nowhere", &["--db", "db"]).with_code(0);
    let _ = scan("nowhere", &[]).with_code(6);
}
