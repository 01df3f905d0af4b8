//! Policies, in file order, the gate last; and the run's verdict: the worst of all, and of failed required steps.

use std::collections::BTreeSet;
use std::sync::Arc;

use chiron_model::advisory::DatabaseId;
use chiron_model::finding::Finding;
use chiron_model::plugin::PluginKind;
use chiron_model::report::Note;
use chiron_model::step::StepOutcome;
use chiron_model::subject::Subject;
use chiron_model::verdict::{Decision, PolicyVerdict, Verdict};
use chiron_sandbox::{DatabaseSummary, PolicyInput};
use jiff::Timestamp;

use crate::evidence::{Evidence, check_verdict, union};
use crate::execute;
use crate::house::House;
use crate::plan::{GATE, Plan, PlannedStep};
use crate::powers::http::Egress;
use crate::powers::journal::StepJournal;

/// Asks every policy and combines. The outcomes of the policies join the evidence.
pub(crate) async fn assess(
    plan: &Arc<Plan>,
    house: &House,
    egress: &Egress,
    evidence: &mut Evidence,
    findings: &[Finding],
) -> Verdict {
    let subjects: Vec<Subject> = plan.subjects.iter().map(|planned| planned.subject.clone()).collect();
    let evaluated_at = plan.time.evaluated_at.to_string();
    let databases: Vec<_> = evidence.databases.iter().map(|id| aged(id, plan.time.evaluated_at)).collect();
    let notes: Vec<Note> = plan.notes.iter().chain(&evidence.notes).cloned().collect();
    let mut policies: Vec<PolicyVerdict> = Vec::new();
    for step in in_order(plan) {
        if let Some(failure) = egress.missing(step) {
            evidence.steps.push(execute::outcome(step, house, 0, vec![failure]));
            continue;
        }
        execute::begin(step, house, 1);
        let seen = Seen::by(step, evidence);
        let input = PolicyInput {
            pipeline: &plan.pipeline,
            subjects: &subjects,
            components: seen.components.as_deref().unwrap_or(&evidence.components),
            relations: &evidence.relations,
            files: seen.files.as_deref().unwrap_or(&evidence.files),
            findings,
            steps: &evidence.steps,
            verdicts: &policies,
            databases: &databases,
            settings: &plan.settings,
            notes: &notes,
            evaluated_at: &evaluated_at,
        };
        let known: BTreeSet<_> = evidence.components.iter().map(|component| component.id.as_str()).collect();
        let watch = StepJournal::begin(step, 0, &house.observer);
        let mut powers = execute::powers(step, &watch, egress, None, None);
        powers.tools = execute::tools(plan, step, || None);
        let call = step.call(&powers, &plan.time);
        let answer = step.plugin.evaluate(&call, &input).await;
        let answer = answer.and_then(|mut verdict| check_verdict(&mut verdict, &known).map(|()| verdict));
        watch.end(&answer);
        let failures = match answer {
            Ok(mut verdict) => {
                verdict.step.clone_from(&step.id);
                policies.push(verdict);
                Vec::new()
            }
            Err(error) => vec![execute::failure(step, None, &error)],
        };
        evidence.steps.push(execute::outcome(step, house, 1, failures));
    }
    combine(policies, &evidence.steps)
}

/// File order, but the gate last wherever it stands: it may speak of the others.
fn in_order(plan: &Plan) -> Vec<&PlannedStep> {
    let (mut gates, mut policies): (Vec<_>, Vec<_>) =
        plan.of_kind(PluginKind::Policy).partition(|step| step.record.name == GATE);
    policies.append(&mut gates);
    policies
}

/// What a policy with `from` sees of components and files.
struct Seen {
    components: Option<Vec<chiron_model::component::Component>>,
    files: Option<Vec<chiron_model::coverage::FileOutcome>>,
}

impl Seen {
    fn by(step: &PlannedStep, evidence: &Evidence) -> Self {
        let Some(from) = execute::fallback::seen(step, &evidence.steps) else {
            return Self { components: None, files: None };
        };
        let components = evidence.components.iter().filter(|c| union::found_by_any(c, &from)).cloned().collect();
        let files = evidence.files.iter().filter(|file| from.contains(&file.origin.step)).cloned().collect();
        Self { components: Some(components), files: Some(files) }
    }
}

/// A database with its age at the run's time.
fn aged(id: &DatabaseId, now: Timestamp) -> DatabaseSummary {
    let age = id.built_at.parse::<Timestamp>().ok().map(|built| now.duration_since(built).as_secs());
    DatabaseSummary { id: id.clone(), age_seconds: age.and_then(|seconds| u64::try_from(seconds).ok()) }
}

/// The host combines and adds no rule of its own but one: what a required step could not do, cannot be passed.
fn combine(policies: Vec<PolicyVerdict>, steps: &[StepOutcome]) -> Verdict {
    let judged = !steps.iter().any(StepOutcome::is_broken);
    let worst = policies.iter().fold(Decision::NotApplicable, |worst, policy| worst.worst(policy.decision));
    let decision = match (judged, worst) {
        (false, _) => Decision::Deny,
        (true, Decision::NotApplicable) => Decision::Allow,
        (true, worst) => worst,
    };
    Verdict { decision, judged, policies }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(decision: Decision) -> PolicyVerdict {
        PolicyVerdict {
            step: String::new(),
            decision,
            summary: String::new(),
            reasons: Vec::new(),
            properties: Vec::new(),
        }
    }

    #[test]
    fn a_database_is_as_old_as_its_newest_record_and_never_younger_than_nothing() {
        let id = |built_at: &str| DatabaseId {
            name: "d".to_owned(),
            digest: String::new(),
            built_at: built_at.to_owned(),
            records: 1,
        };
        let now = "2026-01-02T00:00:01Z".parse().unwrap();
        assert_eq!(aged(&id("2026-01-01T00:00:00Z"), now).age_seconds, Some(86_401));
        assert_eq!(aged(&id("2026-01-03T00:00:00Z"), now).age_seconds, None);
        assert_eq!(aged(&id("yesterday"), now).age_seconds, None);
    }

    #[test]
    fn the_worst_policy_decides() {
        let verdict = combine(vec![policy(Decision::Allow), policy(Decision::Deny), policy(Decision::Warn)], &[]);
        assert_eq!((verdict.decision, verdict.judged), (Decision::Deny, true));
        assert_eq!(combine(vec![policy(Decision::NotApplicable)], &[]).decision, Decision::Allow);
    }
}
