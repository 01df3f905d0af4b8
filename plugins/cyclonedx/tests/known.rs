//! Real lock files against known answers, and against what other scanners found in them.
//!
//! The data lie beside the repository; where they are missing, each test says so and is skipped.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use chiron_plugin_cyclonedx::CycloneDx;
use chiron_sdk::fake::{self, FakeBlob};
use chiron_sdk::sbom::{Coverage, Inventory, SbomGenerator as _, Source};
use serde_json::Value;

/// Names of files of JavaScript's package managers.
const JAVASCRIPT: [&str; 3] = ["package-lock.json", "yarn.lock", "pnpm-lock.yaml"];

/// What others list and we do not, or under another name, and why.
const DIFFERENCES: [(&str, &str, &str); 0] = [];

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

/// Checks that every purl of these tools is ours too, but for the differences of the table.
fn nothing_is_missed(data: &Path, names: &[&str], kind: &str) {
    let inventories = inventories(data, names);
    let mut missed = Vec::new();
    for tool in ["syft", "trivy"] {
        let others = others(data, tool);
        for (file, inventory) in &inventories {
            let ours = purls(inventory, kind);
            for purl in others.get(file).into_iter().flatten() {
                let purl = decoded(purl);
                let is_explained =
                    DIFFERENCES.iter().any(|(of, start, _)| file.starts_with(of) && purl.starts_with(start));
                if !ours.contains(&purl) && !is_explained {
                    missed.push(format!("{tool} {file} {purl}"));
                }
            }
        }
    }
    assert!(missed.is_empty(), "{} missed:\n{}", missed.len(), missed.join("\n"));
}

#[test]
fn nothing_that_others_find_in_javascript_lock_files_is_missed() {
    let Some(data) = data() else { return };
    nothing_is_missed(&data, &JAVASCRIPT, "pkg:npm/");
}
