//! What a run of the binary writes as CycloneDX, against the official schema.

use std::path::{Path, PathBuf};

use chiron_e2e::{Folder, bom, osv, shared, wheel};
use jsonschema::{Retrieve, Uri, Validator};
use serde_json::{Value, json};

/// Finds `http://cyclonedx.org/schema/spdx.schema.json` and the like in the folder, and nothing anywhere else.
struct Local(PathBuf);

impl Retrieve for Local {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        let name = uri.as_str().rsplit('/').next().ok_or("no file name")?;
        read(&self.0, name).ok_or_else(|| "not there".into())
    }
}

fn read(folder: &Path, name: &str) -> Option<Value> {
    serde_json::from_slice(&std::fs::read(folder.join(name)).ok()?).ok()
}

fn validator() -> Option<Validator> {
    let folder = shared::path("conformance/cyclonedx")?;
    let schema = read(&folder, "bom-1.6.schema.json")?;
    Some(jsonschema::options().with_retriever(Local(folder)).build(&schema).unwrap())
}

fn check(validator: &Validator, document: &Value, what: &str) {
    let errors: Vec<_> =
        validator.iter_errors(document).map(|error| format!("{error} at {}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{what}: {errors:#?}");
}

#[test]
fn documents_of_odd_input_are_valid() {
    let Some(validator) = validator() else { return };
    let work = Folder::new();
    let odd = json!({ "type": "library", "bom-ref": "odd", "name": "a b\u{e9}\u{1b}", "version": "", "licenses": [{ "license": { "name": "no (such) licence" } }] });
    let component = bom::component("c", "pkg:npm/%40scope/name@1.0.0-beta+build");
    work.database(&[osv::demo()])
        .write("in/app.cdx.json", bom::with(vec![bom::component("d", "pkg:pypi/demo@1.0"), component, odd]))
        .write("in/demo-1.0-py3-none-any.whl", wheel::of("demo", "1.0"))
        .write("in/broken-1.0-py3-none-any.whl", "no zip");
    for (what, arguments) in [
        ("scan", &["scan", "in", "--db", "db", "-o", "cyclonedx-json"][..]),
        ("sbom", &["sbom", "in"]),
        ("two subjects", &["sbom", "in", "in/app.cdx.json"]),
    ] {
        check(&validator, &work.chiron(arguments).with_code(0).json(), what);
    }
}

#[test]
fn the_document_of_a_real_wheelhouse_with_its_vulnerabilities_is_valid() {
    let (Some(validator), Some(house), Some(database)) =
        (validator(), shared::path("data/wheelhouse-small"), shared::database())
    else {
        return;
    };
    let work = Folder::new();
    let scan = work
        .chiron(&["scan", house.to_str().unwrap(), "--db", database.to_str().unwrap(), "-o", "cyclonedx-json"])
        .with_code(0);
    let document = scan.json();
    // 25 wheels, 2 source distributions.
    assert_eq!(document["components"].as_array().unwrap().len(), 27);
    assert!(!document["vulnerabilities"].as_array().unwrap().is_empty());
    check(&validator, &document, "wheelhouse");
}

#[test]
fn what_is_written_is_read_again_with_the_same_components_and_findings() {
    let work = Folder::new();
    work.database(&[osv::demo()])
        .write("dist/demo-1.0-py3-none-any.whl", wheel::of("demo", "1.0"))
        .write("dist/other-2-py3-none-any.whl", wheel::of("other", "2"));
    let _ = work.chiron(&["sbom", "dist", "-o", "cyclonedx-json=again.cdx.json"]).with_code(0);
    let scan = |subject: &str| work.chiron(&["scan", subject, "--db", "db", "-o", "json"]).with_code(0).json();
    let purls = |report: &Value| {
        // The document names its subject, a folder, as the thing that it describes: that one has no purl.
        let parts = report["components"].as_array().unwrap().iter();
        let mut purls: Vec<_> = parts.filter_map(|part| part["purl"].as_str().map(str::to_owned)).collect();
        purls.sort();
        purls
    };
    let (first, second) = (scan("dist"), scan("again.cdx.json"));
    assert_eq!(purls(&first), purls(&second));
    let fixed = |report: &Value| {
        report["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|f| (f["id"].clone(), f["fixed_versions"].clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(fixed(&first), fixed(&second));
}
