//! 0.1: how a finding stands is a word, a skipped step counts as one that did not succeed, and what is newer is left out: also a
//! fallback that nobody needed, for which it has no word.

use std::sync::Arc;

use chiron_model::finding::{Finding, FindingStatus};
use chiron_model::step::{Ending, StepOutcome};
use chiron_model::verdict::{Decision, PolicyVerdict, Reason};

use super::{Needs, PolicyInput, reporters, when};
use crate::abi::convert;
use crate::call::Entry;
use crate::error::CallError;
use crate::plugin::{Call, Plugin};

super::adapter!(
    crate::abi::policy::exports::chiron::policy0_1_0::check,
    crate::abi::policy::KindIndices,
    chiron_policy0_1_0_check,
    { components = COMPONENTS, relations = RELATIONS, files = FILES, findings = FINDINGS, steps = STEPS }
);

fn input_out(input: &PolicyInput<'_>, needs: Needs) -> abi::Input {
    abi::Input {
        subjects: input.subjects.iter().map(convert::subject_out).collect(),
        components: when(needs.components, input.components, convert::component_out),
        relations: when(needs.relations, input.relations, convert::relation_out),
        files: when(needs.files, input.files, convert::file_out),
        findings: when(needs.findings, input.findings, finding_out),
        attestations: Vec::new(),
        steps: steps_out(input.steps, needs),
        evaluated_at: input.evaluated_at.to_owned(),
    }
}

fn steps_out(steps: &[StepOutcome], needs: Needs) -> Vec<abi::Step> {
    let told: Vec<_> = steps.iter().filter(|step| !step.was_not_needed()).collect();
    when(needs.steps, &told, |step| step_out(step))
}

fn step_out(step: &StepOutcome) -> abi::Step {
    let (succeeded, error) = match &step.ending {
        Ending::Succeeded => (true, None),
        Ending::Skipped(reason) => (false, Some(reason.clone())),
        Ending::Failed(failure) => (false, Some(failure.message.clone())),
    };
    abi::Step {
        id: step.id.clone(),
        kind: step.kind.word().to_owned(),
        plugin: step.plugin.name.clone(),
        succeeded,
        error,
        properties: super::stand_ins(step),
    }
}

fn finding_out(finding: &Finding) -> abi::Finding {
    let mut properties = super::learned(finding);
    let standing = match &finding.status {
        FindingStatus::Affected => abi::Standing::Affected,
        FindingStatus::Unknown => abi::Standing::Unknown,
        FindingStatus::Suppressed(suppression) => {
            properties.push(("chiron:suppression-reason".to_owned(), suppression.reason.clone()));
            abi::Standing::Suppressed
        }
    };
    abi::Finding {
        id: finding.id.clone(),
        advisories: finding.advisories.clone(),
        category: finding.category.clone(),
        standing,
        component: finding.component.clone(),
        severity: convert::severity_out(finding.severity),
        scores: finding.scores.iter().cloned().map(convert::score_out).collect(),
        title: finding.title.clone(),
        fixed_versions: finding.fixed_versions.clone(),
        last_affected: finding.last_affected.clone(),
        locations: finding.locations.iter().map(convert::location_out).collect(),
        steps: reporters(finding),
        properties,
    }
}
