//! Scanners and generators held against each other, and SBOMs and reports: quorum, found-by, diff, explain.

use chiron_e2e::{Folder, bom, guests, osv};
use serde_json::{Value, json};

fn folder(purls: &[&str]) -> Folder {
    let work = Folder::new();
    work.write("app.cdx.json", bom::of(purls)).write("osv/a.json", osv::demo());
    let module = guests::stranger("scanner");
    let _ = work.chiron(&["plugin", "build", module.to_str().unwrap(), "-o", "guest.wasm"]).with_code(0);
    work
}

/// osv and a guest over one SBOM.
fn pipeline(behaviour: &str, gate: &str) -> String {
    format!(
        "[pipeline]\nname = \"p\"\nsubjects = [\"app.cdx.json\"]\n[[step]]\nid = \"sbom\"\nuses = \"cyclonedx\"\n\
         [[step]]\nid = \"guest\"\nuses = \"./guest.wasm\"\nwith = {{ behaviour = \"{behaviour}\" }}\n\
         [[step]]\nid = \"osv\"\nuses = \"osv\"\n[databases.main]\nrecords = \"osv\"\n[gate]\ncoverage = \"allow\"\n{gate}"
    )
}

fn finding<'a>(report: &'a Value, id: &str) -> &'a Value {
    report["findings"].as_array().unwrap().iter().find(|finding| finding["id"] == id).unwrap()
}

#[test]
fn what_one_scanner_reports_and_another_does_not_denies_unless_a_quorum_is_asked_for() {
    let work = folder(&["pkg:pypi/demo@1.0"]);
    work.write("pipeline.toml", pipeline("honest", ""));
    let report = work.chiron(&["run", "-o", "json"]).with_code(1).json();
    assert_eq!(finding(&report, "PYSEC-2024-1")["silent"], json!(["guest"]));
    assert_eq!(finding(&report, "HOSTILE-1")["silent"], json!(["osv"]));
    for quorum in ["\"all\"", "2"] {
        work.write("pipeline.toml", pipeline("honest", &format!("quorum = {quorum}\n")));
        let report = work.chiron(&["run", "-o", "json"]).with_code(0).json();
        let gate = &report["verdict"]["policies"][0];
        assert_eq!((&gate["decision"], &gate["reasons"][0]["rule_id"]), (&json!("warn"), &json!("quorum")), "{gate}");
    }
    let table = work.chiron(&["run"]).with_code(0);
    table.shows(&["2 findings below the quorum", "reported by osv; not reported by guest"]);
    work.write("pipeline.toml", pipeline("honest", "quorum = \"most\"\n"));
    work.chiron(&["run"]).with_code(2).says(&["\"most\" is none of any, all"]);
}

#[test]
fn scanners_keep_their_own_rating_and_a_lower_one_lowers_nothing() {
    let work = folder(&["pkg:pypi/demo@1.0"]);
    work.write("pipeline.toml", pipeline("rate-down", "quorum = \"all\"\n"));
    let _ = work.chiron(&["run", "-o", "json=report.json", "-o", "cyclonedx-json=bom.json"]).with_code(1);
    let report: Value = serde_json::from_str(&work.read("report.json")).unwrap();
    let found = finding(&report, "PYSEC-2024-1");
    let words: Vec<_> =
        found["matched"].as_array().unwrap().iter().map(|m| (m["step"].clone(), m["severity"].clone())).collect();
    assert_eq!(words, [(json!("guest"), json!("none")), (json!("osv"), json!("high"))]);
    assert_eq!((&found["severity"], &found["silent"]), (&json!("high"), &json!([])));
    let bom: Value = serde_json::from_str(&work.read("bom.json")).unwrap();
    let sources: Vec<_> = bom["vulnerabilities"][0]["ratings"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|rating| Some((rating["source"]["name"].as_str()?, rating["severity"].as_str()?)))
        .collect();
    assert!(sources.contains(&("guest", "none")) && sources.contains(&("osv", "high")), "{sources:?}");
    work.chiron(&["explain", "report.json"]).with_code(0).shows(&["osv", "rating"]);
}

#[test]
fn a_scanner_that_could_not_judge_is_no_voice_against() {
    // The guest speaks of the first component, which no database of the run covers.
    let work = folder(&["pkg:npm/thing@1.0", "pkg:pypi/demo@1.0"]);
    work.write("pipeline.toml", pipeline("honest", "quorum = \"all\"\n"));
    let report = work.chiron(&["run", "-o", "json"]).with_code(1).json();
    let found = finding(&report, "HOSTILE-1");
    assert_eq!((&found["silent"], &found["unsure"][0]["step"]), (&json!([]), &json!("osv")), "{found:#}");
    // A scanner that failed.
    let text = pipeline("empty-rule", "quorum = \"all\"\n")
        .replace("uses = \"./guest.wasm\"\n", "uses = \"./guest.wasm\"\nrequired = false\n");
    work.write("pipeline.toml", text);
    let report = work.chiron(&["run", "-o", "json"]).with_code(1).json();
    let unsure = &finding(&report, "PYSEC-2024-1")["unsure"][0];
    assert_eq!((&unsure["step"], &unsure["reason"]), (&json!("guest"), &json!("it failed (invalid-output)")));
}

#[test]
fn from_chooses_whose_sbom_a_scanner_sees() {
    let work = folder(&["pkg:pypi/demo@1.0"]);
    let module = guests::stranger("generator");
    let _ = work.chiron(&["plugin", "build", module.to_str().unwrap(), "-o", "generator.wasm"]).with_code(0);
    let text = |from: &str| {
        format!(
            "[pipeline]\nname = \"p\"\nsubjects = [\"app.cdx.json\"]\n[[step]]\nid = \"sbom\"\nuses = \"cyclonedx\"\n\
             [[step]]\nid = \"other\"\nuses = \"./generator.wasm\"\nwith = {{ behaviour = \"honest\" }}\n\
             [[step]]\nid = \"guest\"\nuses = \"./guest.wasm\"\nfrom = [{from}]\nwith = {{ behaviour = \"honest\" }}\n\
             [databases.main]\nrecords = \"osv\"\n[gate]\nfail_on = \"never\"\n"
        )
    };
    for (from, package) in [("\"sbom\"", "demo"), ("\"other\"", "part")] {
        work.write("pipeline.toml", text(from));
        let report = work.chiron(&["run", "-o", "json"]).with_code(0).json();
        assert_eq!(finding(&report, "HOSTILE-1")["component"]["name"], package);
    }
}

#[test]
fn two_generators_make_one_sbom_that_says_who_found_what() {
    let work = folder(&["pkg:pypi/demo@1.0", "pkg:pypi/other@1.0"]);
    if guests::component(&work, "cyclonedx", "second.wasm").is_none() {
        return;
    }
    let bom =
        work.chiron(&["sbom", "--with", "cyclonedx", "--with", "second.wasm", "app.cdx.json"]).with_code(0).json();
    let components = bom["components"].as_array().unwrap();
    assert_eq!(components.len(), 2);
    for component in components {
        let properties = component["properties"].as_array().unwrap();
        let by: Vec<_> =
            properties.iter().filter(|p| p["name"] == "chiron:found-by").map(|p| p["value"].clone()).collect();
        assert_eq!(by, [json!("cyclonedx"), json!("second")]);
    }
    let with = ["sbom", "--with", "cyclonedx", "--with", "second.wasm", "app.cdx.json", "-o", "json"];
    let report = work.chiron(&with).with_code(0).json();
    let note = report["notes"].as_array().unwrap().iter().find(|note| note["code"] == "generators-differ").unwrap();
    let expected = "2 of 2 components were found by several generators, 0 only by `cyclonedx`, 0 only by `second`";
    assert_eq!(note["message"], expected);
    work.chiron(&["sbom", "--with", "osv", "app.cdx.json"]).with_code(2).says(&["`osv` is a scanner"]);
    work.chiron(&["sbom", "--with", "cyclonedxx", "app.cdx.json"]).with_code(2).says(&["did you mean `cyclonedx`?"]);
}

#[test]
fn two_sboms_are_compared_by_what_they_list() {
    let work = Folder::new();
    work.write("a.json", bom::of(&["pkg:pypi/Demo_Pkg@1.0", "pkg:pypi/gone@1", "pkg:npm/same@1"]))
        .write("b.json", bom::of(&["pkg:pypi/demo-pkg@2.0", "pkg:npm/same@1", "pkg:npm/new@1"]));
    let ended = work.chiron(&["diff", "a.json", "b.json"]).with_code(0);
    ended.shows(&[
        "components: 1 added, 1 removed, 1 changed, 1 the same",
        "  + new 1   pkg:npm/new@1",
        "  - gone 1   pkg:pypi/gone@1",
        "  ~ Demo_Pkg 1.0 -> 2.0",
    ]);
    assert_eq!(ended.stdout, work.chiron(&["diff", "a.json", "b.json"]).stdout);
    let _ = work.chiron(&["diff", "--exit-code", "a.json", "b.json"]).with_code(1);
    let _ = work.chiron(&["diff", "--exit-code", "a.json", "a.json"]).with_code(0);
    let json = work.chiron(&["diff", "a.json", "b.json", "-o", "json", "-o", "markdown=c.md"]).with_code(0).json();
    assert_eq!((&json["schema"], &json["components"]["same"]), (&json!("chiron-diff/0.1"), &json!(1)));
    assert!(work.read("c.md").contains("**Components in another version**"));
}

#[test]
fn two_reports_are_compared_by_their_findings_and_an_sbom_has_none_to_compare() {
    let work = Folder::new();
    let rated = |word: &str| osv::record("PYSEC-2024-1", "demo", "2.0", word).to_string();
    work.write("app.cdx.json", bom::of(&["pkg:pypi/demo@1.0"]))
        .write("low/a.json", rated("LOW"))
        .write("high/a.json", rated("HIGH"));
    for database in ["low", "high"] {
        let _ = work
            .chiron(&["scan", "app.cdx.json", "--db", database, "-o", &format!("json={database}.json")])
            .with_code(0);
    }
    let ended = work.chiron(&["diff", "low.json", "high.json"]).with_code(0);
    ended.shows(&[
        "findings: 0 added, 0 removed, 1 changed, 0 the same",
        "severity low -> high",
        "databases are not the same",
    ]);
    let ended = work.chiron(&["diff", "--exit-code", "low.json", "app.cdx.json"]).with_code(0);
    ended.shows(&["findings are not compared: app.cdx.json was not scanned"]);
}

#[test]
fn what_is_neither_a_report_nor_an_sbom_is_refused_in_words() {
    let work = Folder::new();
    work.write("a.json", bom::of(&["pkg:pypi/demo@1"]))
        .write("other.json", "{\"hello\": 1}")
        .write("text.txt", "hello")
        .write("old.json", "{\"schema\": \"chiron-report/9.9\"}")
        .write("broken.json", "{\"bomFormat\": \"CycloneDX\", \"specVersion\": \"1.5\", \"components\": 7}");
    for (name, words) in [
        ("other.json", "other.json is neither a report of Chiron nor an SBOM"),
        ("text.txt", "text.txt is neither a report of Chiron nor an SBOM"),
        ("broken.json", "broken.json is neither"),
        ("old.json", "a report of the format `chiron-report/9.9`"),
        ("absent.json", "failed to read absent.json"),
    ] {
        let ended = work.chiron(&["diff", "a.json", name]).with_code(2);
        ended.says(&[words]);
        assert_eq!(ended.stdout, "");
    }
    work.chiron(&["explain", "a.json"]).with_code(2).says(&["a.json is no report of Chiron"]);
}

#[test]
fn explain_says_why_scanners_do_not_agree() {
    let work = folder(&["pkg:pypi/demo@1.0"]);
    work.write("pipeline.toml", pipeline("honest", "fail_on = \"never\"\n"));
    let _ = work.chiron(&["run", "-o", "json=report.json"]).with_code(0);
    let ended = work.chiron(&["explain", "report.json", "--db", "osv"]).with_code(0);
    ended.shows(&["HOSTILE-1 in demo 1.0", "guest reports it: high, no fix", "osv does not report it", "why osv, "]);
    let one = work.chiron(&["explain", "report.json", "pkg:pypi/demo", "HOSTILE-1", "-o", "json"]).with_code(0).json();
    assert_eq!((one["findings"].as_array().unwrap().len(), &one["findings"][0]["finding"]), (1, &json!("HOSTILE-1")));
    work.chiron(&["explain", "report.json", "CVE-0"])
        .with_code(6)
        .shows(&["CANNOT TELL", "the report has no finding of CVE-0"]);
    let _ = work.chiron(&["scan", "app.cdx.json", "--db", "osv", "-o", "json=one.json"]).with_code(0);
    work.chiron(&["explain", "one.json"]).with_code(0).shows(&["fewer than two scanners"]);
}

#[test]
fn the_silence_of_a_report_is_a_no_only_where_its_tool_has_data() {
    let work = Folder::new();
    work.write("app.cdx.json", bom::of(&["pkg:pypi/demo@1.0"])).write("osv/a.json", osv::demo());
    let sarif = json!({"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "t"}}, "results": []}]});
    let osv_scanner = json!({"results": [{"source": {"path": "a", "type": "lockfile"}, "packages": [
        {"package": {"name": "demo", "version": "1.0", "ecosystem": "PyPI"}}]}]});
    work.write("app.sarif", sarif.to_string()).write("app.osv-scanner.json", osv_scanner.to_string());
    for (file, uses, code, silent, unsure) in [
        ("app.sarif", "sarif-report", 1, json!([]), json!("it knows nothing of PyPI")),
        ("app.osv-scanner.json", "osv-scanner-report", 0, json!(["theirs"]), Value::Null),
    ] {
        work.write(
            "pipeline.toml",
            format!(
                "[pipeline]\nname = \"p\"\nsubjects = [\"app.cdx.json\", \"{file}\"]\n[[step]]\nid = \"sbom\"\n\
                 uses = \"cyclonedx\"\n[[step]]\nid = \"theirs\"\nuses = \"{uses}\"\n[[step]]\nid = \"osv\"\n\
                 uses = \"osv\"\n[databases.main]\nrecords = \"osv\"\n[gate]\nquorum = \"all\"\n"
            ),
        );
        let report = work.chiron(&["run", "-o", "json"]).with_code(code).json();
        let found = finding(&report, "PYSEC-2024-1");
        assert_eq!((&found["silent"], &found["unsure"][0]["reason"]), (&silent, &unsure), "{found:#}");
    }
}
