//! Policies: after honest steps whose results must stand.

use chiron_e2e::{Ended, Folder, bom, osv};
use serde_json::Value;

use crate::hostile::behaviours::{Judge, Policy};
use crate::hostile::{guests, raw};
use crate::running::{failed, heard, run, strings, succeeded};
use crate::scanners::finding;

pub(crate) fn policy_of(component: &[u8], with: &str) -> (Value, Ended) {
    policy_in(&Folder::new(), component, with)
}

fn policy_in(work: &Folder, component: &[u8], with: &str) -> (Value, Ended) {
    work.database(&[osv::demo()]).write("app.cdx.json", bom::of(&["pkg:pypi/demo@1.0"])).write("hostile.wasm", component).write(
        "pipeline.toml",
        format!(
            "[pipeline]\nname = \"p\"\nsubjects = [\"app.cdx.json\"]\n[[step]]\nid = \"sbom\"\nuses = \"cyclonedx\"\n\
             [[step]]\nid = \"osv\"\nuses = \"osv\"\n[[step]]\nid = \"hostile\"\nuses = \"./hostile.wasm\"\nwith = {{ {with} }}\n\
             limits = {{ cpu = \"150ms\", memory = \"32 MiB\" }}\n[databases.default]\npath = \"db\"\n"
        ),
    );
    run(work)
}

fn policy(behaviour: Policy) -> (Value, Ended) {
    misbehaving(&Folder::new(), "policy", behaviour.word())
}

fn misbehaving(work: &Folder, kind: &str, word: &str) -> (Value, Ended) {
    let (report, ended) = policy_in(work, &guests::component(kind), &format!("behaviour = \"{word}\""));
    succeeded(&report, "sbom");
    succeeded(&report, "osv");
    succeeded(&report, "gate");
    assert!(finding(&report, "PYSEC-2024-1").is_some(), "{report:#}");
    (report, ended)
}

#[test]
fn a_policy_that_computes_for_ever_fails_its_step_and_the_run_is_not_judged() {
    let (report, ended) = policy(Policy::Spin);
    failed(&report, "hostile", "cpu");
    assert_eq!(ended.code, 6);
}

#[test]
fn a_reason_about_a_component_that_is_not_there_is_an_invalid_answer() {
    let (report, ended) = policy(Policy::UnknownComponent);
    failed(&report, "hostile", "invalid-output");
    assert_eq!(ended.code, 6);
}

#[test]
fn texts_of_a_verdict_reach_nobody_alive() {
    let work = Folder::new();
    let (report, ended) = misbehaving(&work, "policy", Policy::Escapes.word());
    succeeded(&report, "hostile");
    assert_eq!(ended.code, 1);
    heard(&work, &["json", "sarif", "markdown", "junit", "github", "gitlab", "html"]);
    assert!(ended.stdout.contains("forged"), "{}", ended.stdout);
}

#[test]
fn texts_of_a_failed_policy_reach_nobody_alive() {
    for (behaviour, code) in [(Policy::ErrorEscapes, "reported"), (Policy::PanicEscapes, "trapped")] {
        let work = Folder::new();
        failed(&misbehaving(&work, "policy", behaviour.word()).0, "hostile", code);
        heard(&work, &["json", "sarif", "markdown", "junit", "github", "gitlab", "html"]);
    }
    let (report, ended) = policy(Policy::ForgeLines);
    succeeded(&report, "hostile");
    ended.says(&["forged"]);
}

#[test]
fn texts_of_a_judges_verdict_reach_nobody_alive() {
    let work = Folder::new();
    succeeded(&misbehaving(&work, "judge", Judge::Escapes.word()).0, "hostile");
    heard(&work, &["json", "html"]);
}

#[test]
fn texts_of_a_verdict_are_cut() {
    let (report, _) = policy(Policy::LongTexts);
    let longest = strings(&report["verdict"]).into_iter().map(|text| text.chars().count()).max();
    assert!(longest <= Some(10_001), "{longest:?}");
}

#[test]
fn a_policy_that_says_cancelled_has_failed() {
    let (report, ended) = policy(Policy::LieCancelled);
    failed(&report, "hostile", "cancelled");
    assert_eq!(ended.code, 6);
}

#[test]
fn a_plugin_that_cannot_describe_itself_is_refused_while_planning() {
    let (report, ended) = policy_of(&raw::Policy { describe: "unreachable", ..Default::default() }.component(), "");
    assert_eq!((report, ended.code), (Value::Null, 3));
    ended.says(&["cannot describe itself"]);
}
