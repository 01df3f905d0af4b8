//! What a program that misbehaves leads to: a named outcome, the fallback taken, nothing left behind.
#![cfg(target_os = "linux")]

use chiron_e2e::{Folder, binary, bom};
use serde_json::{Value, json};

/// A pipeline whose first generator is an adapter of this program; `sbom` stands in.
fn pipeline(subject: &str, program: &str, arguments: &str, more: &str, stand_in: &str) -> String {
    format!(
        "[pipeline]\nname = \"p\"\nsubjects = [\"{subject}\"]\n\
         [[step]]\nid = \"syft\"\nuses = \"syft-adapter\"\nfallback = [\"sbom\"]\n[step.bind]\ntools.syft = \"syft\"\n\
         [[step]]\nid = \"sbom\"\nuses = \"{stand_in}\"\n\
         [tools.syft]\npath = \"{program}\"\nversion = [\"--version\"]\n\
         profiles.directory = {arguments}\nprofiles.file = {arguments}\n{more}\n"
    )
}

fn step<'a>(report: &'a Value, id: &str) -> &'a Value {
    report["steps"].as_array().unwrap().iter().find(|step| step["id"] == id).unwrap()
}

/// How the adapter ended, once another did its work.
fn replaced(work: &Folder, text: &str, case: &str) -> (String, String) {
    work.write("pipeline.toml", text);
    let before = work.listing();
    let report = work.chiron(&["run", "-o", "json"]).with_code(0).json();
    let ended = step(&report, "syft");
    assert_eq!(ended["ending"]["status"], "failed", "{case}: {ended}");
    assert_eq!(ended["replaced_by"], "sbom", "{case}: {ended}");
    assert_eq!(step(&report, "sbom")["ending"]["status"], "succeeded", "{case}");
    assert_eq!(report["components"].as_array().unwrap().len(), 1, "{case}: {}", report["components"]);
    assert!(report["notes"].to_string().contains("`sbom` did its work"), "{case}: {}", report["notes"]);
    assert_eq!(work.listing().into_keys().collect::<Vec<_>>(), before.into_keys().collect::<Vec<_>>(), "{case}");
    let text = |key: &str| ended["ending"][key].as_str().unwrap().to_owned();
    (text("code"), text("message"))
}

#[test]
fn whatever_a_program_does_instead_of_its_work_has_a_name_and_the_fallback_is_taken() {
    let work = Folder::new();
    work.write("in/app.cdx.json", bom::of(&["pkg:pypi/demo@1.0"]));
    let program = binary::program().to_str().unwrap();
    let wrong = format!("digest = \"sha256:{}\"", "0".repeat(64));
    for (case, program, arguments, more, expected) in [
        ("killed", program, r#"["crash", "{input}"]"#, "", "signal"),
        ("fails", program, r#"["exit", "3", "{input}"]"#, "", "exit code 3"),
        ("slow", program, r#"["sleep", "{input}"]"#, "timeout = \"1s\"", "did not end in time"),
        ("noisy", program, r#"["flood", "{input}"]"#, "output = \"64 KiB\"", "more than"),
        ("silent", program, r#"["complain", "{input}"]"#, "", "not a report"),
        ("gibberish", program, r#"["whoami", "{input}"]"#, "", "not a report"),
        ("absent", "./absent/syft", r#"["scan", "{input}"]"#, "", "absent/syft"),
        ("other digest", program, r#"["scan", "{input}"]"#, &wrong, "sha256:0000"),
    ] {
        let (code, message) = replaced(&work, &pipeline("in", program, arguments, more, "cyclonedx"), case);
        assert!(!code.is_empty() && message.contains(expected), "{case}: {code}: {message}");
    }
}

#[test]
fn a_program_that_is_not_what_its_report_says_made_it_is_not_believed() {
    let work = Folder::new();
    let made = json!({
        "artifacts": [{"id": "a", "name": "demo", "version": "1.0", "type": "python", "purl": "pkg:pypi/demo@1.0", "locations": []}],
        "artifactRelationships": [], "source": {"id": "s", "type": "file"}, "distro": {},
        "descriptor": {"name": "syft", "version": "1.18.1"}, "schema": {"version": "16.0.21", "url": "x"}
    });
    work.write("made.json", made.to_string());
    // `cat` prints the report of another program, and says of itself that it is `cat`.
    let text = pipeline("made.json", "cat", r#"["{input}"]"#, "", "syft-report");
    work.write("pipeline.toml", &text);
    // The lock holds what it said.
    let _ = work.chiron(&["lock"]).with_code(0);
    let (_, message) = replaced(&work, &text, "lies about its version");
    assert!(message.contains("made by syft 1.18.1") && message.contains("the program says it is"), "{message}");
}
