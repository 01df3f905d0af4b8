//! chiron.lock: what a pipeline was reviewed with, held against what is there.

use chiron_e2e::{Folder, bom, guests, osv};

const BUILTINS: &str = r#"[pipeline]
name = "locked"
subjects = ["app.cdx.json"]
[[step]]
id = "sbom"
uses = "cyclonedx"
[[step]]
id = "scan"
uses = "osv"
[databases.main]
path = "db"
[gate]
fail_on = "never"
unknown = "allow"
"#;

fn folder(pipeline: &str) -> Folder {
    let work = Folder::new();
    work.database(&[osv::demo()])
        .write("app.cdx.json", bom::of(&["pkg:pypi/demo@1.0"]))
        .write("pipeline.toml", pipeline);
    work
}

/// With the scanner as a component file.
fn with_a_file() -> Option<Folder> {
    let work = folder(&BUILTINS.replace("uses = \"osv\"", "uses = \"./osv.wasm\""));
    guests::component(&work, "osv", "osv.wasm")?;
    Some(work)
}

#[test]
fn builtins_are_locked_by_version_and_imports_and_the_lock_holds() {
    let work = folder(BUILTINS);
    work.chiron(&["lock"]).with_code(0).says(&["wrote chiron.lock"]);
    let lock = work.read("chiron.lock");
    for part in [
        "version = 1",
        "name = \"cyclonedx\"",
        "name = \"gate\"",
        "name = \"osv\"",
        "chiron:advisory/db@0.1.0",
        "chiron:artifact/content@0.1.0",
    ] {
        assert!(lock.contains(part), "{part} in\n{lock}");
    }
    assert!(!lock.contains("sha256:"), "a builtin has its version, not its digest:\n{lock}");
    let report = work.chiron(&["run", "--locked", "-o", "json"]).with_code(0).json();
    assert!(!report["notes"].to_string().contains("unlocked"), "{}", report["notes"]);
    assert_eq!(work.chiron(&["lock", "--dry-run"]).with_code(0).stdout, lock);
    let _ = work.chiron(&["lock"]).with_code(0);
    assert_eq!(work.read("chiron.lock"), lock);
}

#[test]
fn without_a_lock_a_run_says_so_and_locked_refuses() {
    let work = folder(BUILTINS);
    let report = work.chiron(&["run", "-o", "json"]).with_code(0).json();
    assert!(report["notes"].to_string().contains("unlocked"));
    work.chiron(&["run", "--locked"]).with_code(3).says(&["chiron.lock", "chiron lock"]);
    let _ = work.chiron_with(&[("CHIRON_LOCKED", "true")], &["run"]).with_code(3);
}

#[test]
fn a_changed_component_file_is_refused_naming_its_digest() {
    let Some(work) = with_a_file() else { return };
    let _ = work.chiron(&["lock"]).with_code(0);
    let lock = work.read("chiron.lock");
    let digest = lock.split("digest = \"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let _ = work.chiron(&["run", "--locked", "-o", "json=r.json"]).with_code(0);
    // An empty custom section named "x" changes the bytes and nothing else.
    let mut bytes = std::fs::read(work.path("osv.wasm")).unwrap();
    bytes.extend([0, 2, 1, b'x']);
    work.write("osv.wasm", bytes);
    let ended = work.chiron(&["run"]).with_code(3);
    ended.says(&["the plugin `osv` is not what chiron.lock says", &digest, "[pipeline.toml:9:", "chiron lock"]);
    let locked = work.read("chiron.lock");
    let stopped = work.chiron(&["lock"]).with_code(3);
    stopped.says(&["~ plugin osv", &format!("~ {digest} -> sha256:"), "nothing was written", "chiron lock --update"]);
    assert_eq!(work.read("chiron.lock"), locked);
    work.chiron(&["lock", "--update"]).with_code(0).says(&["~ plugin osv", "wrote chiron.lock"]);
    let _ = work.chiron(&["run", "--locked"]).with_code(0);
    work.chiron(&["lock"]).with_code(0).says(&["nothing has changed"]);
}

#[test]
fn grants_are_locked_with_their_step() {
    let work = folder(BUILTINS);
    let _ = work.chiron(&["lock"]).with_code(0);
    let lock = work.read("chiron.lock");
    assert!(lock.contains("[[step]]") && lock.contains("id = \"scan\""), "{lock}");
    // The same plugin gives its evidence to a step that the review did not see.
    let more = BUILTINS.replace("[databases", "[[step]]\nid = \"again\"\nuses = \"osv\"\n[databases");
    work.write("pipeline.toml", &more);
    work.chiron(&["run"]).with_code(3).says(&["the step `again` is not in chiron.lock", "--update"]);
    work.chiron(&["lock"]).with_code(3).says(&["+ step again (osv) may use", "nothing was written"]);
    work.write("pipeline.toml", BUILTINS);
    // A grant that the review did not see.
    work.write("chiron.lock", lock.replace(", \"advisories\"]", "]"));
    assert_ne!(work.read("chiron.lock"), lock);
    let refused = work.chiron(&["run"]).with_code(3);
    refused.says(&["the step `scan` gives `osv`", "advisories"]);
    work.chiron(&["lock"]).with_code(3).says(&["+ may use advisories"]);
}

#[test]
fn a_step_that_the_lock_does_not_know_is_refused() {
    let work = folder(BUILTINS);
    let _ = work.chiron(&["lock"]).with_code(0);
    let lock = work.read("chiron.lock");
    let without: String =
        lock.split("[[plugin]]").filter(|part| !part.contains("name = \"osv\"")).collect::<Vec<_>>().join("[[plugin]]");
    work.write("chiron.lock", without);
    work.chiron(&["run"]).with_code(3).says(&["the plugin `osv` is not in chiron.lock"]);
    // A capability that the review did not see.
    work.write("chiron.lock", lock.replace("\"chiron:advisory/db@0.1.0\",", ""));
    let ended = work.chiron(&["run"]);
    assert!(ended.code == 3 || !lock.contains("\"chiron:advisory/db@0.1.0\","), "{}\n{}", ended.stderr, lock);
    // Another version of a builtin.
    work.write("chiron.lock", lock.replace("version = \"", "version = \"9"));
    work.chiron(&["run"]).with_code(3).says(&["is not what chiron.lock says"]);
    work.write("chiron.lock", lock.replacen("version = 1", "version = 2", 1));
    assert_ne!(work.chiron(&["run"]).code, 0);
    work.write("chiron.lock", "garbage = [");
    work.chiron(&["run"]).with_code(2).says(&["chiron.lock"]);
}

#[test]
fn an_override_warns_marks_the_report_and_leaves_the_lock_alone() {
    let work = folder(BUILTINS);
    let Some(()) = guests::component(&work, "osv", "my-osv.wasm") else { return };
    let _ = work.chiron(&["lock"]).with_code(0);
    let lock = work.read("chiron.lock");
    let arguments = ["run", "--plugin", "osv=my-osv.wasm", "-o", "json"];
    let ended = work.chiron(&arguments).with_code(0);
    assert!(ended.json()["notes"].to_string().contains("plugin-override"), "{}", ended.json()["notes"]);
    assert!(ended.stderr.contains("--plugin"), "no warning: {:?}", ended.stderr);
    assert_eq!(work.read("chiron.lock"), lock);
    work.chiron(&[&arguments[..], &["--locked"]].concat()).with_code(2).says(&["--plugin", "--locked"]);
    work.chiron_with(&[("CI", "true")], &arguments).with_code(2).says(&["--plugin", "CI=true"]);
    work.chiron_with(&[("CI", "true")], &["run", "--at", "2026-01-01T00:00:00Z"])
        .with_code(2)
        .says(&["--at", "CI=true"]);
}

#[test]
fn an_override_of_a_plugin_that_no_step_uses_is_a_mistake() {
    let work = folder(BUILTINS);
    work.write("x.wasm", "");
    work.chiron(&["run", "--plugin", "osvv=x.wasm"]).with_code(2).says(&["osvv"]);
}

#[test]
fn a_pinned_database_that_changed_cannot_be_judged_with() {
    let work = folder(&BUILTINS.replace("path = \"db\"", "path = \"db\"\npin = true"));
    let _ = work.chiron(&["lock"]).with_code(0);
    assert!(work.read("chiron.lock").contains("[[database]]"), "{}", work.read("chiron.lock"));
    let _ = work.chiron(&["run", "--locked"]).with_code(0);
    work.database(&[osv::demo(), osv::record("PYSEC-2024-9", "new", "1", "LOW").to_string()]);
    let ended = work.chiron(&["run"]).with_code(6);
    ended.shows(&["chiron.lock pins"]);
}

#[test]
fn a_pin_that_the_lock_does_not_hold_is_refused() {
    let work = folder(BUILTINS);
    let _ = work.chiron(&["lock"]).with_code(0);
    work.write("pipeline.toml", BUILTINS.replace("path = \"db\"", "path = \"db\"\npin = true"));
    let ended = work.chiron(&["run", "--locked"]);
    assert_ne!(ended.code, 0, "{}", ended.stdout);
    assert!(format!("{}{}", ended.stdout, ended.stderr).contains("main"), "{}", ended.stderr);
}

#[test]
fn a_flag_does_not_get_around_a_pinned_database() {
    let work = folder(&BUILTINS.replace("path = \"db\"", "path = \"db\"\npin = true"));
    let _ = work.chiron(&["lock"]).with_code(0);
    work.write("other/a.json", osv::record("PYSEC-2024-9", "new", "1", "LOW").to_string());
    let _ = work.chiron(&["db", "import", "other", "--db", "db2"]).with_code(0);
    let ended = work.chiron(&["run", "--locked", "--db", "db2"]);
    assert_ne!(ended.code, 0, "{}", ended.stdout);
}

#[test]
fn a_component_file_in_the_place_of_a_builtin_gives_the_same_report() {
    let work = folder(BUILTINS);
    let Some(()) = guests::component(&work, "osv", "osv.wasm") else { return };
    let run = || work.chiron(&["run", "--at", "2026-01-01T00:00:00Z", "-o", "json"]).with_code(0).json();
    let builtin = run();
    work.write("pipeline.toml", BUILTINS.replace("uses = \"osv\"", "uses = \"./osv.wasm\""));
    let mut file = run();
    // But for the note that nobody's signature was asked for.
    let notes = file["notes"].as_array_mut().unwrap();
    let all = notes.len();
    notes.retain(|note| note["code"] != "unsigned-plugin");
    assert_eq!(notes.len() + 1, all);
    assert_eq!(file, builtin);
}
