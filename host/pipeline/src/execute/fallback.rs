//! Steps that are tried when others fail. Never instead of a result: a step that answered is not asked again by another.

use std::collections::BTreeSet;

use chiron_model::plugin::PluginKind;
use chiron_model::report::Note;
use chiron_model::step::{Ending, Failure, StepOutcome};
use chiron_model::text::cut;

use crate::evidence::Evidence;
use crate::house::House;
use crate::plan::{Plan, PlannedStep};

/// Characters of a failure that a note repeats; the step has all of it.
const FAILURE_CHARS: usize = 300;

/// The places in the plan of the steps of a kind that run in any case, in file order.
pub(super) fn primaries(plan: &Plan, kind: PluginKind) -> Vec<usize> {
    let steps = plan.steps.iter().enumerate();
    steps.filter(|(_, s)| s.plugin.kind() == kind && s.fallback_for.is_empty()).map(|(index, _)| index).collect()
}

/// The place in the plan of the step that has to be tried now: the first fallback, not tried yet, of a step that failed and whose
/// work nobody has done so far.
pub(super) fn next(plan: &Plan, kind: PluginKind, ended: &[StepOutcome]) -> Option<usize> {
    let ending = |step: &PlannedStep| ended.iter().find(|outcome| outcome.id == step.id).map(|outcome| &outcome.ending);
    let failed = plan
        .of_kind(kind)
        .filter(|step| step.fallback_for.is_empty() && matches!(ending(step), Some(Ending::Failed(_))));
    for step in failed {
        for stand_in in chain(plan, step) {
            match ending(stand_in) {
                None => return plan.steps.iter().position(|other| other.id == stand_in.id),
                Some(Ending::Succeeded) => break,
                Some(Ending::Failed(_) | Ending::Skipped(_)) => {}
            }
        }
    }
    None
}

/// The failure of a fallback that was called for nothing: a report that is not there, no file that it reads. Its empty answer would
/// pass for the result of the step that failed.
pub(super) fn idle(step: &PlannedStep, calls: u64) -> Option<Failure> {
    (calls == 0 && !step.fallback_for.is_empty()).then(|| Failure {
        code: "nothing-to-read".to_owned(),
        message: format!("nothing that `{}` reads is there, so that it did nobody's work", step.record.name),
        hint: Some("give the run what it reads: a fallback without input finds nothing out".to_owned()),
    })
}

/// Writes down who stood in for whom, and which fallbacks nobody needed. Outcomes of the kind get the order of the file.
pub(super) fn settle(plan: &Plan, kind: PluginKind, house: &House, evidence: &mut Evidence) {
    for step in plan.of_kind(kind) {
        if !evidence.steps.iter().any(|outcome| outcome.id == step.id) {
            evidence.notes.extend(step.absent.as_ref().map(|failure| could_not(step, failure)));
            evidence.steps.push(super::skipped(step, house, not_needed(step)));
        }
    }
    let succeeded: BTreeSet<_> =
        evidence.steps.iter().filter(|o| o.ending == Ending::Succeeded).map(|o| o.id.clone()).collect();
    for outcome in evidence.steps.iter_mut().filter(|outcome| outcome.kind == kind) {
        let Some(step) = plan.steps.iter().find(|step| step.id == outcome.id) else { continue };
        let Some(failure) = outcome.failure().cloned() else { continue };
        let Some(stand_in) = chain(plan, step).into_iter().find(|stand_in| succeeded.contains(&stand_in.id)) else {
            continue;
        };
        evidence.notes.push(replaced(&outcome.id, &failure, &stand_in.id));
        outcome.replaced_by = Some(stand_in.id.clone());
    }
    let place = |outcome: &StepOutcome| plan.steps.iter().position(|step| step.id == outcome.id);
    // Phases follow each other, so that those of the kind are the last ones.
    let first = evidence.steps.iter().position(|outcome| outcome.kind == kind).unwrap_or(evidence.steps.len());
    evidence.steps[first..].sort_by_key(place);
}

/// Whose evidence a step sees: what `from` names, and whoever did the work of a step that it names. None for all.
pub(crate) fn seen(step: &PlannedStep, ended: &[StepOutcome]) -> Option<BTreeSet<String>> {
    let from = step.from.as_ref()?;
    let stand_ins =
        ended.iter().filter(|outcome| from.contains(&outcome.id)).filter_map(|outcome| outcome.replaced_by.clone());
    Some(from.iter().cloned().chain(stand_ins).collect())
}

/// Everything that may be tried for a step, in order: a fallback's own fallbacks stand before the next one.
fn chain<'a>(plan: &'a Plan, step: &PlannedStep) -> Vec<&'a PlannedStep> {
    let mut chain = Vec::new();
    append(plan, step, &mut chain);
    chain
}

fn append<'a>(plan: &'a Plan, step: &PlannedStep, chain: &mut Vec<&'a PlannedStep>) {
    for id in &step.fallback {
        // Circles were refused while planning; a step that two name is tried once.
        let Some(next) = plan.steps.iter().find(|other| other.id == *id) else { continue };
        if !chain.iter().any(|known| known.id == next.id) {
            chain.push(next);
            append(plan, next, chain);
        }
    }
}

fn not_needed(step: &PlannedStep) -> String {
    let names: Vec<_> = step.fallback_for.iter().map(|id| format!("`{id}`")).collect();
    format!("not needed: it is tried only when {} failed", names.join(" or "))
}

fn replaced(id: &str, failure: &Failure, stand_in: &str) -> Note {
    let why = cut(&failure.message, FAILURE_CHARS);
    let message = format!("the step `{id}` failed ({}: {why}); `{stand_in}` did its work", failure.code);
    Note { code: "fallback".to_owned(), message }
}

fn could_not(step: &PlannedStep, failure: &Failure) -> Note {
    let why = cut(&failure.message, FAILURE_CHARS);
    let message = format!("the fallback `{}` was not needed, and could not have run: {why}", step.id);
    Note { code: "fallback-absent".to_owned(), message }
}
