//! Lock files of Python and Rust, through the binary: known findings, installed packages, source distributions.

use std::collections::{BTreeMap, BTreeSet};

use chiron_e2e::{Folder, shared};
use serde_json::Value;

/// Ids by `name@version`.
type Findings = BTreeMap<String, BTreeSet<String>>;

/// What truth leaves out: it counts the crate `time` among the packages, and names it nowhere. The record says that
/// versions from 0.3.6 to before 0.3.47 are affected.
const NOT_NAMED: [(&str, &str, &str); 1] = [("uv-0.1.10/Cargo.lock", "time@0.3.34", "RUSTSEC-2026-0009")];

#[test]
fn each_real_lock_file_has_exactly_the_known_findings() {
    let (Some(database), Some(data)) = (shared::database(), shared::path("data")) else { return };
    let truth: BTreeMap<String, Value> =
        serde_json::from_str(&std::fs::read_to_string(data.join("truth/lockfiles.dev.json")).unwrap()).unwrap();
    let ours: Vec<_> = truth.iter().filter(|(_, known)| known["ecosystem"] != "npm").collect();
    assert_eq!(ours.len(), 10);
    let mut wrong = Vec::new();
    for (file, known) in ours {
        let work = Folder::new();
        let path = data.join("lockfiles").join(file);
        let arguments = ["scan", path.to_str().unwrap(), "--db", database.to_str().unwrap(), "-o", "json"];
        let report = work.chiron(&arguments).with_code(0).json();
        assert_eq!(report["files"][0]["status"], "read", "{file}");
        let (found, mut expected) = (found(&report), expected(known));
        for (_, package, id) in NOT_NAMED.iter().filter(|(of, ..)| of == file) {
            expected.insert((*package).to_owned(), BTreeSet::from([(*id).to_owned()]));
        }
        if found != expected {
            wrong.push(format!("{file}: found {found:?}, known {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn expected(known: &Value) -> Findings {
    let finding = |finding: &Value| {
        let ids = finding["ids"].as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_owned()).collect();
        (package(&finding["name"], &finding["version"]), ids)
    };
    known["findings"].as_array().unwrap().iter().map(finding).collect()
}

/// What matched, of the findings that say "affected".
fn found(report: &Value) -> Findings {
    let mut found = Findings::new();
    for finding in report["findings"].as_array().unwrap().iter().filter(|finding| finding["status"] == "affected") {
        let component = &finding["component"];
        let ids =
            finding["matched"].as_array().unwrap().iter().map(|matched| matched["id"].as_str().unwrap().to_owned());
        found.entry(package(&component["name"], &component["version"])).or_default().extend(ids);
    }
    found
}

fn package(name: &Value, version: &Value) -> String {
    let name = name.as_str().unwrap().to_lowercase().replace(['_', '.'], "-");
    format!("{name}@{}", version.as_str().unwrap())
}

#[test]
fn a_project_folder_is_read_file_by_file_and_every_file_has_an_outcome() {
    let work = Folder::new();
    work.write("app/requirements.txt", "-r base.txt\ndemo==1.0\nloose>=1\n")
        .write("app/requirements/dev.txt", "-r test.txt\n-c ../constraints.txt\npytest==8.0\n")
        .write("app/requirements/test.txt", "pytest==8.0\n")
        .write("app/Cargo.lock", "<<<<<<< HEAD\n")
        .write("app/venv/lib/site-packages/Zope.X-5.4.dist-info/METADATA", "Name: Zope.X\nVersion: 5.4\n")
        .write("app/venv/lib/site-packages/notes/METADATA", "Name: other\nVersion: 1\n");
    let report = work.chiron(&["sbom", "app", "-o", "json"]).with_code(0).json();
    let purls: BTreeSet<_> =
        report["components"].as_array().unwrap().iter().map(|part| part["purl"].as_str().unwrap()).collect();
    let expected = ["pkg:pypi/demo@1.0", "pkg:pypi/loose", "pkg:pypi/pytest@8.0", "pkg:pypi/zope-x@5.4"];
    assert_eq!(purls, BTreeSet::from(expected));
    let outcome = |path: &str| {
        let file = report["files"].as_array().unwrap().iter().find(|file| file["path"] == path).unwrap();
        (file["status"].as_str().unwrap().to_owned(), file["reason"].as_str().unwrap_or_default().to_owned())
    };
    let (status, reason) = outcome("requirements.txt");
    assert_eq!(status, "partly");
    assert!(
        reason.contains("`base.txt` is included, and is not among the files") && reason.contains("1 of 2 packages"),
        "{reason}"
    );
    // What it includes is read by itself, and the package that both list is one.
    assert_eq!(outcome("requirements/dev.txt"), ("read".to_owned(), String::new()));
    let pytest =
        report["components"].as_array().unwrap().iter().filter(|part| part["name"] == "pytest").collect::<Vec<_>>();
    assert_eq!((pytest.len(), pytest[0]["locations"].as_array().unwrap().len()), (1, 2), "{pytest:?}");
    let (status, reason) = outcome("Cargo.lock");
    assert!(status == "failed" && reason.contains("not well-formed TOML: line 1"), "{status} {reason}");
    assert_eq!(outcome("venv/lib/site-packages/Zope.X-5.4.dist-info/METADATA").0, "read");
    assert_eq!(outcome("venv/lib/site-packages/notes/METADATA").0, "unsupported");
}

#[test]
fn real_source_distributions_are_the_packages_they_name() {
    let Some(house) = shared::path("data/wheelhouse-small") else { return };
    for (file, purl) in
        [("six-1.16.0.tar.gz", "pkg:pypi/six@1.16.0"), ("sqlparse-0.4.1.tar.gz", "pkg:pypi/sqlparse@0.4.1")]
    {
        let work = Folder::new();
        let report = work.chiron(&["sbom", house.join(file).to_str().unwrap(), "-o", "json"]).with_code(0).json();
        assert_eq!(report["components"][0]["purl"], purl);
        assert_eq!(report["files"][0]["status"], "read", "{file}");
    }
}
