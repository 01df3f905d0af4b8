//! VEX, heard before the gate: for SBOMs, folders and images alike.

use chiron_e2e::{Folder, bom, image, osv};
use serde_json::{Value, json};

fn folder() -> Folder {
    let mut record = osv::record("PYSEC-2024-1", "demo", "2.0", "HIGH");
    record["aliases"] = json!(["CVE-2024-1"]);
    let work = Folder::new();
    work.database(&[record.to_string(), osv::record("PYSEC-2024-2", "other", "3.0", "HIGH").to_string()])
        .write("app.cdx.json", bom::of(&["pkg:pypi/demo@1.0", "pkg:pypi/other@1.0"]))
        .write("app/requirements.txt", "demo==1.0\nother==1.0\n");
    work
}

fn openvex(statements: &[Value]) -> String {
    json!({ "@context": "https://openvex.dev/ns/v0.2.0", "@id": "urn:x", "author": "Acme", "version": 1,
        "timestamp": "2026-01-01T00:00:00Z", "statements": statements })
    .to_string()
}

fn not_affected(vulnerability: &str, product: &str) -> Value {
    json!({ "vulnerability": { "name": vulnerability }, "products": [{ "@id": product }], "status": "not_affected",
        "justification": "vulnerable_code_not_in_execute_path" })
}

fn scan<'a>(subject: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["scan", subject, "--db", "db", "--fail-on", "high"][..], more].concat()
}

#[test]
fn the_gate_hears_all_three_formats() {
    let work = folder();
    work.write(
        "open.json",
        openvex(&[not_affected("CVE-2024-1", "pkg:pypi/demo"), not_affected("PYSEC-2024-2", "pkg:pypi/other@1.0")]),
    );
    let csaf = json!({ "document": { "csaf_version": "2.0", "publisher": { "name": "Acme" } },
        "product_tree": { "full_product_names": [
            { "product_id": "D", "name": "demo", "product_identification_helper": { "purl": "pkg:pypi/demo@1.0" } },
            { "product_id": "O", "name": "other", "product_identification_helper": { "purl": "pkg:pypi/other" } }] },
        "vulnerabilities": [
            { "cve": "CVE-2024-1", "product_status": { "known_not_affected": ["D"] }, "threats": [{ "category": "impact", "details": "no" }] },
            { "ids": [{ "system_name": "PyPA", "text": "PYSEC-2024-2" }], "product_status": { "fixed": ["O"] } }] });
    work.write("csaf.json", csaf.to_string());
    let cyclonedx = json!({ "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1, "vulnerabilities": [
        { "id": "CVE-2024-1", "analysis": { "state": "false_positive" }, "affects": [{ "ref": "pkg:pypi/demo@1.0" }] },
        { "id": "PYSEC-2024-2", "analysis": { "state": "resolved" }, "affects": [{ "ref": "pkg:pypi/other@1.0" }] }] });
    work.write("cdx.json", cyclonedx.to_string());
    for subject in ["app.cdx.json", "app"] {
        let _ = work.chiron(&scan(subject, &[])).with_code(1);
        for document in ["open.json", "csaf.json", "cdx.json"] {
            let report = work.chiron(&scan(subject, &["--vex", document, "-o", "json"])).with_code(0).json();
            assert_eq!(report["vex"][0]["matched"], 2, "{document}: {report:#}");
            assert_eq!(report["findings"][0]["suppression"]["by"], "vex", "{document}");
            assert_eq!(report["findings"][0]["vex"][0]["effect"], "holds", "{document}");
        }
    }
}

#[test]
fn why_a_statement_met_nothing_is_kept_and_the_newer_of_two_holds() {
    let work = folder();
    work.write(
        "miss.json",
        openvex(&[not_affected("CVE-2024-1", "pkg:pypi/demo@9"), not_affected("CVE-1999-1", "pkg:pypi/demo")]),
    );
    let report = work.chiron(&scan("app.cdx.json", &["--vex", "miss.json", "-o", "json"])).with_code(1).json();
    let reasons: Vec<_> =
        report["vex"][0]["unmatched"].as_array().unwrap().iter().map(|m| m["reason"].as_str().unwrap()).collect();
    assert_eq!(reasons, ["it is about version 9, and not about 1.0", "no finding is about this vulnerability"]);
    let mut newer = json!({ "vulnerability": { "name": "CVE-2024-1" }, "products": [{ "@id": "pkg:pypi/demo" }], "status": "affected", "action_statement": "upgrade" });
    newer["timestamp"] = json!("2026-03-01T00:00:00Z");
    work.write("both.json", openvex(&[not_affected("CVE-2024-1", "pkg:pypi/demo"), newer]));
    let report = work.chiron(&scan("app.cdx.json", &["--vex", "both.json", "-o", "json"])).with_code(1).json();
    let demo = report["findings"].as_array().unwrap().iter().find(|f| f["id"] == "PYSEC-2024-1").unwrap();
    assert_eq!((&demo["status"], demo["vex"].as_array().unwrap().len()), (&json!("affected"), 2));
    assert!(report["notes"].as_array().unwrap().iter().any(|note| note["code"] == "vex-contradiction"));
}

#[test]
fn half_and_foreign_documents_are_refused_by_name() {
    let work = folder();
    let whole = openvex(&[not_affected("CVE-2024-1", "pkg:pypi/demo")]);
    for (text, words) in [
        (whole[..whole.len() / 2].to_owned(), "half.json cannot be used: it is no whole JSON"),
        ("{\"hello\": 1}".to_owned(), "half.json cannot be used: it is no VEX document"),
        (whole.replace("v0.2.0", "v7"), "OpenVEX of the version `v7`"),
        (whole.replace("\"not_affected\"", "\"perhaps\""), "statement 1: `perhaps` is not a status"),
    ] {
        work.write("half.json", text);
        work.chiron(&scan("app.cdx.json", &["--vex", "half.json"])).with_code(2).says(&[words]);
    }
}

#[test]
fn what_one_run_decides_the_next_decides_alike() {
    let work = folder();
    work.write("open.json", openvex(&[not_affected("PYSEC-2024-2", "pkg:pypi/other@1.0")]));
    work.write("i.toml", "[[suppress]]\nid = \"CVE-2024-1\"\nreason = \"never called\"\nexpires = 2090-01-31\n");
    for (words, code) in
        [(&["--vex", "open.json", "--ignore-file", "i.toml"][..], 0), (&["--vex", "open.json"][..], 1), (&[][..], 1)]
    {
        let first = work
            .chiron(&scan("app.cdx.json", &[words, &["-o", "openvex=out.json", "-o", "json"]].concat()))
            .with_code(code)
            .json();
        let second = work.chiron(&scan("app.cdx.json", &["--vex", "out.json", "-o", "json"])).with_code(code).json();
        let statuses = |report: &Value| -> Vec<Value> {
            report["findings"].as_array().unwrap().iter().map(|finding| finding["status"].clone()).collect()
        };
        assert_eq!(statuses(&first), statuses(&second), "{words:?}");
        assert_eq!(first["verdict"]["decision"], second["verdict"]["decision"]);
    }
    let _ = work
        .chiron(&scan("app.cdx.json", &["--vex", "open.json", "--ignore-file", "i.toml", "-o", "openvex=out.json"]))
        .with_code(0);
    // The end of a suppression is carried with it.
    let _ = work.chiron(&scan("app.cdx.json", &["--vex", "out.json", "--at", "2091-01-01T00:00:00Z"])).with_code(1);
}

#[test]
fn documents_are_added_to_and_merged() {
    let work = folder();
    let add = [
        "vex",
        "add",
        "CVE-2024-1",
        "--product",
        "pkg:pypi/demo",
        "--status",
        "not_affected",
        "--impact",
        "not called",
    ];
    let _ = work.chiron(&add).with_code(0);
    let second = ["vex", "add", "PYSEC-2024-2", "--product", "pkg:pypi/other", "--status", "fixed"];
    let _ = work.chiron(&second).with_code(0);
    let _ = work.chiron(&scan("app.cdx.json", &["--vex", "openvex.json"])).with_code(0);
    let document: Value = serde_json::from_str(&work.read("openvex.json")).unwrap();
    assert_eq!((&document["version"], document["statements"].as_array().unwrap().len()), (&json!(2), 2));
    let bare = ["vex", "add", "CVE-2024-3", "--product", "x", "--status", "not_affected"];
    work.chiron(&bare).with_code(2).says(&["neither justification nor impact statement"]);
    work.write("other.json", openvex(&[not_affected("CVE-2024-9", "pkg:pypi/demo")]));
    let _ = work.chiron(&["vex", "merge", "openvex.json", "other.json", "-o", "all.json"]).with_code(0);
    let merged: Value = serde_json::from_str(&work.read("all.json")).unwrap();
    assert_eq!(merged["statements"].as_array().unwrap().len(), 3);
}

/// Images are spoken of by their packages, with or without what tells distributions apart, or as products with parts.
#[test]
fn images_are_spoken_of_by_package_and_by_product() {
    let work = Folder::new();
    let record = |id: &str, ecosystem: &str, fixed: &str| {
        let mut record = osv::record(id, "demo", fixed, "HIGH");
        record["affected"][0]["package"]["ecosystem"] = json!(ecosystem);
        record.to_string()
    };
    let alpine = image::tar(&[
        ("etc/os-release", "ID=alpine\nVERSION_ID=3.19.1\n"),
        ("etc/alpine-release", "3.19.1\n"),
        ("lib/apk/db/installed", "P:libdemo\nV:1.0-r0\nA:x86_64\no:demo\n\n"),
    ]);
    work.database(&[record("DEB-1", "Debian:12", "2.0-1"), record("ALP-1", "Alpine:v3.19", "1.1-r0")])
        .write("deb.tar", image::saved(&[image::tar(&image::DEBIAN)]))
        .write("apk.tar", image::saved(&[alpine]));
    let report = work.chiron(&scan("deb.tar", &["-o", "json"])).with_code(1).json();
    let properties = report["subjects"][0]["properties"].as_array().unwrap();
    let id =
        properties.iter().find(|property| property["name"] == "chiron:image-id").unwrap()["value"].as_str().unwrap();
    let by_digest = format!("pkg:oci/demo@{}", id.replace(':', "%3A"));
    let part = |product: &str, part: &str| json!({ "@id": product, "subcomponents": [{ "@id": part }] });
    let one = |product: &str| json!({ "@id": product });
    for (subject, vulnerability, product, holds) in [
        ("deb.tar", "DEB-1", one("pkg:deb/debian/python3-demo"), true),
        ("deb.tar", "DEB-1", one("pkg:deb/debian/python3-demo@1.0-2%2Bdeb12u1?distro=debian-12"), true),
        ("deb.tar", "DEB-1", one("pkg:deb/debian/python3-demo?arch=all&distro=debian-12"), true),
        ("deb.tar", "DEB-1", one("pkg:deb/debian/python3-demo?distro=debian-11"), false),
        ("deb.tar", "DEB-1", one("pkg:deb/ubuntu/python3-demo"), false),
        ("deb.tar", "DEB-1", one("pkg:oci/demo?tag=1"), true),
        ("deb.tar", "DEB-1", one(&by_digest), true),
        (
            "deb.tar",
            "DEB-1",
            part("pkg:oci/demo?repository_url=docker.io/library/demo", "pkg:deb/debian/python3-demo"),
            true,
        ),
        ("deb.tar", "DEB-1", part(&by_digest, "pkg:deb/debian/python3-demo@1.0-2%2Bdeb12u1"), true),
        ("deb.tar", "DEB-1", part("pkg:oci/demo", "pkg:deb/debian/python3-other"), false),
        ("deb.tar", "DEB-1", part("pkg:oci/other", "pkg:deb/debian/python3-demo"), false),
        ("deb.tar", "DEB-1", one("pkg:oci/demo?tag=2"), false),
        ("deb.tar", "DEB-1", one("pkg:oci/demo?repository_url=ghcr.io/acme/demo"), false),
        ("apk.tar", "ALP-1", one("pkg:apk/alpine/libdemo"), true),
        ("apk.tar", "ALP-1", one("pkg:apk/alpine/libdemo@1.0-r0?arch=x86_64&distro=alpine-3.19.1"), true),
        ("apk.tar", "ALP-1", one("pkg:apk/alpine/libdemo?distro=alpine-3.18.0"), false),
        ("apk.tar", "ALP-1", part("pkg:oci/demo", "pkg:apk/alpine/libdemo"), true),
    ] {
        let mut statement = not_affected(vulnerability, "x");
        statement["products"] = json!([product]);
        work.write("v.json", openvex(&[statement]));
        let ended = work.chiron(&scan(subject, &["--vex", "v.json", "-o", "json"]));
        assert_eq!(ended.code, i32::from(!holds), "{subject} {product}: {}", ended.stdout);
        let report: Value = serde_json::from_str(&ended.stdout).unwrap();
        assert_eq!(report["vex"][0]["matched"], u64::from(holds), "{subject} {product}");
        // What missed says why.
        assert_eq!(
            report["findings"][0]["near_misses"].as_array().unwrap().len(),
            usize::from(!holds),
            "{subject} {product}"
        );
    }
    // Decided once, decided again: the image is named by its digest.
    work.write("i.toml", "[[suppress]]\nid = \"DEB-1\"\nreason = \"not reached\"\n");
    let _ = work.chiron(&scan("deb.tar", &["--ignore-file", "i.toml", "-o", "openvex=out.json"])).with_code(0);
    let _ = work.chiron(&scan("deb.tar", &["--vex", "out.json"])).with_code(0);
}

/// The document of a run without findings is valid, is read again, and says nothing.
#[test]
fn a_run_without_findings_writes_a_document_that_the_next_run_reads() {
    let work = folder();
    work.write("clean.cdx.json", bom::of(&["pkg:pypi/demo@2.0"]));
    let _ = work.chiron(&scan("clean.cdx.json", &["-o", "openvex=out.json"])).with_code(0);
    let document: Value = serde_json::from_str(&work.read("out.json")).unwrap();
    assert_eq!(document["statements"].as_array().unwrap().len(), 1, "the schema demands one: {document:#}");
    let report = work.chiron(&scan("clean.cdx.json", &["--vex", "out.json", "-o", "json"])).with_code(0).json();
    assert_eq!((&report["vex"][0]["statements"], &report["vex"][0]["unmatched"]), (&json!(0), &json!([])));
    let _ = work.chiron(&scan("app.cdx.json", &["--vex", "out.json"])).with_code(1);
    let _ = work.chiron(&["vex", "merge", "out.json", "-o", "merged.json"]).with_code(0);
    let merged: Value = serde_json::from_str(&work.read("merged.json")).unwrap();
    assert_eq!(merged["statements"], document["statements"]);
}
