//! Findings of real lock files of JavaScript's package managers are the known ones.

use std::collections::BTreeMap;

use chiron_e2e::{Folder, shared, truth};
use serde_json::Value;

#[test]
fn each_lock_file_has_exactly_the_known_findings() {
    let (Some(database), Some(data)) = (shared::database(), shared::path("data")) else { return };
    let known = std::fs::read_to_string(data.join("truth/lockfiles.dev.json")).unwrap();
    let known: BTreeMap<String, Value> = serde_json::from_str(&known).unwrap();
    let mut wrong = Vec::new();
    let mut scanned = 0;
    for (file, known) in known.iter().filter(|(_, known)| known["ecosystem"] == "npm") {
        let work = Folder::new();
        let name = file.rsplit('/').next().unwrap();
        work.write(name, std::fs::read(data.join("lockfiles").join(file)).unwrap());
        let report = work.chiron(&["scan", name, "--db", database.to_str().unwrap(), "-o", "json"]).with_code(0).json();
        assert_eq!(report["files"][0]["status"], "read", "{file}");
        let found = truth::found(&report, |finding| ids(&finding["matched"], |matched| &matched["id"]));
        let expected = expected(known);
        if found != expected {
            wrong.push(format!("{file}: found {found:#?}, known {expected:#?}"));
        }
        scanned += 1;
    }
    assert!(scanned >= 6, "{scanned} files");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn expected(known: &Value) -> BTreeMap<String, Vec<String>> {
    let findings = known["findings"].as_array().unwrap().iter();
    findings.map(|finding| (purl(finding), ids(&finding["ids"], |id| id))).collect()
}

fn purl(finding: &Value) -> String {
    let (name, version) = (finding["name"].as_str().unwrap(), finding["version"].as_str().unwrap());
    format!("pkg:npm/{}@{}", name.replace('@', "%40"), version.replace('+', "%2B"))
}

fn ids<'a>(list: &'a Value, pick: impl Fn(&'a Value) -> &'a Value) -> Vec<String> {
    let mut ids: Vec<_> = list.as_array().unwrap().iter().map(|item| pick(item).as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}
