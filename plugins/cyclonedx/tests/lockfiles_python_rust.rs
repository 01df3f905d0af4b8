//! Real lock files of Python and Rust: exactly the packages that are known, and all that other tools found.

#![allow(clippy::unwrap_used, reason = "a failed unwrap is the test's own message")]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};

use chiron_plugin_cyclonedx::CycloneDx;
use chiron_sdk::fake::{self, FakeBlob};
use chiron_sdk::sbom::{Coverage, Inventory, SbomGenerator, Source};
use serde_json::Value;

/// Packages as `name@version`, names as their registry compares them.
type Packages = BTreeSet<String>;

/// Packages of a registry that truth counts and does not name: its list leaves `time` out.
const COUNTED_NOT_NAMED: [(&str, &str); 2] =
    [("uv/Cargo.lock", "time@0.3.47"), ("uv-0.1.10/Cargo.lock", "time@0.3.34")];

/// Packages that truth counts and that no registry gave: they have no purl, so that no advisory is matched against them.
const FROM_ELSEWHERE: [(&str, &str); 1] = [("poetry/poetry.lock", "poetry-core@2.4.1")];

fn shared() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    if !path.exists() {
        eprintln!("skipped: shared/data is not there");
        return None;
    }
    Some(path)
}

/// Every lock file of the kinds read here, by its path.
fn files(data: &Path) -> Vec<String> {
    let sources = std::fs::read_to_string(data.join("lockfiles/SOURCES.tsv")).unwrap();
    let ours = |path: &&str| {
        let name = path.rsplit('/').next().unwrap();
        matches!(name, "Cargo.lock" | "poetry.lock" | "uv.lock") || name.starts_with("requirements")
    };
    sources.lines().skip(1).map(|row| row.split('\t').next().unwrap()).filter(ours).map(str::to_owned).collect()
}

fn inventory(data: &Path, file: &str) -> Inventory {
    let blob = FakeBlob::new(std::fs::read(data.join("lockfiles").join(file)).unwrap()).media_type("text/plain");
    CycloneDx.generate(&fake::subject(file), Source::File(&blob)).unwrap()
}

fn comparable(name: &str, version: &str, pypi: bool) -> String {
    let name = if pypi { name.to_lowercase().replace(['_', '.'], "-") } else { name.to_owned() };
    format!("{name}@{version}")
}

/// Those with a purl, or all.
fn packages(inventory: &Inventory, file: &str, of_a_registry: bool) -> Packages {
    let pypi = !file.ends_with("Cargo.lock");
    let wanted = inventory.components.iter().filter(|part| !of_a_registry || part.purl.is_some());
    wanted.map(|part| comparable(&part.name, part.version.as_deref().unwrap_or_default(), pypi)).collect()
}

#[test]
fn every_real_lock_file_is_read_whole_and_holds_exactly_the_known_packages() {
    let Some(data) = shared() else { return };
    let truth: BTreeMap<String, Value> =
        serde_json::from_str(&std::fs::read_to_string(data.join("truth/lockfiles.dev.json")).unwrap()).unwrap();
    let mut compared = 0;
    for file in files(&data) {
        let inventory = inventory(&data, &file);
        let outcome = &inventory.files[0];
        assert_eq!((outcome.coverage, outcome.reason.as_deref()), (Coverage::Read, None), "{file}");
        assert_eq!(outcome.entries_read, inventory.components.len() as u64, "{file}");
        assert!(inventory.components.iter().all(|part| part.locations[0].line.is_some()), "{file}");
        let Some(known) = truth.get(&file) else { continue };
        compared += 1;
        let pypi = known["ecosystem"] == "PyPI";
        let count = known["packages"].as_u64().unwrap();
        let unnamed = COUNTED_NOT_NAMED.iter().filter(|(of, _)| *of == file).map(|(_, package)| (*package).to_owned());
        let known: Packages = known["components"]
            .as_array()
            .unwrap()
            .iter()
            .map(|text| text.as_str().unwrap().rsplit_once('@').unwrap())
            .map(|(name, version)| comparable(name, version, pypi))
            .chain(unnamed)
            .collect();
        let of_a_registry = packages(&inventory, &file, true);
        let elsewhere = FROM_ELSEWHERE.iter().filter(|(of, _)| *of == file).map(|(_, package)| (*package).to_owned());
        let elsewhere: Packages = elsewhere.collect();
        assert!(elsewhere.is_disjoint(&of_a_registry) && elsewhere.is_subset(&packages(&inventory, &file, false)));
        let found: Packages = of_a_registry.union(&elsewhere).cloned().collect();
        let differences: Vec<_> = found.symmetric_difference(&known).collect();
        assert!(differences.is_empty(), "{file}: {differences:?}");
        assert_eq!(found.len() as u64, count, "{file}");
    }
    assert_eq!(compared, 10);
}

#[test]
fn everything_that_syft_and_trivy_found_is_found() {
    let Some(data) = shared() else { return };
    let mut unexplained = Vec::new();
    for tool in ["syft", "trivy"] {
        let packed = std::fs::File::open(data.join(format!("truth/sbom/{tool}-lockfiles.json.gz"))).unwrap();
        let mut text = String::new();
        flate2::read::GzDecoder::new(packed).read_to_string(&mut text).unwrap();
        let found: BTreeMap<String, Vec<String>> = serde_json::from_str(&text).unwrap();
        for file in files(&data) {
            let ours = packages(&inventory(&data, &file), &file, false);
            for purl in found.get(&file).into_iter().flatten() {
                let package = of_purl(purl);
                if !ours.contains(&package) {
                    unexplained.push(format!("{tool} {file} {package}"));
                }
            }
        }
    }
    assert!(unexplained.is_empty(), "{}", unexplained.join("\n"));
}

fn of_purl(purl: &str) -> String {
    let pypi = purl.starts_with("pkg:pypi/");
    let rest = purl.split('/').next_back().unwrap().split('?').next().unwrap().replace("%2B", "+");
    let (name, version) = rest.split_once('@').unwrap_or((&rest, ""));
    comparable(name, version, pypi)
}

#[test]
fn what_real_lock_files_say_about_dependencies_leads_to_packages() {
    let Some(data) = shared() else { return };
    for file in files(&data).iter().filter(|file| file.ends_with(".lock")) {
        let inventory = inventory(&data, file);
        let reached: BTreeSet<_> = inventory.relations.iter().map(|relation| relation.target.as_str()).collect();
        // All but the roots and a few that nothing in the file names.
        assert!(reached.len() * 10 > inventory.components.len() * 5, "{file}: {} reached", reached.len());
    }
}
