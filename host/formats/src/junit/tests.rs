use proptest::prelude::*;
use roxmltree::{Document, Node};

use super::*;
use crate::sample;
use crate::xml::characters;

fn text(report: &Report) -> String {
    String::from_utf8(encode(report).unwrap()).unwrap()
}

fn named<'a>(node: Node<'a, 'a>, name: &str) -> Vec<Node<'a, 'a>> {
    node.descendants().filter(|child| child.has_tag_name(name)).collect()
}

fn check(foreign: &str) {
    let report = sample::with_text(foreign);
    let text = text(&report);
    let document = Document::parse(&text).unwrap();
    let root = document.root_element();
    let suites = suite::all(&report);
    assert_eq!(named(root, "testsuite").len(), suites.len());
    let cases: Vec<&Case> = suites.iter().flat_map(|suite| &suite.cases).collect();
    let read = named(root, "testcase");
    assert_eq!(read.len(), cases.len());
    for (read, case) in read.iter().zip(cases) {
        let line = chiron_model::text::one_line(&case.name);
        assert_eq!(read.attribute("name"), Some(characters(&line).as_ref()));
        if let Outcome::Failed { text, .. } = &case.outcome {
            assert_eq!(named(*read, "failure")[0].text().unwrap_or_default(), characters(text));
        }
    }
    assert!(root.descendants().all(|node| !node.is_comment() && !node.is_pi()));
}

#[test]
fn a_component_with_findings_fails() {
    let text = text(&sample::report());
    let document = Document::parse(&text).unwrap();
    let root = document.root_element();
    let count = |name: &str| root.attribute(name).unwrap().parse::<u32>().unwrap();
    // Five components and two files, two policies, four steps.
    assert_eq!((count("tests"), count("failures"), count("errors"), count("skipped")), (13, 4, 3, 1));
    let django = named(root, "testcase")[0];
    assert_eq!(django.attribute("classname"), Some("dist/app.whl"));
    assert_eq!(django.attribute("name"), Some("pkg:pypi/django@4.2.0"));
    let failure = named(django, "failure")[0];
    assert_eq!(failure.attribute("message"), Some("2 finding(s), the worst is GHSA-m9g8-fxxm-xg86 (critical)"));
    assert_eq!(failure.text().unwrap().lines().count(), 2);
    let sqlparse = named(root, "testcase")[2];
    assert_eq!(named(sqlparse, "skipped")[0].attribute("message"), Some("set aside: we never parse SQL from users"));
    assert!(!named(root, "testcase")[3].has_children());
}

#[test]
fn a_denial_and_a_failed_step_are_seen() {
    let text = text(&sample::report());
    let document = Document::parse(&text).unwrap();
    let suites = named(document.root_element(), "testsuite");
    assert_eq!(suites[1].attribute("name"), Some("chiron.policies"));
    assert_eq!(named(suites[1], "failure")[0].attribute("message"), Some("3 findings are rated high or worse"));
    assert_eq!(named(suites[2], "error")[0].attribute("type"), Some("step-failed"));
}

#[test]
fn a_finding_about_no_component_is_a_case_of_its_subject() {
    let mut report = sample::report();
    report.findings[0].component = None;
    let text = text(&report);
    let document = Document::parse(&text).unwrap();
    let cases = named(document.root_element(), "testcase");
    let case = cases.iter().find(|case| case.attribute("name") == Some("the subject")).unwrap();
    assert!(named(*case, "failure")[0].text().unwrap().contains("CVE-2024-45230"));
}

#[test]
fn no_text_of_somebody_else_is_markup() {
    sample::NASTY.iter().for_each(|text| check(text));
    check(&"]]><a>".repeat(20_000));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_text_is_only_text(text: String) {
        check(&text);
    }
}
