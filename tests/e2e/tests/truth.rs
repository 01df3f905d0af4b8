//! Known answers: what applies to a package and version, over all outside records.

use std::collections::{BTreeMap, BTreeSet};

use chiron_e2e::truth::{self, Pair};
use chiron_e2e::{Folder, shared, wheel};
use serde_json::Value;

#[test]
fn one_document_of_all_known_pairs_gets_exactly_the_known_advisories() {
    let (Some(database), Some(folder)) = (shared::database(), shared::path("data/truth")) else { return };
    let mut pairs = Vec::new();
    for name in ["pypi", "npm", "crates"] {
        let text = std::fs::read_to_string(folder.join(format!("{name}.dev.json"))).unwrap();
        pairs.extend(truth::read(&text));
    }
    assert!(pairs.len() > 1000, "{} pairs", pairs.len());
    let work = Folder::new();
    work.write("all.cdx.json", truth::document(&pairs));
    let scan = work.chiron(&["scan", "all.cdx.json", "--db", database.to_str().unwrap(), "-o", "json"]).with_code(0);
    let report = scan.json();
    records_that_matched_are_the_known_ones(&report, &pairs);
    groups_are_the_known_ones_with_their_aliases(&report, &pairs);
    every_pair_is_a_component(&report, &pairs);
}

/// Python's pairs, as files that name one package each; `write` says where and what.
fn through_files(write: impl Fn(usize, &Pair) -> (String, Vec<u8>)) {
    let (Some(database), Some(folder)) = (shared::database(), shared::path("data/truth")) else { return };
    let mut pairs = truth::read(&std::fs::read_to_string(folder.join("pypi.dev.json")).unwrap());
    // No package calls itself by an extra.
    pairs.retain(|pair| !pair.name.contains('['));
    assert!(pairs.len() > 300, "{} pairs", pairs.len());
    let work = Folder::new();
    let files: Vec<_> = pairs.iter().enumerate().map(|(index, pair)| write(index, pair)).collect();
    for (path, bytes) in &files {
        work.write(&format!("in/{path}"), bytes.clone());
    }
    let scan = work.chiron(&["scan", "in", "--db", database.to_str().unwrap(), "-o", "json"]).with_code(0);
    let report = scan.json();
    // A package that two files name has one finding with two places.
    let mut found = BTreeMap::<&str, BTreeSet<String>>::new();
    for finding in report["findings"].as_array().unwrap().iter().filter(|finding| finding["status"] == "affected") {
        for place in finding["locations"].as_array().unwrap() {
            let ids = found.entry(place["path"].as_str().unwrap()).or_default();
            ids.extend(texts(&finding["matched"], |matched| &matched["id"]));
        }
    }
    let mut wrong = Vec::new();
    for ((path, _), pair) in files.iter().zip(&pairs) {
        let known: BTreeSet<_> = pair.ids.iter().cloned().collect();
        let got = found.get(path.as_str()).cloned().unwrap_or_default();
        if got != known {
            wrong.push(format!("{} {} in {path}: found {got:?}, known {known:?}", pair.name, pair.version));
        }
    }
    assert!(wrong.is_empty(), "{} pairs are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// A name as it may stand in the name of a file (PEP 427).
fn in_file_names(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '.' { c } else { '_' }).collect()
}

#[test]
fn an_environment_of_all_known_pairs_has_exactly_the_known_advisories() {
    through_files(|index, pair| {
        let folder = format!("venv{index}/lib/python3.12/site-packages/{}-{}", in_file_names(&pair.name), pair.version);
        let text = format!("Metadata-Version: 2.1\nName: {}\nVersion: {}\n", pair.name, pair.version);
        (format!("{folder}.dist-info/METADATA"), text.into_bytes())
    });
}

#[test]
fn wheels_of_all_known_pairs_have_exactly_the_known_advisories() {
    through_files(|index, pair| {
        let name = in_file_names(&pair.name);
        (format!("{index}/{name}-{}-py3-none-any.whl", pair.version), wheel::of(&name, &pair.version))
    });
}

fn records_that_matched_are_the_known_ones(report: &Value, pairs: &[Pair]) {
    let found = truth::found(report, |finding| texts(&finding["matched"], |matched| &matched["id"]));
    let mut wrong = Vec::new();
    for (purl, ids) in by_purl(pairs) {
        let got = found.get(&purl).cloned().unwrap_or_default();
        if got != ids {
            wrong.push(format!("{purl}: found {got:?}, known {ids:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} pairs are wrong:\n{}", wrong.len(), wrong.join("\n"));
}

/// A finding stands for a group of aliases: each known id is in exactly one group, and each group holds a known id.
fn groups_are_the_known_ones_with_their_aliases(report: &Value, pairs: &[Pair]) {
    let known = by_purl(pairs);
    let mut seen = BTreeMap::<(String, String), usize>::new();
    for finding in report["findings"].as_array().unwrap() {
        let purl = finding["component"]["purl"].as_str().unwrap().to_owned();
        let group: BTreeSet<_> = texts(&finding["advisories"], |id| id).into_iter().collect();
        let matched = texts(&finding["matched"], |matched| &matched["id"]);
        assert!(matched.iter().all(|id| group.contains(id)), "{purl}: {matched:?} is not within {group:?}");
        assert!(group.contains(finding["id"].as_str().unwrap()), "{purl}: {group:?}");
        if finding["status"] == "affected" {
            let of_this: Vec<_> = known[&purl].iter().filter(|id| group.contains(*id)).cloned().collect();
            assert!(!of_this.is_empty(), "{purl}: nothing of {group:?} is known");
            for id in of_this {
                *seen.entry((purl.clone(), id)).or_default() += 1;
            }
        }
    }
    for (purl, ids) in known {
        for id in ids {
            assert_eq!(seen.get(&(purl.clone(), id.clone())), Some(&1), "{purl} {id}");
        }
    }
}

fn every_pair_is_a_component(report: &Value, pairs: &[Pair]) {
    let purls: BTreeSet<_> = texts(&report["components"], |component| &component["purl"]).into_iter().collect();
    let missing: Vec<_> = pairs.iter().map(|pair| &pair.purl).filter(|purl| !purls.contains(*purl)).collect();
    assert!(missing.is_empty(), "{missing:?}");
    assert_eq!(report["files"][0]["status"], "read");
}

fn by_purl(pairs: &[Pair]) -> BTreeMap<String, Vec<String>> {
    pairs.iter().map(|pair| (pair.purl.clone(), pair.ids.clone())).collect()
}

fn texts<'a>(list: &'a Value, pick: impl Fn(&'a Value) -> &'a Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|item| pick(item).as_str().unwrap().to_owned()).collect()
}
