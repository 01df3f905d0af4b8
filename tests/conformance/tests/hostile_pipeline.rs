//! What a run makes of plugins that misbehave: the built binary, a pipeline that names the hostile component by its path,
//! and honest steps beside it whose results must stand.

mod hostile;

use std::time::{Duration, Instant};

use chiron_e2e::{Ended, Folder, bom, osv, wheel};
use hostile::behaviours::{Generator, Policy, Scanner, Signer};
use hostile::{guests, raw};
use p256::pkcs8::EncodePrivateKey as _;
use serde_json::{Value, json};

/// Runs pipeline.toml; the report and how it ended. Nothing that was written may act on whoever reads it.
fn run(work: &Folder) -> (Value, Ended) {
    let outputs = ["run", "-v", "-o", "table", "-o", "json=report.json", "-o", "cyclonedx-json=bom.json"];
    let ended = work.chiron(&outputs);
    let report = if work.has("report.json") { work.read("report.json") } else { "null".to_owned() };
    let bom = if work.has("bom.json") { work.read("bom.json") } else { String::new() };
    for (name, text) in
        [("stdout", &ended.stdout), ("stderr", &ended.stderr), ("report.json", &report), ("bom.json", &bom)]
    {
        assert!(chiron_model::text::inert(text) == *text, "{name} is alive: {text:?}");
        for text in strings(&serde_json::from_str(text).unwrap_or_default()) {
            assert!(chiron_model::text::inert(text) == *text, "a text in {name} is alive: {text:?}");
        }
        // The table on standard output is a case of its own below.
        let command = text.lines().find(|line| name != "stdout" && line.trim_start().starts_with("::"));
        assert!(command.is_none(), "{name} commands a CI runner: {command:?}");
    }
    (serde_json::from_str(&report).unwrap(), ended)
}

fn strings(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().flat_map(strings).collect(),
        Value::Object(map) => map.values().flat_map(strings).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}

/// How a step ended.
fn step<'a>(report: &'a Value, id: &str) -> &'a Value {
    let steps = report["steps"].as_array().unwrap_or_else(|| panic!("no report"));
    &steps.iter().find(|step| step["id"] == id).unwrap_or_else(|| panic!("no step {id} in {steps:#?}"))["ending"]
}

#[track_caller]
fn failed(report: &Value, id: &str, code: &str) {
    let ending = step(report, id);
    assert_eq!((&ending["status"], &ending["code"]), (&json!("failed"), &json!(code)), "{ending:#}");
}

#[track_caller]
fn succeeded(report: &Value, id: &str) {
    let ending = step(report, id);
    assert_eq!(ending["status"], "succeeded", "{ending:#}");
}

// Generators: a folder beside a secret, and a document that an honest generator reads in the same run.

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

// Scanners: beside the first-party one, over a document with one vulnerable component.

fn scanner(behaviour: Scanner, more: &str) -> (Value, Ended) {
    let work = Folder::new();
    work.database(&[osv::demo()]).write("app.cdx.json", bom::of(&["pkg:pypi/demo@1.0"]));
    work.write("hostile.wasm", guests::component("scanner")).write(
        "pipeline.toml",
        format!(
            "[pipeline]\nname = \"p\"\nsubjects = [\"app.cdx.json\"]\n[[step]]\nid = \"sbom\"\nuses = \"cyclonedx\"\n\
             [[step]]\nid = \"hostile\"\nuses = \"./hostile.wasm\"\nwith = {{ behaviour = \"{}\" }}\n\
             [[step]]\nid = \"osv\"\nuses = \"osv\"\n[databases.default]\npath = \"db\"\n{more}",
            behaviour.word()
        ),
    );
    let (report, ended) = run(&work);
    succeeded(&report, "osv");
    assert!(finding(&report, "PYSEC-2024-1").is_some(), "{report:#}");
    (report, ended)
}

fn finding<'a>(report: &'a Value, id: &str) -> Option<&'a Value> {
    report["findings"].as_array().unwrap().iter().find(|finding| finding["id"] == id)
}

const SUPPRESSED: &str = "[[suppress]]\nid = \"PYSEC-2024-1\"\nreason = \"known\"\n[gate]\nfail_on = \"high\"\n";

#[test]
fn an_honest_scanner_is_heard() {
    let (report, _) = scanner(Scanner::Honest, "");
    assert_eq!(finding(&report, "HOSTILE-1").unwrap()["status"], "affected");
}

#[test]
fn a_claimed_alias_carries_no_suppression_over() {
    let (report, ended) = scanner(Scanner::AliasOfSuppressed, SUPPRESSED);
    assert_eq!(finding(&report, "PYSEC-2024-1").unwrap()["status"], "suppressed");
    assert_eq!(finding(&report, "HOSTILE-1").unwrap()["status"], "affected");
    assert_eq!(ended.code, 1);
}

#[test]
fn a_copy_of_a_suppressed_finding_is_not_suppressed() {
    let (report, ended) = scanner(Scanner::CopySuppressed, SUPPRESSED);
    let (own, copied) = (finding(&report, "HOSTILE-1").unwrap(), finding(&report, "PYSEC-2024-1").unwrap());
    assert_eq!((&own["status"], &copied["status"]), (&json!("affected"), &json!("suppressed")));
    assert_ne!(own["fingerprint"], copied["fingerprint"]);
    assert_eq!(own["advisories"], json!(["HOSTILE-1"]));
    assert_eq!(ended.code, 1);
}

#[test]
fn a_rating_of_nothing_does_not_lower_what_another_scanner_said() {
    let (report, ended) = scanner(Scanner::RateDown, "[gate]\nfail_on = \"high\"\n");
    assert_eq!(finding(&report, "PYSEC-2024-1").unwrap()["severity"], "high");
    assert_eq!(ended.code, 1);
}

#[test]
fn a_finding_about_nobody_is_an_invalid_answer() {
    let (report, ended) = scanner(Scanner::UnknownComponent, "");
    failed(&report, "hostile", "invalid-output");
    assert_eq!(ended.code, 6);
}

#[test]
fn a_finding_without_a_rule_is_an_invalid_answer() {
    failed(&scanner(Scanner::EmptyRule, "").0, "hostile", "invalid-output");
}

#[test]
fn a_proof_outside_the_subject_is_an_invalid_answer() {
    failed(&scanner(Scanner::ProofOutside, "").0, "hostile", "invalid-output");
}

#[test]
fn texts_of_findings_reach_nobody_alive() {
    succeeded(&scanner(Scanner::Escapes, "").0, "hostile");
}

#[test]
fn nonsense_asked_of_the_advisory_engine_gets_no_record() {
    let (report, _) = scanner(Scanner::Nonsense, "");
    succeeded(&report, "hostile");
    let message = finding(&report, "HOSTILE-1").unwrap()["message"].to_string();
    assert!(message.contains("[false, false, false]"), "{message}");
}

// Policies: after honest steps whose results must stand.

fn policy_of(component: &[u8], with: &str) -> (Value, Ended) {
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

// Descriptions that are bombs. A policy written by hand describes itself with this schema.

fn schema(text: &str) -> (Value, Ended) {
    policy_of(
        &raw::Policy::describing(text).component(),
        "a = \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\"",
    )
}

#[track_caller]
fn refused_in_time(text: &str, says: &str) {
    let start = Instant::now();
    let (report, ended) = schema(text);
    assert_eq!((report, ended.code), (Value::Null, 3), "{}", ended.stderr);
    ended.says(&[says]);
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn a_schema_that_refers_to_the_network_or_to_a_file_is_refused() {
    refused_in_time(r#"{"$ref":"https://127.0.0.1:1/schema"}"#, "refers outside itself");
    refused_in_time(r#"{"properties":{"a":{"$ref":"file:///etc/passwd"}}}"#, "refers outside itself");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let here = listener.local_addr().unwrap();
    for text in [
        format!(r#"{{"$schema":"http://{here}/meta","type":"object"}}"#),
        format!(r#"{{"$id":"http://{here}/schema","$ref":"other"}}"#),
        format!(
            r#"{{"$id":"http://{here}/schema","properties":{{"a":{{"$id":"http://{here}/b","$ref":"\u0023/c"}}}}}}"#
        ),
    ] {
        let (_, ended) = schema(&text);
        assert!((0..=6).contains(&ended.code), "{}", ended.stderr);
        assert!(listener.accept().is_err(), "{text}");
    }
}

#[test]
fn a_schema_nested_to_exhaust_the_stack_is_refused() {
    let deep = format!("{}{}", r#"{"not":"#.repeat(100), "{}".to_owned() + &"}".repeat(100));
    refused_in_time(&deep, "nested deeper");
    let deeper = format!("{}{}", r#"{"not":"#.repeat(20_000), "{}".to_owned() + &"}".repeat(20_000));
    refused_in_time(&deeper, "not JSON");
}

#[test]
fn a_pattern_made_to_cost_runs_in_linear_time() {
    let start = Instant::now();
    let (_, ended) = schema(r#"{"properties":{"a":{"pattern":"^(a+)+$"}}}"#);
    ended.says(&["does not match"]);
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

#[test]
fn a_schema_that_recurses_without_end_is_refused() {
    for text in [
        r##"{"$ref":"#"}"##,
        r##"{"allOf":[{"$ref":"#"}]}"##,
        r##"{"$defs":{"a":{"$ref":"#/$defs/b"},"b":{"$ref":"#/$defs/a"}},"$ref":"#/$defs/a"}"##,
        r##"{"$dynamicAnchor":"x","allOf":[{"$dynamicRef":"#x"}]}"##,
    ] {
        refused_in_time(text, "its configuration schema");
    }
}

#[test]
fn a_schema_that_doubles_at_each_reference_is_refused() {
    let mut defs = String::new();
    for n in 0..40 {
        defs.push_str(&format!(
            r##""d{n}":{{"allOf":[{{"$ref":"#/$defs/d{m}"}},{{"$ref":"#/$defs/d{m}"}}]}},"##,
            m = n + 1
        ));
    }
    refused_in_time(
        &format!(r##"{{"$defs":{{{defs}"d40":{{}}}},"$ref":"#/$defs/d0"}}"##),
        "more than 20000 subschemas",
    );
}

// Signers: two wheels, one key, and everything that is signed beside what is written.

fn pem(seed: u8) -> String {
    let key = p256::SecretKey::from_slice(&[seed; 32]).unwrap();
    key.to_pkcs8_pem(Default::default()).unwrap().to_string()
}

fn signer_in(work: &Folder, behaviour: Signer, text: &str, top: &str, more: &str) -> Ended {
    // What denies is what the caller's gate says: without one, the record is about a package that nobody has.
    let package = if more.is_empty() { "nobody" } else { "demo" };
    let record = osv::record("PYSEC-2024-1", package, "2.0", "HIGH").to_string();
    work.database(&[record]).write("release.key", pem(7)).write("hostile.wasm", guests::component("signer"));
    work.write("demo-1.0-py3-none-any.whl", wheel::of("demo", "1.0"))
        .write("other-1.0-py3-none-any.whl", wheel::of("other", "1.0"));
    let text = json!(text);
    work.write(
        "pipeline.toml",
        format!(
            "[pipeline]\nname = \"p\"\nsubjects = [\"*.whl\"]\n{top}\n[[step]]\nid = \"sbom\"\nuses = \"cyclonedx\"\n\
             [[step]]\nid = \"osv\"\nuses = \"osv\"\n[[step]]\nid = \"sign\"\nuses = \"./hostile.wasm\"\n\
             with = {{ behaviour = \"{}\", text = {text} }}\nbind = {{ keys = {{ signing = \"release\" }} }}\n\
             [keys.release]\nfile = \"release.key\"\n[databases.default]\npath = \"db\"\n{more}",
            behaviour.word()
        ),
    );
    run(work).1
}

fn signer(behaviour: Signer, text: &str) -> (Folder, Ended) {
    let work = Folder::new();
    let ended = signer_in(&work, behaviour, text, "", "");
    (work, ended)
}

fn signed_files(work: &Folder) -> usize {
    work.listing().keys().filter(|name| name.ends_with(".sigstore.json")).count()
}

/// The run fails as unverified, and nothing was written.
#[track_caller]
fn unverified(behaviour: Signer, text: &str, says: &str) {
    let (work, ended) = signer(behaviour, text);
    let ended = ended.with_code(4);
    ended.says(&[says]);
    assert_eq!(signed_files(&work), 0);
}

/// The host signed what it was asked to sign and nothing of what the guest tried beside it.
#[track_caller]
fn nothing_more_is_signed(behaviour: Signer) {
    let (work, ended) = signer(behaviour, "");
    let ended = ended.with_code(0);
    assert!(!ended.stderr.contains("GOT ") && ended.stderr.contains("refused "), "{}", ended.stderr);
    assert_eq!(signed_files(&work), 3);
}

#[test]
fn an_honest_signer_is_heard() {
    let (work, ended) = signer(Signer::Honest, "");
    let _ = ended.with_code(0);
    assert!(work.has("attestations/scan.intoto.sigstore.json") && work.has("demo-1.0-py3-none-any.whl.sigstore.json"));
}

#[test]
fn a_subject_that_is_not_of_this_run_is_not_signed() {
    nothing_more_is_signed(Signer::ForeignSubject);
}

#[test]
fn a_predicate_type_that_was_not_asked_for_is_not_signed() {
    nothing_more_is_signed(Signer::ForeignPredicate);
}

#[test]
fn a_predicate_of_the_guests_own_is_not_signed() {
    nothing_more_is_signed(Signer::ForgePredicate);
}

#[test]
fn a_statement_about_nothing_is_not_signed() {
    nothing_more_is_signed(Signer::NoSubjects);
}

#[test]
fn after_a_denial_no_file_is_signed_whatever_the_guest_asks() {
    let work = Folder::new();
    let ended = signer_in(&work, Signer::SignUnasked, "", "", "[gate]\nfail_on = \"high\"\n").with_code(1);
    ended.says(&["asked for 0"]);
    assert!(!ended.stderr.contains("GOT ") && ended.stderr.contains("refused unasked"), "{}", ended.stderr);
    assert_eq!(signed_files(&work), 1);
}

#[test]
fn a_signature_under_another_files_name_is_refused() {
    unverified(Signer::SwapSubjects, "", "does not verify");
}

#[test]
fn a_signer_that_signs_nothing_is_refused() {
    unverified(Signer::Nothing, "", "returned no signature");
}

#[test]
fn bytes_that_are_no_bundle_are_refused() {
    unverified(Signer::Garbage, "", "does not verify");
}

#[test]
fn a_signature_by_another_key_is_refused() {
    let other = Folder::new();
    let _ = signer_in(&other, Signer::Honest, "", "", "").with_code(0);
    let own = other.read("attestations/scan.intoto.sigstore.json");
    let mut bundle: Value = serde_json::from_str(&own).unwrap();
    // The same statement under another key; and the right key's envelope with the other's signature.
    other.write("release.key", pem(9));
    let _ = other.chiron(&["run", "-o", "json=report.json"]).with_code(0);
    let foreign: Value = serde_json::from_str(&other.read("attestations/scan.intoto.sigstore.json")).unwrap();
    bundle["dsseEnvelope"]["signatures"] = foreign["dsseEnvelope"]["signatures"].clone();
    unverified(Signer::Replay, &bundle.to_string(), "does not verify");
    unverified(Signer::Replay, &foreign.to_string(), "does not verify");
}

#[test]
fn a_name_outside_the_folder_is_refused() {
    for name in [
        "../x.sigstore.json",
        "/tmp/x.sigstore.json",
        "sub/x.sigstore.json",
        ".x.sigstore.json",
        "x\u{1b}[31m.sigstore.json",
    ] {
        unverified(Signer::NameOutside, name, "not a plain file name");
    }
}

#[test]
fn a_name_that_others_read_is_refused() {
    unverified(Signer::NameTaken, "pipeline.toml", "not a plain file name");
    let work = Folder::new();
    let name = "demo-1.0-py3-none-any.whl.sigstore.json";
    let ended = signer_in(&work, Signer::NameTaken, name, "attestations = \".\"", "").with_code(4);
    ended.says(&["written to the same file"]);
    assert_eq!(signed_files(&work), 0);
}

#[test]
fn answers_beyond_what_was_asked_are_refused() {
    unverified(Signer::Twice, "", "neither beside a subject");
}
