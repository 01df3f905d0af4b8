//! What other tools found in environments and in a folder of wheels, and which of it is not listed here, and why. (Lock files:
//! `known.rs` and `lockfiles_python_rust.rs`.)
//!
//! Of the environment and of most wheels only the lists are there, so names and versions are given to the catalogers as the files
//! that they would stand in.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail as tests do")]

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use chiron_plugin_cyclonedx::CycloneDx;
use chiron_sdk::fake::{self, FakeBlob, FakeTree};
use chiron_sdk::sbom::{SbomGenerator as _, Source};
use serde_json::Value;

/// What others list and we do not: the file of theirs, the purl as they write it, why not. Each has to occur.
const DIFFERENCES: [(&str, &str, &str); 4] = [
    (
        "syft-venv",
        "pkg:nuget/Simple%20Launcher@1.1.0.14",
        "the product name in a Windows program that pip brings along (distlib's launcher): no package of NuGet has that name",
    ),
    (
        "trivy-venv",
        "pkg:npm/jupyterlab_pygments@0.3.0",
        "the package.json of a built extension of JupyterLab, outside of any node_modules: made from that package, not the package",
    ),
    (
        "cdxgen-wheelhouse",
        "pkg:pypi/tomli@1.2.3",
        "a copy inside the wheel of flit_core: a wheel is listed as the one package that its own METADATA names",
    ),
    (
        "cdxgen-wheelhouse",
        "pkg:pypi/*.*",
        "a name with a dot as its author writes it; PEP 503 and the purl specification say a dash",
    ),
];

fn data() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/truth/sbom");
    if !path.exists() {
        eprintln!("skipped: shared/data is not there");
        return None;
    }
    Some(path)
}

fn json(data: &Path, name: &str) -> Value {
    let mut text = String::new();
    let bytes = std::fs::read(data.join(format!("{name}.json.gz"))).unwrap();
    flate2::read::GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn purls(data: &Path, name: &str) -> BTreeSet<String> {
    json(data, name).as_array().unwrap().iter().map(|purl| purl.as_str().unwrap().to_owned()).collect()
}

/// The purls of a file.
fn ours(path: &str, blob: &FakeBlob) -> Vec<String> {
    let inventory = CycloneDx.generate(&fake::subject(path), Source::File(blob)).unwrap();
    inventory.components.into_iter().filter_map(|component| component.purl).collect()
}

fn metadata(name: &str, version: &str) -> String {
    format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
}

/// Theirs that are not ours and that no difference accounts for. Marks the differences that do.
fn unexplained(
    tool: &str,
    theirs: &BTreeSet<String>,
    ours: &BTreeSet<String>,
    used: &mut BTreeSet<usize>,
) -> Vec<String> {
    let accounts = |(of, purl, _): &(&str, &str, &str), found: &str| {
        // The purl with stars stands for all that become ours by writing dashes for dots in the name.
        let dashed = || found.split_once('@').map(|(name, version)| format!("{}@{version}", name.replace('.', "-")));
        *of == tool && (*purl == found || (purl.contains('*') && dashed().is_some_and(|dashed| ours.contains(&dashed))))
    };
    let missing = theirs.iter().filter(|purl| !ours.contains(*purl));
    let explain = |purl: &&String| match DIFFERENCES.iter().position(|difference| accounts(difference, purl)) {
        Some(at) => {
            used.insert(at);
            false
        }
        None => true,
    };
    missing.filter(explain).map(|purl| format!("{tool} {purl}")).collect()
}

#[test]
fn every_difference_to_what_others_found_is_listed_and_occurs() {
    let Some(data) = data() else { return };
    let mut used = BTreeSet::new();
    let mut missing = Vec::new();

    // A wheel each, by the name and version in its METADATA: 432 real ones.
    let mut wheels = BTreeSet::new();
    for wheel in json(&data, "wheelhouse-metadata").as_array().unwrap() {
        let text = |key: &str| wheel[key].as_str().unwrap();
        let tree = FakeTree::new().file("x-1.dist-info/METADATA", metadata(text("name"), text("version")));
        let found = ours(text("file"), &FakeBlob::archive(tree).media_type("application/vnd.pypa.wheel+zip"));
        assert_eq!(found, [text("purl")]);
        wheels.extend(found);
    }
    for tool in ["cdxgen-wheelhouse", "syft-wheelhouse"] {
        missing.extend(unexplained(tool, &purls(&data, tool), &wheels, &mut used));
    }

    // What pip lists as installed, and the copy that bleach brings along with its own METADATA.
    let mut installed = BTreeSet::new();
    let of_pip = purls(&data, "venv-pip-list");
    let vendored = "pkg:pypi/html5lib@1.1".to_owned();
    for purl in of_pip.iter().chain([&vendored]) {
        let (name, version) = purl.trim_start_matches("pkg:pypi/").split_once('@').unwrap();
        let version = version.replace("%2B", "+");
        let path = format!("lib/site-packages/{name}-{version}.dist-info/METADATA");
        installed.extend(ours(&path, &FakeBlob::new(metadata(name, &version))));
    }
    assert!(installed.is_superset(&of_pip));
    for tool in ["syft-venv", "trivy-venv", "cyclonedx-py-venv"] {
        // A dot where the specification has a dash is their spelling of ours.
        let theirs = purls(&data, tool).iter().map(|purl| dashed(purl)).collect();
        missing.extend(unexplained(tool, &theirs, &installed, &mut used));
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    let unused: Vec<_> = (0..DIFFERENCES.len()).filter(|at| !used.contains(at)).map(|at| DIFFERENCES[at]).collect();
    assert!(unused.is_empty(), "{unused:?}");
}

/// A name of PyPI as the purl specification has it.
fn dashed(purl: &str) -> String {
    match purl.split_once('@') {
        Some((name, version)) if name.starts_with("pkg:pypi/") => format!("{}@{version}", name.replace('.', "-")),
        _ => purl.to_owned(),
    }
}

#[test]
fn every_list_of_another_tool_is_compared_somewhere() {
    let Some(data) = data() else { return };
    // Names of files that `known.rs` and `lockfiles_python_rust.rs` compare.
    let compared = |file: &str| {
        let name = file.rsplit('/').next().unwrap();
        let known =
            ["package-lock.json", "yarn.lock", "pnpm-lock.yaml", "go.mod", "Cargo.lock", "poetry.lock", "uv.lock"];
        known.contains(&name) || (name.starts_with("requirements") && name.ends_with(".txt"))
    };
    for tool in ["syft-lockfiles", "trivy-lockfiles"] {
        let lists = json(&data, tool);
        let left: Vec<_> = lists.as_object().unwrap().keys().filter(|file| !compared(file)).collect();
        assert!(left.is_empty(), "{tool}: {left:?}");
    }
    let lists: BTreeSet<String> =
        std::fs::read_dir(&data).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let known = [
        "cdxgen-wheelhouse",
        "cyclonedx-py-venv",
        "syft-lockfiles",
        "syft-venv",
        "syft-wheelhouse",
        "trivy-lockfiles",
        "trivy-venv",
        "venv-pip-list",
        "wheelhouse-metadata",
    ];
    let new: Vec<_> = lists
        .iter()
        .filter(|name| name.ends_with(".gz") && !known.contains(&name.trim_end_matches(".json.gz")))
        .collect();
    assert!(new.is_empty(), "lists that nothing is compared with: {new:?}");
}
