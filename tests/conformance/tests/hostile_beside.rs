//! Whatever a plugin does, what the honest steps of its run found and decided is what it is when the plugin behaves: one row for each
//! behaviour. The honest steps stand after it in the file: a generator, a scanner, a policy, and the gate.

mod hostile;

use chiron_e2e::Ended;
use hostile::behaviours::{Client, Policy, Scanner};
use hostile::stage::{Guest, Stage};
use serde_json::{Value, json};

/// What a report says that is not the hostile step's, part by part.
struct Honest([(&'static str, Value); 7]);

impl Honest {
    fn of(report: &Value) -> Self {
        let mut report = report.clone();
        forget(&mut report);
        report["findings"].as_array_mut().unwrap().retain(|finding| finding["matched"] != json!([]));
        let keys = ["components", "files", "findings", "steps", "subjects", "databases"];
        let [a, b, c, d, e, f] = keys.map(|key| (key, report[key].clone()));
        Self([a, b, c, d, e, f, ("policies", report["verdict"]["policies"].clone())])
    }

    fn part(&mut self, name: &str) -> &mut Vec<Value> {
        let found = self.0.iter_mut().find(|(key, _)| *key == name).unwrap();
        found.1.as_array_mut().unwrap()
    }

    /// The parts that are not the same.
    fn differs<'a>(&'a self, expected: &'a Self) -> impl Iterator<Item = String> + 'a {
        let pairs = self.0.iter().zip(&expected.0).filter(|(found, expected)| found != expected);
        pairs.map(|((part, found), (_, expected))| format!("{part} are\n{found:#}\nand not\n{expected:#}"))
    }
}

/// Drops what is attributed to the hostile step: entries of lists, and its name in lists of names. And what is told of it elsewhere: that it
/// failed, in the gate's summary; that others found a component where several looked; that a scanner was asked about its components too.
fn forget(value: &mut Value) {
    let told = |item: &Value| item["name"] == "chiron:found-by";
    match value {
        Value::Array(items) => {
            items.retain(|item| {
                *item != "hostile" && item["step"] != "hostile" && item["id"] != "hostile" && !told(item)
            });
            items.iter_mut().for_each(forget);
        }
        Value::Object(map) => {
            map.remove("calls");
            map.values_mut().for_each(forget);
        }
        Value::String(text) => {
            if let Some(rest) = text.strip_suffix("; without the steps that failed: hostile") {
                *text = rest.to_owned();
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Every behaviour of a kind, against the honest one. Of those named, what a scanner may do to a finding that it shares stands in
/// SECURITY.md ("Lies that fit the contract"): it words it, adds a rating, and lowers none.
fn table(kind: &'static str) {
    let stage = Stage::new(kind);
    let guests = Guest::of_kind(kind);
    let (honest, others) = guests.split_first().unwrap();
    assert_eq!(honest.word(), "honest");
    let Some((report, ended)) = run(&stage, *honest) else { return };
    assert_eq!((ended.code, &report["verdict"]["judged"]), (0, &json!(true)), "{:#}", report["verdict"]);
    let mut expected = Honest::of(&report);
    // A comparison with nothing would always hold.
    let sizes = ["components", "findings", "steps", "policies"].map(|part| expected.part(part).len());
    assert_eq!(sizes, [3, 2, 4, 2]);
    // All of them are tried, and all that is wrong is told at once.
    let mut wrong = Vec::new();
    for guest in others {
        let Some((report, ended)) = run(&stage, *guest) else { continue };
        let mut found = Honest::of(&report);
        if *guest == Guest::Scanner(Scanner::RateDown) {
            for (finding, expected) in found.part("findings").iter_mut().zip(expected.part("findings")) {
                for key in ["title", "message", "scores", "fingerprint"] {
                    finding[key] = expected[key].clone();
                }
            }
        }
        wrong.extend(found.differs(&expected).map(|part| format!("{guest:?}: {part}")));
        wrong.extend(not_clean(*guest, &report, &ended).map(|what| format!("{guest:?}: {what}")));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A step that failed makes no run that passed; one that did not fail is judged by what it said. What is wrong about that.
fn not_clean(guest: Guest, report: &Value, ended: &Ended) -> Option<String> {
    let step = report["steps"].as_array().unwrap().iter().find(|step| step["id"] == "hostile").unwrap();
    let denies = matches!(guest, Guest::Policy(Policy::Escapes | Policy::LongTexts));
    let expected = match (step["ending"]["status"].as_str().unwrap(), denies) {
        ("succeeded", false) => (0, true, "allow"),
        ("succeeded", true) => (1, true, "deny"),
        _ => (6, false, "deny"),
    };
    let verdict = &report["verdict"];
    let found = (ended.code, verdict["judged"].as_bool().unwrap(), verdict["decision"].as_str().unwrap());
    (found != expected).then(|| format!("the run ended with {found:?}, and its step with {}", step["ending"]))
}

/// The report and how the run ended; None where there is none, because what was signed does not verify: nobody is told anything then.
fn run(stage: &Stage, guest: Guest) -> Option<(Value, Ended)> {
    stage.work.write("pipeline.toml", stage.pipeline(guest));
    let _ = std::fs::remove_file(stage.work.path("report.json"));
    let ended = stage.work.chiron(&["run", "--at", "2026-06-01T00:00:00Z", "-o", "json=report.json"]);
    if stage.work.has("report.json") {
        let report: Value = serde_json::from_str(&stage.work.read("report.json")).unwrap();
        return Some((report, ended));
    }
    if ended.code == 3 && ended.stderr.contains("not-confined") {
        eprintln!("SKIPPED {guest:?}: this machine confines no programs:\n{}", ended.stderr);
        return None;
    }
    if guest == Guest::Client(Client::AskPrivate) {
        // Refused while planning: no step of it runs.
        ended.with_code(2).says(&["is refused: it is a loopback address"]);
        return None;
    }
    assert!(matches!(guest, Guest::Signer(_)) && ended.code == 4, "{guest:?}: {} {}", ended.code, ended.stderr);
    assert_eq!(ended.stdout, "");
    None
}

#[test]
fn no_policy_touches_what_honest_steps_say() {
    table("policy");
}

#[test]
fn no_judge_touches_what_honest_steps_say() {
    table("judge");
}

#[test]
fn no_generator_touches_what_honest_steps_say() {
    table("generator");
}

#[test]
fn no_scanner_touches_what_honest_steps_say() {
    table("scanner");
}

#[test]
fn no_client_touches_what_honest_steps_say() {
    table("client");
}

#[test]
fn no_signer_touches_what_honest_steps_say() {
    table("signer");
}

#[test]
fn no_adapter_touches_what_honest_steps_say() {
    table("adapter");
}
