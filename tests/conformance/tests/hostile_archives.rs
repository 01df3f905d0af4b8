//! Generators that read where nothing is, for ever, and all at once: through the built binary, from files as they lie on a disk, in a
//! folder and in a zip file, stored and deflated.

mod hostile;

use chiron_e2e::{Folder, zip};
use hostile::behaviours::Generator;
use hostile::guests;
use serde_json::Value;

/// Three subjects: a file, a folder with one, and an archive with two among neighbours that nobody may see in their place.
const SUBJECTS: [&str; 3] = ["digits", "tree", "archive.zip"];

const LIMITS: &str = "cpu = \"150ms\", deadline = \"20s\", handles = 16, host_calls = 20000";

fn ran(behaviour: Generator, subjects: &[&str]) -> Value {
    let work = Folder::new();
    let members = [
        zip::stored("0-before", b"NEIGHBOUR"),
        zip::stored("a.txt", b"0123456789"),
        zip::stored("b-between", b"NEIGHBOUR"),
        zip::deflated("c.txt", &b"9876543210".repeat(3)),
        zip::stored("d-after", b"NEIGHBOUR"),
    ];
    work.write("digits", "0123456789").write("tree/a.txt", "0123456789").write("archive.zip", zip::of(&members));
    work.write("hostile.wasm", guests::component("generator")).write(
        "pipeline.toml",
        format!(
            "[pipeline]\nname = \"p\"\nsubjects = {subjects:?}\non_empty = \"pass\"\n\
             [[step]]\nid = \"hostile\"\nuses = \"./hostile.wasm\"\nwith = {{ behaviour = \"{}\" }}\nlimits = {{ {LIMITS} }}\n",
            behaviour.word()
        ),
    );
    work.chiron(&["run", "-o", "json"]).json()
}

/// What was read of a component's file.
fn name_of<'a>(report: &'a Value, path: &str) -> Vec<&'a str> {
    let parts = report["components"].as_array().unwrap().iter().map(|part| part["name"].as_str().unwrap());
    let mut found: Vec<_> = parts.filter(|name| name.ends_with(path)).collect();
    found.sort_unstable();
    found
}

#[test]
fn no_file_and_no_member_of_an_archive_is_read_beyond_its_end() {
    let report = ran(Generator::ReadBeyond, &SUBJECTS);
    let digits = "[0, 0, 0, 0, 0, 1] of 10: 0123456789";
    // On the disk, in the folder, and stored in the archive.
    assert_eq!(name_of(&report, "of 10: 0123456789"), [digits; 3], "{:#}", report["components"]);
    let inflated = format!("[0, 0, 0, 0, 0, 1] of 30: {}", "9876543210".repeat(3));
    assert_eq!(name_of(&report, "of 30: 987654321098765432109876543210"), [inflated.as_str()]);
    assert_eq!(name_of(&report, "NEIGHBOUR"), ["[0, 0, 0, 0, 0, 1] of 9: NEIGHBOUR"; 3]);
    assert_eq!(report["components"].as_array().unwrap().len(), 7, "{:#}", report["components"]);
}

#[test]
fn reading_a_real_file_for_ever_spends_a_budget() {
    for subject in SUBJECTS {
        let report = ran(Generator::SpinAroundRead, &[subject]);
        let ending = &report["steps"][0]["ending"];
        assert_eq!(ending["status"], "failed", "{subject}: {ending:#}");
        assert!(["cpu", "host-calls"].contains(&ending["code"].as_str().unwrap()), "{subject}: {ending:#}");
    }
}

#[test]
fn real_files_kept_open_spend_the_budget_of_handles() {
    for subject in ["tree", "archive.zip"] {
        let report = ran(Generator::HoardHandles, &[subject]);
        let ending = &report["steps"][0]["ending"];
        assert_eq!(
            (&ending["status"], &ending["code"]),
            (&"failed".into(), &"handles".into()),
            "{subject}: {ending:#}"
        );
    }
}
