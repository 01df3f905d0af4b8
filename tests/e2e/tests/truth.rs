//! Known answers: what applies to a package and version, over all outside records.

use std::collections::{BTreeMap, BTreeSet};

use chiron_e2e::truth::{self, Pair};
use chiron_e2e::{Folder, shared};
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
