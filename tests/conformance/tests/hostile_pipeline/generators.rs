//! Generators: a folder beside a secret, and a document that an honest generator reads in the same run.

use chiron_e2e::{Ended, Folder, bom};
use serde_json::Value;

use crate::hostile::behaviours::Generator;
use crate::hostile::guests;
use crate::running::{failed, heard, run, succeeded};

fn generator(behaviour: Generator) -> (Value, Ended) {
    generator_in(&Folder::new(), behaviour)
}

fn generator_in(work: &Folder, behaviour: Generator) -> (Value, Ended) {
    work.write("secret", "TOP SECRET")
        .write("tree/a.txt", "0123456789")
        .write("app.cdx.json", bom::of(&["pkg:pypi/demo@1.0"]));
    let tree = work.path("tree");
    let link = |to: &str, name: &str| std::os::unix::fs::symlink(to, tree.join(name)).unwrap();
    link("../secret", "link-to-file");
    link("..", "link-to-folder");
    link("a.txt", "link-inside");
    work.write("hostile.wasm", guests::component("generator")).write(
        "pipeline.toml",
        format!(
            "[pipeline]\nname = \"p\"\nsubjects = [\"tree\", \"app.cdx.json\"]\n\
             [[step]]\nid = \"hostile\"\nuses = \"./hostile.wasm\"\nwith = {{ behaviour = \"{}\" }}\n\
             limits = {{ cpu = \"5s\", deadline = \"10s\", output = \"8 MiB\" }}\n\
             [[step]]\nid = \"honest\"\nuses = \"cyclonedx\"\n",
            behaviour.word()
        ),
    );
    let (report, ended) = run(work);
    assert!(!report.to_string().contains("TOP SECRET") && !ended.stdout.contains("TOP SECRET"), "{report:#}");
    succeeded(&report, "honest");
    assert!(names(&report).contains(&"demo"), "{report:#}");
    (report, ended)
}

fn names(report: &Value) -> Vec<&str> {
    report["components"].as_array().unwrap().iter().map(|part| part["name"].as_str().unwrap()).collect()
}

fn refused_and(report: &Value, count: usize) {
    let refused = names(report).into_iter().filter(|name| *name == "refused").count();
    assert_eq!(refused, count, "{:?}", names(report));
}

#[test]
fn an_honest_generator_is_heard() {
    let (report, _) = generator(Generator::Honest);
    succeeded(&report, "hostile");
    assert!(names(&report).contains(&"part"));
}

#[test]
fn no_path_leads_out_of_the_subject() {
    // Of the file that is the other subject there is no tree to open: the step says so, and its components stand.
    let (report, _) = generator(Generator::OpenOutside);
    refused_and(&report, 14);
}

#[test]
fn no_symbolic_link_is_followed() {
    let (report, _) = generator(Generator::OpenLinks);
    refused_and(&report, 4);
}

#[test]
fn globs_made_to_cost_are_refused_or_answered_in_time() {
    // The step has ten seconds for all of them; the one who was not answered in time would have failed.
    let (report, _) = generator(Generator::GlobBombs);
    succeeded(&report, "hostile");
    let said = "7 of 7 long ones refused, 100 answers to short ones";
    assert!(names(&report).contains(&said), "{:?}", names(&report));
}

#[test]
fn a_licence_expression_that_is_none_becomes_text() {
    let (report, _) = generator(Generator::BadLicence);
    succeeded(&report, "hostile");
    let parts = report["components"].as_array().unwrap();
    let part = parts.iter().find(|part| part["name"] == "part").unwrap();
    assert!(
        part["licenses"].to_string().contains("whatever") && !part["licenses"].to_string().contains("expression"),
        "{part:#}"
    );
}

#[test]
fn a_place_outside_the_subject_is_an_invalid_answer() {
    failed(&generator(Generator::LocationOutside).0, "hostile", "invalid-output");
}

#[test]
fn an_account_of_a_file_outside_is_an_invalid_answer() {
    failed(&generator(Generator::FileOutside).0, "hostile", "invalid-output");
}

#[test]
fn two_components_of_one_id_are_an_invalid_answer() {
    failed(&generator(Generator::DuplicateIds).0, "hostile", "invalid-output");
}

#[test]
fn relations_to_what_is_not_there_are_dropped_and_counted() {
    let (report, _) = generator(Generator::DanglingRelations);
    succeeded(&report, "hostile");
    assert!(report["files"].as_array().unwrap().iter().any(|file| file["status"] == "partly"), "{:#}", report["files"]);
    assert_eq!(report["relations"].as_array().map_or(0, Vec::len), 0);
}

#[test]
fn texts_of_an_inventory_reach_nobody_alive() {
    let work = Folder::new();
    let (report, ended) = generator_in(&work, Generator::Escapes);
    succeeded(&report, "hostile");
    let documents = ["cyclonedx-json", "cyclonedx-json-1.5", "cyclonedx-json-1.7", "cyclonedx-xml"];
    heard(&work, &documents);
    heard(&work, &["json", "spdx-json", "spdx-json-3", "sarif", "markdown", "junit", "github", "gitlab", "html"]);
    assert!(ended.stdout.contains("POLICIES") || ended.stdout.contains("FILES"), "{}", ended.stdout);
}

#[test]
fn a_file_without_an_account_has_failed() {
    let (report, ended) = generator(Generator::NoAccount);
    assert!(report["files"].as_array().unwrap().iter().any(|file| file["status"] == "failed"), "{:#}", report["files"]);
    assert_ne!(ended.code, 0);
}
