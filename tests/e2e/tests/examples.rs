//! Every example, and every pipeline in README, is what it says.

use std::path::PathBuf;

use chiron_e2e::{Folder, binary, bom, keys};

/// A copy of the examples: runs leave files, and the repository is not the place for them.
fn examples() -> Folder {
    let work = Folder::new();
    work.copy(&binary::root().join("examples"), "examples");
    work
}

fn pipelines(work: &Folder) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for example in std::fs::read_dir(work.path("examples")).unwrap() {
        for entry in std::fs::read_dir(example.unwrap().path()).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            if path.extension().is_some_and(|extension| extension == "toml") && text.contains("[pipeline]") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

#[test]
fn every_example_can_be_planned() {
    let work = examples();
    let pipelines = pipelines(&work);
    assert!(pipelines.len() >= 3, "{pipelines:?}");
    for pipeline in pipelines {
        let text = std::fs::read_to_string(&pipeline).unwrap();
        if text.contains(".wasm\"") {
            continue; // Its plugin is built first: policies.rs.
        }
        let ended = work.chiron(&["run", "--dry-run", pipeline.to_str().unwrap()]);
        assert_eq!(ended.code, 0, "{}\n{}", pipeline.display(), ended.stderr);
    }
}

#[test]
fn quickstart_passes_with_findings_and_one_suppressed_and_is_denied_when_strict() {
    let work = examples();
    let at = ["--at", "2027-01-01T00:00:00Z"];
    let run = |file: &str| work.chiron(&[&["run", file, "-o", "json"], &at[..]].concat());
    let report = run("examples/quickstart/pipeline.toml").with_code(0).json();
    let status = |wanted: &str| {
        report["findings"].as_array().unwrap().iter().filter(|finding| finding["status"] == wanted).count()
    };
    assert!(status("affected") > 0);
    assert_eq!(status("suppressed"), 1);
    let reason = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find_map(|finding| finding["suppression"]["reason"].as_str())
        .unwrap();
    assert!(!reason.is_empty());
    assert_eq!(run("examples/quickstart/strict.toml").with_code(1).json()["verdict"]["decision"], "deny");
}

#[test]
fn signed_release_leaves_a_bundle_and_a_statement() {
    if !keys::openssl_is_there() {
        return;
    }
    let work = examples();
    let folder = work.path("examples/signed-release");
    keys::make(&folder, "release", "P-256");
    let ended = work.chiron(&["run", "examples/signed-release/pipeline.toml"]);
    assert!(matches!(ended.code, 0 | 1), "{}\n{}", ended.stdout, ended.stderr);
    let signed = work.listing().into_keys().filter(|path| path.ends_with(".sigstore.json")).count();
    assert_eq!(signed, if ended.code == 0 { 2 } else { 1 }, "{:?}", work.listing().keys());
}

#[test]
fn swap_scanner_runs_without_a_network_and_its_report_can_be_compared() {
    let work = examples();
    let run = ["run", "examples/swap-scanner/pipeline.toml", "-o", "json=osv.json"];
    let _ = work.chiron(&run).with_code(0);
    let report: serde_json::Value = serde_json::from_str(&work.read("osv.json")).unwrap();
    let found: Vec<_> = report["findings"].as_array().unwrap().iter().map(|finding| &finding["id"]).collect();
    assert_eq!(found, ["PYSEC-2026-1475", "PYSEC-2026-1872"]);
    let _ = work.chiron(&["diff", "--exit-code", "osv.json", "osv.json"]).with_code(0);
    work.chiron(&["diff", "osv.json", "examples/swap-scanner/app.cdx.json"]).with_code(0).shows(&["3 the same"]);
}

/// The ```toml blocks of a text.
fn blocks(text: &str) -> Vec<String> {
    text.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap().to_owned()).collect()
}

#[test]
fn every_pipeline_in_a_readme_can_be_planned() {
    let root = binary::root();
    let mut readmes = vec![root.join("README.md")];
    readmes
        .extend(std::fs::read_dir(root.join("examples")).unwrap().map(|entry| entry.unwrap().path().join("README.md")));
    for readme in readmes {
        let Ok(text) = std::fs::read_to_string(&readme) else {
            eprintln!("skipped: {} is not there", readme.strip_prefix(&root).unwrap().display());
            continue;
        };
        let base = readme.parent().unwrap();
        for (index, block) in blocks(&text).into_iter().enumerate() {
            if block.contains("[grants]") {
                let work = Folder::new();
                work.write("operator.toml", &block).write("bom.json", bom::of(&["pkg:pypi/demo@1.0"]));
                let _ = work.chiron(&["sbom", "bom.json", "--operator", "operator.toml"]).with_code(0);
                continue;
            }
            if !block.contains("[pipeline]") {
                continue;
            }
            let work = Folder::new();
            work.copy(&if base == root { root.join("examples/quickstart") } else { base.to_path_buf() }, ".");
            std::fs::create_dir_all(work.path("dist")).unwrap();
            work.write("block.toml", &block);
            let ended = work.chiron(&["run", "--dry-run", "block.toml"]);
            assert_eq!(ended.code, 0, "block {index} of {}:\n{block}\n{}", readme.display(), ended.stderr);
        }
    }
}
