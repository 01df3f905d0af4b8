//! Plugins that run programs, and programs that misbehave: the built binary, a pipeline that binds a program of this
//! repository's, and a plugin that asks for everything. And what pins a program: lock, digest, plan, report, attestation.

mod hostile;

use std::net::TcpListener;

use base64::Engine as _;
use chiron_e2e::binary;
use chiron_e2e::outside::{Whom, unconfined};
use hostile::behaviours::Adapter;
use hostile::bench::Bench;
use p256::pkcs8::EncodePrivateKey as _;
use serde_json::Value;

const LIMITS: &str = "deadline = \"60s\"";

fn names(report: &Value) -> Vec<&str> {
    report["components"].as_array().unwrap().iter().map(|part| part["name"].as_str().unwrap()).collect()
}

fn ending(report: &Value) -> &Value {
    &report["steps"].as_array().unwrap().iter().find(|step| step["id"] == "hostile").unwrap()["ending"]
}

/// What a behaviour led to.
fn heard(test: &str, behaviour: Adapter) -> Option<Vec<String>> {
    let report = Bench::new(behaviour, LIMITS, "").run(test)?;
    assert_eq!(ending(&report)["status"], "succeeded", "{:#}", ending(&report));
    Some(names(&report).into_iter().map(str::to_owned).collect())
}

fn setting<'a>(report: &'a Value, key: &str) -> &'a Value {
    let settings = report["settings"].as_array().unwrap();
    settings.iter().find(|setting| setting["key"] == key).unwrap_or_else(|| panic!("no {key} in {settings:#?}"))
}

#[test]
fn an_honest_adapter_is_heard() {
    let bench = Bench::new(Adapter::Honest, LIMITS, "");
    let Some(report) = bench.run("an_honest_adapter_is_heard") else { return };
    let said = names(&report);
    assert!(said[0].starts_with("exit 0: a.txt | sub |") && said[0].contains("b.txt"), "{said:?}");
    let digest = chiron_model::digest::Digest::sha256_of(&std::fs::read(binary::program()).unwrap());
    assert_eq!(setting(&report, "tools.tester")["value"], digest.to_string());
    let step = &report["steps"][0];
    assert!(step.to_string().contains("tools(tester)"), "{step:#}");
    assert!(report["notes"].to_string().contains("unlocked"));
}

#[test]
fn a_program_that_nobody_bound_does_not_run() {
    let Some(said) = heard("a_program_that_nobody_bound_does_not_run", Adapter::UnboundLabel) else { return };
    assert_eq!(said, ["not-bound", "not-bound"]);
}

#[test]
fn the_operators_name_of_a_program_is_no_label() {
    let Some(said) = heard("the_operators_name_of_a_program_is_no_label", Adapter::OperatorsName) else { return };
    assert_eq!(said, ["not-bound"]);
}

#[test]
fn a_command_line_that_the_operator_did_not_write_is_refused() {
    let test = "a_command_line_that_the_operator_did_not_write_is_refused";
    let Some(said) = heard(test, Adapter::UnknownProfile) else { return };
    assert_eq!(said, ["no-such-profile", "no-such-profile"]);
}

#[test]
fn a_value_becomes_no_option_and_no_second_argument() {
    let test = "a_value_becomes_no_option_and_no_second_argument";
    let Some(said) = heard(test, Adapter::InjectArguments) else { return };
    let (last, refused) = said.split_last().unwrap();
    assert_eq!(refused.len(), 11);
    assert!(refused.iter().all(|answer| answer == "bad-argument"), "{refused:?}");
    assert!(last.starts_with("exit 0: <a; id b> |"), "{last}");
}

#[test]
fn a_process_in_the_background_ends_with_its_program() {
    let bench = Bench::new(Adapter::ForkAndLinger, LIMITS, "");
    let Some(report) = bench.run("a_process_in_the_background_ends_with_its_program") else { return };
    assert!(names(&report)[0].starts_with("exit 0: done"), "{:?}", names(&report));
    assert_eq!(bench.left(), 0);
}

#[test]
fn a_program_sees_no_file_no_network_and_no_environment() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let bench = Bench::new(Adapter::LookAround, LIMITS, "env = { UPDATE = \"false\" }");
    bench.edit("127.0.0.1:9", &listener.local_addr().unwrap().to_string());
    let Some(report) = bench.run("a_program_sees_no_file_no_network_and_no_environment") else { return };
    let said = names(&report);
    assert_eq!(said[0].matches("refused").count(), 3, "{said:?}");
    assert!(said[1].starts_with("exit 0: refused"), "{said:?}");
    assert_eq!(said[2].trim_end(), "exit 0: HOME=/scratch | LANG=C.UTF-8 | TMPDIR=/scratch | UPDATE=false |");
}

#[test]
fn a_program_that_writes_for_ever_is_ended() {
    let Some(said) = heard("a_program_that_writes_for_ever_is_ended", Adapter::FloodOutput) else { return };
    assert_eq!(said, ["output-too-large"]);
}

#[test]
fn a_sleeping_program_ends_with_the_deadline_and_leaves_nothing() {
    let bench = Bench::new(Adapter::SleepBeyondDeadline, "deadline = \"2s\"", "");
    let Some(report) = bench.run("a_sleeping_program_ends_with_the_deadline_and_leaves_nothing") else { return };
    assert_eq!(ending(&report)["code"], "deadline", "{:#}", ending(&report));
    assert_eq!(bench.left(), 0);
}

#[test]
fn executions_that_are_kept_spend_the_budget_of_handles() {
    let bench = Bench::new(Adapter::HoardExecutions, "deadline = \"120s\", handles = 8", "");
    let Some(report) = bench.run("executions_that_are_kept_spend_the_budget_of_handles") else { return };
    assert_eq!(ending(&report)["code"], "handles", "{:#}", ending(&report));
}

#[test]
fn what_a_program_wrote_outlives_its_execution_and_not_the_call() {
    let test = "what_a_program_wrote_outlives_its_execution_and_not_the_call";
    let Some(said) = heard(test, Adapter::KeepOutput) else { return };
    assert!(said[0].starts_with("a.txt | sub |"), "{said:?}");
}

#[test]
fn a_program_that_changed_after_it_was_locked_is_refused_with_both_digests() {
    let bench = Bench::new(Adapter::Honest, LIMITS, "confine = \"none\"");
    bench.chiron(&["lock"]).with_code(0).says(&["wrote chiron.lock"]);
    let lock = bench.work.read("chiron.lock");
    let before = chiron_model::digest::Digest::sha256_of(&std::fs::read(binary::program()).unwrap()).to_string();
    let platform = format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH);
    for part in ["[[tool]]", "name = \"tester\"", "version = \"1.2.3\"", &platform, &before, "tool:cataloger"] {
        assert!(lock.contains(part), "{part} in\n{lock}");
    }
    let report = bench.chiron(&["run", "--locked", "-o", "json"]).with_code(0).json();
    assert_eq!(setting(&report, "tools.tester")["value"], format!("{before} 1.2.3"));
    assert_eq!(setting(&report, "tools.tester")["source"], "chiron.lock");
    // Another machine's row is nobody's business here, and stays.
    let other = "\n[[tool]]\nname = \"tester\"\nplatform = \"plan9-mips\"\nversion = \"9\"\ndigest = \"sha256:00\"\n";
    bench.work.write("chiron.lock", format!("{lock}{other}"));
    bench.change();
    let now = chiron_model::digest::Digest::sha256_of(&std::fs::read(bench.work.path("tester")).unwrap()).to_string();
    bench.chiron(&["run"]).with_code(3).says(&["digest-mismatch", "`tester`", &before, &now, "chiron lock"]);
    bench.chiron(&["lock"]).with_code(3).says(&["~ tool tester", &before, &now, "nothing was written"]);
    bench.chiron(&["lock", "--update"]).with_code(0).says(&["~ tool tester", &now]);
    let lock = bench.work.read("chiron.lock");
    assert!(lock.contains("plan9-mips") && lock.contains(&now) && !lock.contains(&before), "{lock}");
    let _ = bench.chiron(&["run", "--locked"]).with_code(0);
    bench.work.write("chiron.lock", lock.replace(&platform, "plan9-arm"));
    bench.chiron(&["run"]).with_code(3).says(&["the tool `tester` is not in chiron.lock for", "chiron lock"]);
}

#[test]
fn a_digest_in_the_pipeline_pins_a_program_without_a_lock() {
    let bench = Bench::new(Adapter::Honest, LIMITS, "confine = \"none\"");
    let digest = chiron_model::digest::Digest::sha256_of(&std::fs::read(binary::program()).unwrap()).to_string();
    bench.edit("version = [\"--version\"]", &format!("digest = \"{digest}\""));
    let _ = bench.chiron(&["run"]).with_code(0);
    bench.change();
    bench.chiron(&["run"]).with_code(3).says(&["digest-mismatch", "pipeline.toml says", &digest]);
}

#[test]
fn programs_that_cannot_be_used_are_refused_by_name() {
    let bench = Bench::new(Adapter::Honest, LIMITS, "");
    bench.program(b"#!/bin/sh\necho hello\n");
    bench.chiron(&["run"]).with_code(3).says(&["the tool `tester` cannot be used", "is a script"]);
    std::fs::remove_file(bench.work.path("tester")).unwrap();
    bench.chiron(&["run"]).with_code(3).says(&["failed to read the program", "[pipeline.toml:12:"]);
    bench.edit("./tester", "no-such-program-anywhere");
    bench.chiron(&["run"]).with_code(3).says(&["there is no program `no-such-program-anywhere` in PATH"]);
}

#[test]
fn an_unconfined_program_stands_in_plan_report_and_attestation() {
    let bench = Bench::new(Adapter::Honest, LIMITS, "confine = \"none\"");
    let key = p256::SecretKey::from_slice(&[7; 32]).unwrap().to_pkcs8_pem(Default::default()).unwrap();
    bench.work.write("release.key", key.as_bytes());
    chiron_e2e::keys::close(&bench.work.path("release.key"));
    let sign = "[[step]]\nid = \"sign\"\nuses = \"cosign\"\nbind = { keys = { signing = \"release\" } }\n[keys.release]\nfile = \"release.key\"\n";
    bench.work.write("pipeline.toml", format!("{}{sign}", bench.work.read("pipeline.toml")));
    let plan = bench.chiron(&["run", "--dry-run"]).with_code(0);
    plan.shows(&["TOOLS", "tester", "sha256:", "pinned by nothing", "none: it can do what you can", "connect, echo, "]);
    let report = bench.chiron(&["run", "-o", "json"]).with_code(0).json();
    assert!(report["notes"].to_string().contains("unconfined-tool"), "{}", report["notes"]);
    assert_eq!(setting(&report, "tools.tester.confine")["value"], "none");
    let bundle: Value = serde_json::from_str(&bench.work.read("attestations/scan.intoto.sigstore.json")).unwrap();
    let payload = bundle["dsseEnvelope"]["payload"].as_str().unwrap();
    let payload = base64::engine::general_purpose::STANDARD.decode(payload).unwrap();
    let predicate = serde_json::from_slice::<Value>(&payload).unwrap()["predicate"].clone();
    assert!(predicate["notes"].to_string().contains("unconfined-tool"), "{predicate:#}");
    assert_eq!(setting(&predicate, "tools.tester.confine")["value"], "none");
    assert!(setting(&predicate, "tools.tester")["value"].as_str().unwrap().starts_with("sha256:"));
}

#[test]
fn a_confined_program_is_planned_as_such() {
    let bench = Bench::new(Adapter::Honest, LIMITS, "");
    let plan = bench.chiron(&["run", "--dry-run"]);
    if plan.code == 3 && plan.stderr.contains("not-confined") {
        return unconfined(Whom::Us, "a_confined_program_is_planned_as_such", &plan.stderr);
    }
    plan.with_code(0).shows(&["namespaces: no network", "may use  log, ", "tools(tester)"]);
}
