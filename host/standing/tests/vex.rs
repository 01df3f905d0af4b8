//! VEX statements held against findings of folders, SBOMs and images.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a failed unwrap is the test's own message")]

mod run;

use chiron_model::finding::{Finding, FindingStatus, SuppressedBy};
use chiron_model::vex::{VexEffect, VexStatus};
use chiron_standing::Glance;
use chiron_standing::vex::{self, Document, Heard};
use serde_json::{Value, json};

const NOW: &str = "2026-06-01T12:00:00Z";

fn statement(vulnerability: &str, product: Value, status: &str, time: &str) -> Value {
    json!({ "vulnerability": { "name": vulnerability, "aliases": ["GHSA-theirs"] }, "products": [product], "status": status,
        "timestamp": time, "justification": if status == "not_affected" { json!("component_not_present") } else { json!("") },
        "action_statement": "upgrade" })
}

fn document(name: &str, statements: &[Value]) -> Document {
    let text = json!({ "@context": "https://openvex.dev/ns/v0.2.0", "@id": name, "author": "Acme", "version": 1,
        "timestamp": "2026-01-01T00:00:00Z", "statements": statements });
    vex::read(name, text.to_string().as_bytes()).unwrap()
}

/// `lib` in the subject `app`, whose SBOM says that it is about pkg:pypi/app@1.0.
fn judged(documents: &[Document]) -> (Finding, Heard) {
    let lib = run::component("pkg:pypi/lib@2.0?arch=any&x=1", "requirements.txt");
    let mut root = run::component("pkg:pypi/app@1.0", "bom.json");
    root.properties.push(("chiron:sbom-root".to_owned(), "true".to_owned()));
    let mut findings = [run::finding(&["PYSEC-1", "CVE-2024-1"], &lib)];
    let (components, mut subjects) = ([lib, root], [run::subject("app")]);
    subjects[0].properties.push(("chiron:image-name".to_owned(), "ghcr.io/acme/app:1".to_owned()));
    let heard = vex::apply(documents, &mut findings, &Glance::new(&components, &subjects), NOW.parse().unwrap());
    let [finding] = findings;
    (finding, heard)
}

#[test]
fn products_are_known_by_every_name_that_documents_give_them() {
    let part = |product: &str, part: &str| json!({ "@id": product, "subcomponents": [{ "@id": part }] });
    for (vulnerability, product, expected) in [
        ("CVE-2024-1", json!({ "@id": "pkg:pypi/lib@2.0" }), None),
        ("PYSEC-1", json!({ "@id": "pkg:pypi/Lib" }), None),
        (
            "CVE-2024-1",
            json!({ "@id": "https://acme.example/lib", "identifiers": { "purl": "pkg:pypi/lib?arch=any" } }),
            None,
        ),
        ("CVE-2024-1", part("pkg:pypi/app@1.0", "pkg:pypi/lib@2.0"), None),
        ("CVE-2024-1", part("pkg:pypi/app", "pkg:pypi/lib"), None),
        ("CVE-2024-1", part("pkg:oci/app?repository_url=ghcr.io/acme", "pkg:pypi/lib"), None),
        ("CVE-2024-1", part("app", "pkg:pypi/lib"), None),
        ("CVE-2024-1", json!({ "@id": "pkg:oci/app" }), None),
        ("CVE-2024-1", json!({ "@id": "pkg:pypi/app@1.0" }), None),
        ("CVE-2024-1", json!({ "@id": "urn:chiron:subject:app" }), None),
        ("CVE-2024-1", json!({ "@id": "pkg:pypi/lib@2.1" }), Some("it is about version 2.1, and not about 2.0")),
        (
            "CVE-2024-1",
            json!({ "@id": "pkg:pypi/lib?arch=arm" }),
            Some("it asks for arch=arm, and the component says any"),
        ),
        (
            "CVE-2024-1",
            json!({ "@id": "pkg:npm/lib@2.0" }),
            Some("it is about pkg:npm/lib@2.0, and not about pkg:pypi/lib@2.0?arch=any&x=1"),
        ),
        ("CVE-2024-1", part("pkg:pypi/app@1.1", "pkg:pypi/lib@2.0"), Some("its product pkg:pypi/app@1.1 is not app")),
        ("CVE-2024-1", part("pkg:pypi/app@1.0", "pkg:pypi/lib@3"), Some("it is about version 3, and not about 2.0")),
        ("CVE-2024-1", json!({ "@id": "pkg:oci/other" }), Some("its product pkg:oci/other is not app")),
        ("CVE-2024-1", json!({ "@id": "another app" }), Some("its product another app is not app")),
    ] {
        let (finding, heard) =
            judged(&[document("a.json", &[statement(vulnerability, product.clone(), "not_affected", NOW)])]);
        let missed = heard.documents[0].unmatched.first().map(|miss| miss.reason.as_str());
        assert_eq!(missed, expected, "{product}");
        assert_eq!(matches!(finding.status, FindingStatus::Suppressed(_)), expected.is_none(), "{product}");
        assert_eq!(heard.documents[0].matched, u64::from(expected.is_none()));
    }
}

#[test]
fn an_alias_that_only_the_document_claims_reaches_nothing() {
    let mut findings = [run::finding(&["GHSA-theirs"], &run::component("pkg:pypi/lib@2.0", "x"))];
    let documents =
        [document("a.json", &[statement("CVE-2024-1", json!({ "@id": "pkg:pypi/lib" }), "not_affected", NOW)])];
    let components = [run::component("pkg:pypi/lib@2.0", "x")];
    let heard = vex::apply(&documents, &mut findings, &Glance::new(&components, &[]), NOW.parse().unwrap());
    assert_eq!(findings[0].status, FindingStatus::Affected);
    assert!(heard.documents[0].unmatched[0].reason.contains("no advisory database of this run asserts it"));
}

#[test]
fn of_contradicting_statements_the_newer_holds_and_both_are_shown() {
    let lib = || json!({ "@id": "pkg:pypi/lib" });
    let of = |status: &str, day: u32| statement("CVE-2024-1", lib(), status, &format!("2026-02-{day:02}T00:00:00Z"));
    for (first, second, expected) in [
        (of("not_affected", 1), of("affected", 2), false),
        (of("affected", 1), of("not_affected", 2), true),
        (of("fixed", 2), of("under_investigation", 1), true),
        // Of one age the worse holds, in whatever order.
        (of("not_affected", 1), of("affected", 1), false),
        (of("affected", 1), of("not_affected", 1), false),
    ] {
        for documents in [
            vec![document("a.json", std::slice::from_ref(&first)), document("b.json", std::slice::from_ref(&second))],
            vec![document("a.json", &[first.clone(), second.clone()])],
        ] {
            let (finding, heard) = judged(&documents);
            assert_eq!(matches!(finding.status, FindingStatus::Suppressed(_)), expected, "{first} {second}");
            assert_eq!(finding.vex.len(), 2);
            let effects: Vec<_> = finding.vex.iter().map(|remark| remark.effect).collect();
            assert!(effects.contains(&VexEffect::Holds) && effects.contains(&VexEffect::Overruled));
            assert_eq!(heard.notes.len(), 1, "{:?}", heard.notes);
            assert_eq!(heard.notes[0].code, "vex-contradiction");
        }
    }
}

#[test]
fn a_statement_whose_time_is_over_is_shown_and_holds_no_more() {
    let mut said = statement("CVE-2024-1", json!({ "@id": "pkg:pypi/lib" }), "not_affected", NOW);
    for (last, expected) in [("2026-06-01", true), ("2026-05-31", false)] {
        said["status_notes"] = json!(format!("chiron:until={last}"));
        let (finding, _) = judged(&[document("a.json", &[said.clone()])]);
        assert_eq!(matches!(finding.status, FindingStatus::Suppressed(_)), expected, "{last}");
        assert_eq!(finding.vex.len(), 1);
    }
}

#[test]
fn a_finding_in_two_subjects_is_not_silenced_by_what_is_said_of_one() {
    let lib = run::component("pkg:pypi/lib@2.0", "x");
    let mut finding = run::finding(&["CVE-2024-1"], &lib);
    finding.subjects.push("other".to_owned());
    let (components, subjects) = ([lib], [run::subject("app"), run::subject("other")]);
    let documents = [document("a.json", &[statement("CVE-2024-1", json!({ "@id": "app" }), "not_affected", NOW)])];
    let mut findings = [finding];
    let heard = vex::apply(&documents, &mut findings, &Glance::new(&components, &subjects), NOW.parse().unwrap());
    assert_eq!(findings[0].status, FindingStatus::Affected);
    assert_eq!(heard.documents[0].unmatched[0].reason, "its product app is not other");
}

#[test]
fn the_suppression_says_whose_word_it_was() {
    let (finding, _) =
        judged(&[document("a.json", &[statement("CVE-2024-1", json!({ "@id": "pkg:pypi/lib" }), "fixed", NOW)])]);
    let FindingStatus::Suppressed(suppression) = finding.status else { panic!() };
    assert_eq!(suppression.by, SuppressedBy::Vex(VexStatus::Fixed, None));
    assert_eq!((suppression.source.as_str(), suppression.owner.as_deref()), ("a.json", Some("Acme")));
}

#[test]
fn a_hundred_thousand_statements_are_heard() {
    let all: Vec<_> = (0..100_000)
        .map(|number| statement(&format!("CVE-2024-{number}"), json!({ "@id": "pkg:pypi/lib" }), "not_affected", NOW))
        .collect();
    let (finding, heard) = judged(&[document("a.json", &all)]);
    assert!(matches!(finding.status, FindingStatus::Suppressed(_)));
    let document = &heard.documents[0];
    assert_eq!((document.statements, document.matched), (100_000, 1));
    assert_eq!((document.unmatched.len(), document.unlisted), (1_000, 98_999));
}
