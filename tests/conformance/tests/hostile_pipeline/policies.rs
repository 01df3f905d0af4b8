//! Policies: after honest steps whose results must stand.

use chiron_e2e::{Ended, Folder, bom, osv};
use serde_json::Value;

use crate::hostile::behaviours::Policy;
use crate::hostile::{guests, raw};
use crate::running::{failed, run, strings, succeeded};
use crate::scanners::finding;

pub(crate) fn policy_of(component: &[u8], with: &str) -> (Value, Ended) {
    let work = Folder::new();
    work.database(&[osv::demo()]).write("app.cdx.json", bom::of(&["pkg:pypi/demo@1.0"])).write("hostile.wasm", component).write(
        "pipeline.toml",
        format!(
            "[pipeline]\nname = \"p\"\nsubjects = [\"app.cdx.json\"]\n[[step]]\nid = \"sbom\"\nuses = \"cyclonedx\"\n\
             [[step]]\nid = \"osv\"\nuses = \"osv\"\n[[step]]\nid = \"hostile\"\nuses = \"./hostile.wasm\"\nwith = {{ {with} }}\n\
             limits = {{ cpu = \"150ms\", memory = \"32 MiB\" }}\n[databases.default]\npath = \"db\"\n"
        ),
    );
    run(&work)
}

fn policy(behaviour: Policy) -> (Value, Ended) {
    let with = format!("behaviour = \"{}\"", behaviour.word());
    let (report, ended) = policy_of(&guests::component("policy"), &with);
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
    let (report, ended) = policy(Policy::Escapes);
    succeeded(&report, "hostile");
    assert_eq!(ended.code, 1);
}

#[test]
fn texts_of_a_failed_policy_reach_nobody_alive() {
    failed(&policy(Policy::ErrorEscapes).0, "hostile", "reported");
    failed(&policy(Policy::PanicEscapes).0, "hostile", "trapped");
    succeeded(&policy(Policy::ForgeLines).0, "hostile");
}

#[test]
fn no_line_of_the_table_commands_a_ci_runner() {
    for behaviour in [Policy::ErrorEscapes, Policy::Escapes, Policy::PanicEscapes] {
        let (_, ended) = policy(behaviour);
        let command = ended.stdout.lines().find(|line| line.trim_start().starts_with("::"));
        assert!(command.is_none(), "{command:?}");
    }
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
