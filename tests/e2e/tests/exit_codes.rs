//! What the caller's shell sees.

use chiron_e2e::{Folder, bom, osv, wheel};

const SCAN: &str = "[[step]]\nid = \"sbom\"\nuses = \"cyclonedx\"\n[[step]]\nid = \"scan\"\nuses = \"osv\"\n";

fn pipeline(subject: &str, rest: &str) -> String {
    format!("[pipeline]\nname = \"codes\"\nsubjects = [\"{subject}\"]\n{rest}")
}

/// A vulnerable document, a clean one, an empty one, and a database.
fn folder() -> Folder {
    let work = Folder::new();
    work.database(&[osv::demo()])
        .write("bad.cdx.json", bom::of(&["pkg:pypi/demo@1.0"]))
        .write("good.cdx.json", bom::of(&["pkg:pypi/demo@2.0"]))
        .write("pipeline.toml", pipeline("bad.cdx.json", SCAN));
    std::fs::create_dir(work.path("empty")).unwrap();
    work
}

#[test]
fn help_documents_every_code_with_its_meaning() {
    let help = Folder::new().chiron(&["--help"]).with_code(0);
    for (code, word) in [
        (0, "passed"),
        (1, "denied"),
        (2, "usage or configuration"),
        (3, "a plugin could not be loaded"),
        (4, "verification failed"),
        (5, "nothing to scan"),
        (6, "could not judge"),
        (70, "a bug in chiron"),
        (74, "input or output"),
        (130, "interrupted"),
    ] {
        let documented =
            help.stdout.lines().any(|line| line.trim_start().starts_with(&format!("{code} ")) && line.contains(word));
        assert!(documented, "{code} {word} in:\n{}", help.stdout);
    }
}

#[test]
fn commands_without_a_run_have_their_codes() {
    let work = folder();
    let table: [(&[&str], i32); 18] = [
        (&["--version"], 0),
        (&["help", "run"], 0),
        (&[], 2),
        (&["nonsense"], 2),
        (&["scan"], 2),
        (&["scan", "good.cdx.json", "-o", "yaml"], 2),
        (&["scan", "good.cdx.json", "-o", "json", "-o", "table"], 2),
        (&["sbom", "good.cdx.json", "-o", "json=r", "-o", "cyclonedx-json=r"], 2),
        (&["scan", "good.cdx.json", "-o", "json=no/such/folder/r.json"], 2),
        (&["scan", "good.cdx.json", "--at", "yesterday"], 2),
        (&["scan", "good.cdx.json", "--jobs", "0"], 2),
        (&["run", "missing.toml"], 2),
        (&["db", "import", "missing", "--db", "db2"], 2),
        (&["db", "status", "--db", "nowhere"], 6),
        (&["db", "verify", "--db", "nowhere"], 6),
        (&["db", "verify", "--db", "db"], 0),
        (&["plugin", "build", "good.cdx.json", "-o", "x.wasm"], 3),
        (&["plugin", "build", "missing.wasm"], 74),
    ];
    for (arguments, code) in table {
        let ended = work.chiron(arguments);
        assert_eq!(ended.code, code, "chiron {arguments:?}\n{}\n{}", ended.stdout, ended.stderr);
        if code != 0 {
            assert!(!ended.stderr.is_empty(), "chiron {arguments:?} fails without a word");
        }
    }
}

#[test]
fn scan_reports_and_passes_unless_told_when_to_fail() {
    let work = folder();
    let scan = |more: &[&str]| work.chiron(&[&["scan", "bad.cdx.json", "--db", "db", "-o", "json"], more].concat());
    let report = scan(&[]).with_code(0).json();
    assert_eq!(report["findings"].as_array().unwrap().len(), 1);
    let denied = scan(&["--fail-on", "high"]).with_code(1);
    denied.says(&["denied by gate"]);
    assert_eq!(denied.json()["verdict"]["decision"], "deny");
    let _ = scan(&["--fail-on", "critical"]).with_code(0);
    let _ = scan(&["--fail-on", "medium", "--exit-code", "42"]).with_code(42);
}

#[test]
fn an_exit_code_of_ones_own_replaces_1_and_no_other() {
    let work = folder();
    let _ = work.chiron(&["scan", "bad.cdx.json", "--exit-code", "42", "--db", "nowhere"]).with_code(6);
    let _ = work.chiron(&["scan", "empty", "--exit-code", "42", "--db", "db"]).with_code(5);
    let _ = work.chiron(&["run", "missing.toml", "--exit-code", "42"]).with_code(2);
    let _ = work.chiron(&["run", "--exit-code", "42", "--db", "db", "-o", "json=r.json"]).with_code(42);
}

#[test]
fn nothing_to_scan_is_5_unless_the_pipeline_says_that_it_passes() {
    let work = folder();
    work.chiron(&["sbom", "empty"]).with_code(5).says(&["nothing to scan"]);
    work.write("strict.toml", pipeline("empty", SCAN));
    let _ = work.chiron(&["run", "strict.toml", "--db", "db"]).with_code(5);
    let relaxed =
        pipeline("empty", SCAN).replace("[[step]]\nid = \"sbom\"", "on_empty = \"pass\"\n[[step]]\nid = \"sbom\"");
    work.write("relaxed.toml", relaxed);
    let _ = work.chiron(&["run", "relaxed.toml", "--db", "db"]).with_code(0);
}

/// The flag, the variable, and what neither excuses: a gate that denies, a step that failed.
#[test]
fn a_scan_of_nothing_is_5_unless_on_empty_says_that_it_passes() {
    let work = folder();
    let scan = |more: &[&str]| work.chiron(&[&["scan", "empty", "--db", "db"], more].concat());
    let table: [(&[&str], i32); 6] = [
        (&[], 5),
        (&["--on-empty", "fail"], 5),
        (&["--on-empty", "pass"], 0),
        (&["--on-empty", "pass", "--fail-on", "high"], 0),
        (&["--on-empty", "fail", "--fail-on", "high"], 5),
        (&["--on-empty", "perhaps"], 2),
    ];
    for (more, code) in table {
        let ended = scan(more);
        assert_eq!(ended.code, code, "{more:?}\n{}\n{}", ended.stdout, ended.stderr);
    }
    scan(&["-o", "json=r.json"]).with_code(5).says(&["nothing to scan"]);
    let with = |value: &str, more: &[&str]| {
        work.chiron_with(&[("CHIRON_ON_EMPTY", value)], &[&["scan", "empty", "--db", "db"], more].concat())
    };
    let _ = with("pass", &[]).with_code(0);
    let _ = with("pass", &["--on-empty", "fail"]).with_code(5);
    let _ = with("perhaps", &[]).with_code(2);
    // What is not empty is judged as ever, and what cannot be judged is not excused.
    let _ =
        work.chiron(&["scan", "bad.cdx.json", "--db", "db", "--on-empty", "pass", "--fail-on", "high"]).with_code(1);
    let _ = work.chiron(&["scan", "bad.cdx.json", "--db", "nowhere", "--on-empty", "pass"]).with_code(6);
}

#[test]
fn without_a_database_nothing_can_be_judged_and_the_hint_says_how_to_make_one() {
    let work = folder();
    let ended = work.chiron(&["scan", "good.cdx.json", "-o", "json"]).with_code(6);
    ended.says(&["could not judge", "chiron db import"]);
    let report = ended.json();
    assert_eq!((&report["verdict"]["judged"], &report["verdict"]["decision"]), (&false.into(), &"deny".into()));
    let table = work.chiron(&["scan", "good.cdx.json"]).with_code(6);
    table.shows(&["chiron db import"]);
    assert!(!table.stdout.contains("PASSED"), "{}", table.stdout);
}

#[test]
fn a_failed_step_is_6_only_where_it_is_required() {
    let work = folder();
    let optional = SCAN.replace("uses = \"osv\"\n", "uses = \"osv\"\nrequired = false\n");
    work.write("optional.toml", pipeline("good.cdx.json", &optional));
    let ended = work.chiron(&["run", "optional.toml", "--db", "nowhere", "-o", "json"]);
    assert!(matches!(ended.code, 0 | 1), "{}\n{}", ended.stdout, ended.stderr);
    let report = ended.json();
    assert_eq!(report["steps"][1]["ending"]["status"], "failed");
    assert_eq!(report["verdict"]["judged"], true);
    work.write("required.toml", pipeline("good.cdx.json", SCAN));
    let _ = work.chiron(&["run", "required.toml", "--db", "nowhere"]).with_code(6);
}

#[test]
fn what_could_not_be_judged_outranks_what_was_denied() {
    let work = folder();
    // The document is denied by its own gate rule, and the scanner cannot run at all.
    work.write(
        "both.toml",
        pipeline("good.cdx.json", &format!("{SCAN}[gate]\nunreadable = \"deny\"\n"))
            .replace("\"good", "\"broken.whl\", \"good"),
    );
    work.write("broken.whl", "PK no wheel");
    let _ = work.chiron(&["run", "both.toml", "--db", "db"]).with_code(1);
    let _ = work.chiron(&["run", "both.toml", "--db", "nowhere"]).with_code(6);
    // A file full of mistakes outranks the plugin that it names.
    work.write(
        "mixed.toml",
        pipeline(
            "good.cdx.json",
            "[[step]]\nid = \"a\"\nuses = \"./missing.wasm\"\n[[step]]\nid = \"a\"\nuses = \"osv\"\n",
        ),
    );
    let _ = work.chiron(&["run", "mixed.toml"]).with_code(2);
}

#[test]
fn output_that_cannot_be_written_is_74() {
    let work = folder();
    work.write("file", "");
    std::fs::create_dir(work.path("folder")).unwrap();
    let ended = work.chiron(&["sbom", "good.cdx.json", "-o", "json=folder"]).with_code(74);
    ended.says(&["folder"]);
}

#[test]
fn a_denied_run_says_what_to_do_next() {
    let work = folder();
    work.write("demo-1.0-py3-none-any.whl", wheel::of("demo", "1.0"));
    let ended = work.chiron(&["run", "--db", "db"]).with_code(1);
    ended.shows(&["DENIED by gate", "PYSEC-2024-1", "upgrade to 2.0"]);
}
