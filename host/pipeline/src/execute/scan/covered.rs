//! Which components nobody could judge. "Cannot tell" is never "clean".

use std::collections::BTreeMap;

use chiron_model::component::Component;
use chiron_model::plugin::{PluginKind, Work};
use chiron_model::property;
use chiron_model::purl::Purl;
use chiron_model::report::Note;

use crate::databases::Databases;
use crate::evidence::Evidence;
use crate::evidence::ownership::OWNED_BY;
use crate::execute::fallback;
use crate::plan::{Plan, PlannedStep};

/// Property by which the host marks a component that no scanner could judge; the value says why.
const NOT_COVERED: &str = "chiron:not-covered";

/// Set by generators on the component that an SBOM is about.
const SBOM_ROOT: &str = "chiron:sbom-root";

/// Marks components that no scanner could judge. One with data of its own is believed to know its field.
pub(super) fn mark(plan: &Plan, databases: &Databases, evidence: &mut Evidence) {
    let ended = |step: &PlannedStep| evidence.steps.iter().find(|outcome| outcome.id == step.id);
    // Neither a fallback that nobody needed nor one whose work another did has looked at anything.
    let counts = |step: &&PlannedStep| {
        ended(step).is_none_or(|outcome| !outcome.was_not_needed() && outcome.replaced_by.is_none())
    };
    let failed = |step: &PlannedStep| ended(step).is_some_and(|outcome| outcome.failure().is_some());
    // A report that somebody wrote elsewhere may be about anything: it covers nothing that is asked of the others.
    let asks = |step: &&PlannedStep| step.plugin.work() == Work::Scan;
    let asked: Vec<_> = plan.of_kind(PluginKind::Scanner).filter(asks).filter(counts).collect();
    if asked.is_empty() || asked.iter().any(|step| !super::uses_engine(step) || failed(step)) {
        return;
    }
    let seen: Vec<_> = asked.iter().map(|step| fallback::seen(step, &evidence.steps)).collect();
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for component in &mut evidence.components {
        // `from` can leave a generator's components to no scanner at all.
        let looked_at = seen.iter().any(|from| super::sees(from.as_ref(), component));
        let unseen =
            (!looked_at).then(|| format!("no scanner looks at what the step `{}` found", component.origin.step));
        if let Some(reason) = unseen.or_else(|| reason(component, databases)) {
            *counts.entry(reason.clone()).or_default() += 1;
            component.properties.push((NOT_COVERED.to_owned(), reason));
        }
    }
    for (reason, count) in counts {
        let components = if count == 1 { "1 component was".to_owned() } else { format!("{count} components were") };
        let message = format!("{components} not judged: {reason}");
        evidence.notes.push(Note { code: "not-covered".to_owned(), message });
    }
}

/// Why no database of the run can judge a component; None where one can, or where another component is judged instead.
pub(crate) fn reason(component: &Component, databases: &Databases) -> Option<String> {
    // A system is judged by its packages.
    if component.kind == "operating-system" {
        return None;
    }
    // Its owner is judged, and named where that cannot be.
    if property(&component.properties, OWNED_BY).is_some() {
        return None;
    }
    let Some(purl) = &component.purl else {
        // What an SBOM says it is about is the subject itself, not a package that somebody could look up.
        if property(&component.properties, SBOM_ROOT).is_some() {
            return None;
        }
        return Some("no package URL".to_owned());
    };
    let refusal = databases.coverage(&asked(component, purl)).err()?;
    Some(refusal.map_or_else(|| "no advisory database is there".to_owned(), |error| error.to_string()))
}

/// The purl as scanners ask for it: what an SBOM's purl leaves out, properties may say.
fn asked(component: &Component, purl: &Purl) -> Purl {
    let mut asked = purl.clone();
    for (qualifier, key) in [("distro", "chiron:distro"), ("upstream", "chiron:upstream")] {
        let value = property(&component.properties, key).filter(|value| !value.is_empty());
        if let Some(named) = value.and_then(|value| asked.with_qualifier(qualifier, value)) {
            asked = named;
        }
    }
    asked
}
