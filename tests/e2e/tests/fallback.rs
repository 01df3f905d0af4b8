//! A step that fails lets others be tried; which one ran, and why the earlier one did not, stands in the report.

use chiron_e2e::{Ended, Folder, bom, guests, osv};
use serde_json::Value;

/// A folder with a component that a record is about, and guests that do as they are told.
fn folder(guest: &str) -> Folder {
    let work = Folder::new();
    work.write("app.cdx.json", bom::of(&["pkg:pypi/demo@1.0"])).write("osv/a.json", osv::demo());
    let module = guests::stranger(guest);
    let _ = work.chiron(&["plugin", "build", module.to_str().unwrap(), "-o", "guest.wasm"]).with_code(0);
    work
}

fn pipeline(steps: &str) -> String {
    format!("[pipeline]\nname = \"p\"\nsubjects = [\"app.cdx.json\"]\n{steps}")
}

const SBOM: &str = "[[step]]\nid = \"sbom\"\nuses = \"cyclonedx\"\n";

/// Scanners: osv over `database`, and the guest in its place.
fn scanners(database: &str, behaviour: &str, more: &str) -> String {
    pipeline(&format!(
        "{SBOM}[[step]]\nid = \"osv\"\nuses = \"osv\"\nfallback = [\"spare\"]\n\
         [[step]]\nid = \"spare\"\nuses = \"./guest.wasm\"\nwith = {{ behaviour = \"{behaviour}\" }}\n\
         [databases.main]\n{database}\n{more}"
    ))
}

const ABSENT: &str = "path = \"nowhere\"";
const THERE: &str = "records = \"osv\"";

fn run(work: &Folder, text: &str) -> (Value, Ended) {
    work.write("pipeline.toml", text);
    let ended = work.chiron(&["run", "-o", "json"]);
    (ended.json(), ended)
}

fn step<'a>(report: &'a Value, id: &str) -> &'a Value {
    report["steps"].as_array().unwrap().iter().find(|step| step["id"] == id).unwrap()
}

fn ids(report: &Value) -> Vec<&str> {
    report["findings"].as_array().unwrap().iter().map(|finding| finding["id"].as_str().unwrap()).collect()
}

#[test]
fn a_scanner_without_its_database_is_replaced_and_the_report_says_by_whom_and_why() {
    // The guest asks no engine that is not there: it has data of its own.
    let work = folder("client");
    let spare = "[[step]]\nid = \"osv\"\nuses = \"osv\"\nfallback = [\"spare\"]\n\
        [[step]]\nid = \"spare\"\nuses = \"./guest.wasm\"\nwith = { behaviour = \"unbound-label\" }\n\
        [step.bind]\nendpoints.api = \"nobody\"\n[endpoints.nobody]\nbase = \"https://nobody.invalid/\"\n";
    let text = pipeline(&format!("{SBOM}{spare}[databases.main]\n{ABSENT}\n[gate]\nfail_on = \"never\"\n"));
    let (report, ended) = run(&work, &text);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(step(&report, "osv")["ending"]["status"], "failed");
    assert_eq!(step(&report, "osv")["ending"]["code"], "database-missing");
    assert_eq!(step(&report, "osv")["replaced_by"], "spare");
    assert_eq!(step(&report, "spare")["ending"]["status"], "succeeded");
    assert_eq!(step(&report, "spare")["fallback_for"][0], "osv");
    assert_eq!(report["verdict"]["judged"], true);
    let note = report["notes"].as_array().unwrap().iter().find(|note| note["code"] == "fallback").unwrap();
    assert!(note["message"].as_str().unwrap().contains("`spare` did its work"), "{note}");
    ended.says(&["the step `osv` failed (database-missing", "`spare` did its work"]);
    let gate = &report["verdict"]["policies"][0]["summary"];
    assert!(gate.as_str().unwrap().contains("with fallbacks: spare for osv"), "{gate}");
    let table = work.chiron(&["run"]).with_code(0);
    table.shows(&["FALLBACK: step `osv` failed, `spare` did its work", "in the place of osv"]);
    for (format, words) in
        [("markdown", "spare did its work"), ("html", "in the place of osv"), ("sarif", "did its work")]
    {
        work.chiron(&["run", "-o", format]).with_code(0).shows(&[words]);
    }
}

#[test]
fn a_fallback_that_nobody_needs_does_not_run() {
    let work = folder("scanner");
    let (report, ended) = run(&work, &scanners(THERE, "honest", "[gate]\nfail_on = \"never\"\n"));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    let ending = &step(&report, "spare")["ending"];
    assert_eq!(ending["status"], "skipped");
    assert!(ending["reason"].as_str().unwrap().starts_with("not needed"), "{ending}");
    assert_eq!(step(&report, "spare")["calls"], 0);
    assert_eq!(ids(&report), ["PYSEC-2024-1"]);
    assert!(!work.chiron(&["run"]).stdout.contains("spare"));
}

#[test]
fn where_all_fail_the_run_is_not_judged() {
    let work = folder("scanner");
    let (report, ended) = run(&work, &scanners(ABSENT, "empty-rule", ""));
    assert_eq!(ended.code, 6, "{}", ended.stderr);
    ended.says(&["could not judge: step osv failed", "could not judge: step spare failed"]);
    assert_eq!(report["verdict"]["judged"], false);
    assert!(step(&report, "osv").get("replaced_by").is_none());
    work.chiron(&["run"])
        .with_code(6)
        .shows(&["NOT JUDGED: step `osv` failed, and so did `spare`, which was tried for it"]);
}

#[test]
fn fallbacks_are_tried_in_order_and_a_failed_one_lets_its_own_be_tried_first() {
    let work = folder("scanner");
    let spare = |id: &str, behaviour: &str, fallback: &str| {
        format!(
            "[[step]]\nid = \"{id}\"\nuses = \"./guest.wasm\"\nfallback = [{fallback}]\nwith = {{ behaviour = \"{behaviour}\" }}\n"
        )
    };
    let steps = [
        spare("first", "empty-rule", "\"second\", \"fourth\""),
        spare("second", "unknown-component", "\"third\""),
        spare("third", "honest", ""),
        spare("fourth", "honest", ""),
    ];
    let text = pipeline(&format!("{SBOM}{}[databases.main]\n{THERE}\n[gate]\nfail_on = \"never\"\n", steps.concat()));
    let (report, _) = run(&work, &text);
    let endings: Vec<_> =
        ["first", "second", "third", "fourth"].map(|id| step(&report, id)["ending"]["status"].clone()).into();
    assert_eq!(endings, ["failed", "failed", "succeeded", "skipped"]);
    assert_eq!(step(&report, "first")["replaced_by"], "third");
    assert_eq!(ids(&report), ["HOSTILE-1"]);
}

#[test]
fn a_generator_is_replaced_and_its_file_counts_as_read() {
    let work = folder("generator");
    let steps = "[[step]]\nid = \"guest\"\nuses = \"./guest.wasm\"\nfallback = [\"sbom\"]\nwith = { behaviour = \"duplicate-ids\" }\n\
        [[step]]\nid = \"sbom\"\nuses = \"cyclonedx\"\n\
        [[step]]\nid = \"osv\"\nuses = \"osv\"\nfrom = [\"guest\"]\n";
    let text = pipeline(&format!("{steps}[databases.main]\n{THERE}\n"));
    let (report, ended) = run(&work, &text);
    // What stood in for `guest` is what osv sees.
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert_eq!(ids(&report), ["PYSEC-2024-1"]);
    assert_eq!(step(&report, "guest")["replaced_by"], "sbom");
    let files = report["files"].as_array().unwrap();
    assert_eq!((files.len(), &files[0]["status"], &files[0]["step"]), (1, &"read".into(), &"sbom".into()), "{files:?}");
}

#[test]
fn a_slow_generator_is_replaced() {
    let work = folder("generator");
    let steps = "[[step]]\nid = \"guest\"\nuses = \"./guest.wasm\"\nfallback = [\"sbom\"]\nlimits = { cpu = \"200ms\" }\n\
        with = { behaviour = \"spin-around-read\" }\n[[step]]\nid = \"sbom\"\nuses = \"cyclonedx\"\n";
    let (report, ended) = run(&work, &pipeline(steps));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(report["components"].as_array().unwrap().len(), 1);
    assert_eq!(step(&report, "guest")["replaced_by"], "sbom");
}

const ADAPTER: &str = "[[step]]\nid = \"syft\"\nuses = \"syft-adapter\"\nfallback = [\"sbom\"]\n[step.bind]\ntools.syft = \"syft\"\n\
    [[step]]\nid = \"sbom\"\nuses = \"cyclonedx\"\n\
    [tools.syft]\npath = \"./absent/syft\"\nprofiles.file = [\"scan\", \"{input}\"]\n";

#[test]
fn a_missing_program_is_a_failure_where_others_stand_in_and_a_refusal_to_lock() {
    let work = folder("generator");
    let (report, ended) = run(&work, &pipeline(ADAPTER));
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    assert_eq!(step(&report, "syft")["ending"]["code"], "tool-unusable");
    assert_eq!(step(&report, "syft")["replaced_by"], "sbom");
    assert_eq!(report["components"].as_array().unwrap().len(), 1);
    work.chiron(&["run", "--dry-run"]).with_code(0).shows(&[
        "fallback sbom",
        "only when syft failed",
        "cannot   run here",
    ]);
    work.chiron(&["lock"]).with_code(3).says(&["the tool `syft` cannot be used", "[pipeline.toml:"]);
    // Without a fallback it is what it was.
    work.write("pipeline.toml", pipeline(&ADAPTER.replace("fallback = [\"sbom\"]\n", "")));
    let _ = work.chiron(&["run"]).with_code(3);
}

#[test]
fn a_fallback_without_anything_to_read_did_nobodys_work() {
    let work = folder("generator");
    let steps = "[[step]]\nid = \"guest\"\nuses = \"./guest.wasm\"\nfallback = [\"report\"]\nwith = { behaviour = \"duplicate-ids\" }\n\
        [[step]]\nid = \"report\"\nuses = \"syft-report\"\n";
    let (report, ended) = run(&work, &pipeline(steps));
    assert_eq!(ended.code, 6, "{}", ended.stderr);
    assert_eq!(step(&report, "report")["ending"]["code"], "nothing-to-read");
}

#[test]
fn what_is_wrong_with_fallbacks_is_told_at_its_line() {
    let work = folder("scanner");
    for (steps, line, message) in [
        ("[[step]]\nid = \"a\"\nuses = \"osv\"\nfallback = [\"a\"]\n", 7, "is its own fallback"),
        ("[[step]]\nid = \"a\"\nuses = \"osv\"\nfallback = [\"gone\"]\n", 7, "which is no step"),
        (
            "[[step]]\nid = \"a\"\nuses = \"osv\"\nfallback = [\"b\"]\n[[step]]\nid = \"b\"\nuses = \"osv\"\nfallback = [\"a\"]\n",
            7,
            "fallbacks lead in a circle: a -> b -> a",
        ),
        (
            "[[step]]\nid = \"a\"\nuses = \"osv\"\nfallback = [\"b\"]\n[[step]]\nid = \"b\"\nuses = \"cyclonedx\"\n",
            7,
            "the fallback `b` is a sbom-generator, and `a` a scanner",
        ),
        (
            "[[step]]\nid = \"g\"\nuses = \"gate\"\nfallback = [\"b\"]\n[[step]]\nid = \"b\"\nuses = \"gate\"\n",
            7,
            "which has no fallback",
        ),
    ] {
        work.write("pipeline.toml", pipeline(steps));
        let ended = work.chiron(&["run"]).with_code(2);
        ended.says(&[message, &format!("[pipeline.toml:{line}:")]);
    }
}
