//! Statements about a run: which there are, what they say, and that a denied run gets only those that say so.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chiron_e2e::{Folder, osv, pipeline, wheel};
use serde_json::Value;

const SCAN: &str = "https://chiron.dev/attestation/scan/v0.1";
const SLSA: &str = "https://slsa.dev/provenance/v1";
const VSA: &str = "https://slsa.dev/verification_summary/v1";
const BOM: &str = "https://cyclonedx.org/bom";

/// A wheel of this version, ready to be run.
fn folder(version: &str) -> Folder {
    let work = Folder::new();
    let name = format!("dist/demo-{version}-py3-none-any.whl");
    work.database(&[osv::demo()]).write(&name, wheel::of("demo", version)).write(
        "pipeline.toml",
        pipeline::signed_with(
            "subjects = [\"dist/*.whl\"]",
            "attest = [\"scan\", \"sbom\", \"provenance\", \"summary\"]",
        ),
    );
    let _ = work.chiron(&["key", "generate", "release", "--no-password"]).with_code(0);
    work
}

/// Every statement by predicate type, with the file that it is in.
fn statements(work: &Folder) -> BTreeMap<String, (String, Value)> {
    let files = work.listing().into_keys().filter(|path| path.starts_with("attestations/") && path.ends_with(".json"));
    let read = |file: String| {
        let bundle: Value = serde_json::from_str(&work.read(&file)).unwrap();
        let payload = STANDARD.decode(bundle["dsseEnvelope"]["payload"].as_str().unwrap()).unwrap();
        let statement: Value = serde_json::from_slice(&payload).unwrap();
        (statement["predicateType"].as_str().unwrap().to_owned(), (file, statement))
    };
    files.map(read).collect()
}

#[test]
fn a_run_is_attested_by_what_the_pipeline_names() {
    let work = folder("2.0");
    let report = work.chiron(&["run", "-o", "json"]).with_code(0).json();
    let all = statements(&work);
    assert_eq!(all.keys().map(String::as_str).collect::<Vec<_>>(), [SCAN, BOM, SLSA, VSA]);
    let digest = report["subjects"][0]["digests"][0].as_str().unwrap().strip_prefix("sha256:").unwrap();
    for (file, statement) in all.values() {
        assert_eq!(statement["subject"][0]["digest"]["sha256"], digest, "{file}");
        let ended = work.chiron(&["verify", "dist", "--key", "release.pub", "--bundle", file, "-v"]).with_code(0);
        ended.shows(&["signatures  passed"]);
    }
    assert_eq!(all[BOM].1["predicate"]["bomFormat"], "CycloneDX");
    assert_eq!(all[VSA].1["predicate"]["verificationResult"], "PASSED");
    let provenance = &all[SLSA].1["predicate"];
    assert_eq!(provenance["runDetails"]["builder"]["id"], "https://chiron.dev/chiron");
    let definition = &provenance["buildDefinition"];
    let names: Vec<_> = definition["resolvedDependencies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            assert!(one["digest"].as_object().is_some_and(|digest| digest.len() == 1), "{one}");
            one["name"].as_str().unwrap()
        })
        .collect();
    for name in ["plugin:sbom", "plugin:scan", "plugin:sign", "plugin:gate", "database:main"] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
    assert!(definition["externalParameters"]["config"]["digest"]["sha256"].is_string());
    let grants = definition["internalParameters"]["grants"]["sign"].as_array().unwrap();
    assert!(grants.contains(&"signing(release)".into()), "{grants:?}");
    // The SBOM is one that is verified as such; a run is no build.
    let (sbom, provenance) = (&all[BOM].0, &all[SLSA].0);
    let _ = work.chiron(&["verify", "dist", "--sbom", "--key", "release.pub", "--bundle", sbom]).with_code(0);
    let builder = ["--builder-id", "https://chiron.dev/chiron", "--source-uri", "https://github.com/acme/app"];
    let asked = ["verify", "dist", "--provenance", "--key", "release.pub", "--bundle", provenance];
    work.chiron(&[&asked[..], &builder].concat()).with_code(4).shows(&["does not say from which source"]);
}

#[test]
fn a_denied_run_is_attested_by_what_says_so_and_that_endorses_nothing() {
    let work = folder("1.0");
    let _ = work.chiron(&["run"]).with_code(1);
    let all = statements(&work);
    assert_eq!(all.keys().map(String::as_str).collect::<Vec<_>>(), [SCAN, VSA]);
    assert_eq!(all[VSA].1["predicate"]["verificationResult"], "FAILED");
    for (file, _) in all.values() {
        let ended = work.chiron(&["verify", "dist", "--key", "release.pub", "--bundle", file]).with_code(4);
        ended.shows(&["speaks against the file"]);
    }
    let _ = work.chiron(&["verify", "dist", "--key", "release.pub"]).with_code(4);
}

#[test]
fn the_same_run_gives_the_same_statements() {
    let work = folder("2.0");
    let run = || {
        let _ = work.chiron(&["run", "--at", "2027-01-01T00:00:00Z"]).with_code(0);
        statements(&work)
    };
    assert_eq!(run(), run());
}
