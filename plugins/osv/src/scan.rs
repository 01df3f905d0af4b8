//! From components to findings.

use std::collections::BTreeMap;

use chiron_sdk::advisory::{Candidate, Evaluation, Which};
use chiron_sdk::scan::{AdvisoryDb, Component, Finding, Status};
use chiron_sdk::{PluginError, log, progress};

use crate::question::question;
use crate::severity::severity;
use crate::{Config, Informational, Withdrawn, words};

/// Lookups between two questions whether the run was cancelled. A lookup takes about a microsecond.
const CANCEL_EVERY: usize = 256;

/// Every candidate that affects a component, or cannot tell, as a finding.
pub(crate) fn scan(
    components: &[Component],
    db: &dyn AdvisoryDb,
    config: &Config,
) -> Result<Vec<Finding>, PluginError> {
    let by_purl = group_by_purl(components);
    let total = by_purl.len();
    let mut findings = Vec::new();
    for (done, (purl, components)) in by_purl.into_iter().enumerate() {
        if done % CANCEL_EVERY == 0 {
            progress::check()?;
            progress::report(done as u64, Some(total as u64), "packages looked up");
        }
        for candidate in candidates(&purl, db, config.withdrawn)? {
            if config.informational == Informational::Omit && is_informational(&candidate.category) {
                continue;
            }
            findings.extend(components.iter().filter_map(|component| finding(component, &candidate)));
        }
    }
    Ok(findings)
}

/// Set by the host on a component that a package of the system put there: that package's purl.
const OWNED_BY: &str = "chiron:owned-by";

/// Equal purls get equal answers: a tree with a package in forty places asks once. Of what a distribution ships, its own
/// package is asked about: it carries the distribution's fixes under the version that the ecosystem calls vulnerable.
fn group_by_purl(components: &[Component]) -> BTreeMap<String, Vec<&Component>> {
    let mut groups: BTreeMap<String, Vec<&Component>> = BTreeMap::new();
    for component in components.iter().filter(|component| !is_owned(component)) {
        if let Some(purl) = question(component) {
            groups.entry(purl).or_default().push(component);
        }
    }
    groups
}

fn is_owned(component: &Component) -> bool {
    component.properties.iter().any(|(key, _)| key == OWNED_BY)
}

/// A withdrawn record says nothing any more, whatever it once said: `withdrawn` becomes its category.
fn candidates(purl: &str, db: &dyn AdvisoryDb, withdrawn: Withdrawn) -> Result<Vec<Candidate>, PluginError> {
    let which = match withdrawn {
        Withdrawn::Omit => Which::AFFECTED | Which::UNKNOWN,
        Withdrawn::Report => Which::AFFECTED | Which::UNKNOWN | Which::WITHDRAWN,
    };
    match db.lookup(purl, which) {
        // No database covers such a package. The host accounts for what was not covered; it is no failure of this step.
        Err(PluginError::BadInput(reason)) => {
            log::emit(log::Level::Debug, "not covered", &[("purl", purl), ("reason", &reason)]);
            Ok(Vec::new())
        }
        // Anything else is broken, and a broken database must never look like a clean subject.
        Err(error) => Err(error),
        Ok(mut candidates) => {
            candidates.retain(|candidate| !candidate.withdrawn || withdrawn == Withdrawn::Report);
            for candidate in candidates.iter_mut().filter(|candidate| candidate.withdrawn) {
                candidate.category = "withdrawn".to_owned();
            }
            Ok(candidates)
        }
    }
}

fn finding(component: &Component, candidate: &Candidate) -> Option<Finding> {
    let mut properties = vec![
        ("chiron:category".to_owned(), candidate.category.clone()),
        ("chiron:database".to_owned(), candidate.database.clone()),
    ];
    let (status, fixed_versions, last_affected) = match &candidate.evaluation {
        Evaluation::Affected(matched) => {
            properties.push(("chiron:matched-by".to_owned(), matched.matched_by.clone()));
            (Status::Affected, matched.fixed.clone(), matched.last_affected.clone())
        }
        Evaluation::Unknown(reason) => {
            properties.push(("chiron:unknown-reason".to_owned(), reason.clone()));
            (Status::Unknown, Vec::new(), None)
        }
        Evaluation::Unaffected => return None,
    };
    properties.extend(candidate.properties.iter().cloned());
    Some(Finding {
        rule_id: candidate.id.clone(),
        discriminator: String::new(),
        status,
        component: Some(component.id.clone()),
        title: words::title(candidate),
        message: words::message(component, candidate),
        severity: severity(&candidate.scores, &candidate.category),
        scores: candidate.scores.clone(),
        aliases: candidate.aliases.clone(),
        fixed_versions,
        last_affected,
        locations: component.locations.clone(),
        proofs: Vec::new(),
        properties,
    })
}

/// Records that do not speak of a hole in the component: RustSec's about a crate's state, what a distribution takes for
/// unimportant, what was withdrawn.
pub(crate) fn is_informational(category: &str) -> bool {
    matches!(category, "unmaintained" | "unsound" | "notice" | "unimportant" | "withdrawn")
}

#[cfg(test)]
mod tests {
    use chiron_sdk::Location;
    use chiron_sdk::fake::{self, FakeDatabase, candidate};

    use super::*;

    const FLASK: &str = "pkg:pypi/flask@1.0";

    fn run(components: &[Component], db: &FakeDatabase) -> Vec<Finding> {
        scan(components, db, &Config::default()).unwrap()
    }

    #[test]
    fn an_affected_component_becomes_a_finding_with_its_fix() {
        let mut flask = fake::component("flask", "1.0");
        flask.locations = vec![Location { path: "flask.whl".to_owned(), line: None, layer: None }];
        let mut known = candidate("GHSA-1", "2.2.5");
        known.aliases = vec!["CVE-1".to_owned()];
        known.properties = vec![("chiron:url".to_owned(), "https://osv.dev/GHSA-1".to_owned())];
        let findings = run(&[flask.clone()], &FakeDatabase::new().with(FLASK, known));
        let [finding] = findings.as_slice() else { panic!("{findings:?}") };
        assert_eq!((finding.rule_id.as_str(), finding.status), ("GHSA-1", Status::Affected));
        assert_eq!(finding.component.as_deref(), Some(flask.id.as_str()));
        assert_eq!(finding.fixed_versions, ["2.2.5"]);
        assert_eq!((&finding.aliases, &finding.locations), (&vec!["CVE-1".to_owned()], &flask.locations));
        let keys: Vec<&str> = finding.properties.iter().map(|(key, _)| key.as_str()).collect();
        assert_eq!(keys, ["chiron:category", "chiron:database", "chiron:matched-by", "chiron:url"]);
    }

    #[test]
    fn what_cannot_be_told_is_a_finding_of_unknown_status() {
        let git = Candidate { evaluation: Evaluation::Unknown("only GIT ranges".to_owned()), ..candidate("G", "") };
        let findings = run(&[fake::component("flask", "1.0")], &FakeDatabase::new().with(FLASK, git));
        assert_eq!(findings[0].status, Status::Unknown);
        assert!(findings[0].properties.contains(&("chiron:unknown-reason".to_owned(), "only GIT ranges".to_owned())));
    }

    #[test]
    fn equal_purls_are_looked_up_once_and_found_for_each() {
        let (mut first, mut second) = (fake::component("flask", "1.0"), fake::component("flask", "1.0"));
        (first.id, second.id) = ("a".to_owned(), "b".to_owned());
        let db = FakeDatabase::new().with(FLASK, candidate("GHSA-1", ""));
        let findings = run(&[first, second], &db);
        assert_eq!(findings.iter().map(|f| f.component.as_deref().unwrap()).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(db.lookups(), [FLASK]);
    }

    #[test]
    fn withdrawn_records_and_components_without_a_purl_are_passed_over() {
        let withdrawn = Candidate { withdrawn: true, ..candidate("W", "") };
        let db = FakeDatabase::new().with(FLASK, withdrawn);
        let mut nameless = fake::component("x", "1");
        nameless.purl = None;
        assert!(run(&[fake::component("flask", "1.0"), nameless], &db).is_empty());
        assert_eq!(db.lookups(), [FLASK]);
    }

    #[test]
    fn withdrawn_records_are_shown_as_such_where_that_is_asked_for() {
        let withdrawn = Candidate { withdrawn: true, category: "malicious".to_owned(), ..candidate("MAL-1", "") };
        let db = FakeDatabase::new().with(FLASK, withdrawn);
        let report = Config { withdrawn: Withdrawn::Report, ..Config::default() };
        let findings = scan(&[fake::component("flask", "1.0")], &db, &report).unwrap();
        let [finding] = findings.as_slice() else { panic!("{findings:?}") };
        assert!(finding.properties.contains(&("chiron:category".to_owned(), "withdrawn".to_owned())));
        assert_eq!(finding.message, "flask 1.0 is named by MAL-1, which its publisher has withdrawn");
    }

    #[test]
    fn what_the_system_owns_is_judged_as_its_package() {
        let mut owned = fake::component("flask", "1.0");
        owned.properties = vec![(OWNED_BY.to_owned(), "pkg:deb/debian/python3-flask@1.0-1".to_owned())];
        let db = FakeDatabase::new().with(FLASK, candidate("GHSA-1", ""));
        assert!(run(&[owned], &db).is_empty());
        assert!(db.lookups().is_empty());
    }

    #[test]
    fn not_covered_is_passed_over_but_a_broken_database_is_an_error() {
        let components = [fake::component("flask", "1.0")];
        let uncovered = FakeDatabase::new().failing(FLASK, PluginError::BadInput("no pypi here".to_owned()));
        assert!(run(&components, &uncovered).is_empty());
        for error in [PluginError::Unavailable("damaged".to_owned()), PluginError::Other("?".to_owned())] {
            let broken = FakeDatabase::new().failing(FLASK, error.clone());
            assert_eq!(scan(&components, &broken, &Config::default()).unwrap_err(), error);
        }
    }

    #[test]
    fn informational_records_are_omitted_only_when_asked() {
        let note = Candidate { category: "unmaintained".to_owned(), ..candidate("RUSTSEC-1", "") };
        let db = FakeDatabase::new().with(FLASK, note);
        let components = [fake::component("flask", "1.0")];
        assert_eq!(run(&components, &db).len(), 1);
        let omit = Config { informational: Informational::Omit, ..Config::default() };
        assert!(scan(&components, &db, &omit).unwrap().is_empty());
    }

    #[test]
    fn a_cancelled_run_stops() {
        fake::telemetry::cancel();
        let answer = scan(&[fake::component("flask", "1.0")], &FakeDatabase::new(), &Config::default());
        assert_eq!(answer.unwrap_err(), PluginError::Cancelled);
    }
}
