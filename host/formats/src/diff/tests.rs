use serde_json::{Value, json};

use super::*;
use crate::sample;

fn report() -> Report {
    Report::from(&sample::report())
}

/// Django goes up, one finding with it; Pillow is gone; a finding is rated higher under another id; one is new.
fn later() -> Report {
    let mut model = sample::report();
    model.components[0] = sample::component("c1", "django", "4.2.17");
    model.components.remove(1);
    model.components.push(sample::component("c9", "requests", "2.32.0"));
    model.findings.retain(|finding| finding.component.as_deref() != Some("c2") && finding.id != "GHSA-m9g8-fxxm-xg86");
    let urlize = &mut model.findings[0];
    urlize.id = "GHSA-5hgc-2vfp-mqvc".to_owned();
    urlize.fingerprint = "another".to_owned();
    urlize.severity = chiron_model::severity::Severity::Critical;
    urlize.fixed_versions = vec!["4.2.18".to_owned()];
    let new = sample::finding("CVE-2024-47081", "c9", chiron_model::severity::Severity::Medium, "2.32.4");
    model.findings.push(new);
    model.databases[0].digest = "sha256:ffff".to_owned();
    Report::from(&model)
}

fn difference() -> Difference {
    diff(("old.json", &report()), ("new.json", &later()))
}

#[test]
fn a_report_is_no_different_from_itself() {
    let difference = diff(("a", &report()), ("a", &report()));
    assert!(difference.is_empty());
    assert_eq!((difference.components.same, difference.findings.as_ref().unwrap().same), (5, 5));
}

#[test]
fn packages_are_known_by_what_their_purls_mean_and_findings_by_any_alias() {
    let difference = difference();
    let changed = &difference.components.changed[..];
    assert_eq!(
        (changed.len(), changed[0].old.label(), changed[0].new.label()),
        (1, "Django 4.2.0".into(), "django 4.2.17".into())
    );
    assert_eq!(difference.components.added[0].label(), "requests 2.32.0");
    assert_eq!(difference.components.removed[0].label(), "Pillow 9.5.0");
    let findings = difference.findings.unwrap();
    let ids = |found: &[Found]| found.iter().map(|found| found.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(&findings.added), ["CVE-2024-47081"]);
    assert_eq!(ids(&findings.removed), ["GHSA-m9g8-fxxm-xg86", "CVE-2023-4863"]);
    assert_eq!(findings.changed[0].words(), ["severity high -> critical", "fixed in 4.2.16 -> 4.2.18"]);
    assert_eq!(findings.same, 2);
}

#[test]
fn the_table_says_it_in_lines() {
    let text = String::from_utf8(difference().encode(Shown::Table).unwrap()).unwrap();
    for line in [
        "from old.json to new.json",
        "components: 1 added, 1 removed, 1 changed, 3 the same",
        "findings: 1 added, 2 removed, 1 changed, 2 the same",
        "  + requests 2.32.0   pkg:pypi/requests@2.32.0",
        "  ~ Django 4.2.0 -> 4.2.17",
        "  + medium    CVE-2024-47081 in requests 2.32.0 Title of CVE-2024-47081",
        "  ~ GHSA-5hgc-2vfp-mqvc in django 4.2.17: severity high -> critical; fixed in 4.2.16 -> 4.2.18",
        "note: the advisory databases are not the same: default of 2026-06-30 -> default of 2026-06-30",
    ] {
        assert!(text.lines().any(|found| found == line), "{line:?} is not in\n{text}");
    }
}

#[test]
fn an_unscanned_side_has_no_findings_to_compare() {
    let mut model = sample::report();
    model.steps.retain(|step| step.kind != chiron_model::plugin::PluginKind::Scanner);
    model.findings.clear();
    let difference = diff(("scanned", &report()), ("sbom", &Report::from(&model)));
    assert_eq!(difference.findings, None);
    assert!(difference.is_empty());
    assert!(difference.remarks.contains(&"findings are not compared: sbom was not scanned".to_owned()));
}

#[test]
fn json_keeps_to_its_schema_and_nothing_is_alive() {
    let schema = jsonschema::validator_for(&schema()).unwrap();
    let hostile = Report::from(&sample::with_text("\u{1b}[31m\u{202e}\r\n::error::x @someone <b>"));
    for difference in [difference(), diff(("a", &report()), ("b", &hostile))] {
        let value: Value = serde_json::from_slice(&difference.encode(Shown::Json).unwrap()).unwrap();
        let errors: Vec<_> = schema.iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}");
        assert_eq!(value["schema"], json!(SCHEMA));
        for shown in [Shown::Table, Shown::Markdown] {
            let text = String::from_utf8(difference.encode(shown).unwrap()).unwrap();
            assert_eq!(chiron_model::text::inert(&text), text);
            assert!(!text.lines().any(|line| line.trim_start().starts_with("::")), "{text}");
            // What stands in code is neither markup nor a mention.
            let outside: String = text.split('`').step_by(2).collect();
            assert!(shown == Shown::Table || !outside.contains("<b>") && !outside.contains("@someone"), "{text}");
        }
    }
}
