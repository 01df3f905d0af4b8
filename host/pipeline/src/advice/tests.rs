use chiron_model::advisory::Match;
use chiron_model::component::Origin;
use chiron_model::severity::Severity;

use super::*;

fn component(purl: &str) -> Component {
    let purl = Purl::parse(purl).unwrap();
    Component {
        id: "c".to_owned(),
        kind: "library".to_owned(),
        name: purl.name().to_owned(),
        version: purl.version().map(str::to_owned),
        purl: Some(purl),
        scope: String::new(),
        licenses: Vec::new(),
        digests: Vec::new(),
        locations: Vec::new(),
        origin: Origin::default(),
        properties: Vec::new(),
    }
}

fn finding(id: &str, fixed: &str) -> Finding {
    Finding {
        id: id.to_owned(),
        advisories: vec![id.to_owned()],
        matched: Vec::new(),
        silent: Vec::new(),
        unsure: Vec::new(),
        fingerprint: id.to_owned(),
        category: "vulnerability".to_owned(),
        status: FindingStatus::Affected,
        unknown_reason: None,
        component: Some("c".to_owned()),
        title: String::new(),
        message: String::new(),
        severity: Severity::High,
        scores: Vec::new(),
        fixed_versions: fixed.split_whitespace().map(str::to_owned).collect(),
        last_affected: None,
        locations: Vec::new(),
        proofs: Vec::new(),
        epss: None,
        kev: None,
        subjects: Vec::new(),
        vex: Vec::new(),
        near_misses: Vec::new(),
    }
}

fn record(id: &str, fixed: &[&str]) -> Candidate {
    Candidate {
        database: "default".to_owned(),
        id: id.to_owned(),
        aliases: Vec::new(),
        modified: String::new(),
        withdrawn: false,
        category: "vulnerability".to_owned(),
        summary: String::new(),
        scores: Vec::new(),
        evaluation: Evaluation::Affected(Match {
            fixed: fixed.iter().map(|&version| version.to_owned()).collect(),
            last_affected: None,
            matched_by: String::new(),
        }),
        properties: Vec::new(),
    }
}

/// Advice without a database.
fn of(purl: &str, findings: &[(&str, &str)]) -> Advice {
    with(purl, findings, &|_| None)
}

fn with(purl: &str, findings: &[(&str, &str)], look: Look<'_>) -> Advice {
    let findings: Vec<_> = findings.iter().map(|(id, fixed)| finding(id, fixed)).collect();
    Case::new(&component(purl), &findings.iter().collect::<Vec<_>>(), look).advice()
}

fn to(advice: &Advice) -> (Option<&str>, usize, usize) {
    (advice.upgrade_to.as_deref(), advice.clears.len(), advice.leaves.len())
}

#[test]
fn the_smallest_version_that_ends_all() {
    let django = "pkg:pypi/django@4.2.0";
    assert_eq!(to(&of(django, &[("A", "4.2.9"), ("B", "4.2.10")])), (Some("4.2.10"), 2, 0));
    assert_eq!(to(&of(django, &[("A", "4.2.16"), ("B", "4.2.17 5.0.10")])), (Some("4.2.17"), 2, 0));
    // A version between two fixes may lie in the later range.
    assert_eq!(to(&of(django, &[("A", "5.0.1"), ("B", "4.2.16 5.0.9")])), (Some("5.0.9"), 2, 0));
    assert_eq!(to(&of(django, &[("A", "4.2.1"), ("B", "")])), (Some("4.2.1"), 1, 1));
    assert_eq!(to(&of(django, &[("A", "")])), (None, 0, 1));
}

#[test]
fn the_order_is_the_ecosystems() {
    // PEP 440: a release candidate is before its release, an epoch above everything.
    assert_eq!(of("pkg:pypi/x@1.0", &[("A", "2.0rc1"), ("B", "2.0")]).upgrade_to.as_deref(), Some("2.0"));
    assert_eq!(of("pkg:pypi/x@1.0", &[("A", "3.0"), ("B", "1!0.5")]).upgrade_to.as_deref(), Some("1!0.5"));
    // SemVer: 2.0.0-beta.11 is above 2.0.0-beta.2.
    let npm = of("pkg:npm/x@1.0.0", &[("A", "2.0.0-beta.2"), ("B", "2.0.0-beta.11")]);
    assert_eq!(npm.upgrade_to.as_deref(), Some("2.0.0-beta.11"));
    // Nobody is advised to go back, and what cannot be ordered is not guessed.
    assert_eq!(of("pkg:npm/x@3.0.0", &[("A", "2.0.1")]).upgrade_to, None);
    assert_eq!(to(&of("pkg:generic/x@1", &[("A", "2"), ("B", "3")])), (None, 0, 2));
    assert_eq!(to(&of("pkg:generic/x@1", &[("A", "2"), ("B", "2")])), (Some("2"), 2, 0));
}

#[test]
fn the_database_is_asked_about_the_version_itself() {
    // A second range begins at 5.0: 5.0.1, the fix of B, is affected by A again.
    let look = |purl: &Purl| {
        Some(match purl.version() {
            Some("4.2.0") => vec![record("A", &["4.2.16"]), record("B", &["5.0.1"])],
            Some("4.2.16") => vec![record("B", &["5.0.1"])],
            Some("5.0.1") => vec![record("A", &["5.0.9"]), record("N", &["5.0.4"])],
            Some("5.0.4") => vec![record("A", &["5.0.9"])],
            _ => Vec::new(),
        })
    };
    let advice = with("pkg:pypi/django@4.2.0", &[("A", "4.2.16"), ("B", "5.0.1")], &look);
    assert_eq!(to(&advice), (Some("5.0.9"), 2, 0));
    assert!(advice.brings.is_empty());
}

#[test]
fn what_an_upgrade_brings_is_told() {
    let look = |purl: &Purl| {
        Some(match purl.version() {
            Some("1.0") => vec![record("A", &["2.0"])],
            Some("2.0") => vec![record("N", &[])],
            _ => Vec::new(),
        })
    };
    let advice = with("pkg:pypi/x@1.0", &[("A", "2.0")], &look);
    assert_eq!(to(&advice), (Some("2.0"), 1, 0));
    assert_eq!(advice.brings, ["N"]);
}

#[test]
fn a_database_that_does_not_know_a_finding_does_not_end_it() {
    // Another scanner's finding: the database knows nothing of it, in this version and in no other.
    let advice = with("pkg:pypi/x@1.0", &[("ACME-1", ""), ("ACME-2", "1.5")], &|_| Some(Vec::new()));
    assert_eq!(to(&advice), (Some("1.5"), 1, 1));
    assert_eq!(advice.leaves, ["ACME-1"]);
}
