//! Folders are walked as people expect, and what is left out is said.

use std::process::{Command, Stdio};

use chiron_e2e::{Ended, Folder, bom, osv};

const LOCK: &str = "version = 3\n[[package]]\nname = \"demo\"\nversion = \"1.0.0\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n";

fn names(ended: &Ended) -> Vec<String> {
    let mut names: Vec<_> = ended.json()["components"]
        .as_array()
        .unwrap()
        .iter()
        .map(|component| component["name"].as_str().unwrap().to_owned())
        .collect();
    names.sort();
    names
}

fn git(work: &Folder, arguments: &[&str]) -> bool {
    let ended = Command::new("git").current_dir(work.path(".")).env("HOME", work.home()).args(arguments).output();
    ended.is_ok_and(|output| output.status.success())
}

#[test]
fn what_git_ignores_is_left_out_and_said_and_what_it_tracks_is_not() {
    let work = Folder::new();
    work.write(".gitignore", "/build/\n/Cargo.lock\n")
        .write("build/old.cdx.json", bom::of(&["pkg:pypi/litter@1.0"]))
        .write("app.cdx.json", bom::of(&["pkg:pypi/app@1.0"]))
        .write("Cargo.lock", LOCK);
    if !git(&work, &["init", "-q"]) {
        chiron_e2e::outside::missing("git");
        return;
    }
    let ended = work.chiron(&["sbom", ".", "-o", "json"]).with_code(0);
    assert_eq!(names(&ended), ["app"]);
    let report = ended.json();
    let note = report["notes"].as_array().unwrap().iter().find(|note| note["code"] == "left-out").unwrap();
    let message = note["message"].as_str().unwrap();
    assert!(
        message.contains("1 folder and 1 file left out") && message.contains("`/build/` in .gitignore"),
        "{message}"
    );
    assert!(message.contains("--no-ignore"), "{message}");
    let file = report["files"].as_array().unwrap().iter().find(|file| file["path"] == "Cargo.lock").unwrap();
    assert_eq!(file["reason"], "left out: `/Cargo.lock` in .gitignore");
    ended.says(&["left out"]);
    // A gate is not passed by ignoring a file that is in the repository.
    assert!(git(&work, &["add", "-f", "Cargo.lock", "app.cdx.json"]));
    assert_eq!(names(&work.chiron(&["sbom", ".", "-o", "json"]).with_code(0)), ["app", "demo"]);
    assert_eq!(
        names(&work.chiron(&["sbom", ".", "-o", "json", "--no-ignore"]).with_code(0)),
        ["app", "demo", "litter"]
    );
    // A folder of which git knows nothing is taken whole when it is named.
    assert_eq!(names(&work.chiron(&["sbom", "build", "-o", "json"]).with_code(0)), ["litter"]);
}

#[test]
fn patterns_leave_things_out_by_flag_and_by_file() {
    let work = Folder::new();
    work.write("vendor/a.cdx.json", bom::of(&["pkg:pypi/a@1.0"]))
        .write("src/b.cdx.json", bom::of(&["pkg:pypi/b@1.0"]))
        .write("src/c.cdx.json", bom::of(&["pkg:pypi/c@1.0"]));
    let ended = work.chiron(&["sbom", ".", "-o", "json", "--exclude", "vendor", "--exclude", "c.*"]).with_code(0);
    assert_eq!(names(&ended), ["b"]);
    let settings = ended.json()["settings"].to_string();
    assert!(settings.contains(r#"{"key":"exclude","source":"flag","value":"vendor, c.*"}"#), "{settings}");
    work.write(
        "pipeline.toml",
        "[pipeline]\nname = \"p\"\nsubjects = [\".\", \"**/*.cdx.json\"]\nexclude = [\"vendor/\"]\n[[step]]\nid = \"s\"\nuses = \"cyclonedx\"\n",
    );
    let ended = work.chiron(&["run", "-o", "json", "--exclude", "b.cdx.json"]).with_code(0);
    assert_eq!(names(&ended), ["c", "c"]);
    assert!(ended.json()["settings"].to_string().contains("pipeline.exclude"));
    work.chiron(&["sbom", ".", "--exclude", "!x"]).with_code(2).says(&["does not begin with"]);
    work.write("pipeline.toml", work.read("pipeline.toml").replace("vendor/", "[z-a]"));
    work.chiron(&["run"]).with_code(2).says(&["`[z-a]` cannot be left out by", "pipeline.toml:4"]);
}

#[test]
fn links_are_named_and_never_followed() {
    let work = Folder::new();
    work.write("in/app.cdx.json", bom::of(&["pkg:pypi/app@1.0"])).write("out.cdx.json", bom::of(&["pkg:pypi/out@1.0"]));
    for (target, link) in [("..", "in/up"), (".", "in/loop"), ("../out.cdx.json", "in/out.cdx.json")] {
        std::os::unix::fs::symlink(target, work.path(link)).unwrap();
    }
    let ended = work.chiron(&["sbom", "in", "-o", "json"]).with_code(0);
    assert_eq!(names(&ended), ["app"]);
    let report = ended.json();
    let reason = |path: &str| {
        let file = report["files"].as_array().unwrap().iter().find(|file| file["path"] == path).unwrap();
        file["reason"].as_str().unwrap().to_owned()
    };
    assert_eq!(reason("loop"), "a symbolic link, which is not followed");
    for out in ["up", "out.cdx.json"] {
        assert_eq!(reason(out), "a symbolic link that leads out of the folder, which is not followed");
    }
}

#[test]
fn standard_input_is_a_subject() {
    let work = Folder::new();
    work.database(&[osv::demo()]);
    let with = |arguments: &[&str], text: &str| {
        let mut command = work.command(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // One that does not read it ends before all is written.
        let _ = std::io::Write::write_all(&mut child.stdin.take().unwrap(), text.as_bytes());
        Ended::of(&child.wait_with_output().unwrap())
    };
    let sbom = bom::of(&["pkg:pypi/demo@1.0"]);
    let ended = with(&["scan", "-", "--db", "db", "-o", "json", "--fail-on", "high"], &sbom).with_code(1);
    assert_eq!(ended.json()["subjects"][0]["name"], "stdin");
    let ended = with(&["sbom", "-", "--stdin-name", "Cargo.lock", "-o", "json"], LOCK).with_code(0);
    assert_eq!((names(&ended), &ended.json()["subjects"][0]["name"]), (vec!["demo".to_owned()], &"Cargo.lock".into()));
    with(&["sbom", "-"], "").with_code(74).says(&["standard input is empty"]);
    with(&["sbom", "-", "-"], &sbom).with_code(2).says(&["name `-` once"]);
    with(&["sbom", "-", "--stdin-name", "../x"], &sbom).with_code(2).says(&["without a folder"]);
    let left = work.listing().into_keys().filter(|path| path.contains("stdin") || path.contains("Cargo.lock"));
    assert_eq!(left.collect::<Vec<_>>(), Vec::<String>::new());
}
