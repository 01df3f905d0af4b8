//! The scanners of a run, side by side: who else could have reported a finding and did not, and who could not have.
//!
//! Silence is a "no" only of a scanner that looked at the component and knows its field. One that failed, whose databases
//! hold nothing of the ecosystem, or that says itself that it cannot tell, is unsure.

use std::collections::{BTreeMap, BTreeSet};

use chiron_model::component::Component;
use chiron_model::ecosystem::Ecosystem;
use chiron_model::finding::{Claim, ClaimStatus, Finding, Unsure};
use chiron_model::plugin::PluginKind;
use chiron_model::property;
use chiron_model::step::StepOutcome;

use crate::databases::Databases;
use crate::evidence::ownership::OWNED_BY;
use crate::evidence::{Evidence, union};
use crate::execute::fallback;
use crate::execute::scan::{covered, uses_engine};
use crate::plan::Plan;

/// Property of a scanner's description: an ecosystem that it has data about, by its name in OSV records.
const KNOWS: &str = "chiron:knows-ecosystem";

/// Every scanner that was asked.
#[derive(Debug, Default)]
pub(crate) struct Panel {
    seats: Vec<Seat>,
}

/// One scanner.
#[derive(Clone, Debug, Default)]
struct Seat {
    step: String,
    /// Whose components it saw; all where None.
    from: Option<BTreeSet<String>>,
    asks_databases: bool,
    /// Ecosystems that it says it knows; all where it names none.
    knows: BTreeSet<String>,
    /// Why its silence means nothing: it failed, or was never called.
    deaf: Option<String>,
}

/// What scanners said that they could not tell, by step, rule and package.
type Doubts = BTreeMap<(String, String, String), String>;

impl Panel {
    /// The scanners of a plan that ran. A fallback that nobody needed has no seat.
    pub(crate) fn of(plan: &Plan, ended: &[StepOutcome]) -> Self {
        let seat = |outcome: &StepOutcome| {
            let step = plan.steps.iter().find(|step| step.id == outcome.id)?;
            let knows = step.description.properties.iter().filter(|(key, _)| key == KNOWS);
            Some(Seat {
                step: step.id.clone(),
                from: fallback::seen(step, ended),
                asks_databases: uses_engine(step),
                knows: knows.map(|(_, name)| name.clone()).collect(),
                deaf: match outcome.failure() {
                    Some(failure) => Some(format!("it failed ({})", failure.code)),
                    None => {
                        (outcome.calls == 0).then(|| "it was never called: nothing that it reads is there".to_owned())
                    }
                },
            })
        };
        let scanners = ended.iter().filter(|outcome| outcome.kind == PluginKind::Scanner && !outcome.was_not_needed());
        Self { seats: scanners.filter_map(seat).collect() }
    }

    /// Asks all who did not report a finding about a component. Alone, a scanner has nobody to be held against.
    pub(super) fn ask(&self, findings: &mut [Finding], evidence: &Evidence, databases: Option<&Databases>) {
        if self.seats.len() < 2 {
            return;
        }
        let mut packages: BTreeMap<String, Vec<&Component>> = BTreeMap::new();
        for component in &evidence.components {
            packages.entry(super::identity(component)).or_default().push(component);
        }
        let by_id: BTreeMap<_, _> = evidence.components.iter().map(|c| (c.id.as_str(), c)).collect();
        let doubts = doubts(&evidence.claims, &by_id);
        for finding in findings {
            let Some(component) = finding.component.as_deref().and_then(|id| by_id.get(id)) else { continue };
            let package = super::identity(component);
            let copies = packages.get(&package).map(Vec::as_slice).unwrap_or_default();
            let reporters: BTreeSet<String> = finding.reporters().into_iter().map(str::to_owned).collect();
            for seat in self.seats.iter().filter(|seat| !reporters.contains(&seat.step)) {
                let doubt = |id: &String| doubts.get(&(seat.step.clone(), id.clone(), package.clone())).cloned();
                let doubt = finding.advisories.iter().find_map(doubt).map(Answer::Unsure);
                match doubt.or_else(|| seat.answer(copies, databases)) {
                    Some(Answer::Silent) => finding.silent.push(seat.step.clone()),
                    Some(Answer::Unsure(reason)) => finding.unsure.push(Unsure { step: seat.step.clone(), reason }),
                    None => {}
                }
            }
            finding.silent.sort();
            finding.unsure.sort();
        }
    }
}

/// What a scanner's not reporting means.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Silent,
    Unsure(String),
}

impl Seat {
    /// None of a scanner that saw none of the copies: it was not asked.
    fn answer(&self, copies: &[&Component], databases: Option<&Databases>) -> Option<Answer> {
        let sees = |component: &&&Component| self.from.as_ref().is_none_or(|from| union::found_by_any(component, from));
        let seen: Vec<&Component> = copies.iter().filter(sees).copied().collect();
        if seen.is_empty() {
            return None;
        }
        if let Some(reason) = &self.deaf {
            return Some(Answer::Unsure(reason.clone()));
        }
        let refusals: Vec<_> = seen.into_iter().map(|component| self.refusal(component, databases)).collect();
        // One copy that it can judge is enough for its silence to mean something.
        let first = refusals.iter().flatten().next().cloned();
        Some(first.filter(|_| refusals.iter().all(Option::is_some)).map_or(Answer::Silent, Answer::Unsure))
    }

    fn refusal(&self, component: &Component, databases: Option<&Databases>) -> Option<String> {
        if self.asks_databases {
            if let Some(owner) = property(&component.properties, OWNED_BY) {
                return Some(format!("it judges {owner} instead, which owns the component"));
            }
            return match databases {
                Some(databases) => covered::reason(component, databases),
                None => Some("no advisory database was open".to_owned()),
            };
        }
        let ecosystem = component.purl.as_ref().and_then(Ecosystem::of).map(Ecosystem::osv_name);
        match (self.knows.is_empty(), ecosystem) {
            (true, _) => None,
            (false, Some(name)) if self.knows.contains(name) => None,
            (false, Some(name)) => Some(format!("it knows nothing of {name}")),
            (false, None) => Some("it does not know the component's ecosystem".to_owned()),
        }
    }
}

fn doubts(claims: &[Claim], components: &BTreeMap<&str, &Component>) -> Doubts {
    let unsure = claims.iter().filter(|claim| claim.status == ClaimStatus::Unknown);
    let doubt = |claim: &Claim| {
        let package = super::identity(components.get(claim.component.as_deref()?)?);
        let reason = property(&claim.properties, "chiron:unknown-reason").unwrap_or("it cannot tell");
        Some(((claim.origin.step.clone(), claim.rule_id.clone(), package), reason.to_owned()))
    };
    unsure.filter_map(doubt).collect()
}

#[cfg(test)]
mod tests {
    use chiron_model::component::Origin;
    use chiron_model::purl::Purl;

    use super::*;

    fn component(purl: &str, step: &str) -> Component {
        let purl = Purl::parse(purl).unwrap();
        Component {
            id: purl.to_string(),
            kind: "library".to_owned(),
            name: purl.name().to_owned(),
            version: purl.version().map(str::to_owned),
            purl: Some(purl),
            scope: String::new(),
            licenses: Vec::new(),
            digests: Vec::new(),
            locations: Vec::new(),
            origin: Origin { step: step.to_owned(), subject: "app".to_owned() },
            properties: Vec::new(),
        }
    }

    fn answer(seat: &Seat, component: &Component) -> Option<Answer> {
        let record = r#"{"id": "A", "modified": "2024-01-01T00:00:00Z", "affected": [{"package": {"ecosystem": "PyPI",
            "name": "demo"}, "versions": ["1.0"]}]}"#;
        let databases = Databases::of(&[("public", &[record.to_owned()])], 0);
        seat.answer(&[component], Some(&databases))
    }

    fn unsure(reason: &str) -> Option<Answer> {
        Some(Answer::Unsure(reason.to_owned()))
    }

    #[test]
    fn silence_about_a_known_ecosystem_is_a_no() {
        let python = component("pkg:pypi/demo@2", "sbom");
        let osv = Seat { asks_databases: true, ..Seat::default() };
        assert_eq!(answer(&osv, &python), Some(Answer::Silent));
        assert_eq!(answer(&Seat::default(), &python), Some(Answer::Silent));
        let knows = Seat { knows: BTreeSet::from(["PyPI".to_owned()]), ..Seat::default() };
        assert_eq!(answer(&knows, &python), Some(Answer::Silent));
    }

    #[test]
    fn a_scanner_that_could_not_judge_says_no_nothing() {
        let node = component("pkg:npm/demo@2", "sbom");
        let osv = Seat { asks_databases: true, ..Seat::default() };
        assert!(matches!(answer(&osv, &node), Some(Answer::Unsure(reason)) if reason.contains("npm")));
        let knows = Seat { knows: BTreeSet::from(["PyPI".to_owned()]), ..Seat::default() };
        assert_eq!(answer(&knows, &node), unsure("it knows nothing of npm"));
        let failed = Seat { deaf: Some("it failed (deadline)".to_owned()), ..Seat::default() };
        assert_eq!(answer(&failed, &node), unsure("it failed (deadline)"));
    }

    #[test]
    fn a_scanner_that_never_saw_the_component_was_not_asked() {
        let seat = Seat { from: Some(BTreeSet::from(["syft".to_owned()])), ..Seat::default() };
        assert_eq!(answer(&seat, &component("pkg:pypi/demo@2", "sbom")), None);
        let mut both = component("pkg:pypi/demo@2", "sbom");
        both.properties.push((union::FOUND_BY.to_owned(), "syft".to_owned()));
        assert_eq!(answer(&seat, &both), Some(Answer::Silent));
    }
}
