//! Generators: a folder beside a secret, and a document that an honest generator reads in the same run.

use std::time::{Duration, Instant};

use chiron_e2e::{Ended, Folder, bom};
use serde_json::Value;

use crate::hostile::behaviours::Generator;
use crate::hostile::guests;
use crate::running::{failed, run, step, succeeded};

fn generator(behaviour: Generator) -> (Value, Ended) {
    let work = Folder::new();
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
             limits = {{ cpu = \"5s\", deadline = \"20s\", output = \"8 MiB\" }}\n\
             [[step]]\nid = \"honest\"\nuses = \"cyclonedx\"\n",
            behaviour.word()
        ),
    );
    let (report, ended) = run(&work);
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
fn globs_made_to_cost_are_refused_in_time() {
    let start = Instant::now();
    let (report, _) = generator(Generator::GlobBombs);
    assert!(start.elapsed() < Duration::from_secs(40), "{:?}", start.elapsed());
    let name = names(&report).into_iter().find(|name| name.ends_with(" refused"));
    let deadline = step(&report, "hostile")["message"].to_string();
    assert!(name.is_some() || deadline.contains("20000 ms"), "{deadline}");
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
    let (report, ended) = generator(Generator::Escapes);
    succeeded(&report, "hostile");
    assert!(ended.stdout.contains("POLICIES") || ended.stdout.contains("FILES"), "{}", ended.stdout);
}

#[test]
fn a_file_without_an_account_has_failed() {
    let (report, ended) = generator(Generator::NoAccount);
    assert!(report["files"].as_array().unwrap().iter().any(|file| file["status"] == "failed"), "{:#}", report["files"]);
    assert_ne!(ended.code, 0);
}
