//! What is scanned directly and what is scanned through a document of ours gives the same findings.

use std::collections::BTreeSet;
use std::path::Path;

use chiron_e2e::{Folder, bom, osv, shared};
use serde_json::Value;

/// Documents that are written and read: the format, and what such files are called.
const DOCUMENTS: [(&str, &str); 5] = [
    ("cyclonedx-json-1.5", "a.cdx.json"),
    ("cyclonedx-json", "b.cdx.json"),
    ("cyclonedx-json-1.7", "c.cdx.json"),
    ("cyclonedx-xml", "d.xml"),
    ("spdx-json", "e.json"),
];

/// Every finding of a report: its id, its status, and the purl that it is about.
fn findings(report: &Value) -> BTreeSet<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let findings = report["findings"].as_array().unwrap().iter();
    findings.map(|f| (text(&f["id"]), text(&f["status"]), text(&f["component"]["purl"]))).collect()
}

/// How many findings each way has.
fn check(work: &Folder, subject: &str, database: &str) -> usize {
    let scan = |subject: &str| work.chiron(&["scan", subject, "--db", database, "-o", "json"]).with_code(0).json();
    let direct = scan(subject);
    let mut arguments: Vec<String> = ["sbom", subject].map(str::to_owned).to_vec();
    for (format, file) in DOCUMENTS {
        arguments.extend(["-o".to_owned(), format!("{format}={file}")]);
    }
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let _ = work.chiron(&arguments).with_code(0);
    for (format, file) in DOCUMENTS {
        let again = scan(file);
        let outcome = again["files"].as_array().unwrap().iter().find(|outcome| outcome["status"] == "read");
        assert!(outcome.is_some(), "{subject} through {format}: {}", again["files"]);
        assert_eq!(findings(&again), findings(&direct), "{subject} through {format}");
    }
    findings(&direct).len()
}

#[test]
fn the_quickstart_has_the_same_findings_through_every_document() {
    let work = Folder::new();
    let quickstart = chiron_e2e::binary::root().join("examples/quickstart");
    work.copy(&quickstart, "quickstart");
    let _ = work.chiron(&["db", "import", "quickstart/advisories", "--db", "db"]).with_code(0);
    assert!(check(&work, "quickstart/app.cdx.json", "db") > 5);
}

#[test]
fn real_lock_files_have_the_same_findings_through_every_document() {
    let (Some(database), Some(lockfiles)) = (shared::database(), shared::path("data/lockfiles")) else { return };
    let work = Folder::new();
    let mut findings = 0;
    for name in ["goof/package-lock.json", "rustpython/Cargo.lock", "poetry-1.1.0/poetry.lock", "netbox/yarn.lock"] {
        let path: &Path = &lockfiles.join(name);
        findings += check(&work, path.to_str().unwrap(), database.to_str().unwrap());
    }
    assert!(findings > 20, "{findings}");
}

#[test]
fn the_source_package_and_the_distribution_survive() {
    let document = r#"{"spdxVersion": "SPDX-2.3", "packages": [
        {"SPDXID": "SPDXRef-os", "name": "debian", "versionInfo": "12.5", "primaryPackagePurpose": "OPERATING_SYSTEM"},
        {"SPDXID": "SPDXRef-ssl", "name": "libssl3", "versionInfo": "3.0.11-1", "sourceInfo": "built package from: openssl 3.0.11-1",
         "externalRefs": [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                           "referenceLocator": "pkg:deb/debian/libssl3@3.0.11-1?arch=amd64&epoch=1"}]}]}"#;
    let work = Folder::new();
    work.write("image.json", document);
    let expected = "pkg:deb/debian/libssl3@3.0.11-1?arch=amd64&distro=debian-12.5&epoch=1&upstream=openssl%403.0.11-1";
    let mut subject = "image.json";
    for (format, file) in DOCUMENTS {
        let _ = work.chiron(&["sbom", subject, "-o", &format!("{format}={file}")]).with_code(0);
        let report = work.chiron(&["sbom", file, "-o", "json"]).with_code(0).json();
        let purls: Vec<_> =
            report["components"].as_array().unwrap().iter().filter_map(|c| c["purl"].as_str()).collect();
        assert_eq!(purls, [expected], "{format}");
        subject = file;
    }
}

#[test]
fn what_is_no_document_that_is_known_is_refused_by_name() {
    let work = Folder::new();
    work.database(&[osv::demo()]);
    for (name, text, reason) in [
        ("a.json", r#"{"bomFormat": "CycloneDX", "specVersion": "1.8"}"#, "CycloneDX 1.8 is not known"),
        ("b.json", r#"{"bomFormat": "CycloneDX", "specVersion": "banana"}"#, "CycloneDX banana is not known"),
        ("c.xml", r#"<bom xmlns="http://cyclonedx.org/schema/bom/1.8"/>"#, "CycloneDX 1.8 is not known"),
        (
            "d.json",
            r#"{"@context": "https://spdx.org/rdf/3.0.1/spdx-context.jsonld", "@graph": []}"#,
            "SPDX 3 (JSON-LD) is not read",
        ),
        ("e", "SPDXVersion: SPDX-2.1\nPackageName: a\n", "`SPDX-2.1` is not read"),
    ] {
        work.write(name, text);
        let report = work.chiron(&["scan", name, "--db", "db", "-o", "json"]).json();
        let outcome = &report["files"][0];
        assert_eq!(outcome["status"], "failed", "{outcome}");
        assert!(outcome["reason"].as_str().unwrap().contains(reason), "{outcome}");
        let denied = work.chiron(&["scan", name, "--db", "db", "--fail-on", "high"]);
        assert_ne!(denied.code, 0, "{}", denied.stdout);
    }
}

#[test]
fn a_template_of_the_users_own_is_filled_and_its_mistakes_have_places() {
    let work = Folder::new();
    work.database(&[osv::demo()]).write("app.cdx.json", bom::of(&["pkg:pypi/demo@1.0"]));
    work.write("t/list.html.j2", "{% for f in findings %}{% include 'row.html' %}{% endfor %}\n");
    work.write("t/row.html", "<li>{{ f.id }} {{ f.component.purl }}</li>");
    let scan = |output: &str| work.chiron(&["scan", "app.cdx.json", "--db", "db", "-o", output]);
    let _ = scan("template:t/list.html.j2=out.html").with_code(0);
    assert_eq!(work.read("out.html"), "<li>PYSEC-2024-1 pkg:pypi&#x2f;demo@1.0</li>");
    work.write("bad.j2", "\n{% for %}");
    scan("template:bad.j2").with_code(2).says(&["bad.j2:2: syntax error"]);
    work.write("lacking.j2", "\n\n{{ findings[0].colour }}");
    scan("template:lacking.j2").with_code(2).says(&["lacking.j2:3: undefined value"]);
    work.write("out.j2", "{% include '../../../etc/hostname' %}");
    scan("template:out.j2").with_code(2).says(&["lies outside of the template's folder"]);
    scan("template:none.j2").with_code(2).says(&["failed to read the template none.j2"]);
}
