//! `chiron explain` as a person and as a script use it: from a report, from a database, from both, and where nothing is found.

use chiron_e2e::{Folder, bom, guests, osv};
use serde_json::{Value, json};

fn record(id: &str, name: &str, more: Value) -> String {
    let mut record = osv::record(id, name, "1.4.2", "HIGH");
    record["affected"][0]["ranges"][0]["events"] = json!([{"introduced": "1.0"}, {"fixed": "1.4.2"}]);
    for (key, value) in more.as_object().unwrap() {
        record[key] = value.clone();
    }
    record.to_string()
}

fn folder() -> Folder {
    let work = Folder::new();
    work.database(&[
        record("GHSA-aaaa-bbbb-cccc", "demo", json!({"aliases": ["CVE-2024-1"], "related": ["CVE-2024-9"]})),
        record("PYSEC-2024-7", "gone", json!({"withdrawn": "2024-05-06T00:00:00Z"})),
        record("PYSEC-2024-8", "py-yaml", json!({})),
    ])
    .write("app.cdx.json", bom::of(&["pkg:pypi/demo@1.2", "pkg:pypi/other@1"]));
    work
}

#[test]
fn a_database_alone_walks_the_ranges_in_words() {
    let work = folder();
    let ask = |purl: &str| work.chiron(&["explain", "CVE-2024-1", purl, "--db", "db"]);
    ask("pkg:pypi/demo@1.2").with_code(0).shows(&[
        "AFFECTED: demo 1.2 is affected by CVE-2024-1",
        "demo of PyPI, versions in the order of PEP 440",
        "affected: >= 1.0, < 1.4.2; 1.2 is inside: introduced 1.0, fixed 1.4.2",
        "related, which is not the same: CVE-2024-9",
        "GHSA-aaaa-bbbb-cccc: the record GHSA-aaaa-bbbb-cccc of `db` says so",
        "fixed in 1.4.2",
    ]);
    ask("pkg:pypi/Demo@1.5").with_code(0).shows(&["NOT AFFECTED", "1.5 is not before the fix 1.4.2"]);
    ask("pkg:pypi/demo@0.9").with_code(0).shows(&["NOT AFFECTED", "0.9 is before 1.0, where it was introduced"]);
    // An id as it is typed, and as JSON.
    let typed = ["explain", "ghsa-AAAA-bbbb-cccc", "pkg:pypi/demo@1.2", "--db", "db", "-o", "json"];
    let told = work.chiron(&typed).with_code(0).json();
    assert_eq!(
        (&told["schema"], &told["findings"][0]["answer"]),
        (&json!("chiron-explanation/0.2"), &json!("affected"))
    );
    assert_eq!(told["findings"][0]["records"][0]["entries"][0]["ranges"][0]["contains"], json!(true));
}

/// What cannot be told is never "not affected", and a script can see it.
#[test]
fn what_cannot_be_told_is_said_so_and_exits_6() {
    let work = folder();
    for (id, purl, words) in [
        ("CVE-2024-1", "pkg:pypi/demo@not.a.version!", "is not a version of PyPI, so that nothing can be compared"),
        ("CVE-2024-1", "pkg:pypi/demo", "no version"),
        ("CVE-2024-1", "pkg:npm/demo@1.2", "holds no record for npm: its silence means nothing"),
        ("CVE-1999-1", "pkg:pypi/demo@1.2", "no given database holds CVE-1999-1"),
    ] {
        work.chiron(&["explain", id, purl, "--db", "db"]).with_code(6).shows(&["CANNOT TELL", words]);
    }
    work.chiron(&["explain", "CVE-2024-1", "pkg:pypi/demo@1"])
        .with_code(6)
        .says(&["neither a report nor an advisory database"]);
    work.chiron(&["explain", "pkg:pypi/demo@1", "--db", "db"]).with_code(2).says(&["name an id beside the package"]);
    work.chiron(&["explain", "CVE-1", "CVE-2"]).with_code(2).says(&["name one report, one id, and one package URL"]);
}

#[test]
fn another_name_and_a_withdrawal_are_named() {
    let work = folder();
    let ask = |id: &str, purl: &str| work.chiron(&["explain", id, purl, "--db", "db"]).with_code(0);
    ask("PYSEC-2024-7", "pkg:pypi/gone@1.2").shows(&["NOT AFFECTED", "its publisher withdrew it on 2024-05-06"]);
    ask("PYSEC-2024-8", "pkg:pypi/pyyaml@1.2").shows(&[
        "ANOTHER PACKAGE",
        "it is about py-yaml of PyPI",
        "perhaps meant: py-yaml of PyPI",
    ]);
    // Without a package the record is laid open.
    work.chiron(&["explain", "PYSEC-2024-8", "--db", "db"])
        .with_code(0)
        .shows(&["NO PACKAGE NAMED", "affected: >= 1.0, < 1.4.2"]);
}

#[test]
fn a_report_tells_place_path_words_of_people_and_the_gate() {
    let work = folder();
    let mut app: Value =
        serde_json::from_str(&bom::of(&["pkg:pypi/demo@1.2", "pkg:pypi/middle@1", "pkg:pypi/demo@1.5"])).unwrap();
    let reference = |app: &Value, at: usize| app["components"][at]["bom-ref"].clone();
    for (at, name) in ["d", "m", "n"].iter().enumerate() {
        app["components"][at]["bom-ref"] = json!(name);
    }
    app["dependencies"] = json!([{ "ref": reference(&app, 1), "dependsOn": [reference(&app, 0)] }]);
    work.write("app.cdx.json", app.to_string()).write(
        "i.toml",
        "[[suppress]]\nid = \"CVE-2024-1\"\npurl = \"pkg:pypi/demo@9\"\nreason = \"x\"\n\
         [[suppress]]\nid = \"CVE-2024-1\"\npath = \"other/**\"\nreason = \"x\"\n\
         [[suppress]]\nid = \"CVE-2024-1\"\npurl = \"pkg:pypi/demo\"\nreason = \"x\"\nexpires = 2024-01-01\n",
    );
    let statement = |product: &str| json!({"vulnerability": {"name": "CVE-2024-1"}, "products": [{"@id": product}], "status": "not_affected", "impact_statement": "no"});
    let vex = json!({"@context": "https://openvex.dev/ns/v0.2.0", "@id": "urn:x", "author": "Acme", "version": 1,
        "timestamp": "2026-01-01T00:00:00Z", "statements": [statement("pkg:pypi/demo@2"), statement("pkg:npm/demo")]});
    work.write("v.json", vex.to_string());
    let scan = [
        "scan",
        "app.cdx.json",
        "--db",
        "db",
        "--fail-on",
        "high",
        "--ignore-file",
        "i.toml",
        "--vex",
        "v.json",
        "-o",
        "json=r.json",
    ];
    let _ = work.chiron(&scan).with_code(1);
    let told = work.chiron(&["explain", "r.json", "CVE-2024-1", "pkg:pypi/demo@1.2", "--db", "db"]).with_code(0);
    told.shows(&[
        "AFFECTED: demo 1.2 is affected by GHSA-aaaa-bbbb-cccc",
        "1.2 is inside: introduced 1.0, fixed 1.4.2",
        "middle 1 -> demo 1.2",
        "already there: demo 1.5",
        "suppression in i.toml:1 (CVE-2024-1 in pkg:pypi/demo@9): it is about pkg:pypi/demo@9, and the finding is in pkg:pypi/demo@1.2",
        "suppression in i.toml:5",
        "it is about the path other/**, and the finding is in app.cdx.json too",
        "it expired on 2024-01-01",
        "VEX in v.json (CVE-2024-1 not_affected in pkg:pypi/demo@2, of 2026-01-01T00:00:00Z): it is about version 2, and not about 1.2",
        "it is about pkg:npm/demo, and not about pkg:pypi/demo@1.2",
        "gate denies by the rule severity-threshold",
        "upgrade demo to 1.4.2",
    ]);
    work.write(
        "ok.toml",
        "[[suppress]]\nid = \"CVE-2024-1\"\nreason = \"never called\"\nowner = \"kim\"\nexpires = 2090-01-31\n",
    );
    let scan =
        ["scan", "app.cdx.json", "--db", "db", "--fail-on", "high", "--ignore-file", "ok.toml", "-o", "json=r.json"];
    let _ = work.chiron(&scan).with_code(0);
    work.chiron(&["explain", "r.json", "CVE-2024-1"]).with_code(0).shows(&[
        "SET ASIDE: demo 1.2 is affected by GHSA-aaaa-bbbb-cccc, and set aside by a suppression",
        "holds: suppression in ok.toml:1, kim, until 2090-01-31: never called",
        "gate does not count what was set aside",
        "CVE-2024-1: the databases of the run say so",
    ]);
}

#[test]
fn why_a_report_has_no_finding_is_told_where_a_database_is_given() {
    let work = folder();
    work.write("new.cdx.json", bom::of(&["pkg:pypi/demo@1.5", "pkg:pypi/Py_Yaml.x@1"]));
    let _ = work.chiron(&["scan", "new.cdx.json", "--db", "db", "-o", "json=r.json"]).with_code(0);
    let ask = |about: &[&str]| work.chiron(&[&["explain", "r.json"][..], about].concat());
    ask(&["CVE-2024-1", "--db", "db"]).with_code(0).shows(&[
        "NOT AFFECTED: demo 1.5 is not affected",
        "1.5 is not before the fix 1.4.2",
        "the report lists the component (new.cdx.json)",
    ]);
    ask(&["CVE-2024-1"]).with_code(6).shows(&["CANNOT TELL", "no advisory database was given that may know it"]);
    ask(&["CVE-2024-1", "pkg:pypi/demo@1.2", "--db", "db"])
        .with_code(0)
        .shows(&["AFFECTED", "the report lists that package in another version: 1.5"]);
    ask(&["PYSEC-2024-7", "--db", "db"])
        .with_code(0)
        .shows(&["ANOTHER PACKAGE", "the report lists no component of that name"]);
}

/// A run with a finding of a database and one of a guest, which claims to be an alias of the first.
fn claiming(more: &str) -> Folder {
    let work = Folder::new();
    let module = guests::stranger("scanner");
    let _ = work.chiron(&["plugin", "build", module.to_str().unwrap(), "-o", "guest.wasm"]).with_code(0);
    work.database(&[osv::demo()]).write("app.cdx.json", bom::of(&["pkg:pypi/demo@1.0"])).write(
        "pipeline.toml",
        format!(
            "[pipeline]\nname = \"p\"\nsubjects = [\"app.cdx.json\"]\n[[step]]\nid = \"sbom\"\nuses = \"cyclonedx\"\n\
             [[step]]\nid = \"guest\"\nuses = \"./guest.wasm\"\nwith = {{ behaviour = \"alias-of-suppressed\" }}\n\
             [[step]]\nid = \"osv\"\nuses = \"osv\"\n[databases.main]\npath = \"db\"\n{more}"
        ),
    );
    work
}

fn statuses(report: &Value) -> Vec<(&str, &str)> {
    let findings = report["findings"].as_array().unwrap();
    findings.iter().map(|one| (one["id"].as_str().unwrap(), one["status"].as_str().unwrap())).collect()
}

/// Shown as the claim that it is, and nothing more: neither a suppression, nor VEX, nor a baseline follows it.
#[test]
fn an_alias_that_a_plugin_claims_is_shown_and_carries_nobodys_word() {
    let work = claiming("[[suppress]]\nid = \"PYSEC-2024-1\"\nreason = \"x\"\n");
    let report = work.chiron(&["run", "-o", "json"]).with_code(1).json();
    assert_eq!(statuses(&report), [("HOSTILE-1", "affected"), ("PYSEC-2024-1", "suppressed")]);
    assert_eq!(report["findings"][0]["matched"][0]["claimed_aliases"], json!(["PYSEC-2024-1"]));
    work.write("r.json", report.to_string());
    work.chiron(&["explain", "r.json", "HOSTILE-1"]).with_code(0).shows(&[
        "PYSEC-2024-1: only the scanner `guest` claims it: it carries no suppression, VEX statement or baseline over",
        "that PYSEC-2024-1 is HOSTILE-1 is the claim of `guest` alone: no advisory database of this run asserts it",
    ]);
    let vex = json!({"@context": "https://openvex.dev/ns/v0.2.0", "@id": "urn:x", "author": "Acme", "version": 1,
        "timestamp": "2026-01-01T00:00:00Z", "statements": [{"vulnerability": {"name": "PYSEC-2024-1"},
        "products": [{"@id": "pkg:pypi/demo"}], "status": "not_affected", "impact_statement": "no"}]});
    let work = claiming("[vex]\nfiles = [\"v.json\"]\n");
    work.write("v.json", vex.to_string());
    let report = work.chiron(&["run", "-o", "json"]).with_code(1).json();
    assert_eq!(statuses(&report), [("HOSTILE-1", "affected"), ("PYSEC-2024-1", "suppressed")]);
    assert!(report["findings"][0]["near_misses"][0]["reason"].as_str().unwrap().contains("the claim of `guest` alone"));
    // A baseline that knows the asserted one alone.
    let _ = work.chiron(&["scan", "app.cdx.json", "--db", "db", "-o", "json=base.json"]).with_code(0);
    let report = work.chiron(&["run", "--baseline", "base.json", "-o", "json"]).with_code(1).json();
    assert_eq!(statuses(&report), [("HOSTILE-1", "affected"), ("PYSEC-2024-1", "suppressed")]);
    let work = claiming("");
    let _ = work.chiron(&["scan", "app.cdx.json", "--db", "db", "-o", "json=base.json"]).with_code(0);
    let report = work.chiron(&["run", "--baseline", "base.json", "-o", "json"]).with_code(1).json();
    assert_eq!(statuses(&report), [("HOSTILE-1", "affected"), ("PYSEC-2024-1", "suppressed")]);
    // Nor the other way: a baseline that knows the claim alone, which says that it is the asserted one.
    let mut base = work.chiron(&["run", "-o", "json"]).with_code(1).json();
    base["findings"].as_array_mut().unwrap().retain(|one| one["id"] == "HOSTILE-1");
    work.write("claims.json", base.to_string());
    let report = work.chiron(&["run", "--baseline", "claims.json", "-o", "json"]).with_code(1).json();
    assert_eq!(statuses(&report), [("HOSTILE-1", "suppressed"), ("PYSEC-2024-1", "affected")]);
}
