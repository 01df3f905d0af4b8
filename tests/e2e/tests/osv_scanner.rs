//! The real osv-scanner, held against the engine: the same records, the same lock files, the same advisories.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use chiron_e2e::{Ended, Folder, osv, outside, shared, zip};
use serde_json::Value;

/// The program that `CHIRON_OSV_SCANNER` names. In CI it has to be there.
fn program() -> Option<PathBuf> {
    let found = std::env::var_os("CHIRON_OSV_SCANNER").map(PathBuf::from).filter(|path| path.is_file());
    if found.is_none() {
        outside::missing("osv-scanner");
    }
    found
}

/// Has osv-scanner look at a lock file, without network, over the exports in `osv-scanner/ECOSYSTEM/all.zip` of a folder.
fn report(program: &Path, work: &Folder, exports: &Path, lock: &str) {
    let ended = Command::new(program)
        .current_dir(work.path("."))
        .env_clear()
        .env("HOME", work.home())
        .args(["scan", "source", "--offline", "--format", "json", "--all-packages", "--local-db-path"])
        .arg(exports)
        .args(["--lockfile", lock, "--output-file", "app.osv-scanner.json"])
        .output()
        .unwrap();
    // 0: nothing found, 1: something found; all else is a failure.
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(matches!(ended.status.code(), Some(0 | 1)), "{lock}: {:?}: {said}", ended.status);
}

/// Both judge the lock file: the engine over `db`, and the report beside it.
fn both(work: &Folder, lock: &str, database: &str) -> (Value, Ended) {
    work.write(
        "pipeline.toml",
        format!(
            "[pipeline]\nname = \"both\"\nsubjects = [\"{lock}\", \"app.osv-scanner.json\"]\n\
             [[step]]\nid = \"sbom\"\nuses = \"cyclonedx\"\n[[step]]\nid = \"ours\"\nuses = \"osv\"\n\
             [[step]]\nid = \"theirs\"\nuses = \"osv-scanner-report\"\n\
             [databases.default]\npath = \"{database}\"\n[gate]\nfail_on = \"medium\"\n"
        ),
    );
    let ended = work.chiron(&["run", "-o", "json"]);
    (ended.json(), ended)
}

/// Findings that a step reports, each with the package: `PYSEC-1 of pkg:pypi/a@1`. Records that are aliases of each other are one
/// finding: osv-scanner names a group of them by one, the engine matches each.
fn reported(report: &Value, step: &str) -> BTreeSet<String> {
    let findings = report["findings"].as_array().unwrap();
    let of = |finding: &&Value| finding["matched"].as_array().unwrap().iter().any(|matched| matched["step"] == step);
    let named = |finding: &Value| {
        let purl = finding["component"]["purl"].as_str().unwrap_or("no component");
        format!("{} of {purl}", finding["id"].as_str().unwrap())
    };
    findings.iter().filter(of).map(named).collect()
}

#[test]
fn the_real_osv_scanner_says_the_same_of_a_small_file() {
    let Some(program) = program() else { return };
    let work = Folder::new();
    let records = [
        osv::record("PYSEC-2024-1", "demo", "2.0", "HIGH"),
        osv::record("PYSEC-2024-2", "other", "1.5", "LOW"),
        osv::record("PYSEC-2024-3", "demo", "0.9", "HIGH"),
    ];
    let members: Vec<_> = records
        .iter()
        .map(|record| zip::stored(format!("{}.json", record["id"].as_str().unwrap()), record.to_string().as_bytes()))
        .collect();
    work.write("exports/osv-scanner/PyPI/all.zip", zip::of(&members));
    work.database(&records.map(|record| record.to_string()));
    work.write("requirements.txt", "demo==1.0\nother==1.5\n");
    report(&program, &work, &work.path("exports"), "requirements.txt");
    let (report, ended) = both(&work, "requirements.txt", "db");
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    let one = BTreeSet::from(["PYSEC-2024-1 of pkg:pypi/demo@1.0".to_owned()]);
    assert_eq!((reported(&report, "ours"), reported(&report, "theirs")), (one.clone(), one));
    let finding = &report["findings"][0];
    assert_eq!(
        (&finding["silent"], &finding["unsure"]),
        (&serde_json::json!([]), &serde_json::json!([])),
        "{finding:#}"
    );
}

/// Lock files of real projects, as they were at a time at which advisories were open.
const LOCKS: [&str; 6] = [
    "goof/package-lock.json",
    "warehouse/requirements-main.txt",
    "ripgrep-0.10.0/Cargo.lock",
    "poetry-1.1.0/poetry.lock",
    "webpack-4.46.0/yarn.lock",
    "vue-core/pnpm-lock.yaml",
];

#[test]
fn the_real_osv_scanner_and_the_engine_agree_about_real_lock_files() {
    let (Some(program), Some(database)) = (program(), shared::database()) else { return };
    let (Some(locks), Some(records)) = (shared::path("data/lockfiles"), shared::path("data/osv")) else { return };
    let exports = Folder::new();
    for ecosystem in ["PyPI", "npm", "crates.io"] {
        // A copy: osv-scanner does not follow links.
        let bytes = std::fs::read(records.join(ecosystem).join("all.zip")).unwrap();
        exports.write(&format!("osv-scanner/{ecosystem}/all.zip"), bytes);
    }
    let mut wrong = Vec::new();
    let mut agreed = 0;
    for lock in LOCKS {
        let work = Folder::new();
        let name = lock.rsplit('/').next().unwrap();
        work.write(name, std::fs::read(locks.join(lock)).unwrap());
        report(&program, &work, &exports.path("."), name);
        let (report, ended) = both(&work, name, database.to_str().unwrap());
        assert!(matches!(ended.code, 0 | 1), "{lock}: {}", ended.stderr);
        let (ours, theirs) = (reported(&report, "ours"), reported(&report, "theirs"));
        agreed += ours.intersection(&theirs).count();
        wrong.extend(ours.difference(&theirs).map(|only| format!("{lock}: only the engine: {only}")));
        wrong.extend(theirs.difference(&ours).map(|only| format!("{lock}: only osv-scanner: {only}")));
    }
    // ripgrep's own crate `grep-cli`, which the lock file takes from a folder: an advisory about the registry's crate of that name is
    // about another. osv-scanner looks at names alone.
    wrong.retain(|line| line != "ripgrep-0.10.0/Cargo.lock: only osv-scanner: RUSTSEC-2021-0071 of no component");
    assert!(wrong.is_empty(), "{agreed} agree; {}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(agreed > 50, "{agreed}");
}
