//! Policies as of 0.2 beside policies as of 0.1: what they see of each other and of the run, and what they cannot do.

mod hostile;

use chiron_e2e::{Ended, Folder, bom, osv};
use hostile::behaviours::{Judge, Policy};
use hostile::guests;
use serde_json::Value;

/// A run with a vulnerable component: the policy `first` (0.1), then the judge (0.2), then `second` (0.2) and the gate.
fn run(first: Policy, judge: Judge, second: Option<Judge>, more: &str) -> (Value, Ended) {
    let work = Folder::new();
    work.database(&[osv::demo()]).write("app.cdx.json", bom::of(&["pkg:pypi/demo@1.0"]));
    work.write("policy.wasm", guests::component("policy")).write("judge.wasm", guests::component("judge"));
    let step = |id: &str, file: &str, word: &str| {
        format!("[[step]]\nid = \"{id}\"\nuses = \"./{file}.wasm\"\nwith = {{ behaviour = \"{word}\" }}\n")
    };
    let second = second.map(|judge| step("second", "judge", judge.word())).unwrap_or_default();
    let text = format!(
        "[pipeline]\nname = \"release\"\nsubjects = [\"app.cdx.json\"]\n[[step]]\nid = \"sbom\"\nuses = \"cyclonedx\"\n\
         [[step]]\nid = \"osv\"\nuses = \"osv\"\n{}{}{second}[databases.default]\npath = \"db\"\n{more}",
        step("first", "policy", first.word()),
        step("judge", "judge", judge.word())
    );
    work.write("pipeline.toml", text);
    let ended = work.chiron(&["run", "--at", "2026-06-01T00:00:00Z", "-o", "json=report.json"]);
    assert!(work.has("report.json"), "{}", ended.stderr);
    (serde_json::from_str(&work.read("report.json")).unwrap(), ended)
}

fn said<'a>(report: &'a Value, step: &str) -> Option<&'a Value> {
    report["verdict"]["policies"].as_array().unwrap().iter().find(|policy| policy["step"] == step)
}

/// The messages of one step's reasons by one rule.
fn told<'a>(report: &'a Value, step: &str, rule: &str) -> Vec<&'a str> {
    let reasons = said(report, step).unwrap_or_else(|| panic!("{report:#}"))["reasons"].as_array().unwrap();
    reasons.iter().filter(|r| r["rule_id"] == rule).map(|r| r["message"].as_str().unwrap()).collect()
}

const SUPPRESSED: &str = "[[suppress]]\nid = \"PYSEC-2024-1\"\nreason = \"known\"\nexpires = \"2026-12-31\"\n";

#[test]
fn a_policy_of_0_2_sees_what_others_said_and_all_else_of_the_run() {
    let (report, _) = run(Policy::Honest, Judge::Honest, Some(Judge::Honest), SUPPRESSED);
    let told = |rule: &str| told(&report, "judge", rule);
    assert_eq!(said(&report, "judge").unwrap()["summary"], "release at 2026-06-01T00:00:00Z");
    assert_eq!(told("verdict"), ["first allows: nothing speaks against it"]);
    assert_eq!(told("component"), ["demo of app.cdx.json by sbom"]);
    assert_eq!(told("file"), ["app.cdx.json of app.cdx.json by sbom"]);
    let finding = told("finding").concat();
    assert!(finding.starts_with("PYSEC-2024-1 in app.cdx.json: suppressed until Some(\"2026-12-31"), "{finding}");
    assert_eq!(told("fingerprint"), [report["findings"][0]["fingerprint"].as_str().unwrap()]);
    assert!(told("database")[0].starts_with("default 1 records, age Some("), "{:?}", told("database"));
    assert!(told("note").contains(&"frozen-time") && told("note").contains(&"unlocked"), "{:?}", told("note"));
    assert!(!told("setting").is_empty());
    let steps = told("step");
    assert_eq!(steps.len(), 3, "{steps:?}");
    assert!(steps[1].starts_with("osv osv scanner required=true succeeded"), "{steps:?}");
    // The next one sees this one's words too, in the order in which they ran.
    let second = self::told(&report, "second", "verdict");
    assert_eq!(second.len(), 2);
    assert!(second[1].starts_with("judge allows: release at"), "{second:?}");
}

#[test]
fn a_policy_that_failed_gave_no_verdict_and_the_steps_say_so() {
    let (report, ended) = run(Policy::Panic, Judge::Honest, None, "");
    assert_eq!(told(&report, "judge", "verdict"), Vec::<&str>::new());
    let steps = told(&report, "judge", "step");
    assert!(steps.iter().any(|step| step.ends_with("required=true failed: trapped")), "{steps:?}");
    assert_eq!(ended.code, 6);
}

#[test]
fn what_others_said_is_inert_before_a_policy_sees_it() {
    let (report, _) = run(Policy::Escapes, Judge::Honest, None, "");
    for rule in ["verdict", "reason"] {
        let texts = told(&report, "judge", rule);
        assert_eq!(texts.len(), 1);
        assert!(texts.iter().all(|text| chiron_model::text::inert(text) == **text), "{texts:?}");
    }
}

#[test]
fn no_later_policy_lifts_what_an_earlier_one_denied() {
    let (report, ended) = run(Policy::Escapes, Judge::LiftDenial, None, SUPPRESSED);
    assert_eq!(said(&report, "judge").unwrap()["decision"], "allow");
    assert_eq!((&report["verdict"]["decision"], ended.code), (&"deny".into(), 1));
}

#[test]
fn a_verdict_is_attributed_to_its_step_whatever_it_says() {
    let (report, ended) = run(Policy::Honest, Judge::ForgeVerdict, Some(Judge::Honest), "[gate]\nfail_on = \"low\"\n");
    assert!(told(&report, "second", "verdict")[1].starts_with("judge allows"));
    assert_eq!(said(&report, "gate").unwrap()["decision"], "deny");
    assert_eq!(ended.code, 1);
}

#[test]
fn a_long_verdict_makes_no_later_policy_pass() {
    let (report, ended) = run(Policy::Honest, Judge::LongVerdict, Some(Judge::Honest), "[gate]\nfail_on = \"low\"\n");
    // Whether the next policy has room for it or fails for want of room: the gate is asked, and denies.
    assert_eq!(said(&report, "gate").unwrap()["decision"], "deny");
    assert!([1, 6].contains(&ended.code), "{}", ended.stderr);
}
