//! Claims of several databases, merged.

use chiron_model::component::Origin;

use super::*;

fn record(id: &str, aliases: &[&str]) -> String {
    let aliases = aliases.iter().map(|alias| format!("\"{alias}\"")).collect::<Vec<_>>().join(", ");
    format!(
        r#"{{"id": "{id}", "modified": "2024-01-01T00:00:00Z", "aliases": [{aliases}], "affected": [{{"package":
            {{"ecosystem": "PyPI", "name": "demo"}}, "versions": ["1.0"]}}]}}"#
    )
}

fn claim(id: &str, database: &str, severity: Severity) -> Claim {
    Claim {
        rule_id: id.to_owned(),
        discriminator: String::new(),
        status: ClaimStatus::Affected,
        component: None,
        title: format!("{id} of {database}"),
        message: String::new(),
        severity,
        scores: Vec::new(),
        aliases: Vec::new(),
        fixed_versions: Vec::new(),
        last_affected: None,
        locations: Vec::new(),
        proofs: Vec::new(),
        origin: Origin { step: "scan".to_owned(), subject: "app".to_owned() },
        properties: vec![("chiron:database".to_owned(), database.to_owned())],
    }
}

fn judged(claims: Vec<Claim>) -> Vec<Finding> {
    let databases = Databases::of(
        &[("acme", &[record("ZZZ-1", &["CVE-1"])]), ("public", &[record("GHSA-1", &["CVE-1"]), record("ZZZ-1", &[])])],
        1,
    );
    let mut evidence = Evidence::default();
    evidence.claims = claims;
    judge(&evidence, Some(&databases), &Panel::default()).unwrap()
}

fn matched(id: &str, database: Option<&str>, severity: Severity) -> Matched {
    Matched {
        id: id.to_owned(),
        step: "scan".to_owned(),
        database: database.map(str::to_owned),
        severity,
        fixed_versions: Vec::new(),
        last_affected: None,
        claimed_aliases: Vec::new(),
    }
}

#[test]
fn the_earlier_database_has_the_word_and_both_are_named() {
    let found = judged(vec![claim("GHSA-1", "public", Severity::Critical), claim("ZZZ-1", "acme", Severity::Low)]);
    let [finding] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((finding.title.as_str(), finding.severity), ("ZZZ-1 of acme", Severity::Low));
    assert_eq!(
        finding.matched,
        [matched("GHSA-1", Some("public"), Severity::Critical), matched("ZZZ-1", Some("acme"), Severity::Low)]
    );
    assert_eq!(finding.advisories, ["CVE-1", "GHSA-1", "ZZZ-1"]);
    // The same id in both.
    let found = judged(vec![claim("ZZZ-1", "public", Severity::High), claim("ZZZ-1", "acme", Severity::Low)]);
    assert_eq!((found[0].title.as_str(), found[0].severity), ("ZZZ-1 of acme", Severity::Low));
    assert_eq!(
        found[0].matched,
        [matched("ZZZ-1", Some("acme"), Severity::Low), matched("ZZZ-1", Some("public"), Severity::High)]
    );
}

#[test]
fn where_the_earlier_one_rates_nothing_the_later_one_does() {
    let found = judged(vec![claim("GHSA-1", "public", Severity::High), claim("ZZZ-1", "acme", Severity::Unknown)]);
    assert_eq!((found[0].title.as_str(), found[0].severity), ("ZZZ-1 of acme", Severity::High));
}

#[test]
fn a_scanner_is_not_believed_about_a_database_that_does_not_hold_the_record() {
    let found = judged(vec![
        claim("GHSA-1", "acme", Severity::Critical),
        claim("GHSA-1", "nowhere", Severity::Medium),
        claim("ZZZ-1", "acme", Severity::Low),
    ]);
    assert_eq!(
        found[0].matched,
        [
            matched("GHSA-1", None, Severity::Critical),
            matched("GHSA-1", None, Severity::Medium),
            matched("ZZZ-1", Some("acme"), Severity::Low),
        ]
    );
    // What scanners know by themselves counts as it always did: the worst of it stands.
    assert_eq!(found[0].severity, Severity::Critical);
}
