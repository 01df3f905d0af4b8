//! Real lock files against known answers, and against what other scanners found in them.
//!
//! The data lie beside the repository; where they are missing, each test says so and is skipped.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "an integration test is all test, but clippy sees its helper functions as code"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use chiron_plugin_cyclonedx::CycloneDx;
use chiron_sdk::fake::{self, FakeBlob};
use chiron_sdk::sbom::{Component, Coverage, Inventory, SbomGenerator as _, Source};
use serde_json::Value;

/// Names of files of JavaScript's package managers.
const JAVASCRIPT: [&str; 3] = ["package-lock.json", "yarn.lock", "pnpm-lock.yaml"];

/// Names of Go's files that others were run on.
const GO: [&str; 1] = ["go.mod"];

/// Why another tool's purl is not ours, and how our inventory shows it, given name and version.
type Difference = (&'static str, fn(&Component, &str, &str) -> bool);

/// Every difference has to be one of these.
const DIFFERENCES: [Difference; 4] = [
    (
        "the project itself, its workspaces, what comes from a repository: no registry's advisory is about them",
        |ours, name, version| {
            let is_it = ours.name == name || ours.properties.contains(&("chiron:source".to_owned(), name.to_owned()));
            is_it && ours.version.as_deref() == Some(version) && !is_registrys(ours)
        },
    ),
    ("the name of an alias, where the package behind it is ours", |ours, name, version| {
        let is_alias = ours.properties.contains(&("chiron:alias".to_owned(), name.to_owned()));
        is_alias && ours.version.as_deref() == Some(version) && is_registrys(ours)
    }),
    ("a name in lower case that has capitals in the file and in advisories", |ours, name, version| {
        ours.name != name && ours.name.to_ascii_lowercase() == name && ours.version.as_deref() == Some(version)
    }),
    ("a Go module cut to its repository, the rest taken for a path within", |ours, name, version| {
        let rest = ours.name.to_ascii_lowercase().strip_prefix(name).map(str::to_owned);
        rest.is_some_and(|rest| rest.starts_with('/')) && ours.version.as_deref() == Some(version)
    }),
];

fn is_registrys(component: &Component) -> bool {
    component.purl.as_ref().is_some_and(|purl| purl.starts_with("pkg:npm/"))
}

/// Which of the differences accounts for a purl.
fn explained(inventory: &Inventory, purl: &str) -> Option<usize> {
    let path = purl.split_once('/')?.1;
    let (name, version) = path.rsplit_once('@').filter(|(name, _)| !name.is_empty()).unwrap_or((path, ""));
    let accounts = |(_, shows): &Difference| inventory.components.iter().any(|ours| shows(ours, name, version));
    DIFFERENCES.iter().position(accounts)
}

fn data() -> Option<PathBuf> {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data"));
    if path.exists() {
        return Some(path.to_owned());
    }
    eprintln!("skipped: shared/data is not there");
    None
}

/// Inventories by `folder/file` of all lock files with one of these names.
fn inventories(data: &Path, names: &[&str]) -> BTreeMap<String, Inventory> {
    let mut found = BTreeMap::new();
    for folder in std::fs::read_dir(data.join("lockfiles")).unwrap() {
        let folder = folder.unwrap().path();
        for name in names.iter().filter(|name| folder.join(name).exists()) {
            let bytes = std::fs::read(folder.join(name)).unwrap();
            let inventory = CycloneDx.generate(&fake::subject(name), Source::File(&FakeBlob::new(bytes))).unwrap();
            found.insert(format!("{}/{name}", folder.file_name().unwrap().to_str().unwrap()), inventory);
        }
    }
    assert!(!found.is_empty(), "no lock files among {names:?}");
    found
}

/// Purls of one type, decoded, so that spellings of the same purl are equal.
fn purls(inventory: &Inventory, kind: &str) -> BTreeSet<String> {
    let purls = inventory.components.iter().filter_map(|component| component.purl.as_deref());
    purls.filter(|purl| purl.starts_with(kind)).map(decoded).collect()
}

fn decoded(purl: &str) -> String {
    let path = purl.split(['?', '#']).next().unwrap();
    let decoded = [("%40", "@"), ("%2B", "+"), ("%2F", "/"), ("%21", "!")]
        .iter()
        .fold(path.to_owned(), |text, (code, plain)| text.replace(code, plain));
    if kind_is_lower(&decoded) { decoded.to_ascii_lowercase() } else { decoded }
}

/// Types whose names the specification lower-cases, which not every tool does.
fn kind_is_lower(purl: &str) -> bool {
    purl.starts_with("pkg:golang/") || purl.starts_with("pkg:composer/")
}

fn others(data: &Path, tool: &str) -> BTreeMap<String, Vec<String>> {
    let bytes = std::fs::read(data.join(format!("truth/sbom/{tool}-lockfiles.json.gz"))).unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[test]
fn every_javascript_lock_file_lists_as_many_packages_as_truth_counts() {
    let Some(data) = data() else { return };
    let truth = std::fs::read_to_string(data.join("truth/lockfiles.dev.json")).unwrap();
    let truth: BTreeMap<String, Value> = serde_json::from_str(&truth).unwrap();
    let inventories = inventories(&data, &JAVASCRIPT);
    let mut compared = 0;
    for (file, inventory) in &inventories {
        let [outcome] = inventory.files.as_slice() else { panic!("{file}") };
        assert_eq!((outcome.coverage, outcome.reason.as_deref()), (Coverage::Read, None), "{file}");
        let purls = purls(inventory, "pkg:npm/");
        if let Some(known) = truth.get(file) {
            compared += 1;
            assert_eq!(purls.len() as u64, known["packages"].as_u64().unwrap(), "{file}");
            for finding in known["findings"].as_array().unwrap() {
                let purl =
                    format!("pkg:npm/{}@{}", finding["name"].as_str().unwrap(), finding["version"].as_str().unwrap());
                assert!(purls.contains(&purl), "{file} lacks {purl}");
            }
        }
    }
    assert!(compared >= 6, "{compared} files compared");
}

#[test]
fn every_package_stands_at_its_line() {
    let Some(data) = data() else { return };
    for (file, inventory) in inventories(&data, &JAVASCRIPT) {
        let text = std::fs::read_to_string(data.join("lockfiles").join(&file)).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        for component in inventory.components.iter().filter(|component| component.purl.is_some()) {
            let line = component.locations[0].line.unwrap_or_else(|| panic!("{file} {}: no line", component.id));
            let content = lines[line as usize - 1];
            let alias =
                component.properties.iter().find(|(key, _)| key == "chiron:alias").map(|(_, alias)| alias.as_str());
            let is_named = content.contains(&component.name) || alias.is_some_and(|alias| content.contains(alias));
            assert!(is_named, "{file}:{line} {content} is not {}", component.name);
        }
    }
}

#[test]
fn relations_lead_to_packages_of_the_file() {
    let Some(data) = data() else { return };
    for (file, inventory) in inventories(&data, &JAVASCRIPT) {
        let sources: BTreeSet<_> = inventory.relations.iter().map(|relation| &relation.source).collect();
        assert!(
            sources.len() * 5 > inventory.components.len(),
            "{file}: {} of {}",
            sources.len(),
            inventory.components.len()
        );
    }
}

/// Purls of other tools that are not ours and that no difference accounts for; marks the differences in use.
fn missed(data: &Path, names: &[&str], kind: &str, used: &mut BTreeSet<usize>) -> Vec<String> {
    let inventories = inventories(data, names);
    let mut missed = Vec::new();
    for tool in ["syft", "trivy"] {
        let others = others(data, tool);
        for (file, inventory) in &inventories {
            let ours = purls(inventory, kind);
            let theirs = others.get(file).unwrap_or_else(|| panic!("{tool} was not run on {file}"));
            for purl in theirs.iter().map(|purl| decoded(purl)).filter(|purl| !ours.contains(purl)) {
                match explained(inventory, &purl) {
                    Some(difference) => drop(used.insert(difference)),
                    None => missed.push(format!("{tool} {file} {purl}")),
                }
            }
        }
    }
    missed
}

#[test]
fn nothing_that_others_find_is_missed() {
    let Some(data) = data() else { return };
    let mut used = BTreeSet::new();
    let mut missed_purls = missed(&data, &JAVASCRIPT, "pkg:npm/", &mut used);
    missed_purls.extend(missed(&data, &GO, "pkg:golang/", &mut used));
    assert!(missed_purls.is_empty(), "{} missed:\n{}", missed_purls.len(), missed_purls.join("\n"));
    let unused: Vec<_> = (0..DIFFERENCES.len()).filter(|n| !used.contains(n)).map(|n| DIFFERENCES[n].0).collect();
    assert!(unused.is_empty(), "{unused:?}");
}

#[test]
fn every_module_that_a_build_needs_has_its_digest_in_go_sum() {
    let Some(data) = data() else { return };
    let inventories = inventories(&data, &["go.mod", "go.sum"]);
    let (module, sums) = (&inventories["scorecard/go.mod"], &inventories["scorecard/go.sum"]);
    let (module, sums) = (purls(module, "pkg:golang/"), purls(sums, "pkg:golang/"));
    let both = module.intersection(&sums).count();
    assert!(both * 10 > module.len() * 9, "{both} of {}", module.len());
}
